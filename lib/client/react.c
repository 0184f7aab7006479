/* SPDX-License-Identifier: MIT
 * react.c: a whole program in one call. */
#include <lariat/react.h>

#include "base/process.h"
#include <lariat/coroutine_client.h>

/* The main coroutine gets a large stack: few programs are written for a small
 * one. */
enum { STACK_BYTES = 1024 * 1024 };

typedef struct react_program {
  lariat_app app;
  lariat_coroutine_app coroutine; /* instead of `app` */
  int argc;
  char **argv;
  const lariat_pool_options *pool_options;
  const lariat_client_options *client_options;
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
} react_program;

static lariat_value run_coroutine(void *context) {
  react_program *program = context;
  return program->coroutine(program->client, program->argc, program->argv);
}

static lariat_deferred *begin_app(lariat_reactor *reactor, void *context) {
  react_program *program = context;
  const lariat_coroutine_options options = {
      .size = sizeof options, .name = "main", .stack_bytes = STACK_BYTES};
  if (program->app)
    return program->app(program->client, program->argc, program->argv);
  return lariat_coroutine_start_with(reactor, run_coroutine, program, &options);
}

static lariat_status open_all(react_program *program) {
  lariat_status status = lariat_reactor_new(NULL, &program->reactor);
  if (status == LARIAT_OK)
    status = lariat_pool_new(program->pool_options, &program->pool);
  if (status == LARIAT_OK)
    status = lariat_client_new(program->pool, program->reactor,
                               program->client_options, &program->client);
  if (status == LARIAT_OK)
    status = lariat_coroutine_set_client(program->client);
  return status;
}

/* Says which option makes no sense.  (What both checkers have nothing against
 * is a placement that does not fit to this reactor.) */
static void print_fault(const react_program *program) {
  char fault[512];
  const char *whose = "pool";
  lariat_status status =
      lariat_pool_options_check(program->pool_options, fault, sizeof fault);
  if (status == LARIAT_OK) {
    whose = "client";
    status = lariat_client_options_check(program->client_options, fault,
                                         sizeof fault);
  }
  lr_process_say("cannot start: in the options of the %s, %s", whose,
                 status == LARIAT_EINVAL
                     ? fault
                     : "placement: the reactor is none of the pool's");
}

static void print_refusal(const react_program *program, lariat_status status) {
  const char *refusal =
      status == LARIAT_ELIBCURL ? lariat_pool_refusal() : NULL;
  if (status == LARIAT_EINVAL)
    print_fault(program);
  else
    lr_process_say("cannot start: %s",
                   refusal ? refusal : lariat_status_text(status));
}

/* Runs the program and ends all it has opened: coroutines before the client,
 * which they use. */
static int run_react(react_program *program) {
  int code = 1;
  if (!program->app && !program->coroutine) {
    lr_process_say("cannot start: there is no app");
    return code;
  }
  lariat_status status = open_all(program);
  if (status == LARIAT_OK)
    code = lariat_program_run(program->reactor, begin_app, program);
  else
    print_refusal(program, status);
  lariat_coroutine_end_all(program->reactor);
  lariat_client_close(program->client);
  (void)lariat_reactor_close(program->reactor, 1000);
  lariat_pool_release(program->pool);
  return code;
}

int lariat_react(lariat_app app, int argc, char **argv) {
  return lariat_react_with(NULL, NULL, app, argc, argv);
}

int lariat_react_with(const lariat_pool_options *pool,
                      const lariat_client_options *client, lariat_app app,
                      int argc, char **argv) {
  react_program program = {.app = app,
                           .argc = argc,
                           .argv = argv,
                           .pool_options = pool,
                           .client_options = client};
  return run_react(&program);
}

int lariat_react_coroutine(lariat_coroutine_app app, int argc, char **argv) {
  return lariat_react_coroutine_with(NULL, NULL, app, argc, argv);
}

int lariat_react_coroutine_with(const lariat_pool_options *pool,
                                const lariat_client_options *client,
                                lariat_coroutine_app app, int argc,
                                char **argv) {
  react_program program = {.coroutine = app,
                           .argc = argc,
                           .argv = argv,
                           .pool_options = pool,
                           .client_options = client};
  return run_react(&program);
}
