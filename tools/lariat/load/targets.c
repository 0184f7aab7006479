/* SPDX-License-Identifier: MIT
 * targets.c: URLs, headers and a body become requests. */
#include "load/targets.h"

#include <errno.h>
#include <fcntl.h>
#include <lariat/load/plan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "load/message.h"
#include "say.h"

enum { READ_BYTES = 64 * 1024 };

/* Says so, and returns false. */
static bool refuse_memory(void) {
  say("out of memory");
  return false;
}

/* ---- Files, and the body ---- */

static bool refuse_file(const char *name, int error) {
  say("cannot read %s: %s", name, say_errno(error));
  return false;
}

static bool read_all(int fd, const char *name, struct text *text) {
  for (;;) {
    if (!text_reserve(text, READ_BYTES)) return refuse_memory();
    ssize_t got = read(fd, text->bytes + text->length, READ_BYTES);
    if (got < 0 && errno != EINTR) return refuse_file(name, errno);
    if (got == 0) return true;
    if (got > 0) text->length += (size_t)got;
  }
}

static bool read_file(const char *path, struct text *text) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return refuse_file(path, errno);
  bool read = read_all(fd, path, text);
  close(fd);
  return read;
}

/* Takes the text as it is, or what is in the file. */
static bool make_body(struct load_template *template, const char *data) {
  if (!data) return true;
  template->body = data;
  template->body_length = strlen(data);
  if (*data != '@') return true;
  if (strcmp(data, "@-") == 0
          ? !read_all(STDIN_FILENO, "standard input", &template->kept)
          : !read_file(data + 1, &template->kept))
    return false;
  template->body = template->kept.bytes;
  template->body_length = template->kept.length;
  return true;
}

/* ---- Headers ---- */

/* Tells whether the user has said something about the header, be it that it is
 * not sent. */
static bool is_given(const struct load_request_settings *request,
                     const char *name) {
  for (size_t i = 0; i < request->header_count; i++)
    if (strcasecmp(request->headers[i].name, name) == 0) return true;
  return false;
}

static void add_header(struct load_template *template, const char *name,
                       const char *value) {
  template->headers[template->header_count++] = (lariat_header){name, value};
}

static bool make_headers(struct load_template *template,
                         const struct load_request_settings *request) {
  enum { OURS = 3 };
  const char *agent = request->user_agent;
  template->headers =
      calloc(request->header_count + OURS, sizeof *template->headers);
  if (!template->headers) return refuse_memory();
  for (size_t i = 0; i < request->header_count; i++)
    add_header(template, request->headers[i].name, request->headers[i].value);
  if (agent) add_header(template, "User-Agent", *agent ? agent : NULL);
  if (request->authorization)
    add_header(template, "Authorization", request->authorization);
  if (request->data && !is_given(request, "Content-Type"))
    add_header(template, "Content-Type", "application/x-www-form-urlencoded");
  return true;
}

static bool make_template(struct load_template *template,
                          const struct load_request_settings *request) {
  template->method = request->method;
  if (!template->method && request->data) template->method = "POST";
  return make_body(template, request->data) && make_headers(template, request);
}

/* ---- Requests ---- */

/* Returns the URL, owned, with the scheme http where it has none. */
static char *complete_url(const char *url) {
  char *whole = NULL;
  const char *scheme = strstr(url, "://") ? "" : "http://";
  return asprintf(&whole, "%s%s", scheme, url) < 0 ? NULL : whole;
}

/* Makes all requests have what the options say. */
static bool set_base(struct load_targets *targets) {
  const struct load_template *template = &targets->template;
  const lariat_load_request base = {.size = sizeof base,
                                    .method = template->method,
                                    .headers = template->headers,
                                    .header_count = template->header_count,
                                    .body = template->body,
                                    .body_length = template->body_length};
  return lariat_load_requests_set_base(targets->requests, &base) == LARIAT_OK ||
         refuse_memory();
}

static bool add_url(struct load_targets *targets, const char *url) {
  lariat_load_error error = {.message = "out of memory"};
  lariat_load_request request = {.size = sizeof request, .url = url};
  if (lariat_load_requests_add(targets->requests, &request, &error) ==
      LARIAT_OK)
    return true;
  char shown[SAY_CAPACITY];
  say("%s: %s", say_shown(shown, url), error.message);
  return false;
}

static bool add_urls(struct load_targets *targets,
                     const struct load_input_settings *input) {
  for (size_t i = 0; i < input->url_count; i++) {
    char *url = complete_url(input->urls[i]);
    if (!url) return refuse_memory();
    bool added = add_url(targets, url);
    free(url);
    if (!added) return false;
  }
  return true;
}

/* Returns the URL of the plan's first request, owned; its server alone where
 * looking would take the request out of a pipe. */
static char *make_first_url(struct load_targets *targets,
                            lariat_load_plan *plan) {
  lariat_load_planned first;
  char target[4096];
  char *url = NULL;
  if (targets->pipe.pipe) return strdup(lariat_load_plan_facts(plan)->target);
  if (!lariat_load_plan_next(plan, &first)) return NULL;
  message_read_line(first.bytes, first.length, targets->first_method,
                    sizeof targets->first_method, target, sizeof target);
  return asprintf(&url, "%s%s", first.origin, target) < 0 ? NULL : url;
}

/* Finds the first request, for messages and for those who wait for the server.
 */
static bool find_first(struct load_targets *targets) {
  const lariat_load_run_options options = {.size = sizeof options,
                                           .requests = targets->requests};
  lariat_load_plan *plan;
  if (lariat_load_plan_new(&options, &plan, NULL) != LARIAT_OK)
    return refuse_memory();
  targets->first_url = make_first_url(targets, plan);
  lariat_load_plan_free(plan);
  return targets->first_url || refuse_memory();
}

/* Reads the table of variables, if there is one. */
static bool set_variables(struct load_targets *targets,
                          const struct load_input_settings *input) {
  struct text csv = {0};
  lariat_load_error error = {.message = ""};
  if (!input->variables) return true;
  bool read = read_file(input->variables, &csv);
  lariat_status status =
      read ? lariat_load_requests_set_variables(targets->requests, csv.bytes,
                                                csv.length, input->rows, &error)
           : LARIAT_OK;
  if (status != LARIAT_OK)
    say("%s: %s", input->variables,
        status == LARIAT_EINVAL ? error.message : lariat_status_text(status));
  text_free(&csv);
  return read && status == LARIAT_OK;
}

/* Adds what was given, in whatever way. */
static bool add_requests(struct load_targets *targets,
                         const struct load_settings *settings) {
  const struct load_input_settings *input = &settings->input;
  if (input->piped)
    return request_pipe_open(&targets->pipe, input->list, settings->amount.part,
                             targets->requests);
  return add_urls(targets, input) &&
         request_file_read(settings, targets->requests);
}

bool load_targets_make(struct load_targets *targets,
                       const struct load_settings *settings) {
  *targets = (struct load_targets){.first_method = "GET", .pipe = {.fd = -1}};
  if (!make_template(&targets->template, &settings->request)) return false;
  if (lariat_load_requests_new(&targets->requests) != LARIAT_OK)
    return refuse_memory();
  lariat_load_requests_set_order(
      targets->requests,
      settings->input.in_order ? LARIAT_LOAD_IN_ORDER : LARIAT_LOAD_WEIGHTED,
      settings->amount.seed);
  return set_base(targets) && set_variables(targets, &settings->input) &&
         add_requests(targets, settings) && find_first(targets);
}

void load_targets_free(struct load_targets *targets) {
  request_pipe_close(&targets->pipe);
  lariat_load_requests_free(targets->requests);
  free(targets->first_url);
  free(targets->template.headers);
  text_free(&targets->template.kept);
}
