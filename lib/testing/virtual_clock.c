/* SPDX-License-Identifier: MIT
 * virtual_clock.c: a clock that moves when a test says so. */
#include <lariat/testing.h>

#include "base/atomics.h"
#include "base/memory.h"
#include "base/time.h"
#include "reactor/reactor.h"

enum { MANY_TURNS = 1000 };

struct lariat_virtual_clock {
  lariat_clock clock;
  lr_atomic_u64 now_ns;
};

static uint64_t read_clock(void *context) {
  return lariat_virtual_clock_now_ns(context);
}

lariat_status lariat_virtual_clock_new(lariat_virtual_clock **out) {
  if (!out) return LARIAT_EINVAL;
  lariat_virtual_clock *clock = lr_alloc_zero(sizeof *clock);
  if (!clock) return LARIAT_ENOMEM;
  clock->clock = (lariat_clock){read_clock, clock, true};
  lr_u64_init(&clock->now_ns, LR_NS_PER_S);
  *out = clock;
  return LARIAT_OK;
}

void lariat_virtual_clock_free(lariat_virtual_clock *clock) { lr_free(clock); }

const lariat_clock *
lariat_virtual_clock_clock(const lariat_virtual_clock *clock) {
  return &clock->clock;
}

uint64_t lariat_virtual_clock_now_ns(const lariat_virtual_clock *clock) {
  return lr_u64_load_relaxed(&clock->now_ns);
}

void lariat_virtual_clock_move(lariat_virtual_clock *clock, uint64_t ms) {
  lariat_virtual_clock_move_ns(clock, lr_ns_of_ms(ms));
}

void lariat_virtual_clock_move_ns(lariat_virtual_clock *clock, uint64_t ns) {
  lr_u64_add_relaxed(&clock->now_ns, ns);
}

/* Runs one turn at least: descriptors are not seen from here. */
lariat_status lariat_virtual_clock_advance(lariat_virtual_clock *clock,
                                           lariat_reactor *reactor,
                                           uint64_t ms) {
  lariat_virtual_clock_move(clock, ms);
  for (int turns = 0; turns < MANY_TURNS; turns++) {
    lariat_status status = lariat_reactor_run_once(reactor, 0);
    if (status != LARIAT_OK) return status;
    if (!lr_reactor_pending(reactor)) return LARIAT_OK;
  }
  return LARIAT_EOVERLOAD;
}

lariat_status lariat_virtual_clock_run(lariat_virtual_clock *clock,
                                       lariat_reactor *reactor, uint64_t ms) {
  uint64_t until_ns = lr_add_ms(lariat_virtual_clock_now_ns(clock), ms);
  lariat_status status = lariat_virtual_clock_advance(clock, reactor, 0);
  while (status == LARIAT_OK) {
    uint64_t next_ns = lr_reactor_next_timer_ns(reactor);
    uint64_t to_ns = next_ns < until_ns ? next_ns : until_ns;
    lr_u64_store_relaxed(&clock->now_ns, to_ns);
    status = lariat_virtual_clock_advance(clock, reactor, 0);
    if (to_ns == until_ns) break;
  }
  return status;
}

lariat_status lariat_virtual_clock_pump(lariat_virtual_clock *clock,
                                        lariat_reactor *reactor,
                                        const uint64_t *ms, size_t count) {
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; i < count && status == LARIAT_OK; i++)
    status = lariat_virtual_clock_advance(clock, reactor, ms[i]);
  return status;
}
