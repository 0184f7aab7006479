/* SPDX-License-Identifier: MIT
 * embed_in_poll: lariat inside somebody else's event loop.  The loop is a bare
 * poll() over two descriptors: standard input, from which URLs are read as
 * they are typed, and the one behind which lariat keeps everything of its own.
 * libuv, libevent, GLib and asyncio can be given that descriptor likewise.
 *
 * usage: embed_in_poll      (a URL and Enter; ends with the input) */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <lariat/lariat.h>

struct session {
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  unsigned pending;
  bool input_ended;
  size_t length; /* of what is in `input` */
  char input[4096];
};

static lariat_value on_response(lariat_value result, void *context) {
  struct session *session = context;
  const lariat_response *response = lariat_response_in(result);
  printf("%d %s\n", lariat_response_status(response),
         lariat_response_url(response));
  session->pending--;
  return lariat_value_drop(result);
}

static lariat_value on_failure(lariat_value failure, void *context) {
  struct session *session = context;
  printf("%s: %s\n", lariat_status_name(lariat_failure_status(failure)),
         lariat_failure_url(failure));
  session->pending--;
  return lariat_value_drop(failure);
}

/* Called outside lariat_reactor_dispatch: the job is sent off at once. */
static void fetch(struct session *session, const char *url) {
  if (*url == '\0') return;
  session->pending++;
  lariat_deferred *deferred = lariat_get(session->client, url);
  lariat_deferred_add_callbacks(deferred, on_response, on_failure, session);
  lariat_deferred_release(deferred);
}

/* Fetches the complete lines of the input, and moves the rest to the front. */
static void take_lines(struct session *session) {
  char *line = session->input;
  char *end = session->input + session->length;
  char *newline;
  while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
    *newline = '\0';
    fetch(session, line);
    line = newline + 1;
  }
  session->length = (size_t)(end - line);
  memmove(session->input, line, session->length);
}

/* read() and not stdio, whose buffer poll() does not know of.  A line that is
 * longer than the buffer is cut. */
static void read_input(struct session *session) {
  size_t space = sizeof session->input - 1 - session->length;
  ssize_t count = read(STDIN_FILENO, session->input + session->length, space);
  if (count < 0 && errno == EINTR) return;
  session->input_ended = count <= 0;
  if (count > 0) session->length += (size_t)count;
  if (session->input_ended || session->length == sizeof session->input - 1)
    session->input[session->length++] = '\n';
  take_lines(session);
}

static lariat_status loop(struct session *session) {
  lariat_status status = LARIAT_OK;
  int fd = lariat_reactor_fd(session->reactor, &status);
  struct pollfd watched[] = {{.fd = fd, .events = POLLIN},
                             {.fd = STDIN_FILENO, .events = POLLIN}};
  while (status == LARIAT_OK && (!session->input_ended || session->pending)) {
    if (session->input_ended) watched[1].fd = -1; /* poll leaves it out */
    if (poll(watched, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return LARIAT_ESYSTEM;
    }
    if (watched[1].revents) read_input(session);
    if (watched[0].revents) status = lariat_reactor_dispatch(session->reactor);
  }
  return status;
}

static lariat_status open_all(struct session *session) {
  lariat_status status = lariat_reactor_new(NULL, &session->reactor);
  if (status == LARIAT_OK) status = lariat_pool_new(NULL, &session->pool);
  if (status == LARIAT_OK)
    status = lariat_client_new(session->pool, session->reactor, NULL,
                               &session->client);
  return status;
}

int main(void) {
  struct session session = {0};
  lariat_status status = open_all(&session);
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (status == LARIAT_OK) status = loop(&session);
  if (status != LARIAT_OK)
    fprintf(stderr, "embed_in_poll: %s\n", lariat_status_text(status));
  lariat_client_close(session.client);
  lariat_reactor_close(session.reactor, 1000);
  lariat_pool_release(session.pool);
  return status == LARIAT_OK ? 0 : 1;
}
