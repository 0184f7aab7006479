/* SPDX-License-Identifier: MIT
 * body_schedule.h: what a request of a random schedule does with bodies: takes
 * its answer from a stream, into a file or a pipe, or through a transform; has
 * its own from a file or a producer.  Each of these is fast or slow, and may
 * fail, let go, or not keep its word.  What is wrong is told to the schedules'
 * `fault`; what was done is counted.  For the test's main thread. */
#ifndef TESTS_SUPPORT_BODY_SCHEDULE_H
#define TESTS_SUPPORT_BODY_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/client.h>
#include <lariat/stream.h>
#include <lariat/testing.h>
#include <lariat/upload.h>

enum { BODY_BODY = 60000, BODY_WINDOW = 16384 };

/* Deeds that were really done, or seen. */
enum body_schedule_deed {
  BODY_OPENED,      /* a stream's headers came */
  BODY_TAKEN,       /* a chunk was taken that was there */
  BODY_AWAITED,     /* and one that was waited for */
  BODY_WHOLE,       /* a stream was taken to its end */
  BODY_OVERFLOWED,  /* the same, of more than its window */
  BODY_BROKE,       /* a stream broke off after some bytes */
  BODY_READ_ALL,    /* taken as one chunk */
  BODY_TOO_MUCH,    /* the same, and it was more than allowed */
  BODY_NEXT_CANCEL, /* who waited for a chunk gave up */
  BODY_CLOSED,      /* a stream was closed before its end */
  BODY_ABANDONED,   /* or let go of */
  BODY_FILED,       /* a body was written to a file */
  BODY_PIPED,       /* or to a pipe, */
  BODY_PIPE_FULL,   /* of more than that holds */
  BODY_TRANSFORMED,
  BODY_UPLOADED, /* a producer's body was sent to its end */
  BODY_FILE_SENT,
  BODY_WROTE,       /* a piece that had space */
  BODY_WAITED,      /* and one that had to wait for it */
  BODY_GAVE,        /* without a copy */
  BODY_FAILED,      /* the producer failed, */
  BODY_STOPPED,     /* let go early, */
  BODY_LIED_MORE,   /* had more than it had said, */
  BODY_LIED_LESS,   /* and less */
  BODY_ANSWERED,    /* the server wanted no more of it */
  BODY_OVER_BEFORE, /* the request was over before the producer */
  BODY_DEEDS
};

extern uint64_t body_schedule_deeds[BODY_DEEDS];
const char *body_schedule_deed_name(int deed);

struct body_schedules {
  lariat_reactor *reactor; /* NULL: it is closed */
  void (*fault)(void *context, const char *text);
  void *context;
  bool starved;        /* allocations may fail */
  unsigned transforms; /* contexts that were not destroyed */
};

/* Pieces that were given and not dropped. */
extern unsigned body_schedule_loans;

/* The answer's way. */
enum body_schedule_sink {
  BODY_KEPT,
  BODY_STREAM,
  BODY_FILE,
  BODY_PIPE,
  BODY_TRANSFORM
};

/* How the producer ends. */
enum body_schedule_end {
  BODY_ENDS,
  BODY_FAILS,
  BODY_LETS_GO,
  BODY_SAYS_MORE,
  BODY_SAYS_LESS,
  BODY_NEVER_ENDS
};

struct body_schedule {
  struct body_schedules *in;
  enum body_schedule_sink sink;

  /* A stream. */
  bool eager;  /* takes as soon as it can; else a chunk for each step */
  bool leaves; /* lets go of it at once */
  size_t window;
  lariat_stream *stream; /* a reference */
  lariat_deferred *next; /* another, while it waits */
  unsigned asked;        /* nexts that have not fired */
  bool reading_all;
  bool gave_up; /* the next was cancelled */
  bool lossy;   /* and so some bytes were lost */
  bool sha256;
  bool closed;
  bool ended; /* told so */
  bool whole;
  uint64_t taken;
  uint64_t expected; /* the length of the answer's body */

  /* A file or a pipe. */
  int fd;      /* ours: to read from; -1: none */
  int body_fd; /* to write to; closed after the request was made */
  uint64_t drained;

  bool transformed;
  bool fired;
  lariat_status status;

  /* The request's body. */
  lariat_upload *upload; /* a reference */
  enum body_schedule_end end;
  uint64_t told;   /* its length, or LARIAT_LENGTH_UNKNOWN */
  uint64_t length; /* what is there of it */
  uint64_t written;
  size_t piece;
  bool gives;
  bool hasty;      /* writes when there is space; else a piece for each step */
  unsigned writes; /* that have not fired */
  bool uploads;    /* has any such body */
  bool from_file;
  int sent_fd;   /* the file; closed after the request was made */
  bool finished; /* the producer has ended it */
  bool spoiled;  /* the producer failed while its request was on */
  lariat_status refused;

  /* As the server saw it, in the last hop. */
  uint64_t sent;
  bool sent_whole;
  bool answers;
  bool reads;
};

/* Chooses what the next request will do, and fills in its options. */
void body_schedule_choose(struct body_schedule *schedule,
                          struct body_schedules *in,
                          lariat_request_options *options, uint64_t *state);

/* Starts the producer; the request was made. */
void body_schedule_submitted(struct body_schedule *schedule);

/* Takes note that the request has fired; `expected` is how long the body of its
 * answer is, or BODY_UNKNOWN. */
#define BODY_UNKNOWN UINT64_MAX
void body_schedule_fired(struct body_schedule *schedule, lariat_value result,
                         uint64_t expected);

/* Takes a step: takes, closes, writes, whatever there is to be done. */
void body_schedule_step(struct body_schedule *schedule, uint64_t *state);

/* Reads what is in the pipe. */
void body_schedule_drain(struct body_schedule *schedule);

/* Takes what is left of a stream whose fetch is over by now. */
void body_schedule_take_rest(struct body_schedule *schedule);

/* Takes what comes, from now on. */
void body_schedule_take(struct body_schedule *schedule);

/* Checks, when much time has gone by, that whoever has a server that does its
 * part is not waiting any more. */
void body_schedule_check_moving(struct body_schedule *schedule, bool taken);

/* Lets go of everything, and looks whether all was told. */
void body_schedule_let_go(struct body_schedule *schedule);
void body_schedule_check_end(struct body_schedule *schedule);

/* Called by the script: a hop begins, whose server answers, and reads, to the
 * end, or perhaps not; bytes of the request's body come. */
void body_schedule_hop(struct body_schedule *schedule, bool answers,
                       bool reads);
void body_schedule_sent(struct body_schedule *schedule, const void *bytes,
                        size_t length);

#endif
