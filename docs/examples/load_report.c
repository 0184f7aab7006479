/* SPDX-License-Identifier: MIT
 * load_report.c: reads the JSON of a load test, and writes another report:
 *
 *   load_report text <run.json
 *   load_report html <run.json >run.html
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/load/report.h>

static const struct format {
  const char *name;
  lariat_load_format format;
} formats[] = {
    {"text", LARIAT_LOAD_TEXT},       {"json", LARIAT_LOAD_JSON},
    {"html", LARIAT_LOAD_HTML},       {"csv", LARIAT_LOAD_CSV},
    {"samples", LARIAT_LOAD_SAMPLES}, {"openmetrics", LARIAT_LOAD_OPENMETRICS},
};

static const struct format *find_format(const char *name) {
  for (size_t i = 0; name && i < sizeof formats / sizeof formats[0]; i++)
    if (strcmp(formats[i].name, name) == 0) return &formats[i];
  return NULL;
}

/* Reads all of standard input; NULL: that failed. */
static char *read_input(size_t *length) {
  size_t capacity = 1 << 16;
  char *text = malloc(capacity);
  *length = 0;
  while (text) {
    size_t got = fread(text + *length, 1, capacity - *length, stdin);
    if (got == 0) break;
    *length += got;
    if (*length < capacity) continue;
    char *grown = realloc(text, capacity *= 2);
    if (!grown) free(text);
    text = grown;
  }
  return text;
}

static int write_report(lariat_load_result *result, lariat_load_format format) {
  char *text;
  size_t length;
  lariat_status status =
      lariat_load_report_write(result, NULL, format, &text, &length);
  if (status != LARIAT_OK) return 1;
  size_t written = fwrite(text, 1, length, stdout);
  lariat_load_text_free(text);
  return written != length;
}

int main(int argc, char **argv) {
  const struct format *format = find_format(argc == 2 ? argv[1] : NULL);
  size_t length;
  lariat_load_result *result;
  lariat_load_error error = {0};
  if (!format) {
    fputs("usage: load_report text|json|html|csv|samples|openmetrics\n",
          stderr);
    return 2;
  }
  char *json = read_input(&length);
  if (lariat_load_result_parse(json, length, &result, &error) != LARIAT_OK) {
    fprintf(stderr, "load_report: %s\n", error.message);
    free(json);
    return 1;
  }
  free(json);
  int code = write_report(result, format->format);
  lariat_load_result_free(result);
  return code;
}
