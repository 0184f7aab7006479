/* SPDX-License-Identifier: MIT
 * table.h: the kinds of disagreement with an oracle: disagreements.tsv, and
 * what was seen. */
#ifndef TESTS_ORACLES_TABLE_H
#define TESTS_ORACLES_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* A kind: the oracle, what lariat's reader says, what the oracle says.  Its
 * reason is from the file; NULL: none.  The example, escaped, is the shortest
 * of the corpus that was seen, else of others. */
struct kind {
  char *oracle;
  char *ours;
  char *theirs;
  char *reason;
  char *example;
  unsigned long count; /* seen */
  bool from_corpus;    /* the example */
};

struct table {
  struct kind *kinds;
  size_t count;
};

/* Reads the file, whose lines have the reasons; false: it cannot be read. */
bool table_read(struct table *table, const char *file);

/* Calls `use` with each example that the table has in full. */
typedef void table_use(void *context, bool head, const char *bytes,
                       size_t length);
void table_give_examples(const struct table *table, table_use *use,
                         void *context);

/* What showed a disagreement. */
struct evidence {
  bool head;
  bool from_corpus;
  const char *bytes;
  size_t length;
};

/* Counts a disagreement. */
void table_note(struct table *table, const char *oracle, const char *ours,
                const char *theirs, const struct evidence *evidence);

/* Writes the kinds that were seen into the file, with `all` the others too;
 * false: it cannot be written. */
bool table_write(struct table *table, const char *file, bool all);

/* Prints what is wrong: kinds without a reason, and, with `all`, reasons that
 * nothing needs.  Returns how much that is. */
size_t table_check(const struct table *table, bool all);

void table_free(struct table *table);

#endif
