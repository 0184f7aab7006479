/* SPDX-License-Identifier: MIT
 * tables.c: the commands that have options. */
#include "tables.h"

#include <string.h>

#include "fetch/option_table.h"
#ifdef LARIAT_WITH_CRAWL
#include "crawl/option_table.h"
#endif
#ifdef LARIAT_WITH_LOAD
#include "load/option_table.h"
#endif
#ifdef LARIAT_WITH_CRAWL
#include "warc/option_table.h"
#endif

const struct option_table *const option_tables[] = {&fetch_options,
#ifdef LARIAT_WITH_CRAWL
                                                    &crawl_options,
#endif
#ifdef LARIAT_WITH_LOAD
                                                    &load_options,
#endif
#ifdef LARIAT_WITH_CRAWL
                                                    &warc_options,
#endif
                                                    NULL};

const struct option_table *tables_find(const char *command) {
  for (size_t i = 0; option_tables[i]; i++)
    if (strcmp(option_tables[i]->command, command) == 0)
      return option_tables[i];
  return NULL;
}
