/* SPDX-License-Identifier: MIT
 * body_sink.c: bodies that are not simply kept in their response.
 * docs/internals/body_sink.md has the picture. */
#include "job/body_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/time.h"
#include "http/cookie_header.h"
#include "http/response_details.h"
#include "job/job.h"
#include "job/kept_answer.h"
#include "job/redirect.h"
#include "job/stream.h"
#include "reactor/reactor.h"

enum { WINDOW = 256 * 1024 };

/* Sinks that wait for memory look so often by themselves: other reactors may
 * have given some back. */
static const uint64_t memory_check_ns = 10 * LR_NS_PER_MS;

/* ---- Creation, on the caller's thread ---- */

static bool are_valid(const lariat_request_options *options) {
  unsigned kind = options->sink.kind;
  if (kind > LARIAT_SINK_DISCARD || options->keep > LR_KEEP_ALL) return false;
  return kind != LARIAT_SINK_STREAM ||
         !(options->transform || options->keep & LARIAT_KEEP_RAW_BODY);
}

static lariat_status open_sink_fd(lr_body_sink *sink, int fd) {
  struct stat about;
  sink->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (sink->fd < 0) return LARIAT_EWRITE;
  bool file = fstat(sink->fd, &about) == 0 && S_ISREG(about.st_mode);
  sink->fd_start = file ? lseek(sink->fd, 0, SEEK_CUR) : -1;
  sink->fd_size = file ? about.st_size : 0;
  return LARIAT_OK;
}

/* Makes the stream and its pipe.  With a budget the pipe is prompt: a stream of
 * which nothing is held gets a piece in any case. */
static lariat_status open_stream_parts(lr_body_sink *sink,
                                       lariat_reactor *reactor, size_t window) {
  lariat_status status =
      lr_stream_new(reactor, window, &sink->stream, &sink->pipe);
  if (status == LARIAT_OK && sink->memory.budget) lr_pipe_be_prompt(sink->pipe);
  return status;
}

static lariat_status open_sink_parts(lr_body_sink *sink,
                                     lariat_reactor *reactor,
                                     const lariat_request_options *options) {
  const lariat_sink *to = &options->sink;
  if (to->kind == LARIAT_SINK_FD) return open_sink_fd(sink, to->as.fd);
  if (to->kind != LARIAT_SINK_STREAM) return LARIAT_OK;
  size_t window = to->as.window_bytes ? to->as.window_bytes : WINDOW;
  return open_stream_parts(sink, reactor, window);
}

/* Returns whether a body counts in the pool's budget: one that goes to a
 * descriptor or nowhere holds nothing, unless it is kept as it comes. */
static bool takes_budget(const lr_memory_budget *budget,
                         const lariat_request_options *options) {
  lariat_sink_kind kind = options->sink.kind;
  return budget && (options->keep & LARIAT_KEEP_RAW_BODY ||
                    (kind != LARIAT_SINK_FD && kind != LARIAT_SINK_DISCARD));
}

/* Returns whether no sink is needed: into the response, or nowhere, is done by
 * the transports themselves, without a look at the job of which an observer
 * would hear. */
static bool is_simple(const lariat_request_options *options) {
  lariat_sink_kind kind = options->sink.kind;
  return !options->transform && !options->keep && !options->observer.observe &&
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
  bool counts = takes_budget(budget, options);
  if (is_simple(options) && !counts) return LARIAT_OK;
  lr_body_sink *sink = are_valid(options) ? lr_alloc_zero(sizeof *sink) : NULL;
  if (!sink) {
    lr_body_sink_refuse(options);
    return are_valid(options) ? LARIAT_ENOMEM : LARIAT_EINVAL;
  }
  lr_list_init(&sink->node);
  lr_list_init(&sink->memory.waiting);
  if (counts) sink->memory.budget = budget;
  sink->fd = -1;
  sink->keep = options->keep;
  sink->discards = options->sink.kind == LARIAT_SINK_DISCARD;
  sink->transform.function = options->transform;
  sink->transform.context = options->transform_context;
  if (options->transform) sink->transform.destroy = options->transform_destroy;
  lariat_status status = open_sink_parts(sink, reactor, options);
  if (status == LARIAT_OK)
    *out = sink;
  else
    lr_body_sink_free(sink);
  return status;
}

/* Returns whether the pool has opened its end of the pipe. */
static bool has_open_source(const lr_body_sink *sink) {
  return sink->stream && sink->state == LR_SINK_CONSUMED;
}

static void destroy_transform(lr_body_sink *sink) {
  if (sink->transform.destroy) sink->transform.destroy(sink->transform.context);
  sink->transform.destroy = NULL;
}

/* ---- Budget; the pool, whose it is, outlives its clients ---- */

static void release_bytes(lr_body_sink *sink, size_t bytes) {
  if (bytes == 0) return;
  sink->memory.held -= bytes;
  if (sink->memory.complete)
    lr_memory_budget_add_complete(sink->memory.budget, -(uint64_t)bytes);
  lr_memory_budget_give(sink->memory.budget, bytes);
}

static void release_all(lr_body_sink *sink) {
  release_bytes(sink, sink->memory.held);
}

void lr_body_sink_give(lr_job *job) {
  lr_body_sink *sink = job->sink;
  lr_kept_answer_give_history(job);
  if (sink->memory.held && sink->stream)
    sink->memory.held -=
        lr_stream_keep(sink->stream, sink->memory.budget, sink->memory.held);
  release_all(sink);
}

void lr_body_sink_free(lr_body_sink *sink) {
  release_all(sink);
  if (sink->pipe && !has_open_source(sink)) lr_pipe_drop(sink->pipe);
  if (sink->stream) lr_stream_unhold(sink->stream);
  if (sink->fd >= 0) close(sink->fd);
  destroy_transform(sink);
  lariat_value_drop(sink->transform.value);
  lr_response_release(sink->history);
  lr_free(sink);
}

/* ---- Waiting for memory, on the pool's thread ---- */

static void set_memory_timer(lr_body_sinks *all) {
  if (lr_timer_is_set(&all->memory_timer)) return;
  (void)lr_reactor_set_timer(all->reactor, &all->memory_timer,
                             lr_reactor_turn_ns(all->reactor) +
                                 memory_check_ns);
}

/* Sets the timer anew: the turn that it makes is all it is for. */
static void expire_memory_timer(lr_timer *timer) {
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
  all->memory_timer.expire = expire_memory_timer;
}

void lr_body_sinks_clear(lr_body_sinks *all) {
  lr_reactor_unset_timer(all->reactor, &all->memory_timer);
}

static void schedule_resume(lr_body_sink *sink) {
  if (lr_list_empty(&sink->node))
    lr_list_append(&sink->all->resumes, &sink->node);
}

/* Makes `bytes` what the budget counts for a body, beyond its limit if need be.
 */
static void set_held(lr_body_sink *sink, size_t bytes) {
  if (!sink->memory.budget) return;
  if (bytes <= sink->memory.held) {
    release_bytes(sink, sink->memory.held - bytes);
    return;
  }
  lr_memory_budget_force(sink->memory.budget, bytes - sink->memory.held);
  sink->memory.held = bytes;
}

/* Returns whether a body may hold `bytes`, and counts them for it if so. */
static bool try_to_hold(lr_body_sink *sink, size_t bytes) {
  if (!sink->memory.budget || bytes <= sink->memory.held) return true;
  size_t more = bytes - sink->memory.held;
  sink->memory.needed = more;
  if (sink->all->exempt == sink)
    lr_memory_budget_force(sink->memory.budget, more);
  else if (!lr_memory_budget_take(sink->memory.budget, more))
    return false;
  sink->memory.held = bytes;
  return true;
}

static lariat_status wait_for_memory(lr_body_sink *sink) {
  lr_body_sinks *all = sink->all;
  sink->paused = true;
  lr_list_append(&all->waiting_for_memory, &sink->memory.waiting);
  lr_memory_budget_add_waiting(sink->memory.budget, 1);
  set_memory_timer(all);
  lr_reactor_request_turn(all->reactor); /* this may be the exempt one */
  return LARIAT_EBUSY;
}

static void stop_waiting_for_memory(lr_body_sink *sink) {
  if (lr_list_empty(&sink->memory.waiting)) return;
  lr_list_remove(&sink->memory.waiting);
  lr_memory_budget_add_waiting(sink->memory.budget, (uint32_t)-1);
}

/* Lets another sink be the exempt one. */
static void give_exemption_up(lr_body_sink *sink) {
  lr_body_sinks *all = sink->all;
  if (all->exempt != sink) return;
  all->exempt = NULL;
  if (!lr_list_empty(&all->waiting_for_memory))
    lr_reactor_request_turn(all->reactor);
}

/* Returns whether nothing of a stream is held: it gets a piece in any case. */
static bool holds_nothing(lr_body_sink *sink) {
  set_held(sink, lr_pipe_held(sink->pipe));
  return sink->memory.held == 0;
}

/* Has those sinks go on for which there is memory, in the order in which they
 * began to wait: none goes first for needing less than an earlier one.
 *
 * Without memory one body goes on all the same, the exempt one, or those that
 * are not complete could wait for each other for ever.  But none does while
 * complete bodies wait for their callers, who will give memory back. */
static void resume_waiting_sinks(lr_body_sinks *all) {
  lr_memory_budget *budget = all->budget;
  uint64_t capacity = lr_memory_budget_left(budget);
  bool exempted = all->exempt || lr_u64_load_relaxed(&budget->complete);
  lr_list *node = all->waiting_for_memory.next;
  while (node != &all->waiting_for_memory) {
    lr_body_sink *sink = lr_container(node, lr_body_sink, memory.waiting);
    node = node->next;
    bool fits =
        capacity >= LR_CHUNK_CAPACITY && capacity >= sink->memory.needed;
    capacity = fits ? capacity - sink->memory.needed : 0;
    if (!fits && (sink->stream ? !holds_nothing(sink) : exempted)) continue;
    if (!fits && !sink->stream) {
      all->exempt = sink;
      exempted = true;
    }
    stop_waiting_for_memory(sink);
    schedule_resume(sink);
  }
}

static void receive_capacity(void *context) {
  lr_body_sink *sink = context;
  if (sink->memory.budget) set_held(sink, lr_pipe_held(sink->pipe));
  if (sink->paused && lr_list_empty(&sink->memory.waiting))
    schedule_resume(sink);
}

/* Capacity, and the stop, after which what is put in is dropped: a body that is
 * paused goes on at once, though the caller's cancel is still on its way. */
static const lr_source_ops source_ops = {receive_capacity, receive_capacity};

bool lr_body_sink_may_repeat(const lr_body_sink *sink) {
  if (sink->transform.done) return false;
  return sink->state != LR_SINK_CONSUMED ||
         (sink->fd >= 0 && sink->fd_start >= 0);
}

/* ---- The body's way ---- */

/* Takes back what an earlier attempt has written. */
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
  sink->error = 0;
  if (sink->state == LR_SINK_CONSUMED && sink->fd >= 0) rewind_fd(sink);
  bool counts = sink->memory.budget || sink->keep & LARIAT_KEEP_RAW_BODY;
  sink->state = counts && !sink->stream ? LR_SINK_OPEN : LR_SINK_CLOSED;
  sink->paused = false;
  release_all(sink);
  sink->memory.complete = false;
  sink->skip = 0;
  lr_kept_answer_begin(job);
}

static void open_sink_stream(lr_body_sink *sink) {
  lr_job *job = sink->job;
  lariat_response *response = job->response;
  sink->all->describe(job, response);
  sink->http_status = response->status;
  sink->chunked = lariat_response_header(response, "Transfer-Encoding") != NULL;
  lr_kept_answer_give_history(job);
  job->response = NULL;
  lr_stream_send_opened(sink->stream, job, response);
  lr_pipe_open_source(sink->pipe, sink->all->reactor, &source_ops, sink);
}

/* Opens the sink at the end of the final head.  The body of a redirect that is
 * followed does not get there. */
void lr_body_sink_head(lr_job *job) {
  lr_body_sink *sink = job->sink;
  if (sink->state == LR_SINK_CONSUMED || job->response->in_block ||
      job->response->interim)
    return;
  if (!sink->stream && sink->fd < 0) return;
  if (lr_redirect_wanted(job)) return;
  sink->state = LR_SINK_CONSUMED;
  if (sink->stream) open_sink_stream(sink);
}

static lariat_status pause_sink(lr_body_sink *sink) {
  sink->paused = true;
  return LARIAT_EBUSY;
}

static lariat_status count_bytes(lr_body_sink *sink, const char *bytes,
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

static lariat_status put_into_pipe(lr_body_sink *sink, const char *bytes,
                                   size_t length) {
  if (lr_pipe_full(sink->pipe)) return pause_sink(sink);
  set_held(sink, lr_pipe_held(sink->pipe));
  if (sink->memory.held && !try_to_hold(sink, sink->memory.held + length))
    return wait_for_memory(sink);
  lariat_status status = check_limit(sink->job, length);
  if (status == LARIAT_OK) status = count_bytes(sink, bytes, length);
  if (status != LARIAT_OK) return status;
  status = lr_pipe_put(sink->pipe, bytes, length);
  set_held(sink, lr_pipe_held(sink->pipe));
  return status;
}

/* Returns the memory that the body and what is kept of it coded will have. */
static size_t memory_with(const lr_body_sink *sink, size_t more, size_t coded) {
  const lariat_response *response = sink->job->response;
  size_t kept = lr_response_details_coded_capacity(response, coded);
  return lr_body_sink_fills_response(sink)
             ? kept + lr_response_body_capacity(response, more)
             : kept;
}

lariat_status lr_body_sink_hold_coded(lr_body_sink *sink, size_t more) {
  return try_to_hold(sink, memory_with(sink, 0, more)) ? LARIAT_OK
                                                       : wait_for_memory(sink);
}

/* Adds bytes to the response, if there is memory for its buffer; or to nothing.
 */
static lariat_status add_to_response(lr_body_sink *sink, const char *bytes,
                                     size_t length) {
  lariat_response *response = sink->job->response;
  if (!try_to_hold(sink, memory_with(sink, length, 0)))
    return wait_for_memory(sink);
  lariat_status status = check_limit(sink->job, length);
  if (status == LARIAT_OK) status = count_bytes(sink, bytes, length);
  if (status != LARIAT_OK || sink->discards) return status;
  return lr_response_add_body(response, bytes, length) ? LARIAT_OK
                                                       : LARIAT_ENOMEM;
}

/* ---- Descriptor ---- */

static void receive_fd_ready(lr_watch *watch, uint32_t events) {
  lr_body_sink *sink = lr_container(watch, lr_body_sink, watch);
  (void)events;
  (void)lr_poller_set(lr_reactor_poller(sink->all->reactor), watch, 0);
  schedule_resume(sink);
}

static lariat_status fail_write(lr_body_sink *sink, int error) {
  sink->error = error;
  return LARIAT_EWRITE;
}

static lariat_status wait_for_fd(lr_body_sink *sink) {
  sink->watch.fd = sink->fd;
  sink->watch.ready = receive_fd_ready;
  if (lr_poller_set(lr_reactor_poller(sink->all->reactor), &sink->watch,
                    EPOLLOUT) != LARIAT_OK)
    return fail_write(sink, errno);
  return pause_sink(sink);
}

/* Writes a piece.  When the descriptor is full in its middle, the whole piece
 * comes again, and `skip` says how much of it is written. */
static lariat_status write_to_fd(lr_body_sink *sink, const char *bytes,
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
    status = count_bytes(sink, bytes + done, (size_t)written);
    done += (size_t)written;
  }
  sink->skip = sink->skip > length ? sink->skip - length : 0;
  return status;
}

/* ---- Calls of the transports ---- */

lariat_status lr_body_sink_take(lr_job *job, const char *bytes, size_t length) {
  lr_body_sink *sink = job->sink;
  if (sink->stream) return put_into_pipe(sink, bytes, length);
  return sink->fd >= 0 && sink->state == LR_SINK_CONSUMED
             ? write_to_fd(sink, bytes, length)
             : add_to_response(sink, bytes, length);
}

void lr_body_sink_end(lr_job *job, lariat_status status) {
  lr_body_sink *sink = job->sink;
  lr_list_remove(&sink->node);
  stop_waiting_for_memory(sink);
  if (status != LARIAT_OK && !has_open_source(sink)) release_all(sink);
  if (sink->memory.held && !sink->stream) {
    sink->memory.complete = true;
    lr_memory_budget_add_complete(sink->memory.budget, sink->memory.held);
  }
  give_exemption_up(sink);
  if (sink->watch.events)
    (void)lr_poller_set(lr_reactor_poller(sink->all->reactor), &sink->watch, 0);
  sink->job = NULL;
  if (!has_open_source(sink)) return;
  set_held(sink, lr_pipe_held(sink->pipe));
  lr_pipe_end(sink->pipe, status);
  lr_pipe_close_source(sink->pipe);
  sink->pipe = NULL;
}

void lr_body_sink_transform(lr_job *job) {
  lr_body_sink *sink = job->sink;
  lariat_response *response = job->response;
  if (!sink->transform.function || job->attempt.outcome != LARIAT_OK) return;
  if (lr_redirect_wanted(job)) return;
  lariat_response *cookies = NULL;
  if (job->wants.cookies && !lr_cookie_header_keep(response, &cookies)) {
    job->attempt.outcome = LARIAT_ENOMEM;
    return;
  }
  lr_response_copy_url(response, job->request.url.text);
  response->redirects = job->caller.redirects;
  lr_kept_answer_give_history(job);
  job->response = cookies;
  sink->transform.value =
      sink->transform.function(lariat_value_of(&lariat_response_type, response),
                               sink->transform.context);
  sink->transform.done = true;
  destroy_transform(sink);
  if (sink->transform.value.type != &lariat_deferred_type) return;
  lariat_value_drop(sink->transform.value);
  sink->transform.value = lariat_failure_new(
      LARIAT_EINVAL, "a transform must not return a deferred");
}

void lr_body_sinks_turn_end(lr_body_sinks *all) {
  lr_list now;
  lr_list *node;
  if (!lr_list_empty(&all->waiting_for_memory)) resume_waiting_sinks(all);
  if (lr_list_empty(&all->resumes)) return;
  lr_list_init(&now);
  lr_list_splice(&now, &all->resumes);
  while ((node = lr_list_take_first(&now))) {
    lr_body_sink *sink = lr_container(node, lr_body_sink, node);
    sink->paused = false;
    all->resume(sink->job);
  }
}
