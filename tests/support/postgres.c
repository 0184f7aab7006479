/* SPDX-License-Identifier: MIT
 * See postgres.h. */
#define _GNU_SOURCE
#include "support/postgres.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/fixture.h"

#ifdef LARIAT_TEST_WITH_POSTGRES

#include <libpq-fe.h>

enum { START_MS = 60000, PATH_BYTES = 256 };

/* ---- Programs ---- */

/* Writes the path of a server's program; false: there is none. */
static bool find_program(const char *name, char *out) {
  glob_t found;
  const char *directory = getenv("LARIAT_TEST_POSTGRES");
  char pattern[PATH_BYTES];
  snprintf(pattern, sizeof pattern, "%s/%s",
           directory ? directory : "/usr/lib/postgresql/*/bin", name);
  bool is_here = glob(pattern, 0, NULL, &found) == 0;
  if (is_here)
    snprintf(out, PATH_BYTES, "%s", found.gl_pathv[found.gl_pathc - 1]);
  globfree(&found);
  return is_here;
}

bool postgres_is_here(void) {
  char path[PATH_BYTES];
  return find_program("initdb", path) && find_program("postgres", path);
}

/* In the child: becomes somebody else than root, whom PostgreSQL refuses. */
static void drop_rights(const struct passwd *user) {
  if (getuid() != 0) return;
  if (!user || setgroups(0, NULL) || setgid(user->pw_gid) ||
      setuid(user->pw_uid))
    _exit(126);
}

static pid_t launch(const struct postgres *server,
                    const char *const *arguments) {
  char log[PATH_BYTES];
  pid_t parent = getpid();
  const struct passwd *user = getpwnam("nobody");
  snprintf(log, sizeof log, "%s.log", server->directory);
  int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_t pid = fork();
  if (pid) {
    close(output);
    return pid;
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  drop_rights(user);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent || chdir(server->directory)) _exit(126);
  execv(arguments[0], (char *const *)(const void *)arguments);
  _exit(127);
}

static void show_log(const struct postgres *server) {
  char path[PATH_BYTES], line[512];
  snprintf(path, sizeof path, "%s.log", server->directory);
  FILE *log = fopen(path, "re");
  fprintf(stderr, "PostgreSQL could not be started\n");
  while (log && fgets(line, sizeof line, log)) fprintf(stderr, "  %s", line);
  if (log) fclose(log);
}

/* ---- The server ---- */

static bool make_cluster(const struct postgres *server) {
  char program[PATH_BYTES];
  int status = -1;
  if (!find_program("initdb", program)) return false;
  const char *const arguments[] = {program,
                                   "-D",
                                   server->directory,
                                   "-A",
                                   "trust",
                                   "-U",
                                   "tester",
                                   "-E",
                                   "UTF8",
                                   "--locale=C",
                                   "--no-sync",
                                   "--no-instructions",
                                   "--wal-segsize=1",
                                   NULL};
  pid_t pid = launch(server, arguments);
  return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void wait_a_little(void) {
  nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static bool wait_until_up(struct postgres *server) {
  for (int waited = 0; waited < START_MS; waited += 10) {
    if (PQping(server->connection) == PQPING_OK) return true;
    if (waitpid(server->pid, NULL, WNOHANG) == server->pid) break;
    wait_a_little();
  }
  return false;
}

bool postgres_revive(struct postgres *server) {
  char program[PATH_BYTES];
  if (!find_program("postgres", program)) return false;
  const char *const arguments[] = {program,
                                   "-D",
                                   server->directory,
                                   "-k",
                                   server->directory,
                                   "-F",
                                   "-c",
                                   "listen_addresses=",
                                   "-c",
                                   "shared_buffers=16MB",
                                   "-c",
                                   "max_connections=50",
                                   "-c",
                                   "wal_level=minimal",
                                   "-c",
                                   "max_wal_senders=0",
                                   "-c",
                                   "deadlock_timeout=100ms",
                                   NULL};
  server->pid = launch(server, arguments);
  if (server->pid > 0 && wait_until_up(server)) return true;
  show_log(server);
  return false;
}

void postgres_crash(struct postgres *server) {
  if (server->pid <= 0) return;
  kill(server->pid, SIGQUIT);
  waitpid(server->pid, NULL, 0);
  server->pid = 0;
}

static bool make_directory(struct postgres *server) {
  const struct passwd *user = getpwnam("nobody");
  const char *temporary = getenv("TMPDIR");
  snprintf(server->directory, sizeof server->directory,
           "%.64s/lariat-pg-XXXXXX",
           temporary && *temporary ? temporary : "/tmp");
  if (!mkdtemp(server->directory)) return false;
  snprintf(server->connection, sizeof server->connection,
           "host=%s user=tester dbname=postgres", server->directory);
  return getuid() != 0 ||
         (user && chown(server->directory, user->pw_uid, user->pw_gid) == 0);
}

struct postgres *postgres_start(void) {
  struct postgres *server = calloc(1, sizeof *server);
  if (!server) return NULL;
  if (make_directory(server) && make_cluster(server) && postgres_revive(server))
    return server;
  show_log(server);
  postgres_stop(server);
  return NULL;
}

static int remove_entry(const char *path, const struct stat *status, int kind,
                        struct FTW *walk) {
  (void)status;
  (void)kind;
  (void)walk;
  return remove(path);
}

void postgres_stop(struct postgres *server) {
  char log[PATH_BYTES];
  if (!server) return;
  postgres_crash(server);
  nftw(server->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  snprintf(log, sizeof log, "%s.log", server->directory);
  remove(log);
  free(server);
}

/* ---- Questions ---- */

int64_t postgres_ask(const struct postgres *server, const char *schema,
                     const char *sql) {
  int64_t number = 0;
  PGconn *conn = PQconnectdb(server->connection);
  if (schema) {
    char *name = PQescapeIdentifier(conn, schema, strlen(schema));
    char path[160];
    snprintf(path, sizeof path, "set search_path to %s", name ? name : "none");
    PQclear(PQexec(conn, path));
    PQfreemem(name);
  }
  PGresult *result = PQexec(conn, sql);
  ExecStatusType kind = PQresultStatus(result);
  if (kind != PGRES_TUPLES_OK && kind != PGRES_COMMAND_OK)
    fixture_fail("%s: %s", sql, PQerrorMessage(conn));
  else if (kind == PGRES_TUPLES_OK && PQntuples(result) && PQnfields(result))
    number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
  PQclear(result);
  PQfinish(conn);
  return number;
}

int64_t postgres_askf(const struct postgres *server, const char *schema,
                      const char *format, ...) {
  char sql[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(sql, sizeof sql, format, arguments);
  va_end(arguments);
  return postgres_ask(server, schema, sql);
}

#endif
