/* SPDX-License-Identifier: MIT
 * labels: threads
 * The scripted origin does what the tests that rely on it believe it does. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/origin.h"

enum { ANSWER_ROOM = 64 * 1024, MANY = 1500 };

/* A plain client: blocking sockets that give up after five seconds. */

static int dial(const struct origin *origin, const char *address) {
  struct sockaddr_in name = {.sin_family = AF_INET,
                             .sin_port = htons((in_port_t)origin_port(origin))};
  struct timeval limit = {.tv_sec = 5, .tv_usec = 0};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  inet_pton(AF_INET, address, &name.sin_addr);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (!connect(fd, (struct sockaddr *)&name, sizeof name)) return fd;
  fixture_fail("cannot connect to %s", address);
  close(fd);
  return -1;
}

static void say(int fd, const char *text) {
  size_t length = strlen(text);

  CU_ASSERT_EQUAL(send(fd, text, length, MSG_NOSIGNAL), (ssize_t)length);
}

static void ask(int fd, const char *path) {
  char request[256];

  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
  say(fd, request);
}

/* Reads until `text` has come, and says whether it has. */
static bool hear(int fd, const char *text) {
  char answer[ANSWER_ROOM];
  size_t length = 0;

  while (length < sizeof answer - 1) {
    ssize_t more = recv(fd, answer + length, sizeof answer - 1 - length, 0);

    if (more <= 0) return false;
    length += (size_t)more;
    answer[length] = '\0';
    if (strstr(answer, text)) return true;
  }
  return false;
}

/* Reads to the end; 0, or the error that it ended with. */
static int drain(int fd) {
  char bytes[4096];
  ssize_t more;

  do more = recv(fd, bytes, sizeof bytes, 0);
  while (more > 0);
  return more ? errno : 0;
}

/* The counts that a test waits for. */

static bool in_flight_is(const struct origin_counts *counts, void *number) {
  return counts->in_flight == *(const unsigned long *)number;
}

static bool open_is(const struct origin_counts *counts, void *number) {
  return counts->open == *(const unsigned long *)number;
}

static void wait_in_flight(struct origin *origin, unsigned long number) {
  CU_ASSERT_TRUE(origin_wait_for(origin, in_flight_is, &number, 5000));
}

static void wait_open(struct origin *origin, unsigned long number) {
  CU_ASSERT_TRUE(origin_wait_for(origin, open_is, &number, 5000));
}

/* The tests. */

static struct fixture fixture;

static struct origin *open_all(const struct origin_options *options) {
  struct origin *origin;

  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  origin = origin_start(options);
  CU_ASSERT_PTR_NOT_NULL_FATAL(origin);
  return origin;
}

static void close_all(struct origin *origin) {
  origin_stop(origin);
  fixture_close(&fixture);
}

static void pages_follow_one_another(void) {
  struct origin *origin = open_all(NULL);
  int fd = dial(origin, "127.0.0.1");
  struct origin_counts counts;

  ask(fd, "/page?query=1");
  CU_ASSERT_TRUE(hear(fd, "\r\n\r\npage\n"));
  ask(fd, "/status/418");
  CU_ASSERT_TRUE(hear(fd, "HTTP/1.1 418 "));
  ask(fd, "/never/heard/of");
  CU_ASSERT_TRUE(hear(fd, "HTTP/1.1 404 "));
  say(fd, "HEAD /page HTTP/1.1\r\n\r\nGET /chunked HTTP/1.1\r\n\r\n");
  CU_ASSERT_TRUE(hear(fd, "X-Trailer: yes\r\n\r\n"));
  counts = origin_counts(origin);
  CU_ASSERT_EQUAL(counts.accepted, 1);
  CU_ASSERT_EQUAL(counts.requests, 5);
  CU_ASSERT_EQUAL(counts.answered, 5);
  CU_ASSERT_EQUAL(counts.in_flight, 0);
  CU_ASSERT_EQUAL(counts.in_flight_max, 1);
  close(fd);
  wait_open(origin, 0);
  close_all(origin);
}

static void echo_has_the_whole_request(void) {
  struct origin *origin = open_all(NULL);
  int fd = dial(origin, "127.0.0.1");

  say(fd, "POST /echo HTTP/1.1\r\nX-Test: yes\r\nContent-Length: 11\r\n"
          "Expect: 100-continue\r\n\r\n");
  CU_ASSERT_TRUE(hear(fd, "HTTP/1.1 100 "));
  say(fd, "hello");
  say(fd, " there");
  CU_ASSERT_TRUE(hear(fd, "continue\r\n\r\nhello there"));
  say(fd, "PUT /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  say(fd, "3\r\nabc\r\n0\r\n\r\n");
  CU_ASSERT_TRUE(hear(fd, "3\r\nabc\r\n0\r\n\r\n"));
  close(fd);
  close_all(origin);
}

static void held_requests_go_on_together(void) {
  struct origin *origin = open_all(NULL);
  int fds[3];

  for (int i = 0; i < 3; i++) {
    fds[i] = dial(origin, "127.0.0.1");
    ask(fds[i], "/hold");
  }
  wait_in_flight(origin, 3);
  CU_ASSERT_EQUAL(origin_release(origin), 3);
  for (int i = 0; i < 3; i++) {
    CU_ASSERT_TRUE(hear(fds[i], "held\n"));
    close(fds[i]);
  }
  CU_ASSERT_EQUAL(origin_release(origin), 0);
  CU_ASSERT_EQUAL(origin_counts(origin).in_flight_max, 3);
  close_all(origin);
}

static void connections_end_as_told(void) {
  struct origin *origin = open_all(NULL);
  int fd = dial(origin, "127.0.0.1");

  ask(fd, "/served/2");
  CU_ASSERT_TRUE(hear(fd, "served\n"));
  ask(fd, "/served/2");
  CU_ASSERT_TRUE(hear(fd, "served\n"));
  CU_ASSERT_EQUAL(drain(fd), 0);
  close(fd);
  fd = dial(origin, "127.0.0.1");
  ask(fd, "/reset");
  CU_ASSERT_EQUAL(drain(fd), ECONNRESET);
  close(fd);
  fd = dial(origin, "127.0.0.1");
  ask(fd, "/mid-body-stall");
  CU_ASSERT_TRUE(hear(fd, "456789"));
  CU_ASSERT_EQUAL(origin_close_idle(origin), 0);
  CU_ASSERT_EQUAL(origin_reset_all(origin), 1);
  CU_ASSERT_EQUAL(drain(fd), ECONNRESET);
  close(fd);
  CU_ASSERT_EQUAL(origin_counts(origin).answered, 2);
  close_all(origin);
}

static void waiting_takes_its_time(void) {
  struct origin *origin = open_all(NULL);
  uint64_t start = fixture_real_ms();
  uint64_t took;
  int fd = dial(origin, "127.0.0.1");

  ask(fd, "/wait/60");
  CU_ASSERT_TRUE(hear(fd, "waited\n"));
  took = fixture_real_ms() - start;
  CU_ASSERT_TRUE(took >= 60);
  ask(fd, "/dribble/2");
  CU_ASSERT_TRUE(hear(fd, "0123456789012345678901234567890123456789"));
  took = fixture_real_ms() - start;
  CU_ASSERT_TRUE(took >= 60 + 2 * 39);
  close(fd);
  close_all(origin);
}

static void scripts_can_be_set(void) {
  static const struct origin_step greeting[] = {
      {ORIGIN_SEND, "220 a mail server?\r\n", 0, 0}, {ORIGIN_END, NULL, 0, 0}};
  static const struct origin_step page[] = {
      {ORIGIN_REPEAT, "ab", 0, ORIGIN_FROM_PATH},
      {ORIGIN_SHUT, NULL, 0, 0},
      {ORIGIN_END, NULL, 0, 0}};
  struct origin *origin = open_all(NULL);
  int fd;

  CU_ASSERT_TRUE(origin_script(origin, "", greeting));
  CU_ASSERT_TRUE(origin_script(origin, "/wait/*", page));
  fd = dial(origin, "127.0.0.1");
  CU_ASSERT_TRUE(hear(fd, "220 a mail server?\r\n"));
  ask(fd, "/wait/3");
  CU_ASSERT_TRUE(hear(fd, "ababab"));
  CU_ASSERT_EQUAL(drain(fd), 0);
  close(fd);
  CU_ASSERT_TRUE(origin_script(origin, "", NULL));
  fd = dial(origin, "127.0.0.1");
  ask(fd, "/page");
  CU_ASSERT_TRUE(hear(fd, "page\n"));
  close(fd);
  close_all(origin);
}

static void addresses_are_counted_apart(void) {
  static const struct origin_options options = {"127.0.0.0/8", 0, false};
  struct origin *origin = open_all(&options);
  int a = dial(origin, "127.0.3.4");
  int b = dial(origin, "127.0.3.4");
  int c = dial(origin, "127.200.1.2");
  struct origin_counts counts;

  ask(a, "/hold");
  ask(b, "/hold");
  ask(c, "/hold");
  wait_in_flight(origin, 3);
  counts = origin_address_counts(origin, "127.0.3.4");
  CU_ASSERT_EQUAL(counts.open, 2);
  CU_ASSERT_EQUAL(counts.in_flight, 2);
  counts = origin_address_counts(origin, "127.200.1.2");
  CU_ASSERT_EQUAL(counts.accepted, 1);
  CU_ASSERT_EQUAL(counts.in_flight_max, 1);
  CU_ASSERT_EQUAL(origin_address_counts(origin, "127.0.0.1").accepted, 0);
  close(a);
  close(b);
  close(c);
  wait_open(origin, 0);
  CU_ASSERT_EQUAL(origin_counts(origin).in_flight, 0);
  CU_ASSERT_EQUAL(origin_counts(origin).answered, 0);
  close_all(origin);
}

static void many_idle_connections_close_at_once(void) {
  static const struct origin_options options = {"127.0.0.0/8", 0, false};
  struct origin *origin = open_all(&options);
  int fds[MANY];
  char address[32];

  for (int i = 0; i < MANY; i++) {
    snprintf(address, sizeof address, "127.0.%d.%d", i / 250, 1 + i % 250);
    fds[i] = dial(origin, address);
    ask(fds[i], "/page");
  }
  for (int i = 0; i < MANY; i++) CU_ASSERT_TRUE(hear(fds[i], "page\n"));
  CU_ASSERT_EQUAL(origin_close_idle(origin), MANY);
  for (int i = 0; i < MANY; i++) {
    CU_ASSERT_EQUAL(drain(fds[i]), 0);
    close(fds[i]);
  }
  CU_ASSERT_EQUAL(origin_counts(origin).open, 0);
  CU_ASSERT_EQUAL(origin_counts(origin).open_max, MANY);
  close_all(origin);
}

static void a_deaf_origin_takes_no_connection(void) {
  static const struct origin_options options = {NULL, 0, true};
  struct origin *origin = open_all(&options);
  struct sockaddr_in name = {.sin_family = AF_INET,
                             .sin_port = htons((in_port_t)origin_port(origin))};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct pollfd watched = {.fd = fd, .events = POLLOUT};

  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CU_ASSERT_NOT_EQUAL(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
  CU_ASSERT_EQUAL(errno, EINPROGRESS);
  CU_ASSERT_EQUAL(poll(&watched, 1, 200), 0);
  close(fd);
  close_all(origin);
}

static void only_loopback_is_listened_on(void) {
  static const struct origin_options elsewhere = {"192.0.2.1", 0, false};

  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  CU_ASSERT_PTR_NULL(origin_start(&elsewhere));
  CU_ASSERT_EQUAL(errno, EINVAL);
  fixture_close(&fixture);
}

/* What libcurl makes of each kind of misbehaviour. */

static size_t take_at_most(char *data, size_t size, size_t count,
                           void *context) {
  size_t *left = context;

  (void)data;
  if (size * count > *left) return 0;
  *left -= size * count;
  return size * count;
}

static CURLcode fetch(const struct origin *origin, const char *path,
                      size_t limit) {
  CURL *easy = curl_easy_init();
  size_t left = limit;
  char url[256];
  CURLcode code;

  if (!easy) return CURLE_FAILED_INIT;
  curl_easy_setopt(easy, CURLOPT_URL,
                   origin_url(origin, path, url, sizeof url));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_at_most);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &left);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   strstr(path, "stall") ? 100L : 10000L);
  code = curl_easy_perform(easy);
  curl_easy_cleanup(easy);
  if (!code && limit != SIZE_MAX) CU_ASSERT_EQUAL(left, 0);
  return code;
}

static void misbehaviour_is_what_libcurl_says(void) {
  static const struct {
    const char *path;
    CURLcode code;
    size_t limit; /* of the body: so many bytes, if it ends well */
  } rows[] = {
      {"/page", CURLE_OK, 5},
      {"/bytes/100000", CURLE_OK, 100000},
      {"/chunked", CURLE_OK, 12},
      {"/continue", CURLE_OK, 10},
      {"/last", CURLE_OK, 5},
      {"/no-length", CURLE_OK, 10},
      {"/dribble-head/1", CURLE_OK, 2},
      {"/status/204", CURLE_OK, 0},
      {"/no-location", CURLE_OK, SIZE_MAX},
      {"/short-length", CURLE_OK, 3},
      {"/two-answers", CURLE_OK, 6},
      {"/bomb", CURLE_OK, 16908547},
      {"/stall", CURLE_OPERATION_TIMEDOUT, 0},
      {"/close", CURLE_GOT_NOTHING, 0},
      {"/reset", CURLE_RECV_ERROR, 0},
      {"/mid-head-stall", CURLE_OPERATION_TIMEDOUT, 0},
      {"/mid-body", CURLE_PARTIAL_FILE, SIZE_MAX},
      {"/mid-body-reset", CURLE_RECV_ERROR, SIZE_MAX},
      {"/mid-body-stall", CURLE_OPERATION_TIMEDOUT, SIZE_MAX},
      {"/chunk-cut", CURLE_PARTIAL_FILE, SIZE_MAX},
      {"/chunk-endless", CURLE_WRITE_ERROR, 1000000},
      {"/endless", CURLE_WRITE_ERROR, 1000000},
      {"/bomb-endless", CURLE_WRITE_ERROR, 1000000},
      {"/bad-gzip", CURLE_BAD_CONTENT_ENCODING, SIZE_MAX},
      {"/garbage", CURLE_UNSUPPORTED_PROTOCOL, SIZE_MAX},
  };
  struct origin *origin = open_all(NULL);

  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    CURLcode code = fetch(origin, rows[i].path, rows[i].limit);

    if (code != rows[i].code)
      fixture_fail("%s: %s", rows[i].path, curl_easy_strerror(code));
  }
  close_all(origin);
}

/* For these the error is not the same in all versions of libcurl: it is enough
 * that they do not hang. */
static void the_rest_comes_to_an_end(void) {
  static const char *const paths[] = {
      "/mid-head",        "/mid-head-reset", "/chunk-broken", "/huge-header",
      "/many-headers",    "/endless-head",   "/cut-gzip",     "/two-lengths",
      "/negative-length", "/status-line",    "/to-ftp",       "/to-nowhere",
      "/to-self",         "/dribble/0"};
  struct origin *origin = open_all(NULL);

  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    CURLcode code = fetch(origin, paths[i], SIZE_MAX);

    if (getenv("ORIGIN_TEST_SHOW"))
      printf("%s: %s\n", paths[i], curl_easy_strerror(code));
    CU_ASSERT_NOT_EQUAL(code, CURLE_COULDNT_CONNECT);
  }
  close_all(origin);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"pages follow one another", pages_follow_one_another},
      {"echo has the whole request", echo_has_the_whole_request},
      {"held requests go on together", held_requests_go_on_together},
      {"connections end as told", connections_end_as_told},
      {"waiting takes its time", waiting_takes_its_time},
      {"scripts can be set", scripts_can_be_set},
      {"addresses are counted apart", addresses_are_counted_apart},
      {"many idle connections close at once",
       many_idle_connections_close_at_once},
      {"a deaf origin takes no connection", a_deaf_origin_takes_no_connection},
      {"only loopback is listened on", only_loopback_is_listened_on},
      {"misbehaviour is what libcurl says", misbehaviour_is_what_libcurl_says},
      {"the rest comes to an end", the_rest_comes_to_an_end},
  };

  if (curl_global_init(CURL_GLOBAL_DEFAULT)) return 1;
  return fixture_main("origin", tests, FIXTURE_COUNT(tests), argc, argv);
}
