/* SPDX-License-Identifier: MIT
 * reactor.c: a reactor from its making to its close, and its turns. */
#include "reactor/reactor.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/call_depth.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/time.h"
#include "reactor/reactor_private.h"

enum { MAILS_A_TURN = 1024, POLL_AGAIN_NS = 10000 };

_Static_assert(offsetof(struct lariat_reactor, front) == 0,
               "reactor.h looks for it at the beginning");

/* The newest reactor of this thread, from which `older` leads to the others,
 * and the one whose turn it is in. */
static LR_THREAD_LOCAL lariat_reactor *newest_here;
static LR_THREAD_LOCAL lariat_reactor *in_turn_here;

lariat_reactor *lariat_reactor_current(void) {
  return in_turn_here ? in_turn_here : newest_here;
}

static bool is_of_this_thread(const lariat_mailbox *mailbox) {
  const lariat_reactor *reactor = newest_here;
  while (reactor && reactor->mailbox != mailbox) reactor = reactor->older;
  return reactor != NULL;
}

bool lr_reactor_must_not_wait(const lariat_mailbox *mailbox) {
  return in_turn_here || is_of_this_thread(mailbox);
}

/* ---- Properties ---- */

const char *lariat_reactor_name(const lariat_reactor *reactor) {
  return reactor->name;
}

uint64_t lariat_reactor_now_ns(const lariat_reactor *reactor) {
  return reactor->clock.now_ns(reactor->clock.context);
}

lariat_status lr_reactor_check(const lariat_reactor *reactor,
                               const char *function) {
  if (reactor->generation != lr_process_generation()) return LARIAT_EFORKED;
  if (pthread_equal(reactor->owner, pthread_self())) return LARIAT_OK;
  char name[16];
  lr_process_thread_name(name);
  lr_misuse("%s: called on thread '%s', but the reactor '%s' belongs to thread "
            "'%s'",
            function, name, reactor->name, reactor->owner_name);
  return LARIAT_ETHREAD;
}

bool lr_reactor_is_here(const lariat_reactor *reactor) {
  return reactor->generation == lr_process_generation() &&
         pthread_equal(reactor->owner, pthread_self());
}

void lr_reactor_set_layer_state(lariat_reactor *reactor, lr_layer layer,
                                void *state, lariat_destroy destroy) {
  reactor->front.state[layer] = state;
  reactor->layer_destroys[layer] = destroy;
}

lr_poller *lr_reactor_poller(lariat_reactor *reactor) {
  return &reactor->poller;
}

const lariat_clock *lr_reactor_clock(const lariat_reactor *reactor) {
  return &reactor->clock;
}

static bool has_system_clock(const lariat_reactor *reactor) {
  return reactor->clock.now_ns == lariat_clock_system()->now_ns;
}

bool lr_reactor_has_clock(const lariat_reactor *reactor,
                          const lariat_clock *clock) {
  return reactor->clock.now_ns == clock->now_ns &&
         reactor->clock.context == clock->context;
}

uint64_t lr_reactor_next_timer_ns(const lariat_reactor *reactor) {
  return lr_timers_next(&reactor->timers);
}

unsigned *lr_reactor_holds(lariat_reactor *reactor) { return &reactor->holds; }

bool lr_reactor_closing(const lariat_reactor *reactor) {
  return reactor->close_state != LR_REACTOR_OPEN;
}

lariat_status lariat_reactor_read_stats(lariat_reactor *reactor,
                                        lariat_reactor_stats *stats) {
  return lr_turn_meter_read(reactor->meter, stats);
}

void lr_reactor_use_meter(lariat_reactor *reactor, lr_turn_meter *meter) {
  lr_turn_meter_init(meter);
  reactor->meter = meter;
}

lariat_mailbox *lr_reactor_own_mailbox(const lariat_reactor *reactor) {
  return reactor->mailbox;
}

lariat_mailbox *lariat_reactor_mailbox(lariat_reactor *reactor) {
  return lr_mailbox_retain(reactor->mailbox);
}

void lariat_reactor_set_report(lariat_reactor *reactor, lariat_report report,
                               void *context) {
  if (lr_reactor_check(reactor, __func__) != LARIAT_OK) return;
  reactor->report = report;
  reactor->report_context = context;
}

void lr_reactor_report(lariat_reactor *reactor, const char *message) {
  const lariat_log_field field = {"report", message};
  if (reactor->report)
    reactor->report(message, reactor->report_context);
  else if (reactor->log.to.write)
    lr_log_say(reactor, LR_LOG_UNHANDLED, &field, 1);
  else
    lr_process_say("%s", message);
}

/* ---- Work ---- */

/* Takes a time that has passed as the turn's own: so a timer set by a timer
 * sorts behind all that are due in this turn. */
bool lr_reactor_set_timer(lariat_reactor *reactor, lr_timer *timer,
                          uint64_t at_ns) {
  const lr_reactor_front *front = &reactor->front;
  if (front->in_turn && at_ns < front->turn_ns) at_ns = front->turn_ns;
  if (!lr_timers_set(&reactor->timers, timer, at_ns)) return false;
  if (!front->in_turn) lr_embed_rearm(reactor);
  return true;
}

void lr_reactor_unset_timer(lariat_reactor *reactor, lr_timer *timer) {
  lr_timers_cancel(&reactor->timers, timer);
}

static void append_local(lariat_reactor *reactor, lr_mail *first,
                         lr_mail *last) {
  if (reactor->local_first)
    reactor->local_last->next = first;
  else
    reactor->local_first = first;
  reactor->local_last = last;
}

static lr_mail *take_local(lariat_reactor *reactor) {
  lr_mail *mail = reactor->local_first;
  if (mail) reactor->local_first = mail->next;
  return mail;
}

void lr_reactor_post_local(lariat_reactor *reactor, lr_mail *mail) {
  if (reactor->close_state == LR_REACTOR_CLOSED) {
    mail->ops->discard(mail);
    return;
  }
  mail->next = NULL;
  append_local(reactor, mail, mail);
  lr_embed_wake(reactor);
}

void lr_reactor_request_turn(lariat_reactor *reactor) {
  reactor->turn_requested = true;
  lr_embed_wake(reactor);
}

bool lr_reactor_pending(const lariat_reactor *reactor) {
  return lr_reactor_has_work(reactor) ||
         lr_mailbox_has_mail(reactor->mailbox) ||
         lr_timers_next(&reactor->timers) <= lariat_reactor_now_ns(reactor);
}

void lr_reactor_add_turn_hook(lariat_reactor *reactor, lr_turn_hook *hook) {
  lr_list_append(&reactor->hooks, &hook->link);
}

void lr_reactor_remove_turn_hook(lariat_reactor *reactor, lr_turn_hook *hook) {
  if (reactor->next_hook == &hook->link) reactor->next_hook = hook->link.next;
  lr_list_remove(&hook->link);
}

void lr_reactor_add_shutdown_hook(lariat_reactor *reactor,
                                  lr_shutdown_hook *shutdown) {
  lr_list_append(&reactor->shutdown_hooks, &shutdown->link);
}

void lr_reactor_remove_shutdown_hook(lariat_reactor *reactor,
                                     lr_shutdown_hook *shutdown) {
  if (reactor->next_shutdown_hook == &shutdown->link)
    reactor->next_shutdown_hook = shutdown->link.next;
  lr_list_remove(&shutdown->link);
}

/* ---- Turns ---- */

/* Returns how long it is until the next timer; LR_NEVER_NS when there is none
 * to wait for.  The turn before has ended. */
static uint64_t ns_until_timer(lariat_reactor *reactor) {
  uint64_t next_ns = lr_timers_next(&reactor->timers);
  uint64_t now_ns = lariat_reactor_now_ns(reactor);
  lr_turn_meter_end(reactor->meter, now_ns);
  if (next_ns == LR_NEVER_NS) return LR_NEVER_NS;
  if (next_ns <= now_ns) return 0;
  return reactor->clock.manual ? LR_NEVER_NS : next_ns - now_ns;
}

/* Returns how long this turn may wait.  Not to wait at all costs neither a look
 * at the clock nor an atomic operation. */
static uint64_t time_to_wait(lariat_reactor *reactor, int wait_ms) {
  bool work = lr_reactor_has_work(reactor);
  reactor->turn_requested = false;
  if (wait_ms == 0 || work) return 0;
  uint64_t most_ns = wait_ms < 0 ? LR_NEVER_NS : lr_ns_of_ms((uint64_t)wait_ms);
  uint64_t ns = ns_until_timer(reactor);
  if (ns > most_ns) ns = most_ns;
  if (ns != 0 && !lr_mailbox_sleep(reactor->mailbox)) return 0;
  return ns;
}

static void deliver_mail(lariat_reactor *reactor) {
  lr_mail *first = lr_mailbox_drain(reactor->mailbox);
  if (first) append_local(reactor, first, first->end);
  lr_mail *mail;
  for (int left = MAILS_A_TURN; left > 0; left--) {
    if (!(mail = take_local(reactor))) break;
    mail->ops->deliver(mail);
  }
}

static void expire_timers(lariat_reactor *reactor) {
  uint64_t limit = reactor->timers.next_order;
  lr_timer *timer;
  while (
      (timer = lr_timers_pop(&reactor->timers, reactor->front.turn_ns, limit)))
    timer->expire(timer);
}

static void run_turn_hooks(lariat_reactor *reactor) {
  reactor->next_hook = reactor->hooks.next;
  while (reactor->next_hook != &reactor->hooks) {
    lr_turn_hook *hook = lr_container(reactor->next_hook, lr_turn_hook, link);
    reactor->next_hook = hook->link.next;
    hook->turn_end(hook);
  }
}

static void flush_outboxes(lariat_reactor *reactor) {
  lr_list *link;
  while ((link = lr_list_take_first(&reactor->outboxes)))
    lr_outbox_flush(lr_container(link, lr_outbox, dirty));
}

static lariat_reactor *enter_turn(lariat_reactor *reactor) {
  lariat_reactor *outer = in_turn_here;
  in_turn_here = reactor;
  lr_call_depth++;
  reactor->front.in_turn = true;
  return outer;
}

static void end_turn(lariat_reactor *reactor, lariat_reactor *outer) {
  run_turn_hooks(reactor);
  flush_outboxes(reactor);
  reactor->front.in_turn = false;
  lr_call_depth--;
  in_turn_here = outer;
}

/* Tells whether this turn of a run has calls to make and follows the last look
 * at the descriptors so closely that another look would cost more than it
 * brings.  Not with a clock of the user's, which may stand still. */
static bool has_just_polled(lariat_reactor *reactor) {
  if (!lr_reactor_in_run(reactor) || reactor->calls.count == 0 ||
      !has_system_clock(reactor))
    return false;
  reactor->front.turn_ns = lariat_reactor_now_ns(reactor);
  return reactor->front.turn_ns - reactor->polling.at_ns < POLL_AGAIN_NS;
}

/* Notes that a turn begins and, if that is not known yet, that the one before
 * has ended: it did not wait. */
static inline void begin_metered(lariat_reactor *reactor) {
  lr_turn_meter_end(reactor->meter, reactor->front.turn_ns);
  lr_turn_meter_begin(reactor->meter, reactor->front.turn_ns);
}

/* Asks which descriptors are ready, waiting for that if there is nothing else
 * to do, and reads the clock.  `*error` is for an errno. */
static lariat_status collect_events(lariat_reactor *reactor, int wait_ms,
                                    int *error) {
  if (wait_ms != 0 && lr_coalesce_skips_poll(reactor)) {
    reactor->front.turn_ns = lariat_reactor_now_ns(reactor);
    begin_metered(reactor);
    return LARIAT_OK;
  }
  if (wait_ms != 0) (void)lr_coalesce(reactor);
  uint64_t wait_ns = time_to_wait(reactor, wait_ms);
  if (has_just_polled(reactor)) {
    begin_metered(reactor);
    return LARIAT_OK;
  }
  lariat_status status = lr_poller_collect(&reactor->poller, wait_ns);
  *error = errno;
  uint64_t now_ns = lariat_reactor_now_ns(reactor);
  reactor->polling.found = reactor->poller.found;
  reactor->polling.skipped = false;
  reactor->polling.at_ns = now_ns;
  reactor->front.turn_ns = now_ns;
  begin_metered(reactor);
  return status;
}

/* Counts the calls before anything else runs: those that come in while the turn
 * goes on are for the next one. */
lariat_status lr_reactor_turn(lariat_reactor *reactor, int wait_ms) {
  lariat_reactor *outer = enter_turn(reactor);
  uint32_t calls = reactor->calls.count;
  int saved = 0;
  lariat_status status = collect_events(reactor, wait_ms, &saved);
  lr_poller_deliver(&reactor->poller);
  deliver_mail(reactor);
  expire_timers(reactor);
  lr_calls_run(reactor, calls);
  end_turn(reactor, outer);
  if (!lr_reactor_in_run(reactor)) /* what is next may be long away */
    lr_turn_meter_end(reactor->meter, lariat_reactor_now_ns(reactor));
  if (status != LARIAT_OK) errno = saved;
  return status;
}

void lr_reactor_turn_for(lariat_reactor *reactor, lariat_call work,
                         void *context) {
  lariat_reactor *outer = enter_turn(reactor);
  reactor->front.turn_ns = lariat_reactor_now_ns(reactor);
  work(context);
  end_turn(reactor, outer);
}

/* ---- Making ---- */

/* Does not read the eventfd, which has done its work when epoll returns: it is
 * watched for being written (EPOLLET), and so does not come back. */
static void wake_ready(lr_watch *watch, uint32_t events) {
  (void)events;
  lariat_reactor *reactor = lr_container(watch, lariat_reactor, wake_watch);
  if (reactor->embedding.state == LR_EMBED_WOKEN)
    reactor->embedding.state = LR_EMBED_IDLE;
}

/* Reads as many fields as the size says: a program built against a smaller
 * struct gets the defaults of the others. */
static lariat_status read_options(const lariat_reactor_options *given,
                                  lariat_reactor_options *options) {
  *options = (lariat_reactor_options){.size = sizeof *options};
  if (given && given->size < sizeof given->size) return LARIAT_EINVAL;
  if (given)
    memcpy(options, given,
           given->size < sizeof *given ? given->size : sizeof *given);
  if (!options->clock) options->clock = lariat_clock_system();
  if (!options->name) options->name = "reactor";
  return options->clock->now_ns ? LARIAT_OK : LARIAT_EINVAL;
}

static void init_parts(lariat_reactor *reactor, const lariat_clock *clock) {
  reactor->clock = *clock;
  reactor->poller.epoll = -1;
  lr_timers_init(&reactor->timers);
  lr_list_init(&reactor->outboxes);
  lr_list_init(&reactor->hooks);
  lr_list_init(&reactor->shutdown_hooks);
  reactor->next_hook = &reactor->hooks;
  reactor->next_shutdown_hook = &reactor->shutdown_hooks;
  reactor->embedding.armed_ns = LR_NEVER_NS;
  lr_reactor_use_meter(reactor, &reactor->own_meter);
  reactor->owner = pthread_self();
  lr_process_thread_name(reactor->owner_name);
  reactor->generation = lr_process_generation();
}

/* Opens what can fail; release_parts undoes all of it, however far it came. */
static lariat_status open_parts(lariat_reactor *reactor, const char *name) {
  reactor->name = lr_copy_string(name);
  if (!reactor->name) return LARIAT_ENOMEM;
  lariat_status status = lr_poller_init(&reactor->poller);
  if (status == LARIAT_OK) status = lr_mailbox_new(&reactor->mailbox);
  if (status != LARIAT_OK) return status;
  reactor->wake_watch.ready = wake_ready;
  reactor->wake_watch.fd = reactor->mailbox->eventfd;
  return lr_poller_set(&reactor->poller, &reactor->wake_watch,
                       EPOLLIN | EPOLLET);
}

static void release_parts(lariat_reactor *reactor) {
  int saved = errno;
  lr_embed_clear(reactor);
  lr_poller_clear(&reactor->poller);
  lariat_mailbox_release(reactor->mailbox);
  lr_timers_clear(&reactor->timers);
  lr_free(reactor->name);
  lr_free(reactor);
  errno = saved;
}

lariat_status lariat_reactor_new(const lariat_reactor_options *given,
                                 lariat_reactor **out) {
  if (!out) return LARIAT_EINVAL;
  *out = NULL;
  lariat_reactor_options options;
  lariat_status status = read_options(given, &options);
  if (status != LARIAT_OK) return status;
  lariat_reactor *reactor = lr_alloc_zero(sizeof *reactor);
  if (!reactor) return LARIAT_ENOMEM;
  init_parts(reactor, options.clock);
  status = open_parts(reactor, options.name);
  if (status != LARIAT_OK) {
    release_parts(reactor);
    return status;
  }
  reactor->log.to = options.log;
  reactor->older = newest_here;
  newest_here = reactor;
  *out = reactor;
  return LARIAT_OK;
}

/* ---- Close ---- */

static lr_shutdown_hook *next_shutdown_hook(lariat_reactor *reactor) {
  if (reactor->next_shutdown_hook == &reactor->shutdown_hooks) return NULL;
  lr_shutdown_hook *shutdown =
      lr_container(reactor->next_shutdown_hook, lr_shutdown_hook, link);
  reactor->next_shutdown_hook = shutdown->link.next;
  return shutdown;
}

static void begin_shutdown_hooks(lariat_reactor *reactor) {
  reactor->next_shutdown_hook = reactor->shutdown_hooks.next;
  for (lr_shutdown_hook *shutdown; (shutdown = next_shutdown_hook(reactor));)
    shutdown->begin(shutdown);
}

static void end_shutdown_hooks(lariat_reactor *reactor) {
  reactor->next_shutdown_hook = reactor->shutdown_hooks.next;
  for (lr_shutdown_hook *shutdown; (shutdown = next_shutdown_hook(reactor));)
    shutdown->end(shutdown);
}

static bool any_busy(lariat_reactor *reactor) {
  bool busy = false;
  reactor->next_shutdown_hook = reactor->shutdown_hooks.next;
  for (lr_shutdown_hook *shutdown;
       !busy && (shutdown = next_shutdown_hook(reactor));)
    busy = shutdown->busy(shutdown);
  return busy;
}

/* Returns the real time, also with a manual clock: what is waited for is other
 * threads. */
static uint64_t real_time_ms(void) {
  const lariat_clock *clock = lariat_clock_system();
  return clock->now_ns(clock->context) / LR_NS_PER_MS;
}

static void wait_for_shutdown_hooks(lariat_reactor *reactor, unsigned wait_ms) {
  uint64_t start_ms = real_time_ms();
  uint64_t spent_ms = 0;
  bool last = false;
  while (!last && any_busy(reactor)) {
    uint64_t left_ms = wait_ms - spent_ms;
    last = left_ms == 0;
    int ms = left_ms < INT_MAX ? (int)left_ms : INT_MAX;
    if (lr_reactor_turn(reactor, ms) != LARIAT_OK) break;
    spent_ms = real_time_ms() - start_ms;
    if (spent_ms > wait_ms) spent_ms = wait_ms;
  }
}

/* Discards what was drained, which is older, and then what is in the mailbox.
 * A discard may post more: with the mailbox closed that is discarded at once.
 */
static void discard_mail(lariat_reactor *reactor) {
  lr_mail *undrained = lr_mailbox_close(reactor->mailbox);
  reactor->close_state = LR_REACTOR_CLOSED;
  lr_mail *mail;
  while ((mail = take_local(reactor))) mail->ops->discard(mail);
  while ((mail = undrained)) {
    undrained = mail->next;
    mail->ops->discard(mail);
  }
}

static void destroy_layer_states(lariat_reactor *reactor) {
  for (int layer = LR_LAYER_COUNT - 1; layer >= 0; layer--) {
    void *state = reactor->front.state[layer];
    lariat_destroy destroy = reactor->layer_destroys[layer];
    if (destroy) destroy(state);
    lr_reactor_set_layer_state(reactor, (lr_layer)layer, NULL, NULL);
  }
}

static void leave_thread(const lariat_reactor *reactor) {
  lariat_reactor **link = &newest_here;
  while (*link && *link != reactor) link = &(*link)->older;
  if (*link) *link = reactor->older;
}

lariat_status lariat_reactor_close(lariat_reactor *reactor, unsigned wait_ms) {
  if (!reactor) return LARIAT_OK;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (reactor->front.in_turn || reactor->holds || lr_reactor_closing(reactor))
    return LARIAT_EBUSY;
  reactor->close_state = LR_REACTOR_CLOSING;
  begin_shutdown_hooks(reactor);
  wait_for_shutdown_hooks(reactor, wait_ms);
  end_shutdown_hooks(reactor);
  discard_mail(reactor);
  lr_calls_clear(reactor);
  lr_timer_slack_restore(&reactor->timer_slack);
  lr_descriptors_clear(reactor);
  destroy_layer_states(reactor);
  leave_thread(reactor);
  release_parts(reactor);
  return LARIAT_OK;
}
