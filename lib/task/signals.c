/* SPDX-License-Identifier: MIT
 * signals.c: from a signal to a reactor.  Signals belong to the process, and
 * so does the one word below. */
#include "task/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/atomics.h"

/* TAKEN, the number of the pipe's writing end plus one, and how many handlers
 * are at work: all in one word, so that who takes the pipe away knows of each
 * handler that may have seen it. */
#define TAKEN 0x80000000u
#define HANDLER 1u
#define HANDLERS 0xffu
#define PIPE_SHIFT 8
#define PIPE_LIMIT 0x7fffff
static lr_atomic_u32 state;

/* The process that has taken the signals: a forked child inherits the
 * handler. */
static lr_atomic_u32 owner;

static const int numbers[LR_SIGNALS] = {SIGINT, SIGTERM};

/* Gives a child that was forked and runs on the default, once this returns. */
static void default_in_child(int number) {
  signal(number, SIG_DFL);
  raise(number);
}

/* Writes to a pipe that does not block, so that no call is interrupted; when it
 * is full, the reactor has enough to read. */
static void write_number(int fd, int number) {
  unsigned char byte = (unsigned char)number;
  ssize_t written = write(fd, &byte, 1);
  (void)written;
}

static void handle_signal(int number) {
  int saved = errno;
  uint32_t seen = lr_u32_add_relaxed(&state, HANDLER);
  uint32_t end = (seen & ~TAKEN) >> PIPE_SHIFT;
  if (lr_u32_load_relaxed(&owner) != (uint32_t)getpid())
    default_in_child(number);
  else if (end)
    write_number((int)end - 1, number);
  lr_u32_sub_acq_rel(&state, HANDLER);
  errno = saved;
}

static void pipe_ready(lr_watch *watch, uint32_t events) {
  (void)events;
  lr_signals *signals = lr_container(watch, lr_signals, watch);
  unsigned char bytes[16];
  ssize_t got = read(watch->fd, bytes, sizeof bytes);
  for (ssize_t i = 0; i < got; i++) signals->caught(signals, bytes[i]);
}

static lariat_status open_pipe(lr_signals *signals) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return LARIAT_ESYSTEM;
  signals->watch.fd = ends[0];
  signals->writing_end = ends[1];
  signals->watch.ready = pipe_ready;
  lr_poller *poller = lr_reactor_poller(signals->reactor);
  lariat_status status = lr_poller_set(poller, &signals->watch, EPOLLIN);
  if (status == LARIAT_OK && ends[1] < PIPE_LIMIT) return LARIAT_OK;
  int saved = errno;
  (void)lr_poller_set(poller, &signals->watch, 0);
  close(ends[0]);
  close(ends[1]);
  errno = saved;
  return status == LARIAT_OK ? LARIAT_ESYSTEM : status;
}

/* Installs the handler; sigaction cannot fail for these numbers. */
static void set_handlers(lr_signals *signals) {
  struct sigaction ours = {.sa_handler = handle_signal, .sa_flags = SA_RESTART};
  sigemptyset(&ours.sa_mask);
  for (int i = 0; i < LR_SIGNALS; i++) {
    sigaction(numbers[i], NULL, &signals->before[i]);
    if (signals->before[i].sa_handler == SIG_IGN) continue;
    sigaction(numbers[i], &ours, NULL);
  }
}

static void reset_handlers(const lr_signals *signals) {
  for (int i = 0; i < LR_SIGNALS; i++) {
    struct sigaction now;
    sigaction(numbers[i], NULL, &now);
    if (now.sa_handler != handle_signal) continue;
    sigaction(numbers[i], &signals->before[i], NULL);
  }
}

static uint32_t pipe_bits(const lr_signals *signals) {
  return (uint32_t)(signals->writing_end + 1) << PIPE_SHIFT;
}

lariat_status lr_signals_take(lr_signals *signals) {
  if (signals->taken) return LARIAT_OK;
  if (lr_u32_or_acq_rel(&state, TAKEN) & TAKEN) return LARIAT_EBUSY;
  lariat_status status = open_pipe(signals);
  if (status != LARIAT_OK) {
    lr_u32_sub_acq_rel(&state, TAKEN);
    return status;
  }
  signals->taken = true;
  lr_u32_store_relaxed(&owner, (uint32_t)getpid());
  lr_u32_add_relaxed(&state, pipe_bits(signals));
  set_handlers(signals);
  return LARIAT_OK;
}

void lr_signals_give_back(lr_signals *signals) {
  if (!signals->taken) return;
  signals->taken = false;
  reset_handlers(signals);
  lr_u32_sub_acq_rel(&state, pipe_bits(signals));
  while (lr_u32_load_acquire(&state) & HANDLERS) sched_yield();
  (void)lr_poller_set(lr_reactor_poller(signals->reactor), &signals->watch, 0);
  close(signals->watch.fd);
  close(signals->writing_end);
  lr_u32_sub_acq_rel(&state, TAKEN);
}
