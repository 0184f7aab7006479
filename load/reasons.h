/* SPDX-License-Identifier: MIT
 * reasons.h: the reasons of a verdict, one after the other. */
#ifndef LOAD_REASONS_H
#define LOAD_REASONS_H

#include <stdarg.h>

#include <lariat/load/verdict.h>

enum {
  LR_LOAD_REASONS = sizeof(((lariat_load_verdict *)0)->reasons) /
                    sizeof(((lariat_load_verdict *)0)->reasons[0])
};

/* Adds a reason, if there is space; the verdict is no better than it. */
void lr_load_reasons_add(lariat_load_verdict *verdict,
                         lariat_load_validity validity, const char *code,
                         const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));

/* Puts the worst reasons first; among equals the order stays. */
void lr_load_reasons_sort(lariat_load_verdict *verdict);

#endif
