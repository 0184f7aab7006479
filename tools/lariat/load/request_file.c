/* SPDX-License-Identifier: MIT
 * request_file.c: pieces of a file, fed to the library's reader. */
#include "load/request_file.h"

#include <errno.h>
#include <fcntl.h>
#include <lariat/load/input.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum { PIECE_BYTES = 64 * 1024, HOSTS_MAX = 64 };

/* A file that is read. */
struct reading {
  const char *name; /* for messages */
  int fd;
  lariat_load_input *input;
  char bytes[PIECE_BYTES];
};

/* ---- Options ---- */

/* Cuts a list at its commas into `hosts`, in place; returns their number, or 0
 * when there are too many. */
static size_t cut_hosts(char *list, const char **hosts) {
  size_t count = 0;
  char *rest = list;
  char *host;
  while ((host = strsep(&rest, ","))) {
    if (count == HOSTS_MAX) return 0;
    if (*host) hosts[count++] = host;
  }
  return count;
}

static lariat_load_input_options
make_options(const struct load_settings *settings, const char **hosts,
             size_t host_count) {
  const struct load_input_settings *input = &settings->input;
  lariat_load_input_options options = lariat_load_input_defaults();
  if (input->har) options.format = LARIAT_LOAD_HAR;
  if (input->replay) options.format = LARIAT_LOAD_ACCESS_LOG;
  options.hosts = hosts;
  options.host_count = host_count;
  options.timed = input->timed;
  options.target = input->target;
  options.log_format = input->log_format;
  options.unsafe = input->unsafe;
  if (input->speed > 0) options.speed = input->speed;
  options.seed = settings->amount.seed;
  return options;
}

/* ---- Reading ---- */

static bool refuse(const struct reading *reading, lariat_status status,
                   const lariat_load_error *error) {
  say("%s: %s", reading->name,
      status == LARIAT_EINVAL ? error->message : lariat_status_text(status));
  return false;
}

static bool feed_file(struct reading *reading) {
  lariat_load_error error = {.message = ""};
  for (;;) {
    ssize_t got = read(reading->fd, reading->bytes, sizeof reading->bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      say("cannot read %s: %s", reading->name, say_errno(errno));
      return false;
    }
    lariat_status status =
        got ? lariat_load_input_feed(reading->input, reading->bytes,
                                     (size_t)got, &error)
            : lariat_load_input_end(reading->input, &error);
    if (status != LARIAT_OK) return refuse(reading, status, &error);
    if (got == 0) return true;
  }
}

/* Says what of the file is not sent. */
static void say_skipped(const struct reading *reading) {
  static const char *const reasons[LARIAT_LOAD_SKIPS] = {
      [LARIAT_LOAD_SKIP_METHOD] =
          ("have other methods than GET and HEAD (see --unsafe)"),
      [LARIAT_LOAD_SKIP_BROKEN] = "are no lines of the log's format",
      [LARIAT_LOAD_SKIP_HOST] = "are for other hosts than --hosts",
      [LARIAT_LOAD_SKIP_SCHEME] = "are neither http nor https",
      [LARIAT_LOAD_SKIP_BODY] = "have a body that the file has not",
      [LARIAT_LOAD_SKIP_CACHED] = "were answered by the browser's cache"};
  for (unsigned i = 0; i < LARIAT_LOAD_SKIPS; i++) {
    uint64_t skipped = lariat_load_input_skipped(reading->input, i);
    if (skipped)
      say("%s: %llu left out: they %s", reading->name,
          (unsigned long long)skipped, reasons[i]);
  }
}

/* Returns the descriptor of the file, or -1, having said why. */
static int open_path(const char *path) {
  if (strcmp(path, "-") == 0) return STDIN_FILENO;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) say("cannot read %s: %s", path, say_errno(errno));
  return fd;
}

static bool open_file(struct reading *reading, const char *path) {
  reading->name = strcmp(path, "-") == 0 ? "standard input" : path;
  reading->fd = open_path(path);
  return reading->fd >= 0;
}

static bool read_file(struct reading *reading,
                      const lariat_load_input_options *options,
                      lariat_load_requests *requests, bool quiet) {
  lariat_load_error error = {.message = ""};
  lariat_status status =
      lariat_load_input_new(requests, options, &reading->input, &error);
  if (status != LARIAT_OK) return refuse(reading, status, &error);
  bool read = feed_file(reading);
  if (read && !quiet) say_skipped(reading);
  lariat_load_input_free(reading->input);
  return read;
}

bool request_file_read(const struct load_settings *settings,
                       lariat_load_requests *requests) {
  const struct load_input_settings *input = &settings->input;
  const char *path = input->har ? input->har : input->replay;
  const char *hosts[HOSTS_MAX];
  if (!path && !input->piped) path = input->list;
  if (!path) return true;
  struct reading *reading = calloc(1, sizeof *reading);
  char *list = strdup(input->hosts ? input->hosts : "");
  if (!reading || !list) {
    say("out of memory");
    free(reading);
    free(list);
    return false;
  }
  lariat_load_input_options options =
      make_options(settings, hosts, cut_hosts(list, hosts));
  bool read = open_file(reading, path) &&
              read_file(reading, &options, requests, settings->output.quiet);
  if (reading->fd > STDERR_FILENO) close(reading->fd);
  free(reading);
  free(list);
  return read;
}

/* ---- A pipe ---- */

static bool refuse_pipe(lariat_status status, const lariat_load_error *error) {
  bool told = status == LARIAT_EINVAL || status == LARIAT_ESYSTEM;
  say("the requests of the pipe: %s",
      told && error->message[0] ? error->message : lariat_status_text(status));
  return false;
}

/* Waits for the first request as long as it takes, and then a moment for those
 * that come with it. */
static bool wait_for_some(lariat_load_pipe *pipe) {
  enum { SLICE_MS = 100, MOMENT_SLICES = 10 };
  lariat_load_error error = {.message = ""};
  lariat_status status = LARIAT_ETIMEDOUT;
  for (int slices = 0;
       status == LARIAT_ETIMEDOUT &&
       slices<MOMENT_SLICES; slices += lariat_load_pipe_ahead(pipe)> 0)
    status = lariat_load_pipe_wait(pipe, SLICE_MS, &error);
  return status == LARIAT_OK || status == LARIAT_ETIMEDOUT ||
         refuse_pipe(status, &error);
}

bool request_pipe_open(struct request_pipe *pipe, const char *path,
                       lariat_load_part part, lariat_load_requests *requests) {
  lariat_load_error error = {.message = ""};
  *pipe = (struct request_pipe){.fd = open_path(path)};
  if (pipe->fd < 0) return false;
  lariat_status status = lariat_load_pipe_open_part(
      requests, pipe->fd, LARIAT_LOAD_LINES, part, &pipe->pipe, &error);
  if (status != LARIAT_OK) return refuse_pipe(status, &error);
  return wait_for_some(pipe->pipe);
}

bool request_pipe_is_good(const struct request_pipe *pipe) {
  lariat_load_error error = {.message = ""};
  if (!pipe->pipe) return true;
  lariat_status status = lariat_load_pipe_status(pipe->pipe, &error);
  return status == LARIAT_OK || refuse_pipe(status, &error);
}

void request_pipe_close(struct request_pipe *pipe) {
  lariat_load_pipe_close(pipe->pipe);
  if (pipe->fd > STDERR_FILENO) close(pipe->fd);
  *pipe = (struct request_pipe){.fd = -1};
}
