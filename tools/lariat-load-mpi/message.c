/* SPDX-License-Identifier: MIT
 * message.c: messages of one size, by MPI_Iprobe. */
#include "message.h"

#include <lariat/coroutine.h>
#include <sched.h>
#include <stddef.h>
#include <time.h>

enum { SPIN_NS = 5000000, PAUSE_MS = 1 };

int64_t message_wall_ns(void) {
  struct timespec now = {0, 0};
  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void message_pause(unsigned ms) {
  struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
  if (!lariat_coroutine_running() || lariat_coroutine_sleep(ms) != LARIAT_OK)
    (void)nanosleep(&time, NULL);
}

bool message_send(int to, enum message_kind kind, const struct message *sent) {
  return MPI_Send(sent, sizeof *sent, MPI_BYTE, to, (int)kind,
                  MPI_COMM_WORLD) == MPI_SUCCESS;
}

bool message_take(int from, int wanted, struct message *taken, int *source,
                  int *kind, int64_t *at_ns) {
  int there = 0;
  MPI_Status status;
  if (MPI_Iprobe(from, wanted, MPI_COMM_WORLD, &there, &status) !=
          MPI_SUCCESS ||
      !there)
    return false;
  if (at_ns) *at_ns = message_wall_ns();
  if (source) *source = status.MPI_SOURCE;
  if (kind) *kind = status.MPI_TAG;
  return MPI_Recv(taken, sizeof *taken, MPI_BYTE, status.MPI_SOURCE,
                  status.MPI_TAG, MPI_COMM_WORLD,
                  MPI_STATUS_IGNORE) == MPI_SUCCESS;
}

bool message_await(int from, int wanted, unsigned ms, struct message *taken,
                   int64_t *at_ns) {
  int64_t begun_ns = message_wall_ns();
  while (!message_take(from, wanted, taken, NULL, NULL, at_ns)) {
    int64_t waited_ns = message_wall_ns() - begun_ns;
    if (waited_ns > (int64_t)ms * 1000000) return false;
    if (waited_ns < SPIN_NS)
      (void)sched_yield();
    else
      message_pause(PAUSE_MS);
  }
  return true;
}
