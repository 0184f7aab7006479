/* SPDX-License-Identifier: MIT
 * fault.c: sentences about what is wrong. */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds ": " and the system's words for an error. */
static void add_error(lr_crawl_fault *fault, int error) {
  char words[128];
  size_t length = strlen(fault->message);
  snprintf(fault->message + length, sizeof fault->message - length, ": %s",
           strerror_r(error, words, sizeof words));
}

lariat_status lr_crawl_fault_set(lr_crawl_fault *fault, lariat_status status,
                                 int error, const char *format, ...) {
  if (!fault) return status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(fault->message, sizeof fault->message, format, arguments);
  va_end(arguments);
  fault->error = error;
  if (error) add_error(fault, error);
  return status;
}

lariat_status lr_crawl_fault_memory(lr_crawl_fault *fault) {
  return lr_crawl_fault_set(fault, LARIAT_ENOMEM, 0, "out of memory");
}
