/* SPDX-License-Identifier: MIT
 * file_lock.c: a lock between processes.  The system has no event for "the
 * file is free now" that would not block, so a wait asks each second. */
#include <lariat/file_lock.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/process.h"
#include "deferred/reclaim.h"
#include "deferred/state.h"
#include "reactor/reactor.h"

enum { INTERVAL_MS = 1000 };

/* The lock is held by the wait: by the deferred's canceller, whose context it
 * is, and by the timers, whose context it is too. */
struct lariat_file_lock {
  lr_deferred_state *state;
  size_t references;
  int fd;                /* -1: not locked */
  lariat_deferred *wait; /* a reference; NULL: nobody waits */
  lariat_timer retry_timer;
  lariat_timer limit_timer;
  char *path;
};

lariat_status lariat_file_lock_new(lariat_reactor *reactor, const char *path,
                                   lariat_file_lock **out) {
  if (!out) return LARIAT_EINVAL;
  *out = NULL;
  if (!reactor || !path) {
    lr_misuse("%s: the %s is NULL", __func__, reactor ? "path" : "reactor");
    return LARIAT_EINVAL;
  }
  lr_deferred_state *state = lr_deferred_state_of(reactor);
  lariat_file_lock *lock = state ? lr_alloc_zero(sizeof *lock) : NULL;
  char *copy = lock ? lr_copy_string(path) : NULL;
  if (!copy) {
    lr_free(lock);
    return LARIAT_ENOMEM;
  }
  state->references++;
  lock->state = state;
  lock->references = 1;
  lock->fd = -1;
  lock->path = copy;
  *out = lock;
  return LARIAT_OK;
}

lariat_file_lock *lariat_file_lock_retain(lariat_file_lock *lock) {
  if (lock) lock->references++;
  return lock;
}

void lariat_file_lock_drop(lariat_file_lock *lock) {
  if (!lock || --lock->references > 0) return;
  lr_deferred_state *state = lock->state;
  if (lock->fd >= 0) close(lock->fd);
  lr_free(lock->path);
  lr_free(lock);
  lr_deferred_state_release(state);
}

static void drop_lock(void *context) { lariat_file_lock_drop(context); }

/* Gives up a descriptor, and keeps the errno that says why. */
static lariat_status give_descriptor_up(int fd, lariat_status status) {
  int why = errno;
  if (fd >= 0) close(fd);
  errno = why;
  return status;
}

lariat_status lariat_file_lock_try(lariat_file_lock *lock) {
  if (!lock) {
    lr_misuse("%s: the lock is NULL", __func__);
    return LARIAT_EINVAL;
  }
  if (lock->fd >= 0) return LARIAT_EBUSY;
  int fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fd < 0) return give_descriptor_up(fd, LARIAT_ESYSTEM);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0)
    return give_descriptor_up(fd, errno == EWOULDBLOCK ? LARIAT_EBUSY
                                                       : LARIAT_ESYSTEM);
  lock->fd = fd;
  return LARIAT_OK;
}

lariat_status lariat_file_lock_unlock(lariat_file_lock *lock) {
  if (!lock) {
    lr_misuse("%s: the lock is NULL", __func__);
    return LARIAT_EINVAL;
  }
  if (lock->fd < 0) return LARIAT_EALREADY;
  close(lock->fd);
  lock->fd = -1;
  return LARIAT_OK;
}

bool lariat_file_lock_locked(const lariat_file_lock *lock) {
  return lock && lock->fd >= 0;
}

static void stop_timer(const lariat_file_lock *lock, lariat_timer *timer) {
  lariat_timer stopped = *timer;
  *timer = (lariat_timer){0};
  if (stopped.id != 0)
    (void)lariat_reactor_cancel_timer(lock->state->reactor, stopped);
}

/* Ends the wait; returns its deferred, with the lock's reference. */
static lariat_deferred *end_wait(lariat_file_lock *lock) {
  lariat_deferred *wait = lock->wait;
  lock->wait = NULL;
  stop_timer(lock, &lock->retry_timer);
  stop_timer(lock, &lock->limit_timer);
  return wait;
}

static void finish_wait(lariat_file_lock *lock, lariat_value result) {
  lariat_deferred *wait = end_wait(lock);
  (void)lr_deferred_fire(wait, result);
  lr_deferred_release(wait);
}

static void fail_wait(lariat_file_lock *lock, lariat_status status) {
  finish_wait(lock, lariat_failure_new(status, "%s: %s", lock->path,
                                       lariat_status_text(status)));
}

/* Ends the wait with one last try.  (Called only as long as there is a wait.)
 */
static void cancel_wait(lariat_deferred *deferred, void *context) {
  lariat_file_lock *lock = context;
  lr_deferred_release(end_wait(lock));
  if (lariat_file_lock_try(lock) == LARIAT_OK)
    (void)lr_deferred_fire(deferred, lariat_none());
}

/* Tells whether somebody else has fired the deferred, which ends the wait:
 * nobody would learn of the lock. */
static bool is_settled(lariat_file_lock *lock) {
  if (!lr_deferred_is_fired(lock->wait)) return false;
  lr_deferred_release(end_wait(lock));
  return true;
}

static void time_out(void *context) {
  lariat_file_lock *lock = context;
  lock->limit_timer = (lariat_timer){0};
  if (is_settled(lock)) return;
  if (lariat_file_lock_try(lock) == LARIAT_OK)
    finish_wait(lock, lariat_none());
  else
    fail_wait(lock, LARIAT_ETIMEDOUT);
}

/* Drops a timer's context, and ends the wait where the reactor closes: only
 * there it would never end. */
static void drop_timer(void *context) {
  lariat_file_lock *lock = context;
  lariat_reactor *reactor = lock->state->reactor;
  if (lock->wait && lr_reactor_closing(reactor)) {
    lock->retry_timer = lock->limit_timer = (lariat_timer){0};
    fail_wait(lock, LARIAT_ECLOSED);
  }
  lariat_file_lock_drop(lock);
}

static lariat_status set_timer(lariat_file_lock *lock, uint64_t ms,
                               lariat_call call, lariat_timer *timer) {
  lariat_status status = lariat_reactor_call_later(
      lock->state->reactor, ms, call, lock, drop_timer, timer);
  if (status == LARIAT_OK) lariat_file_lock_retain(lock);
  return status;
}

static void try_again(void *context);

/* Tries, and ends the wait or sets the timer for the next try. */
static void try_lock(lariat_file_lock *lock) {
  lariat_status status = lariat_file_lock_try(lock);
  if (status == LARIAT_OK) {
    finish_wait(lock, lariat_none());
    return;
  }
  if (status == LARIAT_EBUSY)
    status = set_timer(lock, INTERVAL_MS, try_again, &lock->retry_timer);
  if (status != LARIAT_OK) fail_wait(lock, status);
}

static void try_again(void *context) {
  lariat_file_lock *lock = context;
  lock->retry_timer = (lariat_timer){0};
  if (!is_settled(lock)) try_lock(lock);
}

/* Begins a wait, and sets its limit where the first try did not end it. */
static void begin_wait(lariat_file_lock *lock, uint64_t timeout_ms) {
  try_lock(lock);
  if (!lock->wait || timeout_ms == LARIAT_WAIT_FOR_EVER) return;
  lariat_status status =
      set_timer(lock, timeout_ms, time_out, &lock->limit_timer);
  if (status != LARIAT_OK) fail_wait(lock, status);
}

lariat_deferred *lariat_file_lock_wait(lariat_file_lock *lock,
                                       uint64_t timeout_ms) {
  if (!lock) {
    lr_misuse("%s: the lock is NULL", __func__);
    return lr_deferred_failed_reserve(NULL);
  }
  lariat_reactor *reactor = lock->state->reactor;
  if (lock->wait)
    return lariat_deferred_fail(reactor, LARIAT_EALREADY,
                                "%s is waited for already", lock->path);
  lariat_deferred *wait = lariat_deferred_new(
      reactor, cancel_wait, lariat_file_lock_retain(lock), drop_lock);
  if (lr_deferred_is_fired(wait)) return wait;
  lock->wait = lariat_deferred_retain(wait);
  begin_wait(lock, timeout_ms);
  return wait;
}
