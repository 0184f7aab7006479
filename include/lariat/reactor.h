/* SPDX-License-Identifier: MIT
 * lariat_reactor: an event loop bound to the thread that made it.  File
 * descriptors, timers, calls for the next turn, calls from other threads.
 *
 * Unless its comment says otherwise, a function here belongs to the owner's
 * thread: the one that called lariat_reactor_new.  After fork, every function
 * that returns a status returns LARIAT_EFORKED in the child.
 *
 * Contexts: each call, reader and writer takes a context with an optional
 * destructor.  The destructor runs exactly once: after the call ran, or
 * instead of it when it is cancelled or the reactor closes; for a reader or a
 * writer, when it is removed.  Where a function returns an error the context
 * stays with the caller and the destructor does not run. */
#ifndef LARIAT_REACTOR_H
#define LARIAT_REACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/clock.h>
#include <lariat/export.h>
#include <lariat/log.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef struct lariat_reactor lariat_reactor;

/* A call, which runs once on the reactor's thread. */
typedef void (*lariat_call)(void *context);

/* Called when a descriptor is ready.  May remove itself, or any other. */
typedef void (*lariat_ready)(int fd, void *context);

typedef struct lariat_reactor_options {
  size_t size;               /* sizeof(lariat_reactor_options) */
  const lariat_clock *clock; /* NULL: the system's */
  const char *name;          /* for reports; copied; NULL: "reactor" */
  lariat_log log;            /* default none */
} lariat_reactor_options;

/* Makes a reactor owned by the calling thread and puts it into `*out`.
 * `options` may be NULL.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL   no `out`, options without their `size`, or a clock that
 *                 cannot be read
 * LARIAT_ESYSTEM  no epoll or event descriptor to be had; see errno */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_reactor_new(const lariat_reactor_options *options, lariat_reactor **out);

/* Closes `reactor` and gives it back to the system.  Fetches in flight are
 * cancelled (their deferreds fire here and now) and waited for, `wait_ms` at
 * the most; those that take longer are destroyed where they are.  Calls that
 * have not run are dropped, their contexts destroyed.  Descriptors of readers
 * and writers are not closed: they are the user's.  The reactor must not be
 * used afterwards; its mailbox may be, and says LARIAT_ECLOSED; deferreds that
 * outlive it can only be read and released, on the same thread.  NULL is
 * allowed.  The owner's thread, outside run and dispatch.
 *
 * LARIAT_OK       closed
 * LARIAT_EBUSY    called from inside one of its own turns, or while it is being
 *                 closed; nothing was done
 * LARIAT_ETHREAD  not the owner's thread; nothing was done
 * LARIAT_EFORKED  in a child process: nothing was done */
LARIAT_API lariat_status lariat_reactor_close(lariat_reactor *reactor,
                                              unsigned wait_ms);

/* Fires the start-up triggers (lariat/trigger.h), runs turns until
 * lariat_reactor_stop, and fires the shutdown triggers.  A reactor that was
 * stopped can be run again.
 *
 * LARIAT_OK       it was stopped, or left by lariat_reactor_crash
 * LARIAT_EALREADY it is running: called from inside one of its turns
 * LARIAT_ECLOSED  it is being closed
 * LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ESYSTEM  epoll failed; see errno */
LARIAT_API lariat_status lariat_reactor_run(lariat_reactor *reactor);

/* Makes lariat_reactor_run fire the shutdown triggers at the end of the turn
 * that is running and, when they are through, return.  Use lariat_mailbox_call
 * to stop it from elsewhere.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ENOTRUNNING  there is no run, or it is stopping already.  Without a
 *                     run, the next one will stop after its first turn, so
 *                     that work which was over before the run is no trap. */
LARIAT_API lariat_status lariat_reactor_stop(lariat_reactor *reactor);

/* Makes lariat_reactor_run return at the end of the turn that is running,
 * without shutdown triggers.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ENOTRUNNING  there is no run */
LARIAT_API lariat_status lariat_reactor_crash(lariat_reactor *reactor);

/* Tells whether `reactor` is running: from the "during" phase of the start-up
 * to that of the shutdown. */
LARIAT_API bool lariat_reactor_running(const lariat_reactor *reactor);

/* Runs one turn, waiting for something to do for `wait_ms` at the most; 0 does
 * not wait, a negative number waits for ever.
 *
 * As lariat_reactor_run; LARIAT_OK when the turn was run. */
LARIAT_API lariat_status lariat_reactor_run_once(lariat_reactor *reactor,
                                                 int wait_ms);

/* Returns the calling thread's reactor: the one whose turn it is in, else the
 * one it made last and has not closed, else NULL.  Any thread. */
LARIAT_API lariat_reactor *lariat_reactor_current(void);

/* Returns the name from the options.  Any thread. */
LARIAT_API const char *lariat_reactor_name(const lariat_reactor *reactor);

/* Reads the time on the reactor's clock. */
LARIAT_API uint64_t lariat_reactor_now_ns(const lariat_reactor *reactor);

/* Runs `call` in the next turn.  A turn runs only the calls that were there
 * when it began.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ECLOSED  the reactor is being closed */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_reactor_call_soon(lariat_reactor *reactor, lariat_call call,
                         void *context, lariat_destroy destroy);

/* A timer's name, a number: a stale one is recognised, not followed.  {0} names
 * no timer. */
typedef struct lariat_timer {
  uint64_t id;
} lariat_timer;

/* Runs `call` once, `delay_ms` from now; never earlier, and timers in the
 * order of their times, equal ones in the order they were set.  `out` may be
 * NULL.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ECLOSED  the reactor is being closed */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_reactor_call_later(
    lariat_reactor *reactor, uint64_t delay_ms, lariat_call call, void *context,
    lariat_destroy destroy, lariat_timer *out);

/* Runs `call` once, at `at_ns` on the reactor's clock (lariat_reactor_now_ns):
 * never earlier, and as soon after as the kernel wakes the thread; in the next
 * turn where that time has passed.  As lariat_reactor_call_later in all else.
 *
 * The first such call of a reactor whose clock goes by itself reduces the timer
 * slack of its thread (PR_SET_TIMERSLACK) to a microsecond, unless it is less:
 * with Linux's own a thread is woken up to 50 microseconds late.  The close of
 * the reactor puts back what there was.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ECLOSED  the reactor is being closed */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_reactor_call_at(
    lariat_reactor *reactor, uint64_t at_ns, lariat_call call, void *context,
    lariat_destroy destroy, lariat_timer *out);

/* Cancels a timer: its call will not run, its context is destroyed.
 *
 * LARIAT_OK         cancelled
 * LARIAT_EALREADY   its call ran, or is running
 * LARIAT_ECANCELLED it was cancelled before
 * LARIAT_ENOTFOUND  it names no timer of this reactor, or one whose slot was
 *                   used more than 64 times since
 * LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED */
LARIAT_API lariat_status lariat_reactor_cancel_timer(lariat_reactor *reactor,
                                                     lariat_timer timer);

/* Sets a timer anew: to `delay_ms` from now, earlier or later than it was.
 *
 * LARIAT_OK; errors as lariat_reactor_cancel_timer */
LARIAT_API lariat_status lariat_reactor_reset_timer(lariat_reactor *reactor,
                                                    lariat_timer timer,
                                                    uint64_t delay_ms);

/* Moves a timer by `delay_ms` from the time that it is set to: later, or, when
 * negative, earlier.
 *
 * As lariat_reactor_reset_timer. */
LARIAT_API lariat_status lariat_reactor_delay_timer(lariat_reactor *reactor,
                                                    lariat_timer timer,
                                                    int64_t delay_ms);

/* Puts the time that a timer is set to, on the reactor's clock, into
 * `*at_ns`.
 *
 * LARIAT_OK, LARIAT_EINVAL; errors as lariat_reactor_cancel_timer */
LARIAT_API lariat_status lariat_reactor_timer_time(lariat_reactor *reactor,
                                                   lariat_timer timer,
                                                   uint64_t *at_ns);

/* Tells whether the timer is set: its call has not begun and was not
 * cancelled. */
LARIAT_API bool lariat_reactor_timer_active(lariat_reactor *reactor,
                                            lariat_timer timer);

/* Puts the names of the timers that calls later and at an instant have set,
 * `capacity` of them at the most, in no particular order, into `timers` (which
 * may be NULL when `capacity` is 0), and returns how many there are. */
LARIAT_API size_t lariat_reactor_timers(lariat_reactor *reactor,
                                        lariat_timer *timers, size_t capacity);

/* Runs `call` on the reactor's thread, in one of its next turns; calls from
 * one thread run in the order they were made.  Any thread, while the reactor
 * lives; the call itself may end it, since this function does not touch the
 * reactor once the call is on its way.  Where another might close it meanwhile,
 * keep its mailbox instead.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_EFORKED
 * LARIAT_ECLOSED  the reactor was closed */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_reactor_call_from_thread(lariat_reactor *reactor, lariat_call call,
                                void *context, lariat_destroy destroy);

/* Calls `ready` in each turn in which `fd` can be read (or is at its end, or
 * broken).  Level-triggered.  One reader a descriptor.  The descriptor stays
 * the user's; remove the reader before closing it.
 *
 * LARIAT_OK
 * LARIAT_EALREADY the descriptor has a reader
 * LARIAT_EINVAL   not an open descriptor, or one that epoll refuses
 * LARIAT_ECLOSED  the reactor is being closed
 * LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED, LARIAT_ESYSTEM */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_reactor_add_reader(lariat_reactor *reactor, int fd, lariat_ready ready,
                          void *context, lariat_destroy destroy);

/* Calls `ready` in each turn in which `fd` can be written (or is broken), as
 * lariat_reactor_add_reader does for reading. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_reactor_add_writer(lariat_reactor *reactor, int fd, lariat_ready ready,
                          void *context, lariat_destroy destroy);

/* Removes the reader or writer of `fd`: it is not called again, not even for
 * what the running turn had found.  One that removes itself keeps its context
 * until it returns.
 *
 * LARIAT_OK, LARIAT_ENOTFOUND, LARIAT_ETHREAD, LARIAT_EFORKED */
LARIAT_API lariat_status lariat_reactor_remove_reader(lariat_reactor *reactor,
                                                      int fd);
LARIAT_API lariat_status lariat_reactor_remove_writer(lariat_reactor *reactor,
                                                      int fd);

/* Embeds the reactor in another event loop: returns the descriptor to watch for
 * reading; when it is readable, lariat_reactor_dispatch is to be called.  The
 * descriptor is the reactor's and is closed with it.  Timers are behind it too,
 * and whatever is asked for between two dispatches.  The first call arms it:
 * from then on the reactor is embedded.
 *
 * A descriptor number, or -1 with the reason in `*why` (which may be NULL):
 * LARIAT_ESYSTEM, LARIAT_ENOMEM, LARIAT_EINVAL, LARIAT_ETHREAD,
 * LARIAT_EFORKED, LARIAT_ECLOSED. */
LARIAT_API int lariat_reactor_fd(lariat_reactor *reactor, lariat_status *why);

/* Runs what is ready, without waiting.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED, LARIAT_ESYSTEM
 * LARIAT_EALREADY  a dispatch within a dispatch
 * LARIAT_ECLOSED   it is being closed */
LARIAT_API lariat_status lariat_reactor_dispatch(lariat_reactor *reactor);

/* A reactor's mailbox: lock-free, counted, may outlive its reactor.  For
 * threads that call a reactor which might be closed meanwhile. */
typedef struct lariat_mailbox lariat_mailbox;

/* Returns a new reference to the reactor's mailbox; release it with
 * lariat_mailbox_release.  Any thread, while the reactor lives. */
LARIAT_API LARIAT_MUST_USE lariat_mailbox *
lariat_reactor_mailbox(lariat_reactor *reactor);

/* Runs `call` on the thread of the mailbox's reactor, as
 * lariat_reactor_call_from_thread does.  Any thread. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_mailbox_call(lariat_mailbox *mailbox, lariat_call call, void *context,
                    lariat_destroy destroy);

/* Gives one reference back.  NULL is allowed.  Any thread. */
LARIAT_API void lariat_mailbox_release(lariat_mailbox *mailbox);

/* The turns of a reactor and the time of its thread.  Their numbers belong
 * together only roughly, where another thread reads them. */
typedef struct lariat_reactor_stats {
  size_t size;    /* sizeof(lariat_reactor_stats), set by the caller */
  uint64_t turns; /* since the start */
  uint64_t longest_turn_ns; /* since the start, on the reactor's clock: from the
                               end of its wait to the next one's beginning */
  uint64_t recent_turn_ns;  /* the longest since this was read last, whoever has
                               read it */
  uint64_t cpu_ns;      /* that the thread has had, of the kernel's and of its
                           own, since it began */
  uint64_t cpu_wait_ns; /* that the thread was ready to run and had to wait for
                           a CPU, since it began: Linux tells it in schedstat,
                           which a kernel or a sandbox may leave out */
  bool cpu_known;       /* false: cpu_ns is 0 */
  bool cpu_wait_known;  /* false: cpu_wait_ns is 0 */
} lariat_reactor_stats;

/* Fills `*stats` as far as its `size` goes.  Any thread, while the reactor
 * lives; of a pool's reactors: lariat_pool_read_reactor_stats.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  no `size` */
LARIAT_API lariat_status lariat_reactor_read_stats(lariat_reactor *reactor,
                                                   lariat_reactor_stats *stats);

/* Takes the report of a failure that nobody handled, or of another fault
 * without an owner, once.  `message` is a sentence without a newline and lives
 * for the call.  The default writes it to the reactor's log, if that has one,
 * else to standard error.  Setting NULL brings
 * the default back. */
typedef void (*lariat_report)(const char *message, void *context);
LARIAT_API void lariat_reactor_set_report(lariat_reactor *reactor,
                                          lariat_report report, void *context);

LARIAT_END_C

#endif
