/* SPDX-License-Identifier: MIT
 * merging.c: the library's merge, and what goes wrong with it. */
#include "merging.h"

#include "say.h"

void merging_open(struct merging *merging) {
  if (lariat_load_merge_new(&merging->merge) != LARIAT_OK)
    merging->merge = NULL;
}

void merging_add(struct merging *merging, const char *name,
                 int64_t clock_ahead_ns, const char *json, size_t length) {
  lariat_load_merge_source source = {
      .size = sizeof source, .name = name, .clock_ahead_ns = clock_ahead_ns};
  lariat_load_error error = {.message = ""};
  if (!merging->merge) return;
  lariat_status status =
      lariat_load_merge_add(merging->merge, &source, json, length, &error);
  if (status != LARIAT_OK)
    say("the result of %s is left out: %s", name,
        error.message[0] ? error.message : lariat_status_text(status));
}

lariat_load_result *merging_close(struct merging *merging) {
  lariat_load_result *result = NULL;
  lariat_status status = merging->merge
                             ? lariat_load_merge_finish(merging->merge, &result)
                             : LARIAT_ENOMEM;
  if (status != LARIAT_OK)
    say("there is no result: %s", status == LARIAT_EINVAL
                                      ? "no process has one"
                                      : lariat_status_text(status));
  lariat_load_merge_free(merging->merge);
  return status == LARIAT_OK ? result : NULL;
}
