/* SPDX-License-Identifier: MIT
 * differential: runs generated programs over lariat's deferreds and over
 * Twisted's, and compares what they did, to the byte.
 *
 * usage: differential [--seed S] [--first I] [--programs N] [--most N]
 *                     [--python PATH] [--twisted DIRECTORY] [--without ROW]
 *        differential --replay FILE
 *        differential --print --seed S --first I --programs N
 *
 * --seed      the same seed gives the same programs (default: the time)
 * --first     the number of the first program (default 0)
 * --most      how many differences to look for before giving up (default 1)
 * --twisted   where script/twisted has put Twisted
 * --without   leaves a row of the table of differences out, to see it
 * --replay    runs the program in a file ("-": standard input), prints both
 *             traces
 * --print     prints the programs, does not run them
 *
 * A program that shows a difference is made as small as possible and printed
 * with both traces.  Exit code: 0 none, 1 differences, 2 trouble, 77 there is
 * no Twisted. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "differential/compare.h"
#include "differential/generate.h"
#include "differential/peer.h"
#include "differential/shrink.h"
#include "differential/table.h"

enum { BATCH = 256, NO_TWISTED = 77 };

struct options {
  uint64_t seed;
  uint64_t first;
  uint64_t programs;
  uint64_t most;
  const char *python;
  const char *twisted;
  const char *without;
  const char *replay;
  bool print;
};

/* Both sides, and the answers to what was asked last. */
struct sides {
  struct peer lariat;
  struct peer twisted;
  struct text lariat_trace;
  struct text twisted_trace;
  struct text single; /* a batch of one program */
  uint64_t in_part;   /* programs of which only a part was compared */
};

static void send_both(struct sides *s, const struct text *batch) {
  if (s->lariat.pid == 0) peer_start(&s->lariat);
  if (s->twisted.pid == 0) peer_start(&s->twisted);
  peer_send(&s->twisted, batch);
  peer_send(&s->lariat, batch);
}

/* Whether both answered. */
static bool receive_both(struct sides *s) {
  bool lariat = peer_receive(&s->lariat, &s->lariat_trace);
  bool twisted = peer_receive(&s->twisted, &s->twisted_trace);
  return lariat && twisted;
}

static bool differs(void *context, const struct text *program) {
  struct sides *s = context;
  text_clear(&s->single);
  text_add_bytes(&s->single, program->bytes, program->used);
  text_add(&s->single, "end\n");
  send_both(s, &s->single);
  if (!receive_both(s)) return true;
  const char *lariat = s->lariat_trace.bytes;
  const char *twisted = s->twisted_trace.bytes;
  return compare_traces(&lariat, &twisted) == TRACES_DIFFER;
}

static void print_side(const char *title, const struct text *trace) {
  printf("-- %s\n%s", title, trace->bytes);
}

/* Both traces of the program asked for last. */
static void print_traces(const struct sides *s) {
  print_side("lariat", &s->lariat_trace);
  print_side("twisted", &s->twisted_trace);
}

static void report(struct sides *s, const struct options *o, uint64_t number,
                   struct text *program) {
  printf("program %" PRIu64 " of seed %" PRIu64 " differs; made small:\n",
         number, o->seed);
  shrink(program, differs, s);
  (void)differs(s, program);
  printf("%s", program->bytes);
  print_traces(s);
  printf("-- again: differential --seed %" PRIu64 " --first %" PRIu64
         " --programs 1\n",
         o->seed, number);
  fflush(stdout);
}

/* Looks at a program that differs; whether it does so alone. */
static bool look_closer(struct sides *s, const struct options *o,
                        uint64_t number) {
  struct text program = {0};
  uint64_t ignored[OP_COUNT] = {0};
  generate(&program, o->seed, number, ignored);
  bool alone = differs(s, &program);
  if (alone) report(s, o, number, &program);
  text_free(&program);
  return alone;
}

/* Each program of a batch that one of the sides did not survive. */
static uint64_t look_at_each(struct sides *s, const struct options *o,
                             uint64_t first, uint64_t count) {
  uint64_t found = 0;
  for (uint64_t i = first; i < first + count && found < o->most; i++)
    found += look_closer(s, o, i);
  return found;
}

/* Compares the traces of a batch, program by program; the number of the first
 * that differs, or of the one after the last. */
static uint64_t first_that_differs(struct sides *s, uint64_t first,
                                   uint64_t count) {
  const char *lariat = s->lariat_trace.bytes;
  const char *twisted = s->twisted_trace.bytes;
  uint64_t i = first;
  for (; i < first + count; i++) {
    enum comparison result = compare_traces(&lariat, &twisted);
    if (result == TRACES_DIFFER) break;
    s->in_part += result == TRACES_SAME_IN_PART;
  }
  return i;
}

/* What became of a batch that was sent; how many differences there are. */
static uint64_t look_at_batch(struct sides *s, const struct options *o,
                              uint64_t first, uint64_t count) {
  uint64_t found = 0;
  if (!receive_both(s)) {
    found = look_at_each(s, o, first, count);
  } else {
    uint64_t number = first_that_differs(s, first, count);
    if (number == first + count) return 0;
    found = look_closer(s, o, number);
    if (found > 0 && o->most > 1 && number + 1 < first + count)
      found += look_at_each(s, o, number + 1, first + count - number - 1);
  }
  if (found == 0)
    printf("programs %" PRIu64 " to %" PRIu64 " of seed %" PRIu64
           " differ together, but none does alone\n",
           first, first + count - 1, o->seed);
  return found > 0 ? found : 1;
}

static void make_batch(struct text *batch, const struct options *o,
                       uint64_t first, uint64_t count,
                       uint64_t written[OP_COUNT]) {
  text_clear(batch);
  for (uint64_t i = first; i < first + count; i++) {
    generate(batch, o->seed, i, written);
    text_add(batch, "end\n");
  }
}

static uint64_t at_most(uint64_t number, uint64_t most) {
  return number < most ? number : most;
}

/* Runs all programs, a batch being made while another runs; how many
 * differences were found. */
static uint64_t run_all(struct sides *s, const struct options *o,
                        uint64_t written[OP_COUNT]) {
  struct text batch = {0};
  uint64_t found = 0;
  uint64_t end = o->first + o->programs;
  uint64_t next = o->first;
  uint64_t count = at_most(BATCH, end - next);
  make_batch(&batch, o, next, count, written);
  while (count > 0 && found < o->most) {
    uint64_t running = next;
    uint64_t size = count;
    send_both(s, &batch);
    next += count;
    count = at_most(BATCH, end - next);
    make_batch(&batch, o, next, count, written);
    found += look_at_batch(s, o, running, size);
  }
  text_free(&batch);
  return found;
}

/* What lariat's side says when asked with a batch of nothing: a line for each
 * operation, with how often it was performed. */
static void print_counts(struct sides *s, const uint64_t written[OP_COUNT]) {
  const struct text nothing = {0};
  if (!peer_ask(&s->lariat, &nothing, &s->lariat_trace)) return;
  printf("%-12s %12s %12s\n", "operation", "written", "performed");
  const char *line = s->lariat_trace.bytes;
  for (int op = 0; op < OP_COUNT; op++) {
    const char *number = strchr(line, ' ');
    printf("%-12s %12" PRIu64 " %12.*s\n", operations[op].name, written[op],
           (int)strcspn(number + 1, "\n"), number + 1);
    line = strchr(line, '\n') + 1;
  }
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run(struct sides *s, const struct options *o) {
  uint64_t written[OP_COUNT] = {0};
  double start = seconds_now();
  printf("seed %" PRIu64 "\n", o->seed);
  uint64_t found = run_all(s, o, written);
  print_counts(s, written);
  printf("compared without what is left at the end: %" PRIu64 "\n", s->in_part);
  printf("%" PRIu64 " programs in %.1f s, differences: %" PRIu64 "%s\n",
         o->programs, seconds_now() - start, found,
         found > 0 && found >= o->most ? " (stopped there)" : "");
  return found > 0;
}

static int replay(struct sides *s, const struct options *o) {
  struct text program = {0};
  char line[256];
  FILE *file = strcmp(o->replay, "-") == 0 ? stdin : fopen(o->replay, "r");
  if (!file) die("%s cannot be read", o->replay);
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, "--", 2) == 0 || strcmp(line, "end\n") == 0) break;
    text_add(&program, line);
  }
  fclose(file);
  bool differ = differs(s, &program);
  print_traces(s);
  text_free(&program);
  return differ;
}

static int print_programs(const struct options *o) {
  struct text batch = {0};
  uint64_t written[OP_COUNT] = {0};
  make_batch(&batch, o, o->first, o->programs, written);
  fputs(batch.bytes, stdout);
  text_free(&batch);
  return 0;
}

static uint64_t number_from(const char *text) {
  char *end;
  errno = 0;
  uint64_t number = strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end) die("%s is not a number", text);
  return number;
}

static struct options defaults(void) {
  const char *twisted = getenv("LARIAT_TWISTED");
  struct options o = {.seed = (uint64_t)time(NULL),
                      .programs = 1000,
                      .most = 1,
                      .python = "/usr/bin/python3",
                      .twisted = twisted ? twisted : DIFFERENTIAL_TWISTED};
  return o;
}

static void take_option(struct options *o, const char *name,
                        const char *value) {
  if (strcmp(name, "--seed") == 0)
    o->seed = number_from(value);
  else if (strcmp(name, "--first") == 0)
    o->first = number_from(value);
  else if (strcmp(name, "--programs") == 0)
    o->programs = number_from(value);
  else if (strcmp(name, "--most") == 0)
    o->most = number_from(value);
  else if (strcmp(name, "--python") == 0)
    o->python = value;
  else if (strcmp(name, "--twisted") == 0)
    o->twisted = value;
  else if (strcmp(name, "--without") == 0)
    o->without = value;
  else if (strcmp(name, "--replay") == 0)
    o->replay = value;
  else
    die("there is no option %s", name);
}

static struct options options_from(int argc, char **argv) {
  struct options o = defaults();
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--print") == 0) {
      o.print = true;
      continue;
    }
    if (i + 1 == argc) die("%s wants a value, or is no option", argv[i]);
    take_option(&o, argv[i], argv[i + 1]);
    i++;
  }
  return o;
}

/* Twisted's side answers nothing with nothing, if it is there. */
static bool has_twisted(struct sides *s) {
  const struct text nothing = {0};
  if (peer_ask(&s->twisted, &nothing, &s->twisted_trace)) return true;
  printf("skipped: there is no Twisted 24.11 here; script/twisted gets it\n");
  return false;
}

static char *copy_of(const char *string) {
  char *copy = strdup(string);
  if (!copy) die("out of memory");
  return copy;
}

int main(int argc, char **argv) {
  struct options o = options_from(argc, argv);
  if (o.print) return print_programs(&o);
  signal(SIGPIPE, SIG_IGN);
  if (setenv("PYTHONPATH", o.twisted, 1) != 0) die("out of memory");
  struct text rows = {0};
  text_add(&rows, "");
  table_read(&rows, DIFFERENTIAL_SOURCE "/differences.tsv", o.without);
  char *command[] = {copy_of(o.python), copy_of("-B"),
                     copy_of(DIFFERENTIAL_SOURCE "/over_twisted.py"),
                     rows.bytes, NULL};
  struct sides s = {.lariat = {.title = "lariat", .rows = rows.bytes},
                    .twisted = {.title = "twisted", .command = command}};
  int code = NO_TWISTED;
  if (has_twisted(&s)) code = o.replay ? replay(&s, &o) : run(&s, &o);
  peer_stop(&s.lariat);
  peer_stop(&s.twisted);
  text_free(&s.lariat_trace);
  text_free(&s.twisted_trace);
  text_free(&s.single);
  text_free(&rows);
  for (int i = 0; i < 3; i++) free(command[i]);
  return code;
}
