/* SPDX-License-Identifier: MIT
 * embed.c: a reactor inside another event loop.  The epoll descriptor is what
 * the other loop watches: a timerfd in it stands for the timers, the mailbox's
 * eventfd for everything else. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/time.h"
#include "reactor/reactor_private.h"

/* How many turns a dispatch goes on with what its own turns brought up. */
enum { DISPATCH_TURNS = 4 };

static bool is_embedded(const lariat_reactor *reactor) {
  return reactor->embedding.state != LR_EMBED_NONE;
}

/* ---- Timer ---- */

static void timer_ready(lr_watch *watch, uint32_t events) {
  (void)events;
  lariat_reactor *reactor =
      lr_container(watch, lariat_reactor, embedding.timer_watch);
  uint64_t expirations;
  ssize_t got;
  do {
    got = read(watch->fd, &expirations, sizeof expirations);
  } while (got < 0 && errno == EINTR);
  reactor->embedding.armed_ns = LR_NEVER_NS;
}

/* Sets the timerfd to the distance of `at_ns` on the reactor's clock, which
 * need not be the timerfd's. */
static void arm_timerfd(lariat_reactor *reactor, uint64_t at_ns) {
  uint64_t now_ns = lariat_reactor_now_ns(reactor);
  uint64_t wait_ns = at_ns > now_ns ? at_ns - now_ns : 1;
  struct itimerspec when = {{0, 0}, {0, 0}};
  when.it_value.tv_sec = (time_t)(wait_ns / LR_NS_PER_S);
  when.it_value.tv_nsec = (long)(wait_ns % LR_NS_PER_S);
  if (timerfd_settime(reactor->embedding.timer_watch.fd, 0, &when, NULL) == 0)
    reactor->embedding.armed_ns = at_ns;
}

/* Makes a system call for an earlier time only.  A timerfd that fires for a
 * timer that was cancelled costs one empty dispatch, after which it is set to
 * the right time.  Manual clocks move without telling: their timers are looked
 * at in dispatches, those that are due already ask for one. */
void lr_embed_rearm(lariat_reactor *reactor) {
  if (!is_embedded(reactor) || reactor->front.in_turn) return;
  uint64_t next_ns = lr_timers_next(&reactor->timers);
  if (reactor->clock.manual) {
    if (next_ns <= lariat_reactor_now_ns(reactor)) lr_embed_wake(reactor);
  } else if (next_ns < reactor->embedding.armed_ns) {
    arm_timerfd(reactor, next_ns);
  }
}

/* ---- Wake-ups ---- */

/* Writes once until a turn has met that: until then the descriptor stays
 * readable. */
void lr_embed_wake(lariat_reactor *reactor) {
  if (reactor->embedding.state != LR_EMBED_IDLE || reactor->front.in_turn)
    return;
  reactor->embedding.state = LR_EMBED_WOKEN;
  lr_mailbox_wake(reactor->mailbox);
}

/* Puts the mailbox to sleep, so that each producer writes the eventfd, and what
 * is left behind the descriptor. */
void lr_embed_make_idle(lariat_reactor *reactor) {
  if (!is_embedded(reactor) || reactor->front.in_turn) return;
  lr_embed_rearm(reactor);
  if (lr_reactor_has_work(reactor) || !lr_mailbox_sleep(reactor->mailbox))
    lr_embed_wake(reactor);
}

/* ---- Embedding ---- */

static lariat_status embed_reactor(lariat_reactor *reactor) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) return LARIAT_ESYSTEM;
  reactor->embedding.timer_watch.ready = timer_ready;
  reactor->embedding.timer_watch.fd = fd;
  lariat_status status =
      lr_poller_set(&reactor->poller, &reactor->embedding.timer_watch, EPOLLIN);
  if (status != LARIAT_OK) {
    int saved = errno;
    close(fd);
    errno = saved;
    return status;
  }
  reactor->embedding.armed_ns = LR_NEVER_NS;
  reactor->embedding.state = LR_EMBED_IDLE;
  lr_embed_make_idle(reactor);
  return LARIAT_OK;
}

void lr_embed_clear(lariat_reactor *reactor) {
  if (!is_embedded(reactor)) return;
  lr_poller_set(&reactor->poller, &reactor->embedding.timer_watch, 0);
  close(reactor->embedding.timer_watch.fd);
  reactor->embedding.state = LR_EMBED_NONE;
}

int lariat_reactor_fd(lariat_reactor *reactor, lariat_status *why) {
  lariat_status status =
      reactor ? lr_reactor_check(reactor, __func__) : LARIAT_EINVAL;
  if (status == LARIAT_OK && lr_reactor_closing(reactor))
    status = LARIAT_ECLOSED;
  if (status == LARIAT_OK && !is_embedded(reactor))
    status = embed_reactor(reactor);
  if (why) *why = status;
  return status == LARIAT_OK ? reactor->poller.epoll : -1;
}

lariat_status lariat_reactor_dispatch(lariat_reactor *reactor) {
  if (!reactor) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (reactor->front.in_turn || reactor->holds) return LARIAT_EALREADY;
  if (lr_reactor_closing(reactor)) return LARIAT_ECLOSED;
  int turns = 0;
  do {
    status = lr_reactor_turn(reactor, 0);
  } while (status == LARIAT_OK && ++turns < DISPATCH_TURNS &&
           lr_reactor_has_work(reactor));
  lr_embed_make_idle(reactor);
  return status;
}
