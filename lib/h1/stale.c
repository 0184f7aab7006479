/* SPDX-License-Identifier: MIT
 * stale.c: when an answer on an open connection is not the request's. */
#include "h1/stale.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "h1/conclusion.h"
#include "http/unsolicited.h"
#include "schedule/dispatcher.h"

/* Says whether the request is so short that no server answers it before it has
 * come as a whole.  With a body that may be right. */
static bool is_short(const lr_job *job) {
  enum { SHORT = 1000 };
  if (job->body.bytes || job->body.source) return false;
  size_t length = job->request.url.length;
  if (job->request.headers) length += job->request.headers->lines_length;
  return length < SHORT;
}

static void note_unsolicited(lr_connection *connection) {
  lr_dispatcher_desync(connection->h1->dispatcher, connection->host,
                       connection->id);
}

bool lr_stale_is_answer(const lr_connection *connection) {
  const lariat_response *response = connection->job->response;
  if (connection->is_new || !response ||
      !lr_conclusion_may_repeat(connection->job))
    return false;
  return connection->suspect ||
         (response->status == 408 && !connection->parser.keeps);
}

bool lr_stale_is_rubbish(lr_connection *connection, const char *bytes,
                         size_t length) {
  const lr_h1_parser *parser = &connection->parser;
  if (connection->is_new || parser->reason != LR_H1_REASON_NOT_HTTP ||
      lr_h1_parser_begun(parser))
    return false;
  if (!lr_unsolicited_is_goodbye(bytes, length)) note_unsolicited(connection);
  return true;
}

/* Asks how much of the request its receiver has not acknowledged: an answer to
 * it does that, since it was sent later.  (TLS sends bytes of its own at any
 * time: to those no answer is due.) */
static bool is_unacknowledged(const lr_connection *connection) {
  int left = 0;
  return ioctl(connection->watch.fd, SIOCOUTQ, &left) == 0 && left > 0;
}

bool lr_stale_is_too_early(lr_connection *connection) {
  lr_host *host = connection->host;
  if (connection->is_new || connection->first_byte_ns ||
      !is_short(connection->job))
    return false;
  host->unproven_reuses--;
  if (lr_stream_is_tls(&connection->stream) || !is_unacknowledged(connection))
    return false;
  note_unsolicited(connection);
  return true;
}

bool lr_stale_is_complete(lr_connection *connection, const char *rest,
                          size_t length) {
  if (length && !lr_unsolicited_is_goodbye(rest, length))
    note_unsolicited(connection);
  if (connection->host->learned.desync && connection->job->response)
    connection->job->response->desync =
        connection->suspect ? LARIAT_DESYNC_CONNECTION : LARIAT_DESYNC_ORIGIN;
  return lr_stale_is_answer(connection);
}
