/* SPDX-License-Identifier: MIT
 * observation.c: events made, sent and told. */
#include "job/observation.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "http/masked_head.h"
#include "job/job.h"

lr_observation *lr_observation_new(const lariat_observer *observer) {
  lr_observation *observation = lr_alloc_zero(sizeof *observation);
  if (observation) observation->observer = *observer;
  return observation;
}

void lr_observation_free(lr_observation *observation) {
  if (!observation) return;
  lr_buffer_clear(&observation->sent);
  lr_buffer_clear(&observation->received);
  lr_free(observation);
}

const char *lariat_request_event_name(lariat_request_event_kind kind) {
  static const char *const names[] = {[LARIAT_REQUEST_QUEUED] = "queued",
                                      [LARIAT_REQUEST_STARTED] = "started",
                                      [LARIAT_REQUEST_OPENED] = "opened",
                                      [LARIAT_REQUEST_REUSED] = "reused",
                                      [LARIAT_REQUEST_SENT] = "sent",
                                      [LARIAT_REQUEST_HEAD] = "head",
                                      [LARIAT_REQUEST_BODY] = "body",
                                      [LARIAT_REQUEST_REDIRECT] = "redirect",
                                      [LARIAT_REQUEST_RETRY] = "retry",
                                      [LARIAT_REQUEST_ENDED] = "ended"};
  bool known = kind >= LARIAT_REQUEST_QUEUED && kind <= LARIAT_REQUEST_ENDED;
  return known ? names[kind] : "unknown";
}

/* ---- Told ---- */

static const char *text_or_empty(const char *text) { return text ? text : ""; }

void lr_observation_tell(const lr_job *job, lariat_request_event event) {
  const lariat_observer *observer = &job->observation->observer;
  event.size = sizeof event;
  event.method = job->request.method;
  if (!event.url) event.url = text_or_empty(job->request.url.text);
  event.redirects = job->caller.redirects;
  event.remote_ip = text_or_empty(event.remote_ip);
  event.tls_version = text_or_empty(event.tls_version);
  event.tls_cipher = text_or_empty(event.tls_cipher);
  event.head = text_or_empty(event.head);
  event.location = text_or_empty(event.location);
  event.message = text_or_empty(event.message);
  observer->observe(&event, observer->context);
}

/* ---- Sent ---- */

typedef struct lr_event_mail {
  lr_mail mail;
  lr_job *job;
  lariat_request_event event;
  char remote_ip[48];
  char tls_version[16];
  char tls_cipher[64];
  lr_buffer head;
} lr_event_mail;

static void free_mail(lr_mail *mail) {
  lr_event_mail *event = lr_container(mail, lr_event_mail, mail);
  lr_buffer_clear(&event->head);
  lr_free(event);
}

/* Tells nothing of a job that has ended for its caller: ENDED was the last. */
static void deliver_mail(lr_mail *mail) {
  lr_event_mail *event = lr_container(mail, lr_event_mail, mail);
  if (!lr_job_is_complete(event->job))
    lr_observation_tell(event->job, event->event);
  free_mail(mail);
}

static const lr_mail_ops event_ops = {deliver_mail, free_mail};

static lr_event_mail *new_mail(lr_job *job, lariat_request_event_kind kind,
                               uint64_t at_ns) {
  lr_event_mail *mail = lr_alloc_zero(sizeof *mail);
  if (!mail) return NULL;
  mail->mail.ops = &event_ops;
  mail->job = job;
  mail->event.kind = kind;
  mail->event.at_ns = at_ns;
  return mail;
}

static void send_mail(lr_event_mail *mail) {
  mail->job->owner->send(mail->job, &mail->mail);
}

/* Sends a head, which was appended to the mail's if `whole`. */
static void send_head(lr_event_mail *mail, bool whole) {
  if (!whole || !lr_buffer_terminate(&mail->head)) {
    free_mail(&mail->mail);
    return;
  }
  mail->event.head = mail->head.bytes;
  mail->event.head_length = mail->head.length;
  send_mail(mail);
}

static void begin_request(lr_observation *observation) {
  observation->sent.length = 0;
  observation->received.length = 0;
  observation->head_told = false;
}

void lr_observation_started(lr_job *job, uint64_t at_ns, unsigned reactor) {
  lr_event_mail *mail = new_mail(job, LARIAT_REQUEST_STARTED, at_ns);
  begin_request(job->observation);
  if (!mail) return;
  mail->event.reactor = reactor;
  send_mail(mail);
}

void lr_observation_connected(lr_job *job, uint64_t at_ns,
                              const lr_observed_connection *connection) {
  lr_event_mail *mail = new_mail(
      job, connection->reused ? LARIAT_REQUEST_REUSED : LARIAT_REQUEST_OPENED,
      at_ns);
  begin_request(job->observation);
  if (!mail) return;
  mail->event.connection = connection->id;
  mail->event.remote_port = connection->remote_port;
  snprintf(mail->remote_ip, sizeof mail->remote_ip, "%s",
           text_or_empty(connection->remote_ip));
  snprintf(mail->tls_version, sizeof mail->tls_version, "%s",
           text_or_empty(connection->tls_version));
  snprintf(mail->tls_cipher, sizeof mail->tls_cipher, "%s",
           text_or_empty(connection->tls_cipher));
  mail->event.remote_ip = mail->remote_ip;
  mail->event.tls_version = mail->tls_version;
  mail->event.tls_cipher = mail->tls_cipher;
  send_mail(mail);
}

/* ---- Heads ---- */

/* Returns how long the head at the beginning of some bytes is; 0: it is not
 * whole. */
static size_t head_length(const char *bytes, size_t length) {
  static const char end[] = "\r\n\r\n";
  const char *found =
      length ? memmem(bytes, length, end, sizeof end - 1) : NULL;
  return found ? (size_t)(found - bytes) + sizeof end - 1 : 0;
}

void lr_observation_sent(lr_job *job, uint64_t at_ns, const char *bytes,
                         size_t length) {
  lr_buffer *sent = &job->observation->sent;
  size_t most = head_length(bytes, length);
  if (head_length(sent->bytes, sent->length) ||
      !lr_buffer_append(sent, bytes, most ? most : length))
    return;
  size_t head = head_length(sent->bytes, sent->length);
  lr_event_mail *mail = head ? new_mail(job, LARIAT_REQUEST_SENT, at_ns) : NULL;
  if (mail)
    send_head(mail, lr_masked_head_append(&mail->head, sent->bytes, head));
}

void lr_observation_received(lr_job *job, const char *bytes, size_t length) {
  enum { LONGEST = 1024 };
  lr_buffer *received = &job->observation->received;
  bool whole =
      received->length && received->bytes[received->length - 1] == '\n';
  if (whole || received->length + length == 0) return;
  const char *feed = memchr(bytes, '\n', length);
  size_t taken = feed ? (size_t)(feed - bytes) + 1 : length;
  if (taken <= LONGEST - received->length)
    (void)lr_buffer_append(received, bytes, taken);
}

/* Returns the reason in the status line that came, if that is the response's:
 * the line may be another's, of 1xx, or cut.  (RFC 9112, 4) */
static const char *find_reason(const lr_observation *observation, int status,
                               size_t *length) {
  const lr_buffer *line = &observation->received;
  const char *end = line->bytes + line->length;
  char wanted[16];
  *length = 0;
  if (!line->length || end[-1] != '\n') return "";
  for (end--; end > line->bytes && end[-1] == '\r';) end--;
  const char *blank = memchr(line->bytes, ' ', (size_t)(end - line->bytes));
  size_t size = (size_t)snprintf(wanted, sizeof wanted, " %d ", status);
  if (!blank || (size_t)(end - blank) <= size ||
      memcmp(blank, wanted, size) != 0)
    return "";
  *length = (size_t)(end - blank) - size;
  return blank + size;
}

void lr_observation_look_at_head(lr_job *job, uint64_t at_ns) {
  const lariat_response *response = job->response;
  if (job->observation->head_told || !response ||
      !lr_response_has_head(response))
    return;
  job->observation->head_told = true;
  lr_event_mail *mail = new_mail(job, LARIAT_REQUEST_HEAD, at_ns);
  if (!mail) return;
  mail->event.status = response->status;
  size_t length;
  const char *reason = find_reason(job->observation, response->status, &length);
  send_head(mail, lr_masked_head_append_response(&mail->head, response, reason,
                                                 length));
}
