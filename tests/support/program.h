/* SPDX-License-Identifier: MIT
 * program.h: runs a built program as a child process, and looks at what it
 * wrote and how it ended.
 *
 *   struct program p;
 *   program_open(&p, path);
 *   program_run(&p, (const char *[]){"fetch", "-i", "list", NULL});
 *   CU_ASSERT_EQUAL(p.code, 0);
 *   program_close(&p);
 *
 * Each has a directory of its own, in which the program runs.  Everything here
 * is for the test's main thread. */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROGRAM_PATH_ROOM = 256, PROGRAM_ARGUMENTS_MAX = 64 };

struct program {
  char directory[PROGRAM_PATH_ROOM];
  const char *path;
  pid_t pid; /* 0: none runs */

  /* For the next run; put back to these defaults by it. */
  int input;            /* its standard input; -1: /dev/null */
  int output;           /* its standard output; -1: kept in `out` */
  int error;            /* its standard error; -1: kept in `err` */
  unsigned descriptors; /* the limit; 0: as ours */

  /* Of the last run. */
  int code;     /* the exit code; 128 + the signal that ended it */
  long peak_kb; /* of its memory */
  char *out;
  size_t out_length;
  char *err;
  size_t err_length;
};

/* Makes the directory.  The program is the one at `path`. */
void program_open(struct program *p, const char *path);

/* Removes the directory and what is in it (no directories within
 * directories). */
void program_close(struct program *p);

/* Starts it with `arguments`, up to a NULL. */
void program_start(struct program *p, const char *const *arguments);

/* Waits for its end, `ms` at the most: then it is killed, and the test has
 * failed.  Fills in the result. */
void program_wait(struct program *p, unsigned ms);

/* Both, within a minute. */
void program_run(struct program *p, const char *const *arguments);

/* Writes and reads a file of the directory.  The caller frees what was read;
 * it is ended by a NUL.  NULL: there is no such file. */
void program_write(const struct program *p, const char *name, const void *bytes,
                   size_t length);
char *program_read(const struct program *p, const char *name, size_t *length);

/* "DIRECTORY/NAME" in `out`, which it returns. */
const char *program_file(const struct program *p, const char *name, char *out,
                         size_t capacity);

/* Whether `text` is in what it wrote on standard error; the test fails when
 * it is not. */
bool program_said(const struct program *p, const char *text);

#endif
