/* SPDX-License-Identifier: MIT
 * poller.h: epoll over watches, level-triggered but where one asks for edges.
 * The kernel's events carry the descriptor's number and a generation, so that
 * an event found for a watch that was dropped in the same batch, its number
 * perhaps in use again, reaches nobody. */
#ifndef LR_REACTOR_POLLER_H
#define LR_REACTOR_POLLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include <lariat/status.h>

typedef struct lr_watch lr_watch;

/* A watch, to embed; `ready` gets EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP,
 * EPOLLRDHUP.  It may set or drop any watch, its own too, and free it after
 * dropping. */
struct lr_watch {
  void (*ready)(lr_watch *watch, uint32_t events);
  int fd;
  uint32_t events;     /* what epoll was told; 0: not registered */
  uint32_t generation; /* the poller's */
};

typedef struct lr_poller_entry {
  lr_watch *watch;
  uint32_t generation;
  uint32_t left; /* the batch in which its last watch left it */
  bool listed;   /* and epoll still has the number, as far as is known */
} lr_poller_entry;

/* How a poller waits for a time that is neither none nor for ever: by the best
 * means that the kernel has. */
typedef enum lr_poller_means {
  LR_POLLER_PWAIT2, /* epoll_pwait2, to the nanosecond; Linux 5.11 */
  LR_POLLER_TIMERFD /* a timerfd among the watches; where there is no descriptor
                       for that, whole milliseconds */
} lr_poller_means;

/* How many events a system call brings at the most. */
enum { LR_POLLER_EVENTS = 512 };

typedef struct lr_poller {
  int epoll;
  int found;                /* how many of `events` are to be delivered */
  lr_poller_entry *entries; /* by descriptor number */
  uint32_t capacity;
  uint32_t watches;
  uint32_t batch; /* counts the collections */
  lr_poller_means means;
  lr_watch timer; /* of the timerfd; its `ready` is NULL until there is one */
  struct epoll_event events[LR_POLLER_EVENTS];
} lr_poller;

/* Opens an epoll descriptor.
 * LARIAT_OK, LARIAT_ESYSTEM (see errno; then it may only be cleared) */
lariat_status lr_poller_init(lr_poller *poller);

/* Closes epoll and forgets the watches that are left. */
void lr_poller_clear(lr_poller *poller);

/* Makes epoll watch `watch->fd` for `events` (EPOLLIN | EPOLLOUT |
 * EPOLLRDHUP, and EPOLLET to be told once); 0 takes it out of epoll.  No
 * system call when nothing changes.  Copes with a number that epoll knows
 * already or no longer.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EINVAL (EBADF, EPERM), LARIAT_ESYSTEM */
lariat_status lr_poller_set(lr_poller *poller, lr_watch *watch,
                            uint32_t events);

/* Tells whether epoll watches for just these events already, and the number
 * still belongs to `watch`. */
static inline bool lr_poller_has(const lr_poller *poller, const lr_watch *watch,
                                 uint32_t events) {
  if (watch->events != events || !events) return false;
  if ((uint32_t)watch->fd >= poller->capacity) return false;
  const lr_poller_entry *entry = &poller->entries[watch->fd];
  return entry->watch == watch && entry->generation == watch->generation;
}

/* Allocates the entry of descriptor `fd`: setting a watch of it will not fail
 * for want of lariat's own memory.  False when out of memory. */
bool lr_poller_reserve(lr_poller *poller, int fd);

/* Forgets `watch` without a system call: its descriptor is about to be
 * closed, or was. */
void lr_poller_forget(lr_poller *poller, lr_watch *watch);

/* Forgets `watch`, whose descriptor stays open and with epoll: another watch is
 * about to be set for it, by one system call instead of two. */
void lr_poller_hand_over(lr_poller *poller, lr_watch *watch);

/* Takes a descriptor out of epoll whose watch was forgotten, since it stays
 * open: another thread will have it. */
void lr_poller_remove(lr_poller *poller, int fd);

/* Waits (nanoseconds; LR_NEVER_NS for ever) for watches to be ready, and then
 * calls them: in two steps, so that the clock can be read in between.  EINTR is
 * no error.
 * LARIAT_OK, LARIAT_ESYSTEM (nothing is to be delivered then) */
lariat_status lr_poller_collect(lr_poller *poller, uint64_t wait_ns);
void lr_poller_deliver(lr_poller *poller);

/* Does both steps.  `*found` gets the number of events (may be NULL). */
lariat_status lr_poller_wait(lr_poller *poller, uint64_t wait_ns, int *found);

#endif
