/* SPDX-License-Identifier: MIT
 * resolver.h: the addresses of hosts, on one reactor.  What is an address, an
 * override, special or in the hosts file is known at once; so is what the
 * pool's cache has.  All else is looked up, once whoever asks: by DNS, with
 * search domains as resolv.conf has them, or by the C library.
 * docs/internals/resolver.md tells how. */
#ifndef LR_NET_RESOLVER_H
#define LR_NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "net/dns_channel.h"
#include "net/name_service.h"
#include "reactor/reactor.h"

/* Look-ups of a reactor at once; more wait for these. */
enum { LR_RESOLVER_LOOK_UPS = 256 };

typedef struct lr_resolver {
  lariat_reactor *reactor;
  lr_name_service *service;
  lr_dns_channel channel;
  lr_list look_ups; /* begun */
  lr_list waiting;  /* not begun, since there are enough */
  unsigned begun;
  bool beginning; /* some of those that waited */
  bool has_ipv6;
  bool closed;
} lr_resolver;

/* A host that somebody waits for. */
typedef struct lr_name_query lr_name_query;

/* Gets the outcome, on the reactor's thread, and its reference to the
 * addresses. */
typedef void lr_name_told(void *context, lr_name_outcome outcome);

/* Makes a resolver of a reactor, and closes it: nobody waits any more.  What it
 * looks up for others is left to them. */
void lr_resolver_init(lr_resolver *resolver, lariat_reactor *reactor,
                      lr_name_service *service);
void lr_resolver_close(lr_resolver *resolver);

/* Asks for the addresses of a host.  NULL: `*known` is the outcome.  Else
 * `told` is called in a later turn, once, unless the query is cancelled. */
lr_name_query *lr_resolver_ask(lr_resolver *resolver, lr_host_port host,
                               lr_name_told *told, void *context,
                               lr_name_outcome *known);

/* Has a query that was not told yet never be. */
void lr_resolver_cancel(lr_name_query *query);

#endif
