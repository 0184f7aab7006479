/* SPDX-License-Identifier: MIT
 * options_check.h: what is wrong with options, each by itself. */
#ifndef CRAWL_OPTIONS_CHECK_H
#define CRAWL_OPTIONS_CHECK_H

#include <lariat/crawl/crawl.h>
#include <lariat/status.h>

#include "fault.h"

/* Looks at all but what needs other parts of a crawl: keys and scope.
 * LARIAT_OK, LARIAT_ENOMEM; LARIAT_EINVAL with a message, which begins with the
 * field's name */
lariat_status lr_crawl_options_look(const lariat_crawl_options *options,
                                    lr_crawl_fault *fault);

#endif
