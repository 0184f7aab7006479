/* SPDX-License-Identifier: MIT
 * job.h: one fetch on its way: caller -> pool reactor -> transport -> caller.
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
#include "deferred/deferred.h"
#include "http/attempts.h"
#include "http/header_list.h"
#include "http/response.h"
#include "http/url.h"
#include "limits/retry_policy.h"
#include "reactor/mailbox.h"
#include "reactor/timers.h"
#include <lariat/client.h>

struct lr_channel;
struct lr_port;
struct lr_outbox;
struct lariat_stream;
struct lr_host;
struct lr_connection;
struct lr_backlog_host;
struct lr_body_sink;
struct lr_body_source;
struct lr_lease;
struct lr_observation;

/* Where a job is, as its caller knows. */
typedef enum lr_job_state {
  LR_JOB_HERE,           /* new, between two hops, or finished */
  LR_JOB_BACKLOGGED,     /* in the channel's backlog, without a credit */
  LR_JOB_AWAY,           /* handed over to a pool reactor */
  LR_JOB_WAITS_FOR_RETRY /* `caller.timer` ends that */
} lr_job_state;

/* The part of its result that the job's user has. */
typedef enum lr_job_delivery {
  LR_DELIVERY_NONE,
  LR_DELIVERY_HEADERS, /* of a stream: the deferred has fired */
  LR_DELIVERY_COMPLETE
} lr_job_delivery;

/* Where a job is, as its pool reactor knows. */
typedef enum lr_job_stage {
  LR_JOB_IN_HOST_QUEUE,
  LR_JOB_RUNNING, /* with the transport */
  LR_JOB_RETURNED
} lr_job_stage;

/* The parts that must have ended before an orphaned job (one whose reactor
 * closed before it returned) can be freed: the deferred's references, the
 * travel node, the cancel node.  The thread that sets the last bit frees it. */
enum {
  LR_JOB_DEFERRED_ENDED = 1,
  LR_JOB_TRAVEL_ENDED = 2,
  LR_JOB_CANCEL_ENDED = 4,
  LR_JOB_ALL_ENDED = 7
};

typedef struct lr_job lr_job;

/* The questions of others to the client that a job belongs to.  On the client's
 * thread but for the two ops, which are set wherever the mail is. */
typedef struct lr_job_owner {
  const lr_mail_ops *returned;        /* for `travel`, on its way back */
  const lr_mail_ops *cancel_returned; /* for `cancel`, likewise */

  /* The headers of a stream's final answer have come; takes `response` over.
   * The job may be completed already. */
  void (*open_stream)(lr_job *job, struct lariat_stream *stream,
                      lariat_response *response);

  /* Sends a mail about the job, which is away, to the client's thread, where it
   * arrives before the job does.  On the pool's thread. */
  void (*send)(lr_job *job, lr_mail *mail);

  /* Ends a job that is not completed, wherever it is, with this failure. */
  void (*stop)(lr_job *job, lariat_value failure);

  /* Cancels the job of a stream that is closed before its end. */
  void (*abort)(lr_job *job);
} lr_job_owner;

/* Written by the caller. */
typedef struct lr_job_caller {
  lr_list node;                         /* in the client's list of jobs */
  struct lr_channel *channel;           /* the caller's end */
  lr_list queue_node;                   /* in the channel's backlog */
  struct lr_backlog_host *backlog_host; /* its host there; NULL: none */
  lr_timer timer;        /* ends its time in the backlog, or before a retry */
  uint64_t submitted_ns; /* the fetch began, on the pool's clock */
  uint64_t due_ns; /* the deadline, on the reactor's clock; UINT64_MAX: none */
  unsigned redirects;
  uint8_t state;    /* lr_job_state */
  uint8_t delivery; /* lr_job_delivery */
  bool released;    /* its deferred has no reference left */
  bool travel_away;
  bool cancel_away;
} lr_job_caller;

/* Attempts, written by the caller. */
typedef struct lr_job_retry {
  const lr_retry_rules *rules; /* NULL: it is not tried again */
  lr_retry_rules *own_rules;   /* of this request alone; freed with it */
  lr_attempts *attempts;       /* those before this one; NULL: none */
  uint64_t waited_ns;          /* before this attempt */
  unsigned count;              /* that the policy was asked for */
  lariat_retry_end end;        /* why there is no other */
} lr_job_retry;

/* Rules for redirects, joined; the client's options. */
enum {
  LR_REDIRECT_NO_DOWNGRADE = 1, /* none from https to http */
  LR_REDIRECT_HEADERS_STAY = 2  /* headers of the caller's own do not go to
                                   another origin */
};

/* The request, written before the job leaves. */
typedef struct lr_job_request {
  lr_url url;
  lr_buffer spare_url; /* memory for the next one, kept by a blank job */
  lr_header_list *headers;
  char method[33];
  bool defaults; /* a GET with its client's own options: a blank job that was
                    one before need not be filled in again */
  bool get;      /* the method is GET, there is no body, and nobody observes */
  bool spread;
  uint8_t http;           /* lariat_http */
  uint8_t priority;       /* lr_priority */
  uint8_t redirect_rules; /* LR_REDIRECT_* */
  unsigned max_redirects;
  uint64_t hop_ns; /* this hop of the fetch began, on the pool's clock */
  uint64_t max_body_bytes;
  uint64_t connect_timeout_ns; /* 0: none */
  uint64_t deadline_ns;        /* on the pool's clock; UINT64_MAX: none */
  uint64_t idle_timeout_ns;    /* 0: none */
} lr_job_request;

/* The wishes for the response beside its bytes. */
typedef struct lr_job_wants {
  bool sha256;
  bool decompress;
  bool activity;      /* each piece that comes is to be noted: there is an idle
                         time-out, or instants are to be exact */
  uint8_t sink_kind;  /* lariat_sink_kind */
  uint8_t timestamps; /* lariat_timestamps */
  bool cookies;       /* those of a response that a transform takes are kept */
  uint8_t keep;       /* lariat_keep, joined; with any the job has a sink */
} lr_job_wants;

/* The request's body: in memory, or from a source. */
typedef struct lr_job_body {
  const void *bytes;
  size_t length;
  void (*drop)(void *bytes);
  struct lr_body_source *source; /* NULL: it is in memory, or there is none */
} lr_job_body;

/* Whether the request may be made once more. */
typedef struct lr_job_replay {
  bool repeatable;        /* method, policy and body allow it */
  bool consumed;          /* its body cannot be sent or taken twice */
  bool on_new_connection; /* it must be, since an open one was dead */
} lr_job_replay;

/* Written by the pool. */
typedef struct lr_job_pool {
  lr_list node; /* in its host's queue, or the dispatcher's running list */
  struct lr_host *host;
  void *carrier; /* whatever the transport sets, while it runs */
  struct lr_connection *connection; /* of h1, while it runs there */
  lr_timer timer;
  uint64_t arrived_ns;
  uint64_t started_ns;
  uint64_t token_ns;  /* since when it has a token */
  uint64_t epoch;     /* that it arrived in, for draining */
  uint64_t received;  /* bytes of body, after decompression */
  uint64_t active_ns; /* bytes went or came; only with an idle time-out */
  uint8_t stage;      /* lr_job_stage */
} lr_job_pool;

/* The result of one attempt, written by the pool. */
typedef struct lr_job_attempt {
  lariat_status outcome;
  int curl_code;
  char *detail;       /* a sentence about a failure; may be NULL */
  uint8_t phase;      /* lariat_phase, when it failed */
  uint8_t time_limit; /* lariat_time_limit, when it timed out */
  uint8_t doubts; /* how often it failed, it seems, for want of descriptors */
  bool resent;    /* libcurl has sent it twice: an open connection was dead */
  bool reuse_failed;    /* a connection was of no use: it waits for another */
  bool connection_dead; /* a second one, too; or it could not be sent twice */
  bool permanent;       /* it would fail again in the same way */
} lr_job_attempt;

struct lr_job {
  lariat_deferred deferred; /* first: the deferred is the job */
  const lr_job_owner *owner;
  struct lariat_client *client; /* NULL once orphaned */
  struct lr_outbox *route;      /* to the pool, while the job is away */
  struct lr_port *port;         /* the pool's end of its channel */
  lr_job_caller caller;
  lr_job_retry retry;
  lr_atomic_u32 ends; /* LR_JOB_*_ENDED; only once orphaned */
  lr_job_request request;
  lr_job_wants wants;
  lr_job_body body;
  struct lr_body_sink *sink; /* NULL: the body goes into the response */
  lr_job_replay replay;
  struct lr_lease *lease; /* the job is to open a connection, and no more; NULL:
                             it makes a request */
  struct lr_observation *observation; /* NULL: nobody observes it; else it has a
                                         sink, and `request.get` is not set */

  _Alignas(LR_CACHE_LINE) lr_mail travel;
  lr_job_pool pool;
  lr_job_attempt attempt;
  lariat_response *response;

  /* Written by the caller, then by the pool, in turns. */
  _Alignas(LR_CACHE_LINE) lr_mail cancel;
};

/* Makes a blank job, on cache lines of its own; NULL when out of memory. */
lr_job *lr_job_new(void);

/* Drops what one attempt came to; what is known of all of them stays.  Any
 * thread that has the job alone. */
void lr_job_drop_outcome(lr_job *job);

/* Closes the connection that the job has opened for its client, who does not
 * take it, be the job needed for longer or not.  Any thread that has the job
 * alone. */
void lr_job_drop_lease(lr_job *job);

/* Drops what the request and its outcome own, and makes the job blank again
 * but for the deferred, which is dead.  Any thread that has the job alone. */
void lr_job_wipe(lr_job *job);

/* Wipes and frees.  Any thread that has the job alone. */
void lr_job_free(lr_job *job);

/* Marks parts (LR_JOB_*_ENDED) of an orphaned job as ended, and frees it with
 * the last; what it has leased goes with its travel.  Any thread. */
void lr_job_end(lr_job *job, uint32_t parts);

static inline bool lr_job_is_complete(const lr_job *job) {
  return job->caller.delivery == LR_DELIVERY_COMPLETE;
}

static inline bool lr_job_is_streaming(const lr_job *job) {
  return job->caller.delivery == LR_DELIVERY_HEADERS;
}

static inline lr_job *lr_job_of_travel(lr_mail *mail) {
  return lr_container(mail, lr_job, travel);
}

static inline lr_job *lr_job_of_cancel(lr_mail *mail) {
  return lr_container(mail, lr_job, cancel);
}

#endif
