/* SPDX-License-Identifier: MIT
 * See visits.h. */
#include "visits.h"

#include <stdlib.h>
#include <string.h>

#include "robots.h"

bool visits_make(struct visits *visits, const struct site *site) {
  const struct web_plan *plan = &site->web.plan;

  visits->site = site;
  visits->counts = calloc(plan->pages, NODE_PLACES);
  visits->hosts = calloc(plan->hosts, sizeof *visits->hosts);
  if (!visits->counts || !visits->hosts) {
    visits_free(visits);
    return false;
  }
  for (uint32_t i = 0; i < plan->hosts; i++)
    visits->hosts[i].min_gap_ns = UINT64_MAX;
  return true;
}

void visits_free(struct visits *visits) {
  free(visits->counts);
  free(visits->hosts);
  if (visits->gaps) fclose(visits->gaps);
  memset(visits, 0, sizeof *visits);
}

/* ---- Requests ---- */

/* The gap that a host wants: that of all, or its Crawl-delay. */
static uint64_t wanted_gap(const struct visits *visits, uint32_t host) {
  const struct web *web = &visits->site->web;
  uint64_t own_ns = (uint64_t)web->plan.crawl_delay_ms * 1000000u;

  if (robots_kind_of(web, host) == ROBOTS_DELAY && own_ns > visits->gap_ns)
    return own_ns;
  return visits->gap_ns;
}

/* Writes who was too early, and whom it followed, to be counted by client. */
static void write_gap(struct visits *visits, uint32_t host, uint32_t client,
                      uint64_t arrived_ns, uint64_t gap_ns) {
  if (!visits->gaps) return;
  fprintf(visits->gaps, "%u\t%llu\t%llu\t%08x\t%08x\n", host,
          (unsigned long long)arrived_ns, (unsigned long long)gap_ns,
          visits->hosts[host].client, client);
}

static void note_gap(struct visits *visits, uint32_t host, uint32_t client,
                     uint64_t arrived_ns) {
  struct visits_host *of = &visits->hosts[host];
  uint64_t gap_ns = arrived_ns > of->last_ns ? arrived_ns - of->last_ns
                                             : of->last_ns - arrived_ns;

  if (gap_ns < of->min_gap_ns) of->min_gap_ns = gap_ns;
  if (gap_ns >= wanted_gap(visits, host)) return;
  of->short_gaps++;
  write_gap(visits, host, client, arrived_ns, gap_ns);
}

static void note_arrival(struct visits *visits, uint32_t host, uint32_t client,
                         uint64_t arrived_ns) {
  struct visits_host *of = &visits->hosts[host];
  uint32_t in_flight = ++of->in_flight + (arrived_ns < of->sent_ns);

  if (of->requests++) note_gap(visits, host, client, arrived_ns);
  if (arrived_ns > of->last_ns) {
    of->last_ns = arrived_ns;
    of->client = client;
  }
  if (in_flight > of->in_flight_max) of->in_flight_max = in_flight;
}

static bool is_robots(const struct node *node) {
  return node->kind == NODE_ROBOTS || node->kind == NODE_ROBOTS_MOVED;
}

/* Returns where a node is counted, or NULL. */
static uint8_t *count_of(const struct visits *visits, const struct node *node) {
  int place = node_place(node);

  if (place < 0 || node->page >= visits->site->web.plan.pages) return NULL;
  return visits->counts + (size_t)node->page * NODE_PLACES + place;
}

void visits_begin(struct visits *visits, uint32_t host, uint32_t client,
                  const struct node *node, uint64_t arrived_ns) {
  struct visits_host *of = &visits->hosts[host];
  uint8_t *count = count_of(visits, node);

  visits->requests++;
  visits->kinds[node->kind]++;
  note_arrival(visits, host, client, arrived_ns);
  if (count && *count < UINT8_MAX) ++*count;
  if (node->kind == NODE_TRAP) visits->traps[node->trap]++;
  if (is_robots(node)) return;
  of->before_robots += !of->robots_ns || arrived_ns < of->robots_ns;
  of->forbidden += !robots_allows(&visits->site->web, host, node);
}

void visits_end(struct visits *visits, uint32_t host, const struct node *node,
                uint64_t sent_ns) {
  struct visits_host *of = &visits->hosts[host];

  of->in_flight--;
  if (sent_ns > of->sent_ns) of->sent_ns = sent_ns;
  if (node->kind == NODE_ROBOTS && !of->robots_ns) of->robots_ns = sent_ns;
}

unsigned visits_count(const struct visits *visits, const struct node *node) {
  const uint8_t *count = count_of(visits, node);

  return count ? *count : 0;
}

void visits_note_canary(struct visits *visits, const char *address) {
  if (visits->canaries < VISITS_CANARIES)
    snprintf(visits->canary[visits->canaries], sizeof *visits->canary, "%s",
             address);
  visits->canaries++;
}

/* ---- What is written ---- */

/* Of a kind of URLs: how many were to be fetched, and how many were. */
struct sum {
  uint64_t expected, fetched, missing, again;
};

enum { EXAMPLES = 20 };

struct summing {
  const struct visits *visits;
  struct sum sums[NODE_KINDS_OF_PAGES];
  struct node missing[EXAMPLES], again[EXAMPLES];
  size_t missing_count, again_count;
  uint64_t asked; /* for URLs that were expected */
};

static void keep_example(struct node *list, size_t *count,
                         const struct node *node) {
  if (*count < EXAMPLES) list[(*count)++] = *node;
}

static void sum_up(void *context, const struct node *node,
                   enum expected expected) {
  struct summing *summing = context;
  struct sum *sum = &summing->sums[node->kind];
  unsigned count = visits_count(summing->visits, node);

  sum->expected++;
  sum->fetched += count > 0;
  sum->missing += !count;
  summing->asked += count > 0;
  if (!count) keep_example(summing->missing, &summing->missing_count, node);
  if (count < 2 || expected == EXPECT_AGAIN) return;
  sum->again++;
  keep_example(summing->again, &summing->again_count, node);
}

static void write_kinds(const struct summing *summing, FILE *out) {
  const char *comma = "";

  fputs("\"kinds\":{", out);
  for (int i = 0; i < NODE_KINDS_OF_PAGES; i++) {
    const struct sum *sum = &summing->sums[i];

    if (!sum->expected && !summing->visits->kinds[i]) continue;
    fprintf(out,
            "%s\"%s\":{\"expected\":%llu,\"fetched\":%llu,\"missing\":%llu,"
            "\"again\":%llu,\"requests\":%llu}",
            comma, node_names[i], (unsigned long long)sum->expected,
            (unsigned long long)sum->fetched, (unsigned long long)sum->missing,
            (unsigned long long)sum->again,
            (unsigned long long)summing->visits->kinds[i]);
    comma = ",";
  }
  fputs("},", out);
}

/* A URL has no control characters and no quotes. */
static void write_string(const struct text *text, FILE *out) {
  fputc('"', out);
  for (size_t i = 0; i < text->length; i++) {
    if (text->bytes[i] == '\\') fputc('\\', out);
    fputc(text->bytes[i], out);
  }
  fputc('"', out);
}

static void write_urls(const struct site *site, const char *name,
                       const struct node *nodes, size_t count, FILE *out) {
  struct text url = {0};

  fprintf(out, "\"%s\":[", name);
  for (size_t i = 0; i < count; i++) {
    text_clear(&url);
    site_add_url(site, &nodes[i], &url);
    if (i) fputc(',', out);
    write_string(&url, out);
  }
  fputs("],", out);
  text_free(&url);
}

/* Counts URLs of pages that were asked for, expected or not. */
static uint64_t count_asked(const struct visits *visits) {
  size_t places = (size_t)visits->site->web.plan.pages * NODE_PLACES;
  uint64_t asked = 0;

  for (size_t i = 0; i < places; i++) asked += visits->counts[i] > 0;
  return asked;
}

static void write_others(const struct visits *visits, FILE *out) {
  static const char *const traps[WEB_TRAPS_END] = {
      "none", "calendar", "deeper", "session", "facets", "nowhere"};
  uint64_t sum = visits->kinds[NODE_MAZE];

  fputs("\"other\":{", out);
  for (int i = NODE_KINDS_OF_PAGES; i <= NODE_NONE; i++)
    fprintf(out, "%s\"%s\":%llu", i == NODE_KINDS_OF_PAGES ? "" : ",",
            node_names[i], (unsigned long long)visits->kinds[i]);
  fputs("},\"traps\":{", out);
  for (int i = WEB_NO_TRAP + 1; i < WEB_TRAPS_END; i++) {
    fprintf(out, "\"%s\":%llu,", traps[i],
            (unsigned long long)visits->traps[i]);
    sum += visits->traps[i];
  }
  fprintf(out, "\"maze\":%llu,\"all\":%llu},",
          (unsigned long long)visits->kinds[NODE_MAZE],
          (unsigned long long)sum);
}

/* Sums and extremes of all hosts. */
static void write_politeness(const struct visits *visits, FILE *out) {
  struct visits_host all = {.min_gap_ns = UINT64_MAX};
  uint32_t asked = 0;

  for (uint32_t i = 0; i < visits->site->web.plan.hosts; i++) {
    const struct visits_host *of = &visits->hosts[i];

    asked += of->requests > 0;
    all.short_gaps += of->short_gaps;
    all.forbidden += of->forbidden;
    all.before_robots += of->before_robots;
    if (of->min_gap_ns < all.min_gap_ns) all.min_gap_ns = of->min_gap_ns;
    if (of->in_flight_max > all.in_flight_max)
      all.in_flight_max = of->in_flight_max;
  }
  fprintf(out,
          "\"politeness\":{\"hosts\":%u,\"min_gap_us\":%lld,"
          "\"short_gaps\":%u,\"in_flight_max\":%u,\"forbidden\":%u,"
          "\"before_robots\":%u},",
          asked,
          all.min_gap_ns == UINT64_MAX ? -1 : (long long)all.min_gap_ns / 1000,
          all.short_gaps, all.in_flight_max, all.forbidden, all.before_robots);
}

static void write_canaries(const struct visits *visits, FILE *out) {
  fprintf(out, "\"canary\":{\"connections\":%llu,\"addresses\":[",
          (unsigned long long)visits->canaries);
  for (uint64_t i = 0; i < visits->canaries && i < VISITS_CANARIES; i++)
    fprintf(out, "%s\"%s\"", i ? "," : "", visits->canary[i]);
  fputs("]}", out);
}

static void write_hosts(const struct visits *visits, FILE *out) {
  const char *comma = "";

  fputs(",\"hosts\":[", out);
  for (uint32_t i = 0; i < visits->site->web.plan.hosts; i++) {
    const struct visits_host *of = &visits->hosts[i];

    if (!of->requests) continue;
    fprintf(
        out,
        "%s{\"host\":%u,\"requests\":%u,\"min_gap_us\":%lld,"
        "\"short_gaps\":%u,\"in_flight_max\":%u,\"forbidden\":%u,"
        "\"before_robots\":%u}",
        comma, i, of->requests,
        of->min_gap_ns == UINT64_MAX ? -1 : (long long)of->min_gap_ns / 1000,
        of->short_gaps, of->in_flight_max, of->forbidden, of->before_robots);
    comma = ",";
  }
  fputs("]", out);
}

void visits_write(const struct visits *visits, const struct oracle *oracle,
                  bool with_hosts, FILE *out) {
  struct summing summing = {.visits = visits};

  oracle_each(oracle, visits->site, sum_up, &summing);
  fprintf(out,
          "{\"requests\":%llu,\"connections\":%llu,\"body_bytes\":%llu,"
          "\"not_modified\":%llu,\"misplaced\":%llu,\"dead\":%llu,"
          "\"unexpected\":%llu,",
          (unsigned long long)visits->requests,
          (unsigned long long)visits->connections,
          (unsigned long long)visits->body_bytes,
          (unsigned long long)visits->not_modified,
          (unsigned long long)visits->misplaced,
          (unsigned long long)visits->dead,
          (unsigned long long)(count_asked(visits) - summing.asked));
  write_kinds(&summing, out);
  write_urls(visits->site, "missing", summing.missing, summing.missing_count,
             out);
  write_urls(visits->site, "again", summing.again, summing.again_count, out);
  write_others(visits, out);
  write_politeness(visits, out);
  write_canaries(visits, out);
  if (with_hosts) write_hosts(visits, out);
  fputs("}\n", out);
}
