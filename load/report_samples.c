/* SPDX-License-Identifier: MIT
 * report_samples.c: the slowest requests, as JSON, each with its instants. */
#include "report.h"

#include "result_json.h"

/* Writes an instant from the start of the run on; null: it was not reached. */
static void write_instant(lr_load_text *out, const lr_load_member *member,
                          const lr_load_sample *sample, uint64_t start_ns) {
  uint64_t at =
      *(const uint64_t *)(const void *)((const char *)sample + member->offset);
  if (at >= start_ns && at)
    lr_load_json_us(out, member->key, at - start_ns);
  else
    lr_load_json_null(out, member->key);
}

void lr_load_write_sample(lr_load_text *out, const lariat_load_result *result,
                          const lr_load_sample *sample) {
  uint64_t start_ns = lr_load_find_start(result);
  lr_load_json_open(out, NULL, '{');
  if (sample->name < result->class_count)
    lr_load_json_string(out, "name", result->classes[sample->name].name);
  lr_load_json_string(
      out, "outcome",
      lariat_load_outcome_name((lariat_load_outcome)sample->outcome));
  lr_load_json_members(out, lr_load_sample_members.members,
                       lr_load_sample_members.count, sample);
  for (int i = 0; i < LR_LOAD_INSTANTS; i++)
    write_instant(out, &lr_load_instants[i], sample, start_ns);
  lr_load_json_close(out, '}');
}

/* Writes a line of JSON for each, the slowest first. */
void lr_load_report_samples(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  for (size_t i = 0; i < result->slowest_count; i++) {
    lr_load_text line = {0};
    lr_load_write_sample(&line, result, &result->slowest[i]);
    if (line.status != LARIAT_OK) report->out->status = line.status;
    if (line.bytes) lr_load_text_add(report->out, line.bytes);
    lr_load_text_add(report->out, "\n");
    lr_load_text_clear(&line);
  }
}
