/* SPDX-License-Identifier: MIT
 * A lock between processes, by a file: Twisted's
 * DeferredFilesystemLock. */
#ifndef LARIAT_FILE_LOCK_H
#define LARIAT_FILE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/deferred.h>
#include <lariat/export.h>

LARIAT_BEGIN_C

typedef struct lariat_file_lock lariat_file_lock;

/* The time-out of a wait without one. */
#define LARIAT_WAIT_FOR_EVER UINT64_MAX

/* Makes a lock on the file at `path` (copied), without taking it.  The file is
 * made when it is first locked, and left where it is: what counts is the
 * system's lock on it (flock), which ends with the process that has it, so none
 * is ever stale.  The owner's thread, as everything here.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_file_lock_new(
    lariat_reactor *reactor, const char *path, lariat_file_lock **out);

/* Add a reference, and give one back (NULL is allowed).  `new` gives one, and a
 * wait has one.  With the last one the lock is unlocked.  Retain returns its
 * argument. */
LARIAT_API lariat_file_lock *lariat_file_lock_retain(lariat_file_lock *lock);
LARIAT_API void lariat_file_lock_drop(lariat_file_lock *lock);

/* Takes the lock if it is free.
 *
 * LARIAT_OK       locked
 * LARIAT_EBUSY    somebody has it, perhaps this very lock
 * LARIAT_ESYSTEM  the file cannot be opened or locked; see errno
 * LARIAT_EINVAL   no lock */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_file_lock_try(lariat_file_lock *lock);

/* Unlocks the file.
 *
 * LARIAT_OK, LARIAT_EINVAL
 * LARIAT_EALREADY  it was not locked */
LARIAT_API lariat_status lariat_file_lock_unlock(lariat_file_lock *lock);

/* Tells whether this lock has the file. */
LARIAT_API bool lariat_file_lock_locked(const lariat_file_lock *lock);

/* Returns a deferred (for "none") that fires when the lock was taken; tried at
 * once, and then each second.  After `timeout_ms` one last try is made, and
 * then it fails with LARIAT_ETIMEDOUT; so it is with cancelling.  One wait at a
 * time: a second fails with LARIAT_EALREADY.  LARIAT_ESYSTEM when the file
 * cannot be opened.  Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_file_lock_wait(lariat_file_lock *lock, uint64_t timeout_ms);

LARIAT_END_C

#endif
