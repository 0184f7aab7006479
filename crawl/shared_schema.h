/* SPDX-License-Identifier: MIT
 * shared_schema.h: the tables of a shared crawl, and the steps from each
 * version of them to the next.  A new crawl goes through all of them.  docs/
 * crawl-postgres.md explains the tables. */
#ifndef CRAWL_SHARED_SCHEMA_H
#define CRAWL_SHARED_SCHEMA_H

#include <stdbool.h>

#include "fault.h"
#include "fingerprint.h"
#include "postgres.h"
#include "scratch.h"

#define LR_CRAWL_SHARED_VERSION 2

typedef struct lr_crawl_shared_identity {
  const char *schema; /* its name, which the connection's search path has */
  const char
      *config;    /* of a crawl that is to be made; NULL: it must be there */
  bool read_only; /* nothing is made or brought up to date */
  lr_crawl_hash_key key; /* these are told: the secret, the configuration, which
                            is to be released, and the order */
  char *kept_config;
  int order;
} lr_crawl_shared_identity;

/* Looks at the tables, and makes them, or brings them up to date, where that is
 * needed and allowed.  Waits, connected.
 *
 * LARIAT_OK
 * LARIAT_EFORMAT    they are another program's or of another version, or the
 *                   database's encoding cannot have all texts
 * LARIAT_ENOTFOUND  there are none, and none are to be made
 * As lr_crawl_postgres_run else. */
lariat_status lr_crawl_shared_schema_open(lr_crawl_postgres *postgres,
                                          lr_crawl_shared_identity *identity,
                                          lr_crawl_fault *fault);

/* Adds a name, or a text, as SQL has it: in quotes. */
void lr_crawl_shared_quote(lr_crawl_scratch *sql, char quote, const char *text);

#endif
