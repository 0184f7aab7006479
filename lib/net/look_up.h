/* SPDX-License-Identifier: MIT
 * look_up.h: one look-up of a name that nobody knows: the questions for both
 * families, the search domains, the time that the second family gets, and what
 * it all comes to. */
#ifndef LR_NET_LOOK_UP_H
#define LR_NET_LOOK_UP_H

#include <stdbool.h>
#include <stddef.h>

struct lr_resolver;

/* Texts for who finds nothing. */
extern const char lr_look_up_no_address[];

/* Starts a look-up, whose end is told to the cache, or puts it behind others.
 * `name` is the cache's key; it may end in a dot.  `has_stale`: there is an old
 * answer, which is used if this takes too long. */
void lr_look_up_start(struct lr_resolver *resolver, const char *name,
                      size_t length, bool has_stale);

/* Ends all look-ups of a resolver that closes: the cache is told that they were
 * cut short. */
void lr_look_up_end_all(struct lr_resolver *resolver);

#endif
