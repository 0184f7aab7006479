/* SPDX-License-Identifier: MIT
 * connection_test.c: connections of HTTP/1.1 between two exchanges, made of
 * pairs of sockets, under the virtual clock. */
#include "h1/connection.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "support/dispatching.h"

enum { IDLE_MS = 1000 };

/* What a transport has, and the other ends of all connections. */
struct exchanging {
  struct dispatching d;
  lr_h1 h1;
  lr_connection_limit limit;
  lr_transport_stats stats;
  int peers[16];
  unsigned count;
};

static struct exchanging exchanging; /* large */

static struct exchanging *open_h1(unsigned max, unsigned per_host) {
  static const lr_host_extra extra = {.size = sizeof(lr_h1_host),
                                      .init = lr_h1_host_init,
                                      .clear = lr_h1_host_clear};
  static const lr_connection_limit_ops ops = {0}; /* nothing is asked for */
  struct exchanging *e = &exchanging;
  lariat_pool_options options = lariat_pool_defaults();
  memset(e, 0, sizeof *e);
  options.idle_ms = IDLE_MS;
  dispatching_open(&e->d, &extra, NULL);
  lr_u64_init(&e->stats.connections, 0);
  lr_connection_limit_init(&e->limit, &ops, e, &e->d.dispatcher, max, per_host,
                           &e->stats.connections);
  lr_h1_init(&e->h1,
             &(lr_transport_config){.reactor = e->d.f.reactor,
                                    .dispatcher = &e->d.dispatcher,
                                    .options = &options,
                                    .stats = &e->stats},
             &e->limit);
  return e;
}

static void close_h1(struct exchanging *e) {
  lr_h1_clear(&e->h1);
  CU_ASSERT_EQUAL(e->limit.open, 0);
  lr_connection_limit_clear(&e->limit);
  for (unsigned i = 0; i < e->count; i++) close(e->peers[i]);
  dispatching_close(&e->d);
}

/* Makes a connection of the host of `url`, counted, that is not idle; its peer
 * is the next one in `peers`. */
static lr_connection *connect_to(struct exchanging *e, const char *url) {
  static const lariat_response peer = {.remote_ip = "192.0.2.1",
                                       .remote_port = 8080};
  lr_host *host = dispatching_host(&e->d, url);
  int fds[2];
  CU_ASSERT_EQUAL_FATAL(
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
      0);
  lr_connection_limit_count(&e->limit, host, 1);
  lr_stream stream;
  lr_stream_of_descriptor(&stream, fds[0]);
  lr_connection *connection = lr_connection_adopt(&e->h1, &stream, host, &peer);
  CU_ASSERT_PTR_NOT_NULL_FATAL(connection);
  e->peers[e->count++] = fds[1];
  return connection;
}

static lr_connection *idle_to(struct exchanging *e, const char *url) {
  lr_connection *connection = connect_to(e, url);
  lr_connection_make_idle(connection);
  return connection;
}

/* Says whether the connection to the peer with this number was closed. */
static bool is_closed(const struct exchanging *e, unsigned number) {
  char byte;
  return recv(e->peers[number], &byte, 1, MSG_DONTWAIT) == 0;
}

/* ---- Adoption ---- */

static void test_adoption(void) {
  static const lariat_response peer = {.remote_port = 1};
  struct exchanging *e = open_h1(32, 4);
  lr_connection *connection = connect_to(e, "http://a/");
  CU_ASSERT_TRUE(connection->is_new);
  CU_ASSERT_STRING_EQUAL(connection->remote_ip, "192.0.2.1");
  CU_ASSERT_EQUAL(connection->remote_port, 8080);
  CU_ASSERT_EQUAL(connection->opened_ns, dispatching_now_ns(&e->d));
  CU_ASSERT_PTR_NULL(connection->job);
  CU_ASSERT_PTR_NULL(lr_connection_idle(connection->host));
  fixture_fail_allocation(&e->d.f, 1);
  lr_stream stream;
  lr_stream_of_descriptor(&stream, e->peers[0]);
  CU_ASSERT_PTR_NULL(
      lr_connection_adopt(&e->h1, &stream, connection->host, &peer));
  CU_ASSERT(fcntl(e->peers[0], F_GETFD) >= 0); /* it stays the caller's */
  lr_connection_close(connection);
  CU_ASSERT_TRUE(is_closed(e, 0));
  close_h1(e);
}

/* ---- Idle connections ---- */

/* The one that went idle last is used next; it is the last to expire. */
static void test_order(void) {
  struct exchanging *e = open_h1(32, 4);
  lr_job *job = dispatching_job("http://a/");
  lr_connection *first = idle_to(e, "http://a/");
  lr_connection *second = idle_to(e, "http://a/");
  lr_connection *third = idle_to(e, "http://a/");
  lr_host *host = first->host;
  CU_ASSERT_FALSE(first->is_new);
  CU_ASSERT_PTR_EQUAL(lr_connection_idle(host), third);
  lr_connection_take(third, job);
  CU_ASSERT_PTR_EQUAL(job->pool.connection, third);
  CU_ASSERT_PTR_EQUAL(lr_connection_idle(host), second);
  lr_connection_take(first, job);
  lr_connection_make_idle(first);
  CU_ASSERT_PTR_NULL(first->job);
  CU_ASSERT_PTR_EQUAL(lr_connection_idle(host), first);
  CU_ASSERT_PTR_EQUAL(e->h1.idle.next, &second->age_node);
  CU_ASSERT_PTR_EQUAL(e->h1.idle.prev, &first->age_node);
  lr_connection_close(third);
  job->pool.connection = NULL;
  lr_job_free(job);
  close_h1(e);
}

static void test_expiry(void) {
  struct exchanging *e = open_h1(32, 4);
  lr_job *job = dispatching_job("http://a/");
  (void)idle_to(e, "http://a/");
  lr_connection *used = idle_to(e, "http://a/");
  fixture_advance(&e->d.f, 400);
  (void)idle_to(e, "http://b/");
  fixture_advance(&e->d.f, 500);
  lr_connection_take(used, job);
  lr_connection_make_idle(used); /* at 900 */
  fixture_advance(&e->d.f, 99);
  CU_ASSERT_FALSE(is_closed(e, 0));
  fixture_advance(&e->d.f, 1);
  CU_ASSERT_TRUE(is_closed(e, 0));
  fixture_advance(&e->d.f, 399);
  CU_ASSERT_FALSE(is_closed(e, 2));
  fixture_advance(&e->d.f, 1);
  CU_ASSERT_TRUE(is_closed(e, 2));
  fixture_advance(&e->d.f, 499);
  CU_ASSERT_FALSE(is_closed(e, 1));
  fixture_advance(&e->d.f, 1);
  CU_ASSERT_TRUE(is_closed(e, 1));
  CU_ASSERT_FALSE(lr_timer_is_set(&e->h1.idle_timer));
  CU_ASSERT_EQUAL(e->limit.open, 0);
  CU_ASSERT_EQUAL(e->d.dispatcher.hosts.table.count, 0);
  lr_job_free(job);
  close_h1(e);
}

/* No connection is used for more than an hour. */
static void test_lifetime(void) {
  struct exchanging *e = open_h1(32, 4);
  lr_connection *old = connect_to(e, "http://a/");
  fixture_advance(&e->d.f, 3600 * 1000);
  lr_connection_make_idle(old);
  CU_ASSERT_FALSE(is_closed(e, 0));
  lr_list_remove(&old->node);
  lr_list_remove(&old->age_node);
  fixture_advance(&e->d.f, 1);
  lr_connection_make_idle(old);
  CU_ASSERT_TRUE(is_closed(e, 0));
  fixture_advance(&e->d.f, IDLE_MS); /* the timer finds nothing */
  close_h1(e);
}

/* Memory for long lines is not kept by an idle connection. */
static void test_memory_of_lines(void) {
  struct exchanging *e = open_h1(32, 4);
  lr_connection *small = connect_to(e, "http://a/");
  lr_connection *large = connect_to(e, "http://a/");
  CU_ASSERT_TRUE(lr_buffer_reserve(&small->parser.line, 1000));
  CU_ASSERT_TRUE(lr_buffer_reserve(&large->parser.line, 5000));
  lr_connection_make_idle(small);
  lr_connection_make_idle(large);
  CU_ASSERT(small->parser.line.capacity >= 1000);
  CU_ASSERT_EQUAL(large->parser.line.capacity, 0);
  close_h1(e);
}

/* An idle connection that its server closes, or on which it says something, is
 * closed. */
static void test_events(void) {
  struct exchanging *e = open_h1(32, 4);
  (void)idle_to(e, "http://a/");
  (void)idle_to(e, "http://b/");
  (void)idle_to(e, "http://c/");
  shutdown(e->peers[0], SHUT_WR);
  CU_ASSERT_EQUAL(send(e->peers[1], "x", 1, 0), 1);
  fixture_turns(&e->d.f, 2);
  CU_ASSERT_TRUE(is_closed(e, 0));
  CU_ASSERT_EQUAL(e->limit.open, 1);
  CU_ASSERT_EQUAL(e->d.dispatcher.hosts.table.count, 1);
  CU_ASSERT_FALSE(is_closed(e, 2));
  close_h1(e);
}

/* ---- Closing ---- */

/* The host is forgotten with its last connection, unless it has jobs; one that
 * waits for a connection may ask again. */
static void test_close(void) {
  struct exchanging *e = open_h1(32, 4);
  lr_run_queue *queue = &e->d.dispatcher.queue;
  lr_connection *one = connect_to(e, "http://a/");
  lr_connection *other = connect_to(e, "http://a/");
  lr_host *waits = dispatching_host(&e->d, "http://b/");
  lr_run_queue_block(queue, waits);
  CU_ASSERT_EQUAL(queue->starved_count, 1);
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&e->stats.connections), 2);
  lr_connection_close(one);
  CU_ASSERT_EQUAL(e->limit.open, 1);
  CU_ASSERT_EQUAL(other->host->connections.open, 1);
  CU_ASSERT_FALSE(lr_run_queue_has_blocked(queue));
  CU_ASSERT_EQUAL(e->d.dispatcher.hosts.table.count, 2);
  lr_connection_close(other);
  CU_ASSERT_EQUAL(e->d.dispatcher.hosts.table.count, 1);
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&e->stats.connections), 0);
  lr_connection *last = connect_to(e, "http://c/");
  last->host->running = 1;
  lr_connection_close(last);
  CU_ASSERT_EQUAL(e->d.dispatcher.hosts.table.count, 2);
  close_h1(e);
}

static void test_close_idle(void) {
  struct exchanging *e = open_h1(32, 4);
  lr_host *host = dispatching_host(&e->d, "http://a/");
  CU_ASSERT_FALSE(lr_connection_close_idle(host, 2));
  for (unsigned i = 0; i < 3; i++) (void)idle_to(e, "http://a/");
  (void)idle_to(e, "http://b/");
  CU_ASSERT_TRUE(lr_connection_close_idle(host, 2));
  CU_ASSERT_FALSE(is_closed(e, 0));
  CU_ASSERT_TRUE(is_closed(e, 1));
  CU_ASSERT_TRUE(is_closed(e, 2));
  CU_ASSERT_TRUE(lr_connection_close_idle(host, 2)); /* the host goes, too */
  CU_ASSERT_TRUE(is_closed(e, 0));
  CU_ASSERT_FALSE(is_closed(e, 3));
  CU_ASSERT_EQUAL(e->d.dispatcher.hosts.table.count, 1);
  close_h1(e);
}

/* ---- Reclaiming ---- */

/* The longest idle one goes, of a host of which nothing runs or of any. */
static void test_reclaim(void) {
  struct exchanging *e = open_h1(4, 4); /* no reserve */
  CU_ASSERT_FALSE(lr_connection_reclaim_idle(&e->h1, true, true));
  (void)idle_to(e, "http://a/");
  (void)idle_to(e, "http://b/");
  (void)idle_to(e, "http://c/");
  dispatching_host(&e->d, "http://a/")->running = 1;
  CU_ASSERT_TRUE(lr_connection_reclaim_idle(&e->h1, false, true));
  CU_ASSERT_TRUE(is_closed(e, 1));
  CU_ASSERT_TRUE(lr_connection_reclaim_idle(&e->h1, true, true));
  CU_ASSERT_TRUE(is_closed(e, 0));
  dispatching_host(&e->d, "http://c/")->running = 1;
  CU_ASSERT_FALSE(lr_connection_reclaim_idle(&e->h1, false, true));
  CU_ASSERT_FALSE(is_closed(e, 2));
  close_h1(e);
}

/* Only the eight that are idle for longest are looked at. */
static void test_reclaim_looks_at_few(void) {
  struct exchanging *e = open_h1(16, 16);
  for (unsigned i = 0; i < 8; i++) (void)idle_to(e, "http://a/");
  (void)idle_to(e, "http://b/");
  dispatching_host(&e->d, "http://a/")->running = 1;
  CU_ASSERT_FALSE(lr_connection_reclaim_idle(&e->h1, false, true));
  (void)lr_connection_close_idle(dispatching_host(&e->d, "http://a/"), 1);
  CU_ASSERT_TRUE(lr_connection_reclaim_idle(&e->h1, false, true));
  CU_ASSERT_TRUE(is_closed(e, 8));
  close_h1(e);
}

/* With a reserve, a connection between two requests is not taken for idle:
 * those who wait look again. */
static void test_reclaim_of_a_busy_reactor(void) {
  struct exchanging *e = open_h1(32, 4);
  (void)idle_to(e, "http://a/");
  CU_ASSERT_FALSE(lr_connection_reclaim_idle(&e->h1, true, true));
  CU_ASSERT_TRUE(lr_timer_is_set(&e->limit.recheck_timer));
  CU_ASSERT_FALSE(is_closed(e, 0));
  fixture_advance(&e->d.f, 20);
  CU_ASSERT_TRUE(lr_connection_reclaim_idle(&e->h1, true, true));
  CU_ASSERT_TRUE(is_closed(e, 0));
  (void)idle_to(e, "http://a/");
  CU_ASSERT_TRUE(lr_connection_reclaim_idle(&e->h1, true, false));
  CU_ASSERT_TRUE(is_closed(e, 1));
  close_h1(e);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"adoption", test_adoption},
      {"the order of idle connections", test_order},
      {"expiry", test_expiry},
      {"lifetime", test_lifetime},
      {"memory of lines", test_memory_of_lines},
      {"events of idle connections", test_events},
      {"closing", test_close},
      {"closing a host's idle connections", test_close_idle},
      {"reclaiming", test_reclaim},
      {"reclaiming looks at few", test_reclaim_looks_at_few},
      {"reclaiming of a busy reactor", test_reclaim_of_a_busy_reactor},
  };
  return fixture_main("connection", tests, FIXTURE_COUNT(tests), argc, argv);
}
