/* SPDX-License-Identifier: MIT
 * cookies.c: cookie files of `lariat fetch`. */
#include "fetch/cookies.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

/* ---- Paths ---- */

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Resolves the directory that a file is in, or is to be in. */
static bool resolve_directory(const char *path, char resolved[PATH_MAX]) {
  char directory[PATH_MAX] = ".";
  size_t length = (size_t)(base_name(path) - path);
  if (length >= sizeof directory) return false;
  if (length) snprintf(directory, sizeof directory, "%.*s", (int)length, path);
  return realpath(directory, resolved);
}

/* Tells whether two paths, neither of which need lead to a file, are those of
 * one. */
static bool is_same_file(const char *a, const char *b) {
  char of_a[PATH_MAX];
  char of_b[PATH_MAX];
  if (strcmp(a, b) == 0) return true;
  return strcmp(base_name(a), base_name(b)) == 0 &&
         resolve_directory(a, of_a) && resolve_directory(b, of_b) &&
         strcmp(of_a, of_b) == 0;
}

/* Tells whether a file can be made beside `path`, as the jar is written, by
 * making one and removing it; else errno says why not. */
static bool can_make_beside(const char *path) {
  char beside[PATH_MAX];
  int length = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
  errno = ENAMETOOLONG;
  if (length < 0 || (size_t)length >= sizeof beside) return false;
  int fd = mkostemp(beside, O_CLOEXEC);
  if (fd < 0) return false;
  (void)close(fd);
  (void)unlink(beside);
  return true;
}

/* Tells whether the jar can be written to `path` in the end, as far as that can
 * be told before; else errno says why not. */
static bool can_write(const char *path) {
  char real[PATH_MAX];
  struct stat about;
  if (stat(path, &about) != 0) return errno == ENOENT && can_make_beside(path);
  if (S_ISREG(about.st_mode))
    return realpath(path, real) && can_make_beside(real);
  errno = EISDIR;
  return !S_ISDIR(about.st_mode) && access(path, W_OK) == 0;
}

/* ---- Reading ---- */

/* A file on its way into the jar. */
struct reading {
  const char *path;
  bool faulty;
};

static void say_fault(void *context, size_t line, const char *reason) {
  struct reading *reading = context;
  reading->faulty = true;
  say("%.200s:%zu: %s", reading->path, line, reason);
}

/* Tells whether a file may be missing: it is to be written in the end. */
static bool may_be_missing(const struct cookie_settings *settings,
                           const char *path) {
  return settings->jar && is_same_file(settings->jar, path);
}

/* Takes no file of which it would lose a line: what is read may be written over
 * it. */
static bool read_file(const struct cookie_settings *settings,
                      lariat_cookie_jar *jar, const char *path) {
  struct reading reading = {path, false};
  lariat_status status = lariat_cookie_jar_load(jar, path, (int64_t)time(NULL),
                                                say_fault, &reading);
  if (status == LARIAT_OK) {
    if (reading.faulty)
      say("%.200s has lines that are no cookies: nothing was fetched", path);
    return !reading.faulty;
  }
  if (status == LARIAT_ESYSTEM && errno == ENOENT &&
      may_be_missing(settings, path))
    return true;
  say("cannot read the cookies of %.200s: %s", path,
      status == LARIAT_ESYSTEM ? say_errno(errno) : lariat_status_text(status));
  return false;
}

/* ---- Before and behind a run ---- */

static void say_unwritten(const char *path, lariat_status status) {
  say("cannot write the cookies to %.200s: %s", path,
      status == LARIAT_ESYSTEM ? say_errno(errno) : lariat_status_text(status));
}

bool cookies_open(const struct cookie_settings *settings,
                  lariat_cookie_jar **jar) {
  *jar = NULL;
  if (!settings->wanted) return true;
  if (settings->jar && !can_write(settings->jar)) {
    say_unwritten(settings->jar, LARIAT_ESYSTEM);
    return false;
  }
  if (lariat_cookie_jar_new(NULL, jar) != LARIAT_OK) {
    say("out of memory");
    return false;
  }
  bool good = true;
  for (size_t i = 0; i < settings->file_count; i++)
    good = read_file(settings, *jar, settings->files[i]) && good;
  return good;
}

bool cookies_save(const struct cookie_settings *settings,
                  const lariat_cookie_jar *jar) {
  size_t left_out = 0;
  if (!jar || !settings->jar) return true;
  lariat_status status = lariat_cookie_jar_save(jar, settings->jar,
                                                (int64_t)time(NULL), &left_out);
  if (status != LARIAT_OK) {
    say_unwritten(settings->jar, status);
    return false;
  }
  if (left_out)
    say("%zu cookies with a tab in their name, value or path are not in "
        "%.200s, whose form has no way to write them",
        left_out, settings->jar);
  return true;
}
