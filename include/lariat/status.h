/* SPDX-License-Identifier: MIT
 * lariat_status: what a function that can fail returns.  Zero is success, an
 * error is negative.  Each code has a short stable name, a sentence, and says
 * whether the same request is worth another try. */
#ifndef LARIAT_STATUS_H
#define LARIAT_STATUS_H

#include <stdbool.h>

#include <lariat/export.h>

LARIAT_BEGIN_C

typedef enum lariat_status {
  LARIAT_OK = 0,

  /* The caller, the process, the machine. */
  LARIAT_ENOMEM = -1,      /* out of memory */
  LARIAT_EINVAL = -2,      /* an argument makes no sense */
  LARIAT_ESYSTEM = -3,     /* a system call failed; see errno */
  LARIAT_ETHREAD = -4,     /* called on the wrong thread */
  LARIAT_EFORKED = -5,     /* used in a child process after fork */
  LARIAT_EALREADY = -6,    /* already called, already done, already running */
  LARIAT_ENOTFOUND = -7,   /* no such thing (any more) */
  LARIAT_EBUSY = -8,       /* still in use, or called from inside itself */
  LARIAT_ECLOSED = -9,     /* the reactor, pool or client is closed */
  LARIAT_ECANCELLED = -10, /* cancelled before it was done */
  LARIAT_ETIMEDOUT = -11,  /* its time ran out */
  LARIAT_EOVERLOAD = -12,  /* the queue is full; try later */
  LARIAT_ELIBCURL = -13, /* this libcurl is refused, or lacks what is needed */
  LARIAT_EUSER = -14,    /* a failure made by the user's own code */
  LARIAT_EAGAIN = -15,   /* nothing is there now */

  /* Deferreds. */
  LARIAT_EFIRST = -20,     /* one of several failed; see lariat_failure_cause */
  LARIAT_ESELF = -21,      /* a deferred was returned from its own callback */
  LARIAT_EALLFAILED = -22, /* all of several failed; lariat_failure_group_at */
  LARIAT_EOVERFLOW = -23,  /* a lariat_queue is full: put was refused */
  LARIAT_EUNDERFLOW = -24, /* too many wait for a lariat_queue: get refused */

  /* Coroutines. */
  LARIAT_EOUTSIDE = -30, /* called outside of a coroutine */
  LARIAT_EMAPS = -31,    /* the process has too many memory mappings */

  /* One fetch. */
  LARIAT_EURL = -40,         /* not a URL */
  LARIAT_ESCHEME = -41,      /* not http or https */
  LARIAT_ERESOLVE = -42,     /* the host's name has no address */
  LARIAT_ECONNECT = -43,     /* no connection: refused, unreachable */
  LARIAT_ETLS = -44,         /* the TLS handshake failed */
  LARIAT_ECERTIFICATE = -45, /* the server's certificate is not trusted */
  LARIAT_ERESET = -46,       /* the connection broke */
  LARIAT_EEMPTY = -47,       /* the server closed without an answer */
  LARIAT_ETRUNCATED = -48,   /* the body ended early */
  LARIAT_EPROTOCOL = -49,    /* the answer is not proper HTTP */
  LARIAT_EBODYLIMIT = -50,   /* the body is over the limit */
  LARIAT_EHEADERLIMIT = -51, /* the headers are over the limit */
  LARIAT_EENCODING = -52,    /* the body could not be decompressed: broken,
                                cut, or in a coding that is not known */
  LARIAT_EREDIRECTS = -53,   /* too many redirects */
  LARIAT_EREDIRECT = -54,    /* a redirect to what is not a fetchable URL */
  LARIAT_ERETRYBUDGET = -55, /* no more retries for now; the failure's cause
                                says what was to be tried again */
  LARIAT_EUPLOAD = -56,      /* the body that was to be sent has failed */
  LARIAT_EWRITE = -57,       /* the body's descriptor could not be written */
  LARIAT_EADDRESS = -58,     /* the pool's rules deny the host's addresses */
  LARIAT_EDOWNGRADE = -59,   /* a redirect from https to http, refused */
  LARIAT_EPORT = -67,        /* a port that is not for HTTP, refused */
  LARIAT_EANSWERED = -75,    /* of a body's producer: the server has answered,
                                and wants no more of it */

  /* Files. */
  LARIAT_EFORMAT = -80, /* it is not in the format that it should have */

  /* Runs, loops and tasks. */
  LARIAT_ENOTRUNNING = -60,       /* the reactor or loop does not run */
  LARIAT_ETASKDONE = -61,         /* the task has done its work */
  LARIAT_ETASKSTOPPED = -62,      /* the task was stopped */
  LARIAT_ETASKFAILED = -63,       /* the task has failed */
  LARIAT_ESCHEDULERSTOPPED = -64, /* the task's cooperator was stopped */
  LARIAT_ENOTPAUSED = -65,        /* the task is not paused */
  LARIAT_EEXIT = -66              /* the program is to end; see lariat_exit */
} lariat_status;

/* Returns the short name of `status`, for logs and files: "timed-out".  It
 * never changes between releases.  "unknown" for a number that is no status.
 * Any thread; the text is static. */
LARIAT_API const char *lariat_status_name(lariat_status status);

/* Returns one sentence about `status`, without a full stop.  Any thread;
 * static. */
LARIAT_API const char *lariat_status_text(lariat_status status);

/* Tells whether the same request may succeed if tried again later, unchanged:
 * true for time-outs, overload, and failures of the network; false for bad
 * input, limits and certificates.  Any thread. */
LARIAT_API bool lariat_status_retryable(lariat_status status);

LARIAT_END_C

#endif
