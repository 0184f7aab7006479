/* SPDX-License-Identifier: MIT
 * No password gets into what the program writes, whatever becomes of its URL,
 * and nothing of a server's or a list's acts on a terminal. */
#include "program/fetch/fetch_support.h"
#include "support/origin.h"

static struct origin *origin;
static struct fetch_run *run;

static void begin(void) {
  origin = origin_start(NULL);
  run = fetch_open();
  if (!origin) abort();
}

static void end(void) {
  fetch_close(run);
  origin_stop(origin);
}

/* Neither the results nor the messages have it. */
static void expect_hidden(const char *secret) {
  char *results = program_read(&run->program, "results", NULL);
  if (strstr(results, secret)) fixture_fail("results: %.400s", results);
  if (strstr(run->program.err, secret))
    fixture_fail("messages: %s", run->program.err);
  free(results);
}

static void write_lines(void) {
  unsigned port = origin_port(origin);
  static const char *const forms[] = {
      "http://user:sesame@127.0.0.1:%u/page",
      "http://user:sesame@127.0.0.1:%u/reset",
      "http://user:sesame@127.0.0.1:%u/to-ftp",
      "http://user:sesame@127.0.0.1:%u/to-self",
      "http://user:sesame@127.0.0.1:%u0000/",
      "http://user:ses/sesame@127.0.0.1:%u/",
      "http://user:sesame@127.0.0.1:%u/a b\x01",
      "ftp://user:sesame@127.0.0.1:%u/",
      "user:sesame@127.0.0.1:%u/page",
      "127.0.0.1:%u/?u=http://user:sesame@host/",
      "{\"url\":\"http://user:sesame@127.0.0.1:%u/page\"}",
      "{\"url\":\"http://user:sesame@127.0.0.1:%u/page\",\"metod\":1}",
      "{\"url\":\"http:\\/\\/user:sesame@127.0.0.1:%u/page",
      "{\"url\":\"http://127.0.0.1:%u/page\",\"metod\":1,"
      "\"headers\":{\"Authorization\":\"Basic sesame\"}}",
      "{\"url\":\"http://127.0.0.1:%u/page\","
      "\"headers\":{\"Cookie\":\"sesame",
      "{\"url\":\"http://127.0.0.1:%u/page\","
      "\"headers\":{\"Proxy-Authorization\":[\"a\",\"sesame\"]},\"x\":0}"};
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    char line[300];
    int length = snprintf(line, sizeof line, "%.*s%u%s",
                          (int)(strstr(forms[i], "%u") - forms[i]), forms[i],
                          port, strstr(forms[i], "%u") + 2);
    fetch_line_of(run, line, (size_t)length);
  }
}

static void passwords_are_nowhere(void) {
  begin();
  write_lines();
  const char *const more[] = {"-v", "--headers", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 1);
  CU_ASSERT_EQUAL(run->result_count, run->lines);
  expect_hidden("sesame");
  fetch_expect_status(run, 1, 200);
  fetch_expect_status(run, 11, 200);
  char url[100];
  snprintf(url, sizeof url, "http://user:***@127.0.0.1:%u/page",
           origin_port(origin));
  fetch_expect_text(run, 1, "url", url);
  origin_url(origin, "/page", url, sizeof url);
  fetch_expect_text(run, 1, "effective_url", url);
  end();
}

/* Lines are told by their numbers, whatever is shown of them. */
static void they_can_be_resumed(void) {
  begin();
  write_lines();
  const char *const resume[] = {"--resume", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  unsigned long requests = origin_counts(origin).requests;
  CU_ASSERT_EQUAL(fetch_run_list(run, resume), 0);
  CU_ASSERT_EQUAL(run->result_count, run->lines);
  CU_ASSERT_EQUAL(origin_counts(origin).requests, requests);
  end();
}

static void they_can_be_kept(void) {
  begin();
  write_lines();
  const char *const more[] = {"-v", "--keep-secrets", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 1);
  for (unsigned line = 1; line <= run->lines; line++)
    CU_ASSERT_PTR_NOT_NULL(strstr(fetch_text(run, line, "url"), "sesame"));
  CU_ASSERT_PTR_NULL(strstr(run->program.err, "sesame"));
  end();
}

/* Mistakes on the command line are not repeated with their secret. */
static void usage_errors_hide_them(void) {
  static const char *const arguments[][4] = {
      {"fetch", "-u", "sesame", "http://127.0.0.1:1/"},
      {"fetch", "-H", "Authorization sesame", "http://127.0.0.1:1/"},
      {"fetch", "-i", "http://user:sesame@127.0.0.1/"},
      {"fetch", "-o", "http://user:sesame@127.0.0.1/", "x"},
      {"fetch", "--http://user:sesame@127.0.0.1/"},
      {"http://user:sesame@127.0.0.1/"}};
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
    program_run(&p, FETCH_ARGUMENTS(arguments[i][0], arguments[i][1],
                                    arguments[i][2], arguments[i][3]));
    CU_ASSERT_EQUAL(p.code, 2);
    CU_ASSERT(p.err_length > 0);
    if (strstr(p.err, "sesame")) fixture_fail("%s", p.err);
  }
  program_close(&p);
}

/* ---- Terminals ---- */

/* Whether a byte below 0x20, DEL, or a character that acts is there. */
static bool acts(const char *text) {
  static const char *const characters[] = {
      "\xc2\x80",     "\xc2\x9b",     "\xc2\x9f",     "\xe2\x80\xa8",
      "\xe2\x80\xa9", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9"};
  for (const char *at = text; *at; at++)
    if (((unsigned char)*at < 0x20 && *at != '\n') || *at == 0x7f) return true;
  for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++)
    if (strstr(text, characters[i])) return true;
  return false;
}

#define EVIL                                                                   \
  "\x1b[31m\xc2\x9b"                                                           \
  "31m\xe2\x80\xae\x7f"

static void nothing_acts_on_a_terminal(void) {
  static const struct origin_step type[] = {
      {ORIGIN_SEND,
       "HTTP/1.1 200 OK\r\nContent-Type: t/" EVIL "\r\nX-" EVIL ": " EVIL
       "\r\nContent-Length: 1\r\n\r\nx",
       0, 0},
      {ORIGIN_END, NULL, 0, 0}};
  static const struct origin_step away[] = {
      {ORIGIN_SEND,
       "HTTP/1.1 302 Found\r\nLocation: evil:" EVIL
       "\r\nContent-Length: 0\r\n\r\n",
       0, 0},
      {ORIGIN_END, NULL, 0, 0}};
  begin();
  CU_ASSERT(origin_script(origin, "/type", type));
  CU_ASSERT(origin_script(origin, "/away", away));
  unsigned port = origin_port(origin);
  fetch_line(run, "http://127.0.0.1:%u/type", port);
  fetch_line(run, "http://127.0.0.1:%u/away", port);
  fetch_line(run, "http://" EVIL "/");
  fetch_line(run,
             "{\"url\":\"http://127.0.0.1:%u/page\",\"tag\":\""
             "\xc2\x9b"
             "\xe2\x80\xae\x7f\"}",
             port);
  fetch_line(run, "{\"url\":\"x\",\""
                  "\xc2\x9b"
                  "\":1}");
  const char *const more[] = {"-v", "--headers", "--body", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 1);
  CU_ASSERT_EQUAL(run->result_count, 5);
  char *results = program_read(&run->program, "results", NULL);
  if (acts(results)) fixture_fail("results: %s", results);
  if (acts(run->program.err)) fixture_fail("messages: %s", run->program.err);
  free(results);
  fetch_expect_text(run, 4, "tag", "\xc2\x9b\xe2\x80\xae\x7f");
  program_run(&run->program, FETCH_ARGUMENTS(EVIL));
  if (acts(run->program.err)) fixture_fail("messages: %s", run->program.err);
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "--" EVIL));
  if (acts(run->program.err)) fixture_fail("messages: %s", run->program.err);
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", EVIL));
  if (acts(run->program.err)) fixture_fail("messages: %s", run->program.err);
  end();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"passwords are nowhere", passwords_are_nowhere},
      {"they can be resumed", they_can_be_resumed},
      {"they can be kept", they_can_be_kept},
      {"usage errors hide them", usage_errors_hide_them},
      {"nothing acts on a terminal", nothing_acts_on_a_terminal},
  };
  return fixture_main("fetch secrets", tests, FIXTURE_COUNT(tests), argc, argv);
}
