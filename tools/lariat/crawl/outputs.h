/* SPDX-License-Identifier: MIT
 * outputs.h: what a running crawl feeds beside its own files: lines of JSON on
 * standard output and to a command, a command for each closed WARC file, and
 * metrics. */
#ifndef TOOLS_LARIAT_CRAWL_OUTPUTS_H
#define TOOLS_LARIAT_CRAWL_OUTPUTS_H

#include <lariat/reactor.h>
#include <stdbool.h>

#include "crawl/command.h"
#include "crawl/line_feed.h"
#include "crawl/settings.h"
#include "crawl/stats_json.h"
#include "crawl/warc_hook.h"

struct crawl_outputs {
  const struct crawl_settings *settings;
  lariat_reactor *reactor;
  char *lines; /* owned: the file of the lines; NULL: none are wanted */
  struct line_feed standard;
  struct line_feed command;
  struct command_process process; /* of --exec */
  struct warc_hook hook;
  lariat_call finished;
  void *context;
  unsigned waiting; /* parts that have not finished */
  bool ending;
  bool failed;
  bool metrics_failed; /* it was said */
};

/* Finds out which file the lines are to be in (outputs->lines).  False: out of
 * memory. */
bool crawl_outputs_init(struct crawl_outputs *outputs,
                        const struct crawl_settings *settings);

/* Begins, once the crawl has its directory.  Says why it cannot, and returns
 * false. */
bool crawl_outputs_begin(struct crawl_outputs *outputs,
                         lariat_reactor *reactor);

/* Writes the metrics, if they are wanted. */
void crawl_outputs_measure(struct crawl_outputs *outputs,
                           const struct crawl_counts *counts);

/* Says that the crawl has ended; `finished` is called when all readers have got
 * all. */
void crawl_outputs_end(struct crawl_outputs *outputs, lariat_call finished,
                       void *context);

/* Stops what is still going on.  Returns whether all went well. */
bool crawl_outputs_close(struct crawl_outputs *outputs);

#endif
