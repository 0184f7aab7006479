/* SPDX-License-Identifier: MIT
 * follower.c: messages of the leader, and what is told to it. */
#include "follower.h"

#include <lariat/load/report.h>
#include <lariat/version.h>
#include <stdio.h>

#include "load/judging.h"
#include "say.h"

/* How long a leader may be silent while it reads the results of all. */
enum { LONGEST_END_MS = 10 * 60 * 1000, PINGS_APART_MS = 20 };

#define MS_NS UINT64_C(1000000)

enum follower_state {
  FOLLOWER_READY,   /* for START */
  FOLLOWER_RUNNING, /* or its run has ended, and is not told of yet */
  FOLLOWER_SENDING, /* its result */
  FOLLOWER_DONE
};

struct follower {
  struct process *process;
  enum follower_state state;
  int code;
  bool told;         /* the code, by the leader */
  bool lost;         /* the leader */
  uint64_t heard_ns; /* of the leader */
  int unheard;       /* news sent to it since then */
  char *result;      /* on its way; NULL: none */
  MPI_Request sending;
};

/* ---- Set-up ---- */

/* Waits, before there is a reactor, for the leader to say so. */
static bool await_leader(struct message *taken, int *kind) {
  while (!message_take(0, MPI_ANY_TAG, taken, NULL, kind, NULL))
    message_pause(PAUSE_MS);
  return *kind == MESSAGE_GO;
}

static struct message make_hello(const struct process *process, int code) {
  struct message hello = {.code = code, .numbers = {process->first}};
  snprintf(hello.host, sizeof hello.host, "%s", process->host);
  snprintf(hello.plan_hash, sizeof hello.plan_hash, "%s", process->plan_hash);
  snprintf(hello.version, sizeof hello.version, "%s", lariat_version());
  return hello;
}

static void say_hello(struct follower *follower, int code) {
  struct message hello = make_hello(follower->process, code);
  if (!message_send(0, MESSAGE_HELLO, &hello)) follower->lost = true;
}

/* ---- The end of its part ---- */

/* Tells that it is over, and sends what there is. */
static void tell_end(struct follower *follower, int code) {
  size_t length = 0;
  follower->result = process_write_result(follower->process, &length);
  if (length > INT32_MAX) length = 0;
  struct message end = {.code = code,
                        .flag = process_ended_early(follower->process),
                        .numbers = {(int64_t)length}};
  follower->state = FOLLOWER_DONE;
  if (!message_send(0, MESSAGE_END, &end))
    follower->lost = true;
  else if (length &&
           MPI_Isend(follower->result, (int)length, MPI_BYTE, 0, MESSAGE_RESULT,
                     MPI_COMM_WORLD, &follower->sending) == MPI_SUCCESS)
    follower->state = FOLLOWER_SENDING;
}

static void look_at_sending(struct follower *follower) {
  int sent = 0;
  if (MPI_Test(&follower->sending, &sent, MPI_STATUS_IGNORE) != MPI_SUCCESS)
    follower->lost = true;
  else if (sent)
    follower->state = FOLLOWER_DONE;
}

static void look_at_run(struct follower *follower) {
  const struct run_loop *loop = &follower->process->loop;
  if (process_is_running(follower->process)) return;
  int code = process_finish(follower->process);
  if (loop->outcome != LARIAT_OK) code = EXIT_SOME;
  if (loop->interrupted) code = interrupt_code();
  tell_end(follower, code);
}

/* ---- Messages of the leader ---- */

/* Answers, and, while the next question comes soon, without a sleep. */
static void answer_pings(int64_t at_ns) {
  struct message taken;
  do {
    struct message pong = {.numbers = {at_ns, message_wall_ns()}};
    if (!message_send(0, MESSAGE_PONG, &pong)) return;
  } while (message_await(0, MESSAGE_PING, PINGS_APART_MS, &taken, &at_ns));
}

static void start(struct follower *follower, int64_t start_at_ns) {
  int code = process_start(follower->process, start_at_ns);
  follower->state = FOLLOWER_RUNNING;
  if (code != EXIT_ALL) tell_end(follower, code);
}

static void take(struct follower *follower, int kind,
                 const struct message *taken, int64_t at_ns) {
  follower->heard_ns = process_now_ns(follower->process);
  follower->unheard = 0;
  if (kind == MESSAGE_PING) {
    answer_pings(at_ns);
  } else if (kind == MESSAGE_START && follower->state == FOLLOWER_READY) {
    start(follower, taken->numbers[0]);
  } else if (kind == MESSAGE_STOP) {
    process_stop(follower->process, taken->flag != 0);
  } else if (kind == MESSAGE_EXIT) {
    follower->code = taken->code;
    follower->told = true;
  }
}

static void take_messages(struct follower *follower) {
  struct message taken;
  int64_t at_ns;
  int kind;
  while (!follower->told &&
         message_take(0, MPI_ANY_TAG, &taken, NULL, &kind, &at_ns))
    take(follower, kind, &taken, at_ns);
}

/* ---- Its work ---- */

static void look_at_interrupt(struct follower *follower) {
  if (!follower->process->loop.interrupted) return;
  if (follower->state == FOLLOWER_READY)
    tell_end(follower, interrupt_code());
  else
    process_stop(follower->process, interrupt_code() == EXIT_TERMINATED);
}

static void look_at_state(struct follower *follower) {
  if (follower->state == FOLLOWER_RUNNING) look_at_run(follower);
  if (follower->state == FOLLOWER_SENDING) look_at_sending(follower);
}

/* Tells the leader that it is still here, and looks whether that is, too. */
static void look_at_leader(struct follower *follower) {
  struct process *process = follower->process;
  if (follower->state == FOLLOWER_READY) return;
  uint64_t longest_ms =
      follower->state == FOLLOWER_RUNNING ? SILENCE_MS : LONGEST_END_MS;
  if (process_now_ns(process) - follower->heard_ns > longest_ms * MS_NS)
    follower->lost = true;
  if (!process_is_news_due(process) || follower->state == FOLLOWER_DONE ||
      follower->unheard++ >= MESSAGE_UNHEARD)
    return;
  struct message news = {.numbers = {(int64_t)process_failures(process)}};
  if (!message_send(0, MESSAGE_NEWS, &news)) follower->lost = true;
}

/* Others may measure while this process has nothing to do. */
static unsigned choose_pause(const struct follower *follower) {
  return follower->state == FOLLOWER_RUNNING || follower->state == FOLLOWER_DONE
             ? PAUSE_RUNNING_MS
             : PAUSE_MS;
}

static lariat_value follow(void *context) {
  struct follower *follower = context;
  struct process *process = follower->process;
  say_hello(follower, process->loop.interrupted  ? interrupt_code()
                      : process->loop.unanswered ? LOAD_EXIT_NO_ANSWER
                                                 : EXIT_ALL);
  while (!follower->told && !follower->lost) {
    take_messages(follower);
    look_at_interrupt(follower);
    process_end_grace(process);
    look_at_state(follower);
    look_at_leader(follower);
    message_pause(choose_pause(follower));
  }
  if (process_is_running(process)) (void)process_finish(process);
  return lariat_none();
}

static int leave_lost(bool *left) {
  say("nothing was heard of rank 0 any more: there is no report");
  *left = true;
  return LOAD_EXIT_INVALID;
}

/* Says why it takes no part, and waits for the leader to end all. */
static int refuse(struct follower *follower, int code) {
  struct message taken;
  int kind;
  say_hello(follower, code);
  (void)await_leader(&taken, &kind);
  return code;
}

int follower_run(struct process *process, int argc, char **argv, bool *left) {
  struct follower follower = {.process = process, .sending = MPI_REQUEST_NULL};
  struct message taken;
  int kind;
  if (!await_leader(&taken, &kind)) return taken.code;
  int code =
      process_read(process, argc, argv) ? process_open(process) : EXIT_USAGE;
  if (code == EXIT_ALL) {
    process_run(process, follow, &follower);
    code = follower.told ? follower.code : leave_lost(left);
  } else {
    code = refuse(&follower, code);
  }
  process_close(process);
  lariat_load_text_free(follower.result);
  return code;
}
