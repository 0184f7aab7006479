/* SPDX-License-Identifier: MIT
 * labels: no-tsan long
 * Servers that misbehave, seen through the built program: each failure has its
 * name and the phase that it came in. */
#include <unistd.h>

#include "program/fetch/fetch_support.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/ports.h"
#include "support/unsolicited_server.h"

static struct origin *origin;
static struct fetch_run *run;

static void begin(void) {
  origin = origin_start(NULL);
  run = fetch_open();
  if (!origin) abort();
}

static int refusing = -1; /* the socket of a port at which nobody listens */

static void end(void) {
  fetch_close(run);
  origin_stop(origin);
  if (refusing >= 0) close(refusing);
  refusing = -1;
}

static unsigned origin_line(const char *path) {
  return fetch_line(run, "http://127.0.0.1:%u%s", origin_port(origin), path);
}

/* Returns a port that refuses connections until the end. */
static unsigned refuse(void) {
  unsigned port = 0;
  refusing = ports_refusing(&port);
  if (refusing < 0) abort();
  return port;
}

static void unknown_host(void) {
  begin();
  unsigned bad = fetch_line(run, "http://nonexistent.invalid/");
  unsigned good = origin_line("/page");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--timeout", "5")), 1);
  fetch_expect_status(run, good, 200);
  const char *error = fetch_text(run, bad, "error");
  CU_ASSERT(fetch_same(error, "resolve-failed") ||
            fetch_same(error, "timed-out"));
  fetch_expect_text(run, bad, "phase", "dns");
  end();
}

/* A server that answers twice: each line says what is known of its answer, and
 * the connections that were open at the first sign are told at the end. */
static void answered_twice(void) {
  enum { LINES = 20 };
  char expected[128];
  unsigned marked = 0;
  struct unsolicited_server *server =
      unsolicited_server_start(UNSOLICITED_SCRAP);
  unsigned port = unsolicited_server_port(server);
  run = fetch_open();
  for (unsigned i = 0; i < LINES; i++)
    fetch_line(run, "http://127.0.0.1:%u/%u", port, i);
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-c", "1")), 0);
  for (unsigned line = 1; line <= LINES; line++) {
    fetch_expect_status(run, line, 200);
    CU_ASSERT(fetch_number(run, line, "connection") > 0);
    if (json_is_null(fetch_field(run, line, "desync"))) continue;
    if (line > 1) fetch_expect_text(run, line, "desync", "origin");
    marked++;
  }
  CU_ASSERT(marked >= LINES - 1);
  snprintf(expected, sizeof expected,
           "desync     http://127.0.0.1:%u: connections %d", port,
           (int)fetch_number(run, 1, "connection"));
  CU_ASSERT_TRUE(program_said(&run->program, expected));
  fetch_close(run);
  unsolicited_server_stop(server);
}

static void refused(void) {
  begin();
  unsigned bad = fetch_line(run, "http://127.0.0.1:%u/", refuse());
  unsigned good = origin_line("/page");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  fetch_expect_error(run, bad, "connect-failed", "connect");
  CU_ASSERT_EQUAL(fetch_number(run, bad, "status"), -1);
  CU_ASSERT_EQUAL(fetch_number(run, bad, "attempts"), 1);
  fetch_expect_status(run, good, 200);
  end();
}

/* Nothing is sent to an address that is denied, nor after a redirect. */
static void denied(void) {
  static const struct origin_step away[] = {
      {ORIGIN_SEND,
       "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
       "Location: http://0x7f.3/\r\n\r\n",
       0, 0},
      {ORIGIN_END, NULL, 0, 0}};
  begin();
  (void)origin_script(origin, "/away", away);
  unsigned other = fetch_line(run, "http://127.0.0.2:1/");
  unsigned private = fetch_line(run, "http://[::ffff:10.0.0.1]/");
  unsigned redirected = origin_line("/away");
  unsigned good = origin_line("/page");
  CU_ASSERT_EQUAL(
      fetch_run_list(run, FETCH_ARGUMENTS("--deny-private", "--allow-net",
                                          "127.0.0.9", "--allow-net",
                                          "127.0.0.1", "--retries", "2")),
      1);
  fetch_expect_text(run, other, "error", "address-denied");
  fetch_expect_text(run, private, "error", "address-denied");
  fetch_expect_text(run, redirected, "error", "address-denied");
  CU_ASSERT_EQUAL(fetch_number(run, other, "attempts"), 1);
  fetch_expect_status(run, good, 200);
  end();
}

static void other_addresses(void) {
  char resolve[64];
  char connect_to[64];
  begin();
  unsigned port = origin_port(origin);
  snprintf(resolve, sizeof resolve, "a.test:%u:127.0.0.1", port);
  snprintf(connect_to, sizeof connect_to, "b.test:80:127.0.0.1:%u", port);
  unsigned resolved = fetch_line(run, "http://a.test:%u/page", port);
  unsigned connected = fetch_line(run, "http://b.test/page");
  unsigned six = fetch_line(run, "http://c.localhost:%u/page", port);
  CU_ASSERT_EQUAL(
      fetch_run_list(run, FETCH_ARGUMENTS("--resolve", resolve, "--connect-to",
                                          connect_to, "-4")),
      0);
  fetch_expect_status(run, resolved, 200);
  fetch_expect_status(run, connected, 200);
  fetch_expect_status(run, six, 200);
  end();
}

static void reset(void) {
  begin();
  unsigned bad = origin_line("/reset");
  unsigned empty = origin_line("/close");
  unsigned body = origin_line("/mid-body-reset");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  fetch_expect_error(run, bad, "connection-reset", "first-byte");
  fetch_expect_error(run, empty, "empty-answer", "first-byte");
  fetch_expect_error(run, body, "connection-reset", "body");
  CU_ASSERT_EQUAL(fetch_number(run, body, "status"), 200);
  end();
}

static void truncated_body(void) {
  begin();
  unsigned bad = origin_line("/mid-body");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  fetch_expect_error(run, bad, "truncated", "body");
  CU_ASSERT_EQUAL(fetch_number(run, bad, "status"), 200);
  end();
}

static void redirect_loop(void) {
  begin();
  unsigned bad = origin_line("/to-self");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  CU_ASSERT_STRING_EQUAL(fetch_text(run, bad, "error"), "too-many-redirects");
  CU_ASSERT_EQUAL(origin_counts(origin).requests, 11);
  const char *const never[] = {"--max-redirects", "0", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, never), 0);
  CU_ASSERT_EQUAL(fetch_number(run, bad, "redirects"), 0);
  CU_ASSERT(fetch_number(run, bad, "status") / 100 == 3);
  end();
}

static void body_over_the_limit(void) {
  begin();
  unsigned fits = origin_line("/bytes/1024");
  unsigned bad = origin_line("/bytes/1025");
  unsigned endless = origin_line("/endless");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--max-body", "1K")), 1);
  fetch_expect_status(run, fits, 200);
  CU_ASSERT_EQUAL(fetch_number(run, fits, "bytes"), 1024);
  fetch_expect_error(run, bad, "body-too-large", "body");
  fetch_expect_error(run, endless, "body-too-large", "body");
  CU_ASSERT_EQUAL(fetch_number(run, bad, "status"), 200);
  /* No word of libcurl's about its callbacks. */
  fetch_expect_text(run, bad, "message",
                    "the body is larger than the limit: its Content-Length "
                    "says so");
  fetch_expect_text(run, endless, "message",
                    "the body is larger than the limit");
  end();
}

static void silent_server(void) {
  struct origin_options options = {.deaf = true};
  begin();
  struct origin *deaf = origin_start(&options);
  if (!deaf) abort();
  unsigned mute = origin_line("/stall");
  unsigned half = origin_line("/mid-body-stall");
  unsigned down = fetch_line(run, "http://127.0.0.1:%u/", origin_port(deaf));
  unsigned good = origin_line("/page");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--timeout", "2")), 1);
  fetch_expect_error(run, mute, "timed-out", "first-byte");
  fetch_expect_error(run, half, "timed-out", "body");
  fetch_expect_error(run, down, "timed-out", "connect");
  fetch_expect_status(run, good, 200);
  program_said(&run->program, "\n  errors     timed-out 3\n  timed out  by "
                              "--timeout 3 (connect 1, first-byte 1, body 1)"
                              "\n");
  CU_ASSERT_EQUAL(
      fetch_run_list(run, FETCH_ARGUMENTS("--timeout", "2", "--idle-timeout",
                                          "1", "--connect-timeout", "1")),
      1);
  program_said(&run->program,
               "\n  timed out  by --connect-timeout 1 (connect 1), by "
               "--idle-timeout 2 (first-byte 1, body 1)\n");
  program_said(&run->program,
               "\n  times      of the 1 answer, without the failures\n");
  origin_stop(deaf);
  end();
}

static void protocol_errors(void) {
  begin();
  unsigned garbage = origin_line("/garbage");
  unsigned gzip = origin_line("/bad-gzip");
  unsigned header = origin_line("/huge-header");
  unsigned nowhere = origin_line("/to-ftp");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  fetch_expect_text(run, garbage, "error", "protocol-error");
  fetch_expect_text(run, gzip, "error", "bad-encoding");
  fetch_expect_text(run, header, "error", "headers-too-large");
  fetch_expect_text(run, nowhere, "error", "bad-redirect");
  end();
}

/* Certificates that are not to be trusted, and one that is. */
static void certificates(void) {
  char url[256];
  struct nginx *nginx = nginx_start(NULL);
  begin();
  if (!nginx) abort();
  unsigned good =
      fetch_line(run, "%s", nginx_url(nginx, NGINX_TLS, "/", url, sizeof url));
  unsigned expired = fetch_line(
      run, "%s", nginx_url(nginx, NGINX_EXPIRED, "/", url, sizeof url));
  unsigned other = fetch_line(
      run, "%s", nginx_url(nginx, NGINX_WRONG_NAME, "/", url, sizeof url));
  CU_ASSERT_EQUAL(
      fetch_run_list(run, FETCH_ARGUMENTS("--cacert", nginx->ca_file)), 1);
  fetch_expect_status(run, good, 200);
  fetch_expect_text(run, good, "http_version", "2");
  program_said(&run->program, "\n  by libcurl HTTP/2 1\n");
  fetch_expect_error(run, expired, "certificate-failed", "tls");
  fetch_expect_error(run, other, "certificate-failed", "tls");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  fetch_expect_error(run, good, "certificate-failed", "tls");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-k")), 0);
  fetch_expect_status(run, expired, 200);
  const char *const http1[] = {"-k", "--http", "1.1", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, http1), 0);
  fetch_expect_text(run, good, "http_version", "1.1");
  end();
  nginx_stop(nginx);
}

/* With --details lines say what TLS has settled. */
static void details_of_tls(void) {
  struct nginx *nginx = nginx_start(NULL);
  if (!nginx) abort();
  begin();
  unsigned line =
      fetch_line(run, "https://127.0.0.1:%u/", nginx->ports[NGINX_TLS]);
  CU_ASSERT_EQUAL(
      fetch_run_list(
          run, FETCH_ARGUMENTS("-k", "--details", "connection,certificates")),
      0);
  json_t *tls = json_object_get(run->results[line], "tls");
  const char *version = json_string_value(json_object_get(tls, "version"));
  const char *cipher = json_string_value(json_object_get(tls, "cipher"));
  const char *alpn = json_string_value(json_object_get(tls, "alpn"));
  CU_ASSERT(version && strncmp(version, "TLSv1.", 6) == 0);
  CU_ASSERT(cipher && strncmp(cipher, "TLS_", 4) == 0);
  CU_ASSERT(alpn && strcmp(alpn, "h2") == 0);
  CU_ASSERT(json_is_false(json_object_get(tls, "resumed")));
  json_t *all = json_object_get(run->results[line], "certificates");
  const char *der = json_string_value(json_array_get(all, 0));
  CU_ASSERT(der && strncmp(der, "MII", 3) == 0); /* a SEQUENCE of DER */
  end();
  nginx_stop(nginx);
}

/* The port that was meant for http. */
static void https_to_a_plain_port(void) {
  static const struct origin_step bad[] = {
      {ORIGIN_SEND, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 0,
       0},
      {ORIGIN_CLOSE, NULL, 0, 0},
      {ORIGIN_END, NULL, 0, 0}};
  begin();
  CU_ASSERT(origin_script(origin, "", bad));
  unsigned line =
      fetch_line(run, "https://127.0.0.1:%u/page", origin_port(origin));
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  fetch_expect_text(run, line, "error", "tls-failed");
  const char *message = fetch_text(run, line, "message");
  CU_ASSERT(message && strstr(message, "(is this a TLS port?)"));
  end();
}

/* A request that meets the end of the open connection is sent again, also where
 * nobody asked for retries; the summary says why. */
static void sent_again(void) {
  static const struct origin_step second[] = {{ORIGIN_CLOSE_AFTER, NULL, 0, 2},
                                              {ORIGIN_PAGE, "fine", 0, 200},
                                              {ORIGIN_END, NULL, 0, 0}};
  begin();
  CU_ASSERT(origin_script(origin, "/second", second));
  origin_line("/page");
  unsigned again = origin_line("/second");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-c", "1")), 0);
  CU_ASSERT_EQUAL(fetch_number(run, again, "attempts"), 2);
  program_said(&run->program, "answered 2, failed 0, sent again 1 (the open "
                              "connection had ended)\n");
  CU_ASSERT_PTR_NULL(strstr(run->program.err, "tried again"));
  end();
}

/* Connections that break and statuses of one's choice are tried again, but not
 * what may have had an effect. */
static void retries(void) {
  static const struct origin_step page[] = {{ORIGIN_PAGE, "fine", 0, 200},
                                            {ORIGIN_END, NULL, 0, 0}};
  begin();
  unsigned dead = fetch_line(run, "http://127.0.0.1:%u/", refuse());
  unsigned busy = origin_line("/status/503");
  unsigned broken = origin_line("/reset");
  unsigned post =
      fetch_line(run, "{\"url\":\"http://127.0.0.1:%u/reset\",\"body\":\"x\"}",
                 origin_port(origin));
  CU_ASSERT(origin_script(origin, "/fine", page));
  unsigned good = origin_line("/fine");
  const char *const more[] = {"--retries", "2", "--retry-status", "429,5xx",
                              NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 1);
  fetch_expect_error(run, dead, "connect-failed", "connect");
  CU_ASSERT_EQUAL(fetch_number(run, dead, "attempts"), 3);
  fetch_expect_status(run, busy, 503);
  CU_ASSERT_EQUAL(fetch_number(run, busy, "attempts"), 3);
  fetch_expect_error(run, broken, "connection-reset", "first-byte");
  /* each may have been sent again, on a connection that was open */
  CU_ASSERT(fetch_number(run, broken, "attempts") >= 3);
  fetch_expect_error(run, post, "connection-reset", "first-byte");
  CU_ASSERT_EQUAL(fetch_number(run, post, "attempts"), 1);
  CU_ASSERT_EQUAL(fetch_number(run, good, "attempts"), 1);
  CU_ASSERT(origin_counts(origin).requests >= 3 + 3 + 1 + 1);
  program_said(&run->program, "tried again 3");
  end();
}

static void retry_flags(void) {
  begin();
  unsigned post = fetch_line(
      run, "{\"url\":\"http://127.0.0.1:%u/status/503\",\"body\":\"x\"}",
      origin_port(origin));
  unsigned silent = origin_line("/mid-body-stall");
  const char *const all[] = {"--retries",      "2", "--retry-all-methods",
                             "--idle-timeout", "1", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, all), 1);
  fetch_expect_status(run, post, 503);
  CU_ASSERT_EQUAL(fetch_number(run, post, "attempts"), 3);
  fetch_expect_error(run, silent, "timed-out", "body");
  CU_ASSERT_EQUAL(fetch_number(run, silent, "attempts"), 3);
  const char *const none[] = {
      "--retries", "2", "--retry-status", "none", "--idle-timeout", "1", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, none), 1);
  CU_ASSERT_EQUAL(fetch_number(run, post, "attempts"), 1);
  end();
}

/* A hundred retries and a few are in the budget whatever the ratio. */
static void retry_budget(void) {
  begin();
  unsigned over = 0, lines = 200;
  for (unsigned i = 0; i < lines; i++) origin_line("/mid-body-reset");
  const char *const no_ratio[] = {"--retries", "3", "--retry-budget", "0",
                                  NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, no_ratio), 1);
  CU_ASSERT(origin_counts(origin).requests <= lines + 100 + 100);
  for (unsigned i = 1; i <= lines; i++)
    over += !strcmp(fetch_text(run, i, "error"), "retry-budget");
  CU_ASSERT(over > 0 && over >= lines / 2);
  unsigned long before = origin_counts(origin).requests;
  const char *const lifted[] = {"--retries", "1", "--retry-budget", "none",
                                NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, lifted), 1);
  CU_ASSERT(origin_counts(origin).requests - before >= 2 * lines);
  end();
}

static void limits_hold(void) {
  begin();
  for (int i = 0; i < 60; i++) origin_line("/wait/20");
  const char *const per_host[] = {"-c", "50", "--per-host", "4", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, per_host), 0);
  CU_ASSERT(origin_counts(origin).in_flight_max <= 4);
  program_said(&run->program, "held to 4 a host by --per-host: ");
  const char *const in_all[] = {"-c", "7", "--per-host", "50", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, in_all), 0);
  CU_ASSERT(origin_counts(origin).in_flight_max <= 7);
  CU_ASSERT_PTR_NULL(strstr(run->program.err, "--per-host"));
  const char *const paced[] = {"--per-host", "4", "--rate", "500", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, paced), 0);
  CU_ASSERT_PTR_NULL(strstr(run->program.err, "--per-host"));
  CU_ASSERT_EQUAL(run->result_count, 60);
  end();
}

/* Waiting for the pace, which is longer here, is not part of the time-out. */
static void paces_hold(void) {
  begin();
  for (int i = 0; i < 12; i++) origin_line("/page");
  const char *const more[][5] = {{"--delay", "0.2", "--timeout", "2"},
                                 {"--rate", "5", "--timeout", "2"},
                                 {"--rate-per-host", "5", "--timeout", "2"}};
  for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
    uint64_t began_ms = fixture_real_ms();
    CU_ASSERT_EQUAL(fetch_run_list(run, more[i]), 0);
    CU_ASSERT(fixture_real_ms() - began_ms >= 2190);
    CU_ASSERT_EQUAL(run->result_count, 12);
  }
  end();
}

/* A slow host in front keeps nobody behind it waiting, and waiting for one's
 * turn is not part of the time-out. */
static void slow_host_first(void) {
  begin();
  struct origin_options options = {.address = "127.0.0.2"};
  struct origin *fast = origin_start(&options);
  if (!fast) abort();
  for (int i = 0; i < 40; i++) origin_line("/wait/200");
  unsigned last = 0;
  for (int i = 0; i < 100; i++)
    last = fetch_line(run, "http://127.0.0.2:%u/page", origin_port(fast));
  const char *const more[] = {"-c",        "20", "--per-host", "2",
                              "--timeout", "3",  NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  CU_ASSERT_EQUAL(run->result_count, 140);
  fetch_expect_status(run, last, 200);
  origin_stop(fast);
  end();
}

/* What waits for its turn is not what the time runs out for: each gets one
 * attempt of its own. */
static void fast_host_falls_silent(void) {
  begin();
  for (int i = 0; i < 50; i++) origin_line("/page");
  unsigned first = origin_line("/stall");
  for (int i = 0; i < 6; i++) origin_line("/stall");
  const char *const more[] = {"-r",        "1", "--per-host", "2",
                              "--timeout", "2", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 1);
  CU_ASSERT_EQUAL(run->result_count, 57);
  for (unsigned i = first; i < first + 7; i++) {
    fetch_expect_error(run, i, "timed-out", "first-byte");
    CU_ASSERT_EQUAL(fetch_number(run, i, "attempts"), 1);
  }
  CU_ASSERT(origin_counts(origin).in_flight_max <= 2);
  end();
}

/* What is handed over while a page of a fast host takes its time has waited in
 * the library before its turn comes; its own time begins then. */
static void slow_pages_of_a_fast_host(void) {
  begin();
  for (int i = 0; i < 50; i++) origin_line("/page");
  unsigned first = origin_line("/wait/2500");
  unsigned next = origin_line("/wait/2500");
  const char *const more[] = {"-r",        "1", "--per-host", "1",
                              "--timeout", "4", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  fetch_expect_status(run, first, 200);
  fetch_expect_status(run, next, 200);
  CU_ASSERT_EQUAL(fetch_number(run, next, "attempts"), 1);
  end();
}

/* Many large bodies, and little memory: one after the other they fit. */
static void bodies_over_memory(void) {
  begin();
  for (int i = 0; i < 12; i++) origin_line("/bytes/1500000");
  unsigned large = origin_line("/bytes/5000000");
  unsigned post = fetch_line(
      run, "{\"url\":\"http://127.0.0.1:%u/bytes/5000000\",\"body\":\"x\"}",
      origin_port(origin));
  const char *const more[] = {"-c", "16", "--memory", "4M", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 1);
  CU_ASSERT_EQUAL(run->result_count, 14);
  for (unsigned i = 1; i <= 12; i++) {
    fetch_expect_status(run, i, 200);
    CU_ASSERT_EQUAL(fetch_number(run, i, "bytes"), 1500000);
  }
  fetch_expect_text(run, large, "error", "memory-limit");
  fetch_expect_text(run, post, "error", "memory-limit");
  CU_ASSERT_EQUAL(fetch_number(run, post, "attempts"), 1);
  end();
}

/* From https to http, and what goes along to another origin. */
static void redirect_flags(void) {
  char url[256];
  struct nginx *nginx = nginx_start(NULL);
  begin();
  if (!nginx) abort();
  unsigned down = fetch_line(
      run, "%s", nginx_url(nginx, NGINX_TLS, "/to-plain", url, sizeof url));
  const char *const secret[] = {"-k", "-H", "X-Api-Key: s", NULL};
  const char *const kept[] = {"-k", "-H", "X-Api-Key: s",
                              "--same-origin-headers", NULL};
  const char *const none[] = {"-k", "--no-downgrade", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-k")), 0);
  CU_ASSERT_EQUAL(fetch_run_list(run, secret), 1);
  fetch_expect_error(run, down, "downgrade-refused", NULL);
  CU_ASSERT_EQUAL(fetch_number(run, down, "status"), 302);
  CU_ASSERT_EQUAL(fetch_run_list(run, kept), 0);
  CU_ASSERT_EQUAL(fetch_run_list(run, none), 1);
  fetch_expect_error(run, down, "downgrade-refused", NULL);
  end();
  nginx_stop(nginx);
}

static void bad_ports(void) {
  begin();
  unsigned bad = fetch_line(run, "http://127.0.0.1:6667/");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--deny-bad-ports")), 1);
  fetch_expect_error(run, bad, "port-refused", NULL);
  end();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"unknown host", unknown_host},
      {"other addresses", other_addresses},
      {"answered twice", answered_twice},
      {"refused", refused},
      {"a denied address", denied},
      {"reset", reset},
      {"certificate failure", certificates},
      {"details of TLS", details_of_tls},
      {"https to a plain port", https_to_a_plain_port},
      {"truncated body", truncated_body},
      {"redirect loop", redirect_loop},
      {"body over the limit", body_over_the_limit},
      {"silent server", silent_server},
      {"protocol errors", protocol_errors},
      {"redirects and what they take along", redirect_flags},
      {"bad ports", bad_ports},
      {"retries", retries},
      {"a request on a connection that has ended", sent_again},
      {"what is tried again", retry_flags},
      {"the budget for retries", retry_budget},
      {"limits hold", limits_hold},
      {"paces hold", paces_hold},
      {"a slow host first", slow_host_first},
      {"a fast host falls silent", fast_host_falls_silent},
      {"slow pages of a fast host", slow_pages_of_a_fast_host},
      {"bodies over --memory", bodies_over_memory},
  };
  return fixture_main("fetch network", tests, FIXTURE_COUNT(tests), argc, argv);
}
