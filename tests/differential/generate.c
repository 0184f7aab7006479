/* SPDX-License-Identifier: MIT
 * generate.c: programs out of numbers.  A program has a theme, so that what it
 * does has to do with each other: with tools (locks, semaphores, queues),
 * with time, with coroutines, with some of these, or with deferreds alone. */
#include "differential/generate.h"

#include <string.h>

enum {
  SLOTS_USED = 7, /* of deferreds: few, so that they meet */
  LOCK_SLOT = 0,  /* of tools */
  SEMAPHORE_SLOT = 1,
  QUEUE_SLOT = 2
};

struct writer {
  struct text *text;
  uint64_t *written;
  uint64_t state;
  unsigned functions; /* how many the program has */
  unsigned numbers;   /* used up for values: each has another */
  bool with_tools;
  bool with_time;
  bool with_coroutines;
  bool in_main;
};

/* SplitMix64: small, and any seed will do. */
static uint64_t scramble(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

/* A number below `limit`. */
static unsigned below(struct writer *w, unsigned limit) {
  w->state += UINT64_C(0x9e3779b97f4a7c15);
  return (unsigned)((scramble(w->state) >> 33) % limit);
}

static bool chance(struct writer *w, unsigned percent) {
  return below(w, 100) < percent;
}

static void write_value(struct writer *w) {
  static const char *const kinds[] = {"",  "",  "",  "",  "s", "s",
                                      "s", "m", "m", "m", "!"};
  if (chance(w, 6))
    text_add(w->text, " none");
  else
    text_format(w->text, " %s%u", kinds[below(w, 11)], ++w->numbers);
}

static void write_function(struct writer *w) {
  text_format(w->text, " f%u", below(w, w->functions));
}

static void write_slot(struct writer *w) {
  text_format(w->text, " %u", below(w, SLOTS_USED));
}

/* The same child twice only in the main part: a function that runs over and
 * over would nest such lists, and a cancel of the outermost goes through 3^n of
 * them, here as there. */
static void write_slots(struct writer *w) {
  unsigned count = chance(w, 5) ? 0 : 1 + below(w, 4);
  unsigned used = 0;
  for (unsigned i = 0; i < count; i++) {
    unsigned slot = below(w, SLOTS_USED);
    if (!w->in_main && used & 1u << slot) continue;
    used |= 1u << slot;
    text_format(w->text, " %u", slot);
  }
}

static void write_flags(struct writer *w) {
  static const char *const flags[] = {"-",  "c",  "e",  "x",
                                      "ce", "cx", "ex", "cex"};
  text_format(w->text, " %s", flags[below(w, 8)]);
}

/* One word of an operation's shape. */
static void write_word(struct writer *w, char shape) {
  switch (shape) {
  case 'd': /* a deferred */
  case 'D': /* where a new one goes */
    write_slot(w);
    return;
  case 'f': /* a side, which may be missing */
    if (chance(w, 20))
      text_add(w->text, " -");
    else
      write_function(w);
    return;
  case 'g': /* a side */
    write_function(w);
    return;
  case 'o': /* a function at the end, which may be missing */
    if (chance(w, 50)) write_function(w);
    return;
  case 'v':
    write_value(w);
    return;
  case 'n': /* a failure's number */
    text_format(w->text, " %u", ++w->numbers);
    return;
  case '*':
    write_slots(w);
    return;
  case 'F':
    write_flags(w);
    return;
  case 'm': /* milliseconds */
    text_format(w->text, " %u", below(w, 20));
    return;
  case 'L':
    text_format(w->text, " %d", LOCK_SLOT);
    return;
  case 'S':
    text_format(w->text, " %d", SEMAPHORE_SLOT);
    return;
  case 'Q':
    text_format(w->text, " %d", QUEUE_SLOT);
    return;
  case 'A': /* what can be acquired */
    text_format(w->text, " %d", chance(w, 50) ? LOCK_SLOT : SEMAPHORE_SLOT);
    return;
  case 'k': /* tokens */
    text_format(w->text, " %u", 1 + below(w, 3));
    return;
  case 'q': /* a limit */
    if (chance(w, 30))
      text_add(w->text, " -");
    else
      text_format(w->text, " %u", below(w, 3));
    return;
  default:
    die("no word is shaped %c", shape);
  }
}

static void write_operation(struct writer *w, enum op op) {
  w->written[op]++;
  text_add(w->text, operations[op].name);
  for (const char *shape = operations[op].shape; *shape; shape++)
    write_word(w, *shape);
  text_add(w->text, "\n");
}

static unsigned weight_of(const struct writer *w, int op) {
  bool is_tool = op >= OP_LOCK && op <= OP_GET;
  bool is_time = op == OP_TIMEOUT || op == OP_ADVANCE || op == OP_SLEEP;
  if (is_tool && !w->with_tools) return 0;
  if (is_time && !w->with_time) return 0;
  if (op >= OP_RUN && !w->with_coroutines) return 0;
  if (is_wait((enum op)op) && w->in_main) return 0;
  if (op == OP_ADVANCE && !w->in_main) return 0; /* time passes by itself */
  if (op == OP_RUN && !w->in_main) return operations[op].weight / 4;
  return operations[op].weight;
}

static enum op choose_operation(struct writer *w) {
  unsigned total = 0;
  for (int op = 0; op < OP_COUNT; op++) total += weight_of(w, op);
  unsigned left = below(w, total);
  int op = 0;
  while (left >= weight_of(w, op)) left -= weight_of(w, op++);
  return (enum op)op;
}

static void write_outcome(struct writer *w) {
  unsigned kind = below(w, 100);
  if (kind < 24) {
    text_add(w->text, "pass");
  } else if (kind < 46) {
    text_add(w->text, "val");
    write_value(w);
  } else if (kind < 58) {
    text_format(w->text, "fail %u", ++w->numbers);
  } else if (kind < 66) {
    text_format(w->text, "raise %u", ++w->numbers);
  } else {
    text_add(w->text, "def");
    write_slot(w);
  }
  text_add(w->text, "\n");
}

/* Of a function. */
static unsigned count_lines(struct writer *w) {
  if (w->with_coroutines && chance(w, 60)) return 1 + below(w, 6);
  return chance(w, 55) ? 0 : 1 + below(w, 3);
}

static void write_functions(struct writer *w) {
  for (unsigned f = 0; f < w->functions; f++) {
    text_format(w->text, "fn f%u ", f);
    write_outcome(w);
    unsigned lines = count_lines(w);
    for (unsigned i = 0; i < lines; i++) {
      text_format(w->text, "in f%u ", f);
      write_operation(w, choose_operation(w));
    }
  }
}

static void write_main(struct writer *w) {
  w->in_main = true;
  unsigned first = 2 + below(w, 4);
  for (unsigned slot = 0; slot < first; slot++) {
    w->written[OP_NEW]++;
    text_format(w->text, "new %u", slot);
    if (chance(w, 25)) write_function(w);
    text_add(w->text, "\n");
  }
  if (w->with_tools) {
    write_operation(w, OP_LOCK);
    write_operation(w, OP_SEMAPHORE);
    write_operation(w, OP_QUEUE);
  }
  unsigned lines = 4 + below(w, 24);
  for (unsigned i = 0; i < lines; i++) write_operation(w, choose_operation(w));
}

void generate(struct text *text, uint64_t seed, uint64_t number,
              uint64_t written[OP_COUNT]) {
  struct writer w = {.text = text, .written = written};
  w.state = scramble(seed) ^ scramble(~number);
  w.functions = 1 + below(&w, 8);
  w.with_tools = chance(&w, 40);
  w.with_time = chance(&w, 30);
  w.with_coroutines = chance(&w, 50);
  write_functions(&w);
  write_main(&w);
}
