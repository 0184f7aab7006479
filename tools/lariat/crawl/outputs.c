/* SPDX-License-Identifier: MIT
 * outputs.c: parts that are waited for at the end. */
#include "crawl/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crawl/openmetrics.h"
#include "crawl/whole_file.h"
#include "say.h"

/* ---- The end of a part ---- */

static void finish_if_all(struct crawl_outputs *outputs) {
  if (!outputs->ending || outputs->waiting) return;
  outputs->ending = false;
  outputs->finished(outputs->context);
}

static void end_part(void *context) {
  struct crawl_outputs *outputs = context;
  outputs->waiting--;
  finish_if_all(outputs);
}

/* ---- The command ---- */

/* The command has got all, or does not read any more. */
static void on_fed(void *context) {
  struct crawl_outputs *outputs = context;
  if (outputs->command.to >= 0) close(outputs->command.to);
  outputs->command.to = -1;
  if (!outputs->process.pid) end_part(outputs);
}

static void on_command_end(void *context, int code) {
  struct crawl_outputs *outputs = context;
  bool fed = outputs->command.over && !outputs->command.broken;
  if (code || !fed) {
    outputs->failed = true;
    say("the command of --exec has ended with code %d%s%s", code,
        fed ? "" : "; what it has not read is in ", fed ? "" : outputs->lines);
  }
  if (outputs->command.over) {
    end_part(outputs);
  } else { /* which ends when it is written to the next time */
    line_feed_end(&outputs->command);
  }
}

static bool begin_command(struct crawl_outputs *outputs) {
  int ends[2];
  char *mark;
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  bool begun =
      command_start(&outputs->process, outputs->reactor,
                    outputs->settings->output.exec, NULL, ends[0],
                    on_command_end, outputs) &&
      asprintf(&mark, "%s/exec.offset", outputs->settings->seeds.directory) > 0;
  close(ends[0]);
  if (!begun) {
    close(ends[1]);
    return false;
  }
  begun = line_feed_begin(&outputs->command, outputs->reactor, outputs->lines,
                          mark, ends[1], on_fed, outputs);
  free(mark);
  outputs->waiting++;
  return begun;
}

/* ---- Beginning ---- */

static bool is_standard(const char *path) {
  return path && strcmp(path, "-") == 0;
}

bool crawl_outputs_init(struct crawl_outputs *outputs,
                        const struct crawl_settings *settings) {
  const struct crawl_output_settings *output = &settings->output;
  *outputs = (struct crawl_outputs){.settings = settings,
                                    .standard = {.from = -1, .to = -1},
                                    .command = {.from = -1, .to = -1},
                                    .process = {.handle = -1},
                                    .hook = {.log = -1}};
  if (output->jsonl && !is_standard(output->jsonl))
    return (outputs->lines = strdup(output->jsonl)) != NULL;
  if (!output->jsonl && !output->exec) return true;
  if (asprintf(&outputs->lines, "%s/outcomes.jsonl",
               settings->seeds.directory) >= 0)
    return true;
  outputs->lines = NULL;
  return false;
}

static bool begin_standard(struct crawl_outputs *outputs) {
  outputs->waiting++;
  return line_feed_begin(&outputs->standard, outputs->reactor, outputs->lines,
                         NULL, STDOUT_FILENO, end_part, outputs);
}

static bool begin_hook(struct crawl_outputs *outputs) {
  outputs->waiting++;
  return warc_hook_begin(
      &outputs->hook, outputs->reactor, outputs->settings->seeds.directory,
      outputs->settings->output.on_warc_closed, end_part, outputs);
}

static bool fail_begin(const char *option) {
  say("cannot begin with %s: %s", option,
      errno ? say_errno(errno) : "out of memory");
  return false;
}

bool crawl_outputs_begin(struct crawl_outputs *outputs,
                         lariat_reactor *reactor) {
  const struct crawl_output_settings *output = &outputs->settings->output;
  outputs->reactor = reactor;
  errno = 0;
  if (is_standard(output->jsonl) && !begin_standard(outputs))
    return fail_begin("--jsonl");
  if (output->exec && !begin_command(outputs)) return fail_begin("--exec");
  if (output->on_warc_closed && !begin_hook(outputs))
    return fail_begin("--on-warc-closed");
  return true;
}

/* ---- Metrics ---- */

void crawl_outputs_measure(struct crawl_outputs *outputs,
                           const struct crawl_counts *counts) {
  struct text text = {NULL, 0, 0};
  const char *path = outputs->settings->output.openmetrics;
  if (!path) return;
  errno = ENOMEM;
  bool written = openmetrics_add(&text, counts) &&
                 whole_file_write(path, text.bytes, text.length);
  if (!written && !outputs->metrics_failed)
    say("cannot write to %s: %s", path, say_errno(errno));
  outputs->metrics_failed = outputs->metrics_failed || !written;
  text_free(&text);
}

/* ---- The end ---- */

void crawl_outputs_end(struct crawl_outputs *outputs, lariat_call finished,
                       void *context) {
  outputs->finished = finished;
  outputs->context = context;
  if (outputs->standard.reactor) line_feed_end(&outputs->standard);
  if (outputs->command.reactor) line_feed_end(&outputs->command);
  if (outputs->hook.text) warc_hook_end(&outputs->hook);
  outputs->ending = true;
  finish_if_all(outputs);
}

bool crawl_outputs_close(struct crawl_outputs *outputs) {
  bool good =
      !outputs->failed && !outputs->hook.failed && !outputs->metrics_failed;
  if (outputs->command.to >= 0) close(outputs->command.to);
  line_feed_close(&outputs->standard);
  line_feed_close(&outputs->command);
  command_forget(&outputs->process);
  warc_hook_close(&outputs->hook);
  free(outputs->lines);
  outputs->lines = NULL;
  return good;
}
