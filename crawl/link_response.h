/* SPDX-License-Identifier: MIT
 * link_response.h: links that an answer's headers have: Link and Refresh; and
 * what X-Robots-Tag says. */
#ifndef CRAWL_LINK_RESPONSE_H
#define CRAWL_LINK_RESPONSE_H

#include "link_output.h"
#include <lariat/response.h>

/* Tells them all; their base is the output's, which is the answer's own URL. */
void lr_crawl_link_response(const lariat_response *response,
                            lr_crawl_link_output *output);

#endif
