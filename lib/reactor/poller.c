/* SPDX-License-Identifier: MIT
 * poller.c: epoll over watches. */
#include "reactor/poller.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "base/time.h"

/* Tells whether epoll_pwait2 has a wrapper: from glibc 2.35 on. */
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 35)
#define HAS_PWAIT2
#endif
#endif

enum { SMALLEST = 64 };

lariat_status lr_poller_init(lr_poller *poller) {
  poller->entries = NULL;
  poller->capacity = 0;
  poller->watches = 0;
  poller->batch = 0;
  poller->found = 0;
  poller->means = LR_POLLER_PWAIT2;
  poller->timer.ready = NULL;
  poller->epoll = epoll_create1(EPOLL_CLOEXEC);
  return poller->epoll < 0 ? LARIAT_ESYSTEM : LARIAT_OK;
}

void lr_poller_clear(lr_poller *poller) {
  if (poller->epoll >= 0) close(poller->epoll);
  if (poller->timer.ready) close(poller->timer.fd);
  lr_free(poller->entries);
  poller->epoll = -1;
  poller->timer.ready = NULL;
  poller->entries = NULL;
  poller->capacity = 0;
  poller->watches = 0;
}

/* Grows the table to have an entry of descriptor `fd`; what is new is zero. */
static bool grow_entries(lr_poller *poller, uint32_t fd) {
  if (fd < poller->capacity) return true;
  uint32_t capacity = poller->capacity ? poller->capacity : SMALLEST;
  while (capacity <= fd) capacity *= 2;
  lr_poller_entry *entries =
      lr_realloc(poller->entries, capacity * sizeof *entries);
  if (!entries) return false;
  memset(entries + poller->capacity, 0,
         (capacity - poller->capacity) * sizeof *entries);
  poller->entries = entries;
  poller->capacity = capacity;
  return true;
}

static uint64_t make_tag(uint32_t fd, uint32_t generation) {
  return (uint64_t)generation << 32 | fd;
}

static int call_epoll_ctl(const lr_poller *poller, int operation, int fd,
                          uint32_t events, uint32_t generation) {
  struct epoll_event event = {.events = events};
  event.data.u64 = make_tag((uint32_t)fd, generation);
  return epoll_ctl(poller->epoll, operation, fd, &event);
}

/* Turns an errno of epoll_ctl into a status.  Out of memory and out of watches
 * (max_user_watches) are the machine's; the others are about the descriptor. */
static lariat_status status_of(int error) {
  switch (error) {
  case ENOMEM:
    return LARIAT_ENOMEM;
  case EBADF:
  case EPERM:
  case EINVAL:
  case ELOOP:
    return LARIAT_EINVAL;
  default:
    return LARIAT_ESYSTEM;
  }
}

static bool is_current(const lr_poller *poller, const lr_watch *watch) {
  return lr_poller_has(poller, watch, watch->events);
}

/* Takes the watch out of the table.  With the entry's new generation the events
 * that epoll has already handed out for it match no watch. */
static void drop_entry(lr_poller *poller, lr_watch *watch) {
  if (is_current(poller, watch)) {
    lr_poller_entry *entry = &poller->entries[watch->fd];
    entry->watch = NULL;
    entry->left = poller->batch;
    entry->generation++;
    poller->watches--;
  }
  watch->events = 0;
}

/* Removes the watch from epoll too.  A failure needs nothing done: the kernel
 * does not know the number (any more), which is what was wanted. */
static void remove_watch(lr_poller *poller, lr_watch *watch) {
  if (!watch->events) return;
  if (is_current(poller, watch))
    (void)call_epoll_ctl(poller, EPOLL_CTL_DEL, watch->fd, 0, 0);
  drop_entry(poller, watch);
}

/* Registers `fd` with epoll, or changes its events if it is `known` there.
 * EEXIST: the kernel still has this number from a watch that was forgotten and
 * whose file is open; ENOENT: the file behind the number is another than the
 * one that was registered. */
static lariat_status tell_epoll(lr_poller *poller, int fd, bool known,
                                uint32_t events, uint32_t generation) {
  int operation = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (call_epoll_ctl(poller, operation, fd, events, generation) == 0)
    return LARIAT_OK;
  if (errno == EEXIST && !known)
    operation = EPOLL_CTL_MOD;
  else if (errno == ENOENT && known)
    operation = EPOLL_CTL_ADD;
  else
    return status_of(errno);
  if (call_epoll_ctl(poller, operation, fd, events, generation) == 0)
    return LARIAT_OK;
  return status_of(errno);
}

/* Changes the events of a watch that is current.  Any other watch takes the
 * entry over: whoever had it has lost the descriptor to a close that it was not
 * told of. */
static lariat_status set_events(lr_poller *poller, lr_watch *watch,
                                uint32_t events) {
  bool known = is_current(poller, watch);
  lr_poller_entry *entry = &poller->entries[watch->fd];
  uint32_t generation = entry->generation + (known ? 0 : 1);
  lariat_status status =
      tell_epoll(poller, watch->fd, known || entry->listed, events, generation);
  if (status != LARIAT_OK) return status;
  entry->listed = false;
  if (!known) {
    if (!entry->watch) poller->watches++;
    entry->watch = watch;
    entry->generation = generation;
    watch->generation = generation;
  }
  watch->events = events;
  return LARIAT_OK;
}

lariat_status lr_poller_set(lr_poller *poller, lr_watch *watch,
                            uint32_t events) {
  if (events == 0) {
    remove_watch(poller, watch);
    return LARIAT_OK;
  }
  if (watch->fd < 0) return LARIAT_EINVAL;
  if (lr_poller_has(poller, watch, events)) return LARIAT_OK;
  if (!grow_entries(poller, (uint32_t)watch->fd)) return LARIAT_ENOMEM;
  return set_events(poller, watch, events);
}

bool lr_poller_reserve(lr_poller *poller, int fd) {
  return fd >= 0 && grow_entries(poller, (uint32_t)fd);
}

void lr_poller_forget(lr_poller *poller, lr_watch *watch) {
  drop_entry(poller, watch);
}

void lr_poller_hand_over(lr_poller *poller, lr_watch *watch) {
  bool listed = is_current(poller, watch);
  drop_entry(poller, watch);
  if (listed) poller->entries[watch->fd].listed = true;
}

void lr_poller_remove(lr_poller *poller, int fd) {
  (void)call_epoll_ctl(poller, EPOLL_CTL_DEL, fd, 0, 0);
  if ((uint32_t)fd >= poller->capacity) return;
  poller->entries[fd].left = poller->batch;
  poller->entries[fd].listed = false;
}

/* Deals with an event for a number that nobody watches: its watch was dropped
 * in this batch, and the number may be another thread's by now; or it was
 * forgotten while its file stayed open, and the event comes back for ever.
 * Only the second comes in a later batch. */
static void deliver_unwatched(lr_poller *poller, uint32_t fd) {
  if (fd < poller->capacity && poller->entries[fd].left == poller->batch)
    return;
  (void)call_epoll_ctl(poller, EPOLL_CTL_DEL, (int)fd, 0, 0);
}

static void deliver_event(lr_poller *poller, const struct epoll_event *event) {
  uint32_t fd = (uint32_t)event->data.u64;
  uint32_t generation = (uint32_t)(event->data.u64 >> 32);
  lr_watch *watch = fd < poller->capacity ? poller->entries[fd].watch : NULL;
  if (!watch)
    deliver_unwatched(poller, fd);
  else if (watch->generation == generation)
    watch->ready(watch, event->events);
}

/* ---- Waiting ---- */

static struct timespec timespec_of(uint64_t ns) {
  return (struct timespec){.tv_sec = (time_t)(ns / LR_NS_PER_S),
                           .tv_nsec = (long)(ns % LR_NS_PER_S)};
}

static int wait_by_pwait2(lr_poller *poller, uint64_t wait_ns) {
#ifdef HAS_PWAIT2
  struct timespec time = timespec_of(wait_ns);
  return epoll_pwait2(poller->epoll, poller->events, LR_POLLER_EVENTS, &time,
                      NULL);
#else
  (void)poller;
  (void)wait_ns;
  errno = ENOSYS;
  return -1;
#endif
}

/* Says whether a system call is not to be had: the kernel is older, or a filter
 * does not know it (which some tell by EPERM). */
static bool is_missing(int error) { return error == ENOSYS || error == EPERM; }

/* Does nothing: the timerfd has done its work when epoll returns.  It is
 * watched for edges, and so need not be read. */
static void timer_ready(lr_watch *watch, uint32_t events) {
  (void)watch;
  (void)events;
}

static bool open_timer(lr_poller *poller) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) return false;
  poller->timer = (lr_watch){.ready = timer_ready, .fd = fd};
  if (lr_poller_set(poller, &poller->timer, EPOLLIN | EPOLLET) == LARIAT_OK)
    return true;
  poller->timer.ready = NULL;
  close(fd);
  return false;
}

static bool set_timer(lr_poller *poller, uint64_t wait_ns) {
  struct itimerspec when = {{0, 0}, timespec_of(wait_ns)};
  return (poller->timer.ready || open_timer(poller)) &&
         timerfd_settime(poller->timer.fd, 0, &when, NULL) == 0;
}

static int wait_by_epoll(lr_poller *poller, int wait_ms) {
  return epoll_wait(poller->epoll, poller->events, LR_POLLER_EVENTS, wait_ms);
}

/* Rounds up: what is waited for is not looked for too early. */
static int whole_ms(uint64_t ns) {
  uint64_t ms = (ns - 1) / LR_NS_PER_MS + 1;
  return ms < INT_MAX ? (int)ms : INT_MAX;
}

/* Leaves the timer of a wait that ended early as it is: the next wait sets it
 * anew, or its event comes to nothing. */
static int wait_by_timer(lr_poller *poller, uint64_t wait_ns) {
  return wait_by_epoll(poller,
                       set_timer(poller, wait_ns) ? -1 : whole_ms(wait_ns));
}

static LR_COLD int wait_some(lr_poller *poller, uint64_t wait_ns) {
  if (poller->means == LR_POLLER_PWAIT2) {
    int count = wait_by_pwait2(poller, wait_ns);
    if (count >= 0 || !is_missing(errno)) return count;
    poller->means = LR_POLLER_TIMERFD;
  }
  return wait_by_timer(poller, wait_ns);
}

lariat_status lr_poller_collect(lr_poller *poller, uint64_t wait_ns) {
  int count = wait_ns == 0             ? wait_by_epoll(poller, 0)
              : wait_ns == LR_NEVER_NS ? wait_by_epoll(poller, -1)
                                       : wait_some(poller, wait_ns);
  poller->found = count < 0 ? 0 : count;
  poller->batch++;
  return count < 0 && errno != EINTR ? LARIAT_ESYSTEM : LARIAT_OK;
}

void lr_poller_deliver(lr_poller *poller) {
  for (int i = 0; i < poller->found; i++)
    deliver_event(poller, &poller->events[i]);
  poller->found = 0;
}

lariat_status lr_poller_wait(lr_poller *poller, uint64_t wait_ns, int *found) {
  lariat_status status = lr_poller_collect(poller, wait_ns);
  if (found) *found = poller->found;
  lr_poller_deliver(poller);
  return status;
}
