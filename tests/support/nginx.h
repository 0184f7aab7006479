/* SPDX-License-Identifier: MIT
 * nginx.h: an nginx of the test's own, on free ports of 127.0.0.1 (and of ::1,
 * if there is one).  All of its ports serve the same:
 *
 *   / and any other path   200, a small text with the path
 *   /status/N        N of 200 204 400 401 403 404 410 429 500 502 503 504
 *   /method          the request's method
 *   /post            "METHOD CONTENT-LENGTH CONTENT-TYPE" of the request
 *   /headers         lines "user-agent: ..", "accept-encoding: ..", "x-test:
 *                    ..", "authorization: ..", "cookie: ..", "host: .."
 *   /set-cookies     sets two cookies: "s=1", which is Secure, and "p=2"
 *   /cookies         the request's header Cookie
 *   /version         the protocol: "HTTP/1.1", "HTTP/2.0"
 *   /big             1,048,576 bytes      /slow   the same at 64 KB a second
 *   /text            102,400 bytes of text, compressed where that is accepted
 *   /store/NAME      PUT keeps a body, GET gives it back, DELETE removes it
 *   /close           the connection is closed after the answer
 *   /trailers        two trailers X-Sum: 12, 13 (in HTTP/1.1 behind chunks)
 *   /resumed         as /close, with "r" if the TLS session was resumed, or "."
 *   /redirect/N      N redirects (up to 30) on the way to /
 *   /as/CODE         a redirect with 301 302 303 307 or 308 to /post
 *   /absolute        a redirect by a whole URL to /
 *   /away/CODE?to=URL  a redirect to URL, as it stands
 *   /seen            lines "authorization: ..", "cookie: ..", "proxy: .." (that
 *                    is Proxy-Authorization)
 *   /to-tls /to-plain  redirects to / on the TLS port, on the plain port
 *   /loop            a redirect to itself
 *
 * The bodies of /big and /text are nginx_file_byte(0), (1), .... */
#ifndef TESTS_SUPPORT_NGINX_H
#define TESTS_SUPPORT_NGINX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
  NGINX_BIG_BYTES = 1024 * 1024,
  NGINX_TEXT_BYTES = 100 * 1024,
  NGINX_PATH_ROOM = 256
};

enum nginx_port {
  NGINX_PLAIN,      /* HTTP/1.1 */
  NGINX_TLS,        /* HTTP/2 and HTTP/1.1 */
  NGINX_TLS_HTTP1,  /* HTTP/1.1 only */
  NGINX_H2C,        /* HTTP/2 without TLS, by prior knowledge */
  NGINX_EXPIRED,    /* TLS; the certificate was good until yesterday */
  NGINX_WRONG_NAME, /* TLS; the certificate is for other.test.local */
  NGINX_PORTS
};

struct nginx_options {
  unsigned keepalive_ms;       /* idle connections are closed; 0: after 600 s */
  unsigned keepalive_requests; /* a connection; 0: without limit */
  unsigned addresses;          /* the plain port is on 127.0.0.1, 127.0.0.2, …
                                  up to this many (200 at most); 0: one */
};

/* All of it is to be read only. */
struct nginx {
  unsigned ports[NGINX_PORTS];
  char directory[NGINX_PATH_ROOM];    /* its own, with its error.log */
  char ca_file[NGINX_PATH_ROOM + 32]; /* who has signed its certificates: they
                                        are for localhost, 127.0.0.1, ::1 and
                                        *.test.local */
  pid_t pid;
  struct nginx_options options;
};

/* Starts it, and returns when it answers.  `options` may be NULL.  It ends with
 * the calling thread at the latest.  NULL when it cannot be started; the reason
 * is on standard error. */
struct nginx *nginx_start(const struct nginx_options *options);

/* Ends it, waits for that, and removes its directory.  NULL is allowed. */
void nginx_stop(struct nginx *nginx);

/* Writes "http://127.0.0.1:PORT" (or https) and `path` into `out`, and returns
 * it. */
const char *nginx_url(const struct nginx *nginx, enum nginx_port port,
                      const char *path, char *out, size_t capacity);

/* The byte at `position` of /big and /text. */
char nginx_file_byte(size_t position);

#endif
