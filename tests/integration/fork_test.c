/* SPDX-License-Identifier: MIT
 * A forked child has the parent's pool, client and reactor in its memory, but
 * not their threads: all that would use them is refused there, nothing waits,
 * and the parent notices nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/origin.h"
#include <lariat/failure.h>
#include <lariat/react.h>

enum { CHILD_SECONDS = 20 };

static struct origin *origin;
static char text[256];

static const char *url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

/* What a child has to work with. */
struct heirloom {
  struct fetching t;
  lariat_mailbox *mailbox;
  lariat_deferred *pending;
  lariat_status seen; /* of a deferred, in the child */
};

/* In the child: CUnit is of no use there. */

static bool is(lariat_status got, lariat_status expected, const char *what) {
  if (got == expected) return true;
  fprintf(stderr, "in the child: %s gave %s\n", what, lariat_status_name(got));
  return false;
}

#define EXPECT_FORKED(call) is((call), LARIAT_EFORKED, #call)

static lariat_value note(lariat_value result, void *context) {
  lariat_status *seen = context;
  *seen = lariat_is_failure(result) ? lariat_failure_status(result) : LARIAT_OK;
  return lariat_value_drop(result);
}

/* The status of a deferred that has fired already. */
static lariat_status status_of(struct heirloom *h, lariat_deferred *deferred) {
  h->seen = LARIAT_OK;
  lariat_deferred_release(lariat_deferred_add_both(deferred, note, &h->seen));
  return h->seen;
}

static void nothing(void *context) { (void)context; }

static void ready(int fd, void *context) {
  (void)fd;
  (void)context;
}

static bool requests_are_refused(struct heirloom *h) {
  lariat_client *client = h->t.client;
  const char *page = url("/page");
  bool good = EXPECT_FORKED(status_of(h, lariat_get(client, page)));
  good &= EXPECT_FORKED(status_of(h, lariat_head(client, page)));
  good &= EXPECT_FORKED(status_of(h, lariat_post(client, page, "body", 4)));
  good &= EXPECT_FORKED(status_of(h, lariat_get(client, "not a URL")));
  lariat_client_close(client); /* does nothing */
  return good && EXPECT_FORKED(status_of(h, lariat_get(client, page)));
}

static bool reactor_is_refused(struct heirloom *h) {
  lariat_reactor *reactor = h->t.f.reactor;
  lariat_status why = LARIAT_OK;
  bool good = EXPECT_FORKED(lariat_reactor_run_once(reactor, 1000));
  good &= EXPECT_FORKED(lariat_reactor_run(reactor));
  good &= EXPECT_FORKED(lariat_reactor_dispatch(reactor));
  good &= EXPECT_FORKED(lariat_reactor_call_soon(reactor, nothing, NULL, NULL));
  good &= EXPECT_FORKED(
      lariat_reactor_call_later(reactor, 1, nothing, NULL, NULL, NULL));
  good &= EXPECT_FORKED(
      lariat_reactor_call_from_thread(reactor, nothing, NULL, NULL));
  good &= EXPECT_FORKED(lariat_mailbox_call(h->mailbox, nothing, NULL, NULL));
  good &= EXPECT_FORKED(
      lariat_reactor_add_reader(reactor, STDIN_FILENO, ready, NULL, NULL));
  good &=
      EXPECT_FORKED((lariat_reactor_fd(reactor, &why) == -1 ? why : LARIAT_OK));
  return good && EXPECT_FORKED(lariat_reactor_close(reactor, 5000));
}

static lariat_deferred *never_run(lariat_client *client, int argc,
                                  char **argv) {
  (void)client;
  (void)argc;
  (void)argv;
  fprintf(stderr, "in the child: the app ran\n");
  return NULL;
}

static bool pool_is_refused(struct heirloom *h) {
  lariat_pool *pool = h->t.pool;
  lariat_reactor *reactor = h->t.f.reactor;
  lariat_pool *fresh = NULL;
  lariat_client *client = NULL;
  bool good = EXPECT_FORKED(lariat_pool_new(NULL, &fresh));
  good &= EXPECT_FORKED(lariat_client_new(pool, reactor, NULL, &client));
  good &= EXPECT_FORKED(lariat_pool_call(pool, 0, nothing, NULL, NULL));
  good &= EXPECT_FORKED(lariat_pool_close_wait(pool, 5000));
  good &= EXPECT_FORKED(status_of(h, lariat_pool_close(pool, reactor, 5000)));
  lariat_pool_stats stats = {.size = sizeof stats};
  good &= is(lariat_pool_read_stats(pool, &stats), LARIAT_OK, "stats");
  lariat_pool_release(lariat_pool_retain(pool));
  lariat_pool_release(pool); /* the last, and nobody is waited for */
  return good && !fresh && !client;
}

/* A reactor is not of the process: a child may make its own.  A pool is. */
static bool own_reactor_works(struct heirloom *h) {
  lariat_reactor *reactor = NULL;
  lariat_client *client = NULL;
  bool good = is(lariat_reactor_new(NULL, &reactor), LARIAT_OK, "new");
  good &= is(lariat_reactor_run_once(reactor, 0), LARIAT_OK, "run_once");
  good &= EXPECT_FORKED(lariat_client_new(h->t.pool, reactor, NULL, &client));
  return good && is(lariat_reactor_close(reactor, 0), LARIAT_OK, "close");
}

static bool react_is_refused(struct heirloom *h) {
  char name[] = "app";
  char *argv[] = {name, NULL};
  (void)h;
  bool good = freopen("/dev/null", "w", stderr) != NULL; /* it says why */
  return good && lariat_react(never_run, 1, argv) == 1;
}

/* The child's copy of a fetch in flight can be cancelled and let go. */
static bool pending_is_let_go(struct heirloom *h) {
  lariat_deferred_cancel(h->pending);
  bool good = lariat_deferred_fired(h->pending);
  lariat_deferred_release(h->pending);
  return good;
}

/* Children. */

/* A sanitizer would take what the parent's other threads held for a leak. */
static void leave(bool good) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  _exit(good ? 0 : 1);
#else
  exit(good ? 0 : 1);
#endif
}

/* Runs `run` in a child, which is killed when it hangs. */
static void expect_in_child(struct heirloom *h,
                            bool (*run)(struct heirloom *h)) {
  fflush(NULL);
  pid_t child = fork();
  CU_ASSERT_FATAL(child >= 0);
  if (child == 0) {
    alarm(CHILD_SECONDS);
    leave(run(h));
  }
  int state = 1;
  CU_ASSERT_EQUAL(waitpid(child, &state, 0), child);
  if (WIFSIGNALED(state))
    fixture_fail("the child died of signal %d", WTERMSIG(state));
  else if (WEXITSTATUS(state) != 0)
    fixture_fail("the child was not content");
}

/* A pool with a connection, and a fetch that is in flight. */
static void open_heirloom(struct heirloom *h, struct outcome *pending) {
  struct outcome first;
  memset(h, 0, sizeof *h);
  fetching_open(&h->t, NULL, NULL);
  h->mailbox = lariat_reactor_mailbox(h->t.f.reactor);
  CU_ASSERT(lariat_reactor_fd(h->t.f.reactor, NULL) >= 0);
  fetching_do(&h->t, &first, lariat_get(h->t.client, url("/page")));
  outcome_expect_http(&first, 200);
  outcome_clear(&first, 1);
  h->pending = lariat_get(h->t.client, url("/hold"));
  outcome_watch(pending, lariat_deferred_retain(h->pending));
  fetching_wait_in_flight(&h->t, origin, 1);
}

/* The parent goes on as if nothing had been. */
static void close_heirloom(struct heirloom *h, struct outcome *pending) {
  struct outcome last;
  CU_ASSERT_EQUAL(pending->fires, 0);
  CU_ASSERT_EQUAL(origin_release(origin), 1);
  fetching_wait(&h->t, pending, 1, 10000);
  outcome_expect_body(pending, "held\n");
  fetching_do(&h->t, &last, lariat_get(h->t.client, url("/page")));
  outcome_expect_http(&last, 200);
  outcome_clear(&last, 1);
  outcome_clear(pending, 1);
  fetching_expect_ledger(h->t.client, 3, 3, 0, 0);
  lariat_deferred_release(h->pending);
  lariat_mailbox_release(h->mailbox);
  fetching_close(&h->t);
}

static void in_child(bool (*run)(struct heirloom *h)) {
  struct heirloom h;
  struct outcome pending;
  open_heirloom(&h, &pending);
  expect_in_child(&h, run);
  close_heirloom(&h, &pending);
}

static void test_requests(void) { in_child(requests_are_refused); }
static void test_reactor(void) { in_child(reactor_is_refused); }
static void test_pool(void) { in_child(pool_is_refused); }
static void test_own_reactor(void) { in_child(own_reactor_works); }
static void test_react(void) { in_child(react_is_refused); }
static void test_pending(void) { in_child(pending_is_let_go); }

static bool nothing_is_done(struct heirloom *h) {
  (void)h;
  return true;
}

static void test_nothing(void) { in_child(nothing_is_done); }

/* Children of children, and several in a row. */
static bool grandchild(struct heirloom *h) {
  int state = 1;
  pid_t child = fork();
  if (child == 0) _exit(requests_are_refused(h) && pool_is_refused(h) ? 0 : 1);
  bool good = child > 0 && waitpid(child, &state, 0) == child && state == 0;
  return good && requests_are_refused(h) && reactor_is_refused(h);
}

static void test_several(void) {
  struct heirloom h;
  struct outcome pending;
  open_heirloom(&h, &pending);
  for (int i = 0; i < 3; i++) expect_in_child(&h, requests_are_refused);
  expect_in_child(&h, grandchild);
  expect_in_child(&h, pool_is_refused);
  close_heirloom(&h, &pending);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a child that does nothing", test_nothing},
      {"requests", test_requests},
      {"the reactor", test_reactor},
      {"the pool", test_pool},
      {"a reactor of the child's own", test_own_reactor},
      {"react", test_react},
      {"a fetch in flight", test_pending},
      {"several children", test_several},
  };
  origin = origin_start(NULL);
  if (!origin) return 1;
  int failed = fixture_main("fork", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return failed;
}
