/* SPDX-License-Identifier: MIT
 * fault.h: what is wrong, as a sentence for a person. */
#ifndef CRAWL_FAULT_H
#define CRAWL_FAULT_H

#include <lariat/status.h>

typedef struct lr_crawl_fault {
  char message[512]; /* without a full stop */
  int error;         /* errno of the system call that failed, ENOSPC say; 0:
                        it was none */
} lr_crawl_fault;

/* Writes a fault; NULL is allowed.  `error` that is not 0 is told at the end of
 * the message. Returns `status`, for the caller to return. */
lariat_status lr_crawl_fault_set(lr_crawl_fault *fault, lariat_status status,
                                 int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Says "out of memory"; returns LARIAT_ENOMEM. */
lariat_status lr_crawl_fault_memory(lr_crawl_fault *fault);

#endif
