/* SPDX-License-Identifier: MIT
 * request_pipe_test.c: requests that come through a pipe, taken meanwhile. */
#include <lariat/load/request_pipe.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/source.h"
#include "support/fixture.h"

struct piping {
  struct fixture fixture;
  int fds[2];
  lariat_load_requests *requests;
  lariat_load_pipe *pipe;
};

static void open_piping(struct piping *p) {
  lariat_load_error error = {0};
  fixture_open(&p->fixture, FIXTURE_NO_REACTOR);
  if (pipe2(p->fds, O_CLOEXEC) != 0) abort();
  if (lariat_load_requests_new(&p->requests) != LARIAT_OK) abort();
  if (lariat_load_pipe_open(p->requests, p->fds[0], LARIAT_LOAD_LINES, &p->pipe,
                            &error) != LARIAT_OK)
    fixture_fail("%s", error.message);
}

static void say(struct piping *p, const char *text) {
  if (write(p->fds[1], text, strlen(text)) != (ssize_t)strlen(text)) abort();
}

static void end_writing(struct piping *p) {
  if (p->fds[1] >= 0) close(p->fds[1]);
  p->fds[1] = -1;
}

static void close_piping(struct piping *p) {
  lariat_load_pipe_close(p->pipe);
  lariat_load_requests_free(p->requests);
  end_writing(p);
  close(p->fds[0]);
  fixture_close(&p->fixture);
}

static lariat_status wait_all(struct piping *p, lariat_load_error *error) {
  lariat_status status;
  do status = lariat_load_pipe_wait(p->pipe, 1000, error);
  while (status == LARIAT_ETIMEDOUT);
  return status;
}

static lr_load_source *open_source(const struct piping *p) {
  lr_load_source *source;
  if (lr_load_source_new(p->requests, &source) != LARIAT_OK) abort();
  return source;
}

/* Waits until the source has another message. */
static lr_load_next take(lr_load_source *source, lr_load_message *message) {
  lr_load_next next;
  while ((next = lr_load_source_take(source, 0, message)) == LR_LOAD_WAIT)
    usleep(1000);
  return next;
}

static bool begins(const lr_load_message *message, const char *text) {
  return message->length >= strlen(text) &&
         memcmp(message->bytes, text, strlen(text)) == 0;
}

static void test_order(void) {
  struct piping p;
  lr_load_message message;
  open_piping(&p);
  say(&p,
      "http://a/1\n{\"url\":\"http://b/2\",\"name\":\"two\"}\nhttp://a/3\n");
  end_writing(&p);
  CU_ASSERT_EQUAL(wait_all(&p, NULL), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_load_requests_count(p.requests), 3);
  CU_ASSERT_EQUAL(lr_load_requests_origins(p.requests), 2);
  CU_ASSERT_EQUAL(lariat_load_requests_names(p.requests), 3);
  lr_load_source *one = open_source(&p);
  lr_load_source *other = open_source(&p);
  CU_ASSERT_EQUAL(take(one, &message), LR_LOAD_MESSAGE);
  CU_ASSERT_TRUE(begins(&message, "GET /1 ") && !message.stays);
  CU_ASSERT_EQUAL(take(other, &message), LR_LOAD_MESSAGE);
  CU_ASSERT_TRUE(begins(&message, "GET /2 "));
  CU_ASSERT_STRING_EQUAL(lariat_load_requests_name(p.requests, message.name),
                         "two");
  CU_ASSERT_EQUAL(take(one, &message), LR_LOAD_MESSAGE);
  CU_ASSERT_TRUE(begins(&message, "GET /3 "));
  CU_ASSERT_EQUAL(take(one, &message), LR_LOAD_END);
  CU_ASSERT_EQUAL(take(other, &message), LR_LOAD_END);
  CU_ASSERT_EQUAL(lr_load_source_status(one, NULL), LARIAT_OK);
  lr_load_source_free(one);
  lr_load_source_free(other);
  close_piping(&p);
}

/* What comes slowly is waited for, without a name or a server that is new. */
static void test_slow(void) {
  struct piping p;
  lr_load_message message;
  lariat_load_error error = {0};
  open_piping(&p);
  CU_ASSERT_EQUAL(lariat_load_pipe_wait(p.pipe, 1, NULL), LARIAT_ETIMEDOUT);
  say(&p, "http://a/1\n");
  while (lariat_load_pipe_ahead(p.pipe) == 0) usleep(1000);
  lr_load_source *source = open_source(&p);
  CU_ASSERT_EQUAL(take(source, &message), LR_LOAD_MESSAGE);
  CU_ASSERT_EQUAL(lr_load_source_take(source, 1, &message), LR_LOAD_WAIT);
  say(&p, "{\"url\":\"http://a/2\",\"name\":\"new\"}\n");
  CU_ASSERT_EQUAL(take(source, &message), LR_LOAD_MESSAGE);
  CU_ASSERT_STRING_EQUAL(lariat_load_requests_name(p.requests, message.name),
                         "other");
  say(&p, "http://a/3\nhttp://b/\nhttp://a/4\n");
  CU_ASSERT_EQUAL(take(source, &message), LR_LOAD_MESSAGE);
  CU_ASSERT_EQUAL(take(source, &message), LR_LOAD_END);
  CU_ASSERT_EQUAL(lr_load_source_status(source, &error), LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(
      error.message,
      "line 4: a server that was not there when the run was made");
  CU_ASSERT_EQUAL(lr_load_requests_origins(p.requests), 1);
  lr_load_source_free(source);
  close_piping(&p);
}

/* Opens the pipe again, for a part of what comes through it. */
static void open_part(struct piping *p, lariat_load_part part) {
  lariat_load_error error = {0};
  open_piping(p);
  lariat_load_pipe_close(p->pipe);
  if (lariat_load_pipe_open_part(p->requests, p->fds[0], LARIAT_LOAD_LINES,
                                 part, &p->pipe, &error) != LARIAT_OK)
    fixture_fail("%s", error.message);
}

/* Machines that read the same have each request once, together. */
static void test_parts(void) {
  struct piping p;
  lr_load_message message;
  char line[64];
  for (uint32_t k = 0; k < 3; k++) {
    open_part(&p, (lariat_load_part){k, 3});
    for (int i = 0; i < 10; i++) {
      snprintf(line, sizeof line, "http://a/%d\n", i);
      say(&p, line);
    }
    end_writing(&p);
    CU_ASSERT_EQUAL(wait_all(&p, NULL), LARIAT_OK);
    lr_load_source *source = open_source(&p);
    for (uint32_t i = k; i < 10; i += 3) {
      snprintf(line, sizeof line, "GET /%u ", i);
      CU_ASSERT_EQUAL(take(source, &message), LR_LOAD_MESSAGE);
      CU_ASSERT_TRUE(begins(&message, line));
    }
    CU_ASSERT_EQUAL(take(source, &message), LR_LOAD_END);
    lr_load_source_free(source);
    close_piping(&p);
  }
}

/* A check stays when its request has gone: the answer comes later. */
static void test_checks(void) {
  struct piping p;
  lr_load_message first;
  lr_load_message message;
  open_piping(&p);
  for (int i = 0; i < 100; i++)
    say(&p, i % 2 ? "{\"url\":\"http://a/\",\"expect\":{\"status\":404}}\n"
                  : "{\"url\":\"http://a/\",\"expect\":{\"status\":200}}\n");
  end_writing(&p);
  CU_ASSERT_EQUAL(wait_all(&p, NULL), LARIAT_OK);
  lr_load_source *source = open_source(&p);
  CU_ASSERT_EQUAL(take(source, &first), LR_LOAD_MESSAGE);
  for (int i = 1; i < 100; i++) {
    CU_ASSERT_EQUAL(take(source, &message), LR_LOAD_MESSAGE);
    CU_ASSERT_EQUAL(message.check == first.check, i % 2 == 0);
  }
  lr_load_source_free(source);
  close_piping(&p);
}

static void *write_many(void *context) {
  struct piping *p = context;
  char line[64];
  for (int i = 0; i < 3 * LARIAT_LOAD_PIPE_REQUESTS; i++) {
    snprintf(line, sizeof line, "http://a/%d\n", i);
    say(p, line);
  }
  end_writing(p);
  return NULL;
}

/* No more than is wanted is read ahead; all of it comes, in order. */
static void test_bound(void) {
  struct piping p;
  lr_load_message message;
  pthread_t writer;
  open_piping(&p);
  if (pthread_create(&writer, NULL, write_many, &p) != 0) abort();
  CU_ASSERT_EQUAL(wait_all(&p, NULL), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_load_pipe_ahead(p.pipe), LARIAT_LOAD_PIPE_REQUESTS);
  lr_load_source *source = open_source(&p);
  for (int i = 0; i < 3 * LARIAT_LOAD_PIPE_REQUESTS; i++) {
    char expected[40];
    snprintf(expected, sizeof expected, "GET /%d ", i);
    if (take(source, &message) != LR_LOAD_MESSAGE ||
        !begins(&message, expected)) {
      fixture_fail("message %d", i);
      break;
    }
  }
  CU_ASSERT_EQUAL(take(source, &message), LR_LOAD_END);
  pthread_join(writer, NULL);
  lr_load_source_free(source);
  close_piping(&p);
}

/* Closing ends a thread that reads, and one that waits for room. */
static void test_close(void) {
  struct piping p;
  pthread_t writer;
  open_piping(&p);
  close_piping(&p);
  open_piping(&p);
  if (pthread_create(&writer, NULL, write_many, &p) != 0) abort();
  CU_ASSERT_EQUAL(wait_all(&p, NULL), LARIAT_OK);
  char piece[4096];
  lariat_load_pipe_close(p.pipe);
  p.pipe = NULL;
  while (read(p.fds[0], piece, sizeof piece) > 0) {
  }
  pthread_join(writer, NULL);
  close_piping(&p);
}

static void test_errors(void) {
  struct piping p;
  lariat_load_error error = {0};
  open_piping(&p);
  say(&p, "nothing\n");
  CU_ASSERT_EQUAL(wait_all(&p, &error), LARIAT_EINVAL);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "line 1: not a URL"));
  close_piping(&p);
  open_piping(&p);
  end_writing(&p);
  CU_ASSERT_EQUAL(wait_all(&p, &error), LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "there is no request in it");
  close_piping(&p);
  open_piping(&p);
  say(&p, "{\"flow\":[{\"url\":\"http://a/\"}]}\n");
  CU_ASSERT_EQUAL(wait_all(&p, &error), LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "line 1: a pipe brings no flows");
  close_piping(&p);
}

static void test_refusals(void) {
  lariat_load_requests *requests;
  lariat_load_pipe *pipe;
  lariat_load_error error = {0};
  lariat_load_request request = {.size = sizeof request, .url = "http://a/"};
  if (lariat_load_requests_new(&requests) != LARIAT_OK) abort();
  CU_ASSERT_EQUAL(
      lariat_load_pipe_open(requests, 0, LARIAT_LOAD_HAR, &pipe, &error),
      LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_pipe_open_part(requests, 0, LARIAT_LOAD_LINES,
                                             (lariat_load_part){2, 2}, &pipe,
                                             &error),
                  LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "no such part");
  CU_ASSERT_EQUAL(lariat_load_requests_add(requests, &request, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_load_pipe_open(requests, 0, LARIAT_LOAD_LINES, &pipe, &error),
      LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "a pipe takes an empty list");
  lariat_load_requests_free(requests);
  lariat_load_pipe_close(NULL);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each once, in order, whoever asks", test_order},
      {"slow ones are waited for", test_slow},
      {"parts of what comes", test_parts},
      {"checks stay", test_checks},
      {"so far ahead and no further", test_bound},
      {"closing ends it anywhere", test_close},
      {"what cannot be read", test_errors},
      {"what makes no sense", test_refusals},
  };
  return fixture_main("request_pipe", tests, FIXTURE_COUNT(tests), argc, argv);
}
