/* SPDX-License-Identifier: MIT
 * input.c: a text cut into lines, and given to the reader of its format. */
#include "input.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"

#define LEAST_SPEED 0.001
#define MOST_SPEED 1000.0

lariat_load_input_options lariat_load_input_defaults(void) {
  return (lariat_load_input_options){.size = sizeof(lariat_load_input_options),
                                     .speed = 1};
}

/* ---- Options ---- */

/* Copies options as far as their size goes. */
static bool read_options(lariat_load_input_options *options,
                         const lariat_load_input_options *given) {
  *options = lariat_load_input_defaults();
  if (!given) return true;
  size_t size = given->size < sizeof(*given) ? given->size : sizeof(*given);
  if (size == 0) return false;
  memcpy(options, given, size);
  options->size = sizeof(*options);
  return true;
}

/* Puts a copy into the place of a text, which may be NULL.  False: out of
 * memory. */
static bool copy_text(lr_load_arena *arena, const char **text) {
  if (!*text) return true;
  *text = lr_load_arena_copy(arena, *text, strlen(*text));
  return *text != NULL;
}

static bool copy_texts(lariat_load_input *input) {
  lariat_load_input_options *options = &input->options;
  const char **hosts = lr_load_arena_objects(
      &input->arena, options->host_count + 1, sizeof(*hosts));
  if (!hosts) return false;
  for (size_t i = 0; i < options->host_count; i++) {
    hosts[i] = options->hosts[i];
    if (!copy_text(&input->arena, &hosts[i])) return false;
  }
  options->hosts = hosts;
  return copy_text(&input->arena, &options->target) &&
         copy_text(&input->arena, &options->log_format);
}

static const lr_load_format *find_format(lariat_load_input_format format) {
  switch (format) {
  case LARIAT_LOAD_LINES:
  case LARIAT_LOAD_VEGETA:
    return &lr_load_lines_format;
  case LARIAT_LOAD_ACCESS_LOG:
    return &lr_load_access_log_format;
  case LARIAT_LOAD_HAR:
    return &lr_load_har_format;
  }
  return NULL;
}

/* ---- Life ---- */

static lariat_status begin(lariat_load_input *input, lariat_load_error *error) {
  input->format = find_format(input->options.format);
  double speed = input->options.speed;
  if (!input->format) return lr_load_fail(error, 0, "there is no such format");
  if (!(speed >= LEAST_SPEED && speed <= MOST_SPEED))
    return lr_load_fail(error, 0, "the speed is not from 0.001 to 1,000");
  if (!copy_texts(input)) return LARIAT_ENOMEM;
  return input->format->begin(input, error);
}

lariat_status lariat_load_input_new(lariat_load_requests *requests,
                                    const lariat_load_input_options *options,
                                    lariat_load_input **out,
                                    lariat_load_error *error) {
  lariat_load_input *input = calloc(1, sizeof(*input));
  *out = NULL;
  if (!input) return LARIAT_ENOMEM;
  input->requests = requests;
  lariat_status status = LARIAT_OK;
  if (read_options(&input->options, options))
    status = begin(input, error);
  else
    status = lr_load_fail(error, 0, "options of size 0");
  if (status == LARIAT_OK)
    *out = input;
  else
    lariat_load_input_free(input);
  return status;
}

void lariat_load_input_free(lariat_load_input *input) {
  if (!input) return;
  if (input->format && input->format->free) input->format->free(input);
  lr_load_bytes_free(&input->text);
  lr_load_bytes_free(&input->scratch);
  lr_load_arena_free(&input->arena);
  free(input);
}

/* ---- Lines ---- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* Takes a byte-order mark from the first line, and blanks from both ends. */
static const char *trim_line(const lariat_load_input *input, const char *line,
                             size_t *length) {
  if (input->line == 1 && *length >= 3 &&
      memcmp(line, "\xef\xbb\xbf", 3) == 0) {
    line += 3;
    *length -= 3;
  }
  while (*length && is_space(line[*length - 1])) --*length;
  for (; *length && is_space(*line); --*length) line++;
  return line;
}

static lariat_status take_line(lariat_load_input *input, const char *line,
                               size_t length, lariat_load_error *error) {
  lariat_load_error inner = {0};
  input->line++;
  const char *text = trim_line(input, line, &length);
  if (length > input->format->longest)
    return lr_load_fail(error, 0, "line %ju: more than %zu bytes",
                        (uintmax_t)input->line, input->format->longest);
  lariat_status status = input->format->add_line(input, text, length, &inner);
  if (status != LARIAT_EINVAL) return status;
  return lr_load_fail(error, (size_t)(text - line) + inner.byte,
                      "line %ju: %.95s", (uintmax_t)input->line, inner.message);
}

/* Takes the line that ends here, which may have begun in a piece before. */
static lariat_status end_line(lariat_load_input *input, const char *bytes,
                              size_t length, lariat_load_error *error) {
  if (!input->text.length) return take_line(input, bytes, length, error);
  if (!lr_load_bytes_add(&input->text, bytes, length)) return LARIAT_ENOMEM;
  lariat_status status =
      take_line(input, input->text.bytes, input->text.length, error);
  lr_load_bytes_clear(&input->text);
  return status;
}

/* Keeps what no line's end is behind. */
static lariat_status keep_bytes(lariat_load_input *input, const char *bytes,
                                size_t length, lariat_load_error *error) {
  size_t longest = input->format->longest;
  if (length > longest || input->text.length > longest - length) {
    if (!input->format->add_line)
      return lr_load_fail(error, 0, "more than %zu bytes", longest);
    return lr_load_fail(error, 0, "line %ju: more than %zu bytes",
                        (uintmax_t)input->line + 1, longest);
  }
  return lr_load_bytes_add(&input->text, bytes, length) ? LARIAT_OK
                                                        : LARIAT_ENOMEM;
}

static lariat_status feed(lariat_load_input *input, const char *bytes,
                          size_t length, lariat_load_error *error) {
  lariat_status status = LARIAT_OK;
  const char *end;
  while (input->format->add_line && length && status == LARIAT_OK &&
         (end = memchr(bytes, '\n', length))) {
    size_t line = (size_t)(end - bytes);
    status = end_line(input, bytes, line, error);
    bytes += line + 1;
    length -= line + 1;
  }
  if (status != LARIAT_OK || !length) return status;
  return keep_bytes(input, bytes, length, error);
}

static lariat_status finish(lariat_load_input *input,
                            lariat_load_error *error) {
  lariat_status status = LARIAT_OK;
  if (input->format->add_line && input->text.length)
    status = end_line(input, "", 0, error);
  if (status == LARIAT_OK && input->format->end)
    status = input->format->end(input, error);
  if (status != LARIAT_OK || input->taken) return status;
  return lr_load_fail(error, 0, "there is no request in it");
}

/* Keeps the first status that is not LARIAT_OK, and tells it. */
static lariat_status keep_status(lariat_load_input *input, lariat_status status,
                                 lariat_load_error *error) {
  input->status = status;
  if (error && status == LARIAT_EINVAL) *error = input->error;
  return status;
}

lariat_status lariat_load_input_feed(lariat_load_input *input,
                                     const char *bytes, size_t length,
                                     lariat_load_error *error) {
  lariat_status status = input->status;
  if (status == LARIAT_OK) status = feed(input, bytes, length, &input->error);
  return keep_status(input, status, error);
}

lariat_status lariat_load_input_end(lariat_load_input *input,
                                    lariat_load_error *error) {
  lariat_status status = input->status;
  if (status == LARIAT_OK) status = finish(input, &input->error);
  return keep_status(input, status, error);
}

/* ---- Counts ---- */

uint64_t lariat_load_input_skipped(const lariat_load_input *input,
                                   lariat_load_skip reason) {
  return (unsigned)reason < LARIAT_LOAD_SKIPS ? input->skipped[reason] : 0;
}

uint64_t lariat_load_input_taken(const lariat_load_input *input) {
  return input->taken;
}
