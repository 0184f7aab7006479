/* SPDX-License-Identifier: MIT
 * fetching.h: requests of one reactor: each brings an answer with its body as
 * it came, or as much of that as may be, or as came before it broke off. */
#ifndef CRAWL_FETCHING_H
#define CRAWL_FETCHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/client.h>
#include <lariat/failure.h>
#include <lariat/response.h>

#include "bytes.h"

typedef struct lr_crawl_fetcher lr_crawl_fetcher;
typedef struct lr_crawl_fetch lr_crawl_fetch;

/* The answer to a request, or why there is none.  All of it lives for the time
 * of the call that brings it. */
typedef struct lr_crawl_answer {
  const lariat_response *response; /* NULL: there was none */
  lariat_value failure;            /* "none": the answer is whole, or was cut
                                      here */
  const char *request; /* the head as it was sent, credentials as "***"; "":
                          not known */
  size_t request_length;
  const char *body; /* content codings as they came */
  size_t body_length;
  const char *truncated; /* "length", "time", "disconnect"; NULL: it is whole;
                            static */
  bool unwanted;    /* the body was not taken, since `wants_body` said so */
  uint64_t sent_ns; /* not before the request was sent, on the reactor's clock;
                       0: it was not */
  uint64_t left_ns; /* nor before the kernel sent it for the last time */
  uint64_t ended_ns;
  int64_t at_ns; /* when it was sent, since 1970 */
} lr_crawl_answer;

/* Decides, when the head is there, whether the body is wanted. */
typedef bool lr_crawl_wants_body(void *context,
                                 const lariat_response *response);

/* Takes the answer; the fetch is freed behind it.  A fetch that is cancelled
 * brings a failure with LARIAT_ECANCELLED. */
typedef void lr_crawl_on_answer(void *context, const lr_crawl_answer *answer);

typedef struct lr_crawl_request {
  const char *url;
  const lariat_header *headers;
  size_t header_count;
  size_t most_body;    /* bytes of it that are taken; 0: as the fetcher's */
  uint64_t send_by_ns; /* on the reactor's clock: cancelled if it was not sent
                          by then; 0: it has time */
  lr_crawl_wants_body *wants_body; /* NULL: it is */
  lr_crawl_on_answer *on_answer;
  void *context;
} lr_crawl_request;

typedef struct lr_crawl_fetcher_options {
  lariat_pool *pool;
  const lariat_client_options *client;
  const char *from;  /* the header; NULL: none */
  size_t most_body;  /* bytes of a body that are taken */
  size_t most_bytes; /* of all bodies that are on their way; one is, in any
                        case */
} lr_crawl_fetcher_options;

/* Makes a fetcher on the calling thread's reactor, which is one of the pool's.
 * LARIAT_OK, LARIAT_ENOMEM, and what lariat_client_new may return */
lariat_status lr_crawl_fetcher_new(const lr_crawl_fetcher_options *options,
                                   lr_crawl_fetcher **out);

/* Frees a fetcher of which nothing is on its way. */
void lr_crawl_fetcher_free(lr_crawl_fetcher *fetcher);

/* Sends a GET.  Its answer may come within the call, if it is refused at once.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_fetch_start(lr_crawl_fetcher *fetcher,
                                   const lr_crawl_request *request);

/* Cancels all that is on its way: the answers come within the call. */
void lr_crawl_fetcher_cancel(lr_crawl_fetcher *fetcher);

unsigned lr_crawl_fetcher_in_flight(const lr_crawl_fetcher *fetcher);

#endif
