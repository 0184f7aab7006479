/* SPDX-License-Identifier: MIT
 * tls_sessions.h: the TLS sessions that connections have left behind, by
 * origin, so that the next connection to one resumes (RFC 8446, 2.2; RFC 5246,
 * 7.3) and neither side signs or verifies anything anew.
 *
 * libcurl before 8.12 keeps five of them for each easy handle, or eight for all
 * that share them.  These are one engine's: of one thread, and of one identity,
 * since certificates and their verification are a pool's settings.  Each
 * session is used for one connection (RFC 8446, C.4); TLS 1.2 may use it again
 * after a handshake that it was good for.  None is kept for longer than an
 * hour. */
#ifndef LR_NET_TLS_SESSIONS_H
#define LR_NET_TLS_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/table.h"

/* How many are kept: in all, and of one origin. */
enum { LR_TLS_SESSIONS_MAX = 512, LR_TLS_SESSIONS_ORIGIN_MAX = 64 };

struct ssl_session_st;

/* A session that waits for its next connection; its origin is behind it. */
typedef struct lr_tls_session {
  lr_table_node node;
  lr_list age_node;
  struct ssl_session_st *session;
  int64_t kept_s; /* since then, by the calendar */
  uint32_t length;
  char origin[];
} lr_tls_session;

typedef struct lr_tls_sessions {
  lr_table by_origin; /* made with the first connection */
  lr_list by_age;     /* the oldest first */
} lr_tls_sessions;

void lr_tls_sessions_init(lr_tls_sessions *sessions);

/* Frees all; no connection that uses them may be left. */
void lr_tls_sessions_clear(lr_tls_sessions *sessions);

/* Has the connection that `ssl_ctx` (an SSL_CTX, from
 * CURLOPT_SSL_CTX_FUNCTION) is for keep its sessions here, under the text
 * `origin`, which is copied, and its hash.  False when out of memory. */
bool lr_tls_sessions_use(lr_tls_sessions *sessions, void *ssl_ctx,
                         const char *origin, uint32_t length, uint64_t hash);

/* Gives a connection (an SSL) whose first handshake begins a session, if there
 * is one of its origin. */
void lr_tls_sessions_resume(void *ssl);

/* Keeps the session of a connection whose handshake has resumed it, where it
 * may be used again. */
void lr_tls_sessions_keep(void *ssl);

#endif
