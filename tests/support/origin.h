/* SPDX-License-Identifier: MIT
 * origin.h: a web server that misbehaves to order, on loopback, in a thread of
 * the test's own process.  What it does with a request is a script, chosen by
 * the request's path.  Many scripts are there from the start:
 *
 *   / /page        a small page           /status/N  a page with that status
 *   /bytes/N       N bytes                /wait/MS   a page, MS later
 *   /echo          the request itself, head and body, as the body
 *   /hold          a page, after origin_release   /stall  never an answer
 *   /served/N      keep-alive is promised; closed after N answers
 *   /last          says "Connection: close", and does
 *   /no-length     a body that ends with the connection
 *   /chunked       a good chunked body    /continue  100 and 103 before 200
 *   /dribble/MS    a body a byte at a time
 *   /dribble-head/MS  an answer a byte at a time
 *
 *   /sink          reads a body of any size, and answers "LENGTH SHA256"
 *   /take-close/N  reads N bytes of the body, and then closes
 *   /take-reset/N /take-stall/N                    likewise
 *   /take-413/N    likewise an answer, with "Connection: close", and does when
 *                  the rest was read or the peer has closed
 *   /take-413-reset/N  the same, at once, which breaks the connection
 *   /take-early/N  likewise a page; and then the rest of the body
 *   /take-307/N    likewise a redirect to /sink
 *
 *   /close /reset  instead of an answer
 *   /mid-head /mid-head-reset /mid-head-stall    in the middle of the head
 *   /mid-body /mid-body-reset /mid-body-stall    50 bytes of 1000, then that
 *   /chunk-broken /chunk-cut /chunk-endless
 *   /garbage       not HTTP at all        /endless   a body without end
 *   /huge-header   one header of 400 KB   /many-headers  20,000 of them
 *   /endless-head  headers without end
 *   /bad-gzip      no gzip in it          /cut-gzip  the gzip ends early
 *   /bomb          104 KB of gzip that are 16,908,547 zeros
 *   /bomb-endless  gzip of zeros without end
 *   /short-length  more body than Content-Length says
 *   /two-lengths /negative-length /status-line   heads that make no sense
 *   /two-answers   an answer that nobody asked for behind the first
 *   /no-location /to-ftp /to-nowhere  redirects that cannot be followed
 *   /to-self       a redirect to itself
 *
 * Any other path: 404.  A query string is not part of the path.
 *
 * One thread and one epoll descriptor hold thousands of connections.  All
 * functions may be called from any thread, but not while origin_stop runs.
 * Its memory comes from malloc, not from lariat's allocator. */
#ifndef TESTS_SUPPORT_ORIGIN_H
#define TESTS_SUPPORT_ORIGIN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum origin_kind {
  ORIGIN_END = 0, /* the answer is done; on to the connection's next request */
  ORIGIN_SEND,    /* sends `text` */
  ORIGIN_REPEAT,  /* sends `text` `number` times; 0: for ever */
  ORIGIN_DRIBBLE, /* sends `text` a byte at a time, `number` ms apart */
  ORIGIN_PAGE,    /* a whole answer with status `number` (0: 200) and `text` */
  ORIGIN_BYTES,   /* a whole answer with `number` bytes */
  ORIGIN_ECHO,    /* a whole answer with the request as its body */
  ORIGIN_WAIT,    /* goes on `number` ms later */
  ORIGIN_HOLD,    /* goes on after origin_release */
  ORIGIN_STALL,   /* does not go on */
  ORIGIN_CLOSE,   /* closes the connection */
  ORIGIN_RESET,   /* breaks it: the peer sees "connection reset" */
  ORIGIN_SHUT,    /* sends an end of file, but goes on */
  ORIGIN_CLOSE_AFTER, /* closes it if this is its answer number `number` */
  ORIGIN_TAKE,  /* reads `number` bytes of the body, or to its end; 0: to its
                   end.  A script that begins with it is run when the request's
                   head has come; what it leaves of the body breaks the
                   connection at ORIGIN_END */
  ORIGIN_DIGEST /* a whole answer with length and SHA-256 of what was taken */
};

/* A `number` that is taken from the path: see origin_script. */
#define ORIGIN_FROM_PATH ULONG_MAX

struct origin_step {
  enum origin_kind kind;
  const char *text;
  size_t length; /* of `text`; 0: strlen */
  unsigned long number;
};

struct origin_options {
  const char *address; /* NULL: 127.0.0.1; "127.0.0.0/8": all of them */
  unsigned port;       /* 0: a free one */
  bool deaf;           /* listens, but no connection can be made: it takes for
                          ever, as with a host that is down */
};

struct origin_counts {
  unsigned long accepted;      /* connections, since the start */
  unsigned long refused;       /* of peers that are not on loopback */
  unsigned long open;          /* connections, now */
  unsigned long open_max;      /* the most at one moment */
  unsigned long requests;      /* received whole, since the start */
  unsigned long answered;      /* their scripts ran to the end */
  unsigned long in_flight;     /* received, and the script not at its end */
  unsigned long in_flight_max; /* the most at one moment */
};

struct origin;

/* Starts one.  `options` may be NULL.  NULL when it cannot, with errno set. */
struct origin *origin_start(const struct origin_options *options);

/* Breaks off what it has, ends its thread and frees everything.  NULL is
 * allowed. */
void origin_stop(struct origin *origin);

unsigned origin_port(const struct origin *origin);

/* Writes "http://127.0.0.1:PORT" and `path` into `out`, and returns it.  (Of
 * another address, if it listens on one only.) */
const char *origin_url(const struct origin *origin, const char *path, char *out,
                       size_t capacity);

/* Sets what requests for `path` get: the steps up to ORIGIN_END, which are
 * borrowed until origin_stop, as their texts are.  A script goes before the
 * built-in one of the same path.  A path ending in an asterisk stands for all
 * that begin so, with a number in its place: "/wait/ *" (without the blank).
 * The path "" is run when a connection is made, before its first request.
 * NULL for `steps` takes a script out.  False when there are too many. */
bool origin_script(struct origin *origin, const char *path,
                   const struct origin_step *steps);

/* Returns what has been counted, in all, or for one of its addresses
 * ("127.0.3.4"). */
struct origin_counts origin_counts(struct origin *origin);
struct origin_counts origin_address_counts(struct origin *origin,
                                           const char *address);

/* Waits until `done` says true of the counts, `ms` at the most; what it said
 * last.  `done` is called with the origin locked. */
bool origin_wait_for(struct origin *origin,
                     bool (*done)(const struct origin_counts *counts,
                                  void *context),
                     void *context, unsigned ms);

/* When a request came in, and to which of its addresses. */
struct origin_stamp {
  uint64_t at_ns;   /* the kernel's receipt of its end, CLOCK_REALTIME */
  uint32_t address; /* in the host's order: 0x7f000304 */
};

/* Stamps the requests from now on, `capacity` of them, into `stamps`, which is
 * borrowed until origin_stop and may be read when all has been answered.  Call
 * it before the first connection. */
void origin_stamp_requests(struct origin *origin, struct origin_stamp *stamps,
                           size_t capacity);

/* How many have been stamped. */
size_t origin_stamped(struct origin *origin);

/* Lets those go on that are in ORIGIN_HOLD now; how many there were. */
unsigned origin_release(struct origin *origin);

/* Closes the connections on which no request is in the works; all; breaks all
 * (ORIGIN_RESET).  How many there were. */
unsigned origin_close_idle(struct origin *origin);
unsigned origin_close_all(struct origin *origin);
unsigned origin_reset_all(struct origin *origin);

#endif
