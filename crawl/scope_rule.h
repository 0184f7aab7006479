/* SPDX-License-Identifier: MIT
 * scope_rule.h: the expressions and prefixes that are in or out of a scope, in
 * the order in which they were given. */
#ifndef CRAWL_SCOPE_RULE_H
#define CRAWL_SCOPE_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/status.h>
#include <lariat/url.h>

#include "fault.h"
#include "scope.h"

typedef struct lr_crawl_scope_rules lr_crawl_scope_rules;

/* Compiles rules into `*out`, which the caller owns. */
lariat_status lr_crawl_scope_rules_new(const lr_crawl_scope_rule *rules,
                                       size_t count, lr_crawl_scope_rules **out,
                                       lr_crawl_fault *fault);
void lr_crawl_scope_rules_free(lr_crawl_scope_rules *rules);

/* The two forms of a URL that rules look at. */
typedef struct lr_crawl_scope_subject {
  const char *text; /* without fragment */
  size_t length;
  const char *surt; /* without its scheme: "://(org,example,)/"; NULL: nobody
                       asks for it */
} lr_crawl_scope_subject;

/* Tell whether there are rules, and whether they ask for the SURT form. */
bool lr_crawl_scope_rules_are_some(const lr_crawl_scope_rules *rules);
bool lr_crawl_scope_rules_need_surt(const lr_crawl_scope_rules *rules);

typedef enum lr_crawl_scope_verdict {
  LR_CRAWL_NO_RULE = 0,
  LR_CRAWL_INCLUDED,
  LR_CRAWL_EXCLUDED /* also by an expression that took too long */
} lr_crawl_scope_verdict;

/* Returns what the first rule that matches says, and how that is called. */
lr_crawl_scope_verdict
lr_crawl_scope_rules_decide(const lr_crawl_scope_rules *rules,
                            const lr_crawl_scope_subject *subject,
                            const char **label);

/* Writes the SURT prefix of a URL: up to the last '/' of its path, without the
 * scheme; `*out` is a text that the caller owns. */
lariat_status lr_crawl_surt_prefix(const lariat_url *url, char **out);

#endif
