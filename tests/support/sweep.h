/* SPDX-License-Identifier: MIT
 * sweep.h: a whole test program with each allocation failing in turn, when
 * LARIAT_TEST_SWEEP is in the environment.  What the tests expect is not looked
 * at then: only that nothing crashes, hangs or stays behind. */
#ifndef TESTS_SUPPORT_SWEEP_H
#define TESTS_SUPPORT_SWEEP_H

#include "support/fixture.h"

/* Whether the environment asks for it. */
bool sweep_is_wanted(void);

/* Runs `test` in a child for each of its allocations; true: it did well. */
bool sweep_test(const struct fixture_test *test);

/* For the fixture: it has made its reactor; it is about to close, and has
 * found so many blocks left behind. */
void sweep_opened(struct fixture *f);
void sweep_closing(struct fixture *f);
void sweep_found(uint64_t blocks);

#endif
