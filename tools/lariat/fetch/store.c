/* SPDX-License-Identifier: MIT
 * store.c: --save. */
#include "fetch/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "numbers.h"
#include "say.h"
#include "text.h"

enum { NAME_CAPACITY = 80 };

static const char prefix[] = ".lariat-";
static const char suffix[] = ".part";

/* Whether the name is ".lariat-PROCESS-NUMBER.part" of a process that is no
 * more. */
static bool is_leftover(const char *name) {
  char process[24];
  uint64_t number;
  size_t length = strlen(name);
  const size_t skip = sizeof prefix - 1;
  const size_t end = sizeof suffix - 1;
  if (length < skip + end || strncmp(name, prefix, skip) != 0) return false;
  if (strcmp(name + length - end, suffix) != 0) return false;
  size_t digits = strcspn(name + skip, "-");
  if (digits >= sizeof process) return false;
  memcpy(process, name + skip, digits);
  process[digits] = '\0';
  if (!number_read(process, 1, INT32_MAX, &number)) return false;
  return kill((pid_t)number, 0) != 0 && errno == ESRCH;
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
    if (is_leftover(entry->d_name))
      (void)unlinkat(store->directory, entry->d_name, 0);
  closedir(directory);
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
  return true;
}

void store_close(struct store *store) {
  if (store->directory >= 0) close(store->directory);
  store->directory = -1;
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

static int write_file(int fd, const char *body, size_t length) {
  int error = write_bytes(fd, body, length);
  if (close(fd) != 0 && !error) error = errno;
  return error;
}

static bool is_there(const struct store *store, const char *name,
                     uint64_t length) {
  struct stat about;
  return fstatat(store->directory, name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(about.st_mode) && (uint64_t)about.st_size == length;
}

static void name_temporary(char name[NAME_CAPACITY], uint64_t number) {
  snprintf(name, NAME_CAPACITY, "%s%ld-%llu%s", prefix, (long)getpid(),
           (unsigned long long)number, suffix);
}

int store_begin(struct store *store, uint64_t *number) {
  char temporary[NAME_CAPACITY];
  name_temporary(temporary, ++store->count);
  int fd = openat(store->directory, temporary,
                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fd >= 0) *number = store->count;
  return fd;
}

void store_drop(struct store *store, uint64_t number) {
  char temporary[NAME_CAPACITY];
  name_temporary(temporary, number);
  (void)unlinkat(store->directory, temporary, 0);
}

int store_keep(struct store *store, uint64_t number, const uint8_t sha256[32],
               uint64_t length) {
  char name[NAME_CAPACITY];
  char temporary[NAME_CAPACITY];
  *text_put_sha256(name, sha256) = '\0';
  name_temporary(temporary, number);
  if (is_there(store, name, length)) {
    store_drop(store, number);
    return 0;
  }
  if (renameat(store->directory, temporary, store->directory, name) == 0)
    return 0;
  int error = errno;
  store_drop(store, number);
  return error;
}

int store_put(struct store *store, const uint8_t sha256[32], const char *body,
              size_t length) {
  char name[NAME_CAPACITY];
  uint64_t number;
  *text_put_sha256(name, sha256) = '\0';
  if (is_there(store, name, length)) return 0;
  int fd = store_begin(store, &number);
  if (fd < 0) return errno;
  int error = write_file(fd, body, length);
  if (!error) return store_keep(store, number, sha256, length);
  store_drop(store, number);
  return error;
}
