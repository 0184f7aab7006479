/* SPDX-License-Identifier: MIT
 * maybe.c: a deferred for a value that may be one already. */
#include "base/process.h"
#include <lariat/deferred.h>

lariat_deferred *lariat_deferred_of(lariat_reactor *reactor,
                                    lariat_value value) {
  if (value.type != &lariat_deferred_type)
    return lariat_deferred_succeed(reactor, value);
  if (value.data) return value.data;
  return lariat_deferred_fail(reactor, LARIAT_EINVAL,
                              "NULL was given as a deferred");
}

lariat_deferred *lariat_maybe(lariat_reactor *reactor, lariat_function function,
                              void *context) {
  if (!function) {
    lr_misuse("%s: the function is NULL", __func__);
    return lariat_deferred_fail(reactor, LARIAT_EINVAL,
                                "no function was given");
  }
  return lariat_deferred_of(reactor, function(context));
}
