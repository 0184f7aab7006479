/* SPDX-License-Identifier: MIT
 * requests.h: the requests of a test as this library keeps them: bytes that are
 * ready to be sent, and beside them as little as may be, for there may be
 * millions. */
#ifndef LOAD_REQUESTS_H
#define LOAD_REQUESTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/requests.h>
#include <lariat/load/variables.h>

#include "alias.h"
#include "arena.h"
#include "check.h"
#include "names.h"
#include "origins.h"
#include "source.h"
#include "template.h"

typedef struct lr_load_flow lr_load_flow; /* flow.h */

/* The parts that few requests have. */
typedef struct lr_load_extra {
  uint64_t think_low_ns;
  uint64_t think_high_ns;
  const lr_load_check *check;
  const lr_load_template *template; /* NULL: there are no variables in it */
  const lr_load_flow *flow; /* NULL: it is a request; else these instead */
} lr_load_extra;

enum lr_load_entry_flag {
  LR_LOAD_ENTRY_HEAD = 1, /* its method is HEAD */
  LR_LOAD_ENTRY_IDEMPOTENT = 2,
  LR_LOAD_ENTRY_COOKIE = 4 /* it has a header Cookie */
};

/* One request. */
typedef struct lr_load_entry {
  const char *bytes;
  uint32_t length;
  uint32_t origin;
  uint32_t extra; /* index; 0: nothing */
  uint16_t name;
  uint16_t flags;
} lr_load_entry;

/* One request of a replay. */
typedef struct lr_load_instant {
  uint64_t at_ns;   /* from the start */
  uint32_t request; /* index of its entry */
  uint32_t order;   /* as it came, among those of one instant */
} lr_load_instant;

/* The table of weights, made once all requests are there, by the first source.
 */
typedef struct lr_load_draw {
  pthread_mutex_t mutex; /* of a pipe's names and servers, too */
  bool frozen; /* a run has seen names and servers: there are no new ones */
  lr_load_alias alias;
  size_t count; /* of the requests that the table was made of */
} lr_load_draw;

struct lariat_load_requests {
  lr_load_entry *entries;
  size_t count;
  size_t capacity;
  uint64_t *weights; /* in millionths; NULL: all are the same */
  uint64_t weight;   /* of all that there are, then */
  lr_load_extra *extras;
  size_t extra_count;
  size_t extra_capacity;
  lr_load_names names;
  lr_load_csv *csv; /* of variables; or NULL */
  lariat_load_rows rows;
  lr_load_origins origins;
  lr_load_arena arena; /* of bytes and checks */
  lariat_load_request base;
  lr_load_arena base_arena;
  lr_load_flow *flows;
  struct lariat_load_pipe *pipe;      /* that brings the requests; or NULL */
  const lr_load_check **piped_checks; /* of the pipe's requests: they stay */
  size_t piped_check_count;
  size_t piped_check_capacity;
  lr_load_instant *instants; /* of a replay, in ascending order; or NULL */
  size_t instant_count;
  lariat_load_order order;
  uint64_t seed;
  uint64_t hash; /* of all that was added */
  lr_load_draw *draw;
};

/* A request on its way into a list. */
typedef struct lr_load_made {
  lr_load_entry entry;
  lr_load_extra extra;
} lr_load_made;

/* Makes a request of the list, its bytes in `arena`: what it does not have is
 * taken from the base.  Statuses as those of lariat_load_requests_add. */
lariat_status lr_load_requests_make(lariat_load_requests *requests,
                                    const lariat_load_request *request,
                                    lr_load_arena *arena, lr_load_made *made,
                                    lariat_load_error *error);

/* Makes the requests a replay; the instants, one or more, are theirs from now
 * on. */
void lr_load_requests_set_instants(lariat_load_requests *requests,
                                   lr_load_instant *instants, size_t count);

/* Makes a pipe's names and servers stay as they are: a run is about to see
 * them.  Any thread. */
void lr_load_requests_freeze(const lariat_load_requests *requests);

/* Returns which request has this index of the plan; `draw` is NULL where all
 * have the same weight. */
size_t lr_load_requests_choose(const lariat_load_requests *requests,
                               const lr_load_alias *draw, uint64_t index);

/* Makes the table by which requests are drawn, unless it is there, and puts it
 * into `*draw`; NULL: none is needed.  Any thread.  LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_requests_prepare(const lariat_load_requests *requests,
                                       const lr_load_alias **draw);

/* Returns the row of the table that belongs to an index. */
size_t lr_load_requests_row(const lariat_load_requests *requests,
                            uint64_t index);

/* Fills in a message from an entry and its extra; a flow's steps count from
 * 0. */
void lr_load_entry_tell(const lariat_load_requests *requests,
                        const lr_load_entry *entry, const lr_load_extra *extra,
                        uint64_t index, size_t step, lr_load_message *out);

#endif
