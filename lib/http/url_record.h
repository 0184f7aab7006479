/* SPDX-License-Identifier: MIT
 * url_record.h: a URL record, as the URL Standard (https://url.spec.whatwg.org,
 * 4.1) calls the parts of a URL, kept as its text and where in it they are.
 * The text is what the standard's serializer gives: ASCII, normalised. */
#ifndef LR_HTTP_URL_RECORD_H
#define LR_HTTP_URL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/url.h>

/* All parts but user, query and fragment are there always.
 *
 *   https://user:password@host:81/path?query#fragment
 *           |   |         |   |  |    |     |       `- length
 *           |   user_end  |   |  path query fragment
 *           after_scheme  host host_end                  */
typedef struct lr_url_record {
  char *text; /* ended by NUL; NULL: an empty record */
  uint32_t length;
  uint32_t user_end; /* without user and password: where the host begins */
  uint32_t host;
  uint32_t host_end;
  uint32_t path;
  uint32_t query;    /* its '?'; without one: where the fragment is */
  uint32_t fragment; /* its '#'; without one: the length */
  uint16_t port;     /* 80 and 443 where the text has none */
  bool tls;          /* of https */
} lr_url_record;

/* Returns where the user begins, or would begin. */
static inline uint32_t lr_url_record_user(const lr_url_record *record) {
  return record->tls ? sizeof "https://" - 1 : sizeof "http://" - 1;
}

/* Tells whether there are a user or a password in it. */
static inline bool lr_url_record_has_userinfo(const lr_url_record *record) {
  return record->host > lr_url_record_user(record);
}

/* Frees the text; the record is empty then. */
void lr_url_record_clear(lr_url_record *record);

/* The public object. */
struct lariat_url {
  lr_url_record record;
};

#endif
