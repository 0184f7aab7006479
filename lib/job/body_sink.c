/* SPDX-License-Identifier: MIT
 * Bodies that go elsewhere.  docs/internals/body_sink.md has the picture. */
#include "job/body_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/memory.h"
#include "job/job.h"
#include "job/redirect.h"
#include "job/stream.h"
#include "pool/pool.h"
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

/* Who keeps to a budget must know when nothing is held. */
static lariat_status open_stream_parts(lr_outlet *outlet,
                                       lariat_reactor *reactor, size_t window) {
  lariat_status status =
      lr_stream_new(reactor, window, &outlet->stream, &outlet->pipe);
  if (status == LARIAT_OK && outlet->pool) lr_pipe_be_prompt(outlet->pipe);
  return status;
}

static lariat_status open_parts(lr_outlet *outlet, lariat_reactor *reactor,
                                const lariat_request_options *options) {
  size_t window = options->window_bytes ? options->window_bytes : WINDOW;
  if (options->stream) return open_stream_parts(outlet, reactor, window);
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

static void release_all(lr_outlet *outlet) { release(outlet, outlet->held); }

void lr_outlet_give(lr_outlet *outlet) {
  if (outlet->held && outlet->stream)
    outlet->held -= lr_stream_keep(outlet->stream, outlet->pool, outlet->held);
  release_all(outlet);
}

void lr_outlet_free(lr_outlet *outlet) {
  release_all(outlet);
  if (outlet->pipe && !outlet->source_open) lr_pipe_drop(outlet->pipe);
  if (outlet->stream) lr_stream_unhold(outlet->stream);
  if (outlet->fd >= 0) close(outlet->fd);
  destroy_transform(outlet);
  lariat_value_drop(outlet->value);
  lr_free(outlet);
}

/* On the pool's. */

static void watch_hunger(lr_outlets *all) {
  if (lr_timer_is_set(&all->hunger)) return;
  (void)lr_reactor_set_timer(all->reactor, &all->hunger,
                             lr_reactor_turn_ns(all->reactor) + hunger_ns);
}

/* The turn that it makes is all the timer is for. */
static void look_again(lr_timer *timer) {
  lr_outlets *all = lr_container(timer, lr_outlets, hunger);
  if (!lr_list_empty(&all->starving)) watch_hunger(all);
}

void lr_outlets_init(lr_outlets *all, lariat_pool *pool,
                     lariat_reactor *reactor) {
  all->pool = pool;
  all->reactor = reactor;
  all->fed = NULL;
  lr_list_init(&all->resumes);
  lr_list_init(&all->starving);
  all->hunger.expire = look_again;
}

void lr_outlets_clear(lr_outlets *all) {
  lr_reactor_unset_timer(all->reactor, &all->hunger);
}

static void resume_soon(lr_outlet *outlet) {
  if (lr_list_empty(&outlet->node))
    lr_list_append(&outlet->all->resumes, &outlet->node);
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
  if (outlet->all->fed == outlet)
    lr_budget_force(lr_pool_budget(outlet->pool), more);
  else if (!lr_budget_take(lr_pool_budget(outlet->pool), more))
    return false;
  outlet->held = bytes;
  return true;
}

static lariat_status starve(lr_outlet *outlet) {
  lr_outlets *all = outlet->all;
  outlet->paused = true;
  lr_list_append(&all->starving, &outlet->starving);
  lr_u32_add_relaxed(&lr_pool_budget(outlet->pool)->waiting, 1);
  watch_hunger(all);
  lr_reactor_again(all->reactor); /* it may be the one that may go on */
  return LARIAT_EBUSY;
}

static void stop_starving(lr_outlet *outlet) {
  if (lr_list_empty(&outlet->starving)) return;
  lr_list_remove(&outlet->starving);
  lr_u32_add_relaxed(&lr_pool_budget(outlet->pool)->waiting, (uint32_t)-1);
}

/* Another may have its place. */
static void stop_feeding(lr_outlet *outlet) {
  lr_outlets *all = outlet->all;
  if (all->fed != outlet) return;
  all->fed = NULL;
  if (!lr_list_empty(&all->starving)) lr_reactor_again(all->reactor);
}

/* A stream whose taker has nothing gets a piece in any case. */
static bool is_dry(lr_outlet *outlet) {
  hold_exactly(outlet, lr_pipe_held(outlet->pipe));
  return outlet->held == 0;
}

/* Without room in the budget, one body goes on all the same: or those that are
 * not complete could stand in each other's way for ever.  But not while
 * complete ones wait for their callers: with these there will be room.  Nobody
 * goes first for needing less than one who came before. */
static void feed(lr_outlets *all) {
  lr_budget *budget = lr_pool_budget(all->pool);
  uint64_t room = lr_budget_room(budget);
  bool fed = all->fed || lr_u64_load_relaxed(&budget->ready);
  lr_list *node = all->starving.next;
  while (node != &all->starving) {
    lr_outlet *outlet = lr_container(node, lr_outlet, starving);
    node = node->next;
    bool fits = room >= LR_CHUNK_ROOM && room >= outlet->lacks;
    room = fits ? room - outlet->lacks : 0;
    if (!fits && (outlet->stream ? !is_dry(outlet) : fed)) continue;
    if (!fits && !outlet->stream) {
      all->fed = outlet;
      fed = true;
    }
    stop_starving(outlet);
    resume_soon(outlet);
  }
}

static void had_room(void *context) {
  lr_outlet *outlet = context;
  if (outlet->pool) hold_exactly(outlet, lr_pipe_held(outlet->pipe));
  if (outlet->paused && lr_list_empty(&outlet->starving)) resume_soon(outlet);
}

/* Nobody takes it any more: the caller's cancel is on its way, but a body that
 * is held back need not wait for that. */
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

void lr_outlet_begin(lr_outlets *all, lr_job *job,
                     struct evp_md_ctx_st *digest) {
  lr_outlet *outlet = job->outlet;
  outlet->job = job;
  outlet->all = all;
  outlet->digest = digest;
  outlet->open = outlet->pool && !outlet->stream;
  outlet->paused = false;
  release_all(outlet);
  outlet->ready = false;
  outlet->skip = 0;
  outlet->error = 0;
  if (outlet->gone && outlet->fd >= 0) rewind_fd(outlet);
  outlet->gone = false;
}

static void open_stream(lr_outlet *outlet) {
  lr_job *job = outlet->job;
  lariat_response *response = job->response;
  outlet->all->describe(job, response);
  outlet->http_status = response->status;
  outlet->chunked =
      lariat_response_header(response, "Transfer-Encoding") != NULL;
  job->response = NULL;
  outlet->source_open = true;
  lr_stream_send_opened(outlet->stream, job, response);
  lr_pipe_open_source(outlet->pipe, outlet->all->reactor, &source_ops, outlet);
}

/* A redirect that will be followed is none of the taker's business. */
void lr_outlet_head(lr_job *job) {
  lr_outlet *outlet = job->outlet;
  if (outlet->gone || job->response->in_block || job->response->interim) return;
  if (!outlet->stream && outlet->fd < 0) return;
  if (lr_redirect_wanted(job)) return;
  outlet->open = true;
  outlet->gone = true;
  if (outlet->stream) open_stream(outlet);
}

static lariat_status hold_back(lr_outlet *outlet) {
  outlet->paused = true;
  return LARIAT_EBUSY;
}

static lariat_status account(lr_outlet *outlet, const char *bytes,
                             size_t length) {
  outlet->job->received += length;
  bool done =
      !outlet->digest || EVP_DigestUpdate(outlet->digest, bytes, length) == 1;
  return done ? LARIAT_OK : LARIAT_ENOMEM;
}

static lariat_status check_limit(const lr_job *job, size_t more) {
  bool fits =
      !job->max_body_bytes || job->received + more <= job->max_body_bytes;
  return fits ? LARIAT_OK : LARIAT_EBODYLIMIT;
}

static lariat_status put(lr_outlet *outlet, const char *bytes, size_t length) {
  if (lr_pipe_full(outlet->pipe)) return hold_back(outlet);
  hold_exactly(outlet, lr_pipe_held(outlet->pipe));
  if (outlet->held && !may_hold(outlet, outlet->held + length))
    return starve(outlet);
  lariat_status status = check_limit(outlet->job, length);
  if (status == LARIAT_OK) status = account(outlet, bytes, length);
  if (status != LARIAT_OK) return status;
  status = lr_pipe_put(outlet->pipe, bytes, length);
  hold_exactly(outlet, lr_pipe_held(outlet->pipe));
  return status;
}

/* Into the response, when there is room for it. */
static lariat_status keep(lr_outlet *outlet, const char *bytes, size_t length) {
  lariat_response *response = outlet->job->response;
  if (!may_hold(outlet, lr_response_body_room(response, length)))
    return starve(outlet);
  lariat_status status = check_limit(outlet->job, length);
  if (status == LARIAT_OK) status = account(outlet, bytes, length);
  if (status != LARIAT_OK) return status;
  return lr_response_add_body(response, bytes, length) ? LARIAT_OK
                                                       : LARIAT_ENOMEM;
}

/* The descriptor. */

static void fd_ready(lr_watch *watch, uint32_t events) {
  lr_outlet *outlet = lr_container(watch, lr_outlet, watch);
  (void)events;
  (void)lr_poller_set(lr_reactor_poller(outlet->all->reactor), watch, 0);
  resume_soon(outlet);
}

static lariat_status fail_write(lr_outlet *outlet, int error) {
  outlet->error = error;
  return LARIAT_EWRITE;
}

static lariat_status wait_for_fd(lr_outlet *outlet) {
  outlet->watch.fd = outlet->fd;
  outlet->watch.ready = fd_ready;
  if (lr_poller_set(lr_reactor_poller(outlet->all->reactor), &outlet->watch,
                    EPOLLOUT) != LARIAT_OK)
    return fail_write(outlet, errno);
  return hold_back(outlet);
}

/* What is written of a piece before the descriptor is full will come again
 * with the rest of the piece. */
static lariat_status write_out(lr_outlet *outlet, const char *bytes,
                               size_t length) {
  size_t done = outlet->skip < length ? outlet->skip : length;
  if (outlet->error) return fail_write(outlet, outlet->error);
  lariat_status status = check_limit(outlet->job, length - done);
  while (done < length && status == LARIAT_OK) {
    ssize_t written = write(outlet->fd, bytes + done, length - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      outlet->skip = done;
      return wait_for_fd(outlet);
    }
    if (written < 0) return fail_write(outlet, errno);
    status = account(outlet, bytes + done, (size_t)written);
    done += (size_t)written;
  }
  outlet->skip = outlet->skip > length ? outlet->skip - length : 0;
  return status;
}

lariat_status lr_outlet_take(lr_job *job, const char *bytes, size_t length) {
  lr_outlet *outlet = job->outlet;
  if (outlet->stream) return put(outlet, bytes, length);
  return outlet->fd >= 0 ? write_out(outlet, bytes, length)
                         : keep(outlet, bytes, length);
}

void lr_outlet_end(lr_job *job, lariat_status status) {
  lr_outlet *outlet = job->outlet;
  lr_list_remove(&outlet->node);
  stop_starving(outlet);
  if (status != LARIAT_OK && !outlet->source_open) release_all(outlet);
  if (outlet->held && !outlet->stream) {
    outlet->ready = true;
    lr_u64_add_relaxed(&lr_pool_budget(outlet->pool)->ready, outlet->held);
  }
  stop_feeding(outlet);
  if (outlet->watch.events)
    (void)lr_poller_set(lr_reactor_poller(outlet->all->reactor), &outlet->watch,
                        0);
  outlet->job = NULL;
  if (!outlet->source_open) return;
  hold_exactly(outlet, lr_pipe_held(outlet->pipe));
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

void lr_outlets_turn_end(lr_outlets *all) {
  lr_list now;
  lr_list *node;
  if (!lr_list_empty(&all->starving)) feed(all);
  if (lr_list_empty(&all->resumes)) return;
  lr_list_init(&now);
  lr_list_splice(&now, &all->resumes);
  while ((node = lr_list_take_first(&now))) {
    lr_outlet *outlet = lr_container(node, lr_outlet, node);
    outlet->paused = false;
    all->resume(outlet->job);
  }
}
