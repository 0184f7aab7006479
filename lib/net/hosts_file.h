/* SPDX-License-Identifier: MIT
 * hosts_file.h: names and addresses of a hosts file (hosts(5)). */
#ifndef LR_NET_HOSTS_FILE_H
#define LR_NET_HOSTS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "net/addresses.h"
#include "net/file_stamp.h"

typedef struct lr_hosts_file {
  const char *path; /* borrowed */
  lr_file_stamp stamp;
  lr_table names; /* lower case */
} lr_hosts_file;

/* Makes one that is read when it is first asked for; NULL is no file.  False
 * when out of memory. */
bool lr_hosts_file_init(lr_hosts_file *file, const char *path);
void lr_hosts_file_clear(lr_hosts_file *file);

/* Reads the file again if it has changed.  What cannot be read is empty. */
void lr_hosts_file_refresh(lr_hosts_file *file, uint64_t now_ns);

/* Takes the lines of `text` in the place of what was there.  What makes no
 * sense is left out, as the C library does. */
void lr_hosts_file_parse(lr_hosts_file *file, const char *text, size_t length);

/* Copies the addresses of a name, in lower case and without a dot at its end,
 * in the order of the file, at most LR_ADDRESSES_MAX; returns how many. */
size_t lr_hosts_file_find(const lr_hosts_file *file, const char *name,
                          size_t length, lr_host_address *out);

#endif
