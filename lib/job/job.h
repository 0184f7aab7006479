/* SPDX-License-Identifier: MIT
 * job.h: one fetch on its way: caller -> reactor -> lane -> caller.
 *
 * A job is made and freed on the caller's thread.  It has two queue nodes, one
 * for its travel and one for its cancel; while either is away the job lives
 * on.  Fields that the caller writes and fields that the pool writes lie on
 * different cache lines; the request between them is written before the job
 * leaves and only read while it is away.  The mailboxes order all of this: no
 * field but `ends` is atomic. */
#ifndef LR_JOB_JOB_H
#define LR_JOB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/list.h"
#include "client/retry.h"
#include "deferred/deferred.h"
#include "http/header_list.h"
#include "http/response.h"
#include "http/url.h"
#include "reactor/mailbox.h"
#include "reactor/timers.h"
#include <lariat/client.h>

struct lr_channel;
struct lr_host;
struct lr_transfer;
struct lr_connection;
struct lr_backlog_host;
struct lr_body_sink;
struct lr_body_source;

/* Where a job is, as its caller knows. */
typedef enum lr_job_state {
  LR_JOB_HERE,       /* with the caller: new, between two hops, or finished */
  LR_JOB_BACKLOGGED, /* in the link's queue, without a credit */
  LR_JOB_AWAY,       /* handed over to a pool reactor */
  LR_JOB_WAITS_FOR_RETRY /* with the caller: waits for its retry; `timer` ends
                            that */
} lr_job_state;

/* Where a job is, as its pool reactor knows. */
typedef enum lr_job_stage {
  LR_JOB_IN_HOST_QUEUE, /* in its host's queue */
  LR_JOB_RUNNING,       /* with the transport */
  LR_JOB_RETURNED       /* handed back */
} lr_job_stage;

/* What must have come to its end before an orphaned job (one whose reactor
 * closed before it came home) can be freed: the deferred's references, the
 * travel node, the cancel node.  Whoever sets the last bit frees it. */
enum {
  LR_JOB_DEFERRED_ENDED = 1,
  LR_JOB_TRAVEL_ENDED = 2,
  LR_JOB_CANCEL_ENDED = 4,
  LR_JOB_ALL_ENDED = 7
};

typedef struct lr_job {
  /* The caller's. */
  lariat_deferred deferred;     /* first: the deferred is the job */
  struct lariat_client *client; /* NULL once orphaned */
  lr_list node;                 /* in the client's list of jobs */
  lr_list queue_node;           /* in the link's backlog */
  struct lr_backlog_host
      *backlog_host;     /* its host's part of that; NULL: none */
  lr_timer timer;        /* ends its time in the backlog, or its rest */
  uint64_t submitted_ns; /* the fetch began, on the pool's clock */
  uint64_t hop_ns;       /* this hop of it began */
  uint64_t due_ns; /* the deadline, on the reactor's clock; UINT64_MAX: none */
  unsigned redirects;
  unsigned max_redirects;
  uint8_t state;          /* lr_job_state */
  bool completed;         /* it is over: the deferred has fired */
  bool headers_delivered; /* a stream: the deferred has fired, it is not over
                             yet */
  bool released;          /* the deferred's last reference is gone */
  bool travel_away;
  bool cancel_away;
  lr_atomic_u32 ends;          /* LR_JOB_*_ENDED; only once orphaned */
  const lr_retry_rules *rules; /* NULL: it is not tried again */
  lr_retry_rules *own_rules;   /* of this request alone; freed with it */
  lr_attempts *attempts;       /* those before this one; NULL: none */
  uint64_t waited_ns;          /* before this attempt */
  unsigned retries;            /* that the policy was asked for */
  lariat_retry_end retry_end;  /* why there is no other */

  /* The request. */
  struct lr_channel *channel;
  lr_url url;
  lr_header_list *headers;
  char method[33];
  bool defaults; /* a GET with its client's own options, and so was the one
                 before: what these come to is there already */
  bool get;      /* the method is GET and there is no body */
  bool spread;
  bool sha256;
  bool decompress;
  uint8_t http;      /* lariat_http */
  uint8_t sink_kind; /* lariat_sink_kind */
  uint8_t priority;  /* lr_priority, from the priority */
  const void *body;
  size_t body_length;
  void (*drop_body)(void *body);
  struct lr_body_sink *sink; /* NULL: the body goes into the response */
  struct lr_body_source
      *body_source; /* a body that is not in memory; may be NULL */
  uint64_t max_body_bytes;
  uint64_t connect_timeout_ns; /* 0: none */
  uint64_t deadline_ns;        /* on the pool's clock; UINT64_MAX: none */
  uint64_t idle_timeout_ns;    /* 0: none */
  bool repeatable; /* it may be made twice: method, policy and body allow it */
  bool not_replayable;       /* its body cannot be sent or taken twice */
  bool needs_new_connection; /* on a new connection, since an open one was dead
                              */

  /* The pool's. */
  _Alignas(LR_CACHE_LINE) lr_mail travel;
  lr_list pool_node; /* in its host's queue, or the dispatcher's running list */
  struct lr_host *host;
  struct lr_transfer *transfer;
  struct lr_connection *connection; /* of our own; NULL: it is libcurl's */
  lr_timer pool_timer;
  uint64_t arrived_ns;
  uint64_t started_ns;
  uint64_t token_ns; /* since when it has a token */
  uint64_t epoch;    /* for lr_drain */
  uint64_t received; /* bytes of body, after decompression */
  uint8_t stage;     /* lr_job_stage */
  uint8_t phase;     /* lariat_phase, when it failed */
  bool cancelled;
  bool resent; /* libcurl has sent it twice: an open connection was dead */
  bool
      reuse_failed; /* a connection was of no use to it: it waits for another */
  bool connection_dead; /* and the other one, too; or it could not be sent twice
                         */
  uint8_t time_limit;   /* lariat_time_limit, when it timed out */
  uint64_t active_ns;   /* bytes went or came; only with an idle time-out */
  lariat_status outcome;
  int curl_code;
  char *detail; /* what libcurl said; may be NULL */
  lariat_response *response;

  /* Written by the caller, then by the pool, in turns. */
  _Alignas(LR_CACHE_LINE) lr_mail cancel;
} lr_job;

/* A blank job, on cache lines of its own; NULL when out of memory. */
lr_job *lr_job_new(void);

/* Drops what one attempt came to; what is known of all of them stays.  Any
 * thread that has the job alone. */
void lr_job_drop_outcome(lr_job *job);

/* Drops what the request and its outcome own, and makes the job blank again
 * but for the deferred, which is dead.  Any thread that has the job alone. */
void lr_job_wipe(lr_job *job);

/* Wipes and frees.  Any thread that has the job alone. */
void lr_job_free(lr_job *job);

/* Marks parts (LR_JOB_*_ENDED) of an orphaned job as ended, and frees it with
 * the last.  Any thread. */
void lr_job_end(lr_job *job, uint32_t parts);

static inline lr_job *lr_job_of_travel(lr_mail *mail) {
  return lr_container(mail, lr_job, travel);
}

static inline lr_job *lr_job_of_cancel(lr_mail *mail) {
  return lr_container(mail, lr_job, cancel);
}

#endif
