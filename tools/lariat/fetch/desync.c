/* SPDX-License-Identifier: MIT
 * desync.c: origins, each with its connections. */
#include "fetch/desync.h"

#include <stdbool.h>
#include <string.h>

/* More than so many connections are counted only. */
enum { PRINTED = 256 };

static void print_all(const lariat_desync_connection *all, size_t count,
                      FILE *file) {
  const char *origin = "";
  for (size_t i = 0; i < count; i++) {
    bool same = strcmp(origin, all[i].origin) == 0;
    if (same)
      fprintf(file, ", %llu", (unsigned long long)all[i].connection);
    else
      fprintf(file, "%s  desync     %s: connections %llu", i ? "\n" : "",
              all[i].origin, (unsigned long long)all[i].connection);
    origin = all[i].origin;
  }
}

void desync_print(lariat_pool *pool, FILE *file) {
  lariat_desync_connection all[PRINTED];
  lariat_pool_stats stats = {.size = sizeof stats};
  size_t count = lariat_pool_desync_connections(pool, 0, all, PRINTED);
  if (!count || lariat_pool_read_stats(pool, &stats) != LARIAT_OK) return;
  print_all(all, count, file);
  if (stats.desync_connections > count)
    fprintf(file, ", and %llu more",
            (unsigned long long)(stats.desync_connections - count));
  fprintf(file, "\n");
}
