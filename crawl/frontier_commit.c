/* SPDX-License-Identifier: MIT
 * frontier_commit.c: how outcomes get to the disk.  The files come first, each
 * behind its committed length, and then one transaction that has the rows and
 * the new lengths: a process that dies in between leaves bytes that the next
 * one cuts off.  A commit is done in parts, one for each WARC file. */
#include "frontier_private.h"
#include "memory.h"
#include "packed_text.h"

/* A part of a commit: the first outcomes, and where their records are. */
typedef struct part {
  size_t count;
  uint64_t *offsets; /* of each one's records */
  int64_t warc;      /* id of the file; 0: none */
} part;

/* ---- Files ---- */

static bool wants_warc(const lr_crawl_frontier *frontier) {
  const lr_crawl_outcome_list *list = &frontier->outcomes;
  for (size_t i = 0; i < list->count; i++)
    if (lr_crawl_warc_series_takes(&frontier->warc, &list->outcomes[i]))
      return true;
  return false;
}

/* Plans an outcome's line, and its edges. */
static lariat_status plan_lines(lr_crawl_frontier *frontier,
                                const lr_crawl_outcome *outcome) {
  lariat_status status =
      lr_crawl_output_add_text(&frontier->jsonl, outcome->line, "\n");
  return status
             ? status
             : lr_crawl_output_add_text(&frontier->links, outcome->edges, "");
}

/* Plans outcomes up to the one that fills the WARC file. */
static lariat_status plan_outcomes(lr_crawl_frontier *frontier, part *of) {
  lr_crawl_output *warc = &frontier->warc.output;
  const lr_crawl_outcome_list *list = &frontier->outcomes;
  lariat_status status = LARIAT_OK;
  while (!status && of->count < list->count) {
    const lr_crawl_outcome *outcome = &list->outcomes[of->count];
    of->offsets[of->count] = warc->planned;
    if (lr_crawl_warc_series_takes(&frontier->warc, outcome))
      status =
          lr_crawl_output_add(warc, outcome->records, outcome->records_length);
    if (!status) status = plan_lines(frontier, outcome);
    if (!status) of->count++;
    if (of->warc && lr_crawl_warc_series_is_full(&frontier->warc)) break;
  }
  return status;
}

static lariat_status write_files(lr_crawl_frontier *frontier, part *of,
                                 lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  bool durable = frontier->durable;
  if (wants_warc(frontier)) {
    status =
        lr_crawl_warc_series_prepare(&frontier->warc, &frontier->store, fault);
    of->warc = frontier->warc.id;
  }
  if (status) return status;
  if (plan_outcomes(frontier, of)) return lr_crawl_fault_memory(fault);
  if (of->warc)
    status = lr_crawl_output_write(&frontier->warc.output, durable, fault);
  if (!status) status = lr_crawl_output_write(&frontier->jsonl, durable, fault);
  if (!status) status = lr_crawl_output_write(&frontier->links, durable, fault);
  return status;
}

/* ---- Rows ---- */

static lariat_status add_hosts(lr_crawl_frontier *frontier,
                               lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  char *prefix;
  for (size_t id = frontier->committed_hosts + 1;
       !status && id <= frontier->hosts.count; id++) {
    const lr_crawl_host *host = lr_crawl_hosts_at(&frontier->hosts, id);
    prefix = lr_crawl_copy_bytes(host->origin, host->prefix);
    status =
        prefix ? lr_crawl_store_run(&frontier->store, fault, LR_CRAWL_ADD_HOST,
                                    "itt", (int64_t)id, host->origin, prefix)
               : lr_crawl_fault_memory(fault);
    lariat_memory_release(prefix);
  }
  return status;
}

/* Binds all but the row's number: SQLite appends faster where it may choose
 * that, and what it chooses is the next one. */
static int bind_url(sqlite3_stmt *row, const lr_crawl_url_record *url) {
  int failed = sqlite3_bind_int64(row, 2, url->host);
  failed |= url->via ? sqlite3_bind_int64(row, 3, (int64_t)url->via)
                     : sqlite3_bind_null(row, 3);
  failed |= url->is_own ? sqlite3_bind_null(row, 4)
                        : sqlite3_bind_int64(row, 4, (int64_t)url->fingerprint);
  failed |= sqlite3_bind_int64(row, 5, url->depth);
  failed |= sqlite3_bind_int64(row, 6, url->priority);
  failed |= sqlite3_bind_text(row, 7, &url->hop, 1, SQLITE_STATIC);
  failed |= sqlite3_bind_int64(row, 8, url->hops_off_site);
  return failed |
         sqlite3_bind_text(row, 9, url->path, (int)url->length, SQLITE_STATIC);
}

/* Makes sure that the last row has this number. */
static lariat_status check_row(lr_crawl_store *store, uint64_t id,
                               lr_crawl_fault *fault) {
  return sqlite3_last_insert_rowid(store->database) == (int64_t)id
             ? LARIAT_OK
             : lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                                  "the rows of the crawl's database are not "
                                  "in order");
}

static lariat_status add_urls(lr_crawl_frontier *frontier,
                              lr_crawl_fault *fault) {
  lr_crawl_store *store = &frontier->store;
  sqlite3_stmt *row = lr_crawl_store_get(store, LR_CRAWL_ADD_URL);
  if (!row) return lr_crawl_store_check(store, SQLITE_ERROR, fault);
  for (uint32_t id = frontier->next_uncommitted; id < frontier->texts.next;
       id++) {
    lr_crawl_url_record url;
    if (!lr_crawl_texts_find(&frontier->texts, id, &url)) continue;
    int code = bind_url(row, &url) ? SQLITE_NOMEM : sqlite3_step(row);
    sqlite3_reset(row);
    lariat_status status = lr_crawl_store_check(store, code, fault);
    if (!status) status = check_row(store, id, fault);
    if (status) return status;
  }
  return LARIAT_OK;
}

/* Adds an outcome as row `seq`. */
static lariat_status add_outcome(lr_crawl_frontier *frontier,
                                 const lr_crawl_outcome *outcome, int64_t seq,
                                 const part *of, uint64_t offset,
                                 lr_crawl_fault *fault) {
  bool archived = lr_crawl_warc_series_takes(&frontier->warc, outcome);
  const void *digest = outcome->has_digest ? outcome->digest : NULL;
  uint32_t type = lr_crawl_types_add(&frontier->types, outcome->type);
  lariat_status status = lr_crawl_store_run(
      &frontier->store, fault, LR_CRAWL_ADD_OUTCOME, "niinnnnbnnnnnnnttd",
      (int64_t)0, (int64_t)outcome->url, (int64_t)outcome->kind,
      (int64_t)outcome->status, outcome->at_ns, (int64_t)outcome->took_ms,
      (int64_t)outcome->bytes, digest, sizeof outcome->digest,
      archived ? of->warc : 0, archived ? (int64_t)offset : 0,
      archived ? (int64_t)outcome->records_length : 0,
      archived ? (int64_t)outcome->response_offset : 0,
      archived ? (int64_t)outcome->response_length : 0,
      outcome->kind == LR_CRAWL_LATER ? outcome->next_s : 0, (int64_t)type,
      outcome->note, outcome->etag, outcome->last_modified);
  if (!status) status = check_row(&frontier->store, (uint64_t)seq, fault);
  return status;
}

static lariat_status add_outcomes(lr_crawl_frontier *frontier, const part *of,
                                  uint64_t *next_seq, lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; !status && i < of->count; i++) {
    const lr_crawl_outcome *outcome = &frontier->outcomes.outcomes[i];
    if (outcome->url)
      status = add_outcome(frontier, outcome, (int64_t)(*next_seq)++, of,
                           of->offsets[i], fault);
  }
  return status;
}

static lariat_status add_types(lr_crawl_frontier *frontier,
                               lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  for (size_t i = frontier->types.committed;
       !status && i < frontier->types.count; i++)
    status = lr_crawl_store_run(&frontier->store, fault, LR_CRAWL_ADD_TYPE,
                                "it", (int64_t)i + 1, frontier->types.names[i]);
  return status;
}

static lariat_status set_robots(lr_crawl_frontier *frontier,
                                const lr_crawl_host_facts *of,
                                lr_crawl_fault *fault) {
  lr_crawl_packed_text text =
      lr_crawl_text_pack(of->robots, of->robots ? of->robots_length : 0);
  lariat_status status = lr_crawl_store_run(
      &frontier->store, fault, LR_CRAWL_SET_ROBOTS, "iinibi", (int64_t)of->host,
      of->robots_at_s, of->robots_expires_s, (int64_t)of->robots_status,
      text.bytes, text.size, (int64_t)of->robots_length);
  lr_crawl_packed_text_clear(&text);
  return status;
}

static lariat_status set_facts(lr_crawl_frontier *frontier,
                               lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; !status && i < frontier->facts.count; i++) {
    const lr_crawl_host_facts *of = &frontier->facts.facts[i];
    status = lr_crawl_store_run(&frontier->store, fault, LR_CRAWL_SET_FACTS,
                                "itnt", (int64_t)of->host, of->ip,
                                (int64_t)of->delay_ms, of->note);
    if (!status && of->robots_at_s) status = set_robots(frontier, of, fault);
  }
  return status;
}

static lariat_status set_counters(lr_crawl_frontier *frontier,
                                  lr_crawl_fault *fault) {
  const lr_crawl_counter_list *list = &frontier->counters;
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; list->changed && !status && i < list->count; i++)
    if (list->counters[i].changed)
      status = lr_crawl_store_run(&frontier->store, fault, LR_CRAWL_SET_COUNTER,
                                  "ti", list->counters[i].name,
                                  list->counters[i].value);
  return status;
}

static lariat_status add_notes(lr_crawl_frontier *frontier,
                               lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; !status && i < frontier->notes.count; i++)
    status = lr_crawl_store_run(&frontier->store, fault, LR_CRAWL_ADD_LOG, "it",
                                frontier->notes.notes[i].at_s,
                                frontier->notes.notes[i].text);
  return status;
}

static lariat_status set_sink(lr_crawl_store *store,
                              const lr_crawl_output *output,
                              lr_crawl_fault *fault) {
  if (!output->path || output->stream || output->planned == output->length)
    return LARIAT_OK;
  return lr_crawl_store_run(store, fault, LR_CRAWL_SET_SINK, "ti", output->path,
                            (int64_t)output->planned);
}

/* Writes the rows of everything but outcomes. */
static lariat_status write_facts(lr_crawl_frontier *frontier,
                                 lr_crawl_fault *fault) {
  lariat_status status = add_hosts(frontier, fault);
  if (!status) status = add_urls(frontier, fault);
  if (!status) status = set_facts(frontier, fault);
  if (!status) status = set_counters(frontier, fault);
  if (!status) status = add_notes(frontier, fault);
  return status;
}

static lariat_status write_rows(lr_crawl_frontier *frontier, const part *of,
                                uint64_t *next_seq, lr_crawl_fault *fault) {
  lr_crawl_store *store = &frontier->store;
  lariat_status status = lr_crawl_store_begin(store, fault);
  if (!status) status = write_facts(frontier, fault);
  if (!status) status = add_outcomes(frontier, of, next_seq, fault);
  if (!status) status = add_types(frontier, fault);
  if (!status && of->warc)
    status = lr_crawl_warc_series_log(&frontier->warc, store, fault);
  if (!status) status = set_sink(store, &frontier->jsonl, fault);
  if (!status) status = set_sink(store, &frontier->links, fault);
  if (!status) status = lr_crawl_store_commit(store, fault);
  if (status) lr_crawl_store_rollback(store);
  return status;
}

/* ---- After the transaction ---- */

static void release_outcome(const lr_crawl_outcome *outcome) {
  char *const owned[] = {
      outcome->note,    outcome->etag, outcome->last_modified, outcome->type,
      outcome->records, outcome->line, outcome->edges};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
    lariat_memory_release(owned[i]);
}

void lr_crawl_outcomes_drop(lr_crawl_outcome_list *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const lr_crawl_outcome *outcome = &list->outcomes[i];
    list->bytes -= outcome->records_length;
    if (outcome->line) list->bytes -= strlen(outcome->line) + 1;
    if (outcome->edges) list->bytes -= strlen(outcome->edges);
    release_outcome(outcome);
  }
  list->count -= count;
  if (list->count)
    memmove(list->outcomes, list->outcomes + count,
            list->count * sizeof *list->outcomes);
}

/* Forgets what is in the log now. */
static void keep_part(lr_crawl_frontier *frontier, const part *of,
                      uint64_t next_seq) {
  lr_crawl_warc_series_keep(&frontier->warc, &frontier->store);
  lr_crawl_output_keep(&frontier->jsonl);
  lr_crawl_output_keep(&frontier->links);
  lr_crawl_outcomes_drop(&frontier->outcomes, of->count);
  lr_crawl_facts_drop(&frontier->facts);
  lr_crawl_counters_keep(&frontier->counters);
  lr_crawl_notes_drop(&frontier->notes);
  frontier->next_outcome = next_seq;
  frontier->types.committed = frontier->types.count;
  frontier->committed_hosts = frontier->hosts.count;
  frontier->next_uncommitted = frontier->texts.next;
  lr_crawl_texts_trim(&frontier->texts, frontier->next_uncommitted,
                      LR_CRAWL_TEXT_MEMORY);
}

static void drop_plans(lr_crawl_frontier *frontier) {
  lr_crawl_warc_series_drop(&frontier->warc);
  lr_crawl_output_drop(&frontier->jsonl);
  lr_crawl_output_drop(&frontier->links);
}

/* ---- The commit ---- */

static lariat_status commit_part(lr_crawl_frontier *frontier,
                                 lr_crawl_fault *fault) {
  part of = {.offsets =
                 lr_crawl_allocate(frontier->outcomes.count, sizeof(uint64_t))};
  uint64_t next_seq = frontier->next_outcome;
  lr_crawl_frontier_keep_counts(frontier);
  lariat_status status = of.offsets ? write_files(frontier, &of, fault)
                                    : lr_crawl_fault_memory(fault);
  if (!status) status = write_rows(frontier, &of, &next_seq, fault);
  if (status)
    drop_plans(frontier);
  else
    keep_part(frontier, &of, next_seq);
  lariat_memory_release(of.offsets);
  return status;
}

bool lr_crawl_frontier_has_uncommitted(const lr_crawl_frontier *frontier) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_has_uncommitted(frontier->shared);
  return frontier->outcomes.count || frontier->facts.count ||
         frontier->counters.changed || frontier->notes.count ||
         frontier->next_uncommitted != frontier->texts.next ||
         frontier->committed_hosts != frontier->hosts.count;
}

size_t lr_crawl_frontier_uncommitted_bytes(const lr_crawl_frontier *frontier) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_uncommitted_bytes(frontier->shared);
  return frontier->outcomes.bytes;
}

/* Tells of a take that has failed, once. */
static lariat_status tell_failure(lr_crawl_frontier *frontier,
                                  lr_crawl_fault *fault) {
  if (!frontier->failure.message[0]) return LARIAT_OK;
  if (fault) *fault = frontier->failure;
  frontier->failure = (lr_crawl_fault){0};
  return LARIAT_ESYSTEM;
}

lariat_status lr_crawl_frontier_commit(lr_crawl_frontier *frontier,
                                       lr_crawl_fault *fault) {
  if (frontier->shared) {
    lr_crawl_shared_frontier_commit(frontier->shared);
    return LARIAT_OK;
  }
  lariat_status status = tell_failure(frontier, fault);
  while (!status && lr_crawl_frontier_has_uncommitted(frontier))
    status = commit_part(frontier, fault);
  return status;
}
