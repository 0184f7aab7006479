/* SPDX-License-Identifier: MIT
 * memory_stream.h: an lr_stream in memory.  A script says what it receives, in
 * which pieces, after which waits and with which end, and how much it takes of
 * what is sent; what was taken is kept.
 *
 * The stream has a descriptor that is never ready: whoever drives it asks
 * memory_stream_events what a socket in its place would tell, and calls the
 * owner's watch (memory_stream_drive).  Nothing depends on time: a wait counts
 * rounds, the calls of memory_stream_pass. */
#ifndef TESTS_SUPPORT_MEMORY_STREAM_H
#define TESTS_SUPPORT_MEMORY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/stream.h"
#include "reactor/poller.h"

enum memory_step_kind {
  MEMORY_BYTES, /* `amount` bytes come, or are taken, no more at once */
  MEMORY_WAIT,  /* nothing for `amount` rounds */
  MEMORY_WRITE, /* TLS must write before it can read, and cannot for `amount`
                   rounds: needs_send.  Bytes wait meanwhile */
  MEMORY_READ,  /* TLS must receive before it can send, and nothing comes for
                   `amount` rounds: needs_receive.  The peer takes bytes */
  MEMORY_END,
  MEMORY_CUT, /* the end, without TLS having told */
  MEMORY_LOST
};

/* A step of what is received or sent. */
struct memory_step {
  size_t amount;
  uint8_t kind; /* memory_step_kind */
  bool held;    /* it came with the step before: TLS has read it already, and
                   the descriptor does not tell */
};

enum { MEMORY_STEPS = 160 };

/* A script for one request.  Behind the last step nothing more is received, and
 * all that is sent is taken. */
struct memory_script {
  const char *answer; /* borrowed */
  struct memory_step receives[MEMORY_STEPS];
  struct memory_step sends[MEMORY_STEPS];
  unsigned receive_count;
  unsigned send_count;
  bool tls; /* bytes of a step that were not all received are held */
};

struct memory_stream {
  const struct memory_script *script; /* borrowed; NULL: nothing happens */
  size_t at;                          /* in the answer */
  unsigned receive_step;
  unsigned send_step;
  size_t receive_done; /* of that step: bytes, or rounds */
  size_t send_done;
  char *sent; /* what was taken, in this script */
  size_t sent_length;
  size_t sent_capacity;
  unsigned closes;     /* how often it was closed */
  bool lost;           /* which was told */
  bool writes;         /* in a step of WRITE, as the owner knows */
  unsigned idle_turns; /* the most calls to receive in such a step that came
                          before it could write, or to send in one of READ */
  unsigned idle_calls; /* in this one, since bytes were sent */
  void (*closed)(struct memory_stream *stream); /* or NULL */
};

/* Opens `memory`, which is zeroed but for `closed`, as `stream`.  False: there
 * is no descriptor. */
bool memory_stream_open(struct memory_stream *memory, lr_stream *stream);

/* Frees what is kept of a stream that was closed. */
void memory_stream_clear(struct memory_stream *memory);

/* Begins with another script, for another request. */
void memory_stream_begin(struct memory_stream *memory,
                         const struct memory_script *script);

/* Lets a round pass. */
void memory_stream_pass(struct memory_stream *memory);

/* Says whether a round that passes would change something. */
bool memory_stream_waits(const struct memory_stream *memory);

/* Returns the events that epoll would tell to a watch for `events`. */
uint32_t memory_stream_events(const struct memory_stream *memory,
                              uint32_t events);

/* Tells `watch`, its owner's, if there is something to tell.  Afterwards the
 * owner may have closed it. */
bool memory_stream_drive(const struct memory_stream *memory, lr_watch *watch);

#endif
