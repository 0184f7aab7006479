/* SPDX-License-Identifier: MIT
 * name_resolution.h: the addresses of a transfer's host.  lariat looks them up
 * and gives them to libcurl, as an entry of its cache of names that holds for
 * as long as the transfer is in its lane, so that libcurl never looks a name
 * up.  The last word is spoken when it asks for a socket: there each address is
 * made one of the host's.
 *
 * A transfer that is to use an open connection waits for nothing: should
 * libcurl open one for it all the same, that goes to an address which its host
 * had when another connection was opened. */
#ifndef LR_CURL_NAME_RESOLUTION_H
#define LR_CURL_NAME_RESOLUTION_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/list.h"
#include "net/resolver.h"
#include <lariat/status.h>

struct lr_engine;
struct lr_lane;
struct lr_transfer;

typedef enum lr_resolution_state {
  LR_RESOLUTION_NONE,    /* nothing to look up, or libcurl has the addresses */
  LR_RESOLUTION_ASKED,   /* the resolver will tell */
  LR_RESOLUTION_ANSWERED /* it has: the engine goes on at the turn's end */
} lr_resolution_state;

typedef struct lr_name_resolution {
  uint8_t state;               /* lr_resolution_state */
  uint16_t port;               /* to connect to */
  lr_name_query *query;        /* while it is asked */
  lr_name_outcome answer;      /* when it is answered */
  lr_list answered;            /* in the engine's list */
  lariat_addresses *addresses; /* NULL: the host is one itself */
  struct curl_slist *entries;  /* that libcurl was given */
  uint64_t took_us;            /* before libcurl began */
} lr_name_resolution;

/* Looks for the addresses that the transfer's host needs.
 * LARIAT_OK      libcurl has what it needs
 * LARIAT_EBUSY   in a later turn: it is in the engine's `answered` then
 * LARIAT_ENOMEM */
lariat_status lr_name_resolution_begin(struct lr_transfer *transfer,
                                       bool opens_new);

/* Gives libcurl the addresses of an answer.
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ERESOLVE  there are none: the transfer's error says why */
lariat_status lr_name_resolution_take(struct lr_transfer *transfer);

/* Makes an address that libcurl would connect to one of the host's. */
void lr_name_resolution_correct(const struct lr_transfer *transfer,
                                struct curl_sockaddr *address);

/* Ends it for a transfer that leaves its lane, whose libcurl forgets the entry
 * with its next one. */
void lr_name_resolution_end(struct lr_transfer *transfer);

#endif
