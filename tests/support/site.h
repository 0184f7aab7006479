/* SPDX-License-Identifier: MIT
 * site.h: web sites to be crawled: a server of HTTP/1.1 on all of 127.0.0.0/8,
 * on a thread of its own, whose pages the test writes down or computes, and
 * which counts what it is asked for.
 *
 *   static const struct site_page pages[] = {
 *       {"/", 200, "", "<a href=/a>a</a>"},
 *       {"/a", 200, "", "end"},
 *   };
 *   site = site_start(pages, FIXTURE_COUNT(pages), NULL);
 *   ... "http://127.0.0.1:PORT/" ...
 *   CU_ASSERT_EQUAL(site_requests(site, "/a"), 1);
 *   site_stop(site);
 *
 * Other paths are 404, /robots.txt among them. */
#ifndef TESTS_SUPPORT_SITE_H
#define TESTS_SUPPORT_SITE_H

#include <stdbool.h>
#include <stddef.h>

struct site;

/* A page.  Its path may begin with a host, "127.0.0.2/x"; one without is on
 * all of them. */
struct site_page {
  const char *path;    /* with its query */
  int status;          /* 0: the connection ends without an answer; -1: `body`
                          is the whole answer, after which it ends */
  const char *headers; /* lines with CRLF; Content-Type, unless it is here, is
                          text/html */
  const char *body;
  unsigned times; /* it is so for the first requests only; 0: for all.  The
                     next of this path is what comes then */
};

/* Writes a page for a path that the table does not have, as much as
 * `capacity` allows; returns its length, or 0: it is a 404. */
typedef size_t site_compute(const char *host, const char *path, char *body,
                            size_t capacity);

/* Starts a site; the table is borrowed until its stop.  `compute` may be NULL.
 * Never NULL. */
struct site *site_start(const struct site_page *pages, size_t count,
                        site_compute *compute);
void site_stop(struct site *site);

unsigned site_port(const struct site *site);

/* Writes "http://HOST:PORT" and `path` into one of a few texts in turn. */
const char *site_url(const struct site *site, const char *host,
                     const char *path);

/* Returns how many requests there were for a path, of any host; NULL: in all.
 * Any thread. */
unsigned site_requests(struct site *site, const char *path);

/* Returns how many different paths, with their hosts, were asked for. */
unsigned site_paths(struct site *site);

/* Returns the most requests for one path of one host. */
unsigned site_most_requests(struct site *site);

/* Copies the head of the last request for a path; "" where there was none. */
void site_last_request(struct site *site, const char *path, char *out,
                       size_t capacity);

/* Ends each connection without an answer from now on, or no more. */
void site_set_silent(struct site *site, bool silent);

#endif
