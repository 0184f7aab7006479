/* SPDX-License-Identifier: MIT
 * Bodies that go elsewhere.  docs/internals/body_sink.md has the picture. */
#include "job/body_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "job/job.h"
#include "job/redirect.h"
#include "job/stream.h"
#include "reactor/reactor.h"

enum { WINDOW = 256 * 1024 };

/* Who waits for room looks by himself so often. */
static const uint64_t memory_check_ns = 10000000;

/* On the caller's thread. */

static bool makes_sense(const lariat_request_options *options) {
  unsigned kind = options->sink.kind;
  if (kind > LARIAT_SINK_DISCARD) return false;
  return kind != LARIAT_SINK_STREAM || !options->transform;
}

static lariat_status open_fd(lr_body_sink *sink, int fd) {
  struct stat about;
  sink->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (sink->fd < 0) return LARIAT_EWRITE;
  bool file = fstat(sink->fd, &about) == 0 && S_ISREG(about.st_mode);
  sink->fd_start = file ? lseek(sink->fd, 0, SEEK_CUR) : -1;
  sink->fd_size = file ? about.st_size : 0;
  return LARIAT_OK;
}

/* Makes the stream and its pipe.  Under a budget it must be known when nothing
 * is held. */
static lariat_status open_stream_parts(lr_body_sink *sink,
                                       lariat_reactor *reactor, size_t window) {
  lariat_status status =
      lr_stream_new(reactor, window, &sink->stream, &sink->pipe);
  if (status == LARIAT_OK && sink->budget) lr_pipe_be_prompt(sink->pipe);
  return status;
}

static lariat_status open_parts(lr_body_sink *sink, lariat_reactor *reactor,
                                const lariat_request_options *options) {
  const lariat_sink *to = &options->sink;
  if (to->kind == LARIAT_SINK_FD) return open_fd(sink, to->as.fd);
  if (to->kind != LARIAT_SINK_STREAM) return LARIAT_OK;
  size_t window = to->as.window_bytes ? to->as.window_bytes : WINDOW;
  return open_stream_parts(sink, reactor, window);
}

/* Returns whether a body counts in the pool's budget: one that goes to a
 * descriptor or nowhere holds nothing. */
static bool takes_budget(const lr_memory_budget *budget,
                         lariat_sink_kind kind) {
  return budget && kind != LARIAT_SINK_FD && kind != LARIAT_SINK_DISCARD;
}

/* Returns whether no sink is needed: into the response, or nowhere, is done by
 * the transports themselves. */
static bool is_simple(const lariat_request_options *options) {
  lariat_sink_kind kind = options->sink.kind;
  return !options->transform &&
         (kind == LARIAT_SINK_MEMORY || kind == LARIAT_SINK_DISCARD);
}

void lr_body_sink_refuse(const lariat_request_options *options) {
  if (options->transform && options->transform_destroy)
    options->transform_destroy(options->transform_context);
}

lariat_status lr_body_sink_new(lr_memory_budget *budget,
                               lariat_reactor *reactor,
                               const lariat_request_options *options,
                               lr_body_sink **out) {
  *out = NULL;
  bool counts = takes_budget(budget, options->sink.kind);
  if (is_simple(options) && !counts) return LARIAT_OK;
  lr_body_sink *sink =
      makes_sense(options) ? lr_alloc_zero(sizeof *sink) : NULL;
  if (!sink) {
    lr_body_sink_refuse(options);
    return makes_sense(options) ? LARIAT_ENOMEM : LARIAT_EINVAL;
  }
  lr_list_init(&sink->node);
  lr_list_init(&sink->waiting_for_memory);
  if (counts) sink->budget = budget;
  sink->fd = -1;
  sink->transform = options->transform;
  sink->transform_context = options->transform_context;
  if (options->transform) sink->transform_destroy = options->transform_destroy;
  lariat_status status = open_parts(sink, reactor, options);
  if (status == LARIAT_OK)
    *out = sink;
  else
    lr_body_sink_free(sink);
  return status;
}

static void destroy_transform(lr_body_sink *sink) {
  if (sink->transform_destroy) sink->transform_destroy(sink->transform_context);
  sink->transform_destroy = NULL;
}

/* The budget.  It is the pool's, which is there as long as its clients are and
 * as its threads run. */

static void release(lr_body_sink *sink, size_t bytes) {
  if (bytes == 0) return;
  sink->held -= bytes;
  if (sink->complete)
    lr_memory_budget_add_complete(sink->budget, -(uint64_t)bytes);
  lr_memory_budget_give(sink->budget, bytes);
}

static void release_all(lr_body_sink *sink) { release(sink, sink->held); }

void lr_body_sink_give(lr_body_sink *sink) {
  if (sink->held && sink->stream)
    sink->held -= lr_stream_keep(sink->stream, sink->budget, sink->held);
  release_all(sink);
}

void lr_body_sink_free(lr_body_sink *sink) {
  release_all(sink);
  if (sink->pipe && !sink->source_open) lr_pipe_drop(sink->pipe);
  if (sink->stream) lr_stream_unhold(sink->stream);
  if (sink->fd >= 0) close(sink->fd);
  destroy_transform(sink);
  lariat_value_drop(sink->value);
  lr_free(sink);
}

/* On the pool's. */

static void set_memory_timer(lr_body_sinks *all) {
  if (lr_timer_is_set(&all->memory_timer)) return;
  (void)lr_reactor_set_timer(all->reactor, &all->memory_timer,
                             lr_reactor_turn_ns(all->reactor) +
                                 memory_check_ns);
}

/* The turn that it makes is all the timer is for. */
static void look_again(lr_timer *timer) {
  lr_body_sinks *all = lr_container(timer, lr_body_sinks, memory_timer);
  if (!lr_list_empty(&all->waiting_for_memory)) set_memory_timer(all);
}

void lr_body_sinks_init(lr_body_sinks *all, lr_memory_budget *budget,
                        lariat_reactor *reactor) {
  all->budget = budget;
  all->reactor = reactor;
  all->exempt = NULL;
  lr_list_init(&all->resumes);
  lr_list_init(&all->waiting_for_memory);
  all->memory_timer.expire = look_again;
}

void lr_body_sinks_clear(lr_body_sinks *all) {
  lr_reactor_unset_timer(all->reactor, &all->memory_timer);
}

static void resume_soon(lr_body_sink *sink) {
  if (lr_list_empty(&sink->node))
    lr_list_append(&sink->all->resumes, &sink->node);
}

/* What a body holds is `bytes` now. */
static void hold_exactly(lr_body_sink *sink, size_t bytes) {
  if (!sink->budget) return;
  if (bytes <= sink->held) {
    release(sink, sink->held - bytes);
    return;
  }
  lr_memory_budget_force(sink->budget, bytes - sink->held);
  sink->held = bytes;
}

/* Whether a body may hold so much. */
static bool may_hold(lr_body_sink *sink, size_t bytes) {
  if (!sink->budget || bytes <= sink->held) return true;
  size_t more = bytes - sink->held;
  sink->needed = more;
  if (sink->all->exempt == sink)
    lr_memory_budget_force(sink->budget, more);
  else if (!lr_memory_budget_take(sink->budget, more))
    return false;
  sink->held = bytes;
  return true;
}

static lariat_status wait_for_memory(lr_body_sink *sink) {
  lr_body_sinks *all = sink->all;
  sink->paused = true;
  lr_list_append(&all->waiting_for_memory, &sink->waiting_for_memory);
  lr_memory_budget_add_waiting(sink->budget, 1);
  set_memory_timer(all);
  lr_reactor_request_turn(all->reactor); /* it may be the one that may go on */
  return LARIAT_EBUSY;
}

static void stop_waiting_for_memory(lr_body_sink *sink) {
  if (lr_list_empty(&sink->waiting_for_memory)) return;
  lr_list_remove(&sink->waiting_for_memory);
  lr_memory_budget_add_waiting(sink->budget, (uint32_t)-1);
}

/* Another may have its place. */
static void stop_feeding(lr_body_sink *sink) {
  lr_body_sinks *all = sink->all;
  if (all->exempt != sink) return;
  all->exempt = NULL;
  if (!lr_list_empty(&all->waiting_for_memory))
    lr_reactor_request_turn(all->reactor);
}

/* A stream whose taker has nothing gets a piece in any case. */
static bool is_dry(lr_body_sink *sink) {
  hold_exactly(sink, lr_pipe_held(sink->pipe));
  return sink->held == 0;
}

/* Without room in the budget, one body goes on all the same: or those that are
 * not complete could stand in each other's way for ever.  But not while
 * complete ones wait for their callers: with these there will be room.  Nobody
 * goes first for needing less than one who came before. */
static void feed(lr_body_sinks *all) {
  lr_memory_budget *budget = all->budget;
  uint64_t capacity = lr_memory_budget_left(budget);
  bool fed = all->exempt || lr_u64_load_relaxed(&budget->complete);
  lr_list *node = all->waiting_for_memory.next;
  while (node != &all->waiting_for_memory) {
    lr_body_sink *sink = lr_container(node, lr_body_sink, waiting_for_memory);
    node = node->next;
    bool fits = capacity >= LR_CHUNK_CAPACITY && capacity >= sink->needed;
    capacity = fits ? capacity - sink->needed : 0;
    if (!fits && (sink->stream ? !is_dry(sink) : fed)) continue;
    if (!fits && !sink->stream) {
      all->exempt = sink;
      fed = true;
    }
    stop_waiting_for_memory(sink);
    resume_soon(sink);
  }
}

static void had_room(void *context) {
  lr_body_sink *sink = context;
  if (sink->budget) hold_exactly(sink, lr_pipe_held(sink->pipe));
  if (sink->paused && lr_list_empty(&sink->waiting_for_memory))
    resume_soon(sink);
}

/* Nobody takes it any more: the caller's cancel is on its way, but a body that
 * is held back need not wait for that. */
static const lr_source_ops source_ops = {had_room, had_room};

bool lr_body_sink_may_repeat(const lr_body_sink *sink) {
  if (sink->transformed) return false;
  return !sink->consumed || (sink->fd >= 0 && sink->fd_start >= 0);
}

/* What an earlier attempt has written is taken back. */
static void rewind_fd(lr_body_sink *sink) {
  if (ftruncate(sink->fd, sink->fd_size) != 0 ||
      lseek(sink->fd, sink->fd_start, SEEK_SET) < 0)
    sink->error = errno;
}

void lr_body_sink_begin(lr_body_sinks *all, lr_job *job, lr_sha256 *digest) {
  lr_body_sink *sink = job->sink;
  sink->job = job;
  sink->all = all;
  sink->digest = digest;
  sink->open = sink->budget && !sink->stream;
  sink->paused = false;
  release_all(sink);
  sink->complete = false;
  sink->skip = 0;
  sink->error = 0;
  if (sink->consumed && sink->fd >= 0) rewind_fd(sink);
  sink->consumed = false;
}

static void open_stream(lr_body_sink *sink) {
  lr_job *job = sink->job;
  lariat_response *response = job->response;
  sink->all->describe(job, response);
  sink->http_status = response->status;
  sink->chunked = lariat_response_header(response, "Transfer-Encoding") != NULL;
  job->response = NULL;
  sink->source_open = true;
  lr_stream_send_opened(sink->stream, job, response);
  lr_pipe_open_source(sink->pipe, sink->all->reactor, &source_ops, sink);
}

/* A redirect that will be followed is none of the taker's business. */
void lr_body_sink_head(lr_job *job) {
  lr_body_sink *sink = job->sink;
  if (sink->consumed || job->response->in_block || job->response->interim)
    return;
  if (!sink->stream && sink->fd < 0) return;
  if (lr_redirect_wanted(job)) return;
  sink->open = true;
  sink->consumed = true;
  if (sink->stream) open_stream(sink);
}

static lariat_status hold_back(lr_body_sink *sink) {
  sink->paused = true;
  return LARIAT_EBUSY;
}

static lariat_status account(lr_body_sink *sink, const char *bytes,
                             size_t length) {
  sink->job->pool.received += length;
  bool done = !sink->digest || lr_sha256_add(sink->digest, bytes, length);
  return done ? LARIAT_OK : LARIAT_ENOMEM;
}

static lariat_status check_limit(const lr_job *job, size_t more) {
  bool fits = !job->request.max_body_bytes ||
              job->pool.received + more <= job->request.max_body_bytes;
  return fits ? LARIAT_OK : LARIAT_EBODYLIMIT;
}

static lariat_status put(lr_body_sink *sink, const char *bytes, size_t length) {
  if (lr_pipe_full(sink->pipe)) return hold_back(sink);
  hold_exactly(sink, lr_pipe_held(sink->pipe));
  if (sink->held && !may_hold(sink, sink->held + length))
    return wait_for_memory(sink);
  lariat_status status = check_limit(sink->job, length);
  if (status == LARIAT_OK) status = account(sink, bytes, length);
  if (status != LARIAT_OK) return status;
  status = lr_pipe_put(sink->pipe, bytes, length);
  hold_exactly(sink, lr_pipe_held(sink->pipe));
  return status;
}

/* Into the response, when there is room for it. */
static lariat_status keep(lr_body_sink *sink, const char *bytes,
                          size_t length) {
  lariat_response *response = sink->job->response;
  if (!may_hold(sink, lr_response_body_capacity(response, length)))
    return wait_for_memory(sink);
  lariat_status status = check_limit(sink->job, length);
  if (status == LARIAT_OK) status = account(sink, bytes, length);
  if (status != LARIAT_OK) return status;
  return lr_response_add_body(response, bytes, length) ? LARIAT_OK
                                                       : LARIAT_ENOMEM;
}

/* The descriptor. */

static void fd_ready(lr_watch *watch, uint32_t events) {
  lr_body_sink *sink = lr_container(watch, lr_body_sink, watch);
  (void)events;
  (void)lr_poller_set(lr_reactor_poller(sink->all->reactor), watch, 0);
  resume_soon(sink);
}

static lariat_status fail_write(lr_body_sink *sink, int error) {
  sink->error = error;
  return LARIAT_EWRITE;
}

static lariat_status wait_for_fd(lr_body_sink *sink) {
  sink->watch.fd = sink->fd;
  sink->watch.ready = fd_ready;
  if (lr_poller_set(lr_reactor_poller(sink->all->reactor), &sink->watch,
                    EPOLLOUT) != LARIAT_OK)
    return fail_write(sink, errno);
  return hold_back(sink);
}

/* What is written of a piece before the descriptor is full will come again
 * with the rest of the piece. */
static lariat_status write_out(lr_body_sink *sink, const char *bytes,
                               size_t length) {
  size_t done = sink->skip < length ? sink->skip : length;
  if (sink->error) return fail_write(sink, sink->error);
  lariat_status status = check_limit(sink->job, length - done);
  while (done < length && status == LARIAT_OK) {
    ssize_t written = write(sink->fd, bytes + done, length - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      sink->skip = done;
      return wait_for_fd(sink);
    }
    if (written < 0) return fail_write(sink, errno);
    status = account(sink, bytes + done, (size_t)written);
    done += (size_t)written;
  }
  sink->skip = sink->skip > length ? sink->skip - length : 0;
  return status;
}

lariat_status lr_body_sink_take(lr_job *job, const char *bytes, size_t length) {
  lr_body_sink *sink = job->sink;
  if (sink->stream) return put(sink, bytes, length);
  return sink->fd >= 0 ? write_out(sink, bytes, length)
                       : keep(sink, bytes, length);
}

void lr_body_sink_end(lr_job *job, lariat_status status) {
  lr_body_sink *sink = job->sink;
  lr_list_remove(&sink->node);
  stop_waiting_for_memory(sink);
  if (status != LARIAT_OK && !sink->source_open) release_all(sink);
  if (sink->held && !sink->stream) {
    sink->complete = true;
    lr_memory_budget_add_complete(sink->budget, sink->held);
  }
  stop_feeding(sink);
  if (sink->watch.events)
    (void)lr_poller_set(lr_reactor_poller(sink->all->reactor), &sink->watch, 0);
  sink->job = NULL;
  if (!sink->source_open) return;
  hold_exactly(sink, lr_pipe_held(sink->pipe));
  lr_pipe_end(sink->pipe, status);
  lr_pipe_close_source(sink->pipe);
  sink->pipe = NULL;
}

void lr_body_sink_transform(lr_job *job) {
  lr_body_sink *sink = job->sink;
  lariat_response *response = job->response;
  if (!sink->transform || job->attempt.outcome != LARIAT_OK) return;
  if (lr_redirect_wanted(job)) return;
  response->url = lr_copy_string(job->request.url.text);
  response->redirects = job->caller.redirects;
  job->response = NULL;
  sink->value =
      sink->transform(lariat_value_of(&lariat_response_type, response),
                      sink->transform_context);
  sink->transformed = true;
  destroy_transform(sink);
  if (sink->value.type != &lariat_deferred_type) return;
  lariat_value_drop(sink->value);
  sink->value = lariat_failure_new(LARIAT_EINVAL,
                                   "a transform must not return a deferred");
}

void lr_body_sinks_turn_end(lr_body_sinks *all) {
  lr_list now;
  lr_list *node;
  if (!lr_list_empty(&all->waiting_for_memory)) feed(all);
  if (lr_list_empty(&all->resumes)) return;
  lr_list_init(&now);
  lr_list_splice(&now, &all->resumes);
  while ((node = lr_list_take_first(&now))) {
    lr_body_sink *sink = lr_container(node, lr_body_sink, node);
    sink->paused = false;
    all->resume(sink->job);
  }
}
