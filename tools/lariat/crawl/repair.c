/* SPDX-License-Identifier: MIT
 * repair.c: the library repairs; what it did is seen from the files as they
 * were before, and as they are after it. */
#include "crawl/repair.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crawl/view.h"
#include "say.h"

enum { PATH_CAPACITY = 4096 };

static const char open_end[] = ".open";

/* ---- The files ---- */

struct file {
  char *name; /* in DIR/warc */
  uint64_t length;
};

struct listing {
  char directory[PATH_CAPACITY];
  struct file *files;
  size_t count;
};

/* Reads how long a file is; false: there is none. */
static bool read_length(const char *directory, const char *name,
                        uint64_t *length) {
  char path[PATH_CAPACITY + 256];
  struct stat about;
  snprintf(path, sizeof path, "%s/%s", directory, name);
  if (stat(path, &about) != 0) return false;
  *length = (uint64_t)about.st_size;
  return true;
}

static int is_warc(const struct dirent *entry) {
  return strstr(entry->d_name, ".warc") != NULL;
}

/* Lists the files; a directory that cannot be read has none. */
static bool list_files(struct listing *listing, const char *directory) {
  struct dirent **entries = NULL;
  snprintf(listing->directory, sizeof listing->directory, "%s/warc", directory);
  int count = scandir(listing->directory, &entries, is_warc, alphasort);
  listing->files = calloc(count > 0 ? (size_t)count : 1, sizeof(struct file));
  bool good = listing->files != NULL;
  for (int i = 0; i < count; i++) {
    struct file file = {.name = good ? strdup(entries[i]->d_name) : NULL};
    good = good && file.name;
    if (good) {
      (void)read_length(listing->directory, file.name, &file.length);
      listing->files[listing->count++] = file;
    }
    free(entries[i]);
  }
  free(entries);
  return good;
}

static void free_listing(struct listing *listing) {
  for (size_t i = 0; i < listing->count; i++) free(listing->files[i].name);
  free(listing->files);
}

/* ---- What was done ---- */

static void print_cut(uint64_t from, uint64_t to) {
  if (to < from)
    printf(", cut from %s to %s bytes", view_count(from).text,
           view_count(to).text);
  putchar('\n');
}

/* Prints what became of a file; false: nothing did. */
static bool print_change(const struct listing *before,
                         const struct file *file) {
  char closed[256];
  uint64_t length = 0;
  size_t whole = strlen(file->name), end = sizeof open_end - 1;
  bool grows = whole > end && strcmp(file->name + whole - end, open_end) == 0;
  if (read_length(before->directory, file->name, &length)) {
    if (length >= file->length) return false;
    printf("%s", file->name);
    print_cut(file->length, length);
    return true;
  }
  snprintf(closed, sizeof closed, "%.*s", (int)(whole - (grows ? end : 0)),
           file->name);
  if (read_length(before->directory, closed, &length)) {
    printf("%s: closed", closed);
    print_cut(file->length, length);
  } else {
    printf("%s: removed, nothing of it was committed\n", file->name);
  }
  return true;
}

static void print_changes(const struct listing *before) {
  bool changed = false;
  for (size_t i = 0; i < before->count; i++)
    changed |= print_change(before, &before->files[i]);
  if (!changed) puts("nothing was to be done");
}

/* ---- The command ---- */

/* Tells whether the directory is a worker's of the crawl that was named. */
static bool check_name(const char *directory,
                       const struct shared_place *place) {
  struct shared_place_of of;
  shared_place_load(&of, directory);
  bool other = place->name && of.name && strcmp(of.name, place->name) != 0;
  if (other)
    say("%s is a worker's of the crawl \"%s\", not of \"%s\"", directory,
        of.name, place->name);
  shared_place_free(&of);
  return !other;
}

int repair_run(const char *directory, const struct shared_place *place) {
  struct listing before = {.count = 0};
  int code = EXIT_SOME;
  if (!check_name(directory, place)) return EXIT_SOME;
  if (list_files(&before, directory))
    code = shared_repair(directory, place);
  else
    say("out of memory");
  if (code == EXIT_ALL) print_changes(&before);
  free_listing(&before);
  return code;
}
