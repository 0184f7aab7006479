/* SPDX-License-Identifier: MIT
 * fault.c: errors with their texts. */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>

lariat_status lr_load_fail(lariat_load_error *error, size_t byte,
                           const char *format, ...) {
  if (!error) return LARIAT_EINVAL;
  va_list arguments;
  va_start(arguments, format);
  error->byte = byte;
  vsnprintf(error->message, sizeof(error->message), format, arguments);
  va_end(arguments);
  return LARIAT_EINVAL;
}
