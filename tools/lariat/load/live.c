/* SPDX-License-Identifier: MIT
 * live.c: figures of the last second, and a line of blocks for those before. */
#include "load/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "load/instant.h"
#include "output/units.h"

enum { INTERVAL_MS = 500, LEVELS = 8 };

#define SECOND_NS UINT64_C(1000000000)

/* ---- Lines ---- */

static struct units_text show_ns(uint64_t ns) {
  return units_time((ns + 500) / 1000);
}

/* Writes "0:00:12", rounded up. */
static struct units_text show_seconds(uint64_t ns) {
  return units_clock((double)((ns + SECOND_NS - 1) / SECOND_NS));
}

static void describe_wait(const struct live_state *state, char *text,
                          size_t capacity) {
  char start[INSTANT_TEXT];
  instant_write(state->start_at_ns, start);
  snprintf(text, capacity, "waiting for %s, begins in %s", start,
           show_seconds(state->begins_in_ns).text);
}

static void describe_left(const struct live_state *state, char *text,
                          size_t capacity) {
  uint64_t left = state->total_ns > state->elapsed_ns
                      ? state->total_ns - state->elapsed_ns
                      : 0;
  if (state->start_at_ns && state->begins_in_ns > state->warm_up_ns)
    describe_wait(state, text, capacity);
  else if (state->begins_in_ns)
    snprintf(text, capacity, "warm-up, begins in %s",
             show_seconds(state->begins_in_ns).text);
  else if (state->total_ns)
    snprintf(text, capacity, "%s left", show_seconds(left).text);
  else if (!state->requests)
    snprintf(text, capacity, "for %s",
             units_clock((double)(state->elapsed_ns / SECOND_NS)).text);
  else
    snprintf(text, capacity, "%llu of %llu requests",
             (unsigned long long)(state->answered + state->failed),
             (unsigned long long)state->requests);
}

static void describe_rate(const struct live_state *state, char *line,
                          size_t capacity) {
  char left[100];
  char asked[40] = "";
  describe_left(state, left, sizeof left);
  if (state->asked >= 0)
    snprintf(asked, sizeof asked, "asked %.0f/s  ", state->asked);
  if (state->seconds)
    snprintf(line, capacity, "%s  %sgot %llu/s  failures %llu", left, asked,
             (unsigned long long)state->got, (unsigned long long)state->failed);
  else
    snprintf(line, capacity, "%s", left);
}

/* Writes a character for each of the last seconds, as high as its p99 is
 * between 0 and the highest of them. */
static void draw_line(const struct live_state *state, bool utf8, char *text) {
  static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄",
                                             "▅", "▆", "▇", "█"};
  static const char *const signs[LEVELS] = {".", ":", "-", "=",
                                            "+", "*", "#", "@"};
  uint64_t highest = 1;
  for (size_t i = 0; i < state->p99_count; i++)
    if (state->p99s[i] > highest) highest = state->p99s[i];
  for (size_t i = 0; i < state->p99_count; i++) {
    size_t level =
        (size_t)((double)state->p99s[i] / (double)highest * (LEVELS - 1) + 0.5);
    const char *sign = utf8 ? blocks[level] : signs[level];
    text = stpcpy(text, sign);
  }
  *text = '\0';
}

void live_describe(const struct live_state *state, bool utf8,
                   char lines[LIVE_LINES][LIVE_LINE_CAPACITY]) {
  char drawn[LIVE_COLUMNS * 4 + 1];
  describe_rate(state, lines[0], LIVE_LINE_CAPACITY);
  for (size_t i = 1; i < LIVE_LINES; i++) lines[i][0] = '\0';
  if (!state->seconds) return;
  snprintf(lines[1], LIVE_LINE_CAPACITY, "last second: p50 %s  p99 %s  max %s",
           show_ns(state->p50_ns).text, show_ns(state->p99_ns).text,
           show_ns(state->max_ns).text);
  snprintf(lines[2], LIVE_LINE_CAPACITY, "our own lateness: p99 %s",
           show_ns(state->late_p99_ns).text);
  draw_line(state, utf8, drawn);
  snprintf(lines[3], LIVE_LINE_CAPACITY, "p99 %s", drawn);
}

/* ---- The terminal ---- */

/* Returns how many columns a line may have: one less than the terminal has. */
static size_t count_columns(void) {
  struct winsize size;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return LIVE_LINE_CAPACITY;
  return size.ws_col - 1u;
}

/* Returns how many bytes the first `columns` characters have. */
static size_t cut_line(const char *line, size_t columns) {
  size_t at = 0;
  for (; line[at]; at++)
    if (((unsigned char)line[at] & 0xC0) != 0x80 && columns-- == 0) break;
  return at;
}

static void show_lines(const struct live *live, bool again) {
  char lines[LIVE_LINES][LIVE_LINE_CAPACITY];
  size_t columns = count_columns();
  live_describe(&live->state, live->utf8, lines);
  if (again) fprintf(stderr, "\033[%dA", LIVE_LINES);
  for (size_t i = 0; i < LIVE_LINES; i++)
    fprintf(stderr, "\r%.*s\033[K\n", (int)cut_line(lines[i], columns),
            lines[i]);
  fflush(stderr);
}

static void show_again(void *context);

static void show_later(struct live *live) {
  if (lariat_reactor_call_later(live->reactor, INTERVAL_MS, show_again, live,
                                NULL, &live->timer) != LARIAT_OK)
    live->shown = false;
}

/* Takes note of the time. */
static void set_times(struct live *live) {
  uint64_t now = lariat_reactor_now_ns(live->reactor);
  bool begun = now >= live->begin_ns;
  live->state.elapsed_ns = begun ? now - live->begin_ns : 0;
  live->state.begins_in_ns = begun ? 0 : live->begin_ns - now;
}

static void show_again(void *context) {
  struct live *live = context;
  set_times(live);
  show_lines(live, true);
  show_later(live);
}

/* Tells whether the terminal shows UTF-8, as the locale has it. */
static bool is_utf8(void) {
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *value = getenv(names[i]);
    if (!value || !*value) continue;
    return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
  }
  return false;
}

void live_begin(struct live *live, lariat_reactor *reactor,
                const lariat_load_arrivals *plan, uint64_t begins_in_ns) {
  if (isatty(STDERR_FILENO) != 1) return;
  live->reactor = reactor;
  live->plan = plan;
  live->begin_ns = lariat_reactor_now_ns(reactor) + begins_in_ns;
  live->state.asked = plan ? 0 : -1;
  live->utf8 = is_utf8();
  live->shown = true;
  set_times(live);
  show_lines(live, false);
  show_later(live);
}

void live_end(struct live *live) {
  if (!live->shown) return;
  (void)lariat_reactor_cancel_timer(live->reactor, live->timer);
  fprintf(stderr, "\033[%dA\r\033[J", LIVE_LINES);
  fflush(stderr);
  live->shown = false;
}

/* ---- Figures ---- */

static uint64_t count_failures(const lariat_load_result *result) {
  uint64_t failed = 0;
  for (unsigned i = LARIAT_LOAD_ANSWERED + 1; i < LARIAT_LOAD_OUTCOMES; i++)
    failed += lariat_load_result_outcomes(result, i);
  return failed;
}

static void keep_p99(struct live_state *state) {
  if (state->p99_count == LIVE_COLUMNS) {
    memmove(state->p99s, state->p99s + 1,
            (LIVE_COLUMNS - 1) * sizeof state->p99s[0]);
    state->p99_count--;
  }
  state->p99s[state->p99_count++] = state->p99_ns;
}

/* Returns how many requests the plan has in a second for this part of it. */
static double asked_in_second(const struct live *live, uint32_t second) {
  double before =
      lariat_load_arrivals_mean_before(live->plan, second * SECOND_NS);
  double after =
      lariat_load_arrivals_mean_before(live->plan, (second + 1) * SECOND_NS);
  return (after - before) / live->parts;
}

void live_on_second(struct live *live, const lariat_load_result *result,
                    uint32_t second) {
  struct live_state *state = &live->state;
  const lariat_histogram *response =
      lariat_load_result_last_second(result, LARIAT_LOAD_RESPONSE);
  if (!live->shown) return;
  state->seconds = second + 1;
  state->got = lariat_histogram_count(
      lariat_load_result_last_second(result, LARIAT_LOAD_GOOD));
  state->answered = lariat_load_result_outcomes(result, LARIAT_LOAD_ANSWERED);
  state->failed = count_failures(result);
  state->p50_ns = lariat_histogram_percentile(response, 50);
  state->p99_ns = lariat_histogram_percentile(response, 99);
  state->max_ns = lariat_histogram_max(response);
  state->late_p99_ns = lariat_histogram_percentile(
      lariat_load_result_last_second(result, LARIAT_LOAD_LATE), 99);
  if (live->plan) state->asked = asked_in_second(live, second);
  keep_p99(state);
}
