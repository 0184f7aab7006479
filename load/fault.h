/* SPDX-License-Identifier: MIT
 * fault.h: how functions of this library say what is wrong with what they were
 * given. */
#ifndef LOAD_FAULT_H
#define LOAD_FAULT_H

#include <lariat/load/error.h>
#include <lariat/status.h>

/* Writes `*error`, if there is one, and returns LARIAT_EINVAL. */
lariat_status lr_load_fail(lariat_load_error *error, size_t byte,
                           const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
