/* SPDX-License-Identifier: MIT
 * fault.h: what is wrong, as a sentence for a person. */
#ifndef CRAWL_FAULT_H
#define CRAWL_FAULT_H

typedef struct lr_crawl_fault {
  char message[512]; /* without a full stop */
} lr_crawl_fault;

#endif
