/* SPDX-License-Identifier: MIT
 * result_json.c: tables of members, and histograms as figures and as
 * HdrHistogram's encoding. */
#include "result_json.h"

#include <math.h>
#include <string.h>

#include <lariat/load/hdr.h>
#include <lariat/load/report.h>

#include "report.h"

/* ---- Tables ---- */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define TABLE(name)                                                            \
  { name, COUNT_OF(name) }

#define FACT(name, kind)                                                       \
  LR_LOAD_MEMBER(lariat_load_run_facts, name, #name, kind)
#define FACT_AS(name, key, kind)                                               \
  LR_LOAD_MEMBER(lariat_load_run_facts, name, key, kind)

static const lr_load_member threshold[] = {
    LR_LOAD_MEMBER(lr_load_told_threshold, broken, "broken", LR_LOAD_FLAG),
    LR_LOAD_MEMBER(lr_load_told_threshold, message, "message", LR_LOAD_STRING),
};
const lr_load_members lr_load_threshold_members = TABLE(threshold);

static const lr_load_member plan[] = {
    FACT_AS(plan, "text", LR_LOAD_STRING),
    FACT_AS(plan_hash, "hash", LR_LOAD_STRING),
    FACT(target, LR_LOAD_STRING),
    FACT(seed, LR_LOAD_SEED),
    FACT_AS(part.index, "part", LR_LOAD_UNSIGNED),
    FACT_AS(part.count, "parts", LR_LOAD_UNSIGNED),
    FACT(asked, LR_LOAD_COUNT),
    FACT(asked_per_s, LR_LOAD_NUMBER),
    FACT(reactors, LR_LOAD_UNSIGNED),
    FACT(connections, LR_LOAD_UNSIGNED),
    FACT(tls, LR_LOAD_FLAG),
    FACT_AS(timeout_ns, "timeout_us", LR_LOAD_US),
};
const lr_load_members lr_load_plan_members = TABLE(plan);

static const lr_load_member run[] = {
    FACT(started_at_ns, LR_LOAD_SIGNED),
    FACT_AS(duration_ns, "duration_us", LR_LOAD_US),
    FACT(interrupted, LR_LOAD_FLAG),
    FACT(stopped, LR_LOAD_FLAG),
    FACT(machine, LR_LOAD_STRING),
};
const lr_load_members lr_load_run_members = TABLE(run);

/* Of a run that is a part of others, or began at an agreed instant. */
static const lr_load_member agreed[] = {
    FACT(host, LR_LOAD_STRING),
    FACT(start_at_ns, LR_LOAD_SIGNED),
};
const lr_load_members lr_load_agreed_members = TABLE(agreed);

static const lr_load_member versions[] = {
    FACT_AS(lariat_version, "lariat", LR_LOAD_STRING),
    FACT_AS(libcurl_version, "libcurl", LR_LOAD_STRING),
};
const lr_load_members lr_load_version_members = TABLE(versions);

#define SUM(name) LR_LOAD_MEMBER(lr_load_counts, name, #name, LR_LOAD_COUNT)
static const lr_load_member counts[] = {
    SUM(intended),    SUM(sent),    SUM(bytes_sent), SUM(bytes_received),
    SUM(connections), SUM(stamped), SUM(unstamped),  SUM(queued),
    SUM(unsent),      SUM(starved),
};
const lr_load_members lr_load_count_members = TABLE(counts);

#define SECOND(name, key, kind) LR_LOAD_MEMBER(lr_load_second, name, key, kind)
static const lr_load_member second[] = {
    SECOND(second, "second", LR_LOAD_UNSIGNED),
    SECOND(span_s, "span_s", LR_LOAD_UNSIGNED),
    SECOND(reactors, "reactors", LR_LOAD_UNSIGNED),
    SECOND(asked, "asked", LR_LOAD_NUMBER),
    SECOND(sent, "sent", LR_LOAD_COUNT),
    SECOND(answered, "answered", LR_LOAD_COUNT),
    SECOND(failed, "failed", LR_LOAD_COUNT),
    SECOND(bytes_received, "bytes_received", LR_LOAD_COUNT),
    SECOND(connections, "connections", LR_LOAD_COUNT),
    SECOND(p50_ns, "p50_us", LR_LOAD_US),
    SECOND(p90_ns, "p90_us", LR_LOAD_US),
    SECOND(p99_ns, "p99_us", LR_LOAD_US),
    SECOND(max_ns, "max_us", LR_LOAD_US),
    SECOND(late_p99_ns, "late_p99_us", LR_LOAD_US),
    SECOND(cpu_most_ns, "cpu_most_us", LR_LOAD_US),
    SECOND(wait_most_ns, "wait_most_us", LR_LOAD_US),
};
const lr_load_members lr_load_second_members = TABLE(second);

#define REACTOR(name, key, kind)                                               \
  LR_LOAD_MEMBER(lr_load_reactor, name, key, kind)
static const lr_load_member reactor[] = {
    REACTOR(time.elapsed_ns, "elapsed_us", LR_LOAD_US),
    REACTOR(time.cpu_ns, "cpu_us", LR_LOAD_US),
    REACTOR(time.wait_ns, "wait_us", LR_LOAD_US),
    REACTOR(time.wait_unknown, "wait_unknown", LR_LOAD_FLAG),
    REACTOR(busiest_second_cpu_ns, "busiest_second_cpu_us", LR_LOAD_US),
};
const lr_load_members lr_load_reactor_members = TABLE(reactor);

#define NETWORK(name, kind) LR_LOAD_MEMBER(lr_load_network, name, #name, kind)
static const lr_load_member network[] = {
    NETWORK(known, LR_LOAD_FLAG),
    NETWORK(retransmits, LR_LOAD_COUNT),
    NETWORK(timeouts, LR_LOAD_COUNT),
    NETWORK(listen_drops, LR_LOAD_COUNT),
};
const lr_load_members lr_load_network_members = TABLE(network);

#define SURROUNDING(name, key, kind)                                           \
  LR_LOAD_MEMBER(lr_load_surroundings, name, key, kind)
static const lr_load_member surroundings[] = {
    SURROUNDING(gap_ns, "gap_us", LR_LOAD_US),
    SURROUNDING(gap_at_ns, "gap_at_us", LR_LOAD_US),
    SURROUNDING(clock_step_ns, "clock_step_ns", LR_LOAD_SIGNED),
};
const lr_load_members lr_load_surrounding_members = TABLE(surroundings);

#define MERGED(name, key, kind) LR_LOAD_MEMBER(lr_load_merged, name, key, kind)
static const lr_load_member merged[] = {
    MERGED(part.index, "part", LR_LOAD_UNSIGNED),
    MERGED(part.count, "parts", LR_LOAD_UNSIGNED),
    MERGED(name, "report", LR_LOAD_STRING),
    MERGED(host, "host", LR_LOAD_STRING),
    MERGED(machine, "machine", LR_LOAD_STRING),
    MERGED(started_at_ns, "started_at_ns", LR_LOAD_SIGNED),
    MERGED(clock_ahead_ns, "clock_ahead_ns", LR_LOAD_SIGNED),
    MERGED(began_ns, "began_ns", LR_LOAD_SIGNED),
    MERGED(duration_ns, "duration_us", LR_LOAD_US),
    MERGED(reactors, "reactors", LR_LOAD_UNSIGNED),
    MERGED(connections, "connections", LR_LOAD_UNSIGNED),
    MERGED(sent, "sent", LR_LOAD_COUNT),
    MERGED(answered, "answered", LR_LOAD_COUNT),
    MERGED(failed, "failed", LR_LOAD_COUNT),
    MERGED(response_p99_ns, "response_p99_us", LR_LOAD_US),
    MERGED(late_p99_ns, "late_p99_us", LR_LOAD_US),
    MERGED(cpu_most, "cpu_most", LR_LOAD_NUMBER),
    MERGED(wait_most, "wait_most", LR_LOAD_NUMBER),
};
const lr_load_members lr_load_merged_members = TABLE(merged);

static const lr_load_member failure[] = {
    LR_LOAD_MEMBER(lr_load_ends, first_ns, "first_us", LR_LOAD_US),
    LR_LOAD_MEMBER(lr_load_ends, last_ns, "last_us", LR_LOAD_US),
};
const lr_load_members lr_load_failure_members = TABLE(failure);

#define SAMPLE(name, key, kind) LR_LOAD_MEMBER(lr_load_sample, name, key, kind)
static const lr_load_member sample[] = {
    SAMPLE(index, "index", LR_LOAD_COUNT),
    SAMPLE(request, "request", LR_LOAD_UNSIGNED),
    SAMPLE(name, "class", LR_LOAD_SHORT),
    SAMPLE(status, "status", LR_LOAD_SHORT),
    SAMPLE(bytes, "bytes", LR_LOAD_COUNT),
    SAMPLE(stamped, "stamped", LR_LOAD_FLAG),
};
const lr_load_members lr_load_sample_members = TABLE(sample);

const lr_load_member lr_load_instants[LR_LOAD_INSTANTS] = {
    SAMPLE(intended_ns, "intended_us", LR_LOAD_US),
    SAMPLE(free_ns, "free_us", LR_LOAD_US),
    SAMPLE(sent_ns, "sent_us", LR_LOAD_US),
    SAMPLE(first_byte_ns, "first_byte_us", LR_LOAD_US),
    SAMPLE(arrived_ns, "arrived_us", LR_LOAD_US),
    SAMPLE(read_ns, "read_us", LR_LOAD_US),
};

void lr_load_write_struct(lr_load_text *out, const char *key,
                          const lr_load_members *members, const void *from) {
  lr_load_json_open(out, key, '{');
  lr_load_json_members(out, members->members, members->count, from);
  lr_load_json_close(out, '}');
}

void lr_load_read_struct(lr_load_reading *reading, json_t *from,
                         const char *key, const lr_load_members *members,
                         void *to) {
  json_t *object = lr_load_read_object(reading, from, key);
  lr_load_read_members(reading, object, members->members, members->count, to);
}

/* ---- Histograms: writing ---- */

static const char *const figures[] = {"min_us",  "p50_us", "p90_us", "p99_us",
                                      "p999_us", "max_us", "mean_us"};

static void write_nothing(lr_load_text *out) {
  for (size_t i = 0; i < COUNT_OF(figures); i++)
    lr_load_json_null(out, figures[i]);
}

static void write_figures(lr_load_text *out,
                          const lariat_histogram *histogram) {
  lr_load_json_us(out, figures[0], lariat_histogram_min(histogram));
  for (size_t i = 0; i < LR_LOAD_PERCENTILES; i++)
    lr_load_json_us(
        out, figures[1 + i],
        lr_load_read_percentile(histogram, lr_load_percentiles[i].percent));
  lr_load_json_us(out, "max_us", lariat_histogram_max(histogram));
  lr_load_json_us(out, "mean_us",
                  (uint64_t)llround(lariat_histogram_mean(histogram)));
}

static void write_encoding(lr_load_text *out,
                           const lariat_histogram *histogram) {
  char *encoded;
  size_t length;
  lariat_status status = lariat_load_hdr_encode(histogram, &encoded, &length);
  if (status != LARIAT_OK) {
    if (out->status == LARIAT_OK) out->status = status;
    return;
  }
  lr_load_json_string(out, "histogram", encoded);
  lariat_load_text_free(encoded);
}

void lr_load_write_histogram(lr_load_text *out, const char *key,
                             const lariat_histogram *histogram) {
  uint64_t count = lariat_histogram_count(histogram);
  lr_load_json_open(out, key, '{');
  lr_load_json_count(out, "count", count);
  if (count)
    write_figures(out, histogram);
  else
    write_nothing(out);
  write_encoding(out, histogram);
  lr_load_json_close(out, '}');
}

/* ---- Histograms: reading ----
 *
 * The encoding has counts of buckets.  Their values are put where the least,
 * the largest and the mean come out as they were: one of the first bucket and
 * one of the last, which are known, and the others, of each bucket together,
 * where the sum so far is nearest to its share of the whole. */

typedef struct refill {
  uint64_t count;
  uint64_t min;
  uint64_t max;
  double mean;
  double share; /* of each bucket's width, from 0 to 1 */
  double error; /* what the sum so far lacks */
} refill;

/* Takes the least and the largest value off a bucket's count. */
static uint64_t count_others(const refill *r,
                             const lariat_histogram_bucket *bucket) {
  bool first = r->min >= bucket->lowest && r->min <= bucket->highest;
  bool last = r->max >= bucket->lowest && r->max <= bucket->highest;
  uint64_t known = r->count == 1 ? first : (uint64_t)first + last;
  return known < bucket->count ? bucket->count - known : 0;
}

static uint64_t lower_bound(const refill *r,
                            const lariat_histogram_bucket *bucket) {
  return r->min > bucket->lowest ? r->min : bucket->lowest;
}

static uint64_t upper_bound(const refill *r,
                            const lariat_histogram_bucket *bucket) {
  return r->max < bucket->highest ? r->max : bucket->highest;
}

/* Finds which share of the buckets' widths gives the mean. */
static void find_share(refill *r, const lariat_histogram *from) {
  lariat_histogram_bucket bucket = {0};
  double low = (double)r->min + (r->count > 1 ? (double)r->max : 0);
  double width = 0;
  while (lariat_histogram_next(from, &bucket)) {
    double others = (double)count_others(r, &bucket);
    double lowest = (double)lower_bound(r, &bucket);
    low += others * lowest;
    width += others * ((double)upper_bound(r, &bucket) - lowest);
  }
  double share = (r->mean * (double)r->count - low) / width;
  r->share = width > 0 && share > 0 ? fmin(share, 1) : 0;
}

static void refill_bucket(refill *r, const lariat_histogram_bucket *bucket,
                          lariat_histogram *to) {
  uint64_t others = count_others(r, bucket);
  uint64_t lowest = lower_bound(r, bucket);
  uint64_t width = upper_bound(r, bucket) - lowest;
  if (!others) return;
  double wanted = r->share * (double)width + r->error / (double)others;
  double taken = fmin(fmax(round(wanted), 0), (double)width);
  r->error = (wanted - taken) * (double)others;
  lariat_histogram_record_count(to, lowest + (uint64_t)taken, others);
}

static void refill_all(refill *r, const lariat_histogram *from,
                       lariat_histogram *to) {
  lariat_histogram_bucket bucket = {0};
  find_share(r, from);
  lariat_histogram_record(to, r->min);
  if (r->count > 1) lariat_histogram_record(to, r->max);
  while (lariat_histogram_next(from, &bucket)) refill_bucket(r, &bucket, to);
}

/* Tells whether the least and the largest value are in the first and the last
 * bucket, and the count is that of all. */
static bool is_consistent(const refill *r, const lariat_histogram *from) {
  lariat_histogram_bucket bucket = {0};
  if (lariat_histogram_count(from) != r->count) return false;
  if (!lariat_histogram_next(from, &bucket)) return r->count == 0;
  if (r->min < bucket.lowest || r->min > bucket.highest) return false;
  while (lariat_histogram_next(from, &bucket)) continue;
  return r->max >= bucket.lowest && r->max <= bucket.highest &&
         r->min <= r->max;
}

/* Reads the encoding of `text`; NULL: the reading has failed. */
static lariat_histogram *decode(lr_load_reading *reading, const char *key,
                                const char *text) {
  lariat_load_error error = {0};
  lariat_histogram *decoded = NULL;
  if (reading->status != LARIAT_OK) return NULL;
  lariat_status status =
      lariat_load_hdr_decode(text, strlen(text), &decoded, &error);
  if (status == LARIAT_OK) return decoded;
  if (status == LARIAT_EINVAL)
    lr_load_refuse(reading, "histogram of \"%s\": %.70s", key, error.message);
  else
    reading->status = status;
  return NULL;
}

static void read_figures(lr_load_reading *reading, json_t *object, refill *r) {
  r->count = lr_load_read_count(reading, object, "count");
  if (reading->status != LARIAT_OK || !r->count) return;
  r->min = lr_load_read_us(reading, object, "min_us");
  r->max = lr_load_read_us(reading, object, "max_us");
  r->mean = (double)lr_load_read_us(reading, object, "mean_us");
}

void lr_load_read_histogram(lr_load_reading *reading, json_t *from,
                            const char *key, lariat_histogram *to) {
  refill r = {0};
  json_t *object = lr_load_read_object(reading, from, key);
  read_figures(reading, object, &r);
  lariat_histogram *decoded =
      decode(reading, key, lr_load_read_string(reading, object, "histogram"));
  if (!decoded) return;
  if (!is_consistent(&r, decoded))
    lr_load_refuse(reading, "\"%s\" is not what its histogram has", key);
  else if (r.count)
    refill_all(&r, decoded, to);
  if (lariat_histogram_lost(to)) reading->status = LARIAT_ENOMEM;
  lariat_histogram_free(decoded);
}
