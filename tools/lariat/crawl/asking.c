/* SPDX-License-Identifier: MIT
 * asking.c: one line there, one line back. */
#include "crawl/asking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "crawl/line_server.h"
#include "say.h"
#include "text.h"

enum { WAIT_S = 60, READ_BYTES = 64 * 1024, LONGEST_REPLY = 64 << 20 };

static bool send_all(int fd, const char *text, size_t length) {
  while (length) {
    ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text += sent;
    length -= (size_t)sent;
  }
  return true;
}

static bool send_request(int fd, const json_t *request) {
  char *line = json_dumps(request, JSON_COMPACT);
  if (!line) {
    errno = ENOMEM;
    return false;
  }
  bool sent = send_all(fd, line, strlen(line)) && send_all(fd, "\n", 1);
  free(line);
  return sent;
}

/* Reads up to the end of a line; false: there was none. */
static bool read_line(int fd, struct text *text) {
  for (;;) {
    if (!text_reserve(text, READ_BYTES)) return false;
    ssize_t got = read(fd, text->bytes + text->length, READ_BYTES);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || text->length > LONGEST_REPLY) return false;
    text->length += (size_t)got;
    if (text->bytes[text->length - 1] == '\n') return true;
  }
}

static json_t *exchange(int fd, const json_t *request) {
  struct text text = {NULL, 0, 0};
  struct timeval wait = {.tv_sec = WAIT_S};
  json_error_t error;
  json_t *reply = NULL;
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  errno = 0;
  if (send_request(fd, request) && read_line(fd, &text))
    reply = json_loadb(text.bytes, text.length, 0, &error);
  text_free(&text);
  return reply;
}

/* Says the error that is the reply, or that there is none. */
static enum asked judge_reply(const json_t *reply) {
  const char *error = json_string_value(json_object_get(reply, "error"));
  if (json_is_true(json_object_get(reply, "ok"))) return ASKED_ANSWERED;
  if (!reply)
    say("the process that runs the crawl does not answer%s%s",
        errno ? ": " : "", errno ? say_errno(errno) : "");
  else
    say("%s", error ? error : "the crawl answers what is not understood");
  return ASKED_FAILED;
}

static enum asked fail_connect(const char *directory) {
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
    return ASKED_NOT_RUNNING;
  say("cannot connect to %s/control: %s", directory, say_errno(errno));
  return ASKED_FAILED;
}

enum asked crawl_ask(const char *directory, json_t *request, json_t **reply) {
  *reply = NULL;
  if (!request) {
    say("out of memory");
    return ASKED_FAILED;
  }
  int fd = line_server_connect(directory);
  if (fd < 0) {
    json_decref(request);
    return fail_connect(directory);
  }
  *reply = exchange(fd, request);
  json_decref(request);
  close(fd);
  enum asked asked = judge_reply(*reply);
  if (asked == ASKED_ANSWERED) return asked;
  json_decref(*reply);
  *reply = NULL;
  return asked;
}
