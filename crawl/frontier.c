/* SPDX-License-Identifier: MIT
 * frontier.c: a crawl's directory, opened and closed, and what is counted. */
#include <errno.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "directory.h"
#include "disk_file.h"
#include "frontier_private.h"
#include "memory.h"

/* ---- Opening ---- */

static lariat_status open_store(lr_crawl_frontier *frontier,
                                lr_crawl_fault *fault) {
  char *path = lr_crawl_directory_path(frontier->directory, "crawl.db");
  if (!path) return lr_crawl_fault_memory(fault);
  lr_crawl_store_mode mode = frontier->read_only ? LR_CRAWL_STORE_READ
                             : frontier->durable ? LR_CRAWL_STORE_DURABLE
                                                 : LR_CRAWL_STORE_WRITE;
  /* Before SQLite has it: closing a descriptor ends its locks. */
  if (!frontier->read_only) lr_crawl_file_read_ahead(path);
  lariat_status status =
      lr_crawl_store_open(&frontier->store, path, mode, fault);
  lariat_memory_release(path);
  return status;
}

/* Makes the secret of a new crawl. */
static lariat_status make_key(lr_crawl_frontier *frontier,
                              lr_crawl_fault *fault) {
  if (getrandom(&frontier->key, sizeof frontier->key, 0) !=
      (ssize_t)sizeof frontier->key)
    return lr_crawl_fault_set(fault, LARIAT_ESYSTEM, errno,
                              "no random bytes for the crawl's key");
  return lr_crawl_store_run(&frontier->store, fault, LR_CRAWL_SET_SETTING, "tb",
                            "hash_key", &frontier->key, sizeof frontier->key);
}

static lariat_status read_key(lr_crawl_frontier *frontier,
                              lr_crawl_fault *fault) {
  bool row = false;
  lr_crawl_store *store = &frontier->store;
  lariat_status status = lr_crawl_store_ask(
      store, &row, fault, LR_CRAWL_GET_SETTING, "t", "hash_key");
  if (status) return status;
  if (!row && !frontier->read_only) return make_key(frontier, fault);
  sqlite3_stmt *statement = store->statements[LR_CRAWL_GET_SETTING];
  const void *bytes = row ? sqlite3_column_blob(statement, 0) : NULL;
  bool whole =
      bytes && sqlite3_column_bytes(statement, 0) == sizeof frontier->key;
  if (whole) memcpy(&frontier->key, bytes, sizeof frontier->key);
  lr_crawl_store_end(store, LR_CRAWL_GET_SETTING);
  return whole || frontier->read_only
             ? LARIAT_OK
             : lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                                  "the crawl's database has lost its key");
}

lariat_status lr_crawl_frontier_keep_config(lr_crawl_frontier *frontier,
                                            const char *text,
                                            lr_crawl_fault *fault) {
  if (frontier->shared) return LARIAT_OK;
  const char *last = lr_crawl_frontier_config(frontier);
  bool same = last && text && strcmp(last, text) == 0;
  lr_crawl_store_end(&frontier->store, LR_CRAWL_GET_CONFIG);
  if (!text || same) return LARIAT_OK;
  return lr_crawl_store_run(&frontier->store, fault, LR_CRAWL_ADD_CONFIG, "it",
                            (int64_t)time(NULL), text);
}

/* Reads how long a file was at the last commit.  One that is new to the crawl
 * keeps what it has; that is in the log before anything is added, or what a
 * first commit leaves that does not get so far would be taken for it. */
static lariat_status read_length(lr_crawl_store *store, const char *path,
                                 uint64_t *length, lr_crawl_fault *fault) {
  lr_crawl_file_state state = {0};
  bool row = false;
  (void)lr_crawl_file_look(path, &state); /* opening it tells what is wrong */
  lariat_status status =
      lr_crawl_store_ask(store, &row, fault, LR_CRAWL_GET_SINK, "t", path);
  bool stream = strcmp(path, "-") == 0 || (state.exists && !state.is_regular);
  *length = state.length;
  if (status || stream) return status;
  if (row && state.exists)
    *length = (uint64_t)lr_crawl_store_integer(store, LR_CRAWL_GET_SINK, 0);
  lr_crawl_store_end(store, LR_CRAWL_GET_SINK);
  return row && state.exists
             ? LARIAT_OK
             : lr_crawl_store_run(store, fault, LR_CRAWL_SET_SINK, "ti", path,
                                  (int64_t)*length);
}

static lariat_status open_sink(lr_crawl_frontier *frontier,
                               lr_crawl_output *output, const char *path,
                               bool repair, lr_crawl_fault *fault) {
  uint64_t length = 0;
  if (!path) return LARIAT_OK;
  lariat_status status = read_length(&frontier->store, path, &length, fault);
  if (!status) status = lr_crawl_output_open(output, path, length, fault);
  if (status != LARIAT_EFORMAT || !repair) return status;
  length = output->planned;
  lr_crawl_output_close(output);
  status = lr_crawl_store_run(&frontier->store, fault, LR_CRAWL_SET_SINK, "ti",
                              path, (int64_t)length);
  return status ? status : lr_crawl_output_open(output, path, length, fault);
}

/* Opens what is written to, once the database is open. */
static lariat_status open_files(lr_crawl_frontier *frontier,
                                const lr_crawl_frontier_options *options,
                                lr_crawl_fault *fault) {
  lariat_status status = lr_crawl_warc_series_recover(
      &frontier->warc, &frontier->store, options->repair, fault);
  if (!status)
    status = open_sink(frontier, &frontier->jsonl, options->jsonl,
                       options->repair, fault);
  if (!status)
    status = open_sink(frontier, &frontier->links, options->links,
                       options->repair, fault);
  if (!status)
    status = lr_crawl_frontier_keep_config(frontier, options->config, fault);
  return status;
}

static lariat_status open_all(lr_crawl_frontier *frontier,
                              const lr_crawl_frontier_options *options,
                              lr_crawl_fault *fault) {
  frontier->directory = lr_crawl_copy_text(options->directory);
  if (!frontier->directory) return lr_crawl_fault_memory(fault);
  lariat_status status =
      lr_crawl_warc_series_begin(&frontier->warc, options, fault);
  if (!status && !options->read_only)
    status =
        lr_crawl_directory_lock(options->directory, &frontier->lock, fault);
  if (!status) status = open_store(frontier, fault);
  if (!status) status = read_key(frontier, fault);
  lr_crawl_hosts_begin(&frontier->hosts, frontier->key);
  if (!status)
    status = options->read_only ? lr_crawl_warc_series_count(
                                      &frontier->warc, &frontier->store, fault)
                                : open_files(frontier, options, fault);
  if (!status && !options->read_only)
    status = lr_crawl_frontier_read_earlier(frontier, options->since, fault);
  return status ? status : lr_crawl_frontier_load(frontier, fault);
}

lariat_status lr_crawl_frontier_open(const lr_crawl_frontier_options *options,
                                     lr_crawl_frontier **out,
                                     lr_crawl_fault *fault) {
  *out = NULL;
  if (!options->directory || !options->directory[0])
    return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0,
                              "a crawl wants a directory");
  lr_crawl_frontier *frontier = lr_crawl_allocate(1, sizeof *frontier);
  if (!frontier) return lr_crawl_fault_memory(fault);
  frontier->lock = -1;
  frontier->read_only = options->read_only;
  frontier->durable = options->durable_power;
  frontier->again_s = options->again_s;
  lariat_status status = open_all(frontier, options, fault);
  if (status)
    lr_crawl_frontier_close(frontier);
  else
    *out = frontier;
  return status;
}

lariat_status
lr_crawl_frontier_open_shared(const lr_crawl_frontier_options *options,
                              const struct lr_crawl_sharing *sharing,
                              lr_crawl_frontier **out, lr_crawl_fault *fault) {
  *out = NULL;
  lr_crawl_frontier *frontier = lr_crawl_allocate(1, sizeof *frontier);
  if (!frontier) return lr_crawl_fault_memory(fault);
  lariat_status status =
      lr_crawl_shared_frontier_open(options, sharing, &frontier->shared, fault);
  if (status)
    lariat_memory_release(frontier);
  else
    *out = frontier;
  return status;
}

lr_crawl_frontier *
lr_crawl_frontier_of_shared(lr_crawl_shared_frontier *shared) {
  lr_crawl_frontier *frontier = lr_crawl_allocate(1, sizeof *frontier);
  if (frontier) frontier->shared = shared;
  return frontier;
}

lr_crawl_shared_frontier *
lr_crawl_frontier_shared(const lr_crawl_frontier *frontier) {
  return frontier->shared;
}

/* ---- Closing ---- */

static void clear_memory(lr_crawl_frontier *frontier) {
  lr_crawl_outcomes_drop(&frontier->outcomes, frontier->outcomes.count);
  lariat_memory_release(frontier->outcomes.outcomes);
  lr_crawl_seen_clear(&frontier->seen);
  lr_crawl_hosts_clear(&frontier->hosts);
  lr_crawl_queue_memory_clear(&frontier->queues);
  lr_crawl_due_clear(&frontier->later);
  lr_crawl_id_map_clear(&frontier->handed_out);
  lr_crawl_id_map_clear(&frontier->tries);
  lr_crawl_texts_clear(&frontier->texts);
  lr_crawl_facts_clear(&frontier->facts);
  lr_crawl_facts_clear(&frontier->read_facts);
  lr_crawl_types_clear(&frontier->types);
  lr_crawl_counters_clear(&frontier->counters);
  lr_crawl_notes_clear(&frontier->notes);
}

void lr_crawl_frontier_close(lr_crawl_frontier *frontier) {
  if (!frontier) return;
  if (frontier->shared) {
    lr_crawl_shared_frontier_close(frontier->shared);
    lariat_memory_release(frontier);
    return;
  }
  lr_crawl_warc_series_end(&frontier->warc, &frontier->store);
  lr_crawl_output_close(&frontier->jsonl);
  lr_crawl_output_close(&frontier->links);
  lr_crawl_store_close(&frontier->store);
  clear_memory(frontier);
  if (frontier->lock >= 0) close(frontier->lock);
  lariat_memory_release(frontier->directory);
  lariat_memory_release(frontier);
}

lr_crawl_hash_key
lr_crawl_frontier_hash_key(const lr_crawl_frontier *frontier) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_hash_key(frontier->shared);
  return frontier->key;
}
