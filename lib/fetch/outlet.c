/* SPDX-License-Identifier: MIT
 * Bodies that go elsewhere.  docs/internals/outlet.md has the picture. */
#include "fetch/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/memory.h"
#include "fetch/engine.h"
#include "fetch/job.h"
#include "fetch/lane.h"
#include "fetch/redirect.h"
#include "fetch/stream.h"
#include "fetch/transfer.h"
#include "fetch/worker.h"
#include "reactor/reactor.h"

enum { WINDOW = 256 * 1024 };

/* On the caller's thread. */

static bool makes_sense(const lariat_request_options *options) {
  return !options->stream || (!options->to_fd && !options->transform);
}

static lariat_status open_parts(lr_outlet *outlet, lariat_reactor *reactor,
                                const lariat_request_options *options) {
  size_t window = options->window_bytes ? options->window_bytes : WINDOW;
  if (options->stream)
    return lr_stream_new(reactor, window, &outlet->stream, &outlet->pipe);
  if (!options->to_fd) return LARIAT_OK;
  outlet->fd = fcntl(options->body_fd, F_DUPFD_CLOEXEC, 0);
  return outlet->fd < 0 ? LARIAT_EWRITE : LARIAT_OK;
}

void lr_outlet_refuse(const lariat_request_options *options) {
  if (options->transform && options->transform_destroy)
    options->transform_destroy(options->transform_context);
}

lariat_status lr_outlet_new(lariat_reactor *reactor,
                            const lariat_request_options *options,
                            lr_outlet **out) {
  *out = NULL;
  if (!options->stream && !options->to_fd && !options->transform)
    return LARIAT_OK;
  lr_outlet *outlet =
      makes_sense(options) ? lr_alloc_zero(sizeof *outlet) : NULL;
  if (!outlet) {
    lr_outlet_refuse(options);
    return makes_sense(options) ? LARIAT_ENOMEM : LARIAT_EINVAL;
  }
  lr_list_init(&outlet->node);
  outlet->fd = -1;
  outlet->transform = options->transform;
  outlet->transform_context = options->transform_context;
  if (options->transform)
    outlet->transform_destroy = options->transform_destroy;
  lariat_status status = open_parts(outlet, reactor, options);
  if (status == LARIAT_OK)
    *out = outlet;
  else
    lr_outlet_free(outlet);
  return status;
}

static void destroy_transform(lr_outlet *outlet) {
  if (outlet->transform_destroy)
    outlet->transform_destroy(outlet->transform_context);
  outlet->transform_destroy = NULL;
}

void lr_outlet_free(lr_outlet *outlet) {
  if (outlet->pipe && !outlet->source_open) lr_pipe_drop(outlet->pipe);
  if (outlet->stream) lr_stream_unhold(outlet->stream);
  if (outlet->fd >= 0) close(outlet->fd);
  destroy_transform(outlet);
  lariat_value_drop(outlet->value);
  lr_free(outlet);
}

/* On the pool's. */

static void resume_soon(lr_outlet *outlet) {
  if (lr_list_empty(&outlet->node))
    lr_list_append(&outlet->transfer->engine->resumes, &outlet->node);
}

static void had_room(void *context) {
  lr_outlet *outlet = context;
  if (outlet->paused) resume_soon(outlet);
}

/* Nobody takes it any more: the caller's cancel is on its way, but a paused
 * transfer need not wait for that. */
static const lr_source_ops source_ops = {had_room, had_room};

void lr_outlet_begin(lr_transfer *transfer) {
  lr_outlet *outlet = transfer->job->outlet;
  outlet->transfer = transfer;
  outlet->open = false;
  outlet->paused = false;
  outlet->skip = 0;
}

static void open_stream(lr_transfer *transfer, lr_outlet *outlet) {
  lr_job *job = transfer->job;
  lariat_response *response = job->response;
  lr_transfer_describe(transfer, response);
  outlet->http_status = response->status;
  outlet->chunked =
      lariat_response_header(response, "Transfer-Encoding") != NULL;
  job->response = NULL;
  lr_engine_count(transfer->engine, response);
  outlet->source_open = true;
  lr_stream_send_opened(outlet->stream, job, response);
  lr_pipe_open_source(outlet->pipe, transfer->engine->reactor, &source_ops,
                      outlet);
}

/* A redirect that will be followed is none of the taker's business. */
lariat_status lr_outlet_head(lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  lr_outlet *outlet = job->outlet;
  if (outlet->open || job->response->in_block || job->response->interim)
    return LARIAT_OK;
  if (!outlet->stream && outlet->fd < 0) return LARIAT_OK;
  if (lr_redirect_wanted(job)) return LARIAT_OK;
  outlet->open = true;
  if (outlet->stream) open_stream(transfer, outlet);
  return LARIAT_OK;
}

static size_t pause_transfer(lr_outlet *outlet) {
  outlet->paused = true;
  return CURL_WRITEFUNC_PAUSE;
}

static bool account(lr_transfer *transfer, const char *bytes, size_t length) {
  transfer->job->received += length;
  if (transfer->has_digest &&
      EVP_DigestUpdate(transfer->digest, bytes, length) != 1)
    transfer->fault = LARIAT_ENOMEM;
  return transfer->fault == LARIAT_OK;
}

static bool within_limit(lr_transfer *transfer, size_t more) {
  const lr_job *job = transfer->job;
  if (job->max_body_bytes && job->received + more > job->max_body_bytes)
    transfer->fault = LARIAT_EBODYLIMIT;
  return transfer->fault == LARIAT_OK;
}

static size_t put(lr_transfer *transfer, const char *bytes, size_t length) {
  lr_outlet *outlet = transfer->job->outlet;
  if (lr_pipe_full(outlet->pipe)) return pause_transfer(outlet);
  if (!within_limit(transfer, length) || !account(transfer, bytes, length))
    return 0;
  transfer->fault = lr_pipe_put(outlet->pipe, bytes, length);
  return transfer->fault == LARIAT_OK ? length : 0;
}

/* The descriptor. */

static void fd_ready(lr_watch *watch, uint32_t events) {
  lr_outlet *outlet = lr_container(watch, lr_outlet, watch);
  (void)events;
  (void)lr_poller_set(lr_reactor_poller(outlet->transfer->engine->reactor),
                      watch, 0);
  resume_soon(outlet);
}

static size_t fail_write(lr_transfer *transfer, int error) {
  transfer->job->outlet->error = error;
  transfer->fault = LARIAT_EWRITE;
  return 0;
}

static size_t wait_for_fd(lr_transfer *transfer) {
  lr_outlet *outlet = transfer->job->outlet;
  outlet->watch.fd = outlet->fd;
  outlet->watch.ready = fd_ready;
  if (lr_poller_set(lr_reactor_poller(transfer->engine->reactor),
                    &outlet->watch, EPOLLOUT) != LARIAT_OK)
    return fail_write(transfer, errno);
  return pause_transfer(outlet);
}

/* What is written of a piece before the descriptor is full will come again
 * with the rest of the piece. */
static size_t write_out(lr_transfer *transfer, const char *bytes,
                        size_t length) {
  lr_outlet *outlet = transfer->job->outlet;
  size_t done = outlet->skip < length ? outlet->skip : length;
  if (!within_limit(transfer, length - done)) return 0;
  while (done < length) {
    ssize_t written = write(outlet->fd, bytes + done, length - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      outlet->skip = done;
      return wait_for_fd(transfer);
    }
    if (written < 0) return fail_write(transfer, errno);
    if (!account(transfer, bytes + done, (size_t)written)) return 0;
    done += (size_t)written;
  }
  outlet->skip = outlet->skip > length ? outlet->skip - length : 0;
  return length;
}

size_t lr_outlet_take(lr_transfer *transfer, const char *bytes, size_t length) {
  return transfer->job->outlet->stream ? put(transfer, bytes, length)
                                       : write_out(transfer, bytes, length);
}

void lr_outlet_end(lr_transfer *transfer, lariat_status status) {
  lr_outlet *outlet = transfer->job->outlet;
  lr_list_remove(&outlet->node);
  if (outlet->watch.events)
    (void)lr_poller_set(lr_reactor_poller(transfer->engine->reactor),
                        &outlet->watch, 0);
  outlet->transfer = NULL;
  if (!outlet->source_open) return;
  lr_pipe_end(outlet->pipe, status);
  lr_pipe_close_source(outlet->pipe);
  outlet->pipe = NULL;
}

void lr_outlet_transform(lr_job *job) {
  lr_outlet *outlet = job->outlet;
  lariat_response *response = job->response;
  if (!outlet->transform || job->outcome != LARIAT_OK) return;
  if (lr_redirect_wanted(job)) return;
  response->url = lr_copy_string(job->target.url);
  response->redirects = job->redirects;
  job->response = NULL;
  outlet->value =
      outlet->transform(lariat_value_of(&lariat_response_type, response),
                        outlet->transform_context);
  outlet->transformed = true;
  destroy_transform(outlet);
  if (outlet->value.type != &lariat_deferred_type) return;
  lariat_value_drop(outlet->value);
  outlet->value = lariat_failure_new(LARIAT_EINVAL,
                                     "a transform must not return a deferred");
}

/* libcurl gives what it has kept inside of this call.  What goes wrong then is
 * only told here: its multi handle does not end the transfer. */
static void resume(lr_engine *engine, lr_outlet *outlet) {
  lr_transfer *transfer = outlet->transfer;
  lr_lane *lane = transfer->lane;
  outlet->paused = false;
  CURLcode code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
  if (code != CURLE_OK || transfer->fault != LARIAT_OK) {
    lr_engine_finished(engine, transfer,
                       code == CURLE_OK ? CURLE_WRITE_ERROR : (int)code);
    return;
  }
  if (outlet->paused) return;
  lane->kick = true;
  lr_lane_touch(lane);
}

void lr_outlet_resume_all(lr_engine *engine) {
  lr_list now;
  lr_list *node;
  lr_list_init(&now);
  lr_list_splice(&now, &engine->resumes);
  while ((node = lr_list_take_first(&now)))
    resume(engine, lr_container(node, lr_outlet, node));
}
