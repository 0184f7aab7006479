/* SPDX-License-Identifier: MIT
 * line_feed.h: hands the lines of a file that grows to a pipe, as fast as that
 * takes them.  What is not taken yet waits in the file, so that nobody waits
 * for a slow reader, and no memory is needed for it. */
#ifndef TOOLS_LARIAT_CRAWL_LINE_FEED_H
#define TOOLS_LARIAT_CRAWL_LINE_FEED_H

#include <lariat/reactor.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { LINE_FEED_PIECE = 4096 };

struct line_feed {
  lariat_reactor *reactor;
  const char *path; /* of the file, which need not be there yet */
  char *mark;       /* owned: the path of a file with the place; NULL: none */
  lariat_timer timer;
  lariat_call finished; /* called once, when all is taken after the end, or
                           nobody reads any more */
  void *context;
  off_t offset; /* of what was taken */
  off_t marked; /* of what the file `mark` says */
  off_t line;   /* the end of the last whole line that was taken */
  int from;     /* the file; -1: not open yet */
  int to;       /* the pipe */
  bool timed;   /* the timer is set */
  bool ending;  /* the file does not grow any more */
  bool over;    /* finished */
  bool broken;  /* nobody reads any more */
};

/* Begins to feed the descriptor `to` from where `mark` (NULL: from the end of
 * the file) says.  `path` lives as long as the feed.  False: no memory, or no
 * timer. */
bool line_feed_begin(struct line_feed *feed, lariat_reactor *reactor,
                     const char *path, const char *mark, int to,
                     lariat_call finished, void *context);

/* Says that the file does not grow any more. */
void line_feed_end(struct line_feed *feed);

/* Stops, wherever it is, and keeps the place. */
void line_feed_close(struct line_feed *feed);

#endif
