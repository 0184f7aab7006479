/* SPDX-License-Identifier: MIT
 * body.c: where the body of the requests comes from. */
#include "fetch/body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

enum { FIRST_CAPACITY = 64 * 1024, KEPT_MAX = 1024 * 1024 * 1024 };

static bool refuse_body(const char *name, const char *why) {
  say("cannot read the body from %s: %s", name, why);
  return false;
}

static bool grow_kept(struct body *body, size_t *capacity) {
  if (body->length < *capacity) return true;
  *capacity = *capacity ? *capacity * 2 : FIRST_CAPACITY;
  char *more = *capacity <= KEPT_MAX ? realloc(body->kept, *capacity) : NULL;
  if (more) body->kept = more;
  return more != NULL;
}

/* Reads all that a pipe or a terminal gives: it comes only once, and is sent to
 * every URL. */
static bool keep_all(struct body *body, int fd, const char *name) {
  size_t capacity = 0;
  for (;;) {
    if (!grow_kept(body, &capacity))
      return refuse_body(name, "it is more than can be kept in memory");
    ssize_t got = read(fd, body->kept + body->length, capacity - body->length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse_body(name, say_errno(errno));
    if (got == 0) break;
    body->length += (size_t)got;
  }
  body->text = body->kept;
  return true;
}

/* Opens a regular file, which each request reads as far as it is sent; anything
 * else is read now. */
static bool open_file(struct body *body, const char *name) {
  struct stat status;
  int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0 || fstat(fd, &status) != 0) {
    int error = errno;
    if (fd >= 0) close(fd);
    return refuse_body(name, say_errno(error));
  }
  if (S_ISREG(status.st_mode)) {
    body->fd = fd;
    return true;
  }
  bool kept = S_ISDIR(status.st_mode) ? refuse_body(name, say_errno(EISDIR))
                                      : keep_all(body, fd, name);
  close(fd);
  return kept;
}

static bool has_type(const lariat_header *headers, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcasecmp(headers[i].name, "Content-Type") == 0) return true;
  return false;
}

bool body_open(struct body *body, const struct request_settings *settings) {
  const char *data = settings->data;
  *body = (struct body){
      .fd = -1,
      .form = data && !has_type(settings->headers, settings->header_count)};
  if (settings->upload) return open_file(body, settings->upload);
  if (!data) return true;
  if (strcmp(data, "@-") == 0)
    return keep_all(body, STDIN_FILENO, "standard input");
  if (data[0] == '@') return open_file(body, data + 1);
  body->text = data;
  body->length = strlen(data);
  return true;
}

/* Gives the text, which is not copied: it lives until the end of the run. */
void body_apply(const struct body *body, lariat_request_options *options) {
  if (body->fd >= 0) {
    options->body = lariat_body_file(body->fd, 0, LARIAT_LENGTH_UNKNOWN);
  } else if (body->text) {
    options->body = lariat_body_owned(body->text, body->length, NULL);
  }
}

/* Gives the type as curl has it; `extras->headers` has a place for one more. */
void body_add_type(const struct body *body, const struct extras *extras,
                   lariat_request_options *options) {
  static const lariat_header form = {"Content-Type",
                                     "application/x-www-form-urlencoded"};
  if (!body->form || has_type(options->headers, options->header_count)) return;
  if (extras && extras->headers) {
    extras->headers[extras->header_count] = form;
    options->header_count++;
  } else {
    options->headers = &form;
    options->header_count = 1;
  }
}

void body_close(struct body *body) {
  if (body->fd >= 0) close(body->fd);
  free(body->kept);
}
