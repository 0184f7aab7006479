/* SPDX-License-Identifier: MIT
 * leasing.c: the engine's end of leases. */
#include "curl/leasing.h"

#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

#include "curl/connect_only.h"
#include "curl/engine.h"
#include "curl/transfer.h"
#include "h1/connection.h"
#include "job/lease.h"
#include "schedule/dispatcher.h"

/* ---- The end ---- */

/* Gives back what a connection has taken, which the client has closed or, if
 * `leaves_descriptor`, has still open.  The pool's reference stays. */
static void settle_lease(lr_lease *lease, bool leaves_descriptor) {
  lr_engine *engine = lease->engine;
  lr_list_remove(&lease->node);
  engine->dispatcher->leased--;
  lease->engine = NULL;
  if (lease->transfer)
    lr_connect_only_release(lease->transfer, leaves_descriptor);
  lr_connection_uncount(&engine->h1, lease->host);
}

/* Takes a lease back, or what is left of one that the engine has ended. */
static void receive_lease(lr_mail *mail) {
  lr_lease *lease = lr_container(mail, lr_lease, returned);
  if (lease->engine) {
    settle_lease(lease, false);
    lr_lease_release(lease);
  }
  lr_lease_release(lease);
}

static const lr_mail_ops returned_ops = {receive_lease, receive_lease};

/* Ends a connection that its client has still open, as its peer does when it
 * goes.  The client may close it at any time meanwhile: its number is left when
 * libcurl, too, is done with it, of which some versions read from a connection
 * before they close it. */
static void end_lease(lr_lease *lease) {
  lr_engine *engine = lease->engine;
  bool open = lr_lease_end(lease);
  if (open && lease->transfer) lr_stream_close(&lease->stream);
  if (open) (void)shutdown(lease->stream.fd, SHUT_RDWR);
  settle_lease(lease, open);
  lr_connect_only_end_released(engine);
  if (open) lr_lease_leave_descriptor(lease);
  lr_lease_release(lease);
}

void lr_leasing_end_all(lr_engine *engine) {
  lr_list *node;
  while ((node = lr_list_first(&engine->leases)))
    end_lease(lr_container(node, lr_lease, node));
}

/* ---- The beginning ---- */

/* Offers the protocols of requests to come: a host of which nobody knows what
 * it speaks is asked. */
static bool offer_for_requests(const lr_job *job, SSL_CTX *ssl_ctx) {
  static const unsigned char names[] = "\x02h2\x08http/1.1";
  enum { H2 = 3, ALL = sizeof names - 1 };
  unsigned from = job->pool.host->protocol == LR_PROTOCOL_UNKNOWN ? 0 : H2;
  return SSL_CTX_set_alpn_protos(ssl_ctx, names + from, ALL - from) == 0;
}

bool lr_leasing_offer(const lr_job *job, void *ssl_ctx) {
  const lr_lease *lease = job->lease;
  if (!lease) return true;
  if (lease->ahead) return offer_for_requests(job, ssl_ctx);
  return !lease->alpn_length ||
         SSL_CTX_set_alpn_protos(ssl_ctx, lease->alpn_offered,
                                 lease->alpn_length) == 0;
}

static void note_alpn(lr_lease *lease, SSL *ssl) {
  const unsigned char *name = NULL;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl, &name, &length);
  if (length > LR_ALPN_NAME_MOST) return;
  if (length) memcpy(lease->alpn, name, length);
  lease->alpn[length] = '\0';
}

/* Makes the stream; over TLS the transfer is the lease's then. */
static bool open_stream(lr_transfer *transfer, lr_lease *lease) {
  if (transfer->job->request.url.tls) {
    if (!lr_connect_only_lend(transfer, &lease->stream)) return false;
    lease->transfer = transfer;
    note_alpn(lease, transfer->ssl);
    return true;
  }
  if (transfer->handoff.state != LR_HANDOFF_PARKED_UNUSED) return false;
  transfer->handoff.state = LR_HANDOFF_NONE;
  lr_stream_of_descriptor(&lease->stream, transfer->handoff.fd);
  return true;
}

bool lr_leasing_give(lr_transfer *transfer) {
  lr_engine *engine = transfer->engine;
  lr_lease *lease = transfer->job->lease;
  if (!open_stream(transfer, lease)) return false;
  lr_poller_remove(lr_reactor_poller(engine->reactor), lease->stream.fd);
  lease->engine = engine;
  lease->host = transfer->host;
  lr_list_append(&engine->leases, &lease->node);
  engine->dispatcher->leased++;
  lr_lease_give(lease, lariat_reactor_mailbox(engine->reactor), &returned_ops);
  return true;
}
