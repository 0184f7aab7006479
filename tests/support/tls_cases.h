/* SPDX-License-Identifier: MIT
 * tls_cases.h: tables of TLS servers, good and bad, and what must come of
 * requests to them by whatever makes requests:
 *
 *   lariat's pool as it is by default, and one that has libcurl make every
 *   request, each with HTTP/2 offered and not; and a plain transfer of
 *   libcurl's with the same options, which says what libcurl makes of it.
 *
 * Each has a server of its own for each row.  Both pools must come to what the
 * row says; the plain transfer must succeed where they do, and fail where they
 * fail.  Something else that opens connections is tested by the same rows with
 * tls_cases_run_by. */
#ifndef TESTS_SUPPORT_TLS_CASES_H
#define TESTS_SUPPORT_TLS_CASES_H

#include <stdbool.h>
#include <stddef.h>

#include "support/certificate.h"
#include "support/fetching.h"
#include "support/tls_server.h"

/* The default host of the rows, and all others that have an address; they end
 * with NULL. */
#define TLS_CASES_HOST "site.test"

struct tls_case {
  const char *name;
  const char *chain;       /* ids, the server's own first; NULL: "good" */
  const char *host;        /* as in the URL; NULL: TLS_CASES_HOST */
  const char *plain_host;  /* the same for a plain transfer, which has no rules
                              of its own for names; NULL: the same */
  const char *second_host; /* that the requests after `good` are for */
  const char *sni;         /* what the server must have been told; "": no name;
                              NULL: anything */
  const char *method;      /* NULL: "GET" */
  size_t sent_bytes;       /* of a POST's body; 0: a few */
  struct tls_script script;

  /* The outcome: two requests that fail, behind those that succeed; or three
   * that succeed. */
  lariat_status status;
  lariat_phase phase; /* LARIAT_PHASE_NONE: which it is depends on what comes
                         first */
  int http_status;
  unsigned good;
  int weak_from;        /* fails only where OpenSSL's security level is this or
                           more */
  unsigned connections; /* that three which succeed take; 0: one, if the server
                           keeps it */
  bool resumes;         /* all connections but the first are resumed by a plain
                           transfer */
  bool h2;              /* where that is offered, and no failure there */
  const char *plain;    /* why a plain transfer may come to something else */
};

/* The most of `sent_bytes`, all of them 0. */
enum { TLS_SENT_MOST = 4 * 1024 * 1024 };
extern const char tls_cases_sent[TLS_SENT_MOST];

/* What came of a request. */
struct tls_outcome {
  lariat_status status;
  lariat_phase phase;
  int http_status;
  int http_version; /* 11, 20; 0: not known */
  bool body_right;
  char text[300]; /* of a failure, with libcurl's */
};

/* What a way to make requests is asked for. */
struct tls_request {
  const struct tls_case *row;
  const char *host;
  unsigned port;
  const char *path;
};

/* A way to make requests.  Between `begin` and `end`, which may be NULL, are
 * the requests of a row. */
struct tls_way {
  const char *name;
  bool offers_h2;
  bool plain; /* its failures have no names of lariat's */
  void (*begin)(struct tls_way *way, const struct tls_case *row);
  void (*fetch)(struct tls_way *way, const struct tls_request *request,
                struct tls_outcome *outcome);
  void (*end)(struct tls_way *way);
  void *context;
};

/* Sets the names' addresses, and writes the certificates of these ids (with
 * blanks between them) into a file, which are trusted.  Once, before anything
 * else here; aborts when it cannot. */
void tls_cases_prepare(struct certificates *certificates, const char *trusted);
void tls_cases_finish(void);

/* The file. */
const char *tls_cases_ca_file(void);

/* Runs all rows in all of lariat's ways, and fails the test for each that does
 * not come to what it says. */
void tls_cases_run(struct certificates *certificates,
                   const struct tls_case *rows, size_t count, bool insecure);

/* Does the same by `ways`. */
void tls_cases_run_by(struct certificates *certificates,
                      const struct tls_case *rows, size_t count,
                      struct tls_way *ways, size_t way_count);

/* Judges the body that came for `path`. */
bool tls_cases_body_is_right(const struct tls_case *row, const char *path,
                             int http_version, const char *body, size_t length);

#endif
