/* SPDX-License-Identifier: MIT
 * lariat_pool: N reactors, each on a thread of its own, each with an engine
 * that drives libcurl.  Any number of clients, on any threads, share a pool. */
#ifndef LARIAT_POOL_H
#define LARIAT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/address.h>
#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/later.h>
#include <lariat/log.h>
#include <lariat/reactor.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_pool lariat_pool;

/* The addresses of names that are wanted. */
typedef enum lariat_address_family {
  LARIAT_FAMILY_ANY,
  LARIAT_FAMILY_IPV4,
  LARIAT_FAMILY_IPV6
} lariat_address_family;

/* The ways to look names up; docs/resolving.md has more. */
typedef enum lariat_look_up_way {
  LARIAT_LOOK_UP_AUTO,     /* as nsswitch.conf says: by DNS and the hosts file,
                              and by the C library what only that can */
  LARIAT_LOOK_UP_BY_DNS,   /* and the hosts file, whatever that says */
  LARIAT_LOOK_UP_BY_SYSTEM /* by getaddrinfo, each on a thread */
} lariat_look_up_way;

/* The options of a pool.  Start from lariat_pool_defaults().  0 means the
 * default where a field says so. */
typedef struct lariat_pool_options {
  size_t size;       /* sizeof(lariat_pool_options) */
  unsigned reactors; /* 0: CPUs allowed, or the cgroup's quota if less */
  bool pin;          /* pin each thread to a CPU (default: no) */
  unsigned max_jobs; /* in flight in all; default 1,024 */
  unsigned max_jobs_per_host; /* in flight to one host; default 16 */
  unsigned max_connections;   /* open in all; 0: what the descriptors allow */
  unsigned max_connections_per_host; /* open to one host; 0: as the jobs */
  unsigned lane_connections; /* one curl multi's share; 0: the default */
  unsigned idle_ms;    /* connections that nothing uses are closed after this;
                          default 118,000 */
  const char *ca_file; /* trusted certificates (PEM); NULL: the system's */
  bool insecure;       /* do not verify TLS certificates (default: verify) */
  bool any_libcurl;    /* run on a libcurl that lariat refuses by name */
  /* How often requests may start; kept to exactly over all reactors.  A
   * request that has to wait for that waits in the pool, and its deadline goes
   * on.  A burst is how many may start at once after a quiet time; 0: 1, so
   * that nothing is saved up. */
  double rate; /* starts a second in all; 0: no limit */
  double rate_burst;
  double rate_per_host; /* starts a second to one host; 0: no limit */
  double rate_per_host_burst;
  unsigned delay_per_host_ms; /* the least time between two requests to one
                                 host, as they are sent; 0: none */
  uint64_t max_body_memory; /* that bodies take in all: of responses that their
                               callers have not got yet, and in streams'
                               windows; 0 (default): as much as comes.  Beyond
                               it reading stops; only one body of each reactor
                               may always go on, and a stream has a piece */
  bool libcurl_only; /* every request goes through libcurl (default: those of
                        HTTP/1.1, over connections that libcurl has opened, do
                        not, and cost a fraction; their outcome is the same) */
  /* Which addresses are connected to; default: all.  A fetch whose host has
   * none that is allowed fails with LARIAT_EADDRESS; of a host that has several
   * those that are allowed are tried. */
  lariat_address_rules addresses;
  /* How names are looked up; lariat_name_options_check says what is wrong. */
  const char *name_servers; /* "192.0.2.1,[2001:db8::1]:5353"; NULL: those of
                               resolv.conf */
  const char *resolve;      /* addresses of hosts that are not looked up, as
                               curl's --resolve has them: "HOST:PORT:ADDRESS",
                               more addresses behind commas, HOST may be "*";
                               more entries behind blanks; NULL: none */
  const char *connect_to;   /* hosts and ports that are connected to instead of
                               others, as curl's --connect-to has them:
                               "HOST:PORT:HOST:PORT", each may be empty; more
                               entries behind blanks; NULL: none */
  lariat_address_family family; /* of names; default: any */
  lariat_look_up_way look_up_way;
  lariat_log log; /* of its reactors; default none.  A scripted pool has that of
                     its reactor */
} lariat_pool_options;

/* Returns the defaults.  Any thread. */
LARIAT_API lariat_pool_options lariat_pool_defaults(void);

/* Looks for what is wrong with options, and writes a sentence about the first
 * of it into `message` of `capacity` bytes (0: nowhere), without a full stop;
 * it begins with the name of the field: "rate: it is below 0, above
 * 1,000,000,000, or no number".  NULL are the defaults.  Any thread.
 *
 * LARIAT_OK      `message` is ""
 * LARIAT_ENOMEM
 * LARIAT_EINVAL  see `message` */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_pool_options_check(
    const lariat_pool_options *options, char *message, size_t capacity);

/* Makes a pool, starts its threads (named lariat-0, lariat-1, …; all signals
 * blocked) and puts it into `*out`.  `options` may be NULL.  The caller has
 * one reference: lariat_pool_release.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL    the options are without their `size`, one makes no sense (a
 *                  rate or burst below 0 or above 1,000,000,000 among them, or
 *                  what lariat_networks_check refuses), or `ca_file` cannot be
 *                  read: lariat_pool_options_check says which
 * LARIAT_ESYSTEM   no thread or descriptor to be had; see errno
 * LARIAT_ELIBCURL  the libcurl that is loaded is refused:
 *                  lariat_pool_refusal() says why
 * LARIAT_EFORKED   in a child of a process that had made a pool */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_pool_new(const lariat_pool_options *options, lariat_pool **out);

/* Returns a sentence that says why pools refuse the libcurl that is loaded, or
 * NULL when they do not.  Any thread; static. */
LARIAT_API const char *lariat_pool_refusal(void);

/* Returns the number of the pool's reactors.  Any thread. */
LARIAT_API unsigned lariat_pool_reactors(const lariat_pool *pool);

/* Runs `call` on the pool's reactor number `index`, which is then
 * lariat_reactor_current(): the way to put a client onto a pool reactor.
 * Contexts as in reactor.h.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EFORKED
 * LARIAT_EINVAL  no such reactor
 * LARIAT_ECLOSED the pool is closed */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_pool_call(lariat_pool *pool, unsigned index, lariat_call call,
                 void *context, lariat_destroy destroy);

/* Runs `function` on the pool's reactor number `index`; the deferred, which
 * belongs to `reactor`, fires there with what it returned.  All that
 * lariat_mailbox_defer says (lariat/thread_call.h) holds; LARIAT_EINVAL also
 * when there is no such reactor, and a pool that closes counts as a reactor
 * that does.  Never NULL.  The thread of `reactor`. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_pool_defer(lariat_pool *pool, unsigned index, lariat_reactor *reactor,
                  lariat_function function, void *context,
                  lariat_destroy destroy);

/* Waits for the jobs that the pool's reactors have now, without closing it:
 * those still there after `drain_ms` are cancelled (LARIAT_ECANCELLED); with 0
 * that is at once, and cancels all.  Jobs that come later, those that wait in
 * their client's queue (`max_queued`) among them, are not touched.  The
 * deferred, which belongs to `reactor`, fires with "none" when the last of
 * them has ended; that one's own deferred may fire a turn later.  Any number
 * of drains may be under way.  Never NULL.  The thread of `reactor`, which may
 * be one of the pool's own. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_pool_drain(lariat_pool *pool, lariat_reactor *reactor,
                  uint64_t drain_ms);

/* Closes the pool: new jobs are refused (LARIAT_ECLOSED); those it has may go
 * on for `drain_ms`, then they are cancelled.  "Before shutdown" triggers of
 * its reactors have a second more.  The deferred, which belongs to `reactor`,
 * fires with "none" when the last thread has ended.  Closing twice is allowed;
 * both deferreds fire.  Never NULL.  The thread of `reactor`, which may not be
 * one of the pool's own (a failed deferred, LARIAT_EBUSY). */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_pool_close(lariat_pool *pool, lariat_reactor *reactor,
                  unsigned drain_ms);

/* Closes the pool and waits on the spot until the last thread has ended.  For
 * threads without a running reactor.
 *
 * LARIAT_OK       closed
 * LARIAT_EBUSY    called from inside a reactor's turn; nothing was done
 * LARIAT_EFORKED  nothing was done */
LARIAT_API lariat_status lariat_pool_close_wait(lariat_pool *pool,
                                                unsigned drain_ms);

/* Gives one reference back.  With the user's last reference an open pool is
 * closed, cancelling what it has, and its threads are waited for.  Not from
 * one of the pool's own threads.  NULL is allowed.  Any other thread. */
LARIAT_API void lariat_pool_release(lariat_pool *pool);

/* Takes another reference.  Returns `pool`.  Any thread. */
LARIAT_API lariat_pool *lariat_pool_retain(lariat_pool *pool);

/* A connection that was open to an origin when that was found to send bytes for
 * which nobody had asked: what came on it before that, on an open connection
 * (lariat_response_reused), may be another request's answer. */
typedef struct lariat_desync_connection {
  const char *origin;  /* "http://example.org:80" */
  uint64_t connection; /* as lariat_response_connection tells it */
} lariat_desync_connection;

/* Copies such connections into `out`, from the one with the number `from` on,
 * and `capacity` at most; they are numbered from 0, in the order in which they
 * were found.  The texts live as long as the pool.  No more than 65,536 are
 * kept; desync_connections of lariat_pool_stats counts all.  Returns how many
 * were copied.  Any thread. */
LARIAT_API size_t lariat_pool_desync_connections(lariat_pool *pool, size_t from,
                                                 lariat_desync_connection *out,
                                                 size_t capacity);

/* Counts of the pool, summed over its reactors.  Each reactor is read while it
 * works: its numbers belong together only roughly. */
typedef struct lariat_pool_stats {
  size_t size;          /* sizeof(lariat_pool_stats), set by the caller */
  uint64_t jobs_taken;  /* since the start */
  uint64_t jobs_done;   /* since the start, however they ended */
  uint64_t jobs_queued; /* waiting in the pool now */
  uint64_t jobs_running;
  uint64_t connections;        /* open now */
  uint64_t connections_opened; /* since the start */
  uint64_t connections_reused; /* transfers on an open connection */
  uint64_t lanes;
  uint64_t lanes_recycled; /* cleaned up and made anew, since the start */
  /* Of jobs_queued, by what they wait for. */
  uint64_t jobs_waiting_host; /* too many of their host run, or its first must
                                 find out what the host speaks */
  uint64_t jobs_waiting_jobs; /* too many run in all */
  uint64_t jobs_waiting_rate; /* a rate or a delay is not due */
  uint64_t jobs_waiting_connection; /* none is to be had */
  /* Of jobs_running, how far they are; the others wait for the answer. */
  uint64_t jobs_connecting;      /* from the look-up to the TLS handshake */
  uint64_t jobs_receiving;       /* their answer has begun */
  uint64_t addresses_denied;     /* by the rules for addresses: connections that
                                    were not opened, since the start */
  uint64_t descriptor_shortages; /* connections that were not opened since the
                                    process had no descriptor, since the start;
                                    their jobs wait for one */
  /* Of servers that have sent what nobody asked for, since the start. */
  uint64_t desync_origins;     /* that get one request a connection */
  uint64_t desync_connections; /* that were open when an origin was found out */
  /* Of the requests that were made since the start, by whom: each counts once,
   * when its sending begins, and one that was sent again counts again.  A fetch
   * that finds no connection makes none.  lariat makes them itself, but for
   * those that are libcurl's for one of these reasons; of several, for the
   * first one. */
  uint64_t requests_h1;           /* by lariat, on a connection that libcurl has
                                     opened and verified */
  uint64_t requests_libcurl_only; /* by libcurl: libcurl_only of the options */
  uint64_t requests_http2_asked;  /* LARIAT_HTTP_2 was asked for */
  uint64_t requests_http2;   /* the server has chosen HTTP/2 in the handshake */
  uint64_t requests_headers; /* a header of the caller's is Host, Connection,
                                TE, Expect or Upgrade, or all are longer than
                                512 KiB */
  uint64_t requests_head_body;       /* a HEAD has a body */
  uint64_t requests_reuse_failed;    /* sent again, since the connection that
                                        was open is dead */
  uint64_t requests_first_handshake; /* https, and nobody knew whether the
                                        server would choose HTTP/2 */
  uint64_t requests_open_connection; /* libcurl had one open, which was a first
                                        handshake's */
  /* Of names, since the start.  What is an address, or in the hosts file or the
   * options, counts nowhere. */
  uint64_t names_looked_up; /* look-ups, whoever wanted them */
  uint64_t names_cached;    /* known from an earlier look-up */
  uint64_t names_joined;    /* waited for a look-up that was another's */
  uint64_t names_stale;     /* known, but too old, since the servers failed */
  uint64_t names_failed;    /* look-ups that found no address */
  uint64_t names_in_flight; /* look-ups now */
} lariat_pool_stats;

/* Fills `*stats` as far as its `size` goes.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  no `size` */
LARIAT_API lariat_status lariat_pool_read_stats(lariat_pool *pool,
                                                lariat_pool_stats *stats);

/* Fills `*stats` (lariat/reactor.h) with what is known of the pool's reactor
 * number `index`, as far as its `size` goes; also when the pool is closed.  Any
 * thread; of a scripted pool, that of its reactor.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  no `size`, or no such reactor */
LARIAT_API lariat_status lariat_pool_read_reactor_stats(
    lariat_pool *pool, unsigned index, lariat_reactor_stats *stats);

LARIAT_END_C

#endif
