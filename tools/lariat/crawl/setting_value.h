/* SPDX-License-Identifier: MIT
 * setting_value.h: values for a running crawl, as people write them, in the
 * form that lariat_crawl_set takes: a number, or milliseconds. */
#ifndef TOOLS_LARIAT_CRAWL_SETTING_VALUE_H
#define TOOLS_LARIAT_CRAWL_SETTING_VALUE_H

enum { SETTING_VALUE_CAPACITY = 512 };

/* Returns "300000ms" for a delay of "5m" and "2147483648" for 2G of bytes, in
 * `out`; what it does not know is left as it is. */
const char *setting_value(const char *name, const char *value,
                          char out[SETTING_VALUE_CAPACITY]);

#endif
