/* SPDX-License-Identifier: MIT
 * fetching.c: bodies are taken as streams, so that one can be given up when its
 * head says that it is not wanted, be cut where it is too long, and be kept as
 * far as it came where it breaks off. */
#include "fetching.h"

#include <string.h>
#include <time.h>

#include <lariat/observer.h>
#include <lariat/stream.h>

#include "content.h"
#include "list.h"
#include "memory.h"
#include "sending_time.h"

struct lr_crawl_fetcher {
  lariat_client *client;
  lariat_reactor *reactor;
  size_t most_body;
  size_t most_bytes;
  size_t bytes; /* of bodies on their way */
  unsigned in_flight;
  unsigned readers; /* whose next piece is waited for */
  bool waking;      /* those that wait are let go on: not within itself */
  lr_crawl_list fetches;
  lr_crawl_list waiting; /* for memory */
};

typedef enum fetch_state {
  FETCH_ASKING = 0, /* for the head */
  FETCH_READING,
  FETCH_WAITING, /* for memory */
  FETCH_ENDED
} fetch_state;

struct lr_crawl_fetch {
  lr_crawl_list node;    /* of all fetches */
  lr_crawl_list waiting; /* of those that wait for memory */
  lr_crawl_fetcher *fetcher;
  lr_crawl_request request; /* its URL and headers are not kept */
  fetch_state state;
  bool in_loop; /* pieces are asked for: an answer within the call is next */
  bool again;
  bool unwanted;
  bool *gone;            /* set when the fetch is freed; NULL: nobody asks */
  lariat_deferred *head; /* while it is asked for */
  lariat_value response;
  lariat_value failure;
  lariat_stream *stream;
  const char *truncated;
  lr_crawl_bytes sent;
  lr_crawl_bytes body;
  uint64_t sent_ns, left_ns;
  int64_t at_ns;
  lariat_timer send_by; /* {0}: none is set */
};

/* ---- Fetchers ---- */

static lariat_status add_headers(lr_crawl_fetcher *fetcher, const char *from) {
  lariat_status status = lariat_client_add_header(
      fetcher->client, "Accept-Encoding", LR_CRAWL_ACCEPT_ENCODING);
  if (status == LARIAT_OK && from)
    status = lariat_client_add_header(fetcher->client, "From", from);
  return status;
}

lariat_status lr_crawl_fetcher_new(const lr_crawl_fetcher_options *options,
                                   lr_crawl_fetcher **out) {
  *out = NULL;
  lr_crawl_fetcher *fetcher = lr_crawl_allocate(1, sizeof *fetcher);
  if (!fetcher) return LARIAT_ENOMEM;
  fetcher->reactor = lariat_reactor_current();
  fetcher->most_body = options->most_body;
  fetcher->most_bytes = options->most_bytes;
  lr_crawl_list_init(&fetcher->fetches);
  lr_crawl_list_init(&fetcher->waiting);
  lariat_status status = lariat_client_new(options->pool, fetcher->reactor,
                                           options->client, &fetcher->client);
  if (status == LARIAT_OK) status = add_headers(fetcher, options->from);
  if (status == LARIAT_OK)
    *out = fetcher;
  else
    lr_crawl_fetcher_free(fetcher);
  return status;
}

void lr_crawl_fetcher_free(lr_crawl_fetcher *fetcher) {
  if (!fetcher) return;
  lariat_client_close(fetcher->client);
  lariat_memory_release(fetcher);
}

unsigned lr_crawl_fetcher_in_flight(const lr_crawl_fetcher *fetcher) {
  return fetcher->in_flight;
}

/* ---- The end ---- */

static void read_on(lr_crawl_fetch *fetch);

/* Lets those go on that wait for memory, while there is some; one goes on if
 * nothing else does.  One that ends by that, since all of its body had come,
 * has the loop go on: it calls no other from within. */
static void wake_waiting(lr_crawl_fetcher *fetcher) {
  lr_crawl_list *node;
  if (fetcher->waking) return;
  fetcher->waking = true;
  while ((fetcher->bytes <= fetcher->most_bytes || fetcher->readers == 0) &&
         (node = lr_crawl_list_take(&fetcher->waiting))) {
    lr_crawl_fetch *fetch = lr_crawl_listed(node, lr_crawl_fetch, waiting);
    fetch->state = FETCH_READING;
    fetcher->readers++;
    read_on(fetch);
  }
  fetcher->waking = false;
}

static void free_fetch(lr_crawl_fetch *fetch) {
  if (fetch->gone) *fetch->gone = true;
  if (fetch->request.send_by_ns)
    (void)lariat_reactor_cancel_timer(fetch->fetcher->reactor, fetch->send_by);
  lr_crawl_list_remove(&fetch->node);
  lr_crawl_list_remove(&fetch->waiting);
  fetch->fetcher->in_flight--;
  fetch->fetcher->bytes -= fetch->body.length;
  lariat_value_drop(fetch->failure);
  lariat_value_drop(fetch->response);
  lr_crawl_bytes_clear(&fetch->sent);
  lr_crawl_bytes_clear(&fetch->body);
  lariat_memory_release(fetch);
}

/* Gives the answer, and frees the fetch, and with it a stream that has not
 * ended. */
static void finish(lr_crawl_fetch *fetch) {
  lr_crawl_fetcher *fetcher = fetch->fetcher;
  if (fetch->state == FETCH_READING) fetcher->readers--;
  fetch->state = FETCH_ENDED;
  lr_crawl_answer answer = {
      .response =
          fetch->response.type ? lariat_response_in(fetch->response) : NULL,
      .failure = fetch->failure,
      .request = fetch->sent.at ? fetch->sent.at : "",
      .request_length = fetch->sent.length,
      .body = fetch->body.at ? fetch->body.at : "",
      .body_length = fetch->body.length,
      .truncated = fetch->truncated,
      .unwanted = fetch->unwanted,
      .sent_ns = fetch->sent_ns,
      .left_ns = fetch->left_ns,
      .ended_ns = lariat_reactor_now_ns(fetcher->reactor),
      .at_ns = fetch->at_ns};
  fetch->request.on_answer(fetch->request.context, &answer);
  free_fetch(fetch);
  wake_waiting(fetcher);
}

/* ---- The body ---- */

/* Returns why a body that has failed is not whole, for WARC-Truncated. */
static const char *name_truncation(lariat_value failure) {
  lariat_status status = lariat_failure_status(failure);
  return status == LARIAT_ETIMEDOUT ? "time" : "disconnect";
}

/* Adds a piece; returns whether more is wanted. */
static bool add_piece(lr_crawl_fetch *fetch, const lariat_chunk *chunk) {
  size_t length;
  const char *bytes = lariat_chunk_bytes(chunk, &length);
  size_t space = fetch->request.most_body - fetch->body.length;
  size_t taken = length < space ? length : space;
  lr_crawl_bytes_add(&fetch->body, bytes, taken);
  if (fetch->body.failed) {
    fetch->failure = lariat_failure_new(LARIAT_ENOMEM, "out of memory");
    return false;
  }
  fetch->fetcher->bytes += taken;
  if (taken < length) fetch->truncated = "length";
  return taken == length;
}

/* Has a fetch wait where bodies hold too much memory and others go on. */
static bool waits_for_memory(lr_crawl_fetch *fetch) {
  lr_crawl_fetcher *fetcher = fetch->fetcher;
  if (fetcher->bytes <= fetcher->most_bytes || fetcher->readers < 2)
    return false;
  fetch->state = FETCH_WAITING;
  fetcher->readers--;
  lr_crawl_list_append(&fetcher->waiting, &fetch->waiting);
  return true;
}

/* Takes a piece, the end, or a failure. */
static lariat_value take_piece(lariat_value result, void *context) {
  lr_crawl_fetch *fetch = context;
  if (fetch->state == FETCH_ENDED) return lariat_value_drop(result);
  bool more = false;
  if (lariat_is_failure(result)) {
    fetch->truncated = name_truncation(result);
    fetch->failure = result;
    result = lariat_none();
  } else if (!lariat_is_none(result)) {
    more = add_piece(fetch, lariat_chunk_in(result));
    lariat_value_drop(result);
  }
  if (!more)
    finish(fetch);
  else if (fetch->in_loop)
    fetch->again = true;
  else if (!waits_for_memory(fetch))
    read_on(fetch);
  return lariat_none();
}

/* Asks for pieces until one has to be waited for, or the fetch has ended. */
static void read_on(lr_crawl_fetch *fetch) {
  bool gone = false;
  fetch->gone = &gone;
  fetch->in_loop = true;
  do {
    fetch->again = false;
    lariat_deferred *next = lariat_stream_next(fetch->stream);
    lariat_deferred_forget(lariat_deferred_add_both(next, take_piece, fetch));
  } while (!gone && fetch->again && !waits_for_memory(fetch));
  if (gone) return;
  fetch->gone = NULL;
  fetch->in_loop = false;
}

/* ---- The head ---- */

static void note_failure(lr_crawl_fetch *fetch, lariat_value failure) {
  fetch->failure = failure;
  finish(fetch);
}

/* Notes when the request was sent again, where its answer took so long that it
 * may have been: it has arrived later than it was written. */
static void note_resending(lr_crawl_fetch *fetch,
                           const lariat_response *response) {
  static const uint64_t ms_ns = 1000000;
  uint64_t now_ns = lariat_reactor_now_ns(fetch->fetcher->reactor);
  uint64_t took_ms = fetch->sent_ns ? (now_ns - fetch->sent_ns) / ms_ns : 0;
  lr_crawl_tcp_end local = {lariat_response_local_ip(response),
                            lariat_response_local_port(response)};
  lr_crawl_tcp_end remote = {lariat_response_remote_ip(response),
                             lariat_response_remote_port(response)};
  if (took_ms < LR_CRAWL_LEAST_RESENT_MS || took_ms > UINT32_MAX || !local.port)
    return;
  fetch->left_ns +=
      ms_ns * lr_crawl_sending_time(local, remote, (uint32_t)took_ms);
}

/* Takes the response, whose body is still to come, or a failure. */
static lariat_value take_head(lariat_value result, void *context) {
  lr_crawl_fetch *fetch = context;
  lariat_deferred_release(fetch->head);
  fetch->head = NULL;
  if (lariat_is_failure(result)) {
    note_failure(fetch, result);
    return lariat_none();
  }
  fetch->response = result;
  const lariat_response *response = lariat_response_in(result);
  note_resending(fetch, response);
  fetch->stream = lariat_response_stream(response);
  fetch->unwanted =
      fetch->request.wants_body &&
      !fetch->request.wants_body(fetch->request.context, response);
  if (fetch->unwanted) {
    finish(fetch);
    return lariat_none();
  }
  fetch->state = FETCH_READING;
  fetch->fetcher->readers++;
  read_on(fetch);
  return lariat_none();
}

static int64_t wall_clock_ns(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Notes what was sent, and when: the clock is read behind the sending, so that
 * what is counted from then on is never less. */
static void observe(const lariat_request_event *event, void *context) {
  lr_crawl_fetch *fetch = context;
  if (event->kind != LARIAT_REQUEST_SENT) return;
  fetch->sent_ns = lariat_reactor_now_ns(fetch->fetcher->reactor);
  fetch->left_ns = fetch->sent_ns;
  fetch->at_ns = wall_clock_ns();
  lr_crawl_bytes_reset(&fetch->sent);
  lr_crawl_bytes_add(&fetch->sent, event->head, event->head_length);
}

/* Gives a request up that was not sent in time. */
static void end_waiting(void *context) {
  lr_crawl_fetch *fetch = context;
  if (!fetch->sent_ns && fetch->state == FETCH_ASKING && fetch->head)
    lariat_deferred_cancel(fetch->head);
}

/* Without memory for the timer the request is sent all the same: the margin of
 * the lease is behind it. */
static void set_send_by(lr_crawl_fetch *fetch) {
  if (fetch->request.send_by_ns)
    (void)!lariat_reactor_call_at(fetch->fetcher->reactor,
                                  fetch->request.send_by_ns, end_waiting, fetch,
                                  NULL, &fetch->send_by);
}

lariat_status lr_crawl_fetch_start(lr_crawl_fetcher *fetcher,
                                   const lr_crawl_request *request) {
  lr_crawl_fetch *fetch = lr_crawl_allocate(1, sizeof *fetch);
  if (!fetch) return LARIAT_ENOMEM;
  fetch->fetcher = fetcher;
  fetch->request = *request;
  if (!request->most_body || request->most_body > fetcher->most_body)
    fetch->request.most_body = fetcher->most_body;
  fetch->at_ns = wall_clock_ns();
  lr_crawl_list_init(&fetch->waiting);
  lr_crawl_list_append(&fetcher->fetches, &fetch->node);
  fetcher->in_flight++;
  lariat_request_options options = lariat_request_defaults(fetcher->client);
  set_send_by(fetch);
  options.headers = request->headers;
  options.header_count = request->header_count;
  options.sink = lariat_sink_stream(0);
  options.observer = (lariat_observer){observe, fetch};
  lariat_deferred *head =
      lariat_request(fetcher->client, "GET", request->url, &options);
  fetch->head = lariat_deferred_retain(head);
  lariat_deferred_forget(lariat_deferred_add_both(head, take_head, fetch));
  return LARIAT_OK;
}

/* ---- Cancelling ---- */

static void cancel(lr_crawl_fetch *fetch) {
  if (fetch->state == FETCH_ASKING) {
    lariat_deferred_cancel(fetch->head);
  } else if (fetch->state == FETCH_WAITING) {
    fetch->truncated = "disconnect";
    note_failure(fetch, lariat_failure_new(LARIAT_ECANCELLED, "cancelled"));
  } else {
    lariat_stream_close(fetch->stream);
  }
}

void lr_crawl_fetcher_cancel(lr_crawl_fetcher *fetcher) {
  lr_crawl_list *node;
  unsigned left = fetcher->in_flight;
  while (left-- && (node = lr_crawl_list_first(&fetcher->fetches)))
    cancel(lr_crawl_listed(node, lr_crawl_fetch, node));
}
