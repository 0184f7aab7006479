/* SPDX-License-Identifier: MIT
 * labels: same-libcurl
 * truthd, the server that load testers are compared with: that it does what
 * its plan says, and writes down what it did. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/truth.h"

static struct truth truth;
static struct fixture fixture;

static void prepare(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  truth_open(&truth);
}

static void start(const char *const *options) {
  prepare();
  truth_start(&truth, options);
}

static void finish(void) {
  truth_close(&truth);
  fixture_close(&fixture);
}

/* ---- A client ---- */

static int connect_to_truth(void) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)truth.port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct timeval longest = {.tv_sec = TRUTH_LONGEST_MS / 1000};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  CU_ASSERT_FATAL(fd >= 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  CU_ASSERT_EQUAL_FATAL(
      connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static void send_text(int fd, const char *text) {
  CU_ASSERT_EQUAL(send(fd, text, strlen(text), MSG_NOSIGNAL),
                  (ssize_t)strlen(text));
}

static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/* Receives an answer: its status, 0 when the connection was closed in its
 * place, or -1 when it broke. */
static int receive_answer(int fd, size_t body_bytes) {
  char bytes[16384];
  size_t length = 0;
  const char *end = NULL;

  while (!end || length < (size_t)(end + 4 - bytes) + body_bytes) {
    ssize_t count = recv(fd, bytes + length, sizeof bytes - 1 - length, 0);

    if (count <= 0) return count < 0 ? -1 : 0;
    length += (size_t)count;
    bytes[length] = '\0';
    end = strstr(bytes, "\r\n\r\n");
  }
  return (int)strtol(bytes + strlen("HTTP/1.1 "), NULL, 10);
}

/* ---- Plans ---- */

static void test_draws(void) {
  struct plan plan = {.seed = 7};
  struct plan other = {.seed = 8};
  unsigned below = 0;
  unsigned equal = 0;

  CU_ASSERT(plan_read_delay(&plan, "lognormal:5ms,0.5"));
  CU_ASSERT(plan_read_delay(&other, "lognormal:5ms,0.5"));
  for (uint64_t i = 0; i < 10000; i++) {
    uint64_t delay_ns = plan_draw(&plan, i).delay_ns;

    CU_ASSERT_EQUAL(delay_ns, plan_draw(&plan, i).delay_ns);
    below += delay_ns < 5000000;
    equal += delay_ns == plan_draw(&other, i).delay_ns;
  }
  CU_ASSERT(below > 4800 && below < 5200);
  CU_ASSERT(equal < 10);
}

static void test_shares(void) {
  struct plan plan = {.seed = 1};
  unsigned slow = 0;
  unsigned counts[OUTCOMES] = {0};

  CU_ASSERT(plan_read_delay(&plan, "mixture:90%=1ms,10%=20ms"));
  CU_ASSERT(plan_read_failures(&plan, "hung=1%,closed=2%,reset=3%,error=4%"));
  for (uint64_t i = 0; i < 100000; i++) {
    struct planned planned = plan_draw(&plan, i);

    CU_ASSERT(planned.delay_ns == 1000000 || planned.delay_ns == 20000000);
    slow += planned.delay_ns == 20000000;
    counts[planned.outcome]++;
  }
  CU_ASSERT(slow > 9700 && slow < 10300);
  CU_ASSERT(counts[OUTCOME_HUNG] > 900 && counts[OUTCOME_HUNG] < 1100);
  CU_ASSERT(counts[OUTCOME_CLOSED] > 1850 && counts[OUTCOME_CLOSED] < 2150);
  CU_ASSERT(counts[OUTCOME_RESET] > 2800 && counts[OUTCOME_RESET] < 3200);
  CU_ASSERT(counts[OUTCOME_ERROR] > 3800 && counts[OUTCOME_ERROR] < 4200);
  CU_ASSERT_EQUAL(counts[OUTCOME_GONE], 0);
}

static void test_texts(void) {
  static const char *const delays[] = {"",
                                       "5ms",
                                       "constant:",
                                       "constant:5",
                                       "constant:-1ms",
                                       "constant:5ms,",
                                       "constant:601s",
                                       "lognormal:5ms",
                                       "lognormal:5ms,",
                                       "mixture:50%=1ms",
                                       "mixture:60%=1ms,50%=2ms",
                                       "mixture:100%=1ms,",
                                       "mixture:1=1ms"};
  static const char *const stalls[] = {"1s", "1s/1s", "2s/1s", "1s/", "1/10"};
  static const char *const failures[] = {
      "",          "hung",     "hung=1",      "gone=1%",
      "hung=101%", "hung=1%,", "answered=1%", "hung=60%,closed=60%"};
  struct plan plan = {0};

  for (size_t i = 0; i < FIXTURE_COUNT(delays); i++)
    if (plan_read_delay(&plan, delays[i])) fixture_fail("%s", delays[i]);
  for (size_t i = 0; i < FIXTURE_COUNT(stalls); i++)
    if (plan_read_stall(&plan, stalls[i])) fixture_fail("%s", stalls[i]);
  for (size_t i = 0; i < FIXTURE_COUNT(failures); i++) {
    struct plan fresh = {0};

    if (plan_read_failures(&fresh, failures[i]))
      fixture_fail("%s", failures[i]);
  }
}

static void test_stalls(void) {
  struct plan plan = {0};

  CU_ASSERT_EQUAL(plan_stall_end(&plan, 9500), 9500);
  CU_ASSERT(plan_read_stall(&plan, "1us/10us"));
  CU_ASSERT_EQUAL(plan_stall_end(&plan, 0), 0);
  CU_ASSERT_EQUAL(plan_stall_end(&plan, 8999), 8999);
  CU_ASSERT_EQUAL(plan_stall_end(&plan, 9000), 10000);
  CU_ASSERT_EQUAL(plan_stall_end(&plan, 19999), 20000);
  CU_ASSERT_EQUAL(plan_stall_end(&plan, 20000), 20000);
}

/* ---- Runs ---- */

static void test_log(void) {
  enum { REQUESTS = 20 };
  int fd = -1;

  start((const char *[]){"--delay", "constant:1ms", "--body", "10", NULL});
  fd = connect_to_truth();
  for (int i = 0; i < REQUESTS; i++) {
    send_text(fd, get);
    CU_ASSERT_EQUAL(receive_answer(fd, 10), 200);
  }
  close(fd);
  truth_end(&truth);
  CU_ASSERT_EQUAL_FATAL(truth.count, REQUESTS);
  CU_ASSERT(truth_total_is(&truth, "requests", REQUESTS) &&
            truth_total_is(&truth, "connections", 1));
  for (size_t i = 0; i < truth.count; i++) {
    const struct journal_record *record = &truth.records[i];

    CU_ASSERT_EQUAL(record->number, i);
    CU_ASSERT_EQUAL(record->outcome, OUTCOME_ANSWERED);
    CU_ASSERT_EQUAL(record->opening, i == 0);
    CU_ASSERT_EQUAL(record->due_ns - record->read_ns, 1000000);
    CU_ASSERT(record->arrived_ns && record->arrived_ns <= record->read_ns);
    CU_ASSERT(record->sending_ns >= record->due_ns);
    CU_ASSERT(record->sent_ns >= record->sending_ns);
    if (i) CU_ASSERT(record->arrived_ns > truth.records[i - 1].sending_ns);
  }
  finish();
}

static void test_delays(void) {
  struct plan plan = {.seed = 99};
  int fd = -1;

  start((const char *[]){"--delay", "lognormal:50us,1", "--seed", "99",
                         "--threads", "2", NULL});
  for (int i = 0; i < 100; i++) {
    if (i % 10 == 0) fd = connect_to_truth();
    send_text(fd, get);
    CU_ASSERT_EQUAL(receive_answer(fd, 200), 200);
    if (i % 10 == 9) close(fd);
  }
  truth_end(&truth);
  CU_ASSERT_EQUAL_FATAL(truth.count, 100);
  CU_ASSERT(plan_read_delay(&plan, "lognormal:50us,1"));
  for (size_t i = 0; i < truth.count; i++)
    CU_ASSERT_EQUAL(truth.records[i].due_ns - truth.records[i].read_ns,
                    plan_draw(&plan, i).delay_ns);
  finish();
}

/* Bodies and heads in parts, HEAD, HTTP/1.0, the end of a connection, and what
 * is no request. */
static void test_requests(void) {
  int fd = -1;

  start((const char *[]){"--delay", "constant:0ms", NULL});
  fd = connect_to_truth();
  send_text(fd, "POST / HTTP/1.1\r\nContent-Le");
  send_text(fd, "ngth: 5\r\n\r\nab");
  send_text(fd, "cde");
  CU_ASSERT_EQUAL(receive_answer(fd, 200), 200);
  send_text(fd, "HEAD / HTTP/1.1\r\n\r\n");
  CU_ASSERT_EQUAL(receive_answer(fd, 0), 200);
  send_text(fd, "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  CU_ASSERT_EQUAL(receive_answer(fd, 200), 200);
  send_text(fd, "GET / HTTP/1.0\r\n\r\n");
  CU_ASSERT_EQUAL(receive_answer(fd, 200), 200);
  CU_ASSERT_EQUAL(receive_answer(fd, 0), 0);
  close(fd);
  fd = connect_to_truth();
  send_text(fd, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  CU_ASSERT_EQUAL(receive_answer(fd, 0), 0);
  close(fd);
  truth_end(&truth);
  CU_ASSERT_EQUAL(truth.count, 4);
  CU_ASSERT(truth_total_is(&truth, "refused", 1));
  finish();
}

/* What one connection had in the place of an answer. */
enum seen { SEEN_200, SEEN_500, SEEN_CLOSED, SEEN_RESET, SEEN_NOTHING };

static enum seen seen_of(int answer) {
  if (answer == 200) return SEEN_200;
  if (answer == 500) return SEEN_500;
  return answer ? SEEN_RESET : SEEN_CLOSED;
}

/* Waits for all answers of connections with one request each, but `hung`. */
static void wait_for_answers(struct pollfd *connections, size_t count,
                             size_t hung, size_t *seen) {
  size_t left = count;

  while (left > hung && poll(connections, count, TRUTH_LONGEST_MS) > 0) {
    for (size_t i = 0; i < count; i++) {
      if (connections[i].fd < 0 || !connections[i].revents) continue;
      seen[seen_of(receive_answer(connections[i].fd, 200))]++;
      close(connections[i].fd);
      connections[i].fd = -1;
      left--;
    }
  }
  CU_ASSERT_EQUAL(left, hung);
}

static void test_failures(void) {
  enum { REQUESTS = 300 };
  struct pollfd connections[REQUESTS];
  struct plan plan = {.seed = 5};
  size_t wanted[OUTCOMES] = {0};
  size_t logged[OUTCOMES] = {0};
  size_t seen[SEEN_NOTHING] = {0};

  CU_ASSERT(plan_read_failures(&plan, "hung=4%,closed=5%,reset=6%,error=7%"));
  for (uint64_t i = 0; i < REQUESTS; i++) wanted[plan_draw(&plan, i).outcome]++;
  start((const char *[]){"--seed", "5", "--delay", "constant:1ms", "--failures",
                         "hung=4%,closed=5%,reset=6%,error=7%", NULL});
  for (int i = 0; i < REQUESTS; i++) {
    connections[i] = (struct pollfd){connect_to_truth(), POLLIN, 0};
    send_text(connections[i].fd, get);
  }
  wait_for_answers(connections, REQUESTS, wanted[OUTCOME_HUNG], seen);
  for (int i = 0; i < REQUESTS; i++)
    if (connections[i].fd >= 0) close(connections[i].fd);
  truth_end(&truth);
  for (size_t i = 0; i < truth.count; i++) logged[truth.records[i].outcome]++;
  CU_ASSERT_EQUAL(truth.count, REQUESTS);
  CU_ASSERT(!memcmp(logged, wanted, sizeof logged));
  CU_ASSERT(wanted[OUTCOME_HUNG] && wanted[OUTCOME_CLOSED]);
  CU_ASSERT_EQUAL(seen[SEEN_200], wanted[OUTCOME_ANSWERED]);
  CU_ASSERT_EQUAL(seen[SEEN_500], wanted[OUTCOME_ERROR]);
  CU_ASSERT_EQUAL(seen[SEEN_CLOSED], wanted[OUTCOME_CLOSED]);
  CU_ASSERT_EQUAL(seen[SEEN_RESET], wanted[OUTCOME_RESET]);
  finish();
}

/* A client that leaves before its answer is in the log, too. */
static void test_leaving(void) {
  int fd = -1;

  start((const char *[]){"--delay", "constant:60s", NULL});
  fd = connect_to_truth();
  send_text(fd, get);
  shutdown(fd, SHUT_WR);
  CU_ASSERT_EQUAL(receive_answer(fd, 0), 0);
  close(fd);
  truth_end(&truth);
  CU_ASSERT_EQUAL_FATAL(truth.count, 1);
  CU_ASSERT_EQUAL(truth.records[0].outcome, OUTCOME_GONE);
  CU_ASSERT_EQUAL(truth.records[0].sending_ns, 0);
  finish();
}

/* What arrives in a stall is not read before its end.  Not within a millisecond
 * of its ends: the kernel's stamp is on another clock. */
static unsigned look_at_stalls(void) {
  unsigned arrived_in_stalls = 0;

  for (size_t i = 0; i < truth.count; i++) {
    const struct journal_record *record = &truth.records[i];
    uint64_t phase_ns = (record->arrived_ns - truth.head.start_ns) % 50000000;

    if (phase_ns < 31000000 || phase_ns > 49000000) continue;
    arrived_in_stalls++;
    CU_ASSERT(record->read_ns >= record->arrived_ns - phase_ns + 50000000);
    CU_ASSERT(record->sending_ns >= record->read_ns);
  }
  return arrived_in_stalls;
}

/* Whatever the moments at which the requests come to be sent: there are so many
 * that some are in stalls. */
static void test_stall_run(void) {
  int fds[40];

  start((const char *[]){"--delay", "constant:1ms", "--stall", "20ms/50ms",
                         NULL});
  for (int i = 0; i < 40; i++) {
    fds[i] = connect_to_truth();
    send_text(fds[i], get);
    usleep(3000);
  }
  for (int i = 0; i < 40; i++) {
    CU_ASSERT_EQUAL(receive_answer(fds[i], 200), 200);
    close(fds[i]);
  }
  truth_end(&truth);
  CU_ASSERT_EQUAL(truth.count, 40);
  CU_ASSERT_EQUAL(truth.head.stall_ns, 20000000);
  CU_ASSERT_EQUAL(truth.head.period_ns, 50000000);
  CU_ASSERT(look_at_stalls() > 0);
  finish();
}

/* How many of the requests are served when this one begins to be; a service is
 * from its delay before the due time until the answer goes. */
static unsigned served_beside(size_t which) {
  uint64_t begins_ns = truth.records[which].due_ns - 2000000;
  unsigned beside = 0;

  for (size_t i = 0; i < truth.count; i++)
    beside += i != which && truth.records[i].due_ns - 2000000 <= begins_ns &&
              truth.records[i].sending_ns > begins_ns;
  return beside;
}

static void test_capacity(void) {
  int fds[12];

  start((const char *[]){"--delay", "constant:2ms", "--capacity", "3", NULL});
  for (int i = 0; i < 12; i++) {
    fds[i] = connect_to_truth();
    send_text(fds[i], get);
  }
  close(fds[11]); /* one of those that wait may leave */
  for (int i = 0; i < 11; i++) {
    CU_ASSERT_EQUAL(receive_answer(fds[i], 200), 200);
    close(fds[i]);
  }
  truth_end(&truth);
  CU_ASSERT(truth.count == 11 || truth.count == 12);
  for (size_t i = 0; i < truth.count; i++)
    if (truth.records[i].outcome == OUTCOME_ANSWERED)
      CU_ASSERT(served_beside(i) < 3);
  finish();
}

static void exchange_over_tls(int requests) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL *ssl = SSL_new(context);
  int fd = connect_to_truth();
  char bytes[1024];

  SSL_set_fd(ssl, fd);
  CU_ASSERT_EQUAL(SSL_connect(ssl), 1);
  for (int i = 0; i < requests; i++) {
    CU_ASSERT(SSL_write(ssl, get, (int)strlen(get)) > 0);
    CU_ASSERT(SSL_read(ssl, bytes, sizeof bytes) > 200);
    CU_ASSERT(!memcmp(bytes, "HTTP/1.1 200 ", 13));
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
  close(fd);
}

static void test_tls(void) {
  prepare();
  truth_write_certificate(&truth);
  truth_start(&truth, (const char *[]){"--certificate", "cert", "--key", "key",
                                       "--delay", "constant:1ms", NULL});
  exchange_over_tls(5);
  truth_end(&truth);
  CU_ASSERT_EQUAL(truth.count, 5);
  for (size_t i = 0; i < truth.count; i++)
    CU_ASSERT(truth.records[i].arrived_ns &&
              truth.records[i].arrived_ns <= truth.records[i].read_ns);
  finish();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a delay follows from seed and number", test_draws},
      {"shares are as they are told", test_shares},
      {"texts that make no sense", test_texts},
      {"a stall ends with its period", test_stalls},
      {"the log has each request", test_log},
      {"delays are those of the plan", test_delays},
      {"bodies, HEAD, HTTP/1.0", test_requests},
      {"failures are as many as the plan has", test_failures},
      {"a client that leaves", test_leaving},
      {"nothing is read in a stall", test_stall_run},
      {"no more are served than the capacity", test_capacity},
      {"https", test_tls},
  };
  return fixture_main("truthd", tests, FIXTURE_COUNT(tests), argc, argv);
}
