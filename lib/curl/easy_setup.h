/* SPDX-License-Identifier: MIT
 * easy_setup.h: the options of easy handles.  What is the same for all requests
 * is set once; what changes is set when it differs from the request before. */
#ifndef LR_CURL_EASY_SETUP_H
#define LR_CURL_EASY_SETUP_H

#include <stdbool.h>

#include "curl/transfer.h"

/* Sets all that is the same for every request. */
void lr_easy_configure(lr_transfer *transfer);

/* Sets what the transfer's job asks for; `opens_new`: a connection will be
 * opened for it.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EURL
 * LARIAT_EUPLOAD  the body was read already, and cannot be again */
lariat_status lr_easy_set_request(lr_transfer *transfer, bool opens_new);

/* Says whether a connection is good for one request only: of HTTP/2 without
 * TLS, in some versions of libcurl. */
bool lr_easy_is_used_once(uint8_t http);

#endif
