/* SPDX-License-Identifier: MIT
 * store.h: bodies in a directory, each in a file named by its SHA-256.  A body
 * is written to a temporary file that is then renamed: a file with such a name
 * is whole, also when the process was killed.  (Nothing is forced to the disk:
 * a power cut may take what the system had not written yet.) */
#ifndef TOOLS_LARIAT_FETCH_STORE_H
#define TOOLS_LARIAT_FETCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store {
  int directory; /* -1: bodies are not stored */
  const char *path;
  uint64_t count; /* of temporary files */
};

/* Opens the directory, which is made where it is missing, and removes the
 * temporary files of runs that were killed.  `path` may be NULL: nothing will
 * be stored.  Says why it cannot, and returns false. */
bool store_open(struct store *store, const char *path);

void store_close(struct store *store);

/* Makes a temporary file for a body that is to come.  Returns its descriptor,
 * for the caller to close, and puts into `*number` what names it below; -1 when
 * there is none to be had.  Each ends with store_keep or store_drop. */
int store_begin(struct store *store, uint64_t *number);

/* Gives the file its name, when the body is whole.  Returns 0, or an error
 * number. */
int store_keep(struct store *store, uint64_t number, const uint8_t sha256[32],
               uint64_t length);

/* Removes the temporary file. */
void store_drop(struct store *store, uint64_t number);

/* Stores one body that is in memory.  Returns 0, or an error number. */
int store_put(struct store *store, const uint8_t sha256[32], const char *body,
              size_t length);

#endif
