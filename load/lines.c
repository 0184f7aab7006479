/* SPDX-License-Identifier: MIT
 * lines.c: the format whose lines are URLs or JSON objects. */
#include "input.h"
#include "json_request.h"
#include "url_line.h"

static lariat_status begin(lariat_load_input *input, lariat_load_error *error) {
  (void)error;
  input->vegeta = input->options.format == LARIAT_LOAD_VEGETA;
  return LARIAT_OK;
}

static lariat_status add_line(lariat_load_input *input, const char *line,
                              size_t length, lariat_load_error *error) {
  lariat_status status;
  if (length == 0 || line[0] == '#') return LARIAT_OK;
  if (line[0] == '{' || input->options.format == LARIAT_LOAD_VEGETA)
    status =
        lr_load_json_add(input->requests, line, length, &input->vegeta, error);
  else
    status = lr_load_url_line_add(input->requests, line, length,
                                  &input->scratch, error);
  if (status == LARIAT_OK) input->taken++;
  return status;
}

const lr_load_format lr_load_lines_format = {
    .begin = begin, .add_line = add_line, .longest = LARIAT_LOAD_LONGEST_LINE};
