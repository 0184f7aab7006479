/* SPDX-License-Identifier: MIT
 * lariat_observer: a function that is told what happens to a request on its
 * way: for traces, logs and tests.  It is an option of a client or of one
 * request (lariat/client.h); a request without one takes no time for it. */
#ifndef LARIAT_OBSERVER_H
#define LARIAT_OBSERVER_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* The things that happen.  The last of a request's events is ENDED, and that of
 * one which is refused at once is its only one.  Each attempt, and each hop
 * behind a redirect, begins with QUEUED.  A request that has to be sent again
 * within an attempt, since an open connection was dead, has another STARTED. */
typedef enum lariat_request_event_kind {
  LARIAT_REQUEST_QUEUED = 1, /* it waits for its turn */
  LARIAT_REQUEST_STARTED,    /* its turn has come: on `reactor` */
  LARIAT_REQUEST_OPENED,     /* a connection was opened for it */
  LARIAT_REQUEST_REUSED,     /* it has got a connection that was open */
  LARIAT_REQUEST_SENT,       /* its head has gone to the connection; a body may
                              still be under way */
  LARIAT_REQUEST_HEAD,       /* the head of the answer is complete */
  LARIAT_REQUEST_BODY,       /* the body of the answer is complete */
  LARIAT_REQUEST_REDIRECT,   /* the answer leads to `location`, which is next */
  LARIAT_REQUEST_RETRY,      /* it will be tried again, in `wait_ns` */
  LARIAT_REQUEST_ENDED /* the outcome is there; the deferred fires next, or
                        has, if the body is a stream */
} lariat_request_event_kind;

/* Returns the stable name of `kind`: "queued", "started", "opened", "reused",
 * "sent", "head", "body", "redirect", "retry", "ended".  Any thread; static. */
LARIAT_API const char *
lariat_request_event_name(lariat_request_event_kind kind);

/* An event.  Texts live for the call and are never NULL; what an event does not
 * tell is 0 or "".  No text has credentials in it: the values of Authorization,
 * Proxy-Authorization, Cookie and Set-Cookie are "***", and URLs are without
 * user and password. */
typedef struct lariat_request_event {
  size_t size; /* sizeof(lariat_request_event) */
  lariat_request_event_kind kind;
  uint64_t at_ns;     /* when it happened, on the clock of the pool's reactors:
                         the system's, but for a scripted pool */
  const char *method; /* of the request as it is now */
  const char *url;
  unsigned redirects; /* that were followed before */

  unsigned reactor;        /* STARTED: which one of the pool's */
  uint64_t connection;     /* OPENED, REUSED: its number, as that of a response;
                              0: not known */
  const char *remote_ip;   /* OPENED, REUSED */
  unsigned remote_port;    /* likewise */
  const char *tls_version; /* likewise: "TLSv1.3"; "": none */
  const char *tls_cipher;  /* likewise: "TLS_AES_256_GCM_SHA384" */
  const char *head; /* SENT: the request line and the header lines.  HEAD:
                       the status line and the header lines.  Each line
                       ends with CR and LF.  The status line has its
                       reason, but behind an answer of 1xx perhaps */
  size_t head_length;
  int status;           /* HEAD, REDIRECT, RETRY, ENDED: of the answer; 0: there
                           was none */
  uint64_t body_bytes;  /* BODY: decompressed */
  const char *location; /* REDIRECT: the next URL */
  uint64_t wait_ns;     /* RETRY: from now on */
  lariat_status outcome; /* RETRY: of this attempt.  ENDED: LARIAT_OK: an answer
                            (or what was made of it) */
  const char *message;   /* ENDED: of a failure, a sentence */
} lariat_request_event;

/* Takes an event.  Called on the thread of the client's reactor, in the order
 * in which things happen to one request; between the events of the pool and
 * their call is the way from one thread to the other.  QUEUED is told inside
 * the call that makes the request.  It must not end the request, the client or
 * the reactor, and may make other requests. */
typedef void (*lariat_observe)(const lariat_request_event *event,
                               void *context);

/* A function with its context, which must live until the last request that has
 * it has ended.  Without a function: none. */
typedef struct lariat_observer {
  lariat_observe observe;
  void *context;
} lariat_observer;

LARIAT_END_C

#endif
