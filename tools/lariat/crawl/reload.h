/* SPDX-License-Identifier: MIT
 * reload.h: SIGHUP reads the configuration file again, and what has changed
 * holds from then on, as far as a running crawl can change it.  Without a file
 * it ends nothing, either: the terminal that a crawl was begun in may go. */
#ifndef TOOLS_LARIAT_CRAWL_RELOAD_H
#define TOOLS_LARIAT_CRAWL_RELOAD_H

#include <lariat/crawl/crawl.h>
#include <lariat/reactor.h>
#include <stdbool.h>

#include "crawl/settings.h"

struct reload {
  lariat_reactor *reactor;
  lariat_crawl *crawl;
  const char *path;           /* NULL: there is no file to be read */
  struct crawl_config latest; /* what was read last; else that of the start */
  const struct crawl_config *first;
  int argc; /* of the options on the command line, which win */
  char **argv;
  int fd; /* a signalfd; -1: not open */
};

/* Blocks SIGHUP, for this thread and for those that it makes; before there are
 * any.  False: no descriptor. */
bool reload_open(struct reload *reload, const struct crawl_settings *settings,
                 int argc, char **argv);

/* Begins to take the signal. */
bool reload_begin(struct reload *reload, lariat_reactor *reactor,
                  lariat_crawl *crawl);

void reload_close(struct reload *reload);

/* Sets an option, as lariat_crawl_set does; says what is wrong. */
typedef void (*reload_setter)(void *context, const char *name,
                              const char *value);

/* Reads the file, and sets what has changed by `set`, whose context is that of
 * the call.  False: the file is not right, which was said, and nothing was set.
 */
bool reload_apply(struct reload *reload, reload_setter set, void *context);

#endif
