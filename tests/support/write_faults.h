/* SPDX-License-Identifier: MIT
 * write_faults.h: the system calls that change files, counted, and made to end
 * the process, or to fail as on a full disk, at one of them.  A program that
 * includes this has them in the place of the C library's, SQLite's calls
 * too. */
#ifndef TESTS_SUPPORT_WRITE_FAULTS_H
#define TESTS_SUPPORT_WRITE_FAULTS_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE_FAULT_EXIT = 77 }; /* the status of a process that was ended */

enum write_fault {
  WRITE_FAULT_NONE,
  WRITE_FAULT_KILL, /* the process ends before the call */
  WRITE_FAULT_TORN, /* and half of what it writes is there */
  WRITE_FAULT_FULL  /* the disk is full for that call and some more */
};

static struct {
  enum write_fault fault;
  uint64_t count; /* of calls since the fault was set */
  uint64_t at;    /* the call that it comes with, from 1 on */
  uint64_t calls; /* how many fail */
} write_faults;

static inline void write_faults_set(enum write_fault fault, uint64_t at,
                                    uint64_t calls) {
  write_faults.fault = fault;
  write_faults.count = 0;
  write_faults.at = at;
  write_faults.calls = calls;
}

/* Counts a call; true: it fails with ENOSPC.  It may not come back. */
static inline bool write_faults_fail(void) {
  uint64_t count = ++write_faults.count;
  if (count < write_faults.at) return false;
  if (write_faults.fault == WRITE_FAULT_KILL && count == write_faults.at)
    _exit(WRITE_FAULT_EXIT);
  if (write_faults.fault != WRITE_FAULT_FULL ||
      count >= write_faults.at + write_faults.calls)
    return false;
  errno = ENOSPC;
  return true;
}

/* Tells whether this call, which is counted already, is to be torn. */
static inline bool write_faults_tear(void) {
  return write_faults.fault == WRITE_FAULT_TORN &&
         write_faults.count == write_faults.at;
}

static inline ssize_t write_faults_write(int file, const void *bytes,
                                         size_t length, off64_t offset) {
  if (write_faults_fail()) return -1;
  if (write_faults_tear()) length /= 2;
  long written = offset < 0
                     ? syscall(SYS_write, file, bytes, length)
                     : syscall(SYS_pwrite64, file, bytes, length, offset);
  if (write_faults_tear()) _exit(WRITE_FAULT_EXIT);
  return written;
}

ssize_t write(int file, const void *bytes, size_t length) {
  return write_faults_write(file, bytes, length, -1);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
  return write_faults_write(file, bytes, length, offset);
}

/* A torn one writes the pieces but the last. */
ssize_t pwritev(int file, const struct iovec *pieces, int count, off_t offset) {
  if (write_faults_fail()) return -1;
  if (write_faults_tear()) count--;
  ssize_t done = 0;
  for (int i = 0; i < count; i++)
    done += syscall(SYS_pwrite64, file, pieces[i].iov_base, pieces[i].iov_len,
                    offset + done);
  if (write_faults_tear()) {
    (void)!syscall(SYS_pwrite64, file, pieces[count].iov_base,
                   pieces[count].iov_len / 2, offset + done);
    _exit(WRITE_FAULT_EXIT);
  }
  return done;
}

int ftruncate(int file, off_t length) {
  return write_faults_fail() ? -1 : (int)syscall(SYS_ftruncate, file, length);
}

int ftruncate64(int file, off64_t length) {
  return write_faults_fail() ? -1 : (int)syscall(SYS_ftruncate, file, length);
}

int fdatasync(int file) {
  return write_faults_fail() ? -1 : (int)syscall(SYS_fdatasync, file);
}

int rename(const char *from, const char *to) {
  return write_faults_fail()
             ? -1
             : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path) {
  return write_faults_fail() ? -1
                             : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int mkdir(const char *path, mode_t mode) {
  return write_faults_fail() ? -1
                             : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

/* Opening counts where it may make a file. */
static inline int write_faults_open(const char *path, int flags, mode_t mode) {
  if (flags & O_CREAT && write_faults_fail()) return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
  va_end(more);
  return write_faults_open(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
  va_end(more);
  return write_faults_open(path, flags, mode);
}

#endif
