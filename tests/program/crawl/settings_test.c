/* SPDX-License-Identifier: MIT
 * The settings of `lariat crawl`: defaults, the configuration file, and that
 * the command line wins. */
#include "crawl/settings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crawl/reload.h"
#include "crawl/run_options.h"
#include "crawl/setting_value.h"
#include "support/fixture.h"

/* ---- A file and a command line ---- */

struct reading {
  char path[64];
  char *argv[16];
  char texts[16][100];
  int argc;
  struct crawl_settings settings;
};

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "we");
  if (!file || fputs(text, file) < 0 || fclose(file) != 0) abort();
}

/* Reads `arguments`, up to a NULL; "FILE" stands for a file with `config`. */
static bool read_all(struct reading *r, const char *config,
                     const char *const *arguments) {
  snprintf(r->path, sizeof r->path, "/tmp/lariat-settings-XXXXXX");
  int fd = mkstemp(r->path);
  if (fd < 0) abort();
  close(fd);
  if (config) write_file(r->path, config);
  r->argc = 0;
  snprintf(r->texts[0], sizeof r->texts[0], "crawl");
  r->argv[r->argc++] = r->texts[0];
  for (; *arguments; arguments++, r->argc++) {
    bool is_file = strcmp(*arguments, "FILE") == 0;
    snprintf(r->texts[r->argc], sizeof r->texts[0], "%s",
             is_file ? r->path : *arguments);
    r->argv[r->argc] = r->texts[r->argc];
  }
  r->argv[r->argc] = NULL;
  return crawl_settings_read(&r->settings, r->argc, r->argv);
}

static void end_reading(struct reading *r) {
  crawl_settings_free(&r->settings);
  unlink(r->path);
}

#define READ(r, config, ...)                                                   \
  read_all(r, config, (const char *const[]){__VA_ARGS__, NULL})

/* ---- The command line ---- */

static void defaults_are_the_librarys(void) {
  struct reading r;
  struct crawl_run_options run;
  CU_ASSERT(READ(&r, NULL, "site", "https://example.org/"));
  CU_ASSERT(crawl_run_options_make(&run, &r.settings, NULL, NULL));
  lariat_crawl_options options = lariat_crawl_defaults();
  CU_ASSERT_STRING_EQUAL(run.options.directory, "site");
  CU_ASSERT_EQUAL(run.options.delay_ms, options.delay_ms);
  CU_ASSERT_EQUAL(run.options.depth, -1);
  CU_ASSERT_EQUAL(run.options.per_group, options.per_group);
  CU_ASSERT_EQUAL(run.options.trap_query, options.trap_query);
  CU_ASSERT_EQUAL(run.options.warc_level, options.warc_level);
  CU_ASSERT_EQUAL(run.options.in_flight, options.in_flight);
  CU_ASSERT_EQUAL(run.options.retries, options.retries);
  CU_ASSERT_EQUAL(run.options.max_body_bytes, options.max_body_bytes);
  CU_ASSERT_EQUAL(run.options.max_pages, 0);
  CU_ASSERT(run.options.requisites);
  CU_ASSERT_FALSE(run.options.allow_private);
  CU_ASSERT_EQUAL(r.settings.seeds.url_count, 1);
  CU_ASSERT_EQUAL(r.settings.messages.grace_ms, 10000);
  crawl_run_options_free(&run);
  end_reading(&r);
}

static void options_arrive(void) {
  struct reading r;
  struct crawl_run_options run;
  CU_ASSERT(READ(&r, NULL, "--delay=0.25", "--depth", "0", "--crawl-delay=skip",
                 "--robots=ignore", "--no-warc", "--max-bytes=2G", "--again=7d",
                 "--same-body=record", "--group=ip", "site"));
  CU_ASSERT(crawl_run_options_make(&run, &r.settings, NULL, "lines"));
  CU_ASSERT_EQUAL(run.options.delay_ms, 250);
  CU_ASSERT_EQUAL(run.options.depth, 0);
  CU_ASSERT(run.options.crawl_delay_skip);
  CU_ASSERT(run.options.ignore_robots);
  CU_ASSERT(run.options.no_warc);
  CU_ASSERT_FALSE(run.options.requisites); /* nothing keeps them */
  CU_ASSERT_EQUAL(run.options.max_bytes, UINT64_C(2) << 30);
  CU_ASSERT_EQUAL(run.options.again_s, 7 * 24 * 3600);
  CU_ASSERT(run.options.revisit_off);
  CU_ASSERT_EQUAL(run.options.group, LARIAT_CRAWL_GROUP_IP);
  CU_ASSERT_STRING_EQUAL(run.options.jsonl, "lines");
  crawl_run_options_free(&run);
  end_reading(&r);
}

/* ---- The file ---- */

static void a_file_has_all_options(void) {
  struct reading r;
  CU_ASSERT(READ(&r,
                 "# a comment\n"
                 "contact = me@example.org\n"
                 "  scope=host  \r\n"
                 "no-warc = yes\n"
                 "cdx = no\n"
                 "\n"
                 "; another\n"
                 "seed = https://example.org/\n"
                 "seed = https://example.com/\n"
                 "types = \" text/html \"",
                 "--config", "FILE", "site"));
  CU_ASSERT_STRING_EQUAL(r.settings.politeness.contact, "me@example.org");
  CU_ASSERT_EQUAL(r.settings.scope.scope, LARIAT_CRAWL_SCOPE_HOST);
  CU_ASSERT(r.settings.output.no_warc);
  CU_ASSERT_FALSE(r.settings.output.cdx);
  CU_ASSERT_EQUAL(r.settings.seeds.more.count, 2);
  CU_ASSERT_STRING_EQUAL(r.settings.scope.types, " text/html ");
  end_reading(&r);
}

static void the_command_line_wins(void) {
  struct reading r;
  CU_ASSERT(
      READ(&r, "delay = 5s\nmax-pages = 10\ninclude = /a/\nexclude = /b/\n",
           "--exclude=/c/", "--delay=2s", "--config", "FILE", "--", "site"));
  CU_ASSERT_EQUAL(r.settings.politeness.delay_ms, 5000 - 3000);
  CU_ASSERT_EQUAL(r.settings.budgets.max_pages, 10);
  CU_ASSERT_EQUAL_FATAL(r.settings.scope.rule_count, 3);
  CU_ASSERT_STRING_EQUAL(r.settings.scope.rules[0].text, "/c/");
  CU_ASSERT_EQUAL(r.settings.scope.rules[0].kind, LARIAT_CRAWL_EXCLUDE);
  CU_ASSERT_STRING_EQUAL(r.settings.scope.rules[1].text, "/a/");
  CU_ASSERT_STRING_EQUAL(r.settings.scope.rules[2].text, "/b/");
  CU_ASSERT_STRING_EQUAL(r.settings.seeds.directory, "site");
  end_reading(&r);
}

static void sections_are_for_hosts(void) {
  struct reading r;
  struct crawl_run_options run;
  CU_ASSERT(READ(&r,
                 "delay = 2s\n"
                 "[host \"slow.example.org\"]\n"
                 "delay = 10s\n"
                 "max-pages = 7\n"
                 "header = Authorization: Basic abc\n"
                 "header = X-One: 1\n"
                 "[host *.example.com]\n"
                 "robots = ignore\n"
                 "[host slow.example.org]\n"
                 "robots = obey\n",
                 "--config", "FILE", "site"));
  CU_ASSERT(crawl_run_options_make(&run, &r.settings, NULL, NULL));
  CU_ASSERT_EQUAL(run.options.delay_ms, 2000);
  CU_ASSERT_EQUAL_FATAL(run.options.host_count, 2);
  const lariat_crawl_host_options *host = run.options.hosts;
  CU_ASSERT_STRING_EQUAL(host[0].host, "slow.example.org");
  CU_ASSERT_EQUAL(host[0].delay_ms, 10000);
  CU_ASSERT_EQUAL(host[0].max_pages, 7);
  CU_ASSERT_EQUAL(host[0].ignore_robots, 0);
  CU_ASSERT_STRING_EQUAL(host[0].headers, "Authorization: Basic abc\nX-One: 1");
  CU_ASSERT_STRING_EQUAL(host[1].host, "*.example.com");
  CU_ASSERT_EQUAL(host[1].delay_ms, -1);
  CU_ASSERT_EQUAL(host[1].max_pages, -1);
  CU_ASSERT_EQUAL(host[1].ignore_robots, 1);
  CU_ASSERT_PTR_NULL(host[1].headers);
  crawl_run_options_free(&run);
  end_reading(&r);
}

/* ---- The file again ---- */

struct changes {
  char text[400];
};

static void note_change(void *context, const char *name, const char *value) {
  struct changes *changes = context;
  size_t length = strlen(changes->text);
  snprintf(changes->text + length, sizeof changes->text - length, "%s=%s;",
           name, value);
}

static void what_has_changed_is_set(void) {
  struct reading r;
  struct reload reload;
  struct changes changes = {.text = ""};
  CU_ASSERT(READ(&r, "max-pages = 1\ndelay = 1s\nscope = host\n", "--delay=3s",
                 "--config", "FILE", "site"));
  CU_ASSERT(reload_open(&reload, &r.settings, r.argc, r.argv));
  write_file(r.path, "max-pages = 2\ndelay = 9s\nscope = host\n"
                     "[host a.test]\ndelay = 4s\n");
  CU_ASSERT(reload_apply(&reload, note_change, &changes));
  /* The delay is the command line's. */
  CU_ASSERT_STRING_EQUAL(changes.text, "max-pages=2;host.a.test.delay=4s;");
  changes.text[0] = '\0';
  CU_ASSERT(reload_apply(&reload, note_change, &changes));
  CU_ASSERT_STRING_EQUAL(changes.text, "");
  write_file(r.path, "max-pages = 3\nnonsense = 1\n");
  CU_ASSERT_FALSE(reload_apply(&reload, note_change, &changes));
  CU_ASSERT_STRING_EQUAL(changes.text, "");
  write_file(r.path, "max-pages = 3\nscope = host\n");
  CU_ASSERT(reload_apply(&reload, note_change, &changes));
  CU_ASSERT_STRING_EQUAL(changes.text, "max-pages=3;");
  reload_close(&reload);
  end_reading(&r);
}

static void expect_value(const char *name, const char *value,
                         const char *expected) {
  char out[SETTING_VALUE_CAPACITY];
  CU_ASSERT_STRING_EQUAL(setting_value(name, value, out), expected);
}

static void values_have_their_units(void) {
  expect_value("delay", "5m", "300000ms");
  expect_value("delay", "0.25", "250ms");
  expect_value("host.a.test.delay", "2s", "2000ms");
  expect_value("max-time", "1h", "3600000ms");
  expect_value("max-bytes", "2G", "2147483648");
  expect_value("max-bytes-per-host", "10MB", "10000000");
  expect_value("max-pages", "100", "100");
  expect_value("delay", "soon", "soon");
  expect_value("trap.open", "5m", "5m");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the defaults are the library's", defaults_are_the_librarys},
      {"options arrive", options_arrive},
      {"a file has all options", a_file_has_all_options},
      {"the command line wins", the_command_line_wins},
      {"sections are for hosts", sections_are_for_hosts},
      {"what has changed is set", what_has_changed_is_set},
      {"values have their units", values_have_their_units},
  };
  return fixture_main("crawl settings", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
