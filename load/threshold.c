/* SPDX-License-Identifier: MIT
 * threshold.c: thresholds from text, and what a result says to them. */
#include <lariat/load/threshold.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <lariat/allocator.h>

#include "fault.h"
#include "reader.h"
#include "result.h"
#include "units.h"

#define DECIMALS 6
#define MILLION 1e6
#define MOST (UINT64_MAX / 100)

/* A figure of a result that is looked at. */
typedef enum figure {
  PERCENTILE, /* these four are durations */
  LEAST,
  LARGEST,
  MEAN,
  FAILURES, /* these two are numbers of requests, or shares of them */
  STATUS,
  REQUESTS,
  RATE
} figure;

typedef struct threshold {
  char *name;    /* of a class; NULL: the whole run */
  char text[48]; /* what is looked at, as it was written */
  figure figure;
  lariat_load_measure measure;
  double percent;
  unsigned chosen; /* the status; the outcome, or LARIAT_LOAD_OUTCOMES for all
                      failures */
  double limit;    /* nanoseconds; a number; a share; a number a second */
  bool over;       /* broken by what is over the limit, not under it */
  bool share;
} threshold;

struct lariat_load_thresholds {
  size_t count;
  size_t capacity;
  threshold *all;
};

/* ---- Making ---- */

lariat_status lariat_load_thresholds_new(lariat_load_thresholds **out) {
  if (!out) return LARIAT_EINVAL;
  *out = lariat_memory_allocate(sizeof(**out));
  if (!*out) return LARIAT_ENOMEM;
  **out = (lariat_load_thresholds){0, 0, NULL};
  return LARIAT_OK;
}

void lariat_load_thresholds_free(lariat_load_thresholds *thresholds) {
  if (!thresholds) return;
  for (size_t i = 0; i < thresholds->count; i++)
    lariat_memory_release(thresholds->all[i].name);
  lariat_memory_release(thresholds->all);
  lariat_memory_release(thresholds);
}

size_t lariat_load_thresholds_count(const lariat_load_thresholds *thresholds) {
  return thresholds->count;
}

static bool make_room(lariat_load_thresholds *thresholds) {
  if (thresholds->count < thresholds->capacity) return true;
  size_t capacity = 2 * thresholds->capacity + 4;
  threshold *all =
      lariat_memory_resize(thresholds->all, capacity * sizeof(*all));
  if (!all) return false;
  thresholds->all = all;
  thresholds->capacity = capacity;
  return true;
}

/* ---- Reading the text ---- */

typedef struct parser {
  lr_load_reader in;
  lariat_load_error *error;
  threshold *out;
} parser;

static lariat_status refuse(const parser *p, size_t at, const char *what) {
  return lr_load_fail(p->error, at, "%s at byte %zu", what, at);
}

/* Reads small letters and underscores; the word is empty when there are none,
 * or too many. */
static void read_name(parser *p, char *word, size_t size) {
  size_t length = 0;
  size_t start = p->in.at;
  for (; p->in.at < p->in.length; p->in.at++) {
    char c = p->in.text[p->in.at];
    if (!(c >= 'a' && c <= 'z') && c != '_') break;
    if (length + 1 < size) word[length] = c;
    length++;
  }
  word[length + 1 < size ? length : 0] = '\0';
  if (!word[0]) p->in.at = start;
}

static bool find_measure(const char *word, lariat_load_measure *out) {
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++) {
    *out = (lariat_load_measure)i;
    if (strcmp(word, lariat_load_measure_name(*out)) == 0) return true;
  }
  return false;
}

static bool find_outcome(const char *word, unsigned *out) {
  for (*out = LARIAT_LOAD_STATUS; *out < LARIAT_LOAD_OUTCOMES; ++*out)
    if (strcmp(word, lariat_load_outcome_name((lariat_load_outcome)*out)) == 0)
      return true;
  return false;
}

/* Reads the per cent behind "p". */
static lariat_status parse_percent(parser *p) {
  size_t start = p->in.at;
  uint64_t percent;
  bool read = lr_load_read_decimal(&p->in, DECIMALS, 100000000, &percent);
  if (!read || percent == 0)
    return refuse(p, start, "no percentage from 0 to 100 (as p99.9)");
  p->out->figure = PERCENTILE;
  p->out->percent = (double)percent / MILLION;
  return LARIAT_OK;
}

/* Reads what is behind "failures": an outcome, or nothing for all of them. */
static lariat_status parse_outcome(parser *p) {
  char word[16];
  p->out->figure = FAILURES;
  p->out->chosen = LARIAT_LOAD_OUTCOMES;
  if (!lr_load_read_byte(&p->in, '.')) return LARIAT_OK;
  size_t start = p->in.at;
  read_name(p, word, sizeof(word));
  if (find_outcome(word, &p->out->chosen)) return LARIAT_OK;
  return refuse(p, start, "no outcome (as failures.timeout)");
}

static lariat_status parse_status(parser *p) {
  size_t start = p->in.at;
  uint64_t status;
  p->out->figure = STATUS;
  if (!lr_load_read_byte(&p->in, '.') ||
      !lr_load_read_decimal(&p->in, 0, LR_LOAD_STATUSES - 1, &status) ||
      status < 100)
    return refuse(p, start, "no status from 100 to 599 (as status.503)");
  if (p->out->name)
    return refuse(p, start, "statuses are not counted for each name,");
  p->out->chosen = (unsigned)status;
  return LARIAT_OK;
}

/* Reads what is looked at of a measure. */
static lariat_status parse_statistic(parser *p, const char *word,
                                     size_t start) {
  static const struct {
    const char *name;
    figure figure;
  } statistics[] = {{"min", LEAST}, {"max", LARGEST}, {"mean", MEAN}};
  if (strcmp(word, "p") == 0) return parse_percent(p);
  for (size_t i = 0; i < sizeof(statistics) / sizeof(statistics[0]); i++) {
    if (strcmp(word, statistics[i].name) != 0) continue;
    p->out->figure = statistics[i].figure;
    return LARIAT_OK;
  }
  return refuse(p, start,
                "no figure (p99, min, max, mean, failures, status, requests "
                "or rate)");
}

/* Reads what is behind the name of a measure and its '.'. */
static lariat_status parse_of_measure(parser *p) {
  char word[16];
  size_t start = p->in.at;
  if (p->out->name && !lr_load_measure_of_classes(p->out->measure))
    return refuse(p, start, "that is not measured for each name,");
  read_name(p, word, sizeof(word));
  if (p->out->measure == LARIAT_LOAD_GOOD && strcmp(word, "rate") == 0) {
    p->out->figure = RATE;
    return LARIAT_OK;
  }
  return parse_statistic(p, word, start);
}

static lariat_status parse_figure(parser *p) {
  char word[16];
  size_t start = p->in.at;
  read_name(p, word, sizeof(word));
  if (strcmp(word, "failures") == 0) return parse_outcome(p);
  if (strcmp(word, "status") == 0) return parse_status(p);
  if (find_measure(word, &p->out->measure) && lr_load_read_byte(&p->in, '.'))
    return parse_of_measure(p);
  p->out->measure = LARIAT_LOAD_RESPONSE;
  p->out->figure = strcmp(word, "rate") == 0 ? RATE : REQUESTS;
  if (p->out->figure == RATE || strcmp(word, "requests") == 0) return LARIAT_OK;
  return parse_statistic(p, word, start);
}

/* ---- The limit ---- */

typedef struct unit {
  const char *name;
  double size;
} unit;

/* Reads the rest of the text as one of the units. */
static bool read_unit(parser *p, const unit *units, double *size) {
  const char *rest = p->in.text + p->in.at;
  size_t length = p->in.length - p->in.at;
  for (; units->name; units++) {
    if (strlen(units->name) != length || memcmp(units->name, rest, length) != 0)
      continue;
    *size = units->size;
    return true;
  }
  return false;
}

static lariat_status parse_unit(parser *p, double *size) {
  static const unit durations[] = {{"ns", 1},   {"us", 1e3}, {"µs", 1e3},
                                   {"ms", 1e6}, {"s", 1e9},  {"m", 6e10},
                                   {NULL, 0}};
  static const unit rates[] = {
      {"/s", 1}, {"/m", 1.0 / 60}, {"/h", 1.0 / 3600}, {NULL, 0}};
  static const unit shares[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};
  static const unit numbers[] = {{"", 1}, {NULL, 0}};
  figure of = p->out->figure;
  if (of <= MEAN)
    return read_unit(p, durations, size)
               ? LARIAT_OK
               : refuse(p, p->in.at, "no unit (ns, us, ms, s or m)");
  if (of == RATE)
    return read_unit(p, rates, size)
               ? LARIAT_OK
               : refuse(p, p->in.at, "no unit (/s, /m or /h)");
  p->out->share = p->in.at + 1 == p->in.length;
  return read_unit(p, of == REQUESTS ? numbers : shares, size)
             ? LARIAT_OK
             : refuse(p, p->in.at,
                      of == REQUESTS ? "not the end"
                                     : "neither '%' nor the end");
}

static bool is_number(const threshold *t) {
  return t->figure >= FAILURES && t->figure <= REQUESTS && !t->share;
}

static lariat_status parse_limit(parser *p) {
  double size;
  uint64_t number;
  size_t start = p->in.at;
  p->out->over = lr_load_read_byte(&p->in, '>');
  if (!p->out->over && !lr_load_read_byte(&p->in, '<'))
    return refuse(p, start, "neither '<' nor '>'");
  start = p->in.at;
  if (!lr_load_read_decimal(&p->in, DECIMALS, MOST, &number))
    return refuse(p, start, "no number (as 50 or 0.5)");
  lariat_status status = parse_unit(p, &size);
  if (status != LARIAT_OK) return status;
  if (is_number(p->out) && number % (uint64_t)MILLION)
    return refuse(p, start, "not a whole number of requests");
  p->out->limit = (double)number / MILLION * size;
  return LARIAT_OK;
}

/* ---- The whole text ---- */

/* Returns where the name ends: at the last ':', as what follows has none;
 * `length`: there is no name. */
static size_t find_colon(const char *text, size_t length) {
  for (size_t i = length; i > 0; i--)
    if (text[i - 1] == ':') return i - 1;
  return length;
}

static lariat_status take_name(parser *p) {
  size_t length = find_colon(p->in.text, p->in.length);
  if (length == p->in.length) return LARIAT_OK;
  if (length == 0) return refuse(p, 0, "no name before the ':'");
  p->out->name = lariat_memory_allocate(length + 1);
  if (!p->out->name) return LARIAT_ENOMEM;
  memcpy(p->out->name, p->in.text, length);
  p->out->name[length] = '\0';
  p->in.at = length + 1;
  return LARIAT_OK;
}

/* Keeps how the figure was written, for the messages. */
static void keep_text(parser *p, size_t start) {
  size_t length = p->in.at - start;
  if (length >= sizeof(p->out->text)) length = sizeof(p->out->text) - 1;
  memcpy(p->out->text, p->in.text + start, length);
  p->out->text[length] = '\0';
}

static lariat_status parse(parser *p) {
  lariat_status status = take_name(p);
  if (status != LARIAT_OK) return status;
  size_t start = p->in.at;
  status = parse_figure(p);
  if (status != LARIAT_OK) return status;
  keep_text(p, start);
  return parse_limit(p);
}

lariat_status lariat_load_thresholds_add(lariat_load_thresholds *thresholds,
                                         const char *text, size_t length,
                                         lariat_load_error *error) {
  if (!make_room(thresholds)) return LARIAT_ENOMEM;
  threshold *added = &thresholds->all[thresholds->count];
  *added = (threshold){.measure = LARIAT_LOAD_RESPONSE};
  parser p = {{text, length, 0}, error, added};
  lariat_status status = parse(&p);
  if (status == LARIAT_OK)
    thresholds->count++;
  else
    lariat_memory_release(added->name);
  return status;
}

/* ---- Judging ---- */

/* The value that a threshold finds in a result. */
typedef struct finding {
  double value;
  const char *unknown; /* why there is no value; NULL: there is one */
} finding;

static const lr_load_class *find_class(const threshold *t,
                                       const lariat_load_result *result) {
  if (!t->name) return &result->classes[0];
  for (size_t i = 1; i < result->class_count; i++)
    if (strcmp(result->classes[i].name, t->name) == 0)
      return &result->classes[i];
  return NULL;
}

static double count_ended(const lr_load_class *class) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < LARIAT_LOAD_OUTCOMES; i++) sum += class->outcomes[i];
  return (double)sum;
}

static double count_chosen(const threshold *t, const lr_load_class *class,
                           const lariat_load_result *result) {
  if (t->figure == STATUS) return (double)result->statuses[t->chosen];
  if (t->chosen < LARIAT_LOAD_OUTCOMES)
    return (double)class->outcomes[t->chosen];
  return count_ended(class) - (double)class->outcomes[LARIAT_LOAD_ANSWERED];
}

static finding find_duration(const threshold *t, const lr_load_class *class) {
  const lariat_histogram *histogram = class->histograms[t->measure];
  double most = (double)lariat_histogram_max(histogram);
  double value;
  if (!lariat_histogram_count(histogram)) return (finding){0, "has no sample"};
  if (t->figure == LEAST)
    return (finding){(double)lariat_histogram_min(histogram), NULL};
  if (t->figure == LARGEST) return (finding){most, NULL};
  if (t->figure == MEAN)
    return (finding){lariat_histogram_mean(histogram), NULL};
  value = (double)lariat_histogram_percentile(histogram, t->percent);
  return (finding){value < most ? value : most, NULL};
}

static finding find_rate(const threshold *t, const lr_load_class *class,
                         const lariat_load_result *result) {
  double seconds = (double)result->facts.duration_ns / 1e9;
  double count = t->measure == LARIAT_LOAD_GOOD
                     ? (double)class->outcomes[LARIAT_LOAD_ANSWERED]
                     : count_ended(class);
  return (finding){seconds > 0 ? count / seconds : 0, NULL};
}

static finding find_share(const threshold *t, const lr_load_class *class,
                          const lariat_load_result *result) {
  double count = count_chosen(t, class, result);
  double ended = count_ended(class);
  if (!t->share) return (finding){count, NULL};
  if (!(ended > 0)) return (finding){0, "has no request"};
  return (finding){count / ended, NULL};
}

static finding find_value(const threshold *t,
                          const lariat_load_result *result) {
  const lr_load_class *class = find_class(t, result);
  if (!class) return (finding){0, "is of no request: none has this name"};
  if (t->figure <= MEAN) return find_duration(t, class);
  if (t->figure == RATE) return find_rate(t, class, result);
  if (t->figure == REQUESTS) return (finding){count_ended(class), NULL};
  return find_share(t, class, result);
}

static lr_load_amount show_per_s(double rate) {
  lr_load_amount number = lr_load_show_number(rate);
  lr_load_amount amount;
  snprintf(amount.text, sizeof(amount.text), "%.30s/s", number.text);
  return amount;
}

/* Takes a limit for the largest number that is, if it is beyond that. */
static uint64_t whole(double value) {
  return value < 18e18 ? (uint64_t)(value + 0.5) : UINT64_MAX;
}

static lr_load_amount show(const threshold *t, double value) {
  if (t->figure <= MEAN) return lr_load_show_duration(whole(value));
  if (t->share) return lr_load_show_share(value, 1);
  if (t->figure == RATE) return show_per_s(value);
  return lr_load_show_count(whole(value));
}

/* Tells whether a value is beyond the limit, by more than the rounding of a
 * limit that is written in another unit. */
static bool is_beyond(const threshold *t, double value) {
  double grain = t->limit * 1e-12;
  return t->over ? value > t->limit + grain : value < t->limit - grain;
}

bool lariat_load_threshold_broken(const lariat_load_thresholds *thresholds,
                                  size_t index,
                                  const lariat_load_result *result,
                                  char *message, size_t capacity) {
  const threshold *t = &thresholds->all[index];
  const char *name = t->name ? t->name : "";
  const char *colon = t->name ? ":" : "";
  finding found = find_value(t, result);
  if (found.unknown) {
    snprintf(message, capacity, "%s%s%s %s", name, colon, t->text,
             found.unknown);
    return true;
  }
  bool broken = is_beyond(t, found.value);
  snprintf(message, capacity, "%s%s%s is %s, %s%s %s", name, colon, t->text,
           show(t, found.value).text, broken ? "" : "not ",
           t->over ? "over" : "under", show(t, t->limit).text);
  return broken;
}
