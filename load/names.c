/* SPDX-License-Identifier: MIT
 * names.c: a list of names, so short that it is searched from its start. */
#include "names.h"

#include <string.h>

void lr_load_names_init(lr_load_names *names) {
  *names = (lr_load_names){.names = {""}, .count = 1};
}

void lr_load_names_free(lr_load_names *names) {
  lr_load_arena_free(&names->arena);
}

static bool add_name(lr_load_names *names, const char *name, uint16_t *index) {
  char *copy = lr_load_arena_copy(&names->arena, name, strlen(name));
  if (!copy) return false;
  *index = (uint16_t)names->count++;
  names->names[*index] = copy;
  return true;
}

bool lr_load_names_add_other(lr_load_names *names) {
  return add_name(names, "other", &names->other);
}

bool lr_load_names_find(lr_load_names *names, const char *name, bool frozen,
                        uint16_t *index) {
  size_t space = LARIAT_LOAD_MOST_NAMES - names->count;
  for (uint16_t i = 0; i < names->count; i++) {
    *index = i;
    if (strcmp(names->names[i], name) == 0) return true;
  }
  if (names->other ? space > 0 && !frozen : space > 1)
    return add_name(names, name, index);
  if (!names->other && !lr_load_names_add_other(names)) return false;
  *index = names->other;
  return true;
}
