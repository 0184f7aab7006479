/* SPDX-License-Identifier: MIT
 * handoff_test.c: each step by which a connection that libcurl has opened
 * becomes h1's.  The engine is a real one; what libcurl would call is called by
 * the test, with sockets that are connected over loopback. */
#include "curl/handoff.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "curl/engine.h"
#include "curl/lane.h"
#include "curl/libcurl.h"
#include "curl/transfer.h"
#include "h1/connection.h"
#include "net/received_bytes.h"
#include "support/dispatching.h"

/* An engine, and one transfer of it whose job runs in a lane. */
struct handing {
  struct dispatching d;
  lr_transport_stats stats;
  lr_engine *engine;
  lr_lane *lane;
  lr_transfer *transfer;
  lr_host *host;
  lr_job *job;
  int listener;
  struct sockaddr_in address;
  int peers[4];
  unsigned peer_count;
};

static void listen_on_loopback(struct handing *h) {
  socklen_t length = sizeof h->address;
  h->address.sin_family = AF_INET;
  h->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CU_ASSERT_EQUAL_FATAL(
      bind(h->listener, (struct sockaddr *)&h->address, length), 0);
  CU_ASSERT_EQUAL_FATAL(listen(h->listener, 4), 0);
  CU_ASSERT_EQUAL_FATAL(
      getsockname(h->listener, (struct sockaddr *)&h->address, &length), 0);
}

static void open_engine(struct handing *h) {
  const lariat_pool_options options = lariat_pool_defaults();
  lr_transport transport;
  CU_ASSERT_EQUAL_FATAL(
      lr_engine_open(&(lr_transport_config){.reactor = h->d.f.reactor,
                                            .dispatcher = &h->d.dispatcher,
                                            .options = &options,
                                            .reactors = 1,
                                            .stats = &h->stats},
                     &transport),
      LARIAT_OK);
  h->d.dispatcher.transport = transport;
  h->engine = transport.self;
}

/* Opens everything, for a job whose new connection is to be handed over. */
static void open_handing(struct handing *h) {
  memset(h, 0, sizeof *h);
  dispatching_open(&h->d, &lr_curl_host_extra, NULL);
  listen_on_loopback(h);
  open_engine(h);
  h->lane = lr_lane_new(h->engine);
  h->transfer = lr_transfer_new(h->engine);
  CU_ASSERT_PTR_NOT_NULL_FATAL(h->lane);
  CU_ASSERT_PTR_NOT_NULL_FATAL(h->transfer);
  h->job = dispatching_job("http://a/");
  h->host = dispatching_host(&h->d, "http://a/");
  h->host->running = 1;
  h->job->pool.host = h->host;
  h->job->response = lr_response_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(h->job->response);
  h->transfer->job = h->job;
  h->transfer->host = h->host;
  h->transfer->lane = h->lane;
  lr_handoff_want(h->transfer, true);
}

static void close_handing(struct handing *h) {
  lr_transfer_free(h->transfer);
  h->d.dispatcher.transport.ops->close(h->engine);
  h->job->pool.connection = NULL;
  lr_job_free(h->job);
  CU_ASSERT_EQUAL(h->host->connections.open, 0);
  for (unsigned i = 0; i < h->peer_count; i++) close(h->peers[i]);
  close(h->listener);
  dispatching_close(&h->d);
}

/* ---- What libcurl does ---- */

static int port_of(int fd) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&address, &length), 0);
  return ntohs(address.sin_port);
}

/* Opens a socket and connects it; its peer is the next one in `peers`. */
static int connect_socket(struct handing *h) {
  struct curl_sockaddr address = {.family = AF_INET, .socktype = SOCK_STREAM};
  int fd = lr_socket_open(h->transfer, CURLSOCKTYPE_IPCXN, &address);
  CU_ASSERT_FATAL(fd >= 0);
  int result = connect(fd, (struct sockaddr *)&h->address, sizeof h->address);
  CU_ASSERT(result == 0 || errno == EINPROGRESS);
  h->peers[h->peer_count] = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC);
  CU_ASSERT_FATAL(h->peers[h->peer_count++] >= 0);
  return fd;
}

/* Connects a socket, and says so. */
static int hand_over_socket(struct handing *h) {
  int fd = connect_socket(h);
  lr_handoff_connected(h->transfer, port_of(fd));
  CU_ASSERT_EQUAL(h->transfer->handoff.state, LR_HANDOFF_CONNECTED);
  CU_ASSERT_EQUAL(h->transfer->handoff.fd, fd);
  CU_ASSERT_PTR_EQUAL(lr_sockets_find(&h->engine->sockets, fd)->handed_by,
                      h->transfer);
  return fd;
}

static void close_socket(struct handing *h, int fd) {
  CU_ASSERT_EQUAL(lr_socket_close(h->engine, fd), 0);
  CU_ASSERT_PTR_NULL(lr_sockets_find(&h->engine->sockets, fd));
}

static bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

static void add_lines(struct handing *h, const char *const *lines,
                      size_t count) {
  lr_response_reader_begin(h->transfer);
  for (size_t i = 0; i < count; i++)
    CU_ASSERT_EQUAL(
        lr_response_reader_line(h->transfer, lines[i], strlen(lines[i])),
        LARIAT_OK);
}

/* The head of an answer after which a connection may be used again, with one
 * more header. */
static void add_head(struct handing *h, const char *header) {
  const char *const lines[] = {"HTTP/1.1 200 OK\r\n", "Content-Length: 0\r\n",
                               header, "\r\n"};
  add_lines(h, lines, FIXTURE_COUNT(lines));
}

static void expect_state(const struct handing *h, lr_handoff_state state) {
  CU_ASSERT_EQUAL(h->transfer->handoff.state, state);
}

/* ---- Not wanted, or not found ---- */

static void test_none(void) {
  struct handing h;
  open_handing(&h);
  lr_handoff_want(h.transfer, false);
  expect_state(&h, LR_HANDOFF_NONE);
  int fd = connect_socket(&h);
  lr_handoff_connected(h.transfer, port_of(fd));
  expect_state(&h, LR_HANDOFF_NONE);
  CU_ASSERT_FALSE(lr_handoff_take(h.transfer));
  CU_ASSERT_FALSE(lr_handoff_was_taken(h.transfer));
  CU_ASSERT_PTR_NULL(lr_handoff_adopt(h.transfer));
  lr_handoff_forget_socket(h.transfer);
  lr_handoff_settle(h.transfer, true);
  CU_ASSERT_TRUE(is_open(fd));
  close_socket(&h, fd);
  CU_ASSERT_FALSE(is_open(fd));
  expect_state(&h, LR_HANDOFF_NONE);
  CU_ASSERT_EQUAL(h.engine->limit.open, 0);
  close_handing(&h);
}

/* Of two attempts, as of two families of addresses, that one is handed over
 * which has connected; if none is known by its port, none. */
static void test_attempts(void) {
  struct handing h;
  open_handing(&h);
  lr_handoff_connected(h.transfer, 1); /* there is no socket at all */
  expect_state(&h, LR_HANDOFF_WANTED);
  int first = connect_socket(&h);
  int second = connect_socket(&h);
  lr_handoff_connected(h.transfer, 1);
  expect_state(&h, LR_HANDOFF_WANTED);
  CU_ASSERT_FALSE(lr_handoff_take(h.transfer));
  lr_handoff_connected(h.transfer, port_of(second));
  expect_state(&h, LR_HANDOFF_CONNECTED);
  CU_ASSERT_EQUAL(h.transfer->handoff.fd, second);
  close_socket(&h, first); /* the attempt that has lost */
  CU_ASSERT_FALSE(is_open(first));
  expect_state(&h, LR_HANDOFF_CONNECTED);
  close_socket(&h, second);
  expect_state(&h, LR_HANDOFF_PARKED);
  CU_ASSERT_TRUE(is_open(second));
  lr_handoff_settle(h.transfer, false);
  close_handing(&h);
}

/* A single attempt needs no port: libcurl may not know it. */
static void test_single_attempt(void) {
  struct handing h;
  open_handing(&h);
  int fd = connect_socket(&h);
  lr_handoff_connected(h.transfer, -7);
  expect_state(&h, LR_HANDOFF_CONNECTED);
  CU_ASSERT_EQUAL(h.transfer->handoff.fd, fd);
  lr_handoff_forget_socket(h.transfer);
  close_socket(&h, fd);
  close_handing(&h);
}

/* ---- Used for one answer ---- */

static void test_parked(void) {
  struct handing h;
  open_handing(&h);
  int fd = hand_over_socket(&h);
  CU_ASSERT_EQUAL(h.lane->open, 1);
  h.transfer->reason = LR_REQUEST_REUSE_FAILED; /* h1 had its turn */
  CU_ASSERT_FALSE(lr_handoff_take(h.transfer));
  add_head(&h, "X-Test: 1\r\n");
  close_socket(&h, fd);
  expect_state(&h, LR_HANDOFF_PARKED);
  CU_ASSERT_TRUE(is_open(fd));
  CU_ASSERT_EQUAL(h.lane->open, 0);
  CU_ASSERT_EQUAL(h.engine->limit.open, 1);
  CU_ASSERT_FALSE(lr_handoff_was_taken(h.transfer));
  CU_ASSERT_PTR_NULL(lr_handoff_adopt(h.transfer)); /* it was used */
  lr_handoff_settle(h.transfer, true);
  expect_state(&h, LR_HANDOFF_NONE);
  lr_connection *connection = lr_connection_idle(h.host);
  CU_ASSERT_PTR_NOT_NULL_FATAL(connection);
  CU_ASSERT_EQUAL(connection->watch.fd, fd);
  CU_ASSERT_EQUAL(h.engine->limit.open, 1);
  close_handing(&h);
}

/* What may keep a connection that was parked from being used again. */
typedef void spoil(struct handing *h);

static void spoil_nothing(struct handing *h) {
  add_head(h, "Content-Encoding: gzip\r\n");
  h->job->wants.decompress = true;
}

static void leave_coded(struct handing *h) {
  add_head(h, "Content-Encoding: br\r\n"); /* and nobody wants it undone */
}

static void add_close(struct handing *h) {
  add_head(h, "Connection: close\r\n");
}

static void add_coding(struct handing *h) {
  add_head(h, "Content-Encoding: br, rot13\r\n");
  h->job->wants.decompress = true;
}

/* What libcurl has not read to its end is still in the connection. */
static void stop_reading(struct handing *h) {
  add_head(h, "X-Test: 1\r\n");
  h->transfer->fault = LARIAT_EENCODING;
}

/* Sends a byte that nobody asked for behind the head's, which came without a
 * connection: so many more that they cannot be of it. */
static void add_excess(struct handing *h) {
  char bytes[128] = "";
  add_head(h, "X-Test: 1\r\n");
  CU_ASSERT_EQUAL(write(h->peers[0], bytes, sizeof bytes), sizeof bytes);
}

static void fail_job(struct handing *h) {
  add_head(h, "X-Test: 1\r\n");
  h->job->attempt.outcome = LARIAT_ERESET;
}

static void starve_others(struct handing *h) {
  lr_host *waits = dispatching_host(&h->d, "http://b/");
  add_head(h, "X-Test: 1\r\n");
  lr_run_queue_block(&h->d.dispatcher.queue, waits);
  h->engine->limit.max = 1;
  fixture_advance(&h->d.f, 1000);
}

/* Says whether the kernel counts what has come: qemu's user mode, in the
 * kernel's place, does not tell (received_bytes_test.c). */
static bool is_counted(int fd) {
  uint64_t received;
  return lr_received_bytes(fd, &received);
}

static void test_settling(void) {
  static const struct {
    spoil *prepare;
    bool keep;
    bool kept;
  } rows[] = {
      {spoil_nothing, true, true},  {spoil_nothing, false, false},
      {leave_coded, true, true},    {add_close, true, false},
      {add_coding, true, true},     {stop_reading, true, false},
      {add_excess, true, false},    {fail_job, true, false},
      {starve_others, true, false},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    struct handing h;
    open_handing(&h);
    int fd = hand_over_socket(&h);
    rows[i].prepare(&h);
    bool kept =
        rows[i].kept || (rows[i].prepare == add_excess && !is_counted(fd));
    close_socket(&h, fd);
    lr_handoff_settle(h.transfer, rows[i].keep);
    expect_state(&h, LR_HANDOFF_NONE);
    CU_ASSERT_EQUAL(is_open(fd), kept);
    CU_ASSERT_EQUAL(lr_connection_idle(h.host) != NULL, kept);
    CU_ASSERT_EQUAL(h.engine->limit.open, kept);
    close_handing(&h);
  }
}

static void test_settling_without_memory(void) {
  struct handing h;
  open_handing(&h);
  int fd = hand_over_socket(&h);
  add_head(&h, "X-Test: 1\r\n");
  close_socket(&h, fd);
  fixture_fail_allocation(&h.d.f, 1);
  lr_handoff_settle(h.transfer, true);
  expect_state(&h, LR_HANDOFF_NONE);
  CU_ASSERT_FALSE(is_open(fd));
  CU_ASSERT_EQUAL(h.engine->limit.open, 0);
  close_handing(&h);
}

/* ---- Taken before libcurl has sent anything ---- */

static int take_socket(struct handing *h) {
  int fd = hand_over_socket(h);
  CU_ASSERT_TRUE(lr_handoff_take(h->transfer));
  expect_state(h, LR_HANDOFF_TAKEN);
  CU_ASSERT_TRUE(lr_handoff_was_taken(h->transfer));
  return fd;
}

static void test_taken(void) {
  struct handing h;
  open_handing(&h);
  int fd = take_socket(&h);
  CU_ASSERT_PTR_NULL(lr_handoff_adopt(h.transfer)); /* not parked yet */
  expect_state(&h, LR_HANDOFF_TAKEN);
  close_socket(&h, fd);
  expect_state(&h, LR_HANDOFF_PARKED_UNUSED);
  CU_ASSERT_TRUE(lr_handoff_was_taken(h.transfer));
  CU_ASSERT_TRUE(is_open(fd));
  lr_connection *connection = lr_handoff_adopt(h.transfer);
  CU_ASSERT_PTR_NOT_NULL_FATAL(connection);
  expect_state(&h, LR_HANDOFF_NONE);
  CU_ASSERT_FALSE(lr_handoff_was_taken(h.transfer));
  CU_ASSERT_EQUAL(connection->watch.fd, fd);
  CU_ASSERT_TRUE(connection->is_new);
  CU_ASSERT_PTR_NULL(lr_connection_idle(h.host)); /* it is for the job */
  lr_handoff_settle(h.transfer, false);
  CU_ASSERT_TRUE(is_open(fd));
  CU_ASSERT_EQUAL(h.engine->limit.open, 1);
  lr_connection_close(connection);
  close_handing(&h);
}

static void test_adoption_without_memory(void) {
  struct handing h;
  open_handing(&h);
  int fd = take_socket(&h);
  close_socket(&h, fd);
  fixture_fail_allocation(&h.d.f, 1);
  CU_ASSERT_PTR_NULL(lr_handoff_adopt(h.transfer));
  expect_state(&h, LR_HANDOFF_PARKED_UNUSED);
  CU_ASSERT_TRUE(is_open(fd));
  lr_handoff_settle(h.transfer, false);
  expect_state(&h, LR_HANDOFF_NONE);
  CU_ASSERT_FALSE(is_open(fd));
  CU_ASSERT_EQUAL(h.engine->limit.open, 0);
  close_handing(&h);
}

/* ---- Twice, and never ---- */

/* libcurl has connected anew for the same request: what was parked before is
 * closed. */
static void test_parked_twice(void) {
  struct handing h;
  open_handing(&h);
  int first = hand_over_socket(&h);
  close_socket(&h, first);
  expect_state(&h, LR_HANDOFF_PARKED);
  int second = connect_socket(&h);
  CU_ASSERT(second != first);
  CU_ASSERT_EQUAL(h.engine->limit.open, 2);
  lr_handoff_connected(h.transfer, port_of(second));
  expect_state(&h, LR_HANDOFF_CONNECTED);
  CU_ASSERT_FALSE(is_open(first));
  CU_ASSERT_EQUAL(h.engine->limit.open, 1);
  close_socket(&h, second);
  expect_state(&h, LR_HANDOFF_PARKED);
  CU_ASSERT_EQUAL(h.transfer->handoff.fd, second);
  lr_handoff_settle(h.transfer, false);
  CU_ASSERT_EQUAL(h.engine->limit.open, 0);
  close_handing(&h);
}

/* The same, with the first one open still: it is libcurl's from then on. */
static void test_connected_twice(void) {
  struct handing h;
  open_handing(&h);
  int first = hand_over_socket(&h);
  lr_list_remove(&lr_sockets_find(&h.engine->sockets, first)->attempt);
  int second = hand_over_socket(&h);
  CU_ASSERT_PTR_NULL(lr_sockets_find(&h.engine->sockets, first)->handed_by);
  close_socket(&h, first);
  CU_ASSERT_FALSE(is_open(first));
  close_socket(&h, second);
  CU_ASSERT_TRUE(is_open(second));
  lr_handoff_settle(h.transfer, false);
  close_handing(&h);
}

/* A transfer that ends before libcurl has closed the socket leaves it there,
 * taken or not. */
static void test_forgotten(void) {
  for (unsigned taken = 0; taken < 2; taken++) {
    struct handing h;
    open_handing(&h);
    int fd = taken ? take_socket(&h) : hand_over_socket(&h);
    lr_handoff_forget_socket(h.transfer);
    expect_state(&h, LR_HANDOFF_NONE);
    CU_ASSERT_PTR_NULL(lr_sockets_find(&h.engine->sockets, fd)->handed_by);
    CU_ASSERT_TRUE(is_open(fd));
    CU_ASSERT_EQUAL(h.engine->limit.open, 1);
    close_socket(&h, fd);
    CU_ASSERT_FALSE(is_open(fd));
    CU_ASSERT_EQUAL(h.engine->limit.open, 0);
    close_handing(&h);
  }
}

/* A connection that its server has ended is of no use to anybody. */
static void test_dead(void) {
  struct handing h;
  open_handing(&h);
  int fd = hand_over_socket(&h);
  lr_sockets_find(&h.engine->sockets, fd)->dead = true;
  h.lane->dead = 1;
  close_socket(&h, fd);
  CU_ASSERT_FALSE(is_open(fd));
  CU_ASSERT_EQUAL(h.lane->dead, 0);
  expect_state(&h, LR_HANDOFF_CONNECTED);
  lr_handoff_forget_socket(h.transfer); /* there is none any more */
  expect_state(&h, LR_HANDOFF_NONE);
  close_handing(&h);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"not wanted", test_none},
      {"two attempts", test_attempts},
      {"a single attempt", test_single_attempt},
      {"parked", test_parked},
      {"settling", test_settling},
      {"settling without memory", test_settling_without_memory},
      {"taken", test_taken},
      {"adoption without memory", test_adoption_without_memory},
      {"parked twice", test_parked_twice},
      {"connected twice", test_connected_twice},
      {"forgotten", test_forgotten},
      {"a dead connection", test_dead},
  };
  lr_libcurl_global_init();
  return fixture_main("handoff", tests, FIXTURE_COUNT(tests), argc, argv);
}
