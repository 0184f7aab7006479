/* SPDX-License-Identifier: MIT
 * warc_hook.c: a queue of paths, and a log of those that are done. */
#include "crawl/warc_hook.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum { MOST_FILES = 10000000 };

static void run_next(struct warc_hook *hook);

/* ---- The log ---- */

static const char *name_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Notes a file; false: it was there before, or there is no memory. */
static bool note_name(struct warc_hook *hook, const char *name) {
  struct name_count *count = name_counts_at(&hook->seen, name, strlen(name));
  return count && count->count++ == 0;
}

static void read_log(struct warc_hook *hook, const char *path) {
  char *line = NULL;
  size_t capacity = 0;
  FILE *file = fopen(path, "re");
  if (!file) return;
  while (getline(&line, &capacity, file) >= 0) {
    size_t length = strcspn(line, "\n");
    bool whole = line[length] == '\n'; /* the last one may be torn */
    line[length] = '\0';
    if (whole && length) (void)note_name(hook, line);
  }
  free(line);
  (void)fclose(file);
}

static void write_log(const struct warc_hook *hook, const char *path) {
  char *line;
  int length = asprintf(&line, "%s\n", name_of(path));
  if (length < 0) return;
  if (write(hook->log, line, (size_t)length) < 0)
    say("cannot note that %s is done: %s", path, say_errno(errno));
  free(line);
}

/* ---- The queue ---- */

static void push_path(struct warc_hook *hook, const char *path) {
  char **paths = realloc(hook->paths, (hook->count + 1) * sizeof *paths);
  char *copy = strdup(path);
  if (paths) hook->paths = paths;
  if (paths && copy)
    paths[hook->count++] = copy;
  else
    free(copy);
}

static void finish_if_empty(struct warc_hook *hook) {
  if (!hook->ending || hook->next < hook->count || hook->process.pid) return;
  hook->ending = false;
  hook->finished(hook->context);
}

static void on_command_end(void *context, int code) {
  struct warc_hook *hook = context;
  const char *path = hook->paths[hook->next++];
  if (code) {
    hook->failed = true;
    say("--on-warc-closed has failed for %s with code %d; it is run again "
        "when the crawl is started again",
        path, code);
  } else {
    write_log(hook, path);
  }
  run_next(hook);
}

static void run_next(struct warc_hook *hook) {
  while (!hook->process.pid && hook->next < hook->count) {
    const char *path = hook->paths[hook->next];
    if (command_start(&hook->process, hook->reactor, hook->text, path, -1,
                      on_command_end, hook))
      break;
    say("cannot run the command of --on-warc-closed: %s", say_errno(errno));
    hook->failed = true;
    hook->next++;
  }
  finish_if_empty(hook);
}

void warc_hook_add(const char *path, void *context) {
  struct warc_hook *hook = context;
  if (!hook->text || !note_name(hook, name_of(path))) return;
  push_path(hook, path);
  run_next(hook);
}

/* ---- Files of earlier runs ---- */

static bool is_closed_warc(const char *name) {
  size_t length = strlen(name);
  return (length > 8 && strcmp(name + length - 8, ".warc.gz") == 0) ||
         (length > 5 && strcmp(name + length - 5, ".warc") == 0);
}

static void add_earlier(struct warc_hook *hook, const char *directory) {
  DIR *files = opendir(directory);
  struct dirent *entry;
  while (files && (entry = readdir(files))) {
    char *path;
    if (!is_closed_warc(entry->d_name)) continue;
    if (asprintf(&path, "%s/%s", directory, entry->d_name) < 0) break;
    if (note_name(hook, entry->d_name)) push_path(hook, path);
    free(path);
  }
  if (files) (void)closedir(files);
}

static bool open_log(struct warc_hook *hook, const char *directory) {
  char *path;
  if (asprintf(&path, "%s/warc-closed.log", directory) < 0) return false;
  read_log(hook, path);
  hook->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (hook->log < 0) say("cannot write to %s: %s", path, say_errno(errno));
  free(path);
  return hook->log >= 0;
}

bool warc_hook_begin(struct warc_hook *hook, lariat_reactor *reactor,
                     const char *directory, const char *text,
                     lariat_call finished, void *context) {
  char *files;
  *hook = (struct warc_hook){.reactor = reactor,
                             .text = text,
                             .process = {.handle = -1},
                             .finished = finished,
                             .context = context,
                             .log = -1};
  name_counts_init(&hook->seen, MOST_FILES);
  if (!open_log(hook, directory) || asprintf(&files, "%s/warc", directory) < 0)
    return false;
  add_earlier(hook, files);
  free(files);
  run_next(hook);
  return true;
}

void warc_hook_end(struct warc_hook *hook) {
  hook->ending = true;
  finish_if_empty(hook);
}

void warc_hook_close(struct warc_hook *hook) {
  if (!hook->text) return;
  command_forget(&hook->process);
  for (size_t i = 0; i < hook->count; i++) free(hook->paths[i]);
  free(hook->paths);
  name_counts_free(&hook->seen);
  if (hook->log >= 0) close(hook->log);
  *hook = (struct warc_hook){.log = -1};
}
