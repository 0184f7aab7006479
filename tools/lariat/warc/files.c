/* SPDX-License-Identifier: MIT
 * files.c: directories become lists of files.  ".open" is what a crawl calls a
 * file that it writes to. */
#include "warc/files.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "say.h"
#include "text.h"

/* ---- The list ---- */

bool files_add(struct file_list *list, const char *path) {
  char **paths =
      realloc(list->paths, (size_t)(list->count + 1) * sizeof *paths);
  char *copy = strdup(path);
  if (paths) list->paths = paths;
  if (!paths || !copy) {
    free(copy);
    say("out of memory");
    return false;
  }
  list->paths[list->count++] = copy;
  return true;
}

void files_free(struct file_list *list) {
  for (int i = 0; i < list->count; i++) free(list->paths[i]);
  free(list->paths);
}

/* ---- Directories ---- */

/* Writes the directory's name as a pattern that means just that. */
static bool quote(struct text *pattern, const char *directory) {
  for (const char *at = directory; *at; at++) {
    const char byte[] = {*at, '\0'};
    if ((strchr("*?[\\", *at) && !text_add(pattern, "\\")) ||
        !text_add(pattern, byte))
      return false;
  }
  return true;
}

/* Adds the files that a pattern below the directory fits; false: out of
 * memory. */
static bool add_matches(struct file_list *list, const char *directory,
                        const char *below) {
  struct text pattern = {NULL, 0, 0};
  glob_t found;
  bool good = quote(&pattern, directory) && text_add(&pattern, below) &&
              text_reserve(&pattern, 1);
  if (good) pattern.bytes[pattern.length] = '\0';
  int result =
      good ? glob(pattern.bytes, GLOB_BRACE, NULL, &found) : GLOB_NOSPACE;
  text_free(&pattern);
  if (result == GLOB_NOMATCH || result == GLOB_ABORTED) return true;
  if (result != 0) {
    say("out of memory");
    return false;
  }
  for (size_t i = 0; good && i < found.gl_pathc; i++)
    good = files_add(list, found.gl_pathv[i]);
  globfree(&found);
  return good;
}

static bool add_directory(struct file_list *list, const char *path) {
  static const char patterns[] = "{,/warc}/*.{warc,warc.gz}{,.open}";
  int before = list->count;
  if (!add_matches(list, path, patterns)) return false;
  if (list->count > before) return true;
  say("there is no WARC file in %s", path);
  return false;
}

static bool is_directory(const char *path) {
  struct stat facts;
  return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

bool files_find(struct file_list *list, int count, char **operands) {
  *list = (struct file_list){NULL, 0};
  for (int i = 0; i < count; i++)
    if (!(is_directory(operands[i]) ? add_directory(list, operands[i])
                                    : files_add(list, operands[i])))
      return false;
  return true;
}
