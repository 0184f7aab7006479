/* SPDX-License-Identifier: MIT
 * content_coding.c: lists of codings. */
#include "http/content_coding.h"

#include <string.h>

#include "http/brotli_stage.h"
#include "http/field.h"
#include "http/zstd_stage.h"

const char *lr_content_coding_name(lr_content_coding coding) {
  static const char *const names[] = {[LR_CODING_GZIP] = "gzip",
                                      [LR_CODING_DEFLATE] = "deflate",
                                      [LR_CODING_BROTLI] = "br",
                                      [LR_CODING_ZSTD] = "zstd"};
  return names[coding];
}

const char *lr_content_codings_accepted(void) {
  if (LR_HAS_BROTLI && LR_HAS_ZSTD) return "gzip, br, zstd";
  if (LR_HAS_BROTLI) return "gzip, br";
  return LR_HAS_ZSTD ? "gzip, zstd" : "gzip";
}

/* Finds the coding that is called so; -1: none is. */
static int find_coding(const char *name, size_t length) {
  if (lr_name_is(name, length, "x-gzip")) return LR_CODING_GZIP;
  for (int coding = LR_CODING_GZIP; coding <= LR_CODING_ZSTD; coding++)
    if (lr_name_is(name, length,
                   lr_content_coding_name((lr_content_coding)coding)))
      return coding;
  return -1;
}

static bool is_built(int coding) {
  if (coding == LR_CODING_BROTLI) return LR_HAS_BROTLI;
  return coding != LR_CODING_ZSTD || LR_HAS_ZSTD;
}

/* Notes the first problem, with as much of the name as can be shown anywhere.
 */
static void note_problem(lr_content_codings *codings, lr_coding_problem problem,
                         const char *name, size_t length) {
  size_t most = sizeof codings->unknown - 1;
  if (codings->problem != LR_CODING_NO_PROBLEM) return;
  codings->problem = (uint8_t)problem;
  if (length > most) length = most;
  for (size_t i = 0; i < length; i++) {
    char c = name[i];
    bool printable = c > ' ' && c < 0x7f && c != '"' && c != '\\';
    codings->unknown[i] = printable ? c : '?';
  }
  codings->unknown[length] = '\0';
}

static bool says_nothing(const char *name, size_t length) {
  return length == 0 || lr_name_is(name, length, "identity") ||
         lr_name_is(name, length, "none");
}

static void add_name(lr_content_codings *codings, const char *name,
                     size_t length) {
  if (says_nothing(name, length)) return;
  int coding = find_coding(name, length);
  if (coding < 0)
    note_problem(codings, LR_CODING_UNKNOWN, name, length);
  else if (!is_built(coding))
    note_problem(codings, LR_CODING_NOT_BUILT, name, length);
  else if (codings->count == LR_CODINGS_MOST)
    note_problem(codings, LR_CODING_TOO_MANY, name, length);
  else
    codings->list[codings->count++] = (uint8_t)coding;
}

void lr_content_codings_add(lr_content_codings *codings, const char *value) {
  const char *end = value + strlen(value);
  while (value < end) {
    const char *comma = memchr(value, ',', (size_t)(end - value));
    if (!comma) comma = end;
    const char *name = lr_skip_blanks(value, comma);
    add_name(codings, name, (size_t)(lr_trim_end(name, comma) - name));
    value = comma + (comma < end);
  }
}

void lr_content_codings_read(lr_content_codings *codings,
                             const lariat_response *response) {
  static const char name[] = "Content-Encoding";
  *codings = (lr_content_codings){0};
  for (uint32_t i = 0; i < response->header_count; i++) {
    const lr_header_span *span = &response->headers[i];
    const char *text = response->text.bytes;
    if (lr_name_is(text + span->name, span->name_length, name))
      lr_content_codings_add(codings, text + span->value);
  }
}
