/* SPDX-License-Identifier: MIT
 * cookie_store.h: the cookies of a jar: found by their domain, in the order in
 * which they are sent, and no more than there may be (RFC 6265bis, 5.7). */
#ifndef LR_HTTP_COOKIE_STORE_H
#define LR_HTTP_COOKIE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/table.h"
#include "http/set_cookie.h"

/* The cookies of one domain, those with the longest paths first, and then the
 * earliest: as they are sent. */
typedef struct lr_cookie_group {
  lr_table_node table_node;
  lr_list cookies;
  size_t count;
  uint32_t domain_length;
  char domain[]; /* ended by a NUL */
} lr_cookie_group;

typedef struct lr_cookie {
  lariat_cookie shown; /* first: the cookie is what users see */
  lr_list in_store;    /* in the order of creation */
  lr_list in_group;
  lr_cookie_group *group;
  uint64_t created;  /* a number that grows */
  uint64_t accessed; /* likewise */
  uint32_t name_length;
  uint32_t value_length;
  uint32_t path_length;
  char text[]; /* name, value and path, each ended by a NUL */
} lr_cookie;

typedef struct lr_cookie_store {
  lr_table groups;
  lr_list cookies; /* in the order of creation */
  size_t count;
  size_t secure_count;
  size_t max_cookies;
  size_t max_per_domain;
  uint64_t last_number; /* of a creation or an access */
  uint64_t version;     /* changes with the cookies */
} lr_cookie_store;

/* A cookie that is to be stored: its parts, in lower case where that matters,
 * and complete. */
typedef struct lr_new_cookie {
  lr_cookie_text name;
  lr_cookie_text value;
  lr_cookie_text domain;
  lr_cookie_text path;
  int64_t expires_s;
  lariat_same_site same_site;
  bool host_only;
  bool secure;
  bool http_only;
} lr_new_cookie;

/* Prepares an empty store; false when out of memory. */
bool lr_cookie_store_init(lr_cookie_store *store, size_t max_cookies,
                          size_t max_per_domain);

/* Removes all cookies; the store can be used again. */
void lr_cookie_store_clear(lr_cookie_store *store);

/* Removes all cookies, and frees what the store has. */
void lr_cookie_store_end(lr_cookie_store *store);

static inline lr_cookie *lr_cookie_of_group(lr_list *node) {
  return lr_container(node, lr_cookie, in_group);
}
static inline lr_cookie *lr_cookie_of_store(lr_list *node) {
  return lr_container(node, lr_cookie, in_store);
}

/* Tells whether a cookie is over: RFC 6265bis leaves a time that is just now to
 * us, and browsers take it for the past. */
static inline bool lr_cookie_is_expired(int64_t expires_s, int64_t now_s) {
  return expires_s != 0 && expires_s <= now_s;
}

/* Returns the cookies of just this domain; NULL: there are none. */
lr_cookie_group *lr_cookie_store_find(const lr_cookie_store *store,
                                      lr_cookie_text domain);

/* Tells whether there is a Secure cookie that this one, from an origin that is
 * not secure, would hide (5.7, step 16). */
bool lr_cookie_store_is_overlaid(const lr_cookie_store *store,
                                 const lr_new_cookie *cookie, int64_t now_s);

/* Stores a cookie in the place of one with the same name, domain, host-only
 * flag and path, if there is one; then removes those that are too many.  One
 * that has expired only removes.  False when out of memory: nothing is changed
 * then. */
bool lr_cookie_store_put(lr_cookie_store *store, const lr_new_cookie *cookie,
                         int64_t now_s);

void lr_cookie_store_remove(lr_cookie_store *store, lr_cookie *cookie);

/* Remove what has expired, of one domain and of all. */
void lr_cookie_store_expire_group(lr_cookie_store *store,
                                  lr_cookie_group *group, int64_t now_s);
void lr_cookie_store_expire(lr_cookie_store *store, int64_t now_s);

#endif
