/* SPDX-License-Identifier: MIT
 * A whole program in one call. */
#include <lariat/react.h>

#include "base/process.h"
#include <lariat/coroutine_client.h>

/* A program is often written without a thought for its stack. */
enum { STACK_BYTES = 1024 * 1024 };

typedef struct program {
  lariat_app app;
  lariat_coroutine_app coroutine; /* instead of `app` */
  int argc;
  char **argv;
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
} program;

static lariat_value run_coroutine(void *context) {
  program *it = context;
  return it->coroutine(it->client, it->argc, it->argv);
}

static lariat_deferred *begin(lariat_reactor *reactor, void *context) {
  program *it = context;
  const lariat_coroutine_options options = {
      .size = sizeof options, .name = "main", .stack_bytes = STACK_BYTES};
  if (it->app) return it->app(it->client, it->argc, it->argv);
  return lariat_coroutine_start_with(reactor, run_coroutine, it, &options);
}

static lariat_status open_all(program *it) {
  lariat_status status = lariat_reactor_new(NULL, &it->reactor);
  if (status == LARIAT_OK) status = lariat_pool_new(NULL, &it->pool);
  if (status == LARIAT_OK)
    status = lariat_client_new(it->pool, it->reactor, NULL, &it->client);
  if (status == LARIAT_OK) status = lariat_coroutine_set_client(it->client);
  return status;
}

static void say_why(lariat_status status) {
  const char *refusal =
      status == LARIAT_ELIBCURL ? lariat_pool_refusal() : NULL;
  lr_process_say("cannot start: %s",
                 refusal ? refusal : lariat_status_text(status));
}

/* Coroutines end while the client that they use is there. */
static int run(program *it) {
  int code = 1;
  lariat_status status = open_all(it);
  if (status == LARIAT_OK)
    code = lariat_program_run(it->reactor, begin, it);
  else
    say_why(status);
  lariat_coroutine_end_all(it->reactor);
  lariat_client_close(it->client);
  (void)lariat_reactor_close(it->reactor, 1000);
  lariat_pool_release(it->pool);
  return code;
}

int lariat_react(lariat_app app, int argc, char **argv) {
  program it = {.app = app, .argc = argc, .argv = argv};
  return run(&it);
}

int lariat_react_coroutine(lariat_coroutine_app app, int argc, char **argv) {
  program it = {.coroutine = app, .argc = argc, .argv = argv};
  return run(&it);
}
