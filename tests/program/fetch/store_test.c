/* SPDX-License-Identifier: MIT
 * Bodies in a directory into which others put what they like: nothing of
 * theirs is written to, waited for, believed or deleted. */
#include "fetch/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/fetch/fetch_support.h"
#include "support/origin.h"

/* ---- One store, both kinds of temporary files ---- */

static struct program program; /* for its directory */
static struct store store;
static char bodies[300];

static const char body[] = "the body";
static uint8_t digest[32];
static char hex[65];

static void begin(void) {
  program_open(&program, LARIAT_PROGRAM);
  program_file(&program, "bodies", bodies, sizeof bodies);
  CU_ASSERT_FATAL(store_open(&store, bodies));
  SHA256((const unsigned char *)body, sizeof body - 1, digest);
  for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void end(void) {
  store_close(&store);
  program_close(&program);
}

static const char *path_of(const char *name) {
  static char path[600];
  snprintf(path, sizeof path, "%s/%s", bodies, name);
  return path;
}

static void plant(const char *name, const char *text) {
  int fd = open(path_of(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  size_t length = strlen(text);
  CU_ASSERT_EQUAL(write(fd, text, length), (ssize_t)length);
  close(fd);
}

static void expect_text(const char *name, const char *text) {
  char found[200] = "";
  int fd = open(path_of(name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  ssize_t length = fd < 0 ? -1 : read(fd, found, sizeof found - 1);
  if (fd >= 0) close(fd);
  if (length < 0 || strcmp(found, text) != 0)
    fixture_fail("%s has \"%s\", not \"%s\"", name, found, text);
}

static unsigned count_files(void) {
  unsigned count = 0;
  DIR *open = opendir(bodies);
  while (open && readdir(open)) count++;
  if (open) closedir(open);
  return count - 2; /* . and .. */
}

/* Stores the body as a fetch does whose body comes in pieces. */
static int keep_body(void) {
  struct store_file file;
  if (!store_begin(&store, &file)) return errno;
  CU_ASSERT_EQUAL(write(file.fd, body, sizeof body - 1), sizeof body - 1);
  return store_keep(&store, &file, digest);
}

static int put_body(void) {
  return store_put(&store, digest, body, sizeof body - 1);
}

/* Runs `check` for both ways to store, with both kinds of temporary files. */
static void each_way(void (*check)(int (*store_body)(void))) {
  static int (*const ways[])(void) = {keep_body, put_body};
  for (size_t i = 0; i < 4; i++) {
    begin();
    if (i < 2) store.named = true;
    if (i >= 2 && store.named) puts("skipped: no nameless files here");
    check(ways[i % 2]);
    end();
  }
}

static void check_stored(int (*store_body)(void)) {
  CU_ASSERT_EQUAL(store_body(), 0);
  CU_ASSERT_EQUAL(store_body(), 0);
  expect_text(hex, body);
  CU_ASSERT_EQUAL(count_files(), 1);
}

static void bodies_are_stored_once(void) { each_way(check_stored); }

/* Of the right name and length, and something else. */
static void check_impostor(int (*store_body)(void)) {
  plant(hex, "the bodY");
  CU_ASSERT_EQUAL(store_body(), 0);
  expect_text(hex, body);
  CU_ASSERT_EQUAL(count_files(), 1);
}

static void impostors_are_replaced(void) { each_way(check_impostor); }

static void check_hard_link(int (*store_body)(void)) {
  plant("victim", "precious");
  char victim[600];
  snprintf(victim, sizeof victim, "%s", path_of("victim"));
  CU_ASSERT_EQUAL(link(victim, path_of(hex)), 0);
  CU_ASSERT_EQUAL(store_body(), 0);
  expect_text("victim", "precious");
  expect_text(hex, body);
}

static void hard_links_are_not_written_through(void) {
  each_way(check_hard_link);
}

static void check_symbolic_link(int (*store_body)(void)) {
  plant("victim", "the body"); /* even where it says the same */
  CU_ASSERT_EQUAL(symlink("victim", path_of(hex)), 0);
  CU_ASSERT_EQUAL(store_body(), 0);
  struct stat about;
  CU_ASSERT_EQUAL(lstat(path_of(hex), &about), 0);
  CU_ASSERT(S_ISREG(about.st_mode));
  expect_text(hex, body);
}

static void symbolic_links_are_replaced(void) { each_way(check_symbolic_link); }

static void check_fifo(int (*store_body)(void)) {
  CU_ASSERT_EQUAL(mkfifo(path_of(hex), 0600), 0);
  alarm(60); /* what hangs is killed, and the test has failed */
  CU_ASSERT_EQUAL(store_body(), 0);
  alarm(0);
  expect_text(hex, body);
}

static void fifos_keep_nobody_waiting(void) { each_way(check_fifo); }

static void a_directory_is_an_error(void) {
  begin();
  CU_ASSERT_EQUAL(mkdir(path_of(hex), 0700), 0);
  CU_ASSERT_NOT_EQUAL(keep_body(), 0);
  CU_ASSERT_NOT_EQUAL(put_body(), 0);
  CU_ASSERT_EQUAL(count_files(), 1);
  CU_ASSERT_EQUAL(rmdir(path_of(hex)), 0);
  end();
}

static void what_is_dropped_leaves_nothing(void) {
  struct store_file file;
  begin();
  for (int named = 0; named < 2; named++) {
    store.named = named || store.named;
    CU_ASSERT(store_begin(&store, &file));
    store_drop(&store, &file);
    store_drop(&store, &file); /* nothing any more */
    CU_ASSERT_EQUAL(count_files(), 0);
  }
  end();
}

/* ---- Leftovers ---- */

static int plant_old(const char *name) {
  const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
  plant(name, "left behind");
  int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
  CU_ASSERT_EQUAL(futimens(fd, times), 0);
  return fd;
}

static bool is_there(const char *name) {
  struct stat about;
  return lstat(path_of(name), &about) == 0;
}

static void only_leftovers_are_removed(void) {
  begin();
  store_close(&store);
  close(plant_old(".lariat-1-1.part"));
  close(plant_old(".lariat-0123456789abcdef.part"));
  close(plant_old("notes.part"));
  plant(".lariat-fresh.part", "of a run that has just begun");
  CU_ASSERT_EQUAL(mkfifo(path_of(".lariat-fifo.part"), 0600), 0);
  CU_ASSERT_EQUAL(symlink("notes.part", path_of(".lariat-link.part")), 0);
  int locked = plant_old(".lariat-locked.part");
  CU_ASSERT_EQUAL(flock(locked, LOCK_EX), 0);
  alarm(60);
  CU_ASSERT(store_open(&store, bodies));
  alarm(0);
  CU_ASSERT(!is_there(".lariat-1-1.part"));
  CU_ASSERT(!is_there(".lariat-0123456789abcdef.part"));
  CU_ASSERT(is_there("notes.part"));
  CU_ASSERT(is_there(".lariat-fresh.part"));
  CU_ASSERT(is_there(".lariat-fifo.part"));
  CU_ASSERT(is_there(".lariat-link.part"));
  CU_ASSERT(is_there(".lariat-locked.part"));
  close(locked);
  end();
}

/* A temporary file that another process writes is locked, however old it is. */
static void live_files_are_kept(void) {
  struct store_file file;
  struct store other;
  const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
  begin();
  store.named = true;
  CU_ASSERT(store_begin(&store, &file));
  CU_ASSERT_EQUAL(futimens(file.fd, times), 0);
  CU_ASSERT(store_open(&other, bodies));
  CU_ASSERT_EQUAL(count_files(), 1);
  store_close(&other);
  CU_ASSERT_EQUAL(write(file.fd, body, sizeof body - 1), sizeof body - 1);
  CU_ASSERT_EQUAL(store_keep(&store, &file, digest), 0);
  expect_text(hex, body);
  end();
}

/* ---- The program ---- */

/* What used to be the name of its first temporary file, taken by a FIFO and by
 * a link: the program neither hangs nor writes there. */
static void the_program_stays_away(void) {
  struct origin *origin = origin_start(NULL);
  char command[600];
  struct program shell;
  if (!origin) abort();
  program_open(&shell, "/bin/sh");
  snprintf(command, sizeof command,
           "mkdir bodies && echo precious >victim && "
           "ln victim bodies/.lariat-$$-1.part && "
           "mkfifo bodies/.lariat-$$-2.part && "
           "exec %s fetch -q -c 1 --save bodies http://127.0.0.1:%u/page "
           "http://127.0.0.1:%u/bytes/9",
           LARIAT_PROGRAM, origin_port(origin), origin_port(origin));
  program_run(&shell, FETCH_ARGUMENTS("-c", command));
  CU_ASSERT_EQUAL(shell.code, 0);
  char *victim = program_read(&shell, "victim", NULL);
  CU_ASSERT_STRING_EQUAL(victim, "precious\n");
  free(victim);
  program_close(&shell);
  origin_stop(origin);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"bodies are stored once", bodies_are_stored_once},
      {"impostors are replaced", impostors_are_replaced},
      {"hard links are not written through",
       hard_links_are_not_written_through},
      {"symbolic links are replaced", symbolic_links_are_replaced},
      {"FIFOs keep nobody waiting", fifos_keep_nobody_waiting},
      {"a directory is an error", a_directory_is_an_error},
      {"what is dropped leaves nothing", what_is_dropped_leaves_nothing},
      {"only leftovers are removed", only_leftovers_are_removed},
      {"live files are kept", live_files_are_kept},
      {"the program stays away", the_program_stays_away},
  };
  return fixture_main("fetch store", tests, FIXTURE_COUNT(tests), argc, argv);
}
