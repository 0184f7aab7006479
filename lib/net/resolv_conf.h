/* SPDX-License-Identifier: MIT
 * resolv_conf.h: what resolv.conf(5) says of names that are not whole: the
 * domains that are searched, and for which names first.  Name servers are
 * c-ares's to read; the domains it does not tell in all of its versions. */
#ifndef LR_NET_RESOLV_CONF_H
#define LR_NET_RESOLV_CONF_H

#include <stdbool.h>
#include <stddef.h>

/* The most domains that are searched, as in glibc before 2.26. */
enum { LR_SEARCH_DOMAINS = 6 };

typedef struct lr_resolv_conf {
  char *text; /* that the domains are in; or NULL */
  const char *domains[LR_SEARCH_DOMAINS];
  unsigned domain_count;
  unsigned ndots; /* with so many dots a name is tried as it is first */
} lr_resolv_conf;

/* Reads the text of a resolv.conf; NULL is an empty one.  `local_domain`: the
 * environment's LOCALDOMAIN, which goes before it; NULL: none.  Where neither
 * names a domain it is what follows the first dot of `machine`.  False when out
 * of memory; then it is empty. */
bool lr_resolv_conf_read(lr_resolv_conf *conf, const char *text, size_t length,
                         const char *local_domain, const char *machine);
void lr_resolv_conf_clear(lr_resolv_conf *conf);

#endif
