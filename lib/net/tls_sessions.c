/* SPDX-License-Identifier: MIT
 * tls_sessions.c: OpenSSL's sessions, kept outside of its contexts: libcurl
 * makes a context anew for each connection. */
#include "net/tls_sessions.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

enum { FIRST_BUCKETS = 64, LIFETIME_S = 3600 };

/* The origin of one connection, which its SSL_CTX owns. */
typedef struct lr_tls_origin {
  lr_tls_sessions *sessions;
  uint64_t hash;
  uint32_t length;
  char text[];
} lr_tls_origin;

static int context_index = -1;
static pthread_once_t index_once = PTHREAD_ONCE_INIT;

static void free_with_context(void *parent, void *origin, CRYPTO_EX_DATA *data,
                              int index, long argument, void *pointer) {
  (void)parent;
  (void)data;
  (void)index;
  (void)argument;
  (void)pointer;
  lr_free(origin);
}

static void make_index(void) {
  context_index =
      SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_with_context);
}

static const lr_tls_origin *origin_of(const SSL *ssl) {
  return context_index < 0
             ? NULL
             : SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index);
}

/* ---- What is kept ---- */

void lr_tls_sessions_init(lr_tls_sessions *sessions) {
  sessions->by_origin = (lr_table){.buckets = NULL};
  lr_list_init(&sessions->by_age);
}

static void free_kept(lr_tls_session *kept) {
  SSL_SESSION_free(kept->session);
  lr_free(kept);
}

static void drop_kept(lr_tls_sessions *sessions, lr_tls_session *kept) {
  lr_table_remove(&sessions->by_origin, &kept->node);
  lr_list_remove(&kept->age_node);
  free_kept(kept);
}

static void drop_node(lr_table_node *node, void *context) {
  (void)context;
  free_kept(lr_container(node, lr_tls_session, node));
}

void lr_tls_sessions_clear(lr_tls_sessions *sessions) {
  lr_table_clear(&sessions->by_origin, drop_node, NULL);
  lr_list_init(&sessions->by_age);
}

static bool is_of_origin(lr_table_node *node, const void *key) {
  const lr_tls_session *kept = lr_container(node, lr_tls_session, node);
  const lr_tls_origin *origin = key;
  return kept->length == origin->length &&
         memcmp(kept->origin, origin->text, origin->length) == 0;
}

static lr_tls_session *find_kept(const lr_tls_origin *origin) {
  lr_table_node *node = lr_table_find(&origin->sessions->by_origin,
                                      origin->hash, is_of_origin, origin);
  return node ? lr_container(node, lr_tls_session, node) : NULL;
}

static uint32_t count_kept(const lr_tls_origin *origin) {
  uint32_t count = 0;
  lr_table_node *node =
      lr_table_bucket(&origin->sessions->by_origin, origin->hash);
  for (; node; node = node->next)
    if (node->hash == origin->hash && is_of_origin(node, origin)) count++;
  return count;
}

/* Makes space for one more: of the origin's own, else of the oldest of all. */
static void make_space(const lr_tls_origin *origin) {
  lr_tls_sessions *sessions = origin->sessions;
  if (count_kept(origin) >= LR_TLS_SESSIONS_ORIGIN_MAX)
    drop_kept(sessions, find_kept(origin));
  if (sessions->by_origin.count >= LR_TLS_SESSIONS_MAX)
    drop_kept(sessions, lr_container(lr_list_first(&sessions->by_age),
                                     lr_tls_session, age_node));
}

/* Keeps a session, with the caller's reference.  False: it stays the
 * caller's. */
static bool keep_session(const lr_tls_origin *origin, SSL_SESSION *session) {
  lr_tls_sessions *sessions = origin->sessions;
  make_space(origin);
  lr_tls_session *kept = lr_alloc(sizeof *kept + origin->length);
  if (!kept) return false;
  kept->session = session;
  kept->kept_s = (int64_t)time(NULL);
  kept->length = origin->length;
  memcpy(kept->origin, origin->text, origin->length);
  lr_table_insert(&sessions->by_origin, &kept->node, origin->hash);
  lr_list_append(&sessions->by_age, &kept->age_node);
  return true;
}

static bool is_fresh(const lr_tls_session *kept) {
  int64_t age_s = (int64_t)time(NULL) - kept->kept_s;
  return age_s >= 0 && age_s < LIFETIME_S &&
         age_s < SSL_SESSION_get_timeout(kept->session);
}

/* ---- What connections do ---- */

static int take_new_session(SSL *ssl, SSL_SESSION *session) {
  const lr_tls_origin *origin = origin_of(ssl);
  return origin && SSL_SESSION_is_resumable(session) &&
         keep_session(origin, session);
}

bool lr_tls_sessions_use(lr_tls_sessions *sessions, void *ssl_ctx,
                         const char *origin, uint32_t length, uint64_t hash) {
  pthread_once(&index_once, make_index);
  if (context_index < 0) return false;
  if (!sessions->by_origin.buckets &&
      !lr_table_init(&sessions->by_origin, FIRST_BUCKETS))
    return false;
  lr_tls_origin *own = lr_alloc(sizeof *own + length);
  if (!own) return false;
  own->sessions = sessions;
  own->hash = hash;
  own->length = length;
  memcpy(own->text, origin, length);
  if (SSL_CTX_set_ex_data(ssl_ctx, context_index, own) != 1) {
    lr_free(own);
    return false;
  }
  /* Most servers of TLS 1.2 resume by tickets only, which libcurl turns off. */
  SSL_CTX_clear_options(ssl_ctx, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(ssl_ctx, SSL_SESS_CACHE_CLIENT |
                                              SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ssl_ctx, take_new_session);
  return true;
}

void lr_tls_sessions_resume(void *ssl) {
  const lr_tls_origin *origin = origin_of(ssl);
  lr_tls_session *kept;
  if (!origin || SSL_get_session(ssl)) return;
  while ((kept = find_kept(origin))) {
    bool fresh = is_fresh(kept);
    if (fresh) (void)SSL_set_session(ssl, kept->session);
    drop_kept(origin->sessions, kept);
    if (fresh) return;
  }
}

void lr_tls_sessions_keep(void *ssl) {
  const lr_tls_origin *origin = origin_of(ssl);
  if (!origin || !SSL_session_reused(ssl) || SSL_version(ssl) >= TLS1_3_VERSION)
    return;
  SSL_SESSION *session = SSL_get1_session(ssl);
  if (!session) return;
  if (!SSL_SESSION_is_resumable(session) || !keep_session(origin, session))
    SSL_SESSION_free(session);
}
