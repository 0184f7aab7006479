/* SPDX-License-Identifier: MIT
 * report_csv.c: a line a second, by RFC 4180 but for the line ends, which are
 * those of Unix.  The columns are the members of a second in JSON. */
#include "report.h"

#include "result_json.h"

static void add_names(lr_load_text *out) {
  for (size_t i = 0; i < lr_load_second_members.count; i++)
    lr_load_text_format(out, "%s%s", i ? "," : "",
                        lr_load_second_members.members[i].key);
  lr_load_text_add(out, "\n");
}

void lr_load_report_csv(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  add_names(report->out);
  for (size_t i = 0; i < result->second_count; i++) {
    for (size_t k = 0; k < lr_load_second_members.count; k++) {
      if (k) lr_load_text_add(report->out, ",");
      lr_load_write_value(report->out, &lr_load_second_members.members[k],
                          &result->seconds[i]);
    }
    lr_load_text_add(report->out, "\n");
  }
}
