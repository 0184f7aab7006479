/* SPDX-License-Identifier: MIT
 * control.h: what `lariat crawl pause` and the like ask of a running crawl: a
 * line of JSON on its socket, {"command":"set","name":"delay","value":"2s"},
 * which is answered by one, {"ok":true} or {"ok":false,"error":"..."}. */
#ifndef TOOLS_LARIAT_CRAWL_CONTROL_H
#define TOOLS_LARIAT_CRAWL_CONTROL_H

#include <lariat/crawl/crawl.h>
#include <lariat/reactor.h>
#include <stdbool.h>

#include "crawl/line_server.h"
#include "crawl/pace.h"

struct control {
  struct line_server server;
  lariat_crawl *crawl;
  const struct pace *pace;
  void (*stop)(void *context, uint64_t grace_ms);
  void *context; /* of `stop` */
};

/* Listens in the directory, whose lock the crawl has.  Says why it cannot, and
 * returns false. */
bool control_open(struct control *control, lariat_reactor *reactor,
                  const char *directory, lariat_crawl *crawl,
                  const struct pace *pace,
                  void (*stop)(void *context, uint64_t grace_ms),
                  void *context);

void control_close(struct control *control);

#endif
