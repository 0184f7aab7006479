/* SPDX-License-Identifier: MIT
 * requests.c: the pool's counts, with their names.  (No pool of this program
 * has libcurl_only.) */
#include "fetch/requests.h"

#include <stdbool.h>

void requests_print(lariat_pool *pool, FILE *file) {
  lariat_pool_stats stats = {.size = sizeof stats};
  if (lariat_pool_read_stats(pool, &stats) != LARIAT_OK) return;
  const struct {
    const char *name;
    uint64_t count;
  } reasons[] = {{"HTTP/2", stats.requests_http2 + stats.requests_http2_asked},
                 {"first handshake", stats.requests_first_handshake},
                 {"its connection was open", stats.requests_open_connection},
                 {"sent again", stats.requests_reuse_failed},
                 {"headers", stats.requests_headers},
                 {"HEAD with a body", stats.requests_head_body}};
  bool any = false;
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
    if (!reasons[i].count) continue;
    fprintf(file, "%s%s %llu", any ? ", " : "  by libcurl ", reasons[i].name,
            (unsigned long long)reasons[i].count);
    any = true;
  }
  if (any) fprintf(file, "\n");
}
