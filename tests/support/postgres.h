/* SPDX-License-Identifier: MIT
 * postgres.h: a PostgreSQL of the test's own, in a temporary directory, on a
 * Unix socket there: no port is taken.  It runs as an unprivileged user, and
 * ends with the calling thread at the latest. */
#ifndef TESTS_SUPPORT_POSTGRES_H
#define TESTS_SUPPORT_POSTGRES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* All of it is to be read only. */
struct postgres {
  char directory[96];
  char connection[192]; /* for libpq */
  pid_t pid;            /* 0: it does not run */
};

/* Tells whether there are programs of a server at all: LARIAT_TEST_POSTGRES is
 * their directory, else the newest in /usr/lib/postgresql is taken. */
bool postgres_is_here(void);

/* Makes a server and returns when it answers.  NULL when it cannot be; the
 * reason is on standard error. */
struct postgres *postgres_start(void);

/* Ends it, and removes its directory.  NULL is allowed. */
void postgres_stop(struct postgres *server);

/* Ends its processes at once, as a crash does, and starts them again; false: it
 * cannot be started. */
void postgres_crash(struct postgres *server);
bool postgres_revive(struct postgres *server);

/* Runs statements, with the tables of `schema` (NULL: none); returns the first
 * column of the first row as a number, 0 where there is none.  An error fails
 * the test. */
int64_t postgres_ask(const struct postgres *server, const char *schema,
                     const char *sql);

/* Does the same with a format. */
int64_t postgres_askf(const struct postgres *server, const char *schema,
                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
