/* SPDX-License-Identifier: MIT
 * warc_hook.h: runs a command for each WARC file that is closed, one after the
 * other, and each at least once, over all runs of a crawl. */
#ifndef TOOLS_LARIAT_CRAWL_WARC_HOOK_H
#define TOOLS_LARIAT_CRAWL_WARC_HOOK_H

#include <lariat/reactor.h>
#include <stdbool.h>

#include "crawl/command.h"
#include "crawl/name_counts.h"

struct warc_hook {
  lariat_reactor *reactor;
  const char *text; /* the command; NULL: there is no hook */
  struct command_process process;
  struct name_counts seen; /* paths that are done, or wait */
  char **paths;            /* owned; those from `next` on wait */
  size_t count;
  size_t next;
  lariat_call finished; /* called when none waits any more, after the end */
  void *context;
  int log; /* the file with those that are done; -1: none */
  bool ending;
  bool failed; /* the command has, for one of them */
};

/* Begins; files of DIR/warc that are closed, but were not done, wait.  Says why
 * it cannot, and returns false. */
bool warc_hook_begin(struct warc_hook *hook, lariat_reactor *reactor,
                     const char *directory, const char *text,
                     lariat_call finished, void *context);

/* Adds a file that is closed now; as lariat_crawl_on_warc_closed. */
void warc_hook_add(const char *path, void *hook);

/* Says that no file comes any more. */
void warc_hook_end(struct warc_hook *hook);

/* Stops; a command that is running goes on by itself. */
void warc_hook_close(struct warc_hook *hook);

#endif
