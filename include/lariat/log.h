/* SPDX-License-Identifier: MIT
 * lariat_log: where a reactor or a pool says what its owner may want to know.
 * Each has its own; without one nothing is said, but for the reports of
 * lariat_reactor_set_report, and it takes no time. */
#ifndef LARIAT_LOG_H
#define LARIAT_LOG_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>

LARIAT_BEGIN_C

typedef enum lariat_log_level {
  LARIAT_LOG_ERROR = 1,   /* something is lost: a failure nobody handles */
  LARIAT_LOG_WARNING = 2, /* somebody should look: connections refused by the
                             rules for addresses, a lack of descriptors, servers
                             that send what nobody asked for */
  LARIAT_LOG_INFO = 3,    /* threads that begin and end */
  LARIAT_LOG_DEBUG = 4    /* requests that libcurl makes, and why */
} lariat_log_level;

/* Returns "error", "warning", "info" or "debug".  Any thread; static. */
LARIAT_API const char *lariat_log_level_name(lariat_log_level level);

/* A detail of a message. */
typedef struct lariat_log_field {
  const char *key;
  const char *value; /* no credentials are in it */
} lariat_log_field;

/* A message.  Texts live for the call, but for `message`, which is static: the
 * same text for the same thing. */
typedef struct lariat_log_record {
  size_t size; /* sizeof(lariat_log_record) */
  lariat_log_level level;
  const char *message;
  const lariat_log_field *fields;
  size_t field_count;
  const char *reactor; /* the name of the reactor that says it */
  uint64_t at_ns;      /* on its clock */
  uint64_t suppressed; /* how often the same was not said since the last time:
                          a reactor says each message 10 times a second at
                          most */
} lariat_log_record;

/* Takes a message.  Of a reactor's own log: called on the reactor's thread.  Of
 * a pool's: on the thread of each of its reactors, at the same time perhaps.
 * It must not call the reactor or the pool, and should not block. */
typedef void (*lariat_log_write)(const lariat_log_record *record,
                                 void *context);

/* A function with its context, which must outlive the reactor or the pool's
 * threads.  Without a function: none. */
typedef struct lariat_log {
  lariat_log_write write;
  void *context;
  lariat_log_level level; /* nothing beyond it; 0: LARIAT_LOG_WARNING */
} lariat_log;

LARIAT_END_C

#endif
