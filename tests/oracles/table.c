/* SPDX-License-Identifier: MIT
 * table.c: a list that is searched from its beginning: there are some dozens.
 */
#include "oracles/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 5, LONGEST_LINE = 4096, LONGEST_EXAMPLE = 400 };

/* Begins an example to which the request was HEAD. */
#define HEAD_MARK "(HEAD) "

static char *copy_text(const char *text) {
  char *copy = strdup(text);
  if (!copy) abort();
  return copy;
}

static struct kind *add_kind(struct table *table, const char *oracle,
                             const char *ours, const char *theirs) {
  struct kind *kinds =
      realloc(table->kinds, (table->count + 1) * sizeof *kinds);
  if (!kinds) abort();
  table->kinds = kinds;
  kinds[table->count] = (struct kind){.oracle = copy_text(oracle),
                                      .ours = copy_text(ours),
                                      .theirs = copy_text(theirs)};
  return &kinds[table->count++];
}

static struct kind *find_kind(struct table *table, const char *oracle,
                              const char *ours, const char *theirs) {
  for (size_t i = 0; i < table->count; i++) {
    struct kind *kind = &table->kinds[i];
    if (strcmp(kind->theirs, theirs) == 0 && strcmp(kind->ours, ours) == 0 &&
        strcmp(kind->oracle, oracle) == 0)
      return kind;
  }
  return NULL;
}

void table_free(struct table *table) {
  for (size_t i = 0; i < table->count; i++) {
    free(table->kinds[i].oracle);
    free(table->kinds[i].ours);
    free(table->kinds[i].theirs);
    free(table->kinds[i].reason);
    free(table->kinds[i].example);
  }
  free(table->kinds);
}

/* ---- The file ---- */

static bool read_line(struct table *table, char *line) {
  char *fields[FIELDS];
  line[strcspn(line, "\n")] = '\0';
  if (line[0] == '#' || line[0] == '\0') return true;
  for (int i = 0; i < FIELDS; i++) {
    fields[i] = strsep(&line, "\t");
    if (!fields[i]) return false;
  }
  struct kind *kind = add_kind(table, fields[0], fields[1], fields[2]);
  if (strcmp(fields[3], "?") != 0) kind->reason = copy_text(fields[3]);
  kind->example = copy_text(fields[4]);
  return true;
}

bool table_read(struct table *table, const char *file) {
  char line[LONGEST_LINE];
  FILE *stream = fopen(file, "r");
  bool good = stream != NULL;
  *table = (struct table){NULL, 0};
  while (good && fgets(line, sizeof line, stream))
    good = read_line(table, line);
  if (stream) (void)fclose(stream);
  return good;
}

static const char head[] =
    "# Where lariat's own reader of HTTP/1.1 (lib/http/h1_parser) and others "
    "do "
    "not\n"
    "# agree.  `oracles --record` writes this again and keeps the reasons.\n"
    "# oracle\tlariat\toracle's\treason\texample, the shortest that was seen\n";

static int by_name(const void *a, const void *b) {
  const struct kind *left = a;
  const struct kind *right = b;
  int order = strcmp(left->oracle, right->oracle);
  if (order == 0) order = strcmp(left->ours, right->ours);
  return order ? order : strcmp(left->theirs, right->theirs);
}

bool table_write(struct table *table, const char *file, bool all) {
  FILE *stream = fopen(file, "w");
  if (!stream) return false;
  qsort(table->kinds, table->count, sizeof *table->kinds, by_name);
  fputs(head, stream);
  for (size_t i = 0; i < table->count; i++) {
    const struct kind *kind = &table->kinds[i];
    if (kind->count || all)
      fprintf(stream, "%s\t%s\t%s\t%s\t%s\n", kind->oracle, kind->ours,
              kind->theirs, kind->reason ? kind->reason : "?", kind->example);
  }
  return fclose(stream) == 0;
}

/* ---- What was seen ---- */

static char *put_escaped(char *to, unsigned char byte) {
  static const char digits[] = "0123456789abcdef";
  if (byte == '\r' || byte == '\n') {
    *to++ = '\\';
    *to++ = byte == '\r' ? 'r' : 'n';
  } else if (byte < 0x20 || byte > 0x7e || byte == '\\') {
    *to++ = '\\';
    *to++ = 'x';
    *to++ = digits[byte >> 4];
    *to++ = digits[byte & 15];
  } else {
    *to++ = (char)byte;
  }
  return to;
}

/* Writes what showed a disagreement, or its beginning. */
static char *make_example(bool is_head, const char *bytes, size_t length) {
  char text[4 * LONGEST_EXAMPLE + 16];
  size_t shown = length < LONGEST_EXAMPLE ? length : LONGEST_EXAMPLE;
  char *end = text;
  if (is_head) end = stpcpy(end, HEAD_MARK);
  for (size_t i = 0; i < shown; i++)
    end = put_escaped(end, (unsigned char)bytes[i]);
  if (shown < length) end = stpcpy(end, "...");
  *end = '\0';
  return copy_text(text);
}

static unsigned hex_value(char c) {
  return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Undoes put_escaped; returns the length. */
static size_t read_escaped(const char *text, char *to) {
  char *begin = to;
  while (*text) {
    char c = *text++;
    if (c != '\\') {
      *to++ = c;
    } else if (*text == 'x') {
      *to++ = (char)(hex_value(text[1]) << 4 | hex_value(text[2]));
      text += 3;
    } else {
      *to++ = *text++ == 'r' ? '\r' : '\n';
    }
  }
  return (size_t)(to - begin);
}

void table_give_examples(const struct table *table, table_use *use,
                         void *context) {
  for (size_t i = 0; i < table->count; i++) {
    const char *text = table->kinds[i].example;
    size_t length = strlen(text);
    bool is_head = strncmp(text, HEAD_MARK, strlen(HEAD_MARK)) == 0;
    if (length >= 3 && strcmp(text + length - 3, "...") == 0) continue;
    char *bytes = copy_text(text);
    length = read_escaped(is_head ? text + strlen(HEAD_MARK) : text, bytes);
    use(context, is_head, bytes, length);
    free(bytes);
  }
}

/* Tells whether an example should take the place of the kind's. */
static bool is_better(const struct kind *kind, const char *example,
                      bool from_corpus) {
  if (!kind->example || kind->count == 0) return true;
  if (kind->from_corpus != from_corpus) return from_corpus;
  return strlen(example) < strlen(kind->example);
}

void table_note(struct table *table, const char *oracle, const char *ours,
                const char *theirs, const struct evidence *evidence) {
  struct kind *kind = find_kind(table, oracle, ours, theirs);
  if (!kind) kind = add_kind(table, oracle, ours, theirs);
  char *example =
      make_example(evidence->head, evidence->bytes, evidence->length);
  if (is_better(kind, example, evidence->from_corpus)) {
    free(kind->example);
    kind->example = example;
    kind->from_corpus = evidence->from_corpus;
  } else {
    free(example);
  }
  kind->count++;
}

size_t table_check(const struct table *table, bool all) {
  size_t wrong = 0;
  for (size_t i = 0; i < table->count; i++) {
    const struct kind *kind = &table->kinds[i];
    if (kind->count && !kind->reason) {
      printf("no reason: %s: lariat: %s; %s: %s\n  %s\n", kind->oracle,
             kind->ours, kind->oracle, kind->theirs, kind->example);
      wrong++;
    } else if (all && !kind->count) {
      printf("not seen: %s: lariat: %s; %s: %s\n", kind->oracle, kind->ours,
             kind->oracle, kind->theirs);
      wrong++;
    }
  }
  return wrong;
}
