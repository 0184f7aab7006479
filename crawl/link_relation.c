/* SPDX-License-Identifier: MIT
 * link_relation.c: the words of `rel` that matter to a crawler. */
#include "link_relation.h"

#include <string.h>
#include <strings.h>

#include "ascii.h"

enum { NAVIGATION = 1, REQUISITE = 2, HINT = 4, NOFOLLOW = 8 };

static const struct word {
  const char *text;
  int meaning;
} words[] = {{"alternate", NAVIGATION}, {"canonical", NAVIGATION},
             {"next", NAVIGATION},      {"prev", NAVIGATION},
             {"stylesheet", REQUISITE}, {"icon", REQUISITE},
             {"preload", REQUISITE},    {"modulepreload", REQUISITE},
             {"manifest", REQUISITE},   {"dns-prefetch", HINT},
             {"preconnect", HINT},      {"nofollow", NOFOLLOW},
             {"ugc", NOFOLLOW},         {"sponsored", NOFOLLOW}};

static int meaning_of(const char *word, size_t length) {
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i].text) == length &&
        strncasecmp(words[i].text, word, length) == 0)
      return words[i].meaning;
  return 0;
}

lr_crawl_link_relation lr_crawl_link_relation_of(const char *rel,
                                                 size_t length) {
  const char *end = rel + length;
  int meanings = 0;
  while (rel < end) {
    const char *word = rel;
    while (rel < end && !lr_crawl_is_space(*rel)) rel++;
    meanings |= meaning_of(word, (size_t)(rel - word));
    if (rel < end) rel++;
  }
  lr_crawl_link_relation relation = {
      .told = (meanings & (NAVIGATION | REQUISITE | HINT)) != 0,
      .nofollow = (meanings & NOFOLLOW) != 0,
      .kind = LARIAT_CRAWL_LINK_HINT};
  if (meanings & NAVIGATION) relation.kind = LARIAT_CRAWL_LINK_NAVIGATION;
  if (meanings & REQUISITE) relation.kind = LARIAT_CRAWL_LINK_REQUISITE;
  return relation;
}
