/* SPDX-License-Identifier: MIT
 * cookies.c: cookie files of `lariat fetch`. */
#include "fetch/cookies.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "say.h"

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
  return settings->jar && strcmp(settings->jar, path) == 0;
}

/* Takes no file of which it would lose a line: what is read may be written over
 * it. */
static bool read_file(const struct cookie_settings *settings,
                      lariat_cookie_jar *jar, const char *path) {
  struct reading reading = {path, false};
  lariat_status status = lariat_cookie_jar_load(jar, path, (int64_t)time(NULL),
                                                say_fault, &reading);
  if (status == LARIAT_OK) return !reading.faulty;
  if (status == LARIAT_ESYSTEM && errno == ENOENT &&
      may_be_missing(settings, path))
    return true;
  say("cannot read the cookies of %.200s: %s", path,
      status == LARIAT_ESYSTEM ? say_errno(errno) : lariat_status_text(status));
  return false;
}

bool cookies_open(const struct cookie_settings *settings,
                  lariat_cookie_jar **jar) {
  *jar = NULL;
  if (!settings->wanted) return true;
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
    say("cannot write the cookies to %.200s: %s", settings->jar,
        status == LARIAT_ESYSTEM ? say_errno(errno)
                                 : lariat_status_text(status));
    return false;
  }
  if (left_out)
    say("%zu cookies with a tab in their name or path are not in %.200s, whose "
        "form has no way to write them",
        left_out, settings->jar);
  return true;
}
