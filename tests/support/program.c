/* SPDX-License-Identifier: MIT
 * program.c: fork, exec, wait, with output kept in files. */
#include "support/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fixture.h"

enum { RUN_MS = 60000, POLL_US = 2000, NOT_STARTED = 127 };

static const char out_name[] = "standard-output";
static const char err_name[] = "standard-error";

static void set_defaults(struct program *p) {
  p->input = -1;
  p->output = -1;
  p->error = -1;
  p->descriptors = 0;
}

void program_open(struct program *p, const char *path) {
  const char *base = getenv("TMPDIR");
  memset(p, 0, sizeof *p);
  set_defaults(p);
  p->path = path;
  snprintf(p->directory, sizeof p->directory, "%s/lariat-XXXXXX",
           base ? base : "/tmp");
  if (!mkdtemp(p->directory)) {
    fixture_fail("no directory can be made: %s", p->directory);
    abort();
  }
}

const char *program_file(const struct program *p, const char *name, char *out,
                         size_t capacity) {
  snprintf(out, capacity, "%s/%s", p->directory, name);
  return out;
}

static void remove_files(const char *directory) {
  char path[2 * PROGRAM_PATH_ROOM];
  DIR *open = opendir(directory);
  const struct dirent *entry;
  if (!open) return;
  while ((entry = readdir(open))) {
    if (entry->d_name[0] == '.' &&
        (!entry->d_name[1] || (entry->d_name[1] == '.' && !entry->d_name[2])))
      continue;
    snprintf(path, sizeof path, "%s/%.250s", directory, entry->d_name);
    (void)unlink(path);
  }
  closedir(open);
}

/* Directories one level down are emptied, too. */
static void remove_directories(const char *directory) {
  char path[2 * PROGRAM_PATH_ROOM];
  DIR *open = opendir(directory);
  const struct dirent *entry;
  if (!open) return;
  while ((entry = readdir(open))) {
    if (entry->d_name[0] == '.' || entry->d_type != DT_DIR) continue;
    snprintf(path, sizeof path, "%s/%.250s", directory, entry->d_name);
    remove_files(path);
    (void)rmdir(path);
  }
  closedir(open);
}

static void forget_result(struct program *p) {
  free(p->out);
  free(p->err);
  p->out = NULL;
  p->err = NULL;
}

void program_close(struct program *p) {
  if (p->pid) {
    kill(p->pid, SIGKILL);
    program_wait(p, 1000);
  }
  forget_result(p);
  remove_files(p->directory);
  remove_directories(p->directory);
  if (rmdir(p->directory) != 0)
    fixture_fail("%s cannot be removed: error %d", p->directory, errno);
}

static int open_file(const struct program *p, const char *name) {
  char path[2 * PROGRAM_PATH_ROOM];
  return open(program_file(p, name, path, sizeof path),
              O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* Puts `fd` in the place of a standard one.  It may be there already, with
 * close-on-exec set. */
static void place(int fd, int standard) {
  if (fd == standard)
    (void)fcntl(fd, F_SETFD, 0);
  else if (dup2(fd, standard) < 0)
    _exit(NOT_STARTED);
}

/* In the child. */
static void become(const struct program *p, char *const *arguments) {
  struct rlimit limit = {p->descriptors, p->descriptors};
  sigset_t none;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  place(p->input >= 0 ? p->input : open("/dev/null", O_RDONLY), 0);
  place(p->output >= 0 ? p->output : open_file(p, out_name), 1);
  place(p->error >= 0 ? p->error : open_file(p, err_name), 2);
  if (p->descriptors) (void)setrlimit(RLIMIT_NOFILE, &limit);
  if (chdir(p->directory) == 0) execv(p->path, arguments);
  _exit(NOT_STARTED);
}

void program_start(struct program *p, const char *const *arguments) {
  char *all[PROGRAM_ARGUMENTS_MAX + 2] = {(char *)(uintptr_t)p->path};
  for (size_t i = 0; i < PROGRAM_ARGUMENTS_MAX && arguments[i]; i++)
    all[i + 1] = (char *)(uintptr_t)arguments[i];
  forget_result(p);
  fflush(NULL);
  p->pid = fork();
  if (p->pid == 0) become(p, all);
  if (p->pid < 0) {
    p->pid = 0;
    fixture_fail("no process can be made");
  }
  set_defaults(p);
}

/* Whether it has ended within `ms`. */
static bool reap(struct program *p, unsigned ms, int *status) {
  struct rusage usage = {.ru_maxrss = 0};
  uint64_t until = fixture_real_ms() + ms;
  for (;;) {
    pid_t ended = wait4(p->pid, status, WNOHANG, &usage);
    p->peak_kb = usage.ru_maxrss;
    if (ended == p->pid) return true;
    if (fixture_real_ms() >= until) return false;
    usleep(POLL_US);
  }
}

void program_wait(struct program *p, unsigned ms) {
  int status = 0;
  if (!p->pid) return;
  if (!reap(p, ms, &status)) {
    fixture_fail("the program did not end within %u ms", ms);
    kill(p->pid, SIGKILL);
    (void)waitpid(p->pid, &status, 0);
  }
  p->pid = 0;
  p->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  p->out = program_read(p, out_name, &p->out_length);
  p->err = program_read(p, err_name, &p->err_length);
  if (p->err && strstr(p->err, "Sanitizer"))
    fixture_fail("a sanitizer found something:\n%s", p->err);
}

void program_run(struct program *p, const char *const *arguments) {
  program_start(p, arguments);
  program_wait(p, RUN_MS);
}

void program_write(const struct program *p, const char *name, const void *bytes,
                   size_t length) {
  int fd = open_file(p, name);
  const char *at = bytes;
  while (fd >= 0 && length) {
    ssize_t written = write(fd, at, length);
    if (written <= 0) break;
    at += written;
    length -= (size_t)written;
  }
  if (fd < 0 || length) fixture_fail("%s cannot be written", name);
  if (fd >= 0) close(fd);
}

static char *read_all(int fd, size_t size, size_t *length) {
  char *bytes = malloc(size + 1);
  *length = 0;
  while (bytes && *length < size) {
    ssize_t got = read(fd, bytes + *length, size - *length);
    if (got <= 0) break;
    *length += (size_t)got;
  }
  if (bytes) bytes[*length] = '\0';
  return bytes;
}

char *program_read(const struct program *p, const char *name, size_t *length) {
  char path[2 * PROGRAM_PATH_ROOM];
  struct stat about;
  size_t ignored;
  int fd = open(program_file(p, name, path, sizeof path), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  char *bytes = NULL;
  if (fstat(fd, &about) == 0)
    bytes = read_all(fd, (size_t)about.st_size, length ? length : &ignored);
  close(fd);
  return bytes;
}

bool program_said(const struct program *p, const char *text) {
  if (p->err && strstr(p->err, text)) return true;
  fixture_fail("the program did not say \"%s\" but:\n%s", text,
               p->err ? p->err : "(nothing)");
  return false;
}
