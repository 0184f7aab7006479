/* SPDX-License-Identifier: MIT
 * openmetrics.c: families and samples, with their escapes. */
#include "pool/openmetrics.h"

#include <stdio.h>
#include <string.h>

static void put_bytes(lr_openmetrics *out, const char *bytes, size_t length) {
  if (!out->failed && length && !out->write(bytes, length, out->context))
    out->failed = true;
}

static void put_text(lr_openmetrics *out, const char *text) {
  put_bytes(out, text, strlen(text));
}

/* Puts a text with its line ends, backslashes and quotes escaped. */
static void put_escaped(lr_openmetrics *out, const char *text) {
  static const char escaped[] = "\n\\\"";
  for (;;) {
    size_t length = strcspn(text, escaped);
    put_bytes(out, text, length);
    text += length;
    if (!*text) return;
    put_text(out, *text == '\n' ? "\\n" : *text == '"' ? "\\\"" : "\\\\");
    text++;
  }
}

/* Puts "# TYPE name value" and the like. */
static void put_line(lr_openmetrics *out, const char *what, const char *name,
                     const char *value) {
  put_text(out, "# ");
  put_text(out, what);
  put_text(out, " ");
  put_text(out, name);
  put_text(out, " ");
  put_escaped(out, value);
  put_text(out, "\n");
}

static void put_family(lr_openmetrics *out, const lariat_metric *metric) {
  bool counter = metric->type == LARIAT_METRIC_COUNTER;
  put_line(out, "TYPE", metric->name, counter ? "counter" : "gauge");
  if (*metric->unit) put_line(out, "UNIT", metric->name, metric->unit);
  put_line(out, "HELP", metric->name, metric->help);
}

static void put_labels(lr_openmetrics *out, const lariat_metric *metric) {
  if (metric->label_count == 0) return;
  for (size_t i = 0; i < metric->label_count; i++) {
    put_text(out, i ? "," : "{");
    put_text(out, metric->labels[i].name);
    put_text(out, "=\"");
    put_escaped(out, metric->labels[i].value);
    put_text(out, "\"");
  }
  put_text(out, "}");
}

/* Puts a number, to a billionth and without a sign, as no metric here needs
 * more; with a point, whatever the locale. */
static void put_value(lr_openmetrics *out, double value) {
  const unsigned long billion = 1000000000;
  char text[48];
  unsigned long long whole = (unsigned long long)value;
  unsigned long parts =
      (unsigned long)((value - (double)whole) * (double)billion + 0.5);
  if (parts >= billion) {
    whole++;
    parts = 0;
  }
  if (parts)
    snprintf(text, sizeof text, " %llu.%09lu\n", whole, parts);
  else
    snprintf(text, sizeof text, " %llu\n", whole);
  put_text(out, text);
}

void lr_openmetrics_add(const lariat_metric *metric, void *openmetrics) {
  lr_openmetrics *out = openmetrics;
  if (!out->family || strcmp(out->family, metric->name) != 0)
    put_family(out, metric);
  out->family = metric->name;
  put_text(out, metric->name);
  if (metric->type == LARIAT_METRIC_COUNTER) put_text(out, "_total");
  put_labels(out, metric);
  put_value(out, metric->value);
}

void lr_openmetrics_end(lr_openmetrics *openmetrics) {
  put_text(openmetrics, "# EOF\n");
}

lariat_status lariat_pool_write_openmetrics(lariat_pool *pool,
                                            lariat_text_write write,
                                            void *context) {
  lr_openmetrics out = {write, context, NULL, false};
  if (!write) return LARIAT_EINVAL;
  lariat_status status =
      lariat_pool_metrics_walk(pool, lr_openmetrics_add, &out);
  if (status != LARIAT_OK) return status;
  lr_openmetrics_end(&out);
  return out.failed ? LARIAT_EWRITE : LARIAT_OK;
}
