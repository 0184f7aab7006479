/* SPDX-License-Identifier: MIT
 * status.c: each status with its name, its sentence and whether another try
 * is worth it. */
#include <lariat/status.h>

#include <stddef.h>

struct entry {
  lariat_status status;
  bool retryable;
  const char *name;
  const char *text;
};

/* The statuses.  Their names are for ever: logs and files have them. */
static const struct entry entries[] = {
    {LARIAT_OK, false, "ok", "it worked"},
    {LARIAT_ENOMEM, false, "out-of-memory", "there is not enough memory"},
    {LARIAT_EINVAL, false, "invalid-argument", "an argument makes no sense"},
    {LARIAT_ESYSTEM, false, "system", "a system call failed"},
    {LARIAT_ETHREAD, false, "wrong-thread",
     "it was called on a thread that it does not belong to"},
    {LARIAT_EFORKED, false, "forked",
     "it was made before a fork and cannot be used in the child process"},
    {LARIAT_EALREADY, false, "already",
     "it was already called, is done, or is running"},
    {LARIAT_ENOTFOUND, false, "not-found", "there is no such thing any more"},
    {LARIAT_EBUSY, false, "busy",
     "it is still in use, or was called from inside itself"},
    {LARIAT_ECLOSED, false, "closed",
     "the reactor, the pool or the client is closed"},
    {LARIAT_ECANCELLED, false, "cancelled",
     "it was cancelled before it was done"},
    {LARIAT_ETIMEDOUT, true, "timed-out", "its time ran out"},
    {LARIAT_EOVERLOAD, true, "overload", "the queue is full"},
    {LARIAT_ELIBCURL, false, "libcurl-refused",
     "this libcurl is not good enough"},
    {LARIAT_EUSER, false, "user", "the program's own code failed"},
    {LARIAT_EAGAIN, true, "would-block", "nothing is there now"},
    {LARIAT_EFIRST, false, "first-error", "one of several failed"},
    {LARIAT_ESELF, false, "returned-itself",
     "a deferred was returned from its own callback"},
    {LARIAT_EALLFAILED, false, "all-failed", "all of several failed"},
    {LARIAT_EOVERFLOW, true, "queue-overflow",
     "the queue holds as many values as it may"},
    {LARIAT_EUNDERFLOW, true, "queue-underflow",
     "as many wait for the queue's values as may"},
    {LARIAT_EOUTSIDE, false, "outside-coroutine",
     "it was called outside of a coroutine"},
    {LARIAT_EMAPS, true, "too-many-maps",
     "the process has as many memory mappings as the system allows"},
    {LARIAT_EURL, false, "bad-url", "this is not a URL"},
    {LARIAT_ESCHEME, false, "unsupported-scheme",
     "only http and https can be fetched"},
    {LARIAT_ERESOLVE, true, "resolve-failed",
     "no address was found for the host's name"},
    {LARIAT_ECONNECT, true, "connect-failed",
     "no connection to the server could be made"},
    {LARIAT_ETLS, true, "tls-failed", "the TLS handshake failed"},
    {LARIAT_ECERTIFICATE, false, "certificate-failed",
     "the server's certificate is not trusted"},
    {LARIAT_ERESET, true, "connection-reset", "the connection broke"},
    {LARIAT_EEMPTY, true, "empty-answer",
     "the server closed the connection without an answer"},
    {LARIAT_ETRUNCATED, true, "truncated", "the body ended early"},
    {LARIAT_EPROTOCOL, false, "protocol-error",
     "the answer is not proper HTTP"},
    {LARIAT_EBODYLIMIT, false, "body-too-large",
     "the body is larger than the limit"},
    {LARIAT_EHEADERLIMIT, false, "headers-too-large",
     "the headers are larger than the limit"},
    {LARIAT_EENCODING, false, "bad-encoding",
     "the body could not be decompressed"},
    {LARIAT_EREDIRECTS, false, "too-many-redirects",
     "there were too many redirects"},
    {LARIAT_EREDIRECT, false, "bad-redirect",
     "a redirect leads to what cannot be fetched"},
    {LARIAT_ERETRYBUDGET, true, "retry-budget",
     "the client's budget for retries is used up"},
    {LARIAT_EUPLOAD, false, "upload-failed",
     "the body that was to be sent has failed"},
    {LARIAT_EWRITE, false, "write-failed",
     "the body could not be written to its descriptor"},
    {LARIAT_EADDRESS, false, "address-denied",
     "no address of the host may be connected to"},
    {LARIAT_EDOWNGRADE, false, "downgrade-refused",
     "a redirect from https to http was not followed"},
    {LARIAT_EPORT, false, "port-refused",
     "the port is one that is not for HTTP"},
    {LARIAT_EANSWERED, false, "answered",
     "the server has answered, and wants no more of the body"},
    {LARIAT_EFORMAT, false, "bad-format",
     "it is not in the format that it should have"},
    {LARIAT_ENOTRUNNING, false, "not-running", "it does not run"},
    {LARIAT_ETASKDONE, false, "task-done", "the task has done its work"},
    {LARIAT_ETASKSTOPPED, false, "task-stopped", "the task was stopped"},
    {LARIAT_ETASKFAILED, false, "task-failed", "the task has failed"},
    {LARIAT_ESCHEDULERSTOPPED, false, "scheduler-stopped",
     "the task's cooperator was stopped"},
    {LARIAT_ENOTPAUSED, false, "not-paused", "the task is not paused"},
    {LARIAT_EEXIT, false, "exit", "the program is to end"},
};

static const struct entry *find_entry(lariat_status status) {
  for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
    if (entries[i].status == status) return &entries[i];
  return NULL;
}

const char *lariat_status_name(lariat_status status) {
  const struct entry *entry = find_entry(status);
  return entry ? entry->name : "unknown";
}

const char *lariat_status_text(lariat_status status) {
  const struct entry *entry = find_entry(status);
  return entry ? entry->text : "this number is not a status";
}

bool lariat_status_retryable(lariat_status status) {
  const struct entry *entry = find_entry(status);
  return entry && entry->retryable;
}
