/* SPDX-License-Identifier: MIT
 * text.c: texts that this library gives away. */
#include <lariat/load/report.h>

#include <stdlib.h>

void lariat_load_text_free(char *text) { free(text); }
