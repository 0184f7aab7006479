/* SPDX-License-Identifier: MIT
 * response_details.h: what few requests want to know of their answer beside its
 * head and body, and only those pay for: the bytes of the head, the body before
 * its codings were undone, the connection, the answers before this one. */
#ifndef LR_HTTP_RESPONSE_DETAILS_H
#define LR_HTTP_RESPONSE_DETAILS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include <lariat/response.h>
#include <lariat/status.h>

/* The terms of TLS that were settled with the server. */
typedef struct lr_tls_details {
  char version[16]; /* "TLSv1.3"; empty: no TLS, or not asked for */
  char cipher[64];  /* by IANA's registry */
  char alpn[32];    /* empty: none was settled */
  bool resumed;
  uint32_t certificate_count;
  lr_buffer certificates; /* each with its length before it, a size_t */
} lr_tls_details;

typedef struct lr_response_details {
  unsigned keep;       /* LARIAT_KEEP_*, joined: what was asked for */
  uint8_t head_source; /* lariat_head_source */
  bool has_coded_body; /* `coded_body` is the raw one, else the response's */
  unsigned local_port;
  char local_ip[48];
  lr_tls_details tls;
  lr_buffer head; /* those of 1xx before it included */
  lr_buffer coded_body;
} lr_response_details;

/* Returns the response's details, which it has from now on, for `keep`; NULL
 * when out of memory. */
lr_response_details *lr_response_details_need(lariat_response *response,
                                              unsigned keep);

/* Returns how much memory the coded body will have with `more` bytes added. */
size_t lr_response_details_coded_capacity(const lariat_response *response,
                                          size_t more);

/* Forgets what was noted of an answer, for a request that is sent anew. */
void lr_response_details_forget(lariat_response *response);

/* Frees them; NULL is allowed. */
void lr_response_details_free(lr_response_details *details);

/* Adds a certificate, in DER; false when out of memory. */
bool lr_tls_details_add(lr_tls_details *tls, const void *der, size_t length);

/* Gives the response the redirect that led to it, with those before that, which
 * are its own from now on.  NULL is allowed. */
void lr_response_set_previous(lariat_response *response,
                              lariat_response *previous);

/* Takes them away from it again; NULL: there are none. */
lariat_response *lr_response_take_previous(lariat_response *response);

#endif
