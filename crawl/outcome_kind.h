/* SPDX-License-Identifier: MIT
 * outcome_kind.h: the names of kinds of outcomes. */
#ifndef CRAWL_OUTCOME_KIND_H
#define CRAWL_OUTCOME_KIND_H

#include "outcome.h"

/* Returns the name of a kind, as lines of JSON have it: "fetched"; static. */
const char *lr_crawl_outcome_kind_name(lr_crawl_outcome_kind kind);

#endif
