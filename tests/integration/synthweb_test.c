/* SPDX-License-Identifier: MIT
 * labels: same-libcurl
 * synthweb, the web that crawlers are compared on: that it serves what its
 * oracle says, and writes down what it was asked. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/synthweb.h"

static struct synthweb web;
static struct fixture fixture;

static void start(const char *const *options) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  synthweb_start(&web, options);
}

static void finish(void) {
  synthweb_close(&web);
  fixture_close(&fixture);
}

/* ---- A client ---- */

enum { ANSWER_MAX = 1 << 20 };

static char answer[ANSWER_MAX];

static int connect_to(uint32_t address) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)web.port),
                           .sin_addr = {htonl(address)}};
  struct timeval longest = {.tv_sec = SYNTHWEB_LONGEST_MS / 1000};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  CU_ASSERT_FATAL(fd >= 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  return fd;
}

/* Gets a path of the host at an address, with more headers: what came until
 * the server has closed the connection is in `answer`.  Returns the status, 0
 * when there was none. */
static int get(uint32_t address, const char *path, const char *headers) {
  int fd = connect_to(address);
  char request[1024];
  size_t length = 0;
  ssize_t count;

  snprintf(request, sizeof request,
           "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n", path,
           headers);
  send(fd, request, strlen(request), MSG_NOSIGNAL); /* it may be reset */
  while ((count = recv(fd, answer + length, sizeof answer - 1 - length, 0)) > 0)
    length += (size_t)count;
  answer[length] = '\0';
  close(fd);
  return length > 12 ? (int)strtol(answer + strlen("HTTP/1.1 "), NULL, 10) : 0;
}

static bool has(const char *text) { return strstr(answer, text) != NULL; }

/* Gets what follows a text in the answer, up to a byte. */
static const char *behind(const char *text, char end, char *out,
                          size_t capacity) {
  const char *found = strstr(answer, text);
  const char *last;

  *out = '\0';
  CU_ASSERT_PTR_NOT_NULL_FATAL(found);
  found += strlen(text);
  last = strchr(found, end);
  CU_ASSERT_FATAL(last && (size_t)(last - found) < capacity);
  memcpy(out, found, (size_t)(last - found));
  out[last - found] = '\0';
  return out;
}

static uint32_t host_address(uint32_t host) {
  return (127u << 24) + 257 + host;
}

/* Splits "http://127.0.1.5:8080/p/7" into an address and a path. */
static const char *split_url(const char *url, uint32_t *address) {
  unsigned part[4];
  const char *path = strchr(url + strlen("http://"), '/');

  CU_ASSERT_EQUAL_FATAL(sscanf(url, "http://%u.%u.%u.%u:", &part[0], &part[1],
                               &part[2], &part[3]),
                        4);
  *address = part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3];
  return path;
}

/* ---- Tests ---- */

static void test_pages(void) {
  start((const char *const[]){"--pages", "200", "--hosts", "1", NULL});
  CU_ASSERT_EQUAL(get(host_address(0), "/robots.txt", ""), 200);
  CU_ASSERT(has("Disallow: /private/"));
  CU_ASSERT_EQUAL(get(host_address(0), "/p/0", ""), 200);
  CU_ASSERT(has("href=\"/p/4\""));
  CU_ASSERT_EQUAL(get(host_address(0), "/p/200", ""), 404);
  CU_ASSERT_EQUAL(get(host_address(0), "/%70/4", ""), 200);
  CU_ASSERT_EQUAL(get(host_address(0), "/p/4", ""), 200);
  synthweb_end(&web);
  CU_ASSERT_EQUAL(synthweb_total(&web, "requests"), 5);
  CU_ASSERT_EQUAL(synthweb_of_kind(&web, "page", "expected"), 200);
  CU_ASSERT_EQUAL(synthweb_of_kind(&web, "page", "fetched"), 2);
  CU_ASSERT_EQUAL(synthweb_of_kind(&web, "page", "again"), 1);
  CU_ASSERT_EQUAL(synthweb_total(&web, "misplaced"), 1);
  CU_ASSERT_EQUAL(synthweb_total(&web, "before_robots"), 0);
  CU_ASSERT_EQUAL(synthweb_total(&web, "in_flight_max"), 1);
  finish();
}

static void test_validators(void) {
  char tag[64], header[128];

  start((const char *const[]){"--pages", "200", "--hosts", "1", NULL});
  CU_ASSERT_EQUAL(get(host_address(0), "/p/3", ""), 200);
  snprintf(header, sizeof header, "If-None-Match: %s\r\n",
           behind("ETag: ", '\r', tag, sizeof tag));
  CU_ASSERT_EQUAL(get(host_address(0), "/p/3", header), 304);
  CU_ASSERT_EQUAL(get(host_address(0), "/p/4", header), 200);
  synthweb_report(&web);
  CU_ASSERT_EQUAL(synthweb_total(&web, "not_modified"), 1);
  CU_ASSERT_EQUAL(synthweb_total(&web, "before_robots"), 3);
  finish();
}

/* Follows redirects from URL to URL to a page; how many. */
static unsigned follow_moves(char *url, size_t capacity) {
  unsigned moves = 0;

  for (;;) {
    uint32_t address;
    const char *path = split_url(url, &address);
    int status = get(address, path, "");

    if (status == 200) return moves;
    CU_ASSERT_FATAL(status > 300 && status < 309 && moves < 10);
    behind("Location: ", '\r', url, capacity);
    moves++;
  }
}

/* Writes the URL of the first redirect that a page of the first host links
 * to; it says of how many steps it is. */
static unsigned find_moved(char *url, size_t capacity) {
  char path[64];
  const char *link;

  for (uint32_t page = 0; page < 2000; page++) {
    snprintf(path, sizeof path, "/p/%u", page);
    get(host_address(0), path, "");
    link = strstr(answer, "/moved/");
    if (!link) continue;
    while (strncmp(link, "href=\"", 6)) link--;
    link += strlen("href=\"");
    snprintf(url, capacity, "%s%.*s", *link == '/' ? "http://127.0.1.1:1" : "",
             (int)strcspn(link, "\""), link);
    return (unsigned)strtoul(strstr(url, "/moved/") + strlen("/moved/"), NULL,
                             10);
  }
  return 0;
}

static void test_moves(void) {
  char url[256] = "";
  unsigned steps;

  start((const char *const[]){"--pages", "2000", "--hosts", "8", "--features",
                              "moved", NULL});
  steps = find_moved(url, sizeof url);
  CU_ASSERT_FATAL(steps > 0);
  CU_ASSERT_EQUAL(follow_moves(url, sizeof url), steps);
  CU_ASSERT(has("<title>Page "));
  finish();
}

static void test_addresses(void) {
  start((const char *const[]){"--pages", "50", "--hosts", "2", NULL});
  CU_ASSERT_EQUAL(get((127u << 24) + (200u << 16) + 1, "/", ""), 0);
  CU_ASSERT_EQUAL(get(host_address(2), "/p/1", ""), 0);
  synthweb_report(&web);
  CU_ASSERT_PTR_NOT_NULL(strstr(web.totals, "\"canary\":{\"connections\":2,"
                                            "\"addresses\":[\"127.200.0.1\","
                                            "\"127.0.1.3\"]}"));
  CU_ASSERT_EQUAL(synthweb_total(&web, "requests"), 0);
  finish();
}

static void test_slow(void) {
  start((const char *const[]){"--pages", "50", "--hosts", "8", "--features",
                              "slow", "--slow-percent", "100", "--slow-ms",
                              "40", NULL});
  for (uint32_t host = 0; host < 8; host++) {
    CU_ASSERT_EQUAL(get(host_address(host), "/robots.txt", ""), 200);
    CU_ASSERT(has("Disallow: /private/\n"));
  }
  synthweb_report(&web);
  CU_ASSERT_EQUAL(synthweb_total(&web, "requests"), 8);
  finish();
}

static void test_leaving(void) {
  int fds[4];

  start((const char *const[]){"--pages", "50", "--hosts", "8", "--features",
                              "slow", "--slow-percent", "100", "--slow-ms",
                              "3600000", NULL});
  for (int i = 0; i < 4; i++) {
    static const char request[] = "GET /robots.txt HTTP/1.1\r\n\r\n";

    fds[i] = connect_to(host_address(1));
    CU_ASSERT(send(fds[i], request, strlen(request), MSG_NOSIGNAL) > 0);
  }
  do {
    synthweb_report(&web);
  } while (synthweb_total(&web, "in_flight_max") < 4);
  for (int i = 0; i < 4; i++) close(fds[i]);
  synthweb_end(&web);
  CU_ASSERT_EQUAL(synthweb_total(&web, "requests"), 4);
  finish();
}

/* Finds a page with a link of a kind, and follows it. */
static int get_extra(const char *kind) {
  char path[64], wanted[32], rest[32];

  snprintf(wanted, sizeof wanted, "href=\"/%s/", kind);
  for (uint32_t page = 0; page < 20000; page++) {
    snprintf(path, sizeof path, "/p/%u", page);
    CU_ASSERT_EQUAL(get(host_address(0), path, ""), 200);
    if (!has(wanted)) continue;
    behind(wanted, '"', rest, sizeof rest);
    snprintf(path, sizeof path, "/%s/%s", kind, rest);
    return get(host_address(0), path, "");
  }
  CU_FAIL("no page has a link of that kind");
  return 0;
}

static size_t body_length(void) {
  const char *end = strstr(answer, "\r\n\r\n");

  return end ? strlen(end + 4) : 0;
}

static size_t told_length(void) {
  char length[32];

  return strtoul(behind("Content-Length: ", '\r', length, sizeof length), NULL,
                 10);
}

static void test_bodies(void) {
  start((const char *const[]){"--pages", "20000", "--hosts", "1", "--features",
                              "bodies,hostile", "--endless-bytes", "200000",
                              "--page-bytes", "4096", NULL});
  CU_ASSERT_EQUAL(get_extra("cut"), 200);
  CU_ASSERT_EQUAL(told_length(), 2 * body_length());
  CU_ASSERT_EQUAL(get_extra("surplus"), 200);
  CU_ASSERT_EQUAL(told_length(), body_length() / 2);
  CU_ASSERT_EQUAL(get_extra("chunked"), 200);
  CU_ASSERT(has("\r\n0\r\n\r\n"));
  CU_ASSERT_EQUAL(get_extra("open"), 200);
  CU_ASSERT_FALSE(has("\r\n0\r\n\r\n"));
  CU_ASSERT_EQUAL(get_extra("endless"), 200);
  CU_ASSERT(body_length() > 200000 && !has("\r\n0\r\n\r\n"));
  CU_ASSERT_EQUAL(get_extra("bomb"), 200);
  CU_ASSERT(told_length() < 200000 && has("Content-Encoding: gzip"));
  CU_ASSERT_EQUAL(get_extra("inside"), 302);
  CU_ASSERT_EQUAL(get_extra("nested"), 200);
  finish();
}

static void test_retry(void) {
  start((const char *const[]){"--pages", "20000", "--hosts", "1", "--features",
                              "status", "--page-bytes", "4096", NULL});
  CU_ASSERT_EQUAL(get_extra("later"), 503);
  CU_ASSERT(has("Retry-After: 1\r\n"));
  CU_ASSERT_EQUAL(get_extra("later"), 200);
  CU_ASSERT(get_extra("status") >= 404);
  finish();
}

static void test_bad_usage(void) {
  struct program program;
  static const char *const bad[][3] = {{"--first-host", "10.0.0.1"},
                                       {"--features", "robots,such"},
                                       {"--pages", "0"},
                                       {"--hosts", "20000000"},
                                       {"--expect", NULL},
                                       {"--links", "ftp:1"}};

  start((const char *const[]){NULL});
  program_open(&program, web.program.path);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    program_run(&program, (const char *[]){bad[i][0], bad[i][1], NULL});
    CU_ASSERT_EQUAL(program.code, 2);
  }
  program_close(&program);
  finish();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"pages, and how often they were asked for", test_pages},
      {"validators", test_validators},
      {"redirects over hosts", test_moves},
      {"addresses that no host has", test_addresses},
      {"slow hosts answer all", test_slow},
      {"a client that leaves", test_leaving},
      {"bodies that are broken or too much", test_bodies},
      {"503, and later 200", test_retry},
      {"bad usage", test_bad_usage},
  };
  return fixture_main("synthweb", tests, FIXTURE_COUNT(tests), argc, argv);
}
