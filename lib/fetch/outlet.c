/* SPDX-License-Identifier: MIT
 * Bodies that go elsewhere.  docs/internals/outlet.md has the picture. */
#include "fetch/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "fetch/engine.h"
#include "fetch/job.h"
#include "fetch/lane.h"
#include "fetch/pool.h"
#include "fetch/redirect.h"
#include "fetch/stream.h"
#include "fetch/transfer.h"
#include "fetch/worker.h"
#include "reactor/reactor.h"

enum { WINDOW = 256 * 1024 };

/* Who waits for room looks by himself so often. */
static const uint64_t hunger_ns = 10000000;

/* On the caller's thread. */

static bool makes_sense(const lariat_request_options *options) {
  return !options->stream || (!options->to_fd && !options->transform);
}

static lariat_status open_fd(lr_outlet *outlet, int fd) {
  struct stat about;
  outlet->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (outlet->fd < 0) return LARIAT_EWRITE;
  bool file = fstat(outlet->fd, &about) == 0 && S_ISREG(about.st_mode);
  outlet->fd_start = file ? lseek(outlet->fd, 0, SEEK_CUR) : -1;
  outlet->fd_size = file ? about.st_size : 0;
  return LARIAT_OK;
}

static lariat_status open_parts(lr_outlet *outlet, lariat_reactor *reactor,
                                const lariat_request_options *options) {
  size_t window = options->window_bytes ? options->window_bytes : WINDOW;
  if (options->stream)
    return lr_stream_new(reactor, window, &outlet->stream, &outlet->pipe);
  if (!options->to_fd) return LARIAT_OK;
  return open_fd(outlet, options->body_fd);
}

void lr_outlet_refuse(const lariat_request_options *options) {
  if (options->transform && options->transform_destroy)
    options->transform_destroy(options->transform_context);
}

lariat_status lr_outlet_new(lariat_pool *pool, lariat_reactor *reactor,
                            const lariat_request_options *options,
                            lr_outlet **out) {
  *out = NULL;
  bool counts = lr_pool_budget(pool) && !options->to_fd;
  if (!options->stream && !options->to_fd && !options->transform && !counts)
    return LARIAT_OK;
  lr_outlet *outlet =
      makes_sense(options) ? lr_alloc_zero(sizeof *outlet) : NULL;
  if (!outlet) {
    lr_outlet_refuse(options);
    return makes_sense(options) ? LARIAT_ENOMEM : LARIAT_EINVAL;
  }
  lr_list_init(&outlet->node);
  lr_list_init(&outlet->starving);
  if (counts) outlet->pool = pool;
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

/* The budget.  It is the pool's, which is there as long as its clients are and
 * as its threads run. */

static void release(lr_outlet *outlet, size_t bytes) {
  if (bytes == 0) return;
  outlet->held -= bytes;
  if (outlet->ready)
    lr_u64_add_relaxed(&lr_pool_budget(outlet->pool)->ready, -(uint64_t)bytes);
  if (lr_budget_give(lr_pool_budget(outlet->pool), bytes))
    lr_pool_feed(outlet->pool);
}

void lr_outlet_give(lr_outlet *outlet) { release(outlet, outlet->held); }

void lr_outlet_free(lr_outlet *outlet) {
  lr_outlet_give(outlet);
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

/* What a body holds is `bytes` now. */
static void hold_exactly(lr_outlet *outlet, size_t bytes) {
  if (!outlet->pool) return;
  if (bytes <= outlet->held) {
    release(outlet, outlet->held - bytes);
    return;
  }
  lr_budget_force(lr_pool_budget(outlet->pool), bytes - outlet->held);
  outlet->held = bytes;
}

/* Whether a body may hold so much. */
static bool may_hold(lr_outlet *outlet, size_t bytes) {
  if (!outlet->pool || bytes <= outlet->held) return true;
  size_t more = bytes - outlet->held;
  outlet->lacks = more;
  if (outlet->transfer->engine->fed == outlet)
    lr_budget_force(lr_pool_budget(outlet->pool), more);
  else if (!lr_budget_take(lr_pool_budget(outlet->pool), more))
    return false;
  outlet->held = bytes;
  return true;
}

static void watch_hunger(lr_engine *engine) {
  if (lr_timer_is_set(&engine->hunger)) return;
  (void)lr_reactor_set_timer(engine->reactor, &engine->hunger,
                             lr_reactor_turn_ns(engine->reactor) + hunger_ns);
}

void lr_outlet_hunger(lr_timer *timer) {
  lr_engine *engine = lr_container(timer, lr_engine, hunger);
  if (!lr_list_empty(&engine->starving)) watch_hunger(engine);
}

static size_t starve(lr_outlet *outlet) {
  lr_engine *engine = outlet->transfer->engine;
  outlet->paused = true;
  lr_list_append(&engine->starving, &outlet->starving);
  lr_u32_add_relaxed(&lr_pool_budget(outlet->pool)->waiting, 1);
  watch_hunger(engine);
  lr_reactor_again(engine->reactor); /* it may be the one that may go on */
  return CURL_WRITEFUNC_PAUSE;
}

static void stop_starving(lr_outlet *outlet) {
  if (lr_list_empty(&outlet->starving)) return;
  lr_list_remove(&outlet->starving);
  lr_u32_add_relaxed(&lr_pool_budget(outlet->pool)->waiting, (uint32_t)-1);
}

/* Another may have its place. */
static void stop_feeding(lr_outlet *outlet) {
  lr_engine *engine = outlet->transfer->engine;
  if (engine->fed != outlet) return;
  engine->fed = NULL;
  if (!lr_list_empty(&engine->starving)) lr_reactor_again(engine->reactor);
}

/* Without room in the budget, one goes on all the same: or bodies that are not
 * complete could stand in each other's way for ever.  But not while complete
 * ones wait for their callers: with these there will be room. */
void lr_outlet_feed(lr_engine *engine) {
  lr_budget *budget = lr_pool_budget(engine->worker->pool);
  uint64_t room = lr_budget_room(budget);
  lr_list *node;
  while ((node = lr_list_first(&engine->starving))) {
    lr_outlet *outlet = lr_container(node, lr_outlet, starving);
    bool fits = room >= LR_CHUNK_ROOM && room >= outlet->lacks;
    if (!fits && (engine->fed || lr_u64_load_relaxed(&budget->ready))) return;
    if (fits)
      room -= outlet->lacks;
    else
      engine->fed = outlet;
    stop_starving(outlet);
    resume_soon(outlet);
  }
}

static void had_room(void *context) {
  lr_outlet *outlet = context;
  if (outlet->pool) hold_exactly(outlet, lr_pipe_held(outlet->pipe));
  if (outlet->paused && lr_list_empty(&outlet->starving)) resume_soon(outlet);
}

/* Nobody takes it any more: the caller's cancel is on its way, but a paused
 * transfer need not wait for that. */
static const lr_source_ops source_ops = {had_room, had_room};

bool lr_outlet_may_repeat(const lr_outlet *outlet) {
  if (outlet->transformed) return false;
  return !outlet->gone || (outlet->fd >= 0 && outlet->fd_start >= 0);
}

/* What an earlier attempt has written is taken back. */
static void rewind_fd(lr_outlet *outlet) {
  if (ftruncate(outlet->fd, outlet->fd_size) != 0 ||
      lseek(outlet->fd, outlet->fd_start, SEEK_SET) < 0)
    outlet->error = errno;
}

void lr_outlet_begin(lr_transfer *transfer) {
  lr_outlet *outlet = transfer->job->outlet;
  outlet->transfer = transfer;
  outlet->open = outlet->pool && !outlet->stream;
  outlet->paused = false;
  lr_outlet_give(outlet);
  outlet->ready = false;
  outlet->skip = 0;
  outlet->error = 0;
  if (outlet->gone && outlet->fd >= 0) rewind_fd(outlet);
  outlet->gone = false;
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
void lr_outlet_head(lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  lr_outlet *outlet = job->outlet;
  if (outlet->gone || job->response->in_block || job->response->interim) return;
  if (!outlet->stream && outlet->fd < 0) return;
  if (lr_redirect_wanted(job)) return;
  outlet->open = true;
  outlet->gone = true;
  if (outlet->stream) open_stream(transfer, outlet);
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
  if (lr_pipe_full(outlet->pipe)) {
    stop_feeding(outlet);
    return pause_transfer(outlet);
  }
  hold_exactly(outlet, lr_pipe_held(outlet->pipe));
  if (outlet->held && !may_hold(outlet, outlet->held + length))
    return starve(outlet);
  if (!within_limit(transfer, length) || !account(transfer, bytes, length))
    return 0;
  transfer->fault = lr_pipe_put(outlet->pipe, bytes, length);
  hold_exactly(outlet, lr_pipe_held(outlet->pipe));
  return transfer->fault == LARIAT_OK ? length : 0;
}

/* Into the response, when there is room for it. */
static size_t keep(lr_transfer *transfer, const char *bytes, size_t length) {
  lr_job *job = transfer->job;
  if (!may_hold(job->outlet, lr_response_body_room(job->response, length)))
    return starve(job->outlet);
  if (!within_limit(transfer, length) || !account(transfer, bytes, length))
    return 0;
  if (!lr_response_add_body(job->response, bytes, length))
    transfer->fault = LARIAT_ENOMEM;
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
  if (outlet->error) return fail_write(transfer, outlet->error);
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
  const lr_outlet *outlet = transfer->job->outlet;
  if (outlet->stream) return put(transfer, bytes, length);
  return outlet->fd >= 0 ? write_out(transfer, bytes, length)
                         : keep(transfer, bytes, length);
}

void lr_outlet_end(lr_transfer *transfer, lariat_status status) {
  lr_outlet *outlet = transfer->job->outlet;
  lr_list_remove(&outlet->node);
  stop_starving(outlet);
  if (status != LARIAT_OK) lr_outlet_give(outlet);
  if (outlet->held && !outlet->stream) {
    outlet->ready = true;
    lr_u64_add_relaxed(&lr_pool_budget(outlet->pool)->ready, outlet->held);
  }
  stop_feeding(outlet);
  if (outlet->watch.events)
    (void)lr_poller_set(lr_reactor_poller(transfer->engine->reactor),
                        &outlet->watch, 0);
  outlet->transfer = NULL;
  if (!outlet->source_open) return;
  lr_pipe_end(outlet->pipe, status);
  lr_pipe_close_source(outlet->pipe);
  outlet->pipe = NULL;
  lr_outlet_give(outlet);
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
  CURLcode code = curl_easy_pause(
      transfer->easy, transfer->starving ? CURLPAUSE_SEND : CURLPAUSE_CONT);
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
