/* SPDX-License-Identifier: MIT
 * reasons.c: reasons in an array of fixed size, and the names of validities. */
#include "reasons.h"

#include <stdio.h>

void lr_load_reasons_add(lariat_load_verdict *verdict,
                         lariat_load_validity validity, const char *code,
                         const char *format, va_list arguments) {
  if (validity > verdict->validity) verdict->validity = validity;
  if (verdict->reason_count == LR_LOAD_REASONS) return;
  lariat_load_reason *reason = &verdict->reasons[verdict->reason_count++];
  reason->validity = validity;
  snprintf(reason->code, sizeof(reason->code), "%s", code);
  vsnprintf(reason->message, sizeof(reason->message), format, arguments);
}

void lr_load_reasons_sort(lariat_load_verdict *verdict) {
  for (size_t i = 1; i < verdict->reason_count; i++) {
    lariat_load_reason reason = verdict->reasons[i];
    size_t at = i;
    for (; at && verdict->reasons[at - 1].validity < reason.validity; at--)
      verdict->reasons[at] = verdict->reasons[at - 1];
    verdict->reasons[at] = reason;
  }
}

const char *lariat_load_validity_name(lariat_load_validity validity) {
  static const char *const names[] = {"VALID", "SUSPECT", "INVALID"};
  return (unsigned)validity < 3 ? names[validity] : "";
}
