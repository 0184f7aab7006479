/* SPDX-License-Identifier: MIT
 * openmetrics.c: a table of metrics.  What only grows over all runs of a crawl
 * is a counter. */
#include "crawl/openmetrics.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FAMILY_MAX = 512 };

static const struct metric {
  const char *name; /* with its unit; NULL: one more of the family before */
  const char *label;
  const char *help;
  size_t offset;
  bool counter;
} metrics[] = {
#define AT(member) .offset = offsetof(lariat_crawl_stats, member)
    {"outcomes", "outcome=\"fetched\"", "Outcomes of URLs", AT(fetched), true},
    {NULL, "outcome=\"revisit\"", NULL, AT(revisits), true},
    {NULL, "outcome=\"redirect\"", NULL, AT(redirects), true},
    {NULL, "outcome=\"failed\"", NULL, AT(failed), true},
    {NULL, "outcome=\"robots\"", NULL, AT(robots_denied), true},
    {NULL, "outcome=\"scope\"", NULL, AT(out_of_scope), true},
    {NULL, "outcome=\"trap\"", NULL, AT(trapped), true},
    {"pages", NULL, "Answers", AT(pages), true},
    {"bodies_bytes", NULL, "Bodies of answers, decompressed", AT(bytes), true},
    {"urls", NULL, "URLs that are known", AT(known), false},
    {"queued_urls", NULL, "URLs that wait", AT(queued), false},
    {"later_urls", NULL, "URLs that wait for a later time", AT(later), false},
    {"requests_in_flight", NULL, "Requests on their way", AT(in_flight), false},
    {"hosts", NULL, "Hosts that are known", AT(hosts), false},
    {"due_hosts", NULL, "Hosts that may be asked now", AT(hosts_due), false},
    {"waiting_hosts", NULL, "Hosts that wait for their delay",
     AT(hosts_waiting), false},
    {"down_hosts", NULL, "Hosts that do not answer", AT(hosts_down), false},
    {"warc_files", NULL, "WARC files", AT(warc_files), false},
    {"warc_bytes", NULL, "Size of the WARC files", AT(warc_bytes), false},
    {"database_bytes", NULL, "Size of the database", AT(database_bytes), false},
    {"memory_bytes", NULL, "Memory of queues and fingerprints",
     AT(memory_bytes), false},
#undef AT
};

static bool has_unit(const char *name) {
  size_t length = strlen(name);
  return length > 6 && strcmp(name + length - 6, "_bytes") == 0;
}

static char *put_family(char *at, const struct metric *metric) {
  at += snprintf(at, FAMILY_MAX, "# TYPE lariat_crawl_%s %s\n", metric->name,
                 metric->counter ? "counter" : "gauge");
  if (has_unit(metric->name))
    at += snprintf(at, FAMILY_MAX, "# UNIT lariat_crawl_%s bytes\n",
                   metric->name);
  return at + snprintf(at, FAMILY_MAX, "# HELP lariat_crawl_%s %s.\n",
                       metric->name, metric->help);
}

static char *put_sample(char *at, const char *name, const struct metric *metric,
                        uint64_t number) {
  return at + snprintf(at, FAMILY_MAX, "lariat_crawl_%s%s%s%s%s %llu\n", name,
                       metric->counter ? "_total" : "",
                       metric->label ? "{" : "",
                       metric->label ? metric->label : "",
                       metric->label ? "}" : "", (unsigned long long)number);
}

bool openmetrics_add(struct text *text, const struct crawl_counts *counts) {
  enum { METRICS = sizeof metrics / sizeof metrics[0] };
  const char *name = "";
  if (!text_reserve(text, (size_t)4 * METRICS * FAMILY_MAX)) return false;
  char *at = text->bytes + text->length;
  for (size_t i = 0; i < METRICS; i++) {
    uint64_t number;
    memcpy(&number, (const char *)&counts->stats + metrics[i].offset,
           sizeof number);
    if (metrics[i].name) {
      name = metrics[i].name;
      at = put_family(at, &metrics[i]);
    }
    at = put_sample(at, name, &metrics[i], number);
  }
  at += snprintf(at, FAMILY_MAX,
                 "# TYPE lariat_crawl_paused gauge\n"
                 "# HELP lariat_crawl_paused Whether it is paused.\n"
                 "lariat_crawl_paused %d\n# EOF\n",
                 counts->stats.paused);
  text->length = (size_t)(at - text->bytes);
  return true;
}
