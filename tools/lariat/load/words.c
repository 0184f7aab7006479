/* SPDX-License-Identifier: MIT
 * words.c: words out of a text. */
#include "load/words.h"

#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

static bool add_owned(struct words *words, char *word) {
  char **list = realloc(words->list, (words->count + 2) * sizeof *list);
  if (list) words->list = list;
  if (!list || !word) {
    free(word);
    return false;
  }
  list[words->count++] = word;
  list[words->count] = NULL;
  return true;
}

bool words_add(struct words *words, const char *word) {
  return add_owned(words, strdup(word));
}

/* Copies what is in quotes up to the one that ends it; returns where that is,
 * or NULL.  Within double quotes a backslash keeps a quote or itself. */
static const char *copy_quoted(const char *at, char **out) {
  char quote = *at++;
  for (; *at != quote; at++) {
    if (quote == '"' && *at == '\\' && (at[1] == '"' || at[1] == '\\')) at++;
    if (!*at) return NULL;
    *(*out)++ = *at;
  }
  return at;
}

/* Copies one word; returns its end, or NULL when a quote has none. */
static const char *copy_word(const char *at, char *out) {
  for (; *at && !strchr(blanks, *at); at++) {
    if (*at == '\'' || *at == '"') {
      at = copy_quoted(at, &out);
      if (!at) return NULL;
      continue;
    }
    if (*at == '\\' && at[1]) at++;
    *out++ = *at;
  }
  *out = '\0';
  return at;
}

bool words_split(struct words *words, const char *text) {
  const char *at = text + strspn(text, blanks);
  while (*at) {
    char *word = malloc(strlen(at) + 1);
    at = word ? copy_word(at, word) : NULL;
    if (!at) {
      free(word);
      return false;
    }
    if (!add_owned(words, word)) return false;
    at += strspn(at, blanks);
  }
  return true;
}

void words_free(struct words *words) {
  for (size_t i = 0; i < words->count; i++) free(words->list[i]);
  free(words->list);
  *words = (struct words){NULL, 0};
}
