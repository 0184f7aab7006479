/* SPDX-License-Identifier: MIT
 * See plan.h.  The random numbers are those of SplitMix64 (G. L. Steele et al.,
 * "Fast splittable pseudorandom number generators", OOPSLA 2014), which gives
 * the number at any place without those before it. */
#include "plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How many random numbers each request has. */
enum { FOR_FAILURE, FOR_PART, FOR_RADIUS, FOR_ANGLE, RANDOMS };

static const double delay_most_ns = 600e9;

const char *const outcome_names[OUTCOMES] = {"answered", "error", "hung",
                                             "closed",   "reset", "gone"};

/* ---- Options ---- */

/* Reads a decimal number and moves `*text` behind it. */
static bool read_number(const char **text, double *out) {
  char *end;

  if (**text < '0' || **text > '9') return false;
  *out = strtod(*text, &end);
  if (end == *text || !isfinite(*out)) return false;
  *text = end;
  return true;
}

static bool read_word(const char **text, const char *word) {
  size_t length = strlen(word);

  if (strncmp(*text, word, length)) return false;
  *text += length;
  return true;
}

static bool read_time(const char **text, uint64_t *out) {
  static const struct {
    const char *name;
    double ns;
  } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  double number;

  if (!read_number(text, &number)) return false;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    if (!read_word(text, units[i].name)) continue;
    if (number * units[i].ns > delay_most_ns) return false;
    *out = (uint64_t)llround(number * units[i].ns);
    return true;
  }
  return false;
}

static bool read_share(const char **text, double *out) {
  if (!read_number(text, out) || !read_word(text, "%")) return false;
  *out /= 100;
  return *out <= 1;
}

static bool read_constant(struct plan *plan, const char *text) {
  plan->part_count = 1;
  plan->parts[0].share = 1;
  return read_time(&text, &plan->parts[0].delay_ns) && !*text;
}

static bool read_lognormal(struct plan *plan, const char *text) {
  uint64_t median_ns;

  if (!read_time(&text, &median_ns) || !read_word(&text, ",")) return false;
  plan->part_count = 0;
  plan->median_ns = (double)median_ns;
  return read_number(&text, &plan->sigma) && !*text && plan->sigma <= 10;
}

static bool read_mixture(struct plan *plan, const char *text) {
  double sum = 0;

  plan->part_count = 0;
  do {
    struct plan_part *part = &plan->parts[plan->part_count];

    if (plan->part_count == PLAN_PARTS_MAX) return false;
    if (!read_share(&text, &part->share) || !read_word(&text, "=") ||
        !read_time(&text, &part->delay_ns))
      return false;
    sum += part->share;
    plan->part_count++;
  } while (read_word(&text, ","));
  return !*text && fabs(sum - 1) < 1e-9;
}

bool plan_read_delay(struct plan *plan, const char *text) {
  if (read_word(&text, "constant:")) return read_constant(plan, text);
  if (read_word(&text, "lognormal:")) return read_lognormal(plan, text);
  return read_word(&text, "mixture:") && read_mixture(plan, text);
}

bool plan_read_stall(struct plan *plan, const char *text) {
  return read_time(&text, &plan->stall_ns) && read_word(&text, "/") &&
         read_time(&text, &plan->period_ns) && !*text &&
         plan->stall_ns < plan->period_ns;
}

static bool read_failure(struct plan *plan, const char **text) {
  for (int i = OUTCOME_ERROR; i < OUTCOME_GONE; i++)
    if (read_word(text, outcome_names[i]))
      return read_word(text, "=") && read_share(text, &plan->shares[i]);
  return false;
}

bool plan_read_failures(struct plan *plan, const char *text) {
  double sum = 0;

  do {
    if (!read_failure(plan, &text)) return false;
  } while (read_word(&text, ","));
  for (int i = OUTCOME_ERROR; i < OUTCOME_GONE; i++) sum += plan->shares[i];
  return !*text && sum <= 1;
}

/* ---- Draws ---- */

/* Returns a random number above 0 and up to 1. */
static double draw(const struct plan *plan, uint64_t number, unsigned which) {
  uint64_t z =
      plan->seed + (number * RANDOMS + which + 1) * 0x9e3779b97f4a7c15u;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  return (double)((z >> 11) + 1) / 9007199254740992.0;
}

static enum outcome draw_outcome(const struct plan *plan, uint64_t number) {
  double left = draw(plan, number, FOR_FAILURE);

  for (int i = OUTCOME_ERROR; i < OUTCOME_GONE; i++) {
    if (left <= plan->shares[i]) return (enum outcome)i;
    left -= plan->shares[i];
  }
  return OUTCOME_ANSWERED;
}

/* By G. E. P. Box and M. E. Muller's method. */
static uint64_t draw_lognormal(const struct plan *plan, uint64_t number) {
  static const double two_pi = 6.283185307179586;
  double radius = sqrt(-2 * log(draw(plan, number, FOR_RADIUS)));
  double normal = radius * cos(two_pi * draw(plan, number, FOR_ANGLE));
  double delay_ns = plan->median_ns * exp(plan->sigma * normal);

  return (uint64_t)fmin(delay_ns, delay_most_ns);
}

static uint64_t draw_delay(const struct plan *plan, uint64_t number) {
  double left;
  unsigned i;

  if (!plan->part_count) return draw_lognormal(plan, number);
  left = draw(plan, number, FOR_PART);
  for (i = 0; i + 1 < plan->part_count && left > plan->parts[i].share; i++)
    left -= plan->parts[i].share;
  return plan->parts[i].delay_ns;
}

struct planned plan_draw(const struct plan *plan, uint64_t number) {
  struct planned planned = {.delay_ns = draw_delay(plan, number),
                            .outcome = draw_outcome(plan, number)};

  return planned;
}

uint64_t plan_stall_end(const struct plan *plan, uint64_t now_ns) {
  uint64_t phase_ns;

  if (!plan->stall_ns) return now_ns;
  phase_ns = now_ns % plan->period_ns;
  if (phase_ns < plan->period_ns - plan->stall_ns) return now_ns;
  return now_ns - phase_ns + plan->period_ns;
}
