/* SPDX-License-Identifier: MIT
 * upload: sends its standard input with a dash before each line, made while it
 * is sent, and then the files of its arguments.  docs/uploads.md explains
 * it.
 *
 * usage: upload URL [FILE...] */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <lariat/lariat.h>

enum { PIECE = 16 * 1024 };

/* The answer with its first line, or why there is none; whether there is. */
static bool print_answer(const char *what, lariat_value result) {
  bool good = !lariat_is_failure(result);
  if (good) {
    const lariat_response *response = lariat_response_in(result);
    const char *body = lariat_response_body(response, NULL);
    printf("%s: %d, %.*s\n", what, lariat_response_status(response),
           (int)strcspn(body, "\n"), body);
  } else {
    printf("%s: %s\n", what, lariat_failure_message(result));
  }
  lariat_value_drop(result);
  return good;
}

/* Lines of the input, each with a dash; 0 at its end. */
static size_t make_piece(char *piece) {
  char line[1024];
  size_t length = 0;
  while (length + sizeof line + 1 < PIECE &&
         fgets(line, sizeof line, stdin) != NULL)
    length += (size_t)snprintf(piece + length, PIECE - length, "-%s", line);
  return length;
}

/* While this coroutine waits for space, the reactor goes on, and the pool's
 * sends what it has. */
static lariat_status produce(lariat_upload *upload, size_t *written) {
  char piece[PIECE];
  size_t length;
  while ((length = make_piece(piece)) > 0) {
    lariat_value result =
        lariat_await(lariat_upload_write(upload, piece, length));
    lariat_status status =
        lariat_is_failure(result) ? lariat_failure_status(result) : LARIAT_OK;
    lariat_value_drop(result);
    if (status != LARIAT_OK) return status; /* the request says why */
    *written += length;
  }
  return lariat_upload_end(upload);
}

static bool send_input(lariat_client *client, const char *url) {
  lariat_upload *upload;
  lariat_request_options options = lariat_request_defaults(client);
  size_t written = 0;
  char what[64];
  if (lariat_upload_new(lariat_client_reactor(client), LARIAT_LENGTH_UNKNOWN, 0,
                        &upload) != LARIAT_OK)
    return false;
  options.body = lariat_body_producer(upload);
  lariat_deferred *answer = lariat_request(client, "PUT", url, &options);
  (void)produce(upload, &written);
  lariat_upload_release(upload);
  lariat_value result = lariat_await(answer);
  snprintf(what, sizeof what, "%zu bytes produced", written);
  return print_answer(what, result);
}

/* The pool reads the file while it sends it. */
static bool send_file(lariat_client *client, const char *url,
                      const char *name) {
  lariat_request_options options = lariat_request_defaults(client);
  int fd = open(name, O_RDONLY | O_CLOEXEC);
  options.body = lariat_body_file(fd, 0, LARIAT_LENGTH_UNKNOWN);
  lariat_deferred *answer = lariat_request(client, "PUT", url, &options);
  if (fd >= 0) close(fd); /* the request has its own */
  return print_answer(name, lariat_await(answer));
}

static lariat_value app(lariat_client *client, int argc, char **argv) {
  if (argc < 2)
    return lariat_failure_new(LARIAT_EUSER, "usage: upload URL [FILE...]");
  bool good = send_input(client, argv[1]);
  for (int i = 2; i < argc; i++)
    good = send_file(client, argv[1], argv[i]) && good;
  if (good) return lariat_none();
  return lariat_failure_new(LARIAT_EUSER, "not everything was sent");
}

int main(int argc, char **argv) {
  return lariat_react_coroutine(app, argc, argv);
}
