/* SPDX-License-Identifier: MIT
 * A whole program in one call. */
#include <lariat/react.h>

#include "base/process.h"

typedef struct program {
  lariat_app app;
  int argc;
  char **argv;
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
} program;

static lariat_deferred *begin(lariat_reactor *reactor, void *context) {
  program *it = context;
  (void)reactor;
  return it->app(it->client, it->argc, it->argv);
}

static lariat_status open_all(program *it) {
  lariat_status status = lariat_reactor_new(NULL, &it->reactor);
  if (status == LARIAT_OK) status = lariat_pool_new(NULL, &it->pool);
  if (status == LARIAT_OK)
    status = lariat_client_new(it->pool, it->reactor, NULL, &it->client);
  return status;
}

static void say_why(lariat_status status) {
  const char *refusal =
      status == LARIAT_ELIBCURL ? lariat_pool_refusal() : NULL;
  lr_process_say("cannot start: %s",
                 refusal ? refusal : lariat_status_text(status));
}

int lariat_react(lariat_app app, int argc, char **argv) {
  program it = {.app = app, .argc = argc, .argv = argv};
  int code = 1;
  lariat_status status = open_all(&it);
  if (status == LARIAT_OK)
    code = lariat_program_run(it.reactor, begin, &it);
  else
    say_why(status);
  lariat_client_close(it.client);
  (void)lariat_reactor_close(it.reactor, 1000);
  lariat_pool_release(it.pool);
  return code;
}
