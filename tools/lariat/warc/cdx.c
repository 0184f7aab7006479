/* SPDX-License-Identifier: MIT
 * cdx.c: `lariat warc cdx`: one sorted index of all files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <lariat/crawl/cdxj.h>

#include "say.h"
#include "text.h"
#include "warc/commands.h"

static bool refuse(const char *doing, const char *path, lariat_status status) {
  say("cannot %s %s: %s", doing, path,
      status == LARIAT_ESYSTEM ? say_errno(errno) : lariat_status_text(status));
  return false;
}

/* Writes to a file of another name, which gets the right one when all of it is
 * there. */
static bool write_file(lariat_crawl_cdxj *index, const char *path) {
  struct text name = {NULL, 0, 0};
  if (!text_add(&name, path) || !text_add(&name, ".open") ||
      !text_reserve(&name, 1))
    return refuse("write", path, LARIAT_ENOMEM);
  name.bytes[name.length] = '\0';
  int fd = open(name.bytes, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  lariat_status status = LARIAT_ESYSTEM;
  if (fd >= 0) {
    status = lariat_crawl_cdxj_write(index, fd);
    if (close(fd) != 0 && status == LARIAT_OK) status = LARIAT_ESYSTEM;
    if (status == LARIAT_OK && rename(name.bytes, path) != 0)
      status = LARIAT_ESYSTEM;
  }
  int error = errno;
  if (fd >= 0 && status != LARIAT_OK) (void)unlink(name.bytes);
  text_free(&name);
  errno = error;
  return status == LARIAT_OK || refuse("write", path, status);
}

static bool write_index(lariat_crawl_cdxj *index, const char *path) {
  if (path) return write_file(index, path);
  lariat_status status = lariat_crawl_cdxj_write(index, STDOUT_FILENO);
  return status == LARIAT_OK || refuse("write", "standard output", status);
}

static bool add_file(lariat_crawl_cdxj *index, const char *path) {
  uint64_t skipped = 0;
  lariat_status status = lariat_crawl_cdxj_add_file(index, path, &skipped);
  if (status != LARIAT_OK) return refuse("read", path, status);
  if (skipped)
    say("%s: %llu fault%s: try \"lariat warc check\"", path,
        (unsigned long long)skipped, skipped == 1 ? "" : "s");
  return !skipped;
}

int warc_cdx(const struct warc_settings *settings, int count, char **files) {
  lariat_crawl_cdxj *index;
  bool good = true;
  if (lariat_crawl_cdxj_new(&index) != LARIAT_OK) {
    say("out of memory");
    return EXIT_SOME;
  }
  for (int i = 0; i < count; i++) good = add_file(index, files[i]) && good;
  good = write_index(index, settings->output) && good;
  lariat_crawl_cdxj_free(index);
  return good ? EXIT_ALL : EXIT_SOME;
}
