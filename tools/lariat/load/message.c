/* SPDX-License-Identifier: MIT
 * message.c: lines of heads, beginnings of bodies. */
#include "load/message.h"

#include <stdlib.h>
#include <string.h>

#include "secrets.h"
#include "text.h"

enum { SHOWN_BODY = 2048, NAME_CAPACITY = 64 };

size_t message_head_length(const char *bytes, size_t length) {
  const char *end = memmem(bytes, length, "\r\n\r\n", 4);
  return end ? (size_t)(end - bytes) + 4 : length;
}

/* Tells whether a header line carries credentials, and where its value begins.
 */
static bool is_secret(const char *line, size_t length, size_t *value) {
  char name[NAME_CAPACITY];
  const char *colon = memchr(line, ':', length);
  size_t named = colon ? (size_t)(colon - line) : 0;
  if (!named || named >= sizeof name) return false;
  memcpy(name, line, named);
  name[named] = '\0';
  *value = named + 1;
  return secrets_is_header(name);
}

/* Prints text, escaped, with the passwords of URLs masked. */
static void print_shown(FILE *file, const char *text, size_t length) {
  char *shown = malloc(length * TEXT_WORST_ESCAPE + sizeof secrets_mask);
  if (!shown) return;
  const char *end =
      secrets_put(shown, SECRETS_TEXT, text, length, length, text_put_shown);
  (void)fwrite(shown, 1, (size_t)(end - shown), file);
  free(shown);
}

static void print_line(FILE *file, const char *mark, const char *line,
                       size_t length) {
  size_t value = 0;
  bool secret = is_secret(line, length, &value);
  fprintf(file, "%s%s", mark, length ? " " : "");
  print_shown(file, line, secret ? value : length);
  fputs(secret ? " ***\n" : "\n", file);
}

void message_print_head(FILE *file, const char *mark, const char *head,
                        size_t length) {
  const char *end = head + length;
  while (head < end) {
    const char *feed = memchr(head, '\n', (size_t)(end - head));
    const char *line_end = feed ? feed : end;
    const char *next = feed ? feed + 1 : end;
    if (line_end > head && line_end[-1] == '\r') line_end--;
    print_line(file, mark, head, (size_t)(line_end - head));
    head = next;
  }
}

/* Prints a body line by line: a line break is no control character here. */
void message_print_body(FILE *file, const char *body, size_t length) {
  const char *end = body + (length < SHOWN_BODY ? length : SHOWN_BODY);
  if (!length) return;
  for (const char *at = body; at < end;) {
    const char *feed = memchr(at, '\n', (size_t)(end - at));
    const char *line_end = feed ? feed : end;
    print_shown(file, at, (size_t)(line_end - at));
    putc('\n', file);
    at = feed ? feed + 1 : end;
  }
  if (length > SHOWN_BODY) fprintf(file, "... (%zu bytes in all)\n", length);
}

static size_t copy_word(const char *text, size_t length, char *out,
                        size_t capacity) {
  size_t word = 0;
  while (word < length && text[word] != ' ' && text[word] != '\r') word++;
  size_t copied = word < capacity ? word : capacity - 1;
  memcpy(out, text, copied);
  out[copied] = '\0';
  return word < length ? word + 1 : length;
}

void message_read_line(const char *bytes, size_t length, char *method,
                       size_t method_capacity, char *target,
                       size_t target_capacity) {
  size_t used = copy_word(bytes, length, method, method_capacity);
  (void)copy_word(bytes + used, length - used, target, target_capacity);
}
