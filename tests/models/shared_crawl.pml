/* SPDX-License-Identifier: MIT
 * The protocol of a crawl that several workers share (crawl/shared_store.h,
 * docs/internals/shared-crawl-model.md): leases of queues, fenced commits, the
 * committed length of WARC files, sleeping queues and their wake-up.  Checked
 * by tests/models/check for every interleaving of two workers, two queues and
 * four URLs, two of which are links to the other queue, with up to FAULTS
 * faults: a worker dies at any step, for ever or to start again; it stands
 * still until a lease is over; the answer to a commit is lost; the database
 * carries out a commit after the worker's connection, or the worker, has gone.
 *
 * Asserted: each URL is committed once; its record is where its row says, within
 * the committed length, and nothing else is within that; whoever sends holds the
 * lease, and the delay has passed since the last request to that queue.  A queue
 * that sleeps though it has URLs, with nobody who will look, is workers that
 * wait for ever: an invalid end state.  The sweep runs only if somebody died
 * before looking: without deaths, "commit first, then look" is enough.
 *
 * Mutants, of which each must fail:
 *   NO_FENCE         a commit does not ask whose the leases are
 *   NO_NUMBER        a commit does not ask whether its batch was written already
 *   NUMBER_EQUAL     it asks only whether that was the last one
 *   NO_SESSION       it does not ask whether its worker has started again since
 *   LOOK_FIRST       sleeping queues are looked for before the commit
 *   NO_SWEEP         nobody looks for those whose worker died before looking
 *   NO_CUT           a file is not cut back after a commit that was refused
 *   NO_CUT_AT_START  nor when its worker starts again
 *   FOUND_DROPPED    links of a batch that was refused are dropped, though the
 *                    worker remembers that it has offered them
 *   HASTY_SUCCESSOR  who gets a queue after a lease's end does not wait
 *   HASTY_RELEASE    who gets a queue that was given back does not wait
 *   MEASURED_LATE    a worker counts its lease from the answer on
 *   NO_MARGIN        a worker begins to send until the lease's very end */

#define WORKERS 2
#ifndef FAULTS
#define FAULTS 1
#endif
#define LEASE 2  /* in ticks */
#define DELAY 2  /* between two requests to a queue */
#define MARGIN 1 /* no request begins later than that before a lease's end */

#define bit(url) (1 << (url))
#define of(queue) (5 << (queue)) /* URLs 0 and 2, URLs 1 and 3 */
#define both(first, second) ((first) | ((second) << 1))
#define links(urls)                                                            \
  ((((urls) & bit(0)) -> bit(3) : 0) |                                         \
   (((urls) & (bit(1) | bit(3))) -> bit(2) : 0))

mtype = { COMMITTED, REFUSED };

/* ---- The database ---- */

byte known = 3; /* sets of URLs: two seeds */
byte todo = 3;
byte done;
bool awake[2] = true;
byte owner[2]; /* 1 + the worker; 0: nobody */
byte epoch[2];
byte lease[2]; /* ticks that are left */
byte rest[2];  /* of the delay */
byte number[WORKERS];
byte session[WORKERS];

/* ---- The workers ---- */

byte held[2 * WORKERS]; /* the lease's epoch, for each queue; 0: none */
byte mine[2 * WORKERS]; /* ticks that are left of it, as the worker counts */
byte sending[WORKERS];  /* 1: about to send; 2: and a tick has passed */
byte tail[WORKERS];     /* records in its file beyond the committed length */
byte living = WORKERS;

/* ---- What can go wrong ---- */

byte faults = FAULTS;
bool unlooked; /* somebody committed, and will not look */
bool flying;   /* a commit whose worker has stopped waiting for it */
bool flying_is_past; /* its worker's file has changed since */
byte flying_worker, flying_got, flying_found, flying_free, flying_number;
byte flying_session, flying_epoch[2];

byte since[2] = DELAY; /* ticks since the last request to a queue */

/* Within one step only. */
hidden byte queue, lost, written, then;
hidden mtype result;

#define flies_of(worker) (flying && flying_worker == (worker))

/* ---- Transactions ---- */

#define is_lost(queue, worker, its_epoch)                                      \
  (owner[queue] != (worker) + 1 || epoch[queue] != (its_epoch))
#define is_touched(queue, got, free)                                           \
  (((got) & of(queue)) || ((free) & bit(queue)))

inline write_rows(worker, got, found, free, its_number) {
  assert((done & got) == 0);
  assert(tail[worker] == got);
  tail[worker] = 0;
  done = done | got;
  todo = (todo & ~got) | (found & ~known);
  known = known | found;
  number[worker] = its_number;
  queue = 0;
  do
  :: queue < 2 && (free & bit(queue)) ->
     owner[queue] = 0;
     epoch[queue] = 0;
     lease[queue] = 0;
     awake[queue] = false;
#ifdef HASTY_RELEASE
     rest[queue] = 0;
#endif
     queue++
  :: queue < 2 && !(free & bit(queue)) -> queue++
  :: queue == 2 -> break
  od
}

inline commit(worker, got, found, free, its_number, its_session, epoch_0,
              epoch_1) {
  lost = 0;
  written = 0;
  if
#ifndef NO_SESSION
  :: session[worker] != its_session -> result = REFUSED
#endif
#ifdef NUMBER_EQUAL
  :: session[worker] == its_session && number[worker] == its_number ->
     result = COMMITTED
#elif !defined(NO_NUMBER)
  :: session[worker] == its_session && number[worker] >= its_number ->
     result = COMMITTED
#endif
  :: else ->
#ifndef NO_FENCE
     lost = both(is_touched(0, got, free) && is_lost(0, worker, epoch_0),
                 is_touched(1, got, free) && is_lost(1, worker, epoch_1));
#endif
     if
     :: lost -> result = REFUSED
     :: else ->
        write_rows(worker, got, found, free, its_number);
        written = 1;
        result = COMMITTED
     fi
  fi
}

/* Wakes those of some queues that sleep though they have URLs. */
inline look(queues) {
  queue = 0;
  do
  :: queue < 2 && ((queues) & bit(queue)) && (todo & of(queue)) ->
     awake[queue] = true;
     queue++
  :: queue < 2 && !(((queues) & bit(queue)) && (todo & of(queue))) -> queue++
  :: queue == 2 -> break
  od
}

#define has_sleepers                                                           \
  ((!awake[0] && (todo & of(0))) || (!awake[1] && (todo & of(1))))

/* ---- A worker ---- */

#define holds(queue) held[2 * w + queue]
#define left(queue) mine[2 * w + queue]
#define is_done_with(queue) (holds(queue) && !(listed & of(queue)))
#define can_lease(queue)                                                       \
  (awake[queue] && !holds(queue) && (owner[queue] == 0 || lease[queue] == 0))
#define is_mine(queue) (!is_lost(queue, w, holds(queue)))
#ifdef NO_MARGIN
#define may_send(queue) (left(queue) > 0 && rest[queue] == 0)
#else
#define may_send(queue) (left(queue) > MARGIN && rest[queue] == 0)
#endif

inline fail() { faults > 0 -> faults-- }

/* Appends the records of the batch; cuts them off again. */
inline append() {
  assert((tail[w] & got) == 0);
  tail[w] = tail[w] | got;
  flying_is_past = flying_is_past || flies_of(w)
}

inline cut() {
  assert((got & ~tail[w]) == 0);
  tail[w] = 0
}

inline forget(queue) {
  listed = listed & ~of(queue);
  got = got & ~of(queue);
  holds(queue) = 0;
  left(queue) = 0
}

/* An epoch that nobody remembers of an earlier lease: so there are few. */
inline take_epoch(queue) {
  epoch[queue] = 1;
  do
  :: epoch[queue] == held[queue] || epoch[queue] == held[2 + queue] ||
     (flying && epoch[queue] == flying_epoch[queue]) -> epoch[queue]++
  :: else -> break
  od
}

inline count_again(queue) {
#ifdef MEASURED_LATE
  left(queue) = (holds(queue) -> LEASE : 0);
#endif
  skip
}

/* The answers of the database take no time, which is where a worker is least
 * careful: it counts from before it asked. */
inline take_lease(queue) {
  atomic {
    can_lease(queue) ->
    owner[queue] = w + 1;
    take_epoch(queue);
    lease[queue] = LEASE;
    holds(queue) = epoch[queue];
    left(queue) = LEASE;
    listed = listed | (todo & of(queue))
  };
  count_again(queue)
}

inline renew(queue) {
  atomic {
    holds(queue) && left(queue) < LEASE && !(got & of(queue)) ->
    if
    :: is_mine(queue) ->
       lease[queue] = LEASE;
       left(queue) = LEASE;
       listed = listed | (todo & of(queue))
    :: else -> forget(queue)
    fi
  };
  count_again(queue)
}

inline fetch(address, queue) {
  atomic { (listed & bit(address)) && may_send(queue) -> sending[w] = 1 };
  atomic {
    sending[w] = 0;
    assert(is_mine(queue));
    assert(since[queue] == DELAY);
    since[queue] = 0;
    rest[queue] = DELAY;
    listed = listed & ~bit(address);
    got = got | bit(address)
  }
}

/* Takes what came of a commit; `wakes` is where to look then. */
inline take_result() {
  if
  :: result == REFUSED ->
#ifdef FOUND_DROPPED
     found = 0;
#endif
#ifndef NO_CUT
     cut();
#endif
     if
     :: lost & bit(0) -> forget(0)
     :: else
     fi;
     if
     :: lost & bit(1) -> forget(1)
     :: else
     fi;
     wakes = 0
  :: result == COMMITTED ->
     got = 0;
#ifndef LOOK_FIRST
     wakes = free | both((found & of(0)) != 0, (found & of(1)) != 0);
#endif
     found = 0;
     if
     :: free & bit(0) -> forget(0)
     :: else
     fi;
     if
     :: free & bit(1) -> forget(1)
     :: else
     fi
  fi;
  free = 0;
  batch = 0
}

/* Dies while it tries to commit. */
inline die() {
  unlooked = unlooked || number[w] >= batch;
  goto died
}

proctype worker(byte w) {
  byte listed, got, found, free, batch, seen, its_session, wakes;
start:
  atomic {
    its_session = (flies_of(w) && flying_session == 0 -> 1 : 0);
    session[w] = its_session;
    batch = 0;
#ifndef NO_CUT_AT_START
    tail[w] = 0;
#endif
    skip
  };
  do
  :: take_lease(0)
  :: take_lease(1)
  :: renew(0)
  :: renew(1)
  :: fetch(0, 0)
  :: fetch(1, 1)
  :: fetch(2, 0)
  :: fetch(3, 1)
#ifndef NO_SWEEP
  :: atomic { unlooked && has_sleepers -> look(3); unlooked = false }
#endif
  :: atomic { fail() -> goto died }
  :: atomic { todo == 0 && !got && !found && !holds(0) && !holds(1) -> break }
  :: atomic {
       got || found || is_done_with(0) || is_done_with(1) ->
       number[w] = (flies_of(w) -> number[w] : 0);
       batch = number[w] + 1;
       append();
       found = found | (links(got) & ~seen);
       seen = seen | found;
       free = both(is_done_with(0), is_done_with(1));
#ifdef LOOK_FIRST
       then = (todo & ~got) | found;
       wakes = both((found & of(0)) && !awake[0], (found & of(1)) && !awake[1]) |
               (free & both((then & of(0)) != 0,
                            (then & of(1)) != 0));
#endif
     };
     do
     :: atomic {
          commit(w, got, found, free, batch, its_session, holds(0), holds(1));
          take_result();
          break
        }
     :: atomic {
          fail();
          commit(w, got, found, free, batch, its_session, holds(0), holds(1))
        }
     :: atomic {
          !flying && faults > 0 ->
          faults--;
          flying = true;
          flying_worker = w;
          flying_got = got;
          flying_found = found;
          flying_free = free;
          flying_number = batch;
          flying_session = its_session;
          flying_epoch[0] = holds(0);
          flying_epoch[1] = holds(1);
          if
          :: skip
          :: die()
          fi
        }
     :: atomic { fail(); die() }
     od;
     if
     :: atomic { look(wakes); wakes = 0 }
     :: atomic { wakes && faults > 0 -> faults--; unlooked = true; goto died }
     fi
  od;
  goto left;
died:
  atomic {
    holds(0) = 0;
    holds(1) = 0;
    left(0) = 0;
    left(1) = 0;
    sending[w] = 0;
    listed = 0;
    got = 0;
    found = 0;
    free = 0;
    wakes = 0;
    seen = 0;
    batch = 0
  };
  if
  :: goto start
  :: atomic { living > 1 -> living-- }
  fi;
left:
  skip
}

/* ---- The database's own pace ---- */

/* Carries out, or drops, a commit that nobody waits for. */
proctype backend() {
end:
  do
  :: atomic {
       flying ->
       if
       :: commit(flying_worker, flying_got, flying_found, flying_free,
                 flying_number, flying_session, flying_epoch[0],
                 flying_epoch[1]);
          assert(!(written && flying_is_past));
          unlooked = unlooked || written
       :: skip
       fi;
       flying = false;
       flying_worker = 0;
       flying_got = 0;
       flying_found = 0;
       flying_free = 0;
       flying_number = 0;
       flying_session = 0;
       flying_is_past = false;
       flying_epoch[0] = 0;
       flying_epoch[1] = 0
     }
  od
}

/* ---- Time ---- */

/* Its worker could have renewed it. */
#define ends_unrenewed(queue, worker)                                          \
  (lease[queue] == 1 && owner[queue] == (worker) + 1 &&                        \
   held[2 * (worker) + queue] == epoch[queue] &&                               \
   mine[2 * (worker) + queue] <= 1)
#define some_end_unrenewed                                                     \
  (ends_unrenewed(0, 0) || ends_unrenewed(0, 1) || ends_unrenewed(1, 0) ||     \
   ends_unrenewed(1, 1))
#define runs(queue)                                                            \
  (lease[queue] || rest[queue] || since[queue] < DELAY || mine[queue] ||       \
   mine[2 + queue])
#define count_down(ticks) ticks = ((ticks) > 0 -> (ticks) - 1 : 0)

inline pass(queue) {
  count_down(rest[queue]);
  if
  :: lease[queue] == 1 ->
     lease[queue] = 0;
#ifdef HASTY_SUCCESSOR
     rest[queue] = 0
#else
     rest[queue] = DELAY
#endif
  :: lease[queue] > 1 -> lease[queue]--
  :: else
  fi;
  since[queue] = (since[queue] < DELAY -> since[queue] + 1 : DELAY);
  count_down(mine[queue]);
  count_down(mine[2 + queue])
}

/* Lets a tick pass, at any time; between the decision to send and the send at
 * most one.  That a lease ends while its worker lives is a fault. */
proctype clock() {
end:
  do
  :: atomic {
       sending[0] != 2 && sending[1] != 2 && (runs(0) || runs(1)) &&
       (faults > 0 || !some_end_unrenewed) ->
       faults = faults - some_end_unrenewed;
       sending[0] = sending[0] * 2;
       sending[1] = sending[1] * 2;
       pass(0);
       pass(1)
     }
  od
}

/* ---- The end ---- */

init {
  atomic {
    run clock();
    run backend();
    run worker(0);
    run worker(1)
  };
  (_nr_pr == 3);
  assert(known == 15 && todo == 0 && done == 15)
}
