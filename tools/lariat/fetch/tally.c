/* SPDX-License-Identifier: MIT
 * tally.c: counting. */
#include "fetch/tally.h"

#include <stdbool.h>
#include <string.h>

#include "output/units.h"

lariat_status tally_open(struct tally *tally) {
  lariat_status status = LARIAT_OK;
  for (int i = 0; i < TALLY_PARTS && status == LARIAT_OK; i++)
    status = lariat_histogram_new(&tally->times[i]);
  return status;
}

void tally_close(struct tally *tally) {
  for (int i = 0; i < TALLY_PARTS; i++) {
    lariat_histogram_free(tally->times[i]);
    tally->times[i] = NULL;
  }
}

static void count_error(struct tally *tally, const char *name) {
  for (size_t i = 0; i < TALLY_ERRORS; i++) {
    if (!tally->errors[i].name) tally->errors[i].name = name;
    if (strcmp(tally->errors[i].name, name) != 0) continue;
    tally->errors[i].count++;
    return;
  }
}

/* Counts the parts of an answer's time.  What is neither of them (redirects,
 * earlier attempts, the waits between them) is in the total alone. */
static void count_times(struct tally *tally, const struct record *record) {
  const lariat_timings *times = &record->times;
  uint64_t waited_before_us = record->waited_us - times->queue_us;
  lariat_histogram_record(tally->times[TALLY_WAITED], record->waited_us);
  lariat_histogram_record(tally->times[TALLY_SERVER], times->first_byte_us);
  lariat_histogram_record(tally->times[TALLY_TRANSFER], times->body_us);
  lariat_histogram_record(tally->times[TALLY_TOTAL],
                          waited_before_us + times->total_us);
}

void tally_add(struct tally *tally, const struct record *record) {
  unsigned class = (unsigned)record->status / 100;
  tally->classes[class < 6 ? class : 0]++;
  tally->bytes += record->bytes;
  tally->retried += record->attempts > 1;
  tally->resent += record->attempts > record->runs;
  tally->run_again += record->runs > 1;
  if (record->error) {
    tally->failed++;
    count_error(tally, record->error);
    tally->timed_out[record->time_out.limit][record->time_out.phase]++;
    return;
  }
  tally->answered++;
  tally->refused += record->status >= 400;
  tally->reused += record->reused;
  count_times(tally, record);
}

static double seconds_since_begin(const struct tally *tally, uint64_t now_ns) {
  double seconds = (double)(now_ns - tally->begun_ns) / 1e9;
  return seconds > 0.000001 ? seconds : 0.000001;
}

static void print_classes(const struct tally *tally, FILE *file) {
  fprintf(file, "  statuses   ");
  bool any = false;
  for (unsigned i = 1; i < 6; i++) {
    if (!tally->classes[i]) continue;
    fprintf(file, "%s%uxx %llu", any ? ", " : "", i,
            (unsigned long long)tally->classes[i]);
    any = true;
  }
  if (tally->classes[0])
    fprintf(file, "%snone %llu", any ? ", " : "",
            (unsigned long long)tally->classes[0]);
  fprintf(file, "\n");
}

static void print_errors(const struct tally *tally, FILE *file) {
  if (!tally->failed) return;
  fprintf(file, "  errors     ");
  for (size_t i = 0; i < TALLY_ERRORS && tally->errors[i].name; i++)
    fprintf(file, "%s%s %llu", i ? ", " : "", tally->errors[i].name,
            (unsigned long long)tally->errors[i].count);
  fprintf(file, "\n");
}

/* Prints which limit the time-outs of one kind had, and what they waited for:
 * "by --timeout 12 (first-byte 10, body 2)". */
static bool print_time_limit(const struct tally *tally, int limit, bool any,
                             FILE *file) {
  static const char *const options[TALLY_LIMITS] = {
      [LARIAT_TIME_LIMIT_DEADLINE] = "--timeout",
      [LARIAT_TIME_LIMIT_CONNECT] = "--connect-timeout",
      [LARIAT_TIME_LIMIT_IDLE] = "--idle-timeout"};
  uint64_t sum = 0;
  for (int i = 0; i < TALLY_PHASES; i++) sum += tally->timed_out[limit][i];
  if (!sum) return any;
  fprintf(file, "%sby %s %llu (", any ? ", " : "  timed out  ", options[limit],
          (unsigned long long)sum);
  const char *comma = "";
  for (int i = 0; i < TALLY_PHASES; i++) {
    if (!tally->timed_out[limit][i]) continue;
    fprintf(file, "%s%s %llu", comma, lariat_phase_name((lariat_phase)i),
            (unsigned long long)tally->timed_out[limit][i]);
    comma = ", ";
  }
  fprintf(file, ")");
  return true;
}

static void print_time_outs(const struct tally *tally, FILE *file) {
  bool any = false;
  for (int i = LARIAT_TIME_LIMIT_DEADLINE; i < TALLY_LIMITS; i++)
    any = print_time_limit(tally, i, any, file);
  if (any) fprintf(file, "\n");
}

/* Returns the time that `percent` of the answers did not exceed, as text.  The
 * end of its bucket may be beyond the longest there was. */
static struct units_text text_of(const lariat_histogram *times,
                                 double percent) {
  uint64_t us = lariat_histogram_percentile(times, percent);
  uint64_t longest_us = lariat_histogram_max(times);
  return units_time(us < longest_us ? us : longest_us);
}

/* Prints one time for one answer: its percentiles would all be the same. */
static void print_percentiles(const lariat_histogram *times, FILE *file) {
  uint64_t lost = lariat_histogram_lost(times);
  if (lariat_histogram_count(times) > 1)
    fprintf(file, "p50 %s, p90 %s, p99 %s, max %s", text_of(times, 50).text,
            text_of(times, 90).text, text_of(times, 99).text,
            units_time(lariat_histogram_max(times)).text);
  else
    fprintf(file, "%s", units_time(lariat_histogram_max(times)).text);
  if (lost)
    fprintf(file, " (without %llu, for want of memory)",
            (unsigned long long)lost);
}

static void print_times(const struct tally *tally, FILE *file) {
  static const char *const names[TALLY_PARTS][2] = {
      [TALLY_WAITED] = {"waited", "for its turn"},
      [TALLY_SERVER] = {"server", "to the first byte"},
      [TALLY_TRANSFER] = {"transfer", "of the body"},
      [TALLY_TOTAL] = {"total", "of all of it"}};
  if (!tally->answered) return;
  if (tally->failed)
    fprintf(file, "  times      of the %llu answer%s, without the failures\n",
            (unsigned long long)tally->answered,
            tally->answered == 1 ? "" : "s");
  for (int i = 0; i < TALLY_PARTS; i++) {
    fprintf(file, "  %-10s ", names[i][0]);
    print_percentiles(tally->times[i], file);
    fprintf(file, "  %s\n", names[i][1]);
  }
  fprintf(file, "  connection already open for %.1f %% of the answers\n",
          100.0 * (double)tally->reused / (double)tally->answered);
}

/* Says so when --per-host, and not --concurrency, was the limit for half of the
 * results or more. */
static void print_limit(const struct tally *tally,
                        const struct limit_settings *limits, FILE *file) {
  uint64_t done = tally->answered + tally->failed;
  if (!done || tally->held * 2 < done) return;
  fprintf(file, "  limit      held to %u a host by --per-host: %llu of %llu\n",
          limits->per_host, (unsigned long long)tally->held,
          (unsigned long long)done);
}

/* Prints how many URLs were asked for more than once, and why, if that was not
 * wished for. */
static void print_again(const struct tally *tally, const struct settings *all,
                        FILE *file) {
  unsigned long long resent = tally->resent, run_again = tally->run_again;
  if (all->retry.max_retries) {
    if (tally->retried)
      fprintf(file, ", tried again %llu", (unsigned long long)tally->retried);
    return;
  }
  if (resent)
    fprintf(file, ", sent again %llu (the open connection had ended)", resent);
  if (run_again) fprintf(file, ", run again %llu (--memory)", run_again);
}

void tally_print_summary(const struct tally *tally,
                         const struct settings *settings, uint64_t now_ns,
                         FILE *file) {
  uint64_t done = tally->answered + tally->failed;
  double seconds = seconds_since_begin(tally, now_ns);
  fprintf(file, "%llu URL%s in %.3f s: %.0f a second, %s, %s a second\n",
          (unsigned long long)done, done == 1 ? "" : "s", seconds,
          (double)done / seconds, units_bytes((double)tally->bytes).text,
          units_bytes((double)tally->bytes / seconds).text);
  fprintf(file, "  outcomes   answered %llu, failed %llu",
          (unsigned long long)tally->answered,
          (unsigned long long)tally->failed);
  if (settings->output.fail && tally->refused)
    fprintf(file, ", 400 or more (--fail) %llu",
            (unsigned long long)tally->refused);
  print_again(tally, settings, file);
  if (tally->skipped)
    fprintf(file, ", finished before %llu", (unsigned long long)tally->skipped);
  fprintf(file, "\n");
  if (done) print_classes(tally, file);
  print_errors(tally, file);
  print_time_outs(tally, file);
  print_times(tally, file);
  print_limit(tally, &settings->limits, file);
}

/* Writes " (42 %)", if that can be known and is something. */
static void describe_share(double progress, char *text, size_t capacity) {
  text[0] = '\0';
  if (progress < 0.01 || progress > 1.0) return;
  snprintf(text, capacity, " (%u %%)", (unsigned)(100.0 * progress));
}

/* Writes ", 0:01:30 left", if that can be known. */
static void describe_left(double elapsed, double progress, char *text,
                          size_t capacity) {
  text[0] = '\0';
  if (progress <= 0.0 || progress > 1.0) return;
  snprintf(text, capacity, ", %s left",
           units_clock(elapsed / progress - elapsed).text);
}

void tally_describe(const struct tally *tally, uint64_t now_ns,
                    uint64_t in_flight, double progress, char *line,
                    size_t capacity) {
  char share[16];
  char left[48];
  uint64_t done = tally->answered + tally->failed;
  double seconds = seconds_since_begin(tally, now_ns);
  describe_share(progress, share, sizeof share);
  describe_left(seconds, progress, left, sizeof left);
  snprintf(line, capacity,
           "%llu done%s, %llu in flight, %llu failed, %.0f/s, %s%s",
           (unsigned long long)done, share, (unsigned long long)in_flight,
           (unsigned long long)tally->failed, (double)done / seconds,
           units_bytes((double)tally->bytes).text, left);
}
