/* SPDX-License-Identifier: MIT
 * series.h: pairs of blocks, whose order within each pair is drawn by chance;
 * what was measured of them, and what it comes to.  Who runs a block is a
 * function, so that no test has to. */
#ifndef TOOLS_LARIAT_LOAD_SERIES_H
#define TOOLS_LARIAT_LOAD_SERIES_H

#include <lariat/load/comparison.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/metric.h"

enum { SERIES_METRICS = 16, SERIES_SIDES = 2 };

enum block_end {
  BLOCK_VALID,
  BLOCK_INVALID, /* its own verdict; or it has no number for a metric */
  BLOCK_ENDED    /* nothing more is to be run: `code` says why */
};

/* A run of one side. */
struct block {
  size_t pair;
  unsigned side;  /* 0: A, 1: B */
  unsigned again; /* how often it was run before */
  int code;       /* the exit code */
  double figures[SERIES_METRICS];
  char reason[200]; /* why it is not valid; "": it is */
};

/* Runs a block and fills in its result. */
typedef enum block_end (*block_run)(void *context, struct block *block);

struct series {
  const struct metric *metrics;
  size_t metric_count;
  size_t pairs; /* wanted */
  double tolerance;
  uint64_t seed;

  size_t complete; /* pairs that were run */
  size_t blocks;   /* that were run, again or not */
  size_t again;    /* that were run again */
  size_t invalid;  /* that stayed INVALID */
  int code;        /* of what has ended it; 0: nothing has */
  double *values;  /* of series_values */
};

/* Gets memory; false: there is none. */
bool series_init(struct series *series);
void series_free(struct series *series);

/* Returns the numbers of a side for a metric: one of each pair. */
double *series_values(const struct series *series, unsigned side,
                      size_t metric);

/* Runs the pairs, one block after the other, in the order that `seed` draws. An
 * INVALID block is run again in its place, before anything else is run, as
 * often as a quarter of all blocks is: so each side has the same chance of it,
 * and the test stays exact. */
void series_run(struct series *series, block_run run, void *context);

/* Compares the complete pairs; `results` has one for each metric.  False, with
 * the reason said: there is nothing to compare. */
bool series_compare(const struct series *series,
                    lariat_load_comparison *results);

/* Returns what is compared of a metric. */
lariat_load_quantity series_quantity(const struct series *series,
                                     size_t metric);

/* Returns the least number of pairs with which any difference can be told. */
size_t series_least_pairs(size_t metrics);

#endif
