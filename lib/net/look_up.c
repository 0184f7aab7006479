/* SPDX-License-Identifier: MIT
 * look_up.c: look-ups of names, by DNS or by the C library. */
#include "net/look_up.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "base/time.h"
#include "limits/descriptor_use.h"
#include "net/address_order.h"
#include "net/host_name.h"
#include "net/resolver.h"
#include "net/system_look_up.h"

const char lr_look_up_no_address[] = "the name has no address";
static const char no_such_name[] = "there is no such name";

/* How long an old answer is held back (RFC 8767, 5), and how long who has
 * addresses of one family waits for the other: servers that never answer for
 * one of them are not rare.  What is found without it is not kept for long. */
static const uint64_t stale_after_ns = 1800 * LR_NS_PER_MS;
static const uint64_t second_family_ns = 500 * LR_NS_PER_MS;
static const uint64_t one_family_ttl_ns = 30 * LR_NS_PER_S;

/* How long servers that have failed are not asked again (RFC 9520, 3.2). */
static const uint64_t failure_ttl_ns = LR_NS_PER_S;

/* How long what getaddrinfo says is kept, which has no times in it. */
static const uint64_t system_ttl_ns = 60 * LR_NS_PER_S;
static const uint64_t system_none_ttl_ns = 5 * LR_NS_PER_S;

/* Names with a search domain behind them are refused by the server if they are
 * too long. */
enum { WHOLE_NAME_MAX = 1024 };

typedef struct look_up {
  lr_list node;
  lr_resolver *resolver;
  lr_system_look_up *system; /* by the C library; or NULL */
  lr_timer timer;
  unsigned candidate;   /* the name's number: as it is, with search domains */
  unsigned pending;     /* questions, and one while they are being asked */
  bool settled;         /* the cache was told */
  bool failed;          /* some candidate's servers have */
  bool silent;          /* likewise, for want of an answer */
  lr_name_outcome none; /* what negative answers have come to so far */
  const char *why;
  lr_dns_answer found; /* so far, both families */
  uint64_t ttl_ns;
  size_t length;
  char name[];
} look_up;

static void begin(look_up *l);
static void begin_waiting(lr_resolver *resolver);

/* ---- The end ---- */

static void free_look_up(look_up *l) {
  lr_reactor_unset_timer(l->resolver->reactor, &l->timer);
  lr_list_remove(&l->node);
  lr_free(l);
}

/* Frees it when nothing refers to it any more, and lets another begin. */
static void release(look_up *l) {
  lr_resolver *resolver = l->resolver;
  if (!l->settled || l->pending || l->system) return;
  free_look_up(l);
  resolver->begun--;
  begin_waiting(resolver);
}

static void tell_cache(look_up *l, lr_name_outcome outcome) {
  lr_resolver *resolver = l->resolver;
  l->settled = true;
  lr_reactor_unset_timer(resolver->reactor, &l->timer);
  lr_resolver_cache_settle(&resolver->service->cache, l->name, l->length,
                           outcome, lr_reactor_turn_ns(resolver->reactor));
}

static void settle_found(look_up *l, uint64_t ttl_ns) {
  lr_dns_answer *found = &l->found;
  lr_address_order_sort(found->list, found->count,
                        lr_address_order_find_source);
  lr_name_outcome outcome = {.verdict = LR_NAME_FOUND, .ttl_ns = ttl_ns};
  outcome.addresses = lr_addresses_new(found->list, found->count);
  if (!outcome.addresses)
    outcome =
        (lr_name_outcome){.verdict = LR_NAME_FAILED, .status = LARIAT_ENOMEM};
  tell_cache(l, outcome);
}

/* Where descriptors are too few it is not the servers that have failed: that is
 * not kept. */
static void settle_failed(look_up *l) {
  enum { DESCRIPTORS = 2 };
  bool short_of = !lr_descriptor_use_has_left(DESCRIPTORS);
  tell_cache(l, (lr_name_outcome){.verdict = LR_NAME_FAILED,
                                  .status = LARIAT_ERESOLVE,
                                  .ttl_ns = short_of ? 0 : failure_ttl_ns,
                                  .detail = l->why});
}

/* ---- Names ---- */

static bool is_whole(const look_up *l) { return l->name[l->length - 1] == '.'; }

static bool is_first_as_it_is(const look_up *l) {
  unsigned dots = 0;
  for (size_t i = 0; i < l->length; i++) dots += l->name[i] == '.' ? 1 : 0;
  return dots >= l->resolver->channel.conf.ndots;
}

static unsigned count_candidates(const look_up *l) {
  return is_whole(l) ? 1u : 1u + l->resolver->channel.conf.domain_count;
}

/* Writes the name to ask for now: as it is at the beginning or, with few dots
 * in it, at the end; else with a search domain (resolv.conf(5), ndots). */
static bool write_candidate(const look_up *l, char out[WHOLE_NAME_MAX]) {
  unsigned domains = count_candidates(l) - 1;
  bool first = is_first_as_it_is(l);
  unsigned bare = first ? 0 : domains;
  memcpy(out, l->name, l->length + 1);
  if (l->candidate == bare) return true;
  unsigned index = l->candidate - (first ? 1 : 0);
  if (index >= domains) return false; /* resolv.conf has fewer by now */
  const char *domain = l->resolver->channel.conf.domains[index];
  size_t left = WHOLE_NAME_MAX - l->length;
  int written = snprintf(out + l->length, left, ".%s", domain);
  return written > 0 && (size_t)written < left;
}

/* ---- Answers ---- */

static void note_none(look_up *l, const lr_dns_answer *answer) {
  uint64_t ttl_ns = answer->ttl_s * LR_NS_PER_S;
  bool first = !l->none.detail;
  if (first || ttl_ns < l->none.ttl_ns) l->none.ttl_ns = ttl_ns;
  if (first || answer->outcome == LR_DNS_NO_DATA)
    l->none.detail = answer->outcome == LR_DNS_NO_DATA ? lr_look_up_no_address
                                                       : no_such_name;
}

static void note_found(look_up *l, const lr_dns_answer *answer) {
  uint64_t ttl_ns = answer->ttl_s * LR_NS_PER_S;
  if (!l->found.count || ttl_ns < l->ttl_ns) l->ttl_ns = ttl_ns;
  for (uint32_t i = 0; i < answer->count; i++)
    if (l->found.count < LR_ADDRESSES_MAX)
      l->found.list[l->found.count++] = answer->list[i];
}

static void note_answer(look_up *l, const lr_dns_answer *answer,
                        const char *why) {
  switch (answer->outcome) {
  case LR_DNS_FOUND:
    note_found(l, answer);
    break;
  case LR_DNS_NO_DATA:
  case LR_DNS_NO_NAME:
    note_none(l, answer);
    break;
  default:
    l->failed = true;
    if (answer->outcome == LR_DNS_SILENT) l->silent = true;
    l->why = why;
    break;
  }
}

/* Goes on when all that was asked of a candidate is answered. */
static void go_on(look_up *l) {
  bool last = l->candidate + 1 >= count_candidates(l);
  if (l->found.count) {
    settle_found(l, l->failed && l->ttl_ns > one_family_ttl_ns
                        ? one_family_ttl_ns
                        : l->ttl_ns);
  } else if (!last && !l->silent) {
    l->candidate++;
    begin(l);
  } else if (l->failed) {
    settle_failed(l);
  } else {
    l->none.verdict = LR_NAME_NO_ADDRESS;
    l->none.status = LARIAT_ERESOLVE;
    tell_cache(l, l->none);
  }
}

/* Ends a question, or the asking.  What goes on may be answered on the spot,
 * too: it is held here meanwhile. */
static void end_question(look_up *l) {
  while (--l->pending == 0 && !l->settled) {
    l->pending = 1;
    go_on(l);
  }
  release(l);
}

/* Waits for the other family, but not for long. */
static void wait_for_second(look_up *l) {
  lr_resolver *resolver = l->resolver;
  if (!l->found.count || !l->pending || l->settled) return;
  (void)lr_reactor_set_timer(
      resolver->reactor, &l->timer,
      lr_add_ns(lr_reactor_turn_ns(resolver->reactor), second_family_ns));
}

static void take_answer(void *look_up_pointer, const lr_dns_answer *answer,
                        const char *why) {
  look_up *l = look_up_pointer;
  if (!l->settled) note_answer(l, answer, why);
  if (l->pending > 1) wait_for_second(l);
  end_question(l);
}

/* Goes on without what takes too long: with one family, or the old answer. */
static void expire_timer(lr_timer *timer) {
  look_up *l = lr_container(timer, look_up, timer);
  lr_resolver *resolver = l->resolver;
  if (!l->found.count) {
    lr_resolver_cache_tell_stale(&resolver->service->cache, l->name, l->length,
                                 lr_reactor_turn_ns(resolver->reactor));
    return;
  }
  settle_found(l,
               l->ttl_ns < one_family_ttl_ns ? l->ttl_ns : one_family_ttl_ns);
}

/* ---- Questions ---- */

static bool wants_v6(const lr_resolver *resolver) {
  lariat_address_family family = resolver->service->family;
  return family == LARIAT_FAMILY_IPV6 ||
         (family == LARIAT_FAMILY_ANY && resolver->has_ipv6);
}

static void ask_servers(look_up *l) {
  char name[WHOLE_NAME_MAX];
  lr_resolver *resolver = l->resolver;
  bool v4 = resolver->service->family != LARIAT_FAMILY_IPV6;
  l->pending++;
  if (write_candidate(l, name)) {
    if (v4) {
      l->pending++;
      lr_dns_channel_ask(&resolver->channel, name, LR_DNS_A, take_answer, l);
    }
    if (wants_v6(resolver)) {
      l->pending++;
      lr_dns_channel_ask(&resolver->channel, name, LR_DNS_AAAA, take_answer, l);
    }
  }
  end_question(l);
}

static void take_system_answer(void *look_up_pointer,
                               const lr_dns_answer *answer, const char *why) {
  look_up *l = look_up_pointer;
  l->system = NULL;
  note_answer(l, answer, why);
  l->none.ttl_ns = system_none_ttl_ns;
  l->ttl_ns = system_ttl_ns;
  l->candidate = count_candidates(l);
  go_on(l);
  release(l);
}

static void ask_system(look_up *l) {
  static const int families[] = {[LARIAT_FAMILY_ANY] = AF_UNSPEC,
                                 [LARIAT_FAMILY_IPV4] = AF_INET,
                                 [LARIAT_FAMILY_IPV6] = AF_INET6};
  lr_resolver *resolver = l->resolver;
  l->system = lr_system_look_up_start(
      l->name, families[resolver->service->family],
      lr_reactor_own_mailbox(resolver->reactor), take_system_answer, l);
  if (l->system) return;
  l->why = "no thread for the system's look-up";
  settle_failed(l);
  release(l);
}

static bool is_for_system(const look_up *l) {
  const lr_name_service *service = l->resolver->service;
  return lr_name_sources_need_system(&service->sources, l->name, l->length,
                                     service->machine);
}

/* Ends a look-up for which there is nobody to ask. */
static void end_without_servers(look_up *l) {
  l->none.verdict = LR_NAME_NO_ADDRESS;
  l->none.status = LARIAT_ERESOLVE;
  l->none.detail = no_such_name;
  tell_cache(l, l->none);
  release(l);
}

static void begin(look_up *l) {
  lr_resolver *resolver = l->resolver;
  if (l->candidate == 0 && is_for_system(l)) {
    ask_system(l);
  } else if (!resolver->service->sources.dns) {
    end_without_servers(l);
  } else if (lr_dns_channel_open(&resolver->channel) != LARIAT_OK) {
    l->why = "resolv.conf cannot be used";
    settle_failed(l);
    release(l);
  } else {
    ask_servers(l);
  }
}

/* Says whether anybody still waits for a look-up that had to wait. */
static bool is_wanted(const look_up *l) {
  return lr_resolver_cache_is_wanted(&l->resolver->service->cache, l->name,
                                     l->length);
}

static void begin_waiting(lr_resolver *resolver) {
  static const lr_name_outcome cut_short = {.verdict = LR_NAME_CUT_SHORT};
  lr_list *node;
  if (resolver->beginning) return; /* one has ended on the spot */
  resolver->beginning = true;
  while (!resolver->closed && resolver->begun < LR_RESOLVER_LOOK_UPS &&
         (node = lr_list_take_first(&resolver->waiting))) {
    look_up *l = lr_container(node, look_up, node);
    lr_list_append(&resolver->look_ups, &l->node);
    resolver->begun++;
    if (is_wanted(l)) {
      begin(l);
      continue;
    }
    tell_cache(l, cut_short);
    free_look_up(l);
    resolver->begun--;
  }
  resolver->beginning = false;
}

void lr_look_up_start(lr_resolver *resolver, const char *name, size_t length,
                      bool has_stale) {
  look_up *l = lr_alloc_zero(sizeof *l + length + 1);
  uint64_t now_ns = lr_reactor_turn_ns(resolver->reactor);
  if (!l) {
    lr_name_outcome outcome = {.verdict = LR_NAME_FAILED,
                               .status = LARIAT_ENOMEM};
    lr_resolver_cache_settle(&resolver->service->cache, name, length, outcome,
                             now_ns);
    return;
  }
  memcpy(l->name, name, length);
  l->length = length;
  l->resolver = resolver;
  l->timer.expire = expire_timer;
  lr_list_append(&resolver->waiting, &l->node);
  if (has_stale)
    (void)lr_reactor_set_timer(resolver->reactor, &l->timer,
                               lr_add_ns(now_ns, stale_after_ns));
  begin_waiting(resolver);
}

static void end_look_ups(const lr_list *list) {
  static const lr_name_outcome cut_short = {.verdict = LR_NAME_CUT_SHORT};
  for (lr_list *node = list->next; node != list; node = node->next) {
    look_up *l = lr_container(node, look_up, node);
    if (!l->settled) tell_cache(l, cut_short);
    if (l->system) lr_system_look_up_abandon(l->system);
    l->system = NULL;
  }
}

/* Has the channel tell those that wait for it, which ends them. */
void lr_look_up_end_all(lr_resolver *resolver) {
  lr_list *node;
  end_look_ups(&resolver->look_ups);
  end_look_ups(&resolver->waiting);
  lr_dns_channel_close(&resolver->channel);
  while ((node = lr_list_first(&resolver->waiting)))
    free_look_up(lr_container(node, look_up, node));
  while ((node = lr_list_first(&resolver->look_ups)))
    free_look_up(lr_container(node, look_up, node));
}
