/* SPDX-License-Identifier: MIT
 * name_table.c: a getaddrinfo that stands before the C library's. */
#define _GNU_SOURCE
#include "support/name_table.h"

#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

#include "base/atomics.h"

enum { ROWS = 64 };

static const struct name_row *table;
static size_t table_count;
static lr_atomic_u32 lookups[ROWS];

void name_table_set(const struct name_row *rows, size_t count) {
  table = rows;
  table_count = count < ROWS ? count : ROWS;
  for (size_t i = 0; i < table_count; i++) lr_u32_init(&lookups[i], 0);
}

/* What the C library makes of an address as text. */
static int resolve_text(const char *text, const char *service,
                        const struct addrinfo *hints, struct addrinfo **out) {
  int (*resolve)(const char *, const char *, const struct addrinfo *,
                 struct addrinfo **);
  void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
  struct addrinfo numeric = hints ? *hints : (struct addrinfo){0};
  memcpy(&resolve, &symbol, sizeof resolve);
  numeric.ai_flags |= AI_NUMERICHOST;
  numeric.ai_flags &= ~AI_ADDRCONFIG;
  return resolve(text, service, &numeric, out);
}

/* The parts of the list are freed one by one by freeaddrinfo. */
static int resolve_row(const struct name_row *row, const char *service,
                       const struct addrinfo *hints, struct addrinfo **out) {
  struct addrinfo **end = out;
  *out = NULL;
  for (size_t i = 0; i < sizeof row->addresses / sizeof row->addresses[0];
       i++) {
    if (!row->addresses[i]) break;
    if (resolve_text(row->addresses[i], service, hints, end) != 0) {
      *end = NULL;
      continue;
    }
    while (*end) end = &(*end)->ai_next;
  }
  return *out ? 0 : EAI_NONAME;
}

/* The first row of the name that was not used up, or the last. */
static size_t find_row(const char *name) {
  size_t found = table_count;
  for (size_t i = 0; i < table_count; i++) {
    if (strcmp(name, table[i].name) != 0) continue;
    found = i;
    if (lr_u32_load_relaxed(&lookups[i]) == 0) break;
  }
  return found;
}

/* A row is used up by a look-up that finds something: newer libcurls ask for
 * each family by itself. */
int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints,
                struct addrinfo **restrict out) {
  size_t row = node ? find_row(node) : table_count;
  if (row == table_count) return resolve_text(node, service, hints, out);
  int code = resolve_row(&table[row], service, hints, out);
  if (code == 0) (void)lr_u32_add_relaxed(&lookups[row], 1);
  return code;
}
