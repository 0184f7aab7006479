/* SPDX-License-Identifier: MIT
 * See origin.h.  All state is behind one lock; the thread gives it up only to
 * wait for epoll, so that the functions of other threads can act directly. */
#define _GNU_SOURCE
#include "support/origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support/origin_private.h"

enum { EVENTS_PER_CALL = 256 };

/* Marks in epoll of the two descriptors that are no connections. */
#define LISTENER_TAG (UINT64_MAX - 1)
#define WAKER_TAG UINT64_MAX

uint64_t origin_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool is_loopback(in_addr_t address) {
  return ntohl(address) >> 24 == IN_LOOPBACKNET;
}

static void set_up_accepted(struct origin *origin, int fd, in_addr_t peer) {
  struct sockaddr_in local = {.sin_family = AF_INET};
  socklen_t length = sizeof local;
  bool taken = false;
  if (!is_loopback(peer))
    origin->counts.refused++;
  else if (!getsockname(fd, (struct sockaddr *)&local, &length))
    taken = origin_take_connection(origin, fd, local.sin_addr.s_addr);
  if (!taken) close(fd);
}

static void on_listener(struct origin *origin) {
  for (unsigned i = 0; i < EVENTS_PER_CALL; i++) {
    struct sockaddr_in peer = {.sin_family = AF_INET};
    socklen_t length = sizeof peer;
    int fd = accept4(origin->listener, (struct sockaddr *)&peer, &length,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    set_up_accepted(origin, fd, peer.sin_addr.s_addr);
  }
}

static void on_event(struct origin *origin, const struct epoll_event *event) {
  uint64_t tag = event->data.u64;
  uint64_t ignored;
  if (tag == LISTENER_TAG) {
    on_listener(origin);
    return;
  }
  if (tag == WAKER_TAG) {
    if (read(origin->waker, &ignored, sizeof ignored) < 0)
      return; /* it had been read already */
    return;
  }
  struct connection *c = origin->by_fd[(uint32_t)tag];
  if (c && c->generation == tag >> 32) origin_on_events(c, event->events);
}

static void end_waits(struct origin *origin) {
  uint64_t now = origin_now_ms();
  lr_list due;
  lr_list *node;
  lr_list_init(&due);
  while ((node = lr_list_first(&origin->waiting))) {
    struct connection *c = lr_container(node, struct connection, waiting);
    if (c->due_ms > now) break;
    lr_list_remove(&c->waiting);
    lr_list_append(&due, &c->waiting);
  }
  while ((node = lr_list_take_first(&due))) {
    struct connection *c = lr_container(node, struct connection, waiting);
    c->due_ms = 0;
    origin_advance(c);
  }
}

static int ms_to_first_due(struct origin *origin) {
  lr_list *node = lr_list_first(&origin->waiting);
  uint64_t now = origin_now_ms();
  uint64_t most = 1000; /* it looks round once a second, come what may */
  if (!node) return (int)most;
  const struct connection *c = lr_container(node, struct connection, waiting);
  if (c->due_ms <= now) return 0;
  return (int)(c->due_ms - now < most ? c->due_ms - now : most);
}

static void *serve(void *context) {
  struct origin *origin = context;
  struct epoll_event events[EVENTS_PER_CALL];
  pthread_mutex_lock(&origin->lock);
  while (!origin->stopping) {
    int timeout = ms_to_first_due(origin);
    int count;
    pthread_mutex_unlock(&origin->lock);
    count = epoll_wait(origin->epoll_fd, events, EVENTS_PER_CALL, timeout);
    pthread_mutex_lock(&origin->lock);
    for (int i = 0; i < count; i++) on_event(origin, &events[i]);
    end_waits(origin);
    pthread_cond_broadcast(&origin->changed);
  }
  pthread_mutex_unlock(&origin->lock);
  return NULL;
}

/* ---- Starting and stopping ---- */

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

static bool bind_listener(struct origin *origin, const char *address,
                          unsigned port) {
  struct sockaddr_in name = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
  socklen_t length = sizeof name;
  bool every = !strcmp(address, "127.0.0.0/8");
  int on = 1;
  if (!every && (inet_pton(AF_INET, address, &name.sin_addr) != 1 ||
                 !is_loopback(name.sin_addr.s_addr))) {
    errno = EINVAL;
    return false;
  }
  snprintf(origin->address, sizeof origin->address, "%s",
           every ? "127.0.0.1" : address);
  origin->listener =
      socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (origin->listener < 0) return false;
  setsockopt(origin->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(origin->listener, (struct sockaddr *)&name, sizeof name) ||
      getsockname(origin->listener, (struct sockaddr *)&name, &length))
    return false;
  origin->port = ntohs(name.sin_port);
  return true;
}

/* Fills the queue of connections that nobody accepts, so that the kernel does
 * not answer any more. */
static bool make_deaf(struct origin *origin) {
  struct sockaddr_in name = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)origin->port)};
  if (listen(origin->listener, 0) ||
      inet_pton(AF_INET, origin->address, &name.sin_addr) != 1)
    return false;
  for (unsigned i = 0; i < DEAF_FILLERS; i++) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    origin->fillers[i] = fd;
    if (connect(fd, (struct sockaddr *)&name, sizeof name) &&
        errno != EINPROGRESS)
      return false;
  }
  return true;
}

static bool watch_tagged(struct origin *origin, int fd, uint64_t tag) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = tag}};
  return !epoll_ctl(origin->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static bool open_descriptors(struct origin *origin,
                             const struct origin_options *options) {
  origin->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  origin->waker = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (origin->epoll_fd < 0 || origin->waker < 0 ||
      !watch_tagged(origin, origin->waker, WAKER_TAG) ||
      !bind_listener(origin, options->address ? options->address : "127.0.0.1",
                     options->port))
    return false;
  if (options->deaf) return make_deaf(origin);
  return !listen(origin->listener, SOMAXCONN) &&
         watch_tagged(origin, origin->listener, LISTENER_TAG);
}

static struct origin *new_origin(void) {
  struct origin *origin = calloc(1, sizeof *origin);
  pthread_condattr_t attributes;

  if (!origin) return NULL;
  pthread_mutex_init(&origin->lock, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&origin->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  lr_list_init(&origin->connections);
  lr_list_init(&origin->waiting);
  origin->listener = origin->epoll_fd = origin->waker = -1;
  for (unsigned i = 0; i < DEAF_FILLERS; i++) origin->fillers[i] = -1;
  return origin;
}

/* The thread takes no signals: they are the test's. */
static int start_thread(struct origin *origin) {
  sigset_t all, before;

  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int error = pthread_create(&origin->thread, NULL, serve, origin);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  origin->running = !error;
  return error;
}

struct origin *origin_start(const struct origin_options *options) {
  static const struct origin_options defaults = {NULL, 0, false};
  struct origin *origin = new_origin();
  int error;

  if (!origin) return NULL;
  raise_descriptor_limit();
  if (!open_descriptors(origin, options ? options : &defaults)) {
    error = errno;
  } else {
    error = start_thread(origin);
  }
  if (origin->running) return origin;
  origin_stop(origin);
  errno = error;
  return NULL;
}

static void wake(struct origin *origin) {
  uint64_t one = 1;
  ssize_t written = write(origin->waker, &one, sizeof one);
  (void)written; /* full means that it is awake */
}

static void close_if_open(int fd) {
  if (fd >= 0) close(fd);
}

static unsigned close_connections(struct origin *origin, bool busy_too,
                                  bool reset) {
  unsigned closed = 0;
  lr_list *node = origin->connections.next;
  while (node != &origin->connections) {
    struct connection *c = lr_container(node, struct connection, all);
    node = node->next;
    if (busy_too || !c->step) {
      origin_destroy_connection(c, reset);
      closed++;
    }
  }
  return closed;
}

static void free_places(struct origin *origin) {
  for (size_t i = 0; i < ADDRESS_BUCKETS; i++)
    while (origin->addresses[i]) {
      struct address_counts *entry = origin->addresses[i];
      origin->addresses[i] = entry->next;
      free(entry);
    }
}

void origin_stop(struct origin *origin) {
  if (!origin) return;
  if (origin->running) {
    pthread_mutex_lock(&origin->lock);
    origin->stopping = true;
    pthread_mutex_unlock(&origin->lock);
    wake(origin);
    pthread_join(origin->thread, NULL);
  }
  close_connections(origin, true, false);
  close_if_open(origin->listener);
  close_if_open(origin->epoll_fd);
  close_if_open(origin->waker);
  for (unsigned i = 0; i < DEAF_FILLERS; i++) close_if_open(origin->fillers[i]);
  free_places(origin);
  free(origin->by_fd);
  pthread_cond_destroy(&origin->changed);
  pthread_mutex_destroy(&origin->lock);
  free(origin);
}

unsigned origin_port(const struct origin *origin) { return origin->port; }

const char *origin_url(const struct origin *origin, const char *path,
                       char *out_text, size_t capacity) {
  snprintf(out_text, capacity, "http://%s:%u%s", origin->address, origin->port,
           path);
  return out_text;
}

/* The script of that path, or else a free entry, or NULL. */
static struct script *script_place(struct origin *origin, const char *path) {
  struct script *entry = NULL;
  for (size_t i = 0; i < SCRIPTS_MAX; i++) {
    struct script *script = &origin->scripts[i];
    if (script->path && !strcmp(script->path, path)) return script;
    if (!script->path && !entry) entry = script;
  }
  return entry;
}

bool origin_script(struct origin *origin, const char *path,
                   const struct origin_step *steps) {
  pthread_mutex_lock(&origin->lock);
  struct script *script = script_place(origin, path);
  if (script) {
    script->path = steps ? path : NULL;
    script->steps = steps;
  }
  pthread_mutex_unlock(&origin->lock);
  return script != NULL;
}

struct origin_counts origin_counts(struct origin *origin) {

  pthread_mutex_lock(&origin->lock);
  struct origin_counts counts = origin->counts;
  pthread_mutex_unlock(&origin->lock);
  return counts;
}

struct origin_counts origin_address_counts(struct origin *origin,
                                           const char *address) {
  struct origin_counts counts = {0};
  struct in_addr parsed;
  if (inet_pton(AF_INET, address, &parsed) != 1) return counts;
  pthread_mutex_lock(&origin->lock);
  const struct address_counts *entry =
      origin_find_address(origin, parsed.s_addr);
  if (entry) counts = entry->counts;
  pthread_mutex_unlock(&origin->lock);
  return counts;
}

bool origin_wait_for(struct origin *origin,
                     bool (*done)(const struct origin_counts *counts,
                                  void *context),
                     void *context, unsigned ms) {
  uint64_t due = origin_now_ms() + ms;
  struct timespec until = {.tv_sec = (time_t)(due / 1000),
                           .tv_nsec = (long)(due % 1000) * 1000000};
  bool is_done;
  pthread_mutex_lock(&origin->lock);
  while (!(is_done = done(&origin->counts, context)) && origin_now_ms() < due)
    pthread_cond_timedwait(&origin->changed, &origin->lock, &until);
  pthread_mutex_unlock(&origin->lock);
  return is_done;
}

/* The listener's connections inherit what is asked for here. */
void origin_stamp_requests(struct origin *origin, struct origin_stamp *stamps,
                           size_t capacity) {
  int on = 1;
  pthread_mutex_lock(&origin->lock);
  setsockopt(origin->listener, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  origin->stamps = stamps;
  origin->stamps_capacity = capacity;
  origin->stamped = 0;
  pthread_mutex_unlock(&origin->lock);
}

size_t origin_stamped(struct origin *origin) {
  pthread_mutex_lock(&origin->lock);
  size_t stamped = origin->stamped;
  pthread_mutex_unlock(&origin->lock);
  return stamped;
}

unsigned origin_release(struct origin *origin) {
  unsigned released = 0;
  pthread_mutex_lock(&origin->lock);
  lr_list *node = origin->connections.next;
  while (node != &origin->connections) {
    struct connection *c = lr_container(node, struct connection, all);
    node = node->next;
    if (c->held) {
      c->held = false;
      c->released = true;
      released++;
      origin_advance(c);
    }
  }
  pthread_cond_broadcast(&origin->changed);
  pthread_mutex_unlock(&origin->lock);
  wake(origin); /* a new wait may be due before the one it sleeps for */
  return released;
}

static unsigned close_locked(struct origin *origin, bool busy_too, bool reset) {
  pthread_mutex_lock(&origin->lock);
  unsigned closed = close_connections(origin, busy_too, reset);
  pthread_cond_broadcast(&origin->changed);
  pthread_mutex_unlock(&origin->lock);
  return closed;
}

unsigned origin_close_idle(struct origin *origin) {
  return close_locked(origin, false, false);
}

unsigned origin_close_all(struct origin *origin) {
  return close_locked(origin, true, false);
}

unsigned origin_reset_all(struct origin *origin) {
  return close_locked(origin, true, true);
}
