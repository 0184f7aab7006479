/* SPDX-License-Identifier: MIT
 * control.c: a table of commands. */
#include "crawl/control.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "crawl/stats_json.h"
#include "output/json.h"
#include "say.h"

enum { MOST_DEPTH = 1000000, MIDDLE_PRIORITY = 4, MOST_PRIORITY = 7 };

/* A line that is being answered. */
struct request {
  struct control *control;
  struct line_client *client;
  const json_t *object;
};

/* ---- Replies ---- */

static void reply_ok(struct line_client *client) {
  static const char text[] = "{\"ok\":true}";
  line_client_reply(client, text, sizeof text - 1);
}

static void reply_error(struct line_client *client, const char *message) {
  struct text text = {NULL, 0, 0};
  static const char memory[] = "{\"ok\":false,\"error\":\"out of memory\"}";
  if (!text_reserve(&text, strlen(message) * TEXT_WORST_ESCAPE + 64)) {
    line_client_reply(client, memory, sizeof memory - 1);
    return;
  }
  char *at = JSON_PUT(text.bytes, "{\"ok\":false,\"error\":");
  at = json_put_text(at, message);
  *at++ = '}';
  line_client_reply(client, text.bytes, (size_t)(at - text.bytes));
  text_free(&text);
}

static void reply_status(struct line_client *client, lariat_status status,
                         const lariat_crawl_error *error) {
  if (status == LARIAT_OK)
    reply_ok(client);
  else
    reply_error(client, error->message[0] ? error->message
                                          : lariat_status_text(status));
}

/* Replies with an object, {"ok":true,"NAME":OBJECT}. */
static void reply_object(struct line_client *client, const char *name,
                         const char *object) {
  struct text text = {NULL, 0, 0};
  if (text_add(&text, "{\"ok\":true,\"") && text_add(&text, name) &&
      text_add(&text, "\":") && text_add(&text, object) && text_add(&text, "}"))
    line_client_reply(client, text.bytes, text.length);
  else
    reply_error(client, "out of memory");
  text_free(&text);
}

/* ---- Commands ---- */

static const char *text_of(const struct request *request, const char *key) {
  return json_string_value(json_object_get(request->object, key));
}

/* Returns a number of the request, `preset` where there is none, -1 where it is
 * none from 0 to `most`. */
static json_int_t number_of(const struct request *request, const char *key,
                            json_int_t preset, json_int_t most) {
  const json_t *value = json_object_get(request->object, key);
  if (!value) return preset;
  json_int_t number = json_integer_value(value);
  return json_is_integer(value) && number >= 0 && number <= most ? number : -1;
}

static void do_status(struct request *request) {
  struct crawl_counts counts;
  lariat_crawl_stats stats = {.size = sizeof stats};
  struct text text = {NULL, 0, 0};
  (void)!lariat_crawl_read_stats(request->control->crawl, &stats);
  pace_fill(request->control->pace, &stats, &counts);
  if (text_add(&text, "{\"ok\":true,\"status\":{") &&
      crawl_counts_add_json(&text, &counts) && text_add(&text, "}}"))
    line_client_reply(request->client, text.bytes, text.length);
  else
    reply_error(request->client, "out of memory");
  text_free(&text);
}

static void do_pause(struct request *request) {
  lariat_crawl_pause(request->control->crawl);
  reply_ok(request->client);
}

static void do_resume(struct request *request) {
  lariat_crawl_resume(request->control->crawl);
  reply_ok(request->client);
}

static void do_stop(struct request *request) {
  json_int_t grace_ms = number_of(request, "grace_ms", 10000, 3600000);
  if (grace_ms < 0) {
    reply_error(request->client, "\"grace_ms\" is no number up to an hour");
    return;
  }
  const struct control *control = request->control;
  reply_ok(request->client);
  control->stop(control->context, (uint64_t)grace_ms);
}

static void do_add(struct request *request) {
  lariat_crawl_error error = {.message = ""};
  json_int_t depth = number_of(request, "depth", 0, MOST_DEPTH);
  json_int_t priority =
      number_of(request, "priority", MIDDLE_PRIORITY, MOST_PRIORITY);
  const char *url = text_of(request, "url");
  if (!url || depth < 0 || priority < 0) {
    reply_error(request->client,
                "add takes a \"url\", a \"depth\" and a \"priority\" up to 7");
    return;
  }
  lariat_crawl_seed seed = {url, (unsigned)depth, (unsigned)priority};
  reply_status(request->client,
               lariat_crawl_add(request->control->crawl, &seed, &error),
               &error);
}

static void do_set(struct request *request) {
  lariat_crawl_error error = {.message = ""};
  const char *name = text_of(request, "name");
  const char *value = text_of(request, "value");
  if (!name || !value) {
    reply_error(request->client, "set takes a \"name\" and a \"value\"");
    return;
  }
  reply_status(request->client,
               lariat_crawl_set(request->control->crawl, name, value, &error),
               &error);
}

static lariat_value on_why(lariat_value result, void *context) {
  struct line_client *client = context;
  if (lariat_is_failure(result))
    reply_error(client, lariat_failure_message(result));
  else
    reply_object(client, "why", lariat_crawl_text_in(result));
  return lariat_value_drop(result);
}

static void do_why(struct request *request) {
  const char *url = text_of(request, "url");
  if (!url) {
    reply_error(request->client, "why takes a \"url\"");
    return;
  }
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_crawl_why(request->control->crawl, url), on_why, request->client));
}

static const struct command {
  const char *name;
  void (*run)(struct request *request);
} commands[] = {{"status", do_status}, {"pause", do_pause},
                {"resume", do_resume}, {"stop", do_stop},
                {"add", do_add},       {"set", do_set},
                {"why", do_why}};

/* ---- Lines ---- */

static void run_command(struct request *request) {
  const char *name = text_of(request, "command");
  for (size_t i = 0; name && i < sizeof commands / sizeof commands[0]; i++) {
    if (strcmp(commands[i].name, name) != 0) continue;
    commands[i].run(request);
    return;
  }
  reply_error(request->client,
              "the commands are status, pause, resume, stop, add, set and why");
}

static void take_line(void *context, struct line_client *client, char *line) {
  json_error_t error;
  json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
  struct request request = {context, client, object};
  if (json_is_object(object))
    run_command(&request);
  else
    reply_error(client, "a line is an object of JSON");
  json_decref(object);
}

bool control_open(struct control *control, lariat_reactor *reactor,
                  const char *directory, lariat_crawl *crawl,
                  const struct pace *pace,
                  void (*stop)(void *context, uint64_t grace_ms),
                  void *context) {
  control->crawl = crawl;
  control->pace = pace;
  control->stop = stop;
  control->context = context;
  if (line_server_open(&control->server, reactor, directory, take_line,
                       control))
    return true;
  say("cannot listen on %s/control: %s", directory, say_errno(errno));
  return false;
}

void control_close(struct control *control) {
  line_server_close(&control->server);
}
