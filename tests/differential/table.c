/* SPDX-License-Identifier: MIT
 * table.c: reads the names, the first column, of the table. */
#include "differential/table.h"

#include <stdio.h>
#include <string.h>

void table_read(struct text *rows, const char *path, const char *without) {
  char line[1024];
  bool found = !without;
  FILE *file = fopen(path, "r");
  if (!file) die("%s cannot be read", path);
  while (fgets(line, sizeof line, file)) {
    if (line[0] == '#' || line[0] == '\n') continue;
    line[strcspn(line, "\t\n")] = '\0';
    if (without && strcmp(line, without) == 0) {
      found = true;
      continue;
    }
    if (rows->used > 0) text_add(rows, ",");
    text_add(rows, line);
  }
  fclose(file);
  if (!found) die("no row is called %s", without);
}
