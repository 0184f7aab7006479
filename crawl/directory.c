/* SPDX-License-Identifier: MIT
 * directory.c: what is in a crawl's directory: crawl.db and SQLite's files
 * beside it, lock, warc, and a control socket. */
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "disk_file.h"
#include "memory.h"

char *lr_crawl_directory_path(const char *directory, const char *name) {
  size_t length = strlen(directory) + strlen(name) + 2;
  char *path = lariat_memory_allocate(length);
  if (path) snprintf(path, length, "%s/%s", directory, name);
  return path;
}

/* ---- Whose directory it is ---- */

/* Tells whether a file may be in a directory that has no crawl yet: hidden
 * ones, what a crawl makes first, and the user's configuration. */
static bool is_allowed(const char *name) {
  static const char *const own[] = {"lock", "warc", "control", "worker"};
  size_t length = strlen(name);
  if (name[0] == '.' || strncmp(name, "crawl.db", 8) == 0) return true;
  if (length > 5 && strcmp(name + length - 5, ".conf") == 0) return true;
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (strcmp(name, own[i]) == 0) return true;
  return false;
}

static lariat_status refuse_others(const char *directory, DIR *open,
                                   lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  bool has_database = false;
  char other[256] = "";
  for (struct dirent *entry; (entry = readdir(open));) {
    has_database |= strcmp(entry->d_name, "crawl.db") == 0 ||
                    strcmp(entry->d_name, "worker") == 0;
    if (!is_allowed(entry->d_name))
      snprintf(other, sizeof other, "%s", entry->d_name);
  }
  if (!has_database && other[0])
    status = lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                                "%s holds no crawl, but %s: a crawl wants a "
                                "directory of its own",
                                directory, other);
  return status;
}

static lariat_status check_owner(const char *directory, lr_crawl_fault *fault) {
  DIR *open = opendir(directory);
  if (!open)
    return lr_crawl_fault_set(
        fault, errno == ENOTDIR ? LARIAT_EFORMAT : LARIAT_ESYSTEM, errno,
        "cannot read the directory %s", directory);
  lariat_status status = refuse_others(directory, open, fault);
  closedir(open);
  return status;
}

/* ---- The lock ---- */

static lariat_status tell_holder(const char *directory, int lock,
                                 lr_crawl_fault *fault) {
  char pid[24] = "";
  ssize_t length = pread(lock, pid, sizeof pid - 1, 0);
  pid[length > 0 ? strcspn(pid, "\n") : 0] = 0;
  return lr_crawl_fault_set(fault, LARIAT_EBUSY, 0,
                            "%s is in use by another process%s%s", directory,
                            pid[0] ? ", " : "", pid);
}

/* Texts of one length, so that one takes the other's place. */
static const char running[] = "running\n";
static const char disk_full[] = "disk   \n";

/* Leaves the process' number, for whoever finds the lock taken.  That it cannot
 * be written, on a full disk, is no reason to stop. */
static void write_holder(int lock) {
  char pid[48];
  int length = snprintf(pid, sizeof pid, "%ld\n%s", (long)getpid(), running);
  struct iovec piece = {.iov_base = pid, .iov_len = (size_t)length};
  (void)lr_crawl_file_cut(lock, 0);
  (void)lr_crawl_file_write(lock, &piece, 1, 0);
}

void lr_crawl_directory_mark_full(int lock) {
  char pid[24];
  int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
  if (lock < 0) return;
  (void)!pwrite(lock, disk_full, sizeof disk_full - 1, length);
}

bool lr_crawl_directory_was_full(const char *directory) {
  char text[48] = "";
  char *path = lr_crawl_directory_path(directory, "lock");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  lariat_memory_release(path);
  if (file < 0) return false;
  ssize_t length = pread(file, text, sizeof text - 1, 0);
  close(file);
  const char *second = length > 0 ? strchr(text, '\n') : NULL;
  return second && strcmp(second + 1, disk_full) == 0;
}

static lariat_status lock_file(const char *directory, const char *path,
                               int *lock, lr_crawl_fault *fault) {
  *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (*lock < 0)
    return lr_crawl_fault_set(fault, LARIAT_ESYSTEM, errno, "cannot open %s",
                              path);
  if (flock(*lock, LOCK_EX | LOCK_NB) == 0) {
    write_holder(*lock);
    return LARIAT_OK;
  }
  lariat_status status = errno == EWOULDBLOCK
                             ? tell_holder(directory, *lock, fault)
                             : lr_crawl_fault_set(fault, LARIAT_ESYSTEM, errno,
                                                  "cannot lock %s", path);
  close(*lock);
  *lock = -1;
  return status;
}

static lariat_status make(const char *path, lr_crawl_fault *fault) {
  int error = lr_crawl_file_make_directory(path);
  return error ? lr_crawl_fault_set(fault, LARIAT_ESYSTEM, error,
                                    "cannot make the directory %s", path)
               : LARIAT_OK;
}

lariat_status lr_crawl_directory_lock(const char *directory, int *lock,
                                      lr_crawl_fault *fault) {
  *lock = -1;
  lariat_status status = make(directory, fault);
  if (!status) status = check_owner(directory, fault);
  if (status) return status;
  char *path = lr_crawl_directory_path(directory, "lock");
  char *warc = lr_crawl_directory_path(directory, "warc");
  status = path && warc ? lock_file(directory, path, lock, fault)
                        : lr_crawl_fault_memory(fault);
  if (!status) status = make(warc, fault);
  lariat_memory_release(path);
  lariat_memory_release(warc);
  return status;
}
