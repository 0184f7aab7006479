/* SPDX-License-Identifier: MIT
 * cookie_store.c: a table of domains, each with its cookies in order. */
#include "http/cookie_store.h"

#include <string.h>

#include "base/memory.h"
#include "http/cookie_scope.h"

enum { BUCKETS = 16 };

/* ---- Domains ---- */

static uint64_t hash_of(lr_cookie_text domain) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a, and a mix */
  for (size_t i = 0; i < domain.length; i++)
    hash = (hash ^ (unsigned char)domain.bytes[i]) * UINT64_C(0x100000001b3);
  return hash ^ hash >> 29;
}

static bool is_same(lr_cookie_text text, const char *other, size_t length) {
  return text.length == length && memcmp(text.bytes, other, length) == 0;
}

static bool match_group(lr_table_node *node, const void *key) {
  const lr_cookie_group *group =
      lr_container(node, lr_cookie_group, table_node);
  return is_same(*(const lr_cookie_text *)key, group->domain,
                 group->domain_length);
}

lr_cookie_group *lr_cookie_store_find(const lr_cookie_store *store,
                                      lr_cookie_text domain) {
  lr_table_node *node =
      lr_table_find(&store->groups, hash_of(domain), match_group, &domain);
  return node ? lr_container(node, lr_cookie_group, table_node) : NULL;
}

static lr_cookie_group *make_group(lr_cookie_store *store,
                                   lr_cookie_text domain) {
  lr_cookie_group *group = lr_alloc_zero(sizeof *group + domain.length + 1);
  if (!group) return NULL;
  lr_list_init(&group->cookies);
  group->domain_length = (uint32_t)domain.length;
  memcpy(group->domain, domain.bytes, domain.length);
  lr_table_insert(&store->groups, &group->table_node, hash_of(domain));
  return group;
}

static void drop_group(lr_cookie_store *store, lr_cookie_group *group) {
  lr_table_remove(&store->groups, &group->table_node);
  lr_free(group);
}

/* ---- Cookies ---- */

static char *put_text(char *at, lr_cookie_text text) {
  memcpy(at, text.bytes, text.length);
  at[text.length] = '\0';
  return at + text.length + 1;
}

static lr_cookie *make_cookie(const lr_new_cookie *from, int64_t now_s) {
  size_t length = from->name.length + from->value.length + from->path.length;
  lr_cookie *cookie = lr_alloc_zero(sizeof *cookie + length + 3);
  if (!cookie) return NULL;
  char *value = put_text(cookie->text, from->name);
  char *path = put_text(value, from->value);
  (void)put_text(path, from->path);
  cookie->name_length = (uint32_t)from->name.length;
  cookie->value_length = (uint32_t)from->value.length;
  cookie->path_length = (uint32_t)from->path.length;
  cookie->shown = (lariat_cookie){.name = cookie->text,
                                  .value = value,
                                  .path = path,
                                  .expires_s = from->expires_s,
                                  .created_s = now_s,
                                  .same_site = from->same_site,
                                  .host_only = from->host_only,
                                  .secure = from->secure,
                                  .http_only = from->http_only};
  return cookie;
}

static lr_cookie *find_same(const lr_cookie_group *group,
                            const lr_new_cookie *cookie) {
  for (lr_list *node = group->cookies.next; node != &group->cookies;
       node = node->next) {
    lr_cookie *other = lr_cookie_of_group(node);
    if (other->shown.host_only == cookie->host_only &&
        is_same(cookie->name, other->shown.name, other->name_length) &&
        is_same(cookie->path, other->shown.path, other->path_length))
      return other;
  }
  return NULL;
}

/* Puts a cookie behind those of its group with a longer path, or with one as
 * long that were made before it. */
static void sort_into_group(lr_cookie_group *group, lr_cookie *cookie) {
  lr_list *node = group->cookies.prev;
  while (node != &group->cookies) {
    const lr_cookie *other = lr_cookie_of_group(node);
    if (other->path_length > cookie->path_length ||
        (other->path_length == cookie->path_length &&
         other->created < cookie->created))
      break;
    node = node->prev;
  }
  lr_list_prepend(node, &cookie->in_group);
  cookie->group = group;
  cookie->shown.domain = group->domain;
  group->count++;
}

void lr_cookie_store_remove(lr_cookie_store *store, lr_cookie *cookie) {
  lr_cookie_group *group = cookie->group;
  lr_list_remove(&cookie->in_store);
  lr_list_remove(&cookie->in_group);
  store->count--;
  if (cookie->shown.secure) store->secure_count--;
  store->version++;
  lr_free(cookie);
  if (--group->count == 0) drop_group(store, group);
}

/* ---- Too many ---- */

/* Tells whether `a` is to go before `b` (5.7, "remove excess cookies"): one
 * that is not Secure before one that is, then the one that was used last the
 * longest ago. */
static bool goes_before(const lr_cookie *a, const lr_cookie *b) {
  if (a->shown.secure != b->shown.secure) return !a->shown.secure;
  return a->accessed < b->accessed;
}

static lr_cookie *choose_of_group(const lr_cookie_group *group) {
  lr_cookie *worst = lr_cookie_of_group(group->cookies.next);
  for (lr_list *node = group->cookies.next; node != &group->cookies;
       node = node->next)
    if (goes_before(lr_cookie_of_group(node), worst))
      worst = lr_cookie_of_group(node);
  return worst;
}

static lr_cookie *choose_of_all(const lr_cookie_store *store) {
  lr_cookie *oldest = lr_cookie_of_store(store->cookies.next);
  for (lr_list *node = store->cookies.next; node != &store->cookies;
       node = node->next)
    if (lr_cookie_of_store(node)->accessed < oldest->accessed)
      oldest = lr_cookie_of_store(node);
  return oldest;
}

/* Removes what a cookie that was added is too much for: first what has expired,
 * then of its domain, if that has too many, then of all. */
static void remove_excess(lr_cookie_store *store, lr_cookie_group *group,
                          int64_t now_s) {
  bool crowded = group->count > store->max_per_domain;
  if (crowded) lr_cookie_store_expire_group(store, group, now_s);
  if (crowded && group->count > store->max_per_domain)
    lr_cookie_store_remove(store, choose_of_group(group));
  if (store->count <= store->max_cookies) return;
  lr_cookie_store_expire(store, now_s);
  if (store->count > store->max_cookies)
    lr_cookie_store_remove(store, choose_of_all(store));
}

/* ---- Expiry ---- */

void lr_cookie_store_expire_group(lr_cookie_store *store,
                                  lr_cookie_group *group, int64_t now_s) {
  lr_list *node = group->cookies.next;
  for (size_t left = group->count; left > 0; left--) {
    lr_cookie *cookie = lr_cookie_of_group(node);
    node = node->next;
    if (lr_cookie_is_expired(cookie->shown.expires_s, now_s))
      lr_cookie_store_remove(store, cookie);
  }
}

void lr_cookie_store_expire(lr_cookie_store *store, int64_t now_s) {
  lr_list *node = store->cookies.next;
  while (node != &store->cookies) {
    lr_cookie *cookie = lr_cookie_of_store(node);
    node = node->next;
    if (lr_cookie_is_expired(cookie->shown.expires_s, now_s))
      lr_cookie_store_remove(store, cookie);
  }
}

/* ---- Storing ---- */

bool lr_cookie_store_is_overlaid(const lr_cookie_store *store,
                                 const lr_new_cookie *cookie, int64_t now_s) {
  if (store->secure_count == 0) return false;
  for (lr_list *node = store->cookies.next; node != &store->cookies;
       node = node->next) {
    const lr_cookie *other = lr_cookie_of_store(node);
    if (!other->shown.secure ||
        lr_cookie_is_expired(other->shown.expires_s, now_s) ||
        !is_same(cookie->name, other->shown.name, other->name_length))
      continue;
    lr_cookie_text domain = {other->group->domain, other->group->domain_length};
    lr_cookie_text path = {other->shown.path, other->path_length};
    if ((lr_cookie_domain_matches(domain, cookie->domain) ||
         lr_cookie_domain_matches(cookie->domain, domain)) &&
        lr_cookie_path_matches(cookie->path, path))
      return true;
  }
  return false;
}

/* Gives a cookie its place among all: that of the one it replaces, or the
 * last. */
static void sort_into_store(lr_cookie_store *store, lr_cookie *cookie,
                            const lr_cookie *old) {
  cookie->accessed = ++store->last_number;
  cookie->created = old ? old->created : cookie->accessed;
  if (old) cookie->shown.created_s = old->shown.created_s;
  lr_list_insert_before(old ? old->in_store.next : &store->cookies,
                        &cookie->in_store);
  store->count++;
  if (cookie->shown.secure) store->secure_count++;
  store->version++;
}

/* Finds the cookie that a new one replaces.  One that has expired is removed,
 * and the new one is no other's successor. */
static lr_cookie *find_alive(lr_cookie_store *store,
                             const lr_new_cookie *cookie, int64_t now_s) {
  lr_cookie_group *group = lr_cookie_store_find(store, cookie->domain);
  lr_cookie *old = group ? find_same(group, cookie) : NULL;
  if (!old || !lr_cookie_is_expired(old->shown.expires_s, now_s)) return old;
  lr_cookie_store_remove(store, old);
  return NULL;
}

/* Removes the cookie that one which has expired is for. */
static void remove_same(lr_cookie_store *store, const lr_new_cookie *cookie,
                        int64_t now_s) {
  lr_cookie *old = find_alive(store, cookie, now_s);
  if (old) lr_cookie_store_remove(store, old);
}

/* Gives a cookie what a new one has that is otherwise the same; false: more has
 * changed.  Many servers set a cookie again with each answer, and headers that
 * were made are as good as before then. */
static bool refresh(lr_cookie_store *store, lr_cookie *old,
                    const lr_new_cookie *from) {
  if (!is_same(from->value, old->shown.value, old->value_length) ||
      from->secure != old->shown.secure)
    return false;
  old->shown.expires_s = from->expires_s;
  old->shown.same_site = from->same_site;
  old->shown.http_only = from->http_only;
  old->accessed = ++store->last_number;
  return true;
}

bool lr_cookie_store_put(lr_cookie_store *store, const lr_new_cookie *from,
                         int64_t now_s) {
  if (lr_cookie_is_expired(from->expires_s, now_s)) {
    remove_same(store, from, now_s);
    return true;
  }
  lr_cookie *old = find_alive(store, from, now_s);
  if (old && refresh(store, old, from)) return true;
  lr_cookie_group *group = lr_cookie_store_find(store, from->domain);
  lr_cookie *cookie = make_cookie(from, now_s);
  if (cookie && !group) group = make_group(store, from->domain);
  if (!cookie || !group) {
    lr_free(cookie);
    return false;
  }
  sort_into_store(store, cookie, old);
  sort_into_group(group, cookie);
  if (old)
    lr_cookie_store_remove(store, old);
  else
    remove_excess(store, group, now_s);
  return true;
}

/* ---- The whole ---- */

bool lr_cookie_store_init(lr_cookie_store *store, size_t max_cookies,
                          size_t max_per_domain) {
  *store = (lr_cookie_store){.max_cookies = max_cookies,
                             .max_per_domain = max_per_domain};
  lr_list_init(&store->cookies);
  return lr_table_init(&store->groups, BUCKETS);
}

void lr_cookie_store_clear(lr_cookie_store *store) {
  lr_list *node;
  while ((node = lr_list_first(&store->cookies)))
    lr_cookie_store_remove(store, lr_cookie_of_store(node));
}

void lr_cookie_store_end(lr_cookie_store *store) {
  lr_cookie_store_clear(store);
  lr_table_clear(&store->groups, NULL, NULL); /* which is empty by now */
}
