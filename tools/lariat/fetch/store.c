/* SPDX-License-Identifier: MIT
 * store.c: --save. */
#include "fetch/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "say.h"
#include "text.h"

enum { NAME_CAPACITY = 80, DAY_S = 24 * 3600, TRIES = 16 };

/* Opens no link, and waits for no FIFO, whatever has the name. */
enum { SAFE_FLAGS = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };

static const char prefix[] = ".lariat-";
static const char suffix[] = ".part";

/* ---- Names ---- */

static void write_name(char name[NAME_CAPACITY], uint64_t number) {
  snprintf(name, NAME_CAPACITY, "%s%016llx%s", prefix,
           (unsigned long long)number, suffix);
}

/* Draws a number that nobody can foresee, and that is not 0. */
static bool draw_number(uint64_t *number) {
  ssize_t got = getrandom(number, sizeof *number, 0);
  if (got != (ssize_t)sizeof *number) return false;
  *number |= 1;
  return true;
}

/* ---- Leftovers ---- */

static bool has_temporary_name(const char *name) {
  size_t length = strlen(name);
  const size_t end = sizeof suffix - 1;
  return length > sizeof prefix - 1 + end &&
         strncmp(name, prefix, sizeof prefix - 1) == 0 &&
         strcmp(name + length - end, suffix) == 0;
}

static bool is_old(const struct stat *about) {
  return S_ISREG(about->st_mode) && about->st_uid == geteuid() &&
         time(NULL) - about->st_mtime >= DAY_S;
}

/* Removes a file that was left behind.  Whoever writes one has it locked, also
 * in another container, where no process number would tell. */
static void remove_leftover(const struct store *store, const char *name) {
  struct stat about;
  if (fstatat(store->directory, name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
      !is_old(&about))
    return;
  int fd = openat(store->directory, name, O_RDONLY | SAFE_FLAGS);
  if (fd < 0) return;
  if (fstat(fd, &about) == 0 && is_old(&about) &&
      flock(fd, LOCK_EX | LOCK_NB) == 0)
    (void)unlinkat(store->directory, name, 0);
  close(fd);
}

static void remove_leftovers(const struct store *store) {
  int copy = fcntl(store->directory, F_DUPFD_CLOEXEC, 0);
  DIR *directory = copy < 0 ? NULL : fdopendir(copy);
  const struct dirent *entry;
  if (!directory) {
    if (copy >= 0) close(copy);
    return;
  }
  while ((entry = readdir(directory)))
    if (has_temporary_name(entry->d_name))
      remove_leftover(store, entry->d_name);
  closedir(directory);
}

/* ---- Temporary files ---- */

static int open_unnamed(const struct store *store) {
  return openat(store->directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
}

/* Makes a file with a name that was not there, and locks it. */
static bool open_named(const struct store *store, struct store_file *file) {
  char name[NAME_CAPACITY];
  for (int i = 0; i < TRIES; i++) {
    if (!draw_number(&file->name)) return false;
    write_name(name, file->name);
    file->fd = openat(store->directory, name,
                      O_WRONLY | O_CREAT | O_EXCL | SAFE_FLAGS, 0666);
    if (file->fd >= 0) return flock(file->fd, LOCK_EX | LOCK_NB) == 0;
    if (errno != EEXIST) return false;
  }
  return false;
}

/* Gives the nameless file behind `fd` the name `name`. */
static int link_file(const struct store *store, int fd, const char *name) {
  char path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, path, store->directory, name, AT_SYMLINK_FOLLOW);
}

/* Gives a nameless file a temporary name, for a name that is taken can only be
 * replaced by a file that has one. */
static int link_temporary(const struct store *store, struct store_file *file) {
  char name[NAME_CAPACITY];
  int linked = -1;
  errno = EEXIST;
  for (int i = 0; i < TRIES && linked != 0 && errno == EEXIST; i++) {
    if (!draw_number(&file->name)) break;
    write_name(name, file->name);
    linked = link_file(store, file->fd, name);
  }
  if (linked != 0) file->name = 0;
  return linked;
}

bool store_begin(const struct store *store, struct store_file *file) {
  *file = (struct store_file){.fd = -1};
  if (store->named) {
    if (open_named(store, file)) return true;
    int error = errno;
    store_drop(store, file);
    errno = error;
    return false;
  }
  file->fd = open_unnamed(store);
  return file->fd >= 0;
}

void store_drop(const struct store *store, struct store_file *file) {
  char name[NAME_CAPACITY];
  if (file->fd < 0) return;
  if (file->name) {
    write_name(name, file->name);
    (void)unlinkat(store->directory, name, 0);
  }
  close(file->fd);
  *file = (struct store_file){.fd = -1};
}

/* ---- The directory ---- */

/* Finds out whether files can be made without a name, and get one later. */
static bool can_be_unnamed(const struct store *store) {
  struct store_file file = {.fd = open_unnamed(store)};
  bool can = file.fd >= 0 && link_temporary(store, &file) == 0;
  store_drop(store, &file);
  return can;
}

bool store_open(struct store *store, const char *path) {
  *store = (struct store){.directory = -1, .path = path};
  if (!path) return true;
  if (mkdir(path, 0777) != 0 && errno != EEXIST) {
    say("cannot make the directory %s: %s", path, say_errno(errno));
    return false;
  }
  store->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (store->directory < 0 || faccessat(store->directory, ".", W_OK, 0) != 0) {
    say("cannot store bodies in %s: %s", path, say_errno(errno));
    return false;
  }
  remove_leftovers(store);
  store->named = !can_be_unnamed(store);
  return true;
}

void store_close(struct store *store) {
  if (store->directory >= 0) close(store->directory);
  store->directory = -1;
}

/* ---- Bodies ---- */

/* Moves the file with the temporary name to the body's name, whatever is
 * there. */
static int rename_file(const struct store *store, struct store_file *file,
                       const char *name) {
  char temporary[NAME_CAPACITY];
  write_name(temporary, file->name);
  if (renameat(store->directory, temporary, store->directory, name) != 0)
    return errno;
  file->name = 0;
  return 0;
}

static int name_file(const struct store *store, struct store_file *file,
                     const char *name) {
  if (!file->name) {
    if (link_file(store, file->fd, name) == 0) return 0;
    if (errno != EEXIST || link_temporary(store, file) != 0) return errno;
  }
  return rename_file(store, file, name);
}

int store_keep(const struct store *store, struct store_file *file,
               const uint8_t sha256[32]) {
  char name[NAME_CAPACITY];
  *text_put_sha256(name, sha256) = '\0';
  int error = name_file(store, file, name);
  store_drop(store, file);
  return error;
}

static int write_bytes(int fd, const char *bytes, size_t length) {
  while (length) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno != EINTR) return errno;
    if (written <= 0) continue;
    bytes += written;
    length -= (size_t)written;
  }
  return 0;
}

/* Tells whether what is left of the file is `body`. */
static bool has_bytes(int fd, const char *body, size_t length) {
  char piece[16 * 1024];
  for (;;) {
    ssize_t got = read(fd, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0 && length == 0;
    if ((size_t)got > length || memcmp(piece, body, (size_t)got) != 0)
      return false;
    body += got;
    length -= (size_t)got;
  }
}

/* Tells whether the body is stored already: its name alone would not say so,
 * anybody could have given it to a file. */
static bool is_there(const struct store *store, const char *name,
                     const char *body, size_t length) {
  struct stat about;
  int fd = openat(store->directory, name, O_RDONLY | SAFE_FLAGS);
  if (fd < 0) return false;
  bool is_body = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
                 (uint64_t)about.st_size == length &&
                 has_bytes(fd, body, length);
  close(fd);
  return is_body;
}

int store_put(const struct store *store, const uint8_t sha256[32],
              const char *body, size_t length) {
  char name[NAME_CAPACITY];
  struct store_file file;
  *text_put_sha256(name, sha256) = '\0';
  if (is_there(store, name, body, length)) return 0;
  if (!store_begin(store, &file)) return errno;
  int error = write_bytes(file.fd, body, length);
  if (!error) return store_keep(store, &file, sha256);
  store_drop(store, &file);
  return error;
}
