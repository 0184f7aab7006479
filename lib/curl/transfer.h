/* SPDX-License-Identifier: MIT
 * transfer.h: a configured easy handle, used again and again.  What is the
 * same for all requests is set once; what changes is set when it differs from
 * the request before. */
#ifndef LR_CURL_TRANSFER_H
#define LR_CURL_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>
#include <openssl/evp.h>

#include "base/list.h"
#include "job/body_source.h"
#include "job/job.h"

struct lr_engine;
struct lr_lane;

typedef struct lr_transfer {
  CURL *easy;
  CURLU *url;      /* a whole URL, for those that are not plain */
  CURLU *set_from; /* what `easy` was given: `url`, or a host's */
  struct lr_engine *engine;
  struct lr_lane *lane;  /* while it runs */
  struct lr_host *host;  /* while it runs */
  lr_job *job;           /* while it runs */
  lr_reader reader;      /* of the job's supply */
  lr_list node;          /* in the lane's or the engine's list */
  lr_list attempts;      /* its sockets that are not connected yet */
  bool coming;           /* counted as about to open a connection */
  bool has_digest;       /* for this job */
  bool starved;          /* no memory for a socket, for this job */
  bool receiving;        /* the answer has begun, for this job */
  bool full;             /* no descriptor for one */
  bool in_handshake;     /* a TLS handshake has begun, for this job */
  bool plain;            /* configured for GET; else it is reset after use */
  bool may_reuse;        /* a connection is there that it may use */
  bool connecting;       /* on a connection that is not yet made */
  bool sending;          /* a body from a supply */
  bool starving;         /* of that body: paused until there is more */
  bool early;            /* answered before the end of that body */
  bool fold_guard;       /* see fold.h */
  bool fold_guard_armed; /* libcurl is verbose now */
  bool prunes_dns;       /* its end drops old addresses from the lane's cache */
  uint32_t sends;        /* how often libcurl began to send, for this job */
  uint32_t opened;       /* sockets, for this job */
  uint32_t opened_then;  /* when it began to send first */
  curl_socket_t fd;      /* with an idle time-out: as libcurl told last */
  curl_off_t uploaded;   /* with an idle time-out: of the body, as last seen */
  uint8_t http;
  bool decompress;
  bool large_buffer; /* has the large receive buffer */
  bool leaves;       /* its connection, which it opens, is to become our own */
  bool opens;        /* it has, before any request: that is ours already */
  bool once;         /* its connection is not to be used again by libcurl */
  int leaving;       /* the descriptor that it is to leave; -1: not known */
  int parked;        /* the one that it has left; -1: none */
  struct curl_slist *headers;
  lariat_status fault; /* why a callback stopped the transfer */
  EVP_MD_CTX *digest;  /* made when first needed */
  char *set_path;      /* path and query that `easy` was given */
  uint32_t set_room;
  uint32_t set_length; /* 0: none */
  char error[CURL_ERROR_SIZE];
} lr_transfer;

/* A configured transfer, or NULL when out of memory. */
lr_transfer *lr_transfer_new(struct lr_engine *engine);
void lr_transfer_free(lr_transfer *transfer);

/* Makes it ready to fetch `job` for `host` in `lane`; `fresh`: a connection
 * will be opened for it.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EURL */
lariat_status lr_transfer_prepare(lr_transfer *transfer, lr_job *job,
                                  struct lr_host *host, struct lr_lane *lane,
                                  bool opens_new);

/* Fills in the outcome of the job from what libcurl says. */
void lr_transfer_conclude(lr_transfer *transfer, int curl_code);

/* Fills in what is known of connection and timings once the head is there. */
void lr_transfer_describe(const lr_transfer *transfer,
                          lariat_response *response);
/* Fills in where a job that is stopped was, and what each phase took. */
void lr_transfer_stop(lr_transfer *transfer);

/* The phase that it is in. */
lariat_phase lr_transfer_phase(const lr_transfer *transfer);

/* When bytes last went or came. */
uint64_t lr_transfer_heard_ns(const lr_transfer *transfer);

/* Forgets the job, which has been taken from its lane. */
void lr_transfer_reset(lr_transfer *transfer);

#endif
