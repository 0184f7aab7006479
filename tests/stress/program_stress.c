/* SPDX-License-Identifier: MIT
 * labels: threads long
 * program_stress.c: `lariat fetch` with long lists.  One after the other, or
 * the one that is named, with a number of its own:
 *
 *   outcomes  that many URLs, 5 in 100 each of: 404, a refused port, no URL, a
 *             truncated body, a body over the limit, a redirect loop.  Each has
 *             one result line, the right one; ten times as many cost at most a
 *             fifth more memory.
 *   kills     that many kill -9 of runs with --save at random moments, and
 *             --resume each time: in the end each line is there once, and no
 *             stored file is partial.  A kill may leave one temporary file.
 *   input     a list of that many lines costs no more than 1.2 times the memory
 *             of 10,000
 *   resume    that many finished lines, no two of them neighbours, cost at most
 *             16 bytes of memory each, and a megabyte in all, by which two runs
 *             of the same list differ
 *
 *   program_stress [outcomes|kills|input|resume [NUMBER]]
 *
 * LARIAT_STRESS_SCALE is for all the numbers, in per cent. */
#include <dirent.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/ports.h"
#include "support/program.h"
#include "support/scale.h"

enum { KINDS = 20, RUN_MS = 3600000, FEW_LINES = 10000, NOISE_KB = 1024 };

struct kind {
  const char *error; /* NULL: none */
  int status;        /* 0: null */
};

/* By line number modulo 20; the others are answered with 200. */
static const struct kind kinds[KINDS] = {{NULL, 404},
                                         {"connect-failed", 0},
                                         {"bad-url", 0},
                                         {"truncated", 200},
                                         {"body-too-large", 200},
                                         {"too-many-redirects", 302},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200},
                                         {NULL, 200}};

struct bench {
  struct program program;
  struct nginx *nginx;
  struct origin *origin;
  unsigned plain; /* ports */
  unsigned refused;
  unsigned failures;
};

#define FAIL(bench, ...)                                                       \
  do {                                                                         \
    if ((bench)->failures++ < 20) {                                            \
      printf("  FAILED: " __VA_ARGS__);                                        \
      printf("\n");                                                            \
    }                                                                          \
  } while (0)

static void open_bench(struct bench *b) {
  memset(b, 0, sizeof *b);
  program_open(&b->program, LARIAT_PROGRAM);
  b->nginx = nginx_start(NULL);
  b->origin = origin_start(NULL);
  if (!b->nginx || !b->origin || !ports_find(&b->refused, 1)) {
    printf("no servers can be started\n");
    exit(2);
  }
  b->plain = b->nginx->ports[NGINX_PLAIN];
}

static unsigned close_bench(struct bench *b) {
  program_close(&b->program);
  nginx_stop(b->nginx);
  origin_stop(b->origin);
  return b->failures;
}

static FILE *create(const struct bench *b, const char *name) {
  char path[600];
  FILE *file = fopen(program_file(&b->program, name, path, sizeof path), "we");
  if (file) return file;
  printf("%s cannot be written\n", path);
  exit(2);
}

static FILE *open_results(const struct bench *b) {
  char path[600];
  return fopen(program_file(&b->program, "results", path, sizeof path), "re");
}

static void run(struct bench *b, const char *const *arguments) {
  program_start(&b->program, arguments);
  program_wait(&b->program, RUN_MS);
}

/* A sanitizer has its own ideas of memory. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool memory_counts = false;
#else
static const bool memory_counts = true;
#endif

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void close_list(FILE *list) {
  if (fclose(list) == 0) return;
  printf("the list cannot be written\n");
  exit(2);
}

/* Result lines. */

static unsigned long number_of(const char *line) {
  static const char before[] = "{\"line\":";
  if (strncmp(line, before, sizeof before - 1) != 0) return 0;
  return strtoul(line + sizeof before - 1, NULL, 10);
}

/* The field's value begins with `value`. */
static bool field_is(const char *line, const char *name, const char *value) {
  const char *field = strstr(line, name);
  return field && strncmp(field + strlen(name), value, strlen(value)) == 0;
}

static void check_kind(struct bench *b, const char *line,
                       unsigned long number) {
  const struct kind *kind = &kinds[number % KINDS];
  char error[64] = "null";
  char status[16] = "null";
  if (kind->error) snprintf(error, sizeof error, "\"%s\"", kind->error);
  if (kind->status) snprintf(status, sizeof status, "%d", kind->status);
  if (!field_is(line, "\"error\":", error) ||
      !field_is(line, "\"status\":", status))
    FAIL(b, "not %s: %.300s", error, line);
}

/* Each of the lines up to `count` once; `check` may be NULL. */
static void check_results(struct bench *b, unsigned long count,
                          void (*check)(struct bench *b, const char *line,
                                        unsigned long number)) {
  unsigned char *seen = calloc(1, count + 1);
  FILE *results = open_results(b);
  char *line = NULL;
  size_t capacity = 0;
  unsigned long found = 0;
  if (!seen || !results) exit(2);
  while (getline(&line, &capacity, results) > 0) {
    unsigned long number = number_of(line);
    if (number == 0 || number > count || seen[number]) {
      FAIL(b, "a bad number, or one too many: %.100s", line);
      continue;
    }
    size_t length = strlen(line);
    if (length < 3 || strcmp(line + length - 2, "}\n") != 0)
      FAIL(b, "a torn line: %.100s", line);
    seen[number] = 1;
    found++;
    if (check) check(b, line, number);
  }
  if (found != count) FAIL(b, "%lu results of %lu", found, count);
  free(line);
  free(seen);
  fclose(results);
}

/* Outcomes. */

static void write_mixed(struct bench *b, unsigned long count) {
  FILE *list = create(b, "list");
  for (unsigned long i = 1; i <= count; i++) {
    switch (i % KINDS) {
    case 0:
      fprintf(list, "http://127.0.0.1:%u/status/404\n", b->plain);
      break;
    case 1:
      fprintf(list, "http://127.0.0.1:%u/%lu\n", b->refused, i);
      break;
    case 2:
      fprintf(list, "http://127.0.0.1:port/%lu\n", i);
      break;
    case 3:
      fprintf(list, "http://127.0.0.1:%u/mid-body\n", origin_port(b->origin));
      break;
    case 4:
      fprintf(list, "http://127.0.0.1:%u/big\n", b->plain);
      break;
    case 5:
      fprintf(list, "http://127.0.0.1:%u/loop\n", b->plain);
      break;
    default:
      fprintf(list, "http://127.0.0.1:%u/page/%lu\n", b->plain, i);
    }
  }
  close_list(list);
}

static long run_mixed(struct bench *b, unsigned long count) {
  write_mixed(b, count);
  run(b,
      ARGUMENTS("fetch", "-i", "list", "-o", "results", "--max-body", "64K"));
  if (b->program.code != 1) FAIL(b, "exit code %d", b->program.code);
  check_results(b, count, check_kind);
  printf("%s", b->program.err ? b->program.err : "");
  return b->program.peak_kb;
}

static unsigned outcomes(unsigned long count) {
  struct bench b;
  open_bench(&b);
  long few = run_mixed(&b, count / 10);
  long many = run_mixed(&b, count);
  printf(
      "outcomes: %lu URLs, %u wrong; %ld KB at the peak, %ld KB with a tenth "
      "of them: %.2f\n",
      count, b.failures, many, few, (double)many / (double)few);
  if (memory_counts && many > few * 6 / 5) FAIL(&b, "too much memory");
  return close_bench(&b);
}

/* Kills. */

/* A file that has a name for a moment, before it gets that of its body. */
static bool is_temporary(const char *name) {
  return strncmp(name, ".lariat-", 8) == 0;
}

static void check_saved(struct bench *b, unsigned long *count,
                        unsigned long *temporary) {
  char path[600];
  const struct dirent *entry;
  DIR *bodies = opendir(program_file(&b->program, "bodies", path, sizeof path));
  while (bodies && (entry = readdir(bodies))) {
    char name[300];
    char hex[65];
    unsigned char digest[32];
    size_t length = 0;
    if (entry->d_type == DT_DIR) continue;
    if (is_temporary(entry->d_name)) {
      (*temporary)++;
      continue;
    }
    snprintf(name, sizeof name, "bodies/%s", entry->d_name);
    char *body = program_read(&b->program, name, &length);
    SHA256((const unsigned char *)(body ? body : ""), length, digest);
    for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    if (strcmp(hex, entry->d_name) != 0)
      FAIL(b, "a partial file: %s", entry->d_name);
    free(body);
    (*count)++;
  }
  if (bodies) closedir(bodies);
}

/* One run over the list with kills until it is through.  How many there were.
 */
static unsigned long kill_until_done(struct bench *b, unsigned long most,
                                     unsigned *seed) {
  unsigned long kills = 0;
  while (kills < most) {
    *seed = *seed * 1103515245u + 12345u;
    program_start(&b->program,
                  ARGUMENTS("fetch", "-q", "-i", "list", "-o", "results",
                            "--save", "bodies", "--resume", "-c", "64",
                            "--per-host", "64"));
    usleep(5000 + (*seed >> 8) % 120000);
    kill(b->program.pid, SIGKILL);
    program_wait(&b->program, RUN_MS);
    if (b->program.code != 128 + SIGKILL) return kills;
    kills++;
  }
  return kills;
}

static void empty_results(const struct bench *b) {
  close_list(create(b, "results"));
}

static unsigned kills(unsigned long wanted) {
  enum { LINES = 20000 };
  struct bench b;
  unsigned seed = (unsigned)getpid();
  unsigned long done = 0;
  unsigned long runs = 0;
  unsigned long files = 0;
  unsigned long temporary = 0;
  open_bench(&b);
  FILE *list = create(&b, "list");
  for (int i = 1; i <= LINES; i++)
    fprintf(list, "http://127.0.0.1:%u/page/%d\n", b.plain, i);
  close_list(list);
  while (done < wanted) {
    empty_results(&b);
    done += kill_until_done(&b, wanted - done, &seed);
    run(&b, ARGUMENTS("fetch", "-q", "-i", "list", "-o", "results", "--save",
                      "bodies", "--resume"));
    if (b.program.code != 0) FAIL(&b, "exit code %d", b.program.code);
    check_results(&b, LINES, NULL);
    runs++;
  }
  check_saved(&b, &files, &temporary);
  if (files != LINES) FAIL(&b, "%lu files", files);
  if (temporary > done) FAIL(&b, "%lu temporary files", temporary);
  printf("kills: %lu, in %lu runs of %d lines; %lu files stored; %u wrong\n",
         done, runs, LINES, files, b.failures);
  return close_bench(&b);
}

/* Memory. */

static long run_long_list(struct bench *b, unsigned long count) {
  FILE *list = create(b, "list");
  for (unsigned long i = 1; i <= count; i++)
    fprintf(list, "http://127.0.0.1:%u/%lu\n", b->plain, i);
  close_list(list);
  run(b, ARGUMENTS("fetch", "-i", "list", "-o", "/dev/null", "--per-host",
                   "256", "--placement", "spread"));
  if (b->program.code != 0) FAIL(b, "exit code %d", b->program.code);
  printf("%s", b->program.err ? b->program.err : "");
  return b->program.peak_kb;
}

static unsigned input(unsigned long count) {
  struct bench b;
  open_bench(&b);
  long few = run_long_list(&b, FEW_LINES);
  long many = run_long_list(&b, count);
  printf("input: %lu lines, %ld KB at the peak; 10000 lines, %ld KB: %.2f\n",
         count, many, few, (double)many / (double)few);
  if (memory_counts && many > few * 6 / 5) FAIL(&b, "too much memory");
  return close_bench(&b);
}

/* Every second line is a comment; the others are finished, in an order that is
 * nearly that of the list, as that of a run is. */
static long run_finished(struct bench *b, unsigned long count) {
  FILE *list = create(b, "list");
  FILE *results = create(b, "results");
  for (unsigned long i = 0; i < count; i++) {
    unsigned long other = i ^ 85;
    fprintf(list, "#\nhttp://127.0.0.1/\n");
    fprintf(results, "{\"line\":%lu,}\n", 2 * (other < count ? other : i) + 2);
  }
  close_list(results);
  close_list(list);
  run(b, ARGUMENTS("fetch", "-i", "list", "-o", "results", "--resume"));
  if (b->program.code != 0) FAIL(b, "exit code %d", b->program.code);
  printf("%s", b->program.err ? b->program.err : "");
  return b->program.peak_kb;
}

static unsigned resume(unsigned long count) {
  struct bench b;
  open_bench(&b);
  long few = run_finished(&b, FEW_LINES & ~127);
  long many = run_finished(&b, count & ~127ul);
  double each = (double)(many - few) * 1024 / (double)count;
  printf("resume: %lu finished lines, %ld KB at the peak; 10000, %ld KB: %.1f "
         "bytes a line\n",
         count, many, few, each);
  if (memory_counts && many - few > (long)(count / 64) + NOISE_KB)
    FAIL(&b, "too much memory");
  return close_bench(&b);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    unsigned (*run)(unsigned long number);
    unsigned long number;
  } all[] = {{"outcomes", outcomes, 20000},
             {"kills", kills, 20},
             {"input", input, 100000},
             {"resume", resume, 1000000}};
  unsigned failures = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    if (argc > 1 && strcmp(argv[1], all[i].name) != 0) continue;
    unsigned long number = scale_of(all[i].number, argc - 1, argv + 1);
    failures += all[i].run(number);
  }
  return failures ? 1 : 0;
}
