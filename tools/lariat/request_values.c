/* SPDX-License-Identifier: MIT
 * request_values.c: tokens, header lines, Basic authentication. */
#include "request_values.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

bool request_value_is_method(const char *text) {
  static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789"
                              "!#$%&'*+-.^_`|~";
  size_t length = strspn(text, token);
  return length > 0 && length <= 32 && !text[length] &&
         strcmp(text, "CONNECT") != 0;
}

bool request_value_cut_header(char *text, lariat_header *out) {
  char *colon = text + strcspn(text, ":;");
  bool empty = colon[0] == ';' && !colon[1];
  if (colon == text || (*colon != ':' && !empty)) return false;
  if (strncmp(colon, "://", 3) == 0) return false; /* a URL */
  *colon = '\0';
  char *value = colon + 1 + strspn(colon + 1, " \t");
  *out = (lariat_header){text, *value || empty ? value : NULL};
  return true;
}

char *request_value_basic(char *text) {
  static const char scheme[] = "Basic ";
  size_t length = strlen(text);
  char *header = malloc(sizeof scheme + (length + 2) / 3 * 4);
  if (!header || !strchr(text, ':')) {
    free(header);
    return NULL;
  }
  char *at = text_put(header, scheme, sizeof scheme - 1);
  *text_put_base64(at, text, length) = '\0';
  memset(text, '*', length);
  return header;
}

bool request_value_add_entry(char **list, const char *text, char between) {
  size_t length = *list ? strlen(*list) : 0;
  size_t added = strlen(text);
  if (!added) return false;
  char *longer = realloc(*list, length + added + 2);
  if (!longer) return false;
  if (length) longer[length++] = between;
  memcpy(longer + length, text, added + 1);
  *list = longer;
  return true;
}
