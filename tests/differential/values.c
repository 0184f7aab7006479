/* SPDX-License-Identifier: MIT
 * values.c: values that are counted and described. */
#include "differential/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/lock.h>
#include <lariat/semaphore.h>
#include <lariat/winner.h>

/* A block of its own, so that a sanitizer sees one that is dropped twice. */
struct counted {
  struct counts *counts;
  int references;
  char text[12];
};

static void drop_counted(void *data) {
  struct counted *value = data;
  if (--value->references > 0) return;
  value->counts->values_dropped++;
  free(value);
}

static void *share_counted(void *data) {
  struct counted *value = data;
  value->references++;
  return value;
}

static int describe_counted(const void *data, char *text, size_t capacity) {
  const struct counted *value = data;
  return snprintf(text, capacity, "%s", value->text);
}

static const lariat_type shared_type = {.size = sizeof(lariat_type),
                                        .name = "shared",
                                        .drop = drop_counted,
                                        .share = share_counted,
                                        .describe = describe_counted};
static const lariat_type moved_type = {.size = sizeof(lariat_type),
                                       .name = "moved",
                                       .drop = drop_counted,
                                       .describe = describe_counted};

static lariat_value counted(struct counts *counts, const lariat_type *type,
                            const char *word) {
  struct counted *value = take_memory(sizeof *value);
  value->counts = counts;
  value->references = 1;
  snprintf(value->text, sizeof value->text, "%s", word);
  counts->values_made++;
  return lariat_value_of(type, value);
}

lariat_value user_failure(const char *number) {
  return lariat_failure_new(LARIAT_EUSER, "%s", number);
}

lariat_value value_from(struct counts *counts, const char *word) {
  if (strcmp(word, "none") == 0) return lariat_none();
  switch (word[0]) {
  case 's':
    return counted(counts, &shared_type, word);
  case 'm':
    return counted(counts, &moved_type, word);
  case '!':
    return user_failure(word + 1);
  default:
    return lariat_int(strtol(word, NULL, 10));
  }
}

/* Describing.  Values hold values: those whose end is still to come are on a
 * stack. */

enum { NESTED_MOST = 512 };

struct open_value {
  lariat_value value;
  size_t next; /* of its items */
};

struct describer {
  struct text *text;
  struct open_value stack[NESTED_MOST];
  int depth;
};

static size_t count_items(lariat_value value) {
  if (value.type == &lariat_list_type)
    return lariat_list_count(lariat_list_in(value));
  if (value.type == &lariat_winner_type) return 1;
  if (lariat_failure_status(value) == LARIAT_EALLFAILED)
    return lariat_failure_group_count(value);
  return 1; /* LARIAT_EFIRST has one cause */
}

static lariat_value item_at(lariat_value value, size_t index) {
  if (value.type == &lariat_list_type)
    return lariat_list_at(lariat_list_in(value), index);
  if (value.type == &lariat_winner_type) return lariat_winner_value(value);
  if (lariat_failure_status(value) == LARIAT_EALLFAILED)
    return lariat_failure_group_at(value, index);
  return lariat_failure_cause(value);
}

static void open_value(struct describer *d, lariat_value value) {
  if (d->depth == NESTED_MOST) die("values are too deep");
  d->stack[d->depth++] = (struct open_value){value, 0};
}

static void describe_failure(struct describer *d, lariat_value failure) {
  lariat_status status = lariat_failure_status(failure);
  if (status == LARIAT_EUSER) {
    text_format(d->text, "!%s", lariat_failure_message(failure));
  } else if (status == LARIAT_EFIRST) {
    text_format(d->text, "!first(%zu ", lariat_failure_index(failure));
    open_value(d, failure);
  } else if (status == LARIAT_EALLFAILED) {
    text_add(d->text, "!all-failed(");
    open_value(d, failure);
  } else {
    text_format(d->text, "!%s", lariat_status_name(status));
  }
}

static void describe_other(struct describer *d, lariat_value value) {
  char text[64];
  if (value.type == &lariat_lock_type) {
    text_add(d->text, "lock");
  } else if (value.type == &lariat_semaphore_type) {
    text_add(d->text, "semaphore");
  } else {
    lariat_value_describe(value, text, sizeof text);
    text_add(d->text, text);
  }
}

/* What comes before the items, if it has any; else all. */
static void describe_start(struct describer *d, lariat_value value) {
  if (lariat_is_none(value)) {
    text_add(d->text, "none");
  } else if (lariat_is_failure(value)) {
    describe_failure(d, value);
  } else if (value.type == &lariat_list_type) {
    text_add(d->text, "[");
    open_value(d, value);
  } else if (value.type == &lariat_winner_type) {
    text_format(d->text, "(%zu ", lariat_winner_index(value));
    open_value(d, value);
  } else {
    describe_other(d, value);
  }
}

void describe(struct text *text, lariat_value value) {
  struct describer d = {.text = text};
  describe_start(&d, value);
  while (d.depth > 0) {
    struct open_value *top = &d.stack[d.depth - 1];
    size_t index = top->next++;
    if (index == count_items(top->value)) {
      text_add(text, top->value.type == &lariat_list_type ? "]" : ")");
      d.depth--;
      continue;
    }
    if (index > 0) text_add(text, " ");
    describe_start(&d, item_at(top->value, index));
  }
}
