/* SPDX-License-Identifier: MIT
 * flow.h: what a request of a random schedule does with bodies: takes its
 * answer from a stream, into a file or a pipe, or through a transform; has its
 * own from a file or a producer.  Each of these is fast or slow, and may fail,
 * let go, or not keep its word.  What is wrong is told to the flows' `fault`;
 * what was done is counted.  For the test's main thread. */
#ifndef TESTS_SUPPORT_FLOW_H
#define TESTS_SUPPORT_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/client.h>
#include <lariat/stream.h>
#include <lariat/testing.h>
#include <lariat/upload.h>

enum { FLOW_BODY = 60000, FLOW_WINDOW = 16384 };

/* What was really done, or seen. */
enum flow_deed {
  FLOW_OPENED,      /* a stream's headers came */
  FLOW_TAKEN,       /* a chunk was taken that was there */
  FLOW_AWAITED,     /* and one that was waited for */
  FLOW_WHOLE,       /* a stream was taken to its end */
  FLOW_OVERFLOWED,  /* the same, of more than its window */
  FLOW_BROKE,       /* a stream broke off after some bytes */
  FLOW_READ_ALL,    /* taken as one chunk */
  FLOW_TOO_MUCH,    /* the same, and it was more than allowed */
  FLOW_NEXT_CANCEL, /* who waited for a chunk gave up */
  FLOW_CLOSED,      /* a stream was closed before its end */
  FLOW_ABANDONED,   /* or let go of */
  FLOW_FILED,       /* a body was written to a file */
  FLOW_PIPED,       /* or to a pipe, */
  FLOW_PIPE_FULL,   /* of more than that holds */
  FLOW_TRANSFORMED,
  FLOW_UPLOADED, /* a producer's body was sent to its end */
  FLOW_FILE_SENT,
  FLOW_WROTE,       /* a piece that had room */
  FLOW_WAITED,      /* and one that had to wait for it */
  FLOW_GAVE,        /* without a copy */
  FLOW_FAILED,      /* the producer failed, */
  FLOW_STOPPED,     /* let go early, */
  FLOW_LIED_MORE,   /* had more than it had said, */
  FLOW_LIED_LESS,   /* and less */
  FLOW_ANSWERED,    /* the server wanted no more of it */
  FLOW_OVER_BEFORE, /* the request was over before the producer */
  FLOW_DEEDS
};

extern uint64_t flow_deeds[FLOW_DEEDS];
const char *flow_deed_name(int deed);

struct flows {
  lariat_reactor *reactor; /* NULL: it is closed */
  void (*fault)(void *context, const char *text);
  void *context;
  bool starved;        /* allocations may fail */
  unsigned transforms; /* contexts that were not destroyed */
};

/* Pieces that were given and not dropped. */
extern unsigned flow_loans;

/* The answer's way. */
enum flow_sink { FLOW_KEPT, FLOW_STREAM, FLOW_FILE, FLOW_PIPE, FLOW_TRANSFORM };

/* How the producer ends. */
enum flow_end {
  FLOW_ENDS,
  FLOW_FAILS,
  FLOW_LETS_GO,
  FLOW_SAYS_MORE,
  FLOW_SAYS_LESS,
  FLOW_NEVER_ENDS
};

struct flow {
  struct flows *in;
  enum flow_sink sink;

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
  enum flow_end end;
  uint64_t told;   /* its length, or LARIAT_LENGTH_UNKNOWN */
  uint64_t length; /* what is there of it */
  uint64_t written;
  size_t piece;
  bool gives;
  bool hasty;      /* writes when there is room; else a piece for each step */
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

/* What the next request will do: fills in its options. */
void flow_choose(struct flow *flow, struct flows *in,
                 lariat_request_options *options, uint64_t *state);

/* The request was made: starts the producer. */
void flow_submitted(struct flow *flow);

/* The request has fired; `expected` is how long the body of its answer is, or
 * FLOW_UNKNOWN. */
#define FLOW_UNKNOWN UINT64_MAX
void flow_fired(struct flow *flow, lariat_value result, uint64_t expected);

/* A step: takes, closes, writes, whatever there is to be done. */
void flow_step(struct flow *flow, uint64_t *state);

/* Reads what is in the pipe. */
void flow_drain(struct flow *flow);

/* Takes what is left of a stream whose fetch is over by now. */
void flow_take_rest(struct flow *flow);

/* From now on it takes what comes. */
void flow_take(struct flow *flow);

/* Much time has gone by: whoever has a server that does its part is not waiting
 * any more. */
void flow_check_moving(struct flow *flow, bool taken);

/* Lets go of everything, and looks whether all was told. */
void flow_let_go(struct flow *flow);
void flow_check_end(struct flow *flow);

/* The script's: a hop begins, whose server answers, and reads, to the end, or
 * perhaps not; bytes of the request's body come. */
void flow_hop(struct flow *flow, bool answers, bool reads);
void flow_sent(struct flow *flow, const void *bytes, size_t length);

#endif
