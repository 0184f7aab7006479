/* SPDX-License-Identifier: MIT
 * process.c: forks counted, messages written, thread names. */
#include "base/process.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/atomics.h"
#include <lariat/checks.h>

lr_atomic_u32 lr_process_forks;
static pthread_once_t armed = PTHREAD_ONCE_INIT;
/* Set once `armed` ran, so that nearly every call is two loads. */
static lr_atomic_u32 is_armed;

static void count_fork(void) { lr_u32_add_relaxed(&lr_process_forks, 1); }

static void arm_detection(void) {
  if (pthread_atfork(NULL, NULL, count_fork) == 0)
    lr_u32_store_release(&is_armed, 1);
}

/* Returns the process id where the handler could not be registered: a system
 * call each time, but as good a number. */
uint32_t lr_process_generation(void) {
  if (!lr_u32_load_acquire(&is_armed)) {
    pthread_once(&armed, arm_detection);
    if (!lr_u32_load_acquire(&is_armed)) return (uint32_t)getpid();
  }
  return lr_u32_load_relaxed(&lr_process_forks);
}

/* Writes a message with one write, so that lines of several threads do not mix.
 * One that does not fit is cut. */
__attribute__((format(printf, 1, 0))) static void
write_message(const char *format, va_list arguments) {
  static const char prefix[] = "lariat: ";
  char line[1024];
  size_t length = sizeof prefix - 1;
  memcpy(line, prefix, length);
  size_t capacity = sizeof line - length - 1;
  int written = vsnprintf(line + length, capacity, format, arguments);
  if (written < 0) return;
  length += (size_t)written < capacity ? (size_t)written : capacity - 1;
  line[length++] = '\n';
  ssize_t sent;
  do {
    sent = write(STDERR_FILENO, line, length);
  } while (sent < 0 && errno == EINTR);
}

void lr_process_say(const char *format, ...) {
  int saved = errno;
  va_list arguments;
  va_start(arguments, format);
  write_message(format, arguments);
  va_end(arguments);
  errno = saved;
}

void lr_misuse(const char *format, ...) {
  if (!lariat_checks()) return;
  va_list arguments;
  va_start(arguments, format);
  write_message(format, arguments);
  va_end(arguments);
  abort();
}

void lr_process_thread_name(char name[16]) {
  if (prctl(PR_GET_NAME, name) != 0) memcpy(name, "?", 2);
}
