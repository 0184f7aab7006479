/* SPDX-License-Identifier: MIT
 * micro: what the small operations of deferreds and reactors cost, in
 * nanoseconds, and what Twisted's cost in the same run.
 *
 * usage: micro [--python PATH] [--twisted DIRECTORY]
 *
 * Each operation is done over and over for a tenth of a second.  The two take
 * turns, three each, of three rounds; the fastest round counts, here as there
 * (where the collector is off meanwhile).
 * What a gather costs is said in two ways: all that a child of it costs, from
 * made to dropped, and how much of that is not spent without the gather.
 * Without Twisted (script/twisted gets it) only lariat's numbers are printed.
 * Exit code 1 where a bar is missed. */
#include "micro.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 3, ROUNDS = 3, ROUND_NS = 100000000, NESTED = 1000000 };

struct operation {
  const char *name; /* also in twisted_micro.py */
  measured *measure;
  uint64_t fixed; /* how often; 0: as often as fits */
  double bar;     /* at most this part of Twisted's; 0: none */
};

static const struct operation operations[] = {
    {"chain link", measure_links, 0, 0},
    {"10 callbacks", measure_ten, 0, 1.0 / 60},
    {"child", measure_children, 0, 0},
    {"child, gathered", measure_gathered, 0, 1.0 / 60},
    {"child, fired before", measure_gathered_late, 0, 1.0 / 60},
    {"returned deferred", measure_returned, 0, 0},
    {"nested, a level", measure_nested, NESTED, 0},
    {"timer", measure_timer, 0, 0},
    {"call across threads", measure_posted, 0, 0},
};
enum {
  OPERATIONS = sizeof operations / sizeof operations[0],
  CHILD = 2,
  GATHERED = 3
};

uint64_t micro_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void micro_fail(const char *what) {
  fprintf(stderr, "micro: %s\n", what);
  exit(2);
}

static uint64_t time_of(const struct operation *operation,
                        lariat_reactor *reactor, uint64_t count) {
  uint64_t start = micro_now_ns();
  operation->measure(reactor, count);
  return micro_now_ns() - start;
}

/* How often it fits into a round. */
static uint64_t count_for(const struct operation *operation,
                          lariat_reactor *reactor) {
  if (operation->fixed) return operation->fixed;
  uint64_t count = 1000;
  uint64_t taken;
  while ((taken = time_of(operation, reactor, count)) < ROUND_NS / 10)
    count *= 2;
  return count * ROUND_NS / taken + 1;
}

static double best_ns(const struct operation *operation,
                      lariat_reactor *reactor) {
  uint64_t count = count_for(operation, reactor);
  uint64_t best = UINT64_MAX;
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t taken = time_of(operation, reactor, count);
    if (taken < best) best = taken;
  }
  return (double)best / (double)count;
}

/* Prints a line; whether the operation is as fast as it must be. */
static bool tell(const char *name, double ns, double other, double bar) {
  printf("%-20s %10.1f", name, ns);
  bool met = true;
  if (other > 0) {
    printf(" %12.1f   1/%.0f", other, other / ns);
    met = bar <= 0 || ns <= other * bar;
    if (bar > 0) printf("   (bar 1/%.0f: %s)", 1 / bar, met ? "met" : "MISSED");
  }
  printf("\n");
  return met;
}

static bool tell_gather(const double ns[OPERATIONS]) {
  double own = ns[GATHERED] - ns[CHILD];
  double other = twisted_ns(operations[GATHERED].name) -
                 twisted_ns(operations[CHILD].name);
  return tell("gather, a child", own, other, 1.0 / 60);
}

static bool tell_all(const double ns[OPERATIONS]) {
  bool all_met = true;
  printf("%-20s %10s %12s   ratio\n", "operation, ns", "lariat", "twisted");
  for (int i = 0; i < OPERATIONS; i++) {
    const struct operation *operation = &operations[i];
    all_met &= tell(operation->name, ns[i], twisted_ns(operation->name),
                    operation->bar);
    if (i == GATHERED) all_met &= tell_gather(ns);
  }
  printf("nested: %d levels on a stack of %d KiB\n", NESTED,
         NESTED_STACK / 1024);
  return all_met;
}

static void take_turn(lariat_reactor *reactor, double ns[OPERATIONS]) {
  for (int i = 0; i < OPERATIONS; i++) {
    double best = best_ns(&operations[i], reactor);
    if (ns[i] <= 0 || best < ns[i]) ns[i] = best;
  }
}

int main(int argc, char **argv) {
  const char *python = "/usr/bin/python3";
  const char *twisted = getenv("LARIAT_TWISTED");
  if (!twisted) twisted = MICRO_TWISTED;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--python") == 0)
      python = argv[i + 1];
    else if (strcmp(argv[i], "--twisted") == 0)
      twisted = argv[i + 1];
    else
      micro_fail("usage: micro [--python PATH] [--twisted DIRECTORY]");
  }
  lariat_reactor *reactor;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) micro_fail("no reactor");
  double ns[OPERATIONS] = {0};
  for (int turn = 0; turn < TURNS; turn++) {
    twisted_run(python, twisted, MICRO_SOURCE "/twisted_micro.py");
    take_turn(reactor, ns);
  }
  lariat_reactor_close(reactor, 0);
  return tell_all(ns) ? 0 : 1;
}
