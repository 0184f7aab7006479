/* SPDX-License-Identifier: MIT
 * files.h: the files that are meant by operands: themselves, or, of a
 * directory, the WARC files in it, and in its "warc", where a crawl has them.
 */
#ifndef TOOLS_LARIAT_WARC_FILES_H
#define TOOLS_LARIAT_WARC_FILES_H

#include <stdbool.h>

struct file_list {
  char **paths; /* those of a directory in the order of their names */
  int count;
};

/* Finds the files; says what is wrong, and returns false, where a directory
 * cannot be read, or has none.  To be freed in any case. */
bool files_find(struct file_list *list, int count, char **operands);
/* Adds a copy of a path, or says that there is no memory, and returns false. */
bool files_add(struct file_list *list, const char *path);
void files_free(struct file_list *list);

#endif
