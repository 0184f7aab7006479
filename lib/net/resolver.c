/* SPDX-License-Identifier: MIT
 * resolver.c: who asks for a host, and what is known of it at once. */
#include "net/resolver.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/time.h"
#include "net/address_order.h"
#include "net/host_name.h"
#include "net/look_up.h"

/* A query, of somebody who waits.  Once its mail is on the way it belongs to
 * that. */
struct lr_name_query {
  lr_name_waiter waiter;
  lr_resolver *resolver;
  lr_name_told *told; /* NULL: cancelled */
  void *context;
  size_t length;
  char name[]; /* the cache's key */
};

/* ---- Known at once ---- */

static lr_name_outcome refuse(lariat_status status, const char *why) {
  return (lr_name_outcome){
      .verdict = LR_NAME_NO_ADDRESS, .status = status, .detail = why};
}

/* Makes an outcome of a list, without what is of the wrong family, in the order
 * to try. */
static lr_name_outcome outcome_of(const lr_resolver *resolver,
                                  lr_host_address *list, size_t count) {
  lariat_address_family family = resolver->service->family;
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    bool v4 = lr_ip_is_v4(&list[i].ip);
    if (v4 ? family != LARIAT_FAMILY_IPV6 : family != LARIAT_FAMILY_IPV4)
      list[kept++] = list[i];
  }
  if (!kept) return refuse(LARIAT_ERESOLVE, lr_look_up_no_address);
  lr_address_order_sort(list, kept, lr_address_order_find_source);
  lariat_addresses *addresses = lr_addresses_new(list, kept);
  if (!addresses) return refuse(LARIAT_ENOMEM, NULL);
  return (lr_name_outcome){.verdict = LR_NAME_FOUND, .addresses = addresses};
}

static lr_name_outcome loopback(const lr_resolver *resolver) {
  static const uint8_t v4[4] = {127, 0, 0, 1};
  lr_host_address list[2] = {{{{[15] = 1}}, 0}, {lr_ip_of_v4(v4), 0}};
  return outcome_of(resolver, list, 2);
}

static bool find_in_file(lr_resolver *resolver, const char *name, size_t length,
                         lr_name_outcome *known) {
  lr_host_address list[LR_ADDRESSES_MAX];
  lr_name_service *service = resolver->service;
  if (!service->sources.files) return false;
  size_t count = lr_name_service_find_host(
      service, name, length, lr_reactor_turn_ns(resolver->reactor), list);
  if (!count) return false;
  *known = outcome_of(resolver, list, count);
  return known->verdict == LR_NAME_FOUND || known->status == LARIAT_ENOMEM;
}

/* Finds what is given with the host itself: an address, an override. */
static bool find_given(const lr_resolver *resolver, const lr_host_port *host,
                       lr_name_outcome *known) {
  lr_host_address address;
  lariat_addresses *given =
      lr_name_overrides_find(resolver->service->overrides, *host);
  bool literal =
      !given && lr_host_address_read(host->name, host->length, &address);
  if (literal) given = lr_addresses_new(&address, 1);
  if (literal && !given) *known = refuse(LARIAT_ENOMEM, NULL);
  if (given)
    *known = (lr_name_outcome){.verdict = LR_NAME_FOUND, .addresses = given};
  return given || literal;
}

/* Finds what need not be looked up of a name, whose lower case is `name`. */
static bool find_special(lr_resolver *resolver, const char *name, size_t length,
                         lr_name_outcome *known) {
  switch (lr_host_name_kind_of(name, length)) {
  case LR_HOST_NAME_LOOPBACK:
    *known = loopback(resolver);
    return true;
  case LR_HOST_NAME_NOWHERE:
    *known = refuse(LARIAT_ERESOLVE, "the name is reserved, and has none");
    return true;
  default:
    return find_in_file(resolver, name, length, known);
  }
}

/* ---- Queries ---- */

static void ask_cache(lr_name_query *query, lr_name_outcome *known,
                      bool *is_known);

static void take_outcome(lr_name_query *query, lr_name_outcome outcome) {
  lr_name_told *told = query->told;
  void *context = query->context;
  lr_free(query);
  told(context, outcome);
}

/* Passes the outcome on; asks again where the look-up was another's, who has
 * gone. */
static void deliver_outcome(lr_mail *mail) {
  lr_name_query *query = lr_container(mail, lr_name_query, waiter.mail);
  lr_name_outcome outcome = query->waiter.outcome;
  bool is_known = true;
  if (query->told && outcome.verdict == LR_NAME_CUT_SHORT &&
      !query->resolver->closed)
    ask_cache(query, &outcome, &is_known);
  if (!is_known) return;
  if (query->told) {
    take_outcome(query, outcome);
    return;
  }
  lr_addresses_release(outcome.addresses);
  lr_free(query);
}

/* Leaves a query whose reactor closes to who will cancel it. */
static void discard_outcome(lr_mail *mail) {
  lr_name_query *query = lr_container(mail, lr_name_query, waiter.mail);
  lr_addresses_release(query->waiter.outcome.addresses);
  query->waiter.outcome.addresses = NULL;
  query->waiter.state = LR_WAITER_REFUSED;
  if (!query->told) lr_free(query);
}

static const lr_mail_ops outcome_ops = {deliver_outcome, discard_outcome};

static lr_name_query *new_query(lr_resolver *resolver, const char *name,
                                size_t length, bool whole) {
  lr_name_query *query = lr_alloc_zero(sizeof *query + length + 2);
  if (!query) return NULL;
  lr_list_init(&query->waiter.node);
  query->waiter.mail.ops = &outcome_ops;
  query->waiter.mailbox = lr_reactor_own_mailbox(resolver->reactor);
  query->resolver = resolver;
  memcpy(query->name, name, length);
  query->length = length;
  if (whole) query->name[query->length++] = '.';
  return query;
}

static void ask_cache(lr_name_query *query, lr_name_outcome *known,
                      bool *is_known) {
  lr_resolver *resolver = query->resolver;
  bool has_stale;
  lr_cache_reply reply = lr_resolver_cache_ask(
      &resolver->service->cache, query->name, query->length,
      lr_reactor_turn_ns(resolver->reactor), &query->waiter, known, &has_stale);
  *is_known = reply == LR_CACHE_KNOWN;
  if (reply == LR_CACHE_START)
    lr_look_up_start(resolver, query->name, query->length, has_stale);
}

static lr_name_query *ask_for_name(lr_resolver *resolver, const char *name,
                                   size_t length, bool whole,
                                   lr_name_outcome *known) {
  bool is_known;
  lr_name_query *query = new_query(resolver, name, length, whole);
  if (!query) {
    *known = refuse(LARIAT_ENOMEM, NULL);
    return NULL;
  }
  ask_cache(query, known, &is_known);
  if (!is_known) return query;
  lr_free(query);
  return NULL;
}

lr_name_query *lr_resolver_ask(lr_resolver *resolver, lr_host_port host,
                               lr_name_told *told, void *context,
                               lr_name_outcome *known) {
  char name[LR_HOST_NAME_MAX + 1];
  if (find_given(resolver, &host, known)) return NULL;
  if (!lr_host_name_is_valid(host.name, host.length)) {
    *known = refuse(LARIAT_ERESOLVE, "the name is not valid");
    return NULL;
  }
  size_t length = lr_host_name_lower(host.name, host.length, name);
  if (find_special(resolver, name, length, known)) return NULL;
  lr_name_query *query =
      ask_for_name(resolver, name, length, length < host.length, known);
  if (!query) return NULL;
  query->told = told;
  query->context = context;
  return query;
}

void lr_resolver_cancel(lr_name_query *query) {
  query->told = NULL;
  if (lr_resolver_cache_leave(&query->resolver->service->cache, &query->waiter))
    lr_free(query);
}

/* ---- Life ---- */

/* Says whether there are sockets of IPv6 here; else nobody asks for such
 * addresses. */
static bool has_ipv6(void) {
  int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

void lr_resolver_init(lr_resolver *resolver, lariat_reactor *reactor,
                      lr_name_service *service) {
  *resolver = (lr_resolver){.reactor = reactor, .service = service};
  resolver->has_ipv6 = has_ipv6();
  lr_dns_channel_config config = {.servers = service->name_servers,
                                  .resolv_conf = service->resolv_conf,
                                  .machine = service->machine,
                                  .timeout_ms = service->timeout_ms};
  lr_dns_channel_init(&resolver->channel, reactor, &config);
  lr_list_init(&resolver->look_ups);
  lr_list_init(&resolver->waiting);
}

void lr_resolver_close(lr_resolver *resolver) {
  resolver->closed = true;
  lr_look_up_end_all(resolver);
  lr_dns_channel_close(&resolver->channel);
}
