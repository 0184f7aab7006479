/* SPDX-License-Identifier: MIT
 * words.h: a command's arguments in one text, as a shell has them. */
#ifndef TOOLS_LARIAT_LOAD_WORDS_H
#define TOOLS_LARIAT_LOAD_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct words {
  char **list; /* ended by NULL */
  size_t count;
};

/* Adds the words of a text: blanks are between them, quotes of both kinds and
 * backslashes keep blanks in them; nothing is expanded.  False: a quote has no
 * end, or there is no memory. */
bool words_split(struct words *words, const char *text);

/* Adds one; false without memory. */
bool words_add(struct words *words, const char *word);

void words_free(struct words *words);

#endif
