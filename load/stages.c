/* SPDX-License-Identifier: MIT
 * stages.c: stages from text. */
#include <lariat/load/stages.h>

#include <string.h>

#include "fault.h"
#include "reader.h"

/* Numbers have six decimals. */
#define DECIMALS 6
#define MILLION UINT64_C(1000000)
#define MOST (UINT64_MAX / 100)

struct unit {
  const char *name;
  uint64_t ns;
};

static const struct unit units[] = {
    {"ms", 1000000},
    {"s", UINT64_C(1000000000)},
    {"m", UINT64_C(60000000000)},
    {"h", UINT64_C(3600000000000)},
    {"d", UINT64_C(86400000000000)},
};

/* Returns a unit in nanoseconds; seconds for no name, 0 for another. */
static uint64_t find_unit(const char *name) {
  if (!*name) return UINT64_C(1000000000);
  for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
    if (strcmp(units[i].name, name) == 0) return units[i].ns;
  return 0;
}

/* A text while it is read: the number of the stage, and where what is wrong
 * with it goes. */
typedef struct parser {
  lr_load_reader in;
  size_t number; /* from 1 */
  lariat_load_error *error;
} parser;

/* Says that something is wrong with the stage at byte `at`. */
static lariat_status refuse(const parser *p, size_t at, const char *what) {
  return lr_load_fail(p->error, at, "stage %zu: %s at byte %zu", p->number,
                      what, at);
}

/* Reads a unit; without one it is seconds. */
static lariat_status parse_unit(parser *p, uint64_t *ns) {
  char name[4];
  size_t start = p->in.at;
  bool read = lr_load_read_word(&p->in, name, sizeof(name));
  *ns = read ? find_unit(name) : 0;
  if (*ns) return LARIAT_OK;
  return refuse(p, start, "no unit (ms, s, m, h or d)");
}

static lariat_status parse_duration(parser *p, uint64_t *duration_ns) {
  size_t start = p->in.at;
  uint64_t number;
  uint64_t unit;
  if (!lr_load_read_decimal(&p->in, DECIMALS, MOST, &number))
    return refuse(p, start, "no duration (as 30s)");
  lariat_status status = parse_unit(p, &unit);
  if (status != LARIAT_OK) return status;
  if (!number) return refuse(p, start, "it ends when it begins,");
  /* Units are whole millions of nanoseconds. */
  if (number > LARIAT_LOAD_LONGEST_NS / (unit / MILLION))
    return refuse(p, start, "longer than ten years");
  *duration_ns = number * (unit / MILLION);
  return LARIAT_OK;
}

/* Reads a rate, in millionths. */
static lariat_status parse_rate(parser *p, uint64_t *rate) {
  size_t start = p->in.at;
  if (!lr_load_read_decimal(&p->in, DECIMALS, MOST, rate))
    return refuse(p, start, "no rate (as 500 or 0.5)");
  return LARIAT_OK;
}

/* Reads "/s" and the like behind rates, if it is there. */
static lariat_status parse_period(parser *p, uint64_t *ns) {
  *ns = UINT64_C(1000000000);
  if (!lr_load_read_byte(&p->in, '/')) return LARIAT_OK;
  if (lr_load_reader_done(&p->in))
    return refuse(p, p->in.at, "no unit (s, m or h)");
  lariat_status status = parse_unit(p, ns);
  if (status == LARIAT_OK && lr_load_read_byte(&p->in, '-'))
    return refuse(p, p->in.at - 1,
                  "a rate behind the unit, which is for both,");
  return status;
}

/* Returns a number a second. */
static double divide(uint64_t millionths, uint64_t period_ns) {
  return (double)millionths * 1e3 / (double)period_ns;
}

static lariat_status parse_rates(parser *p, lariat_load_stage *stage) {
  size_t start = p->in.at;
  uint64_t from;
  uint64_t to;
  uint64_t period_ns;
  lariat_status status = parse_rate(p, &from);
  to = from;
  if (status == LARIAT_OK && lr_load_read_byte(&p->in, '-'))
    status = parse_rate(p, &to);
  if (status == LARIAT_OK) status = parse_period(p, &period_ns);
  if (status != LARIAT_OK) return status;
  stage->from_per_s = divide(from, period_ns);
  stage->to_per_s = divide(to, period_ns);
  if (stage->from_per_s > LARIAT_LOAD_FASTEST_PER_S ||
      stage->to_per_s > LARIAT_LOAD_FASTEST_PER_S)
    return refuse(p, start, "more than 1e9 a second");
  return LARIAT_OK;
}

static lariat_status parse_stage(parser *p, lariat_load_stage *stage) {
  lariat_status status = parse_duration(p, &stage->duration_ns);
  if (status != LARIAT_OK) return status;
  if (!lr_load_read_byte(&p->in, ':'))
    return refuse(p, p->in.at, "no ':' behind the duration");
  return parse_rates(p, stage);
}

lariat_status lariat_load_stages_parse(const char *text, size_t length,
                                       lariat_load_stage *stages,
                                       size_t capacity, size_t *count,
                                       lariat_load_error *error) {
  parser p = {{text, length, 0}, 1, error};
  *count = 0;
  do {
    p.number = *count + 1;
    if (*count == capacity)
      return lr_load_fail(error, p.in.at, "more than %zu stages at byte %zu",
                          capacity, p.in.at);
    lariat_status status = parse_stage(&p, &stages[*count]);
    if (status != LARIAT_OK) return status;
    ++*count;
  } while (lr_load_read_byte(&p.in, ','));
  if (lr_load_reader_done(&p.in)) return LARIAT_OK;
  return refuse(&p, p.in.at, "neither ',' nor the end");
}
