/* SPDX-License-Identifier: MIT
 * url_line.h: a line "URL [weight]". */
#ifndef LOAD_URL_LINE_H
#define LOAD_URL_LINE_H

#include <stddef.h>

#include <lariat/load/requests.h>

#include "bytes.h"

/* Adds what a line says, which is not empty and has no blanks around it; the
 * URL is put together in `buffer`.  Statuses as those of
 * lariat_load_input_feed. */
lariat_status lr_load_url_line_add(lariat_load_requests *requests,
                                   const char *line, size_t length,
                                   lr_load_bytes *buffer,
                                   lariat_load_error *error);

/* Puts a URL into `buffer`, as a string, with "http://" in front of what can
 * only be meant as a host: a name with a dot, localhost, an address in
 * brackets, or any name with a port.  LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a NUL in it */
lariat_status lr_load_url_complete(const char *text, size_t length,
                                   lr_load_bytes *buffer,
                                   lariat_load_error *error);

#endif
