/* SPDX-License-Identifier: MIT
 * cookies.c: cookies on their way from answers to requests.
 *
 * Most requests of a client get the same header as one before.  So the list of
 * headers that was made for one is kept, and serves for others of the same
 * origin and path as long as the jar is the same, for the rest of the second:
 * what expires, and what was used last, is told by seconds. */
#include "client/cookies.h"

#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "http/cookie_header.h"
#include "http/cookie_jar.h"

/* A list may be in any of the slots of its set, which its origin decides. */
enum { SETS = 32, SLOTS_OF_SET = 4 };

/* A list that was made. */
typedef struct cookie_slot {
  lr_header_list *base; /* the headers without cookies; NULL: an empty slot */
  lr_header_list *made; /* with them */
  lr_buffer place;      /* the origin's key, and behind it the path */
  size_t key_length;
  bool any_path;
  uint64_t hash;
  uint64_t version; /* of the jar's store */
  int64_t second;
} cookie_slot;

typedef struct cookie_set {
  cookie_slot slots[SLOTS_OF_SET];
  unsigned next; /* the one to be filled, if all are of use */
} cookie_set;

struct lr_client_cookies {
  lariat_cookie_jar *jar;
  cookie_set sets[SETS];
};

lariat_status lr_client_cookies_open(lariat_cookie_jar *jar,
                                     lariat_reactor *reactor,
                                     lr_client_cookies **out) {
  lr_client_cookies *cookies = lr_alloc_zero(sizeof *cookies);
  if (!cookies) return LARIAT_ENOMEM;
  lariat_status status = lr_cookie_jar_attach(jar, reactor);
  if (status != LARIAT_OK) {
    lr_free(cookies);
    return status;
  }
  cookies->jar = jar;
  *out = cookies;
  return LARIAT_OK;
}

static void empty_slot(cookie_slot *slot) {
  lr_header_list_release(slot->base);
  lr_header_list_release(slot->made);
  slot->base = NULL;
  slot->made = NULL;
}

void lr_client_cookies_close(lr_client_cookies *cookies) {
  if (!cookies) return;
  for (size_t i = 0; i < SETS * SLOTS_OF_SET; i++) {
    cookie_slot *slot =
        &cookies->sets[i / SLOTS_OF_SET].slots[i % SLOTS_OF_SET];
    empty_slot(slot);
    lr_buffer_clear(&slot->place);
  }
  lr_cookie_jar_detach(cookies->jar);
  lr_free(cookies);
}

/* ---- Lists that were made ---- */

/* Tells whether a slot's list is for this origin and path.  Slots of one hash
 * may be of different origins, and cookies of one are not for another. */
static bool is_place_of(const cookie_slot *slot, const lr_url *url) {
  if (slot->hash != url->hash || slot->key_length != url->key_length ||
      memcmp(slot->place.bytes, url->key, url->key_length) != 0)
    return false;
  if (slot->any_path) return true;
  const char *path = url->text + url->origin_length;
  size_t length = slot->place.length - slot->key_length;
  const char *rest = path + length;
  return url->length - url->origin_length >= length &&
         memcmp(slot->place.bytes + slot->key_length, path, length) == 0 &&
         (*rest == '\0' || *rest == '?');
}

/* Tells whether a slot's list is still what would be made. */
static bool is_fresh(const cookie_slot *slot, const lr_client_cookies *cookies,
                     int64_t now_s) {
  return slot->base && slot->second == now_s &&
         slot->version == cookies->jar->store.version;
}

static cookie_slot *find_slot(cookie_set *set, const lr_client_cookies *cookies,
                              const lr_job *job, int64_t now_s) {
  for (size_t i = 0; i < SLOTS_OF_SET; i++) {
    cookie_slot *slot = &set->slots[i];
    if (slot->base == job->request.headers && is_fresh(slot, cookies, now_s) &&
        is_place_of(slot, &job->request.url))
      return slot;
  }
  return NULL;
}

/* Chooses the slot for another list: one that is of no use any more, or each
 * in turn. */
static cookie_slot *
choose_slot(cookie_set *set, const lr_client_cookies *cookies, int64_t now_s) {
  for (size_t i = 0; i < SLOTS_OF_SET; i++)
    if (!is_fresh(&set->slots[i], cookies, now_s)) return &set->slots[i];
  return &set->slots[set->next++ % SLOTS_OF_SET];
}

/* Keeps a list that was made of another in a slot; without memory for that it
 * is not kept. */
static void fill_slot(cookie_slot *slot, const lr_client_cookies *cookies,
                      const lr_url *url, lr_cookie_text path,
                      lr_header_list *made) {
  empty_slot(slot);
  slot->place.length = 0;
  if (!lr_buffer_append(&slot->place, url->key, url->key_length) ||
      !lr_buffer_append(&slot->place, path.bytes, path.length))
    return;
  slot->key_length = url->key_length;
  slot->hash = url->hash;
  slot->version = cookies->jar->store.version;
  slot->base = lr_header_list_retain(made->base);
  slot->made = lr_header_list_retain(made);
}

/* ---- Out ---- */

/* Gives the job another list, of which it has a reference. */
static void set_headers(lr_job *job, lr_header_list *headers) {
  lr_header_list_release(job->request.headers);
  job->request.headers = headers;
}

/* Makes a list, and keeps it if there may be another request with the same
 * base: one that the job has alone is of headers of its own. */
static LR_COLD lariat_status make_and_keep(lr_client_cookies *cookies,
                                           cookie_set *set, lr_job *job,
                                           int64_t now_s) {
  const lr_url *url = &job->request.url;
  lr_header_list *base = job->request.headers;
  bool shared = lr_u32_load_relaxed(&base->count) > 1;
  lr_header_list *made = NULL;
  bool any_path;
  lr_cookie_request request = lr_cookie_request_of(url);
  if (!lr_cookie_jar_make_header(cookies->jar, &request, now_s, &any_path))
    return LARIAT_ENOMEM;
  if (cookies->jar->header.length == 0) return LARIAT_OK;
  lariat_status status =
      lr_cookie_header_add(base, cookies->jar->header.bytes, &made);
  if (status != LARIAT_OK) return status;
  if (shared && made != base) {
    cookie_slot *slot = choose_slot(set, cookies, now_s);
    fill_slot(slot, cookies, url, request.path, made);
    slot->any_path = any_path;
    slot->second = now_s;
  }
  set_headers(job, made);
  return LARIAT_OK;
}

lariat_status lr_client_cookies_add(lr_client_cookies *cookies, lr_job *job) {
  int64_t now_s = (int64_t)time(NULL);
  cookie_set *set = &cookies->sets[job->request.url.hash % SETS];
  const cookie_slot *slot = find_slot(set, cookies, job, now_s);
  if (!slot) return make_and_keep(cookies, set, job, now_s);
  set_headers(job, lr_header_list_retain(slot->made));
  return LARIAT_OK;
}

void lr_client_cookies_remove(lr_job *job) {
  lr_header_list *base = job->request.headers->base;
  if (base) set_headers(job, lr_header_list_retain(base));
}

/* ---- In ---- */

bool lr_client_cookies_take(lr_client_cookies *cookies, const lr_job *job,
                            const lariat_response *response) {
  static const char name[] = "Set-Cookie";
  lariat_cookie_verdict verdict;
  if (!response || !lr_response_has_head(response)) return true;
  for (uint32_t i = 0; i < response->header_count; i++) {
    const lr_header_span *span = &response->headers[i];
    const char *text = response->text.bytes;
    if (span->name_length != sizeof name - 1 ||
        !lr_name_equal(text + span->name, name, sizeof name - 1))
      continue;
    lr_cookie_request request = lr_cookie_request_of(&job->request.url);
    if (!lr_cookie_jar_receive(cookies->jar, &request, text + span->value,
                               strlen(text + span->value), (int64_t)time(NULL),
                               &verdict))
      return false;
  }
  return true;
}
