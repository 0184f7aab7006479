/* SPDX-License-Identifier: MIT
 * facts.c: what a result tells of its run. */
#include <lariat/load/facts.h>

#include "result.h"

const lariat_load_run_facts *
lariat_load_result_facts(const lariat_load_result *result) {
  return &result->facts;
}
