/* SPDX-License-Identifier: MIT
 * scope.h: which URLs belong to a crawl.  A scope is fixed once it is made, and
 * any thread may ask it. */
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
  LR_CRAWL_SCOPE_HOST,       /* their hosts, whatever the port */
  LR_CRAWL_SCOPE_PREFIX,     /* their SURT forms up to the last '/' of the path;
                                http and https are the same */
  LR_CRAWL_SCOPE_LIST,       /* the seeds alone, by their keys */
  LR_CRAWL_SCOPE_ANY
} lr_crawl_scope_kind;

typedef enum lr_crawl_scope_rule_kind {
  LR_CRAWL_INCLUDE_RE = 0, /* an expression (PCRE2) that matches somewhere in
                              the URL, which has no fragment */
  LR_CRAWL_EXCLUDE_RE,
  LR_CRAWL_INCLUDE_SURT, /* a SURT prefix, or a URL, for its prefix */
  LR_CRAWL_EXCLUDE_SURT
} lr_crawl_scope_rule_kind;

typedef struct lr_crawl_scope_rule {
  lr_crawl_scope_rule_kind kind;
  const char *text;
} lr_crawl_scope_rule;

/* Limits of single URLs against traps (trap.h has the others) are asked by the
 * same call. */
typedef struct lr_crawl_scope_options {
  lr_crawl_scope_kind kind;
  const char *const *seeds;
  size_t seed_count;
  const lr_crawl_scope_rule *rules; /* the first that matches decides */
  size_t rule_count;
  int64_t depth; /* -1: no limit; a page's requisites may be 5 deeper */
  unsigned hops_off_site; /* 0 */
  bool requisites;        /* of pages in scope, wherever they are */
  size_t max_url_bytes;   /* 2,048; 0: no limit */
  unsigned
      trap_repeat; /* 3 equal segments, or groups of them, in a row; 0: off */
  unsigned trap_segments; /* 20 at most; 0: off */
} lr_crawl_scope_options;

typedef struct lr_crawl_scope lr_crawl_scope;
lr_crawl_scope_options lr_crawl_scope_defaults(void);

/* Makes a scope, which the caller owns, and copies what is given.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a seed that is no URL, a rule that is none: `*fault` (may be
 *                NULL) says which */
lariat_status lr_crawl_scope_new(const lr_crawl_scope_options *options,
                                 lr_crawl_scope **out, lr_crawl_fault *fault);
void lr_crawl_scope_free(lr_crawl_scope *scope);

/* Makes a scope that has a seed more than `scope`, which stays as it is.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  the seed is no URL */
lariat_status lr_crawl_scope_with_seed(const lr_crawl_scope *scope,
                                       const char *seed, lr_crawl_scope **out);

/* ---- Questions ---- */

/* Hosts that were judged lately, for a caller who asks for many URLs: its own,
 * not shared by threads.  All zero to begin with; of one scope and those made
 * of it by lr_crawl_scope_with_seed. */
enum { LR_CRAWL_JUDGED_PLACES = 128, LR_CRAWL_JUDGED_HOST_LENGTH = 62 };
typedef struct lr_crawl_judged_hosts {
  uint64_t generation;
  struct lr_crawl_judged_host {
    uint8_t length; /* 0: none */
    bool on_site;
    char host[LR_CRAWL_JUDGED_HOST_LENGTH];
  } hosts[LR_CRAWL_JUDGED_PLACES][2];
} lr_crawl_judged_hosts;

typedef struct lr_crawl_scope_question {
  const lariat_url *url;
  uint32_t depth;
  bool requisite;
  bool via_in_scope_site; /* the page that names it is on a site of the seeds:
                             what leaves it is one hop off */
  uint8_t hops_off_site;  /* of that page, where it is on none */
  lr_crawl_judged_hosts *judged; /* may be NULL */
} lr_crawl_scope_question;

typedef struct lr_crawl_scope_decision {
  bool accepted;
  bool trap;        /* refused by a limit against traps */
  bool on_site;     /* the URL itself is of the seeds' domains, hosts ...: what
                       via_in_scope_site is to be for what it names */
  const char *rule; /* "--scope domain", "--exclude 2: /private/", "--depth 3";
                       lives as long as the scope */
  uint8_t hops_off_site; /* of this URL, if it is accepted */
} lr_crawl_scope_decision;

/* Decides about a URL that was found, by the first of these that has something
 * to say: the limits (its length, segments, repeats, depth), the rules, the
 * seeds, what pages need, hops.  Seeds themselves are not asked for.  Any
 * thread; it allocates only where there are expressions or long URLs. */
lr_crawl_scope_decision
lr_crawl_scope_decide(const lr_crawl_scope *scope,
                      const lr_crawl_scope_question *question);

/* Writes the registrable domain of a host, in lower case as the parser of URLs
 * has it, or the host itself where it has none (addresses, "localhost", public
 * suffixes), without a final dot; as far as `capacity` allows, with a NUL.
 * Returns its length.  Any thread. */
size_t lr_crawl_domain(const char *host, size_t length, char *out,
                       size_t capacity);

#endif
