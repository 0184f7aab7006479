/* SPDX-License-Identifier: MIT
 * log.c: the texts of the messages, and how often they are said. */
#include "reactor/log.h"

#include "base/time.h"
#include "reactor/reactor_private.h"

enum { SAID_A_SECOND = 10 };

typedef struct log_text {
  lariat_log_level level;
  const char *text;
} log_text;

static const log_text texts[LR_LOG_MESSAGES] = {
    [LR_LOG_UNHANDLED] = {LARIAT_LOG_ERROR, "a failure that nobody handled"},
    [LR_LOG_DENIED] = {LARIAT_LOG_WARNING,
                       "the rules for addresses deny a connection"},
    [LR_LOG_NO_DESCRIPTOR] = {LARIAT_LOG_WARNING,
                              "no descriptor is left for a connection"},
    [LR_LOG_DESYNC] = {LARIAT_LOG_WARNING,
                       "a server has sent what nobody asked for"},
    [LR_LOG_STARTED] = {LARIAT_LOG_INFO, "the reactor's thread has begun"},
    [LR_LOG_ENDED] = {LARIAT_LOG_INFO, "the reactor's thread ends"},
    [LR_LOG_BY_LIBCURL] = {LARIAT_LOG_DEBUG, "libcurl makes a request"}};

const char *lariat_log_level_name(lariat_log_level level) {
  static const char *const names[] = {[LARIAT_LOG_ERROR] = "error",
                                      [LARIAT_LOG_WARNING] = "warning",
                                      [LARIAT_LOG_INFO] = "info",
                                      [LARIAT_LOG_DEBUG] = "debug"};
  bool known = level >= LARIAT_LOG_ERROR && level <= LARIAT_LOG_DEBUG;
  return known ? names[level] : "unknown";
}

static lariat_log_level level_of(const lariat_log *log) {
  return log->level ? log->level : LARIAT_LOG_WARNING;
}

/* Tells whether the message may be said now; it counts as said then. */
static bool may_say(lr_log_rate *rate, uint64_t now_ns) {
  if (now_ns - rate->since_ns >= LR_NS_PER_S) {
    rate->since_ns = now_ns;
    rate->said = 0;
  }
  if (rate->said < SAID_A_SECOND) return ++rate->said;
  rate->suppressed++;
  return false;
}

void lr_log_say(lariat_reactor *reactor, lr_log_message message,
                const lariat_log_field *fields, size_t count) {
  lr_log *log = &reactor->log;
  lr_log_rate *rate = &log->rates[message];
  if (!log->to.write || texts[message].level > level_of(&log->to)) return;
  uint64_t now_ns = lariat_reactor_now_ns(reactor);
  if (!may_say(rate, now_ns)) return;
  const lariat_log_record record = {.size = sizeof record,
                                    .level = texts[message].level,
                                    .message = texts[message].text,
                                    .fields = fields,
                                    .field_count = count,
                                    .reactor = reactor->name,
                                    .at_ns = now_ns,
                                    .suppressed = rate->suppressed};
  rate->suppressed = 0;
  log->to.write(&record, log->to.context);
}
