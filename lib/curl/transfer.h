/* SPDX-License-Identifier: MIT
 * transfer.h: a configured easy handle, used again and again, and the job that
 * runs on it. */
#ifndef LR_CURL_TRANSFER_H
#define LR_CURL_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>
#include <netinet/in.h>

#include "base/list.h"
#include "curl/handoff.h"
#include "curl/name_resolution.h"
#include "curl/response_reader.h"
#include "http/sha256.h"
#include "job/body_source.h"
#include "job/decoding.h"
#include "job/job.h"
#include "net/tls_events.h"
#include "schedule/host.h"
#include "schedule/transport.h"

struct lr_engine;
struct lr_lane;

typedef enum lr_transfer_state {
  LR_TRANSFER_IDLE,
  LR_TRANSFER_RESOLVING,  /* libcurl does not have it yet: its host's addresses
                             are looked up */
  LR_TRANSFER_CONNECTING, /* on a connection that is not yet made */
  LR_TRANSFER_SENDING,    /* on one that is there, or is hoped to be */
  LR_TRANSFER_RECEIVING   /* the answer has begun */
} lr_transfer_state;

/* The guard of obs_fold_guard.h. */
typedef enum lr_fold_guard {
  LR_FOLD_GUARD_OFF, /* this libcurl needs none */
  LR_FOLD_GUARD_READY,
  LR_FOLD_GUARD_ARMED /* libcurl is verbose now */
} lr_fold_guard;

/* The tries that libcurl has made for the job. */
typedef struct lr_transfer_tries {
  uint32_t sends;          /* how often it began to send */
  uint32_t opened;         /* sockets */
  uint32_t opened_at_send; /* of these, when it began to send first */
  uint32_t denied;         /* addresses that may not be connected to */
  uint32_t refused;        /* sockets that it did not get, of late */
  bool may_reuse;          /* a connection is there that it may use */
  bool in_handshake;       /* a TLS handshake has begun */
  bool out_of_fds;         /* no descriptor for a socket */
  bool out_of_memory;      /* no memory for one */
} lr_transfer_tries;

/* The body from a source (upload_feed.h). */
typedef struct lr_transfer_upload {
  lr_reader reader;
  bool active;
  bool paused;                /* until there is more of it */
  bool early_response;        /* before its end */
  curl_off_t response_length; /* of that, -1: unknown; its head may be away */
  curl_off_t seen; /* with an idle time-out: so much of it had gone */
} lr_transfer_upload;

/* The connection of the request that was sent last. */
typedef struct lr_transfer_connection {
  struct lr_socket *socket; /* of HTTP/1, while it is open; or NULL */
  uint64_t id;              /* its number; 0: none yet */
  uint64_t received_before; /* bytes on it, before the response */
  uint64_t received;        /* likewise, when libcurl was done with it */
  bool was_open;            /* before the request */
  bool suspect; /* it was open when the server was found to send what nobody
                   asked for */
} lr_transfer_connection;

/* The settings of the easy handle now (easy_setup.h). */
typedef struct lr_easy_settings {
  CURLU *from; /* the host's origin */
  char *path;  /* and query */
  uint32_t path_capacity;
  uint32_t path_length; /* 0: none */
  struct curl_slist *headers;
  const char *certificate; /* the engine's, where libcurl needs one; or NULL */
  uint8_t http;
  bool large_buffer;
  bool connect_only; /* no request is sent */
  bool forbid_reuse; /* the connection is not to be used again by libcurl */
  bool prunes_dns;   /* its end drops old addresses from the lane's cache */
} lr_easy_settings;

typedef struct lr_transfer {
  CURL *easy;
  struct lr_engine *engine;
  lr_easy_settings set;
  bool needs_reset;   /* after this job, since it wants what few do */
  uint8_t fold_guard; /* lr_fold_guard */

  /* The job that runs. */
  uint8_t state; /* lr_transfer_state */
  bool coming;   /* counted as about to open a connection */
  bool has_digest;
  uint8_t reason; /* lr_request_reason, as it was when it started */
  bool refused;   /* its stream, since that was asked last (stream_refusal.h) */
  struct lr_lane *lane;
  lr_host *host;
  lr_job *job;
  lr_list node;     /* in the lane's or the engine's list */
  lr_list attempts; /* its sockets that are not connected yet */
  lr_transfer_tries tries;
  lr_transfer_upload upload;
  lr_response_reader reader;
  lr_tls_events *tls; /* of its connection; NULL: it has none of TLS */
  void *ssl; /* an SSL: of the same, while the connection is the transfer's */
  lr_handoff handoff;
  lr_name_resolution names;
  lr_decoding decoding;
  lr_sha256 *digest; /* made when first needed */
  curl_socket_t fd;  /* with an idle time-out: as libcurl told last */
  lr_transfer_connection connection;
  lariat_status fault; /* why a callback stopped the transfer */
  char error[CURL_ERROR_SIZE];
  char denied_ip[INET6_ADDRSTRLEN]; /* the first of those denied */
} lr_transfer;

/* Makes a configured transfer; NULL when out of memory. */
lr_transfer *lr_transfer_new(struct lr_engine *engine);
void lr_transfer_free(lr_transfer *transfer);

/* Makes it ready to fetch `job` for `host` in `lane`; `opens_new`: a connection
 * will be opened for it.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_transfer_prepare(lr_transfer *transfer, lr_job *job,
                                  lr_host *host, struct lr_lane *lane,
                                  bool opens_new);

/* Forgets the job, which has been taken from its lane. */
void lr_transfer_reset(lr_transfer *transfer);

/* Puts bytes of the body, decoded, where they go.
 * LARIAT_OK     all of them were taken
 * LARIAT_EBUSY  not now: the same again, after a pause
 * others        the transfer fails with that status */
lariat_status lr_transfer_put_body(lr_transfer *transfer, const char *bytes,
                                   size_t length);

/* Returns the SSL of the transfer's connection, while it has one; NULL: none.
 */
void *lr_transfer_ssl(const lr_transfer *transfer);

/* Says whether the answer waits: for its sink, or for another turn. */
bool lr_transfer_is_paused(const lr_transfer *transfer);

/* Sets the callbacks on the handle; those for progress only where asked. */
void lr_transfer_set_callbacks(lr_transfer *transfer);
void lr_transfer_watch_progress(lr_transfer *transfer);

#endif
