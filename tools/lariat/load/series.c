/* SPDX-License-Identifier: MIT
 * series.c: the order of the blocks, which are run again, and their numbers. */
#include "load/series.h"

#include <math.h>
#include <stdlib.h>

#include "say.h"

/* INVALID blocks that are run again: one in so many of all. */
enum { AGAIN_SHARE = 4 };

#define LEVEL 0.05

/* ---- Memory ---- */

bool series_init(struct series *series) {
  series->values = calloc(SERIES_SIDES * series->metric_count * series->pairs,
                          sizeof *series->values);
  return series->values != NULL;
}

void series_free(struct series *series) {
  free(series->values);
  series->values = NULL;
}

double *series_values(const struct series *series, unsigned side,
                      size_t metric) {
  return series->values +
         (side * series->metric_count + metric) * series->pairs;
}

/* ---- Running ---- */

/* Tells whether there is a number for each metric. */
static bool has_figures(const struct series *series,
                        const struct block *block) {
  for (size_t i = 0; i < series->metric_count; i++)
    if (!isfinite(block->figures[i])) return false;
  return true;
}

static void keep_figures(const struct series *series,
                         const struct block *block) {
  for (size_t i = 0; i < series->metric_count; i++)
    series_values(series, block->side, i)[block->pair] = block->figures[i];
}

static bool may_run_again(const struct series *series) {
  return series->again < SERIES_SIDES * series->pairs / AGAIN_SHARE;
}

/* Runs the block of a side, again while it is INVALID and may be.  False: the
 * series has ended. */
static bool run_side(struct series *series, size_t pair, unsigned side,
                     block_run run, void *context) {
  struct block block = {.pair = pair, .side = side};
  for (;;) {
    enum block_end end = run(context, &block);
    if (end == BLOCK_ENDED) {
      series->code = block.code;
      return false;
    }
    series->blocks++;
    if (end == BLOCK_VALID && has_figures(series, &block)) break;
    if (!may_run_again(series)) {
      series->invalid++;
      break;
    }
    series->again++;
    block =
        (struct block){.pair = pair, .side = side, .again = block.again + 1};
  }
  keep_figures(series, &block);
  return true;
}

void series_run(struct series *series, block_run run, void *context) {
  bool *b_first = calloc(series->pairs, sizeof *b_first);
  if (!b_first) {
    say("out of memory");
    series->code = EXIT_USAGE;
    return;
  }
  lariat_load_draw_orders(series->seed, series->pairs, b_first);
  for (size_t pair = 0; pair < series->pairs; pair++) {
    unsigned first = b_first[pair];
    if (!run_side(series, pair, first, run, context) ||
        !run_side(series, pair, 1 - first, run, context))
      break;
    series->complete = pair + 1;
  }
  free(b_first);
}

/* ---- Comparing ---- */

lariat_load_quantity series_quantity(const struct series *series,
                                     size_t metric) {
  const struct metric *of = &series->metrics[metric];
  return (lariat_load_quantity){.a = series_values(series, 0, metric),
                                .b = series_values(series, 1, metric),
                                .scale = metric_scale(of),
                                .higher_is_better = metric_higher_is_better(of),
                                .margin = metric_margin(of, series->tolerance)};
}

bool series_compare(const struct series *series,
                    lariat_load_comparison *results) {
  lariat_load_quantity quantities[SERIES_METRICS];
  lariat_load_error error = {.message = ""};
  lariat_load_compare_options options = {.size = sizeof options,
                                         .seed = series->seed};
  for (size_t i = 0; i < series->metric_count; i++)
    quantities[i] = series_quantity(series, i);
  lariat_status status =
      lariat_load_compare(quantities, series->metric_count, series->complete,
                          &options, results, &error);
  if (status != LARIAT_OK)
    say("cannot compare: %s",
        error.message[0] ? error.message : lariat_status_text(status));
  return status == LARIAT_OK;
}

/* The least p is that of all signs alike, on both sides, and Holm's method
 * wants it smaller by the number of metrics. */
size_t series_least_pairs(size_t metrics) {
  size_t pairs = 1;
  for (double p = 1; p * (double)metrics > LEVEL; p /= 2) pairs++;
  return pairs;
}
