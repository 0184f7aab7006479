/* SPDX-License-Identifier: MIT
 * value.c: dropping, sharing and describing values of any type. */
#include <lariat/value.h>

#include <stdint.h>
#include <stdio.h>

#include "base/process.h"

static int describe_int(const void *data, char *text, size_t capacity) {
  return snprintf(text, capacity, "%jd", (intmax_t)(intptr_t)data);
}

const lariat_type lariat_int_type = {
    .size = sizeof(lariat_type),
    .name = "integer",
    .describe = describe_int,
};

static const char *name_of(const lariat_type *type) {
  if (!type) return "none";
  return type->name ? type->name : "a value without a name";
}

lariat_value lariat_value_drop(lariat_value value) {
  if (value.type && value.type->drop) value.type->drop(value.data);
  return lariat_none();
}

lariat_status lariat_value_share(lariat_value value, lariat_value *out) {
  *out = lariat_none();
  if (lariat_is_none(value)) return LARIAT_OK;
  if (value.type == &lariat_int_type) {
    *out = value;
    return LARIAT_OK;
  }
  if (!value.type->share) return LARIAT_EINVAL;
  void *data = value.type->share(value.data);
  if (!data) return LARIAT_ENOMEM;
  *out = lariat_value_of(value.type, data);
  return LARIAT_OK;
}

int lariat_value_describe(lariat_value value, char *text, size_t capacity) {
  if (lariat_is_none(value)) return snprintf(text, capacity, "none");
  if (value.type->describe)
    return value.type->describe(value.data, text, capacity);
  return snprintf(text, capacity, "<%s at %p>", name_of(value.type),
                  value.data);
}

void *lariat_value_in(lariat_value value, const lariat_type *type) {
  if (value.type == type) return value.data;
  lr_misuse("lariat_value_in: the value is %s, not %s", name_of(value.type),
            name_of(type));
  return NULL;
}

intptr_t lariat_int_in(lariat_value value) {
  return (intptr_t)lariat_value_in(value, &lariat_int_type);
}
