/* SPDX-License-Identifier: MIT
 * runner.c: a child process, signals, and a file. */
#include "load/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <lariat/load/report.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load/report_command.h"
#include "say.h"
#include "text.h"

enum { READ_AT_ONCE = 65536, SIGNALLED = 128, PATH = 96 };

/* Of a signal handler: nothing else is to be reached from one. */
static volatile sig_atomic_t first_signal;
static volatile sig_atomic_t child;

/* ---- Signals ---- */

static void on_signal(int number) {
  int error = errno;
  if (!first_signal) first_signal = number;
  if (child > 0) (void)kill((pid_t)child, number);
  errno = error;
}

int runner_interrupted(void) {
  return first_signal ? SIGNALLED + first_signal : 0;
}

/* ---- The directory ---- */

bool runner_open(struct runner *runner) {
  const char *parent = getenv("TMPDIR");
  if (!parent || !*parent) parent = "/tmp";
  int length = snprintf(runner->directory, sizeof runner->directory,
                        "%s/lariat-compare-XXXXXX", parent);
  if (length < 0 || (size_t)length >= sizeof runner->directory)
    (void)snprintf(runner->directory, sizeof runner->directory,
                   "/tmp/lariat-compare-XXXXXX");
  if (!mkdtemp(runner->directory)) {
    say("cannot make a directory for results: %s", say_errno(errno));
    runner->directory[0] = '\0';
    return false;
  }
  struct sigaction action = {.sa_handler = on_signal};
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
  return true;
}

/* Makes the path of one of its two files. */
static const char *find_path(const struct runner *runner, const char *name,
                             char path[PATH]) {
  (void)snprintf(path, PATH, "%s/%s", runner->directory, name);
  return path;
}

void runner_close(struct runner *runner) {
  char path[PATH];
  if (!runner->directory[0]) return;
  (void)unlink(find_path(runner, "result.json", path));
  (void)unlink(find_path(runner, "messages", path));
  (void)rmdir(runner->directory);
}

/* ---- Results ---- */

/* Reads all of a file into new memory; NULL, with errno set. */
static char *read_all(const char *path, size_t *length) {
  FILE *file = fopen(path, "rbe");
  char *bytes = NULL;
  size_t got = 1;
  *length = 0;
  while (file && got) {
    char *grown = realloc(bytes, *length + READ_AT_ONCE);
    if (!grown) break;
    bytes = grown;
    got = fread(bytes + *length, 1, READ_AT_ONCE, file);
    *length += got;
  }
  bool whole = file && !got && !ferror(file);
  if (file) (void)fclose(file);
  if (whole) return bytes;
  free(bytes);
  return NULL;
}

lariat_load_result *runner_read(const char *path) {
  struct text text = {0};
  lariat_load_result *result = NULL;
  lariat_load_error error = {.message = ""};
  char shown[SAY_CAPACITY];
  bool read = load_report_read(path, &text);
  lariat_status status =
      read ? lariat_load_result_parse(text.bytes, text.length, &result, &error)
           : LARIAT_OK;
  text_free(&text);
  if (!read || status == LARIAT_OK) return result;
  say("%s is no result of a load test: %s", say_shown(shown, path),
      error.message[0] ? error.message : lariat_status_text(status));
  return NULL;
}

/* ---- Processes ---- */

/* Waits for the end of the process, whatever signals come.  Returns its exit
 * code. */
static int wait_for(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return EXIT_USAGE;
  child = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status);
}

/* Starts it without an input; its report for people is thrown away, and its
 * messages are kept in a file. */
static int spawn(char **arguments, const char *messages, pid_t *pid) {
  posix_spawn_file_actions_t files;
  int error = posix_spawn_file_actions_init(&files);
  if (error) return error;
  error = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
                                           O_RDONLY, 0);
  if (!error)
    error = posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
                                             O_WRONLY, 0);
  if (!error)
    error = posix_spawn_file_actions_addopen(
        &files, STDERR_FILENO, messages, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (!error)
    error =
        posix_spawn(pid, "/proc/self/exe", &files, NULL, arguments, environ);
  (void)posix_spawn_file_actions_destroy(&files);
  return error;
}

static int run_process(char **arguments, const char *messages) {
  pid_t pid = 0;
  int error = spawn(arguments, messages, &pid);
  if (error) {
    say("cannot run a load test: %s", say_errno(error));
    return EXIT_USAGE;
  }
  child = (sig_atomic_t)pid;
  if (first_signal) (void)kill(pid, first_signal); /* it came meanwhile */
  return wait_for(pid);
}

/* Runs it with more arguments behind those given; returns its exit code. */
static int run_load(const struct runner *runner, const struct words *arguments,
                    const char *const *more) {
  char path[PATH];
  struct words all = {NULL, 0};
  bool added = words_add(&all, "lariat") && words_add(&all, "load");
  for (size_t i = 0; added && i < arguments->count; i++)
    added = words_add(&all, arguments->list[i]);
  for (; added && *more; more++) added = words_add(&all, *more);
  int code = EXIT_USAGE;
  if (added)
    code = run_process(all.list, find_path(runner, "messages", path));
  else
    say("out of memory");
  words_free(&all);
  return code;
}

/* Shows the messages of the last process. */
static void show_messages(const struct runner *runner) {
  char path[PATH];
  size_t length;
  char *text = read_all(find_path(runner, "messages", path), &length);
  if (text) (void)fwrite(text, 1, length, stderr);
  free(text);
}

bool runner_check(const struct runner *runner, const struct words *arguments) {
  static const char *const more[] = {"--plan", NULL};
  int code = run_load(runner, arguments, more);
  if (code == EXIT_USAGE) show_messages(runner);
  return code != EXIT_USAGE;
}

int runner_run(const struct runner *runner, const struct words *arguments,
               lariat_load_result **result) {
  char path[PATH];
  const char *const more[] = {"--quiet", "--json",
                              find_path(runner, "result.json", path), NULL};
  *result = NULL;
  (void)unlink(path);
  int code = run_load(runner, arguments, more);
  if (code != EXIT_USAGE && access(path, R_OK) == 0)
    *result = runner_read(path);
  if (!*result && !first_signal) show_messages(runner);
  return code;
}
