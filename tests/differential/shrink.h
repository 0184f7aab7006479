/* SPDX-License-Identifier: MIT
 * shrink.h: makes a program smaller. */
#ifndef TESTS_DIFFERENTIAL_SHRINK_H
#define TESTS_DIFFERENTIAL_SHRINK_H

#include <stdbool.h>

#include "differential/text.h"

/* Whether a program still shows what it is to show. */
typedef bool shows_it(void *context, const struct text *program);

/* Takes lines out of `program` until it shows it no longer without any of
 * those that are left. */
void shrink(struct text *program, shows_it *shows, void *context);

#endif
