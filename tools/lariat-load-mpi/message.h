/* SPDX-License-Identifier: MIT
 * message.h: the messages between the processes of a run.  They are looked for
 * and slept between: MPI's own waits would use the CPUs that others measure
 * with. */
#ifndef TOOLS_LARIAT_LOAD_MPI_MESSAGE_H
#define TOOLS_LARIAT_LOAD_MPI_MESSAGE_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

/* The kinds, which are MPI's tags.  The leader is the process of rank 0. */
enum message_kind {
  MESSAGE_GO = 1, /* leader: the command line is good, so read it, too */
  MESSAGE_HELLO,  /* to the leader: ready, or why not; host, plan */
  MESSAGE_PING,   /* leader: what is your clock? */
  MESSAGE_PONG,   /* to the leader: when PING came, and when this went */
  MESSAGE_START,  /* leader: when the measured part begins */
  MESSAGE_NEWS,   /* each second, both ways: still here; failures so far */
  MESSAGE_STOP,   /* leader: no new requests */
  MESSAGE_END,    /* to the leader: the run is over, and the result's length */
  MESSAGE_RESULT, /* to the leader: the result, bytes of that length */
  MESSAGE_EXIT    /* leader: leave, with this exit code */
};

/* How many news are sent to a process of which nothing is heard meanwhile.  One
 * that is gone takes none any more, and with some twenty on their way to it
 * MPI_Send waits for ever. */
enum { MESSAGE_UNHEARD = 5 };

struct message {
  int32_t code; /* an exit code; 0: all is well */
  int32_t flag; /* STOP: give up what is under way; END: before its time */
  int64_t numbers[2];
  char host[64];
  char plan_hash[32];
  char version[32];
};

/* Sends a message.  False: there is nobody there any more. */
bool message_send(int to, enum message_kind kind, const struct message *sent);

/* Tells whether a message was there, from `from` and of that kind (either may
 * be MPI's "any"), and takes it.  `*source` and `*kind` tell which; `*at_ns`,
 * the wall clock when it was found.  Those but `taken` may be NULL. */
bool message_take(int from, int wanted, struct message *taken, int *source,
                  int *kind, int64_t *at_ns);

/* Takes such a message as message_take, waiting for it for `ms` at the most,
 * without a sleep at first: while clocks are compared, and nobody measures. */
bool message_await(int from, int wanted, unsigned ms, struct message *taken,
                   int64_t *at_ns);

/* Sleeps for so long; inside a coroutine its reactor goes on. */
void message_pause(unsigned ms);

/* Returns the wall clock in nanoseconds since 1970. */
int64_t message_wall_ns(void);

#endif
