/* SPDX-License-Identifier: MIT
 * request_pipe.c: a thread that reads, and a queue with a bound. */
#include "request_pipe.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"

enum { PIECE = 64 * 1024 };

struct lariat_load_pipe {
  lariat_load_requests *requests;
  lariat_load_input *input;
  int fd;
  int stop_fd; /* readable: end */
  lariat_load_part part;
  uint64_t came; /* requests, those of other parts too; the thread's */
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed; /* by the monotonic clock */
  lr_load_piped *first;
  lr_load_piped **last; /* where the next one goes */
  size_t count;
  size_t bytes;
  bool ended;   /* the thread adds no more */
  bool stopped; /* it should not */
  lariat_status status;
  lariat_load_error error;
};

/* ---- Queue ---- */

void lr_load_piped_free(lr_load_piped *piped) {
  if (!piped) return;
  lr_load_arena_free(&piped->arena);
  free(piped);
}

static size_t count_bytes(const lr_load_piped *piped) {
  return sizeof(*piped) + piped->arena.total;
}

static bool is_full(const lariat_load_pipe *pipe) {
  return pipe->count >= LARIAT_LOAD_PIPE_REQUESTS ||
         pipe->bytes >= LARIAT_LOAD_PIPE_BYTES;
}

/* Waits for space, and puts a request at the end.  False: it is not wanted any
 * more. */
static bool put_last(lariat_load_pipe *pipe, lr_load_piped *piped) {
  pthread_mutex_lock(&pipe->mutex);
  while (is_full(pipe) && !pipe->stopped)
    pthread_cond_wait(&pipe->changed, &pipe->mutex);
  bool wanted = !pipe->stopped;
  if (wanted) {
    *pipe->last = piped;
    pipe->last = &piped->next;
    pipe->count++;
    pipe->bytes += count_bytes(piped);
    if (is_full(pipe)) pthread_cond_broadcast(&pipe->changed);
  }
  pthread_mutex_unlock(&pipe->mutex);
  return wanted;
}

lariat_status lr_load_pipe_push(lariat_load_pipe *pipe,
                                const lariat_load_request *request,
                                lariat_load_error *error) {
  if (pipe->came++ % pipe->part.count != pipe->part.index) return LARIAT_OK;
  lr_load_piped *piped = calloc(1, sizeof(*piped));
  lr_load_draw *draw = pipe->requests->draw;
  if (!piped) return LARIAT_ENOMEM;
  pthread_mutex_lock(&draw->mutex); /* names and servers, which may freeze */
  lariat_status status = lr_load_requests_make(
      pipe->requests, request, &piped->arena, &piped->made, error);
  pthread_mutex_unlock(&draw->mutex);
  if (status == LARIAT_OK && put_last(pipe, piped)) return LARIAT_OK;
  lr_load_piped_free(piped);
  return status;
}

/* Takes the first of the queue, which is not empty. */
static lr_load_piped *take_first(lariat_load_pipe *pipe) {
  lr_load_piped *piped = pipe->first;
  bool full = is_full(pipe);
  pipe->first = piped->next;
  if (!pipe->first) pipe->last = &pipe->first;
  pipe->count--;
  pipe->bytes -= count_bytes(piped);
  if (full && !is_full(pipe)) pthread_cond_broadcast(&pipe->changed);
  return piped;
}

lr_load_next lr_load_pipe_pop(lariat_load_pipe *pipe, lr_load_piped **out) {
  lr_load_next next = LR_LOAD_MESSAGE;
  pthread_mutex_lock(&pipe->mutex);
  if (pipe->count)
    *out = take_first(pipe);
  else
    next = pipe->ended ? LR_LOAD_END : LR_LOAD_WAIT;
  pthread_mutex_unlock(&pipe->mutex);
  return next;
}

/* ---- Reading ---- */

/* Waits for something to read.  False: it is time to end. */
static bool wait_readable(lariat_load_pipe *pipe) {
  struct pollfd fds[] = {{.fd = pipe->fd, .events = POLLIN},
                         {.fd = pipe->stop_fd, .events = POLLIN}};
  while (poll(fds, 2, -1) < 0)
    if (errno != EINTR) return true; /* the reading will say why */
  return !fds[1].revents;
}

/* Reads a piece; 0: the end, or time to end; -1: errno says why. */
static ssize_t read_piece(lariat_load_pipe *pipe, char *piece) {
  ssize_t length;
  do {
    if (!wait_readable(pipe)) return 0;
    length = read(pipe->fd, piece, PIECE);
  } while (length < 0 && (errno == EINTR || errno == EAGAIN));
  return length;
}

static lariat_status fail_reading(int error_number, lariat_load_error *error) {
  char text[80];
  (void)lr_load_fail(error, 0, "it cannot be read: %s",
                     strerror_r(error_number, text, sizeof text));
  return LARIAT_ESYSTEM;
}

static lariat_status read_all(lariat_load_pipe *pipe, char *piece,
                              lariat_load_error *error) {
  lariat_status status = LARIAT_OK;
  ssize_t length;
  while (status == LARIAT_OK && (length = read_piece(pipe, piece)) > 0)
    status = lariat_load_input_feed(pipe->input, piece, (size_t)length, error);
  if (status != LARIAT_OK) return status;
  if (length < 0) return fail_reading(errno, error);
  return lariat_load_input_end(pipe->input, error);
}

static void *run_thread(void *context) {
  lariat_load_pipe *pipe = context;
  lariat_load_error error = {0};
  char *piece = malloc(PIECE);
  lariat_status status = piece ? read_all(pipe, piece, &error) : LARIAT_ENOMEM;
  free(piece);
  pthread_mutex_lock(&pipe->mutex);
  pipe->ended = true;
  if (!pipe->stopped) pipe->status = status;
  pipe->error = error;
  pthread_cond_broadcast(&pipe->changed);
  pthread_mutex_unlock(&pipe->mutex);
  return NULL;
}

/* ---- Life ---- */

static bool make_condition(pthread_cond_t *condition) {
  pthread_condattr_t attributes;
  if (pthread_condattr_init(&attributes)) return false;
  bool good = !pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) &&
              !pthread_cond_init(condition, &attributes);
  pthread_condattr_destroy(&attributes);
  return good;
}

/* Starts the thread, to which no signal is delivered. */
static bool start_thread(lariat_load_pipe *pipe) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&pipe->thread, NULL, run_thread, pipe);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = failed;
  return !failed;
}

static void free_pipe(lariat_load_pipe *pipe) {
  while (pipe->first) lr_load_piped_free(take_first(pipe));
  lariat_load_input_free(pipe->input);
  if (pipe->stop_fd >= 0) close(pipe->stop_fd);
  pthread_mutex_destroy(&pipe->mutex);
  pthread_cond_destroy(&pipe->changed);
  free(pipe);
}

static lariat_load_pipe *make_pipe(lariat_load_requests *requests, int fd) {
  lariat_load_pipe *pipe = calloc(1, sizeof(*pipe));
  if (!pipe) return NULL;
  pipe->requests = requests;
  pipe->fd = fd;
  pipe->stop_fd = -1;
  pipe->last = &pipe->first;
  if (pthread_mutex_init(&pipe->mutex, NULL) == 0) {
    if (make_condition(&pipe->changed)) return pipe;
    pthread_mutex_destroy(&pipe->mutex);
  }
  free(pipe);
  return NULL;
}

/* Makes what the thread needs, and starts it. */
static lariat_status start(lariat_load_pipe *pipe,
                           lariat_load_input_format format,
                           lariat_load_error *error) {
  lariat_load_input_options options = lariat_load_input_defaults();
  options.format = format;
  lariat_status status =
      lariat_load_input_new(pipe->requests, &options, &pipe->input, error);
  if (status != LARIAT_OK) return status;
  pipe->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (pipe->stop_fd < 0) return LARIAT_ESYSTEM;
  if (!lr_load_names_add_other(&pipe->requests->names)) return LARIAT_ENOMEM;
  pipe->requests->pipe = pipe;
  if (start_thread(pipe)) return LARIAT_OK;
  pipe->requests->pipe = NULL;
  return LARIAT_ESYSTEM;
}

lariat_status lariat_load_pipe_open(lariat_load_requests *requests, int fd,
                                    lariat_load_input_format format,
                                    lariat_load_pipe **out,
                                    lariat_load_error *error) {
  return lariat_load_pipe_open_part(requests, fd, format,
                                    (lariat_load_part){.index = 0}, out, error);
}

lariat_status lariat_load_pipe_open_part(lariat_load_requests *requests, int fd,
                                         lariat_load_input_format format,
                                         lariat_load_part part,
                                         lariat_load_pipe **out,
                                         lariat_load_error *error) {
  *out = NULL;
  if (!part.count && !part.index) part.count = 1;
  if (part.index >= part.count) return lr_load_fail(error, 0, "no such part");
  if (format != LARIAT_LOAD_LINES && format != LARIAT_LOAD_VEGETA)
    return lr_load_fail(error, 0, "a pipe brings lines");
  if (requests->count || requests->pipe)
    return lr_load_fail(error, 0, "a pipe takes an empty list");
  lariat_load_pipe *pipe = make_pipe(requests, fd);
  if (!pipe) return LARIAT_ENOMEM;
  pipe->part = part;
  lariat_status status = start(pipe, format, error);
  if (status == LARIAT_OK)
    *out = pipe;
  else
    free_pipe(pipe);
  return status;
}

void lariat_load_pipe_close(lariat_load_pipe *pipe) {
  const uint64_t one = 1;
  if (!pipe) return;
  pthread_mutex_lock(&pipe->mutex);
  pipe->stopped = true;
  pthread_cond_broadcast(&pipe->changed);
  pthread_mutex_unlock(&pipe->mutex);
  ssize_t written = write(pipe->stop_fd, &one, sizeof one);
  (void)written;
  pthread_join(pipe->thread, NULL);
  pipe->requests->pipe = NULL;
  free_pipe(pipe);
}

/* ---- State ---- */

/* With the mutex held. */
static lariat_status tell_status(const lariat_load_pipe *pipe,
                                 lariat_load_error *error) {
  if (error && pipe->status != LARIAT_OK) *error = pipe->error;
  return pipe->status;
}

lariat_status lariat_load_pipe_status(lariat_load_pipe *pipe,
                                      lariat_load_error *error) {
  pthread_mutex_lock(&pipe->mutex);
  lariat_status status = tell_status(pipe, error);
  pthread_mutex_unlock(&pipe->mutex);
  return status;
}

static struct timespec add_ms(unsigned ms) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_sec += ms / 1000;
  at.tv_nsec += (long)(ms % 1000) * 1000000;
  if (at.tv_nsec >= 1000000000) {
    at.tv_nsec -= 1000000000;
    at.tv_sec++;
  }
  return at;
}

lariat_status lariat_load_pipe_wait(lariat_load_pipe *pipe, unsigned timeout_ms,
                                    lariat_load_error *error) {
  struct timespec until = add_ms(timeout_ms);
  lariat_status status = LARIAT_OK;
  int waited = 0;
  pthread_mutex_lock(&pipe->mutex);
  while (!is_full(pipe) && !pipe->ended && !waited)
    waited = pthread_cond_timedwait(&pipe->changed, &pipe->mutex, &until);
  if (!is_full(pipe) && !pipe->ended)
    status = LARIAT_ETIMEDOUT;
  else if (!pipe->count)
    status = tell_status(pipe, error);
  pthread_mutex_unlock(&pipe->mutex);
  return status;
}

size_t lariat_load_pipe_ahead(lariat_load_pipe *pipe) {
  pthread_mutex_lock(&pipe->mutex);
  size_t count = pipe->count;
  pthread_mutex_unlock(&pipe->mutex);
  return count;
}
