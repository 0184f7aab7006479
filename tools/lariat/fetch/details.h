/* SPDX-License-Identifier: MIT
 * details.h: what --details adds to a result line. */
#ifndef TOOLS_LARIAT_FETCH_DETAILS_H
#define TOOLS_LARIAT_FETCH_DETAILS_H

#include <lariat/failure.h>
#include <lariat/response.h>
#include <stdbool.h>

#include "text.h"

/* The words of --details, joined. */
enum {
  DETAILS_TRAILERS = 1,
  DETAILS_CONNECTION = 2,
  DETAILS_CERTIFICATES = 4,
  DETAILS_HISTORY = 8
};

/* Returns what responses must keep for them: LARIAT_KEEP_*, joined. */
unsigned details_to_keep(unsigned details);

/* Owner of the details: one of the two. */
struct details_of {
  const lariat_response *response; /* NULL: none */
  lariat_value failure;            /* or none */
};

/* Appends the fields of `details`, each behind a comma; null without a
 * response, but for the history, which a failure may have, too.  Credentials
 * are masked, unless they are to be kept.  False when out of memory. */
bool details_add(struct text *text, const struct details_of *of,
                 unsigned details, bool keep_secrets);

#endif
