/* SPDX-License-Identifier: MIT
 * scripted_crawl.h: a crawl of a small made-up site by the frontier alone, with
 * no network: what its pages name, what comes of each, and what must be in the
 * files and the database at the end, each URL once. */
#ifndef TESTS_SUPPORT_SCRIPTED_CRAWL_H
#define TESTS_SUPPORT_SCRIPTED_CRAWL_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crawl/frontier.h"
#include "crawl/memory.h"

enum {
  SCRIPTED_PAGES = 60,
  SCRIPTED_HOSTS = 5,
  SCRIPTED_BATCH = 7,        /* outcomes of a commit */
  SCRIPTED_WARC_SIZE = 2000, /* bytes of a WARC file */
  SCRIPTED_NOW = 1000
};

struct scripted_crawl {
  char directory[64], jsonl[80], links[80];
  lr_crawl_frontier_options options;
  lr_crawl_frontier *frontier;
  unsigned closed_files; /* that were told of */
  int64_t now_s;
  lr_crawl_fault fault;
};

static inline void scripted_url(unsigned page, char url[64]) {
  snprintf(url, 64, "http://h%u.example/page?%u", page % SCRIPTED_HOSTS, page);
}

static inline unsigned scripted_page(const char *url) {
  return (unsigned)strtoul(strchr(url, '?') + 1, NULL, 10);
}

/* What comes of a page in the end. */
static inline lr_crawl_outcome_kind scripted_kind(unsigned page) {
  if (page % 11 == 5) return LR_CRAWL_ROBOTS;
  return page % 13 == 4 ? LR_CRAWL_FAILED : LR_CRAWL_FETCHED;
}

static inline char *scripted_info(void *context, const char *name,
                                  size_t *length) {
  char text[300];
  (void)context;
  *length = (size_t)snprintf(text, sizeof text, "INFO %s\n", name);
  return lr_crawl_copy_text(text);
}

static inline void scripted_closed(void *context, const char *path) {
  struct scripted_crawl *crawl = context;
  crawl->closed_files += access(path, R_OK) == 0;
}

/* Makes an empty directory for a crawl, and its options. */
static inline void scripted_begin(struct scripted_crawl *crawl) {
  *crawl = (struct scripted_crawl){.now_s = SCRIPTED_NOW};
  snprintf(crawl->directory, sizeof crawl->directory,
           "/tmp/lariat-crawl-XXXXXX");
  if (!mkdtemp(crawl->directory)) abort();
  snprintf(crawl->jsonl, sizeof crawl->jsonl, "%s.jsonl", crawl->directory);
  snprintf(crawl->links, sizeof crawl->links, "%s.links", crawl->directory);
  crawl->options =
      (lr_crawl_frontier_options){.directory = crawl->directory,
                                  .warc_size = SCRIPTED_WARC_SIZE,
                                  .jsonl = crawl->jsonl,
                                  .links = crawl->links,
                                  .make_warcinfo = scripted_info,
                                  .on_warc_closed = scripted_closed,
                                  .context = crawl};
}

static inline int scripted_remove(const char *path, const struct stat *state,
                                  int kind, struct FTW *walk) {
  (void)state, (void)kind, (void)walk;
  return remove(path);
}

/* Removes all of it. */
static inline void scripted_end(struct scripted_crawl *crawl) {
  unlink(crawl->jsonl);
  unlink(crawl->links);
  nftw(crawl->directory, scripted_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline lariat_status scripted_open(struct scripted_crawl *crawl) {
  return lr_crawl_frontier_open(&crawl->options, &crawl->frontier,
                                &crawl->fault);
}

static inline void scripted_close(struct scripted_crawl *crawl) {
  lr_crawl_frontier_close(crawl->frontier);
  crawl->frontier = NULL;
}

/* ---- Going on ---- */

static inline lariat_status scripted_offer_at(lr_crawl_frontier *frontier,
                                              unsigned page, uint64_t via,
                                              bool *added) {
  char url[64], origin[32];
  scripted_url(page, url);
  snprintf(origin, sizeof origin, "http://h%u.example:80",
           page % SCRIPTED_HOSTS);
  lr_crawl_found_url found = {
      .url = url,
      .length = (uint32_t)strlen(url),
      .fingerprint = lr_crawl_fingerprint(lr_crawl_frontier_hash_key(frontier),
                                          url, strlen(url)),
      .origin = origin,
      .depth = via ? 1 : 0,
      .priority = page % 3 == 0 ? 2 : 4,
      .hop = via ? 'L' : '-',
      .via = via};
  return lr_crawl_frontier_offer(frontier, &found, added);
}

static inline lariat_status scripted_offer(lr_crawl_frontier *frontier,
                                           unsigned page, uint64_t via) {
  bool added;
  return scripted_offer_at(frontier, page, via, &added);
}

/* Offers what a page names: two new pages, and one that is known. */
static inline lariat_status scripted_offer_links(lr_crawl_frontier *frontier,
                                                 unsigned page, uint64_t id) {
  const unsigned links[] = {2 * page + 1, 2 * page + 2, page / 2};
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; !status && i < 3; i++)
    if (links[i] < SCRIPTED_PAGES)
      status = scripted_offer(frontier, links[i], id);
  return status;
}

/* Returns a copy, at the second try where one allocation fails. */
static inline char *scripted_copy(const char *text) {
  char *copy = lr_crawl_copy_text(text);
  return copy ? copy : lr_crawl_copy_text(text);
}

/* Returns a text with a URL in it. */
static inline char *scripted_text(const char *before, const char *url,
                                  const char *behind) {
  char text[400];
  snprintf(text, sizeof text, "%s%s%s", before, url, behind);
  return scripted_copy(text);
}

/* Makes a page's outcome: some are to be tried again first. */
static inline lr_crawl_outcome
scripted_outcome(const lr_crawl_queued_url *queued, int64_t now_s) {
  unsigned page = scripted_page(queued->url);
  bool later = page % 7 == 3 && queued->tries == 0;
  lr_crawl_outcome outcome = {.url = queued->id,
                              .kind = scripted_kind(page),
                              .status = 200,
                              .at_ns = now_s * 1000000000,
                              .took_ms = page};
  if (later) {
    outcome.kind = LR_CRAWL_LATER;
    outcome.next_s = now_s + 5;
    return outcome;
  }
  outcome.line = scripted_text("{\"url\":\"", queued->url, "\"}");
  if (outcome.kind != LR_CRAWL_FETCHED) return outcome;
  outcome.edges = scripted_text("", queued->url, "\ta link\n");
  outcome.records = scripted_text("RECORD ", queued->url,
                                  " of some length, so that a file is full "
                                  "after a few of them\n");
  outcome.type = scripted_copy("text/html");
  outcome.etag = scripted_text("\"", queued->url, "\"");
  outcome.last_modified =
      scripted_copy(page % 2 ? "yesterday" : "Sun, 06 Nov 1994 08:49:37 GMT");
  outcome.records_length = strlen(outcome.records);
  outcome.has_digest = true;
  memset(outcome.digest, (int)page, sizeof outcome.digest);
  return outcome;
}

static inline void scripted_release(const lr_crawl_outcome *outcome) {
  char *const owned[] = {outcome->records, outcome->line,
                         outcome->edges,   outcome->type,
                         outcome->etag,    outcome->last_modified};
  for (size_t i = 0; i < 6; i++) lariat_memory_release(owned[i]);
}

/* Ends one URL; it is given back where that cannot be done. */
static inline lariat_status scripted_finish(struct scripted_crawl *crawl,
                                            lr_crawl_queued_url *queued) {
  lr_crawl_outcome outcome = scripted_outcome(queued, crawl->now_s);
  lariat_status status = LARIAT_OK;
  if (outcome.kind == LR_CRAWL_FETCHED)
    status = scripted_offer_links(crawl->frontier, scripted_page(queued->url),
                                  queued->id);
  else if (scripted_page(queued->url) < SCRIPTED_PAGES / 2)
    status = scripted_offer_links(crawl->frontier, scripted_page(queued->url),
                                  queued->id);
  if (!status) status = lr_crawl_frontier_finish(crawl->frontier, &outcome);
  if (status) {
    scripted_release(&outcome);
    (void)lr_crawl_frontier_give_back(crawl->frontier, queued->id);
  }
  lr_crawl_queued_url_clear(queued);
  return status;
}

/* Fetches up to SCRIPTED_BATCH pages; `*done` 0: none was due. */
static inline lariat_status scripted_batch(struct scripted_crawl *crawl,
                                           unsigned *done) {
  lariat_status status = LARIAT_OK;
  *done = 0;
  crawl->now_s += 10;
  (void)lr_crawl_frontier_wake(crawl->frontier, crawl->now_s);
  for (unsigned host = 1; host <= SCRIPTED_HOSTS; host++) {
    lr_crawl_queued_url taken[2];
    size_t count = *done < SCRIPTED_BATCH
                       ? lr_crawl_frontier_take(crawl->frontier, host, 2, taken)
                       : 0;
    *done += (unsigned)count;
    for (size_t i = 0; i < count; i++) {
      lariat_status one = scripted_finish(crawl, &taken[i]);
      if (!status) status = one;
    }
  }
  return status;
}

/* Goes on to the end of the site, with a commit after each batch. */
static inline lariat_status scripted_run(struct scripted_crawl *crawl) {
  lariat_status status = scripted_offer(crawl->frontier, 0, 0);
  unsigned done = 1;
  while (!status && lr_crawl_frontier_count(crawl->frontier).queued) {
    status = scripted_batch(crawl, &done);
    if (!status)
      status = lr_crawl_frontier_commit(crawl->frontier, &crawl->fault);
  }
  return status;
}

/* ---- What must be there at the end ---- */

/* Counts how often each page is named by a line of a file that begins with
 * `word`. */
static inline void scripted_count_lines(const char *path, const char *word,
                                        unsigned counts[SCRIPTED_PAGES]) {
  char line[512];
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, word, strlen(word)) != 0) continue;
    unsigned page = scripted_page(line);
    if (page < SCRIPTED_PAGES) counts[page]++;
  }
  if (file) fclose(file);
}

/* Counts the records of all WARC files; returns how many files are closed. */
static inline unsigned scripted_count_records(const char *directory,
                                              unsigned counts[SCRIPTED_PAGES]) {
  char path[400];
  unsigned closed = 0;
  snprintf(path, sizeof path, "%s/warc", directory);
  DIR *open = opendir(path);
  for (struct dirent *entry; open && (entry = readdir(open));) {
    size_t length = strlen(entry->d_name);
    snprintf(path, sizeof path, "%s/warc/%s", directory, entry->d_name);
    scripted_count_lines(path, "RECORD ", counts);
    closed += length > 8 && strcmp(entry->d_name + length - 8, ".warc.gz") == 0;
  }
  if (open) closedir(open);
  return closed;
}

/* What is wrong, as a text; "" while nothing is. */
struct scripted_check {
  const char *directory;
  lr_crawl_frontier *frontier;
  unsigned last[SCRIPTED_PAGES]; /* last outcomes */
  unsigned records[SCRIPTED_PAGES], lines[SCRIPTED_PAGES],
      edges[SCRIPTED_PAGES];
  unsigned closed;
  char wrong[400];
};

/* Tells whether a record is where the database says. */
static inline bool scripted_is_there(const struct scripted_check *check,
                                     const lr_crawl_past_outcome *outcome,
                                     const char *url) {
  char path[400], record[400] = "";
  snprintf(path, sizeof path, "%s/warc/%s", check->directory, outcome->warc);
  FILE *file = fopen(path, "r");
  if (!file) return false;
  bool read = fseek(file, (long)outcome->offset, SEEK_SET) == 0 &&
              fread(record, 1, outcome->length, file) == outcome->length;
  fclose(file);
  return read && strncmp(record, "RECORD ", 7) == 0 &&
         strncmp(record + 7, url, strlen(url)) == 0 &&
         record[outcome->length - 1] == '\n';
}

static inline bool scripted_look(void *context,
                                 const lr_crawl_past_outcome *outcome) {
  struct scripted_check *check = context;
  lr_crawl_known_url known;
  if (outcome->kind == LR_CRAWL_LATER) return true;
  if (lr_crawl_frontier_read_url(check->frontier, outcome->url, &known)) {
    snprintf(check->wrong, sizeof check->wrong, "no URL %llu",
             (unsigned long long)outcome->url);
    return false;
  }
  unsigned page = scripted_page(known.url);
  if (page < SCRIPTED_PAGES) check->last[page]++;
  if (outcome->kind != scripted_kind(page) ||
      (outcome->warc && !scripted_is_there(check, outcome, known.url)))
    snprintf(check->wrong, sizeof check->wrong,
             "%s: another outcome, or its record is not at %llu", known.url,
             (unsigned long long)outcome->offset);
  lariat_memory_release(known.url);
  return true;
}

static inline void scripted_compare(struct scripted_check *check) {
  for (unsigned page = 0; page < SCRIPTED_PAGES; page++) {
    unsigned fetched = scripted_kind(page) == LR_CRAWL_FETCHED;
    if (check->last[page] != 1 || check->records[page] != fetched ||
        check->lines[page] != 1 || check->edges[page] != fetched)
      snprintf(check->wrong, sizeof check->wrong,
               "page %u: %u outcomes, %u records, %u lines, %u edges", page,
               check->last[page], check->records[page], check->lines[page],
               check->edges[page]);
  }
}

/* Compares the site, the database and the files of a crawl that has ended. */
static inline struct scripted_check
scripted_verify(const struct scripted_crawl *crawl) {
  struct scripted_check check = {.directory = crawl->directory};
  lr_crawl_frontier_options options = {.directory = crawl->directory,
                                       .read_only = true};
  lr_crawl_fault fault;
  if (lr_crawl_frontier_open(&options, &check.frontier, &fault)) {
    snprintf(check.wrong, sizeof check.wrong, "%.399s", fault.message);
    return check;
  }
  (void)lr_crawl_frontier_each_outcome(check.frontier, 0, scripted_look,
                                       &check);
  lr_crawl_frontier_close(check.frontier);
  check.closed = scripted_count_records(crawl->directory, check.records);
  scripted_count_lines(crawl->jsonl, "{\"url\"", check.lines);
  scripted_count_lines(crawl->links, "http", check.edges);
  if (!check.wrong[0]) scripted_compare(&check);
  return check;
}

#endif
