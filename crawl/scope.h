/* SPDX-License-Identifier: MIT
 * scope.h: which URLs belong to a crawl.  Fixed once made; any thread asks. */
#ifndef CRAWL_SCOPE_H
#define CRAWL_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>
#include <lariat/url.h>

#include "fault.h"

typedef enum lr_crawl_scope_kind {
  LR_CRAWL_SCOPE_DOMAIN = 0, /* registrable domains of the seeds */
  LR_CRAWL_SCOPE_HOST,
  LR_CRAWL_SCOPE_PREFIX, /* SURT, up to the last '/' of the path */
  LR_CRAWL_SCOPE_LIST,   /* the seeds alone */
  LR_CRAWL_SCOPE_ANY
} lr_crawl_scope_kind;

typedef enum lr_crawl_scope_rule_kind {
  LR_CRAWL_INCLUDE_RE = 0,
  LR_CRAWL_EXCLUDE_RE,
  LR_CRAWL_INCLUDE_SURT,
  LR_CRAWL_EXCLUDE_SURT
} lr_crawl_scope_rule_kind;

typedef struct lr_crawl_scope_rule {
  lr_crawl_scope_rule_kind kind;
  const char *text;
} lr_crawl_scope_rule;

/* Limits that are traps' (trap.h) are asked by the same call. */
typedef struct lr_crawl_scope_options {
  lr_crawl_scope_kind kind;
  const char *const *seeds;
  size_t seed_count;
  const lr_crawl_scope_rule *rules; /* the first that matches decides */
  size_t rule_count;
  int64_t depth;          /* -1: no limit */
  unsigned hops_off_site; /* 0 */
  bool requisites;        /* of pages in scope, wherever they are */
  size_t max_url_bytes;   /* 2,048 */
  unsigned trap_repeat;   /* 3 equal segments in a row, or alternating; 0: off */
  unsigned trap_segments; /* 20; 0: off */
} lr_crawl_scope_options;

typedef struct lr_crawl_scope lr_crawl_scope;
lr_crawl_scope_options lr_crawl_scope_defaults(void);
lariat_status lr_crawl_scope_new(const lr_crawl_scope_options *options,
                                 lr_crawl_scope **out, lr_crawl_fault *fault);
void lr_crawl_scope_free(lr_crawl_scope *scope);
/* Adds a seed to a running crawl's: makes a new scope of the old one. */
lariat_status lr_crawl_scope_with_seed(const lr_crawl_scope *scope,
                                       const char *seed, lr_crawl_scope **out);

typedef struct lr_crawl_scope_question {
  const lariat_url *url;
  uint32_t depth;
  bool requisite;
  bool via_in_scope_site; /* the page that names it is on a site of the seeds */
  uint8_t hops_off_site;  /* of that page */
} lr_crawl_scope_question;

typedef struct lr_crawl_scope_decision {
  bool accepted;
  bool trap;         /* refused by a limit against traps */
  const char *rule;  /* "--scope domain", "--exclude 2: /private/", "--depth" */
  uint8_t hops_off_site; /* of this URL, if it is accepted */
} lr_crawl_scope_decision;
lr_crawl_scope_decision
lr_crawl_scope_decide(const lr_crawl_scope *scope,
                      const lr_crawl_scope_question *question);

/* Writes the registrable domain of a host, or the host itself where it has none
 * (addresses, "localhost"), and returns its length. */
size_t lr_crawl_domain(const char *host, size_t length, char *out,
                       size_t capacity);

#endif
