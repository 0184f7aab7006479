/* SPDX-License-Identifier: MIT
 * The mailbox's protocol (lib/reactor/mailbox.c): pushing, draining, sleeping,
 * waking, closing, and the life of its memory.  Checked by tests/models/check
 * for every interleaving of one owner and three pushers.
 *
 * One mail tells the owner to end; its pusher has no reference at all, as in
 * lariat_reactor_call_from_thread.  Each of the others carries its pusher's
 * only reference, as the outcome of a function that ran on another thread.
 *
 * Asserted: nobody touches the mailbox or its eventfd after they were freed,
 * and each mail is delivered, discarded or refused, once.  A wake-up that got
 * lost is an owner that waits for ever: an invalid end state.
 *
 * Mutants, of which each must fail:
 *   NO_HOLD      a push that finds the owner asleep takes no reference
 *   HOLD_LATE    it takes one after the exchange
 *   BLIND_SLEEP  the owner marks its sleep without comparing
 *   NO_WAKE      who replaces the mark writes no eventfd */

#define CARRIERS 2
#define STOP CARRIERS
#define MAILS (CARRIERS + 1)

mtype = { EMPTY, SLEEPING, CLOSED, FULL };

mtype head = EMPTY;
bool queued[MAILS];
byte ended[MAILS];
byte count = 1 + CARRIERS;
bool freed = false;
byte event = 0;
byte others = 1; /* an event of a timer or a descriptor wakes the owner, too */

inline touch() { assert(!freed) }

inline retain() { atomic { touch(); count++ } }

inline release() {
  atomic {
    touch();
    count--;
    if
    :: count == 0 -> freed = true
    :: else
    fi
  }
}

inline sleep() {
  if
  :: event > 0 -> event = 0
  :: others > 0 -> others--
  fi
}

proctype pusher(byte mail) {
  mtype found;
  bool held = false;
  bool done = false;
  atomic { touch(); found = head }
  do
  :: done -> break
  :: !done && found == CLOSED -> break
  :: !done && found != CLOSED ->
#if !defined(NO_HOLD) && !defined(HOLD_LATE)
     if
     :: found == SLEEPING && !held -> retain(); held = true
     :: else
     fi;
#endif
     atomic {
       touch();
       if
       :: head == found -> head = FULL; queued[mail] = true; done = true
       :: else -> found = head
       fi
     }
  od;
  if
  :: !done ->
     atomic { ended[mail]++ };
     if
     :: mail != STOP -> release()
     :: else
     fi
  :: done && found == SLEEPING ->
#ifdef HOLD_LATE
     retain();
     held = true;
#endif
#ifndef NO_WAKE
     atomic { touch(); event++ };
#endif
     skip
  :: else
  fi;
  if
  :: held -> release()
  :: else
  fi
}

proctype owner() {
  bool taken[MAILS];
  bool stopping = false;
  byte i;
  do
  :: atomic {
       touch();
       i = 0;
       do
       :: i < MAILS -> taken[i] = queued[i]; queued[i] = false; i++
       :: else -> break
       od;
       head = EMPTY
     };
     i = 0;
     do
     :: i < MAILS && !taken[i] -> i++
     :: i < MAILS && taken[i] && i == STOP ->
        ended[i]++; stopping = true; i++
     :: i < MAILS && taken[i] && i != STOP -> ended[i]++; release(); i++
     :: i >= MAILS -> break
     od;
     if
     :: stopping -> break
     :: else
     fi;
#ifdef BLIND_SLEEP
     head = SLEEPING;
     sleep()
#else
     if
     :: atomic { head == EMPTY -> head = SLEEPING };
        sleep()
     :: head != EMPTY
     fi
#endif
  od;
  atomic {
    touch();
    i = 0;
    do
    :: i < MAILS -> taken[i] = queued[i]; queued[i] = false; i++
    :: else -> break
    od;
    head = CLOSED
  };
  i = 0;
  do
  :: i < MAILS && !taken[i] -> i++
  :: i < MAILS && taken[i] -> ended[i]++; release(); i++
  :: i >= MAILS -> break
  od;
  release()
}

init {
  atomic {
    run owner();
    run pusher(0);
    run pusher(1);
    run pusher(STOP)
  };
  (_nr_pr == 1);
  assert(freed);
  assert(ended[0] == 1 && ended[1] == 1 && ended[STOP] == 1)
}
