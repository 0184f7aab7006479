/* SPDX-License-Identifier: MIT
 * stats_json.c: one table of the names, for both directions. */
#include "crawl/stats_json.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "output/json.h"

enum { NUMBER_MAX = 48, REST_MAX = 2048 };

static const struct field {
  const char *name;
  size_t offset;
} fields[] = {
#define FIELD(member)                                                          \
  { #member, offsetof(lariat_crawl_stats, member) }
    FIELD(pages),
    FIELD(bytes),
    FIELD(known),
    FIELD(queued),
    FIELD(later),
    FIELD(in_flight),
    FIELD(fetched),
    FIELD(revisits),
    FIELD(redirects),
    FIELD(failed),
    FIELD(robots_denied),
    FIELD(out_of_scope),
    FIELD(trapped),
    FIELD(rejected_scope),
    FIELD(rejected_trap),
    FIELD(duplicates),
    FIELD(hosts),
    FIELD(hosts_due),
    FIELD(hosts_down),
    FIELD(hosts_waiting),
    FIELD(warc_files),
    FIELD(warc_bytes),
    FIELD(database_bytes),
    FIELD(memory_bytes),
    FIELD(by_status[0]),
    FIELD(by_status[1]),
    FIELD(by_status[2]),
    FIELD(by_status[3]),
    FIELD(by_status[4]),
    FIELD(by_status[5]),
    FIELD(elapsed_ms),
    FIELD(busy_ns),
    FIELD(workers),
    FIELD(whole_pages),
    FIELD(whole_failed),
    FIELD(whole_bytes)
#undef FIELD
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

/* The names in JSON of those that are no names there. */
static const char *name_of(const struct field *field) {
  static const char *const statuses[] = {"status_none", "status_1xx",
                                         "status_2xx",  "status_3xx",
                                         "status_4xx",  "status_5xx"};
  size_t first = offsetof(lariat_crawl_stats, by_status);
  if (field->offset < first || field->offset >= first + 6 * sizeof(uint64_t))
    return field->name;
  return statuses[(field->offset - first) / sizeof(uint64_t)];
}

static const char *const ends[] = {[LARIAT_CRAWL_RUNNING] = "running",
                                   [LARIAT_CRAWL_DONE] = "done",
                                   [LARIAT_CRAWL_BUDGET] = "budget",
                                   [LARIAT_CRAWL_STOPPED] = "stopped",
                                   [LARIAT_CRAWL_DISK] = "disk"};
enum { ENDS = sizeof ends / sizeof ends[0] };

const char *crawl_end_name(lariat_crawl_end end) {
  return (unsigned)end < ENDS ? ends[end] : "unknown";
}

/* ---- Writing ---- */

static char *put_field(char *at, const char *name, uint64_t number) {
  *at++ = '"';
  at = text_put(at, name, strlen(name));
  at = JSON_PUT(at, "\":");
  at = text_put_number(at, number);
  *at++ = ',';
  return at;
}

static char *put_rate(char *at, const char *name, double rate) {
  return at + snprintf(at, NUMBER_MAX, "\"%s\":%.1f,", name, rate);
}

bool crawl_counts_add_json(struct text *text,
                           const struct crawl_counts *counts) {
  if (!text_reserve(text, (size_t)FIELDS * NUMBER_MAX + REST_MAX +
                              (sizeof counts->reason + sizeof counts->trouble) *
                                  TEXT_WORST_ESCAPE))
    return false;
  char *at = text->bytes + text->length;
  at = JSON_PUT(at, "\"runs\":");
  at = json_put_bool(at, counts->runs);
  at = JSON_PUT(at, ",\"end\":");
  bool killed = !counts->runs && counts->stats.end == LARIAT_CRAWL_RUNNING;
  at = json_put_text(at, killed ? "killed" : crawl_end_name(counts->stats.end));
  at = JSON_PUT(at, ",\"end_reason\":");
  at = json_put_text(at, counts->reason);
  at = JSON_PUT(at, ",\"paused\":");
  at = json_put_bool(at, counts->stats.paused);
  if (counts->trouble[0]) {
    at = JSON_PUT(at, ",\"trouble\":");
    at = json_put_text(at, counts->trouble);
  }
  *at++ = ',';
  for (size_t i = 0; i < FIELDS; i++) {
    uint64_t number;
    memcpy(&number, (const char *)&counts->stats + fields[i].offset,
           sizeof number);
    at = put_field(at, name_of(&fields[i]), number);
  }
  at = put_field(at, "reactors", counts->stats.reactors);
  at = put_rate(at, "pages_per_s", counts->pages_per_s);
  at = put_rate(at, "bytes_per_s", counts->bytes_per_s);
  text->length = (size_t)(at - 1 - text->bytes);
  return true;
}

/* ---- Reading ---- */

static uint64_t read_number(const json_t *object, const char *name) {
  json_int_t number = json_integer_value(json_object_get(object, name));
  return number > 0 ? (uint64_t)number : 0;
}

static lariat_crawl_end read_end(const json_t *object) {
  const char *name = json_string_value(json_object_get(object, "end"));
  for (unsigned i = 0; name && i < ENDS; i++)
    if (strcmp(ends[i], name) == 0) return (lariat_crawl_end)i;
  return LARIAT_CRAWL_RUNNING;
}

void crawl_counts_read_json(struct crawl_counts *counts, const json_t *object) {
  const char *reason = json_string_value(json_object_get(object, "end_reason"));
  const char *trouble = json_string_value(json_object_get(object, "trouble"));
  *counts = (struct crawl_counts){.stats = {.size = sizeof counts->stats}};
  for (size_t i = 0; i < FIELDS; i++) {
    uint64_t number = read_number(object, name_of(&fields[i]));
    memcpy((char *)&counts->stats + fields[i].offset, &number, sizeof number);
  }
  snprintf(counts->reason, sizeof counts->reason, "%s", reason ? reason : "");
  counts->stats.end_reason = counts->reason;
  snprintf(counts->trouble, sizeof counts->trouble, "%s",
           trouble ? trouble : "");
  counts->stats.trouble = counts->trouble;
  counts->stats.end = read_end(object);
  counts->stats.reactors = (unsigned)read_number(object, "reactors");
  counts->stats.paused = json_is_true(json_object_get(object, "paused"));
  counts->runs = json_is_true(json_object_get(object, "runs"));
  counts->pages_per_s =
      json_number_value(json_object_get(object, "pages_per_s"));
  counts->bytes_per_s =
      json_number_value(json_object_get(object, "bytes_per_s"));
}
