/* SPDX-License-Identifier: MIT
 * lariat_client: a pool, the caller's reactor and the defaults of a request;
 * what a user calls `get` on.  Every deferred that a client gives fires on that
 * reactor, and every function here is for its thread. */
#ifndef LARIAT_CLIENT_H
#define LARIAT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/body.h>
#include <lariat/cookies.h>
#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/observer.h>
#include <lariat/pool.h>
#include <lariat/reactor.h>
#include <lariat/response.h>
#include <lariat/retry.h>
#include <lariat/sink.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_client lariat_client;

/* A choice of the pool reactor that fetches a job.
 *   HOST    the host's own: connections are reused, limits hold exactly
 *   SPREAD  any: for when one host is the whole load; a host's limits are
 *           split over the reactors
 *   HOME    the caller's own, which must be a pool reactor: nothing crosses a
 *           thread */
typedef enum lariat_placement {
  LARIAT_PLACE_HOST = 0,
  LARIAT_PLACE_SPREAD = 1,
  LARIAT_PLACE_HOME = 2
} lariat_placement;

/* The version of HTTP to ask for. */
typedef enum lariat_http {
  LARIAT_HTTP_AUTO = 0, /* HTTP/2 where a TLS server offers it, else 1.1 */
  LARIAT_HTTP_1_1 = 1,
  LARIAT_HTTP_2 = 2 /* the same as AUTO over TLS; without TLS, HTTP/2 by
                       prior knowledge */
} lariat_http;

/* The order of requests that wait: in the client's queue, in that of their
 * host, and among the hosts.  Priorities are strict: a lower one waits as long
 * as there is a higher one that could start.  What has been started is not
 * touched. */
typedef enum lariat_priority {
  LARIAT_PRIORITY_NORMAL = 0,
  LARIAT_PRIORITY_HIGH = 1,
  LARIAT_PRIORITY_LOW = 2
} lariat_priority;

/* Where headers go that the caller has added, when a redirect leads to another
 * origin.  Authorization, Cookie, Proxy-Authorization and Host never go there;
 * those that say nothing of the caller always do: Accept and others that begin
 * so, User-Agent, Cache-Control, Pragma, Range, Expect, TE, Connection,
 * Upgrade-Insecure-Requests, If-*, and with a body Content-*. */
typedef enum lariat_header_scope {
  LARIAT_HEADERS_FOLLOW = 0, /* all others go along: X-Api-Key, Referer */
  LARIAT_HEADERS_STAY = 1    /* they are for the first origin alone */
} lariat_header_scope;

typedef struct lariat_client_options {
  size_t size;                 /* sizeof(lariat_client_options) */
  lariat_placement placement;  /* default HOST */
  unsigned window;             /* jobs at each pool reactor; 0: 1,024; beyond
                                  it a few of each host, for a slow one must
                                  not hold up the others */
  size_t max_queued;           /* waiting in the client, or beyond the window;
                                  default 100,000 */
  uint64_t timeout_ms;         /* a whole fetch, redirects included; default
                                  30,000; 0: none */
  uint64_t connect_timeout_ms; /* default 10,000; 0: none */
  uint64_t max_body_bytes;     /* decompressed; default 64 MiB; 0: none */
  unsigned max_redirects;      /* default 10; 0: do not follow */
  lariat_http http;            /* default AUTO */
  bool no_decompress;          /* do not ask for compressed bodies, and leave
                                  those that come so as they are */
  bool sha256;                 /* compute it for each body */
  const char *user_agent;      /* copied; NULL: "lariat/VERSION"; "": none */
  lariat_priority priority;    /* default NORMAL */
  uint64_t idle_timeout_ms;    /* no byte in either direction for so long, from
                                  its turn on; default 0: none */
  const lariat_retry_policy *retry; /* copied; NULL: no retries */
  lariat_header_scope header_scope; /* default FOLLOW */
  bool no_downgrade; /* refuse each redirect from https to http; default: those
                        of requests with a body, credentials or headers that
                        `header_scope` is about */
  bool deny_bad_ports; /* refuse URLs with a port of another protocol (the "bad
                          ports" of the Fetch standard: 25, 6667); default:
                          redirects to one, other than the URL's own */
  lariat_cookie_jar *cookies; /* is asked for the cookies of each request, and
                                 gets those of each answer; clients of one
                                 reactor may share it, and each has a reference
                                 to it; NULL: none are kept */
  unsigned keep;            /* lariat_keep, joined; default 0: nothing more than
                               all responses have */
  lariat_observer observer; /* of each request; default none */
  lariat_timestamps timestamps; /* of the instants of responses and failures
                                   (lariat/attempt.h); default TURN */
} lariat_client_options;

/* Returns the defaults.  Any thread. */
LARIAT_API lariat_client_options lariat_client_defaults(void);

/* Looks for what is wrong with options, those of their policy for retries
 * included, and writes a sentence about the first of it into `message` of
 * `capacity` bytes (0: nowhere), without a full stop; it begins with the name
 * of the field: "retry.max_retries: there are 1,000 at the most".  NULL are the
 * defaults.  Any thread.
 *
 * LARIAT_OK      `message` is ""
 * LARIAT_EINVAL  see `message` */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_client_options_check(
    const lariat_client_options *options, char *message, size_t capacity);

/* Makes a client of `pool` on `reactor` and puts it into `*out`.  `options` may
 * be NULL.  The client holds a reference to the pool.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_EINVAL   the options (or their retry policy) are without their `size`
 *                 or one makes no sense: lariat_client_options_check says
 *                 which; HOME on a reactor that is not one of the pool's; a
 *                 client of another reactor has the cookie jar
 * LARIAT_ECLOSED  the pool is closed */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_client_new(lariat_pool *pool, lariat_reactor *reactor,
                  const lariat_client_options *options, lariat_client **out);

/* Closes the client: what it has in flight is cancelled (the deferreds fire
 * now, with LARIAT_ECANCELLED), new requests fail with LARIAT_ECLOSED, and its
 * memory goes when the last job has come back from the pool.  The pointer must
 * not be used afterwards.  A client ends with its reactor at the latest: close
 * it before lariat_reactor_close, or not at all.  NULL is allowed. */
LARIAT_API void lariat_client_close(lariat_client *client);

/* Returns the reactor that the client was made on. */
LARIAT_API lariat_reactor *lariat_client_reactor(const lariat_client *client);

/* Adds "name: value" to every request of the client; the text is copied.
 * Replaces one of that name that was added before; a header of the request
 * itself replaces it in turn.  With a `value` of NULL the header is not sent,
 * not even if lariat would send one, as Accept or User-Agent.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  not a header name, or a line break or NUL in the value */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_client_add_header(
    lariat_client *client, const char *name, const char *value);

/* Turns a response that is complete into the request's result.  Called on the
 * thread of the pool reactor that has fetched `response`, which it owns; the
 * value that it returns becomes the deferred's result (a failure fails it; a
 * deferred is not allowed), and may be dropped on any thread if the caller has
 * gone.  Not called for a fetch that has failed.  A transform must not block:
 * other fetches of that reactor would wait. */
typedef lariat_value (*lariat_transform)(lariat_value response, void *context);

/* All that one request may say beyond its method and URL.  Start from
 * lariat_request_defaults(client).  Everything is copied, but a body of the
 * kind OWNED and the context of a transform, which are taken over, whatever
 * comes of the request.  Without its `size` nothing of the struct is read: the
 * request fails with LARIAT_EINVAL, and all that the struct points to stays
 * the caller's. */
typedef struct lariat_request_options {
  size_t size; /* sizeof(lariat_request_options) */
  const lariat_header *headers;
  size_t header_count;
  lariat_body body;    /* what is sent: lariat/body.h; default none */
  lariat_sink sink;    /* where the response's body goes: lariat/sink.h; default
                          memory */
  uint64_t timeout_ms; /* these six as the client's, see above */
  uint64_t connect_timeout_ms;
  uint64_t max_body_bytes;
  unsigned max_redirects;
  lariat_http http;
  bool sha256;
  lariat_priority priority;
  uint64_t idle_timeout_ms;         /* as the client's */
  const lariat_retry_policy *retry; /* NULL: the client's; its budget is the
                                       client's in any case */
  bool retry_any_method;            /* this request may be made twice, whatever
                                       its method: it is known to do no harm */
  lariat_transform transform; /* NULL: none.  Not with a stream.  What it was
                                 called with is not tried again */
  void *transform_context;
  lariat_destroy transform_destroy; /* runs once, on any thread; may be NULL */
  unsigned keep;                    /* as the client's: what the response keeps,
                                       lariat_keep (lariat/response.h) */
  lariat_observer observer;         /* as the client's */
  lariat_timestamps timestamps;     /* as the client's */
} lariat_request_options;

/* Returns the client's defaults.  Any thread. */
LARIAT_API lariat_request_options
lariat_request_defaults(const lariat_client *client);

/* Fetches.  The deferred fires on the client's reactor, with a lariat_response
 * or a failure, exactly once; never inside this call, but for a request that
 * is refused at once (bad input, overload, closed, out of memory).  It can be
 * cancelled at any time.  `method` is sent as it is, and cannot be CONNECT;
 * `options` may be NULL. Never NULL.  The failures a fetch can have are
 * LARIAT_EURL, LARIAT_ESCHEME, LARIAT_EINVAL (method, options, headers: the
 * message says which, by the field's name),
 * LARIAT_ENOMEM, LARIAT_EOVERLOAD, LARIAT_ECLOSED, LARIAT_ECANCELLED,
 * LARIAT_ETIMEDOUT, LARIAT_ETHREAD, LARIAT_EFORKED, LARIAT_ESYSTEM (no
 * descriptor for a connection), and those of status.h under "One fetch". */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_request(lariat_client *client, const char *method, const char *url,
               const lariat_request_options *options);

/* Fetch with the client's defaults, as lariat_request does. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *lariat_get(lariat_client *client,
                                                       const char *url);
LARIAT_API LARIAT_MUST_USE lariat_deferred *lariat_head(lariat_client *client,
                                                        const char *url);
LARIAT_API LARIAT_MUST_USE lariat_deferred *lariat_delete(lariat_client *client,
                                                          const char *url);

/* Fetch with the client's defaults and a body, which is copied
 * (lariat_body_bytes).  The Content-Type is the one of the client's headers;
 * where they have none, "application/octet-stream" is sent. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *lariat_post(lariat_client *client,
                                                        const char *url,
                                                        const void *body,
                                                        size_t length);
LARIAT_API LARIAT_MUST_USE lariat_deferred *lariat_put(lariat_client *client,
                                                       const char *url,
                                                       const void *body,
                                                       size_t length);
LARIAT_API LARIAT_MUST_USE lariat_deferred *lariat_patch(lariat_client *client,
                                                         const char *url,
                                                         const void *body,
                                                         size_t length);

/* Opens connections to the origin of `url` ahead of the requests that will use
 * them: looked up, connected and, over TLS, verified.  They are for requests of
 * HTTP/1.1 with the client's own `http` and placement, count for all limits,
 * and are closed when nothing has used them for the pool's `idle_ms`.
 *
 * The deferred fires on the client's reactor with the number of those that were
 * opened (lariat_int_in).  It is less than `connections` where the limits of
 * the host or of the pool allow no more without closing others, or where the
 * others have failed.  The first is opened alone; what it fails with fails the
 * deferred: LARIAT_EINVAL (`connections` is 0, or the pool is a scripted one),
 * and all that lariat_byte_stream_open may fail with (lariat/byte_stream.h).
 * A server that chooses HTTP/2 needs one connection, which comes with the first
 * request: none is left open, and the number is 0; so it is in pools of
 * `libcurl_only`.  Cancelling leaves open what is open.  Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_client_warm(lariat_client *client, const char *url,
                   unsigned connections);

/* Returns a deferred that fires with "none" when the client's queue
 * (`max_queued`) is not full: at least one more request would be taken,
 * whatever its host.  The deferred may have fired already.  Several are served
 * in turn, each when one more request would be taken; that capacity is kept
 * for it only while its callbacks run.  Cancelling one gives its turn away.
 * Never NULL.  The failures are LARIAT_ECLOSED, LARIAT_ENOMEM, LARIAT_ETHREAD,
 * LARIAT_EFORKED. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_client_when_capacity(lariat_client *client);

/* The client's ledger: submitted = succeeded + failed + cancelled + pending. */
typedef struct lariat_client_stats {
  size_t size; /* sizeof(lariat_client_stats), set by the caller */
  uint64_t submitted;
  uint64_t succeeded;
  uint64_t failed;
  uint64_t cancelled;
  uint64_t pending;       /* not fired yet */
  uint64_t queued;        /* of those, waiting in the client itself */
  uint64_t retries;       /* attempts after the first of a fetch */
  uint64_t retry_waiting; /* of the queued, waiting for their retry */
} lariat_client_stats;

/* Returns the client's pool: for its metrics and statistics, where lariat_react
 * has made both.  It stays the client's: whoever keeps it longer retains it.
 * The client's thread. */
LARIAT_API lariat_pool *lariat_client_pool(const lariat_client *client);

/* Fills `*stats` as far as its `size` goes.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  no `size` */
LARIAT_API lariat_status lariat_client_read_stats(const lariat_client *client,
                                                  lariat_client_stats *stats);

LARIAT_END_C

#endif
