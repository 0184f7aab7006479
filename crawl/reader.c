/* SPDX-License-Identifier: MIT
 * reader.c: a crawl's directory, read. */
#include <lariat/crawl/reader.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "changes.h"
#include "crawl_config.h"
#include "crawl_private.h"
#include "directory.h"
#include "explanation.h"
#include "memory.h"
#include "outcome_kind.h"
#include "store.h"
#include "worker_file.h"

struct lariat_crawl_reader {
  lr_crawl_frontier *frontier;
};

lariat_status lariat_crawl_reader_open(const char *directory,
                                       lariat_crawl_reader **out,
                                       lariat_crawl_error *error) {
  lr_crawl_fault fault = {0};
  *out = NULL;
  if (error) error->message[0] = '\0';
  lr_crawl_frontier_options options = {.directory = directory,
                                       .read_only = true};
  lariat_crawl_reader *reader = lr_crawl_allocate(1, sizeof *reader);
  if (!reader) return LARIAT_ENOMEM;
  lariat_status status =
      lr_crawl_frontier_open(&options, &reader->frontier, &fault);
  if (status == LARIAT_OK) {
    *out = reader;
    return status;
  }
  if (error)
    snprintf(error->message, sizeof error->message, "%s", fault.message);
  lariat_memory_release(reader);
  return status;
}

void lariat_crawl_reader_free(lariat_crawl_reader *reader) {
  if (!reader) return;
  lr_crawl_frontier_close(reader->frontier);
  lariat_memory_release(reader);
}

lariat_status lariat_crawl_reader_stats(lariat_crawl_reader *reader,
                                        lariat_crawl_stats *stats) {
  lariat_crawl_stats all = {.end_reason = "", .trouble = ""};
  if (!stats || stats->size < sizeof stats->size) return LARIAT_EINVAL;
  all.size = stats->size;
  lr_crawl_frontier_counts counts = lr_crawl_frontier_count(reader->frontier);
  lr_crawl_stats_add_frontier(&counts, &all);
  lr_crawl_stats_add_last_run(reader->frontier, &all);
  memcpy(stats, &all, all.size < sizeof all ? all.size : sizeof all);
  return LARIAT_OK;
}

/* ---- What was kept for the caller ---- */

typedef lariat_status text_reader(lr_crawl_store *store, char **out);

static lariat_status read_kept_text(lr_crawl_store *store, char **out) {
  bool row = false;
  lariat_status status =
      lr_crawl_store_ask(store, &row, NULL, LR_CRAWL_GET_CONFIG, "");
  const char *text =
      row ? lr_crawl_store_text(store, LR_CRAWL_GET_CONFIG, 0) : NULL;
  if (text) status = lr_crawl_config_kept_text(text, out);
  lr_crawl_store_end(store, LR_CRAWL_GET_CONFIG);
  return status;
}

static lariat_status read_since(lr_crawl_store *store, char **out) {
  bool row = false;
  lariat_status status =
      lr_crawl_store_ask(store, &row, NULL, LR_CRAWL_GET_SETTING, "t", "since");
  const char *text =
      row ? lr_crawl_store_text(store, LR_CRAWL_GET_SETTING, 0) : NULL;
  if (text) *out = lr_crawl_copy_text(text);
  if (text && !*out) status = LARIAT_ENOMEM;
  lr_crawl_store_end(store, LR_CRAWL_GET_SETTING);
  return status;
}

/* Reads a text out of a directory's database. */
static lariat_status read_text(const char *directory, text_reader *reader,
                               char **out) {
  lr_crawl_store store;
  *out = NULL;
  char *path = lr_crawl_directory_path(directory, "crawl.db");
  if (!path) return LARIAT_ENOMEM;
  bool there = access(path, F_OK) == 0;
  lariat_status status =
      there ? lr_crawl_store_open(&store, path, LR_CRAWL_STORE_READ, NULL)
            : LARIAT_ENOTFOUND;
  if (status == LARIAT_OK) status = reader(&store, out);
  if (there) lr_crawl_store_close(&store);
  lariat_memory_release(path);
  return status;
}

/* Takes the text that a worker of a shared crawl has kept. */
static lariat_status read_worker_text(const char *directory, char **out) {
  lr_crawl_worker_file file;
  lr_crawl_fault fault;
  lariat_status status = lr_crawl_worker_file_read(directory, &file, &fault);
  if (status != LARIAT_OK) return status;
  *out = file.kept;
  file.kept = NULL;
  status = file.worker ? LARIAT_OK : LARIAT_ENOTFOUND;
  lr_crawl_worker_file_clear(&file);
  return status;
}

lariat_status lariat_crawl_read_kept_text(const char *directory, char **out) {
  lariat_status status = read_text(directory, read_kept_text, out);
  return status == LARIAT_ENOTFOUND ? read_worker_text(directory, out) : status;
}

lariat_status lariat_crawl_read_since(const char *directory, char **out) {
  return read_text(directory, read_since, out);
}

/* ---- Outcomes ---- */

typedef struct outcome_reading {
  lariat_crawl_reader *reader;
  lariat_crawl_outcome_callback *callback;
  void *context;
  lariat_status status;
} outcome_reading;

static const char *text_of(const char *text) { return text ? text : ""; }

static bool tell_outcome(void *context, const lr_crawl_past_outcome *past) {
  outcome_reading *reading = context;
  lr_crawl_known_url known;
  reading->status =
      lr_crawl_frontier_read_url(reading->reader->frontier, past->url, &known);
  if (reading->status == LARIAT_ENOTFOUND) {
    reading->status = LARIAT_OK; /* no URL's */
    return true;
  }
  if (reading->status != LARIAT_OK) return false;
  lariat_crawl_outcome outcome = {
      .size = sizeof outcome,
      .url = known.url,
      .kind = lr_crawl_outcome_kind_name(past->kind),
      .status = past->status,
      .at_ns = past->at_ns,
      .took_ms = past->took_ms,
      .bytes = past->bytes,
      .type = text_of(past->type),
      .note = text_of(past->note),
      .depth = known.depth,
      .warc = text_of(past->warc),
      .warc_offset = past->offset + past->response_offset};
  bool more = reading->callback(&outcome, reading->context);
  lariat_memory_release(known.url);
  return more;
}

lariat_status
lariat_crawl_reader_outcomes(lariat_crawl_reader *reader,
                             lariat_crawl_outcome_callback *callback,
                             void *context) {
  outcome_reading reading = {reader, callback, context, LARIAT_OK};
  lariat_status status = lr_crawl_frontier_each_outcome(reader->frontier, 0,
                                                        tell_outcome, &reading);
  return status == LARIAT_OK ? reading.status : status;
}

/* ---- Changes ---- */

typedef struct change_reading {
  lariat_crawl_change_callback *callback;
  void *context;
} change_reading;

static bool tell_change(void *context, lr_crawl_change change, const char *url,
                        int status) {
  static const char *const names[] = {[LR_CRAWL_CHANGE_NONE] = "",
                                      [LR_CRAWL_CHANGE_SAME] = "same",
                                      [LR_CRAWL_CHANGE_CHANGED] = "changed",
                                      [LR_CRAWL_CHANGE_NEW] = "new",
                                      [LR_CRAWL_CHANGE_GONE] = "gone",
                                      [LR_CRAWL_CHANGE_FAILED] = "failed"};
  const change_reading *reading = context;
  const lariat_crawl_change told = {.size = sizeof told,
                                    .url = url,
                                    .state = names[change],
                                    .status = status};
  return reading->callback(&told, reading->context);
}

lariat_status
lariat_crawl_reader_changes(lariat_crawl_reader *reader,
                            lariat_crawl_change_callback *callback,
                            void *context) {
  change_reading reading = {callback, context};
  return lr_crawl_frontier_each_change(reader->frontier, tell_change, &reading);
}

/* ---- Hosts ---- */

lariat_status lariat_crawl_reader_hosts(lariat_crawl_reader *reader,
                                        lariat_crawl_host_taker *callback,
                                        void *context) {
  uint64_t count = lr_crawl_frontier_host_count(reader->frontier);
  for (uint64_t id = 1; id <= count; id++) {
    lr_crawl_host_facts facts;
    const char *origin = lr_crawl_frontier_origin(reader->frontier, id);
    if (!origin || !lr_crawl_frontier_host(reader->frontier, id, &facts))
      continue;
    lariat_crawl_host host = {
        .size = sizeof host,
        .origin = origin,
        .ip = text_of(facts.ip),
        .queued = lr_crawl_frontier_host_queued(reader->frontier, id),
        .robots_status = facts.robots_status,
        .robots_at_s = facts.robots_at_s,
        .delay_ms = facts.delay_ms,
        .note = text_of(facts.note)};
    if (!callback(&host, context)) break;
  }
  return LARIAT_OK;
}

/* ---- Why ---- */

static lariat_status explain(const lr_crawl_explained *about, const char *text,
                             char **out) {
  lariat_url *url = NULL;
  lr_crawl_bytes json = {0};
  lariat_status status = lr_crawl_explained_url(text, &url);
  if (status != LARIAT_OK) return status;
  lr_crawl_explain(about, url, &json);
  lr_crawl_bytes_add_text(&json, "}");
  lariat_url_free(url);
  *out = lr_crawl_bytes_take(&json, NULL);
  return *out ? LARIAT_OK : LARIAT_ENOMEM;
}

static lariat_status make_settings(lariat_crawl_reader *reader,
                                   const lariat_crawl_options *options,
                                   lr_crawl_settings **out,
                                   lr_crawl_fault *fault) {
  lariat_crawl_options defaults = lariat_crawl_defaults();
  lr_crawl_config *config = NULL;
  defaults.directory = ".";
  lariat_status status = lr_crawl_config_join(
      options ? options : &defaults, lr_crawl_frontier_config(reader->frontier),
      !options, &config);
  if (status == LARIAT_OK)
    status = lr_crawl_settings_new(lr_crawl_config_options(config), out, fault);
  lr_crawl_config_free(config);
  return status;
}

lariat_status lariat_crawl_reader_why(lariat_crawl_reader *reader,
                                      const lariat_crawl_options *options,
                                      const char *url, char **out,
                                      lariat_crawl_error *error) {
  lr_crawl_settings *settings = NULL;
  lr_crawl_scope *scope = NULL;
  lr_crawl_fault fault = {0};
  *out = NULL;
  lariat_status status = make_settings(reader, options, &settings, &fault);
  if (status == LARIAT_OK)
    status = lr_crawl_settings_make_scope(settings, NULL, 0, &scope, &fault);
  if (status == LARIAT_OK)
    status = explain(&(lr_crawl_explained){.settings = settings,
                                           .scope = scope,
                                           .frontier = reader->frontier,
                                           .hash = lr_crawl_frontier_hash_key(
                                               reader->frontier)},
                     url, out);
  if (error)
    snprintf(error->message, sizeof error->message, "%s",
             *fault.message ? fault.message : lariat_status_text(status));
  lr_crawl_scope_free(scope);
  lr_crawl_settings_free(settings);
  return status;
}
