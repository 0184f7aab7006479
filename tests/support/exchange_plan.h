/* SPDX-License-Identifier: MIT
 * exchange_plan.h: one request of a random schedule over a stream in memory
 * (memory_stream.h): what is asked for, what answers, in which pieces, after
 * which waits, with which end; and what must come of it.  A plan is made from
 * its number alone.
 *
 * What must come of it is the parser's view of all the bytes at once, and the
 * rules for ends: neither pieces nor waits nor sinks make a difference. */
#ifndef TESTS_SUPPORT_EXCHANGE_PLAN_H
#define TESTS_SUPPORT_EXCHANGE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/content_decoder.h"
#include "support/memory_stream.h"
#include "support/response_corpus.h"
#include <lariat/client.h>

/* The request's body. */
enum plan_body {
  PLAN_NO_BODY,
  PLAN_BYTES,
  PLAN_FILE,
  PLAN_PRODUCER,        /* of a length that is known */
  PLAN_PRODUCER_CHUNKED /* or not */
};

/* How the answer ends when so many of its bytes have come. */
enum plan_end {
  PLAN_STAYS, /* it does not */
  PLAN_ENDS,
  PLAN_CUTS,
  PLAN_LOSES
};

/* What must come of bytes, by a parser that has them all at once. */
struct plan_view {
  lariat_status status;
  int http_status;
  bool begun;    /* a line of the answer has come */
  bool ended_by; /* the end decided, not the bytes */
  bool keeps;    /* the connection may be used again */
  bool not_http; /* refused for what it began with */
  size_t used;   /* of the bytes */
  char *body;    /* of malloc; what is delivered when it is LARIAT_OK */
  size_t body_length;
};

struct exchange_plan {
  uint64_t number;
  const struct corpus_response *shape;
  size_t cut; /* so many bytes of it come */
  const char *method;
  size_t body_length; /* of the request */
  size_t piece;       /* of a producer */
  size_t window;      /* of a stream */
  uint64_t max_body_bytes;
  unsigned stop_round; /* it is cancelled in this round; 0: it is not */
  uint8_t body;        /* plan_body */
  uint8_t end;         /* plan_end */
  uint8_t sink;        /* lariat_sink_kind */
  bool decodes;
  bool sha256;
  bool reuses; /* on a connection that had an exchange before */
  bool reads_slowly;
  struct memory_script first; /* of that exchange */
  struct memory_script script;
  struct memory_script again; /* the whole answer, on a new connection */
};

struct exchange_plans {
  struct corpus_response *shapes;
  size_t shape_count;
  size_t *short_ones; /* indexes of those that are not long */
  size_t short_count;
};

/* Makes the answers that plans are about.  False: out of memory. */
bool exchange_plans_open(struct exchange_plans *plans);
void exchange_plans_close(struct exchange_plans *plans);

void exchange_plan_make(struct exchange_plan *plan,
                        const struct exchange_plans *plans, uint64_t number);

/* Views the plan's bytes, or with `again` the whole answer and its end. */
void exchange_plan_view(const struct exchange_plan *plan, bool again,
                        struct plan_view *view);
void plan_view_clear(struct plan_view *view);

/* Says whether a request that must be made again may be. */
bool exchange_plan_repeats(const struct exchange_plan *plan);

/* Says whether the request is expected to wait for ever. */
bool plan_view_waits(const struct exchange_plan *plan,
                     const struct plan_view *view);

void exchange_plan_print(const struct exchange_plan *plan);

#endif
