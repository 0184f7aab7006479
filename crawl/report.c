/* SPDX-License-Identifier: MIT
 * report.c: reports filled, read and freed. */
#include "report.h"

#include <string.h>

#include "memory.h"

void lr_crawl_outcome_clear(lr_crawl_outcome *outcome) {
  lariat_memory_release(outcome->note);
  lariat_memory_release(outcome->etag);
  lariat_memory_release(outcome->last_modified);
  lariat_memory_release(outcome->type);
  lariat_memory_release(outcome->records);
  lariat_memory_release(outcome->line);
  lariat_memory_release(outcome->edges);
  memset(outcome, 0, sizeof *outcome);
}

lr_crawl_report *lr_crawl_report_new(unsigned shard) {
  lr_crawl_report *report = lr_crawl_allocate(1, sizeof *report);
  if (report) report->shard = shard;
  return report;
}

void lr_crawl_report_free(lr_crawl_report *report) {
  if (!report) return;
  for (size_t i = 0; i < report->outcome_count; i++)
    lr_crawl_outcome_clear(&report->outcomes[i]);
  lariat_memory_release(report->outcomes);
  lariat_memory_release(report->urls);
  lariat_memory_release(report->hosts);
  lariat_memory_release(report->returned);
  lr_crawl_bytes_clear(&report->texts);
  lr_crawl_kept_traps_clear(&report->closed_traps);
  lariat_memory_release(report->opened_trap);
  lariat_memory_release(report);
}

bool lr_crawl_report_is_empty(const lr_crawl_report *report) {
  return !report->url_count && !report->outcome_count && !report->host_count &&
         !report->ended && !report->failed && !report->counted &&
         !report->opened_trap && !report->closed_traps.count &&
         !report->returned_count;
}

/* ---- Adding ---- */

/* Adds a text with its NUL, and returns where it begins; SIZE_MAX: there is
 * none. */
static size_t add_text(lr_crawl_report *report, const char *text,
                       size_t length) {
  size_t offset = report->texts.length;
  if (!text) return SIZE_MAX;
  lr_crawl_bytes_add(&report->texts, text, length);
  lr_crawl_bytes_add(&report->texts, "", 1);
  return offset;
}

/* Takes a failure to add texts back: what came before stays. */
static bool keep_texts(lr_crawl_report *report, size_t before) {
  if (!report->texts.failed) return true;
  report->texts.failed = false;
  report->texts.length = before;
  return false;
}

bool lr_crawl_report_add_url(lr_crawl_report *report,
                             const lr_crawl_found_url *found) {
  size_t before = report->texts.length;
  lr_crawl_reported_url *urls = lr_crawl_grow(
      report->urls, &report->url_capacity, report->url_count + 1, sizeof *urls);
  if (!urls) return false;
  report->urls = urls;
  lr_crawl_reported_url *mine = &urls[report->url_count];
  mine->found = *found;
  mine->url_offset = add_text(report, found->url, found->length);
  mine->origin_offset = add_text(report, found->origin, strlen(found->origin));
  if (!keep_texts(report, before)) return false;
  report->bytes += sizeof *mine + report->texts.length - before;
  report->url_count++;
  return true;
}

bool lr_crawl_report_add_host(lr_crawl_report *report,
                              const lr_crawl_host_facts *facts) {
  size_t before = report->texts.length;
  lr_crawl_reported_host *hosts =
      lr_crawl_grow(report->hosts, &report->host_capacity,
                    report->host_count + 1, sizeof *hosts);
  if (!hosts) return false;
  report->hosts = hosts;
  lr_crawl_reported_host *mine = &hosts[report->host_count];
  mine->facts = *facts;
  mine->ip_offset =
      add_text(report, facts->ip, facts->ip ? strlen(facts->ip) : 0);
  mine->robots_offset = add_text(report, facts->robots, facts->robots_length);
  mine->note_offset =
      add_text(report, facts->note, facts->note ? strlen(facts->note) : 0);
  if (!keep_texts(report, before)) return false;
  report->host_count++;
  return true;
}

bool lr_crawl_report_add_returned(lr_crawl_report *report, uint64_t url,
                                  uint64_t host) {
  lr_crawl_returned_url *returned =
      lr_crawl_grow(report->returned, &report->returned_capacity,
                    report->returned_count + 1, sizeof *returned);
  if (!returned) return false;
  report->returned = returned;
  returned[report->returned_count++] = (lr_crawl_returned_url){url, host};
  return true;
}

static size_t length_of(const char *text) { return text ? strlen(text) : 0; }

void lr_crawl_report_add_outcome(lr_crawl_report *report,
                                 lr_crawl_outcome *outcome) {
  lr_crawl_outcome *outcomes =
      lr_crawl_grow(report->outcomes, &report->outcome_capacity,
                    report->outcome_count + 1, sizeof *outcomes);
  if (!outcomes) {
    report->failed = true;
    lr_crawl_outcome_clear(outcome);
    return;
  }
  report->outcomes = outcomes;
  report->bytes += sizeof *outcome + outcome->records_length +
                   length_of(outcome->line) + length_of(outcome->edges);
  outcomes[report->outcome_count++] = *outcome;
  memset(outcome, 0, sizeof *outcome);
}

/* ---- Reading ---- */

static const char *text_at(const lr_crawl_report *report, size_t offset) {
  return offset == SIZE_MAX ? NULL : report->texts.at + offset;
}

lr_crawl_found_url lr_crawl_report_url(const lr_crawl_report *report,
                                       size_t at) {
  const lr_crawl_reported_url *mine = &report->urls[at];
  lr_crawl_found_url found = mine->found;
  found.url = text_at(report, mine->url_offset);
  found.origin = text_at(report, mine->origin_offset);
  return found;
}

lr_crawl_host_facts lr_crawl_report_host(const lr_crawl_report *report,
                                         size_t at) {
  const lr_crawl_reported_host *mine = &report->hosts[at];
  lr_crawl_host_facts facts = mine->facts;
  facts.ip = text_at(report, mine->ip_offset);
  facts.robots = text_at(report, mine->robots_offset);
  facts.note = text_at(report, mine->note_offset);
  return facts;
}
