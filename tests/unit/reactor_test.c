/* SPDX-License-Identifier: MIT
 * labels: threads
 * reactor_test.c: a reactor's life, its turns and what it refuses. */
#include "reactor/reactor.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/gate.h"
#include <lariat/checks.h>

static char diary[128];

static void write_down(const char *text) {
  snprintf(diary + strlen(diary), sizeof diary - strlen(diary), "%s", text);
}

/* ---- Birth, names, current ---- */

static void test_options(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_reactor *reactor = NULL;
  lariat_reactor_options options = {.size = sizeof options, .name = "lasso"};
  CU_ASSERT_EQUAL(lariat_reactor_new(&options, NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_new(&options, &reactor), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lariat_reactor_name(reactor), "lasso");
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  options.size = sizeof(size_t);
  CU_ASSERT_EQUAL(lariat_reactor_new(&options, &reactor), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lariat_reactor_name(reactor), "reactor");
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  options.size = 0;
  CU_ASSERT_EQUAL(lariat_reactor_new(&options, &reactor), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(reactor);
  const lariat_clock broken = {NULL, NULL, false};
  options = (lariat_reactor_options){.size = sizeof options, .clock = &broken};
  CU_ASSERT_EQUAL(lariat_reactor_new(&options, &reactor), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_close(NULL, 0), LARIAT_OK);
  fixture_close(&f);
}

static void note_current(void *context) {
  *(lariat_reactor **)context = lariat_reactor_current();
}

static void test_current(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_reactor *second = NULL;
  lariat_reactor *seen = NULL;
  CU_ASSERT_PTR_EQUAL(lariat_reactor_current(), f.reactor);
  CU_ASSERT_EQUAL(lariat_reactor_new(NULL, &second), LARIAT_OK);
  CU_ASSERT_PTR_EQUAL(lariat_reactor_current(), second);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(f.reactor, note_current, &seen, NULL),
      LARIAT_OK);
  fixture_turns(&f, 1);
  CU_ASSERT_PTR_EQUAL(seen, f.reactor);
  CU_ASSERT_PTR_EQUAL(lariat_reactor_current(), second);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_PTR_EQUAL(lariat_reactor_current(), second);
  CU_ASSERT_EQUAL(lariat_reactor_close(second, 0), LARIAT_OK);
  CU_ASSERT_PTR_NULL(lariat_reactor_current());
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_reactor *reactor = NULL;
  uint64_t nth = 0;
  lariat_status status;
  do {
    fixture_fail_allocation(&f, ++nth);
    status = lariat_reactor_new(NULL, &reactor);
    if (status != LARIAT_OK) CU_ASSERT_EQUAL(status, LARIAT_ENOMEM);
    CU_ASSERT_EQUAL(reactor == NULL, status != LARIAT_OK);
  } while (status != LARIAT_OK && nth < 20);
  CU_ASSERT_TRUE(nth >= 4);
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  fixture_close(&f);
}

/* Descriptors run out at each point of the making in turn: a reactor needs
 * two. */
static void test_out_of_descriptors(void) {
  struct fixture f;
  struct rlimit before;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &before), 0);
  int lowest = dup(STDERR_FILENO);
  CU_ASSERT_TRUE_FATAL(lowest >= 0);
  close(lowest);
  lariat_reactor *reactor = NULL;
  lariat_status status = LARIAT_ESYSTEM;
  for (int more = 0; more < 2; more++) {
    struct rlimit tight = before;
    tight.rlim_cur = (rlim_t)(lowest + more);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &tight), 0);
    errno = 0;
    status = lariat_reactor_new(NULL, &reactor);
    int error = errno;
    setrlimit(RLIMIT_NOFILE, &before);
    CU_ASSERT_EQUAL(status, LARIAT_ESYSTEM);
    CU_ASSERT_EQUAL(error, EMFILE);
    CU_ASSERT_PTR_NULL(reactor);
  }
  fixture_close(&f);
}

/* ---- Run and stop ---- */

static void stop(void *context) { lariat_reactor_stop(context); }

static void count_up(void *context) { ++*(int *)context; }

static void test_run_and_stop(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int count = 0;
  uint64_t start_ms = fixture_real_ms();
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 30, stop, f.reactor, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 10, count_up, &count, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run(f.reactor), LARIAT_OK);
  CU_ASSERT_TRUE(fixture_real_ms() - start_ms >= 29);
  CU_ASSERT_EQUAL(count, 1);
  fixture_close(&f);
}

static void test_stop_before_run(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int count = 0;
  lariat_reactor_stop(f.reactor);
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, count_up, &count, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run(f.reactor), LARIAT_OK);
  CU_ASSERT_EQUAL(count, 1);
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, stop, f.reactor, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run(f.reactor), LARIAT_OK);
  fixture_close(&f);
}

struct stopper {
  lariat_reactor *reactor;
  struct gate turns; /* opened in a turn of the reactor's */
};

static void *stop_from_thread(void *context) {
  struct stopper *stopper = context;
  lariat_mailbox *mailbox = lariat_reactor_mailbox(stopper->reactor);
  gate_wait(&stopper->turns);
  lariat_status status =
      lariat_mailbox_call(mailbox, stop, stopper->reactor, NULL);
  lariat_mailbox_release(mailbox);
  return status == LARIAT_OK ? NULL : context;
}

static void open_gate(void *gate) { gate_set(gate, true); }

static void test_stop_from_thread(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  pthread_t thread;
  void *result;
  struct stopper stopper = {f.reactor, GATE_CLOSED};
  pthread_create(&thread, NULL, stop_from_thread, &stopper);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(f.reactor, open_gate, &stopper.turns, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run(f.reactor), LARIAT_OK);
  pthread_join(thread, &result);
  CU_ASSERT_PTR_NULL(result);
  fixture_close(&f);
}

static void test_run_once_waits(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(lariat_reactor_run_once(f.reactor, 0), LARIAT_OK);
  uint64_t start_ms = fixture_real_ms();
  CU_ASSERT_EQUAL(lariat_reactor_run_once(f.reactor, 30), LARIAT_OK);
  CU_ASSERT_TRUE(fixture_real_ms() - start_ms >= 29);
  lr_reactor_request_turn(f.reactor);
  CU_ASSERT_EQUAL(lariat_reactor_run_once(f.reactor, -1), LARIAT_OK);
  fixture_close(&f);
}

/* A timer of a manual clock is not slept for. */
static void test_manual_clock(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  int count = 0;
  CU_ASSERT_EQUAL(lr_reactor_turn_ns(f.reactor), 1000000000);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 1, count_up, &count, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run_once(f.reactor, 20), LARIAT_OK);
  CU_ASSERT_EQUAL(count, 0);
  fixture_advance(&f, 1);
  CU_ASSERT_EQUAL(count, 1);
  CU_ASSERT_EQUAL(lr_reactor_turn_ns(f.reactor), 1001000000);
  fixture_close(&f);
}

/* ---- Inside a turn ---- */

struct inside {
  lariat_reactor *reactor;
  lariat_status run;
  lariat_status run_once;
  lariat_status dispatch;
  lariat_status close;
  bool in_turn;
};

static void try_everything(void *context) {
  struct inside *tried = context;
  tried->in_turn = lr_reactor_in_turn(tried->reactor);
  tried->run = lariat_reactor_run(tried->reactor);
  tried->run_once = lariat_reactor_run_once(tried->reactor, 0);
  tried->dispatch = lariat_reactor_dispatch(tried->reactor);
  tried->close = lariat_reactor_close(tried->reactor, 0);
}

static void test_refused_inside(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  struct inside tried = {f.reactor, LARIAT_OK, LARIAT_OK,
                         LARIAT_OK, LARIAT_OK, false};
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(f.reactor, try_everything, &tried, NULL),
      LARIAT_OK);
  fixture_turns(&f, 1);
  CU_ASSERT_TRUE(tried.in_turn);
  CU_ASSERT_EQUAL(tried.run, LARIAT_EALREADY);
  CU_ASSERT_EQUAL(tried.run_once, LARIAT_EALREADY);
  CU_ASSERT_EQUAL(tried.dispatch, LARIAT_EALREADY);
  CU_ASSERT_EQUAL(tried.close, LARIAT_EBUSY);
  CU_ASSERT_FALSE(lr_reactor_in_turn(f.reactor));
  fixture_close(&f);
}

/* One of each kind; the diary shows the order within a turn. */
struct mail_with_text {
  lr_mail mail;
  const char *text;
};

static void deliver_text(lr_mail *mail) {
  write_down(((struct mail_with_text *)(void *)mail)->text);
}

static void discard_text(lr_mail *mail) {
  write_down("!");
  write_down(((struct mail_with_text *)(void *)mail)->text);
}

static const lr_mail_ops text_ops = {deliver_text, discard_text};

static void write_text(void *context) { write_down(context); }

static void expire_text(lr_timer *timer) {
  (void)timer;
  write_down("timer ");
}

static void hook_text(lr_turn_hook *hook) {
  (void)hook;
  write_down("hook ");
}

static void read_text(int fd, void *context) {
  char byte;
  if (read(fd, &byte, 1) == 1) write_down(context);
}

static void test_order_in_a_turn(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  int ends[2];
  CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
  struct mail_with_text mail = {{.ops = &text_ops}, "mail "};
  lr_timer timer = {.expire = expire_text};
  lr_turn_hook hook = {{NULL, NULL}, hook_text};
  char fd_text[] = "fd ";
  char call_text[] = "call ";
  diary[0] = '\0';
  lr_reactor_add_turn_hook(f.reactor, &hook);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(f.reactor, write_text, call_text, NULL),
      LARIAT_OK);
  CU_ASSERT_TRUE(lr_reactor_set_timer(f.reactor, &timer, 0));
  lr_reactor_post_local(f.reactor, &mail.mail);
  CU_ASSERT_EQUAL(
      lariat_reactor_add_reader(f.reactor, ends[0], read_text, fd_text, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(write(ends[1], "x", 1), 1);
  fixture_turns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "fd mail timer call hook ");
  lr_reactor_remove_turn_hook(f.reactor, &hook);
  fixture_turns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "fd mail timer call hook ");
  lariat_reactor_remove_reader(f.reactor, ends[0]);
  close(ends[0]);
  close(ends[1]);
  fixture_close(&f);
}

/* ---- Mail ---- */

static int delivered;
static int discarded;

static void count_delivered(lr_mail *mail) {
  (void)mail;
  delivered++;
}

static void count_discarded(lr_mail *mail) {
  (void)mail;
  discarded++;
}

static const lr_mail_ops count_ops = {count_delivered, count_discarded};

/* More mail than one turn delivers: the rest comes in the next, which does not
 * wait. */
static void test_mail_budget(void) {
  enum { MANY = 2500 };
  static lr_mail mails[MANY];
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  delivered = discarded = 0;
  for (int i = 0; i < MANY; i++) {
    mails[i] = (lr_mail){.ops = &count_ops};
    CU_ASSERT_TRUE(
        lr_mailbox_push(lr_reactor_own_mailbox(f.reactor), &mails[i]));
  }
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(delivered, 1024);
  CU_ASSERT_EQUAL(lariat_reactor_run_once(f.reactor, 10000), LARIAT_OK);
  CU_ASSERT_EQUAL(delivered, 2048);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_EQUAL(delivered, 2048);
  CU_ASSERT_EQUAL(discarded, MANY - 2048);
  fixture_close(&f);
}

/* Mail that posts itself again when delivered. */
struct echo {
  lr_mail mail;
  lariat_reactor *reactor;
  int left;
};

static void deliver_echo(lr_mail *mail) {
  struct echo *echo = (struct echo *)(void *)mail;
  if (echo->left-- > 0) lr_reactor_post_local(echo->reactor, mail);
}

static void discard_echo(lr_mail *mail) {
  struct echo *echo = (struct echo *)(void *)mail;
  discarded++;
  if (echo->left-- > 0) lr_reactor_post_local(echo->reactor, mail);
}

static const lr_mail_ops echo_ops = {deliver_echo, discard_echo};

static void test_mail_from_mail(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  struct echo echo = {{.ops = &echo_ops}, f.reactor, 3000};
  lr_reactor_post_local(f.reactor, &echo.mail);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(echo.left, 3000 - 1024);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(echo.left, -1);
  discarded = 0;
  echo.left = 3;
  lr_reactor_post_local(f.reactor, &echo.mail);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_EQUAL(discarded, 4);
  fixture_close(&f);
}

/* ---- Hooks ---- */

struct hook_that_removes {
  lr_turn_hook hook;
  lariat_reactor *reactor;
  lr_turn_hook *removes;
  int runs;
};

static void remove_hook(lr_turn_hook *hook) {
  struct hook_that_removes *self =
      lr_container(hook, struct hook_that_removes, hook);
  self->runs++;
  if (self->removes) lr_reactor_remove_turn_hook(self->reactor, self->removes);
}

static void test_hooks_removed_inside(void) {
  struct fixture f;
  struct hook_that_removes hooks[3];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  for (int i = 0; i < 3; i++) {
    hooks[i] = (struct hook_that_removes){
        {{NULL, NULL}, remove_hook}, f.reactor, NULL, 0};
    lr_reactor_add_turn_hook(f.reactor, &hooks[i].hook);
  }
  hooks[0].removes = &hooks[1].hook;
  hooks[2].removes = &hooks[2].hook;
  fixture_turns(&f, 2);
  CU_ASSERT_EQUAL(hooks[0].runs, 2);
  CU_ASSERT_EQUAL(hooks[1].runs, 0);
  CU_ASSERT_EQUAL(hooks[2].runs, 1);
  fixture_close(&f);
}

/* ---- Close ---- */

struct part {
  lr_shutdown_hook shutdown;
  lariat_reactor *reactor;
  const char *name;
  int busy_turns; /* -1: for ever */
  lariat_status close_inside;
};

static struct part *part_of(lr_shutdown_hook *shutdown) {
  return lr_container(shutdown, struct part, shutdown);
}

static void begin_part(lr_shutdown_hook *shutdown) {
  struct part *part = part_of(shutdown);
  write_down("begin ");
  write_down(part->name);
  CU_ASSERT_TRUE(lr_reactor_closing(part->reactor));
  part->close_inside = lariat_reactor_close(part->reactor, 0);
}

static bool busy_part(lr_shutdown_hook *shutdown) {
  struct part *part = part_of(shutdown);
  if (part->busy_turns > 0) {
    part->busy_turns--;
    lr_reactor_request_turn(part->reactor);
    return true;
  }
  return part->busy_turns < 0;
}

static void end_part(lr_shutdown_hook *shutdown) {
  struct part *part = part_of(shutdown);
  write_down("end ");
  write_down(part->name);
  lr_reactor_remove_shutdown_hook(part->reactor, shutdown);
}

static void destroy_state(void *state) {
  write_down("state ");
  write_down(state);
}

static void make_part(struct part *part, lariat_reactor *reactor,
                      const char *name, int busy_turns) {
  *part = (struct part){{{NULL, NULL}, begin_part, busy_part, end_part},
                        reactor,
                        name,
                        busy_turns,
                        LARIAT_OK};
  lr_reactor_add_shutdown_hook(reactor, &part->shutdown);
}

static void test_close_in_order(void) {
  struct fixture f;
  struct part parts[2];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  char low[] = "low ";
  char high[] = "high ";
  char text[] = "context ";
  diary[0] = '\0';
  make_part(&parts[0], f.reactor, "a ", 3);
  make_part(&parts[1], f.reactor, "b ", 0);
  lr_reactor_set_layer_state(f.reactor, LR_LAYER_DEFERRED, low, destroy_state);
  lr_reactor_set_layer_state(f.reactor, LR_LAYER_POOL, high, destroy_state);
  CU_ASSERT_PTR_EQUAL(lr_reactor_layer_state(f.reactor, LR_LAYER_DEFERRED),
                      low);
  CU_ASSERT_PTR_NULL(lr_reactor_layer_state(f.reactor, LR_LAYER_TASK));
  CU_ASSERT_EQUAL(lariat_reactor_call_later(f.reactor, 9, write_text, text,
                                            write_text, NULL),
                  LARIAT_OK);
  fixture_close_reactor(&f, 10000);
  CU_ASSERT_STRING_EQUAL(
      diary, "begin a begin b end a end b context state high state low ");
  CU_ASSERT_EQUAL(parts[0].busy_turns, 0);
  CU_ASSERT_EQUAL(parts[0].close_inside, LARIAT_EBUSY);
  fixture_close(&f);
}

static void test_close_gives_up(void) {
  struct fixture f;
  struct part part;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  make_part(&part, f.reactor, "a ", -1);
  diary[0] = '\0';
  uint64_t start_ms = fixture_real_ms();
  fixture_close_reactor(&f, 50);
  CU_ASSERT_TRUE(fixture_real_ms() - start_ms >= 49);
  CU_ASSERT_STRING_EQUAL(diary, "begin a end a ");
  fixture_close(&f);
}

static void test_close_discards_mail(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct mail_with_text first = {{.ops = &text_ops}, "first "};
  struct mail_with_text second = {{.ops = &text_ops}, "second "};
  diary[0] = '\0';
  lr_reactor_post_local(f.reactor, &first.mail);
  CU_ASSERT_TRUE(
      lr_mailbox_push(lr_reactor_own_mailbox(f.reactor), &second.mail));
  fixture_close_reactor(&f, 0);
  CU_ASSERT_STRING_EQUAL(diary, "!first !second ");
  fixture_close(&f);
}

/* ---- The wrong thread, the wrong process ---- */

static void *use_from_thread(void *context) {
  lariat_reactor *reactor = context;
  lariat_timer none = {0};
  bool refused = lariat_reactor_call_soon(reactor, stop, reactor, NULL) ==
                     LARIAT_ETHREAD &&
                 lariat_reactor_run(reactor) == LARIAT_ETHREAD &&
                 lariat_reactor_cancel_timer(reactor, none) == LARIAT_ETHREAD &&
                 lariat_reactor_fd(reactor, NULL) == -1 &&
                 lariat_reactor_close(reactor, 0) == LARIAT_ETHREAD;
  return refused ? NULL : context;
}

static void test_wrong_thread(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  pthread_t thread;
  void *result;
  lariat_set_checks(false);
  pthread_create(&thread, NULL, use_from_thread, f.reactor);
  pthread_join(thread, &result);
  lariat_set_checks(true);
  CU_ASSERT_PTR_NULL(result);
  fixture_close(&f);
}

static void misuse_thread(void *context) {
  (void)context;
  lariat_reactor *reactor;
  pthread_t thread;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return;
  pthread_create(&thread, NULL, use_from_thread, reactor);
  pthread_join(thread, NULL);
}

static void test_wrong_thread_aborts(void) {
  CU_ASSERT_TRUE(fixture_aborts(misuse_thread, NULL));
}

static bool all_refused_in_child(lariat_reactor *reactor,
                                 lariat_mailbox *mailbox) {
  lariat_timer none = {0};
  return lariat_reactor_run_once(reactor, 0) == LARIAT_EFORKED &&
         lariat_reactor_call_soon(reactor, stop, reactor, NULL) ==
             LARIAT_EFORKED &&
         lariat_reactor_call_from_thread(reactor, stop, reactor, NULL) ==
             LARIAT_EFORKED &&
         lariat_mailbox_call(mailbox, stop, reactor, NULL) == LARIAT_EFORKED &&
         lariat_reactor_cancel_timer(reactor, none) == LARIAT_EFORKED &&
         lariat_reactor_dispatch(reactor) == LARIAT_EFORKED &&
         lariat_reactor_remove_reader(reactor, 0) == LARIAT_EFORKED &&
         lariat_reactor_close(reactor, 0) == LARIAT_EFORKED;
}

static void test_forked(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_mailbox *mailbox = lariat_reactor_mailbox(f.reactor);
  pid_t child = fork();
  CU_ASSERT_TRUE_FATAL(child >= 0);
  if (child == 0) _exit(all_refused_in_child(f.reactor, mailbox) ? 0 : 1);
  int state = 1;
  CU_ASSERT_EQUAL(waitpid(child, &state, 0), child);
  CU_ASSERT_EQUAL(state, 0);
  lariat_mailbox_release(mailbox);
  fixture_turns(&f, 1);
  fixture_close(&f);
}

/* ---- Reports ---- */

static void test_report(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  lr_reactor_report(f.reactor, "something went wrong");
  CU_ASSERT_STRING_EQUAL(f.last_report, "something went wrong");
  fixture_expect_reports(&f, 1);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"options are read by their size", test_options},
      {"the current reactor", test_current},
      {"out of memory makes no reactor", test_out_of_memory},
      {"out of descriptors makes no reactor", test_out_of_descriptors},
      {"run runs until stop", test_run_and_stop},
      {"stop before run leaves one turn", test_stop_before_run},
      {"stop from another thread", test_stop_from_thread},
      {"run_once waits as told", test_run_once_waits},
      {"a manual clock is not slept for", test_manual_clock},
      {"a turn in a turn is refused", test_refused_inside},
      {"the order within a turn", test_order_in_a_turn},
      {"a turn delivers a bounded number of mails", test_mail_budget},
      {"mail that posts mail is bounded too", test_mail_from_mail},
      {"hooks are removed by hooks", test_hooks_removed_inside},
      {"close winds up in order", test_close_in_order},
      {"close gives up in time", test_close_gives_up},
      {"close discards mail, the oldest first", test_close_discards_mail},
      {"the wrong thread is refused", test_wrong_thread},
      {"the wrong thread aborts with checks on", test_wrong_thread_aborts},
      {"a forked child is refused", test_forked},
      {"reports come to the hook", test_report},
  };
  return fixture_main("reactor", tests, FIXTURE_COUNT(tests), argc, argv);
}
