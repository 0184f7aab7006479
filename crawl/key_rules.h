/* SPDX-License-Identifier: MIT
 * key_rules.h: the rules by which keys are made, as they were read. */
#ifndef CRAWL_KEY_RULES_H
#define CRAWL_KEY_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/crawl/url_key.h>

enum {
  LR_CRAWL_KEY_ALWAYS = LARIAT_CRAWL_KEY_ESCAPES |
                        LARIAT_CRAWL_KEY_EMPTY_QUERY |
                        LARIAT_CRAWL_KEY_FINAL_DOT,
  LR_CRAWL_KEY_DEFAULTS = LR_CRAWL_KEY_ALWAYS | LARIAT_CRAWL_KEY_SESSION,
  LR_CRAWL_LONGEST_NAME = 63 /* of a parameter to be left out */
};

struct lariat_crawl_key_rules {
  unsigned rules;  /* LARIAT_CRAWL_KEY_* joined by | */
  uint32_t length; /* of `names` */
  /* The names to be left out, in lower case, each ended by a NUL; a '*' at the
   * end of one is that of the rule. */
  char names[];
};

/* Tells whether a parameter of this name is left out. */
bool lr_crawl_key_rules_drop(const lariat_crawl_key_rules *rules,
                             const char *parameter, size_t length);

#endif
