/* SPDX-License-Identifier: MIT
 * scripting.h: a scripted pool and a client on one reactor under the virtual
 * clock.  What a request gets is written in its own URL, behind the question
 * mark:
 *
 *   status=N http=20 bytes=N text=TEXT close=1 piece=BYTES
 *   upload=MS upload-piece=BYTES stops=BYTES
 *   dns=MS connect=MS tls=MS request=MS first-byte=MS body=MS
 *   never=PHASE failure=NAME in=PHASE
 *   to=LOCATION  a redirect (302, if there is no status); takes all the rest
 *
 *   scripting_open(&s, NULL, NULL);
 *   scripting_get(&s, &r, "http://a/?connect=20&first-byte=300");
 *   scripting_run(&s, 320);
 *   CU_ASSERT_EQUAL(r.at_ms, 320);
 *   scripting_close(&s); */
#ifndef TESTS_SUPPORT_SCRIPTING_H
#define TESTS_SUPPORT_SCRIPTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/fixture.h"
#include <lariat/client.h>
#include <lariat/failure.h>
#include <lariat/pool.h>
#include <lariat/testing.h>

struct scripting {
  struct fixture f;
  lariat_pool *pool;
  lariat_client *client;
  uint64_t began_ns;
  unsigned asked;    /* requests that came to the script */
  unsigned most;     /* of those, at the same moment */
  char order[128];   /* the first letters of their hosts */
  char headers[512]; /* of the last: those that tests look for */
  char last[512];    /* "METHOD URL BODY" of the last */
  uint64_t uploaded; /* bytes of the last one's body from a body source */
  bool upload_wrong; /* such a body was not as in producing.h */
  unsigned upload_ends;
};

/* The outcome of one request. */
struct seen {
  struct scripting *in;
  lariat_deferred *deferred; /* a reference; scripting_forget */
  unsigned fires;
  uint64_t at_ms; /* since scripting_open */
  lariat_status status;
  lariat_phase phase;
  int http_status;
  size_t length;
  unsigned redirects;
  bool reused;
  lariat_timings timings;
  lariat_instants instants;
  void (*then)(struct seen *seen);
};

void scripting_open(struct scripting *s, const lariat_pool_options *pool,
                    const lariat_client_options *client);

/* Checks the ledger of a client that is still open, and that the pool has no
 * job left; closes what is open. */
void scripting_close(struct scripting *s);

void scripting_get(struct scripting *s, struct seen *seen, const char *url);
void scripting_watch(struct scripting *s, struct seen *seen,
                     lariat_deferred *deferred);
void scripting_forget(struct seen *seen, size_t count);

/* Cancels. */
void scripting_cancel(struct seen *seen);

/* Lets the time pass. */
void scripting_run(struct scripting *s, uint64_t ms);
uint64_t scripting_ms(const struct scripting *s);

lariat_pool_stats scripting_stats(const struct scripting *s);

/* Fired once, at this time, with this HTTP status; or with this failure. */
void seen_http(const struct seen *seen, uint64_t at_ms, int http_status);
void seen_failure(const struct seen *seen, uint64_t at_ms, lariat_status status,
                  lariat_phase phase);

/* The script, for pools that a test makes itself; its context is a struct
 * scripting, or NULL. */
void scripting_script(const lariat_asked *asked, lariat_answer *answer,
                      void *context);

#endif
