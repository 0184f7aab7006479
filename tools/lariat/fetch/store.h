/* SPDX-License-Identifier: MIT
 * store.h: bodies in a directory, each in a file named by its SHA-256.  A body
 * is written to a temporary file that gets its name when it is whole: a file
 * with such a name is whole, also when the process was killed.  (Nothing is
 * forced to the disk: a power cut may take what the system had not written
 * yet.)
 *
 * The temporary file has no name (O_TMPFILE) where the file system can do
 * that; else a random one, made with O_EXCL and locked.  So nothing that
 * somebody else has put into the directory, be it a link or a FIFO, is opened
 * for writing; a name that is taken is replaced as a whole. */
#ifndef TOOLS_LARIAT_FETCH_STORE_H
#define TOOLS_LARIAT_FETCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store {
  int directory; /* -1: bodies are not stored */
  const char *path;
  bool named; /* temporary files have a name: there are none without */
};

/* A temporary file. */
struct store_file {
  int fd;        /* -1: there is none */
  uint64_t name; /* 0: it has none */
};

/* Opens the directory, which is made where it is missing, and removes the
 * temporary files of runs that were killed: those that nobody has locked, of
 * this user, a day old or more.  `path` may be NULL: nothing will be stored.
 * Says why it cannot, and returns false. */
bool store_open(struct store *store, const char *path);

void store_close(struct store *store);

/* Makes a temporary file for a body that is to come.  Each ends with store_keep
 * or store_drop, which close it.  False, with errno, when there is none to be
 * had. */
bool store_begin(const struct store *store, struct store_file *file);

/* Gives the file its name, when the body is whole.  Returns 0, or an error
 * number. */
int store_keep(const struct store *store, struct store_file *file,
               const uint8_t sha256[32]);

/* Removes the temporary file, if there is one. */
void store_drop(const struct store *store, struct store_file *file);

/* Stores one body that is in memory.  Returns 0, or an error number. */
int store_put(const struct store *store, const uint8_t sha256[32],
              const char *body, size_t length);

#endif
