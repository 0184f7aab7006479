/* SPDX-License-Identifier: MIT
 * shared_batch.c: a batch as columns.  What is found is sorted by its key and
 * has each URL once, so that all workers insert in the same order, and the
 * server looks for each once. */
#include "shared_batch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memory.h"

enum {
  MOST_S = 10 * 365 * 86400, /* to wait */
  MOST_DEPTH = (1 << 30) - 1,
  DEPTH_BITS = 30,
  NUMBER_BITS = 8 /* of priority, hops off site, redirects */
};

/* Types of the arrays; 0: a value is an integer. */
static const unsigned char types[LR_CRAWL_BATCH_VALUES] = {
    [LR_CRAWL_BATCH_KINDS] = LR_CRAWL_POSTGRES_BIGINT,
    [LR_CRAWL_BATCH_FENCE + 2] = LR_CRAWL_POSTGRES_BIGINT,
    LR_CRAWL_POSTGRES_BIGINT,
    [LR_CRAWL_BATCH_DONE + 1] = LR_CRAWL_POSTGRES_BIGINT,
    LR_CRAWL_POSTGRES_INT,
    LR_CRAWL_POSTGRES_BIGINT,
    [LR_CRAWL_BATCH_LATER] = LR_CRAWL_POSTGRES_BIGINT,
    LR_CRAWL_POSTGRES_INT,
    LR_CRAWL_POSTGRES_BIGINT,
    LR_CRAWL_POSTGRES_BIGINT,
    [LR_CRAWL_BATCH_OUTCOMES + 1] = LR_CRAWL_POSTGRES_BIGINT, /* queue */
    LR_CRAWL_POSTGRES_BIGINT,                                 /* URL */
    LR_CRAWL_POSTGRES_INT,                                    /* kind */
    LR_CRAWL_POSTGRES_INT,                                    /* status */
    LR_CRAWL_POSTGRES_BIGINT,                                 /* at */
    LR_CRAWL_POSTGRES_BIGINT,                                 /* took */
    LR_CRAWL_POSTGRES_BIGINT,                                 /* bytes */
    LR_CRAWL_POSTGRES_BYTEA,                                  /* digest */
    LR_CRAWL_POSTGRES_INT,                                    /* file */
    LR_CRAWL_POSTGRES_BIGINT,                                 /* offset */
    LR_CRAWL_POSTGRES_BIGINT,                                 /* length */
    LR_CRAWL_POSTGRES_BIGINT,                                 /* response */
    LR_CRAWL_POSTGRES_BIGINT,                                 /* its length */
    LR_CRAWL_POSTGRES_BIGINT,                                 /* next */
    LR_CRAWL_POSTGRES_TEXT,                                   /* type */
    LR_CRAWL_POSTGRES_TEXT,                                   /* note */
    LR_CRAWL_POSTGRES_TEXT,                                   /* etag */
    LR_CRAWL_POSTGRES_TEXT, /* last modified */
    [LR_CRAWL_BATCH_SITES] = LR_CRAWL_POSTGRES_BIGINT,
    LR_CRAWL_POSTGRES_TEXT,
    [LR_CRAWL_BATCH_FOUND + 1] = LR_CRAWL_POSTGRES_BIGINT, /* queue */
    LR_CRAWL_POSTGRES_BIGINT,                              /* id */
    LR_CRAWL_POSTGRES_BIGINT,                              /* via */
    LR_CRAWL_POSTGRES_BIGINT,                              /* numbers */
    LR_CRAWL_POSTGRES_TEXT,                                /* URL */
    [LR_CRAWL_BATCH_FACTS] = LR_CRAWL_POSTGRES_BIGINT,     /* queue */
    LR_CRAWL_POSTGRES_TEXT,                                /* origin */
    LR_CRAWL_POSTGRES_TEXT,                                /* address */
    LR_CRAWL_POSTGRES_BIGINT,                              /* delay */
    LR_CRAWL_POSTGRES_TEXT,                                /* note */
    LR_CRAWL_POSTGRES_BIGINT,                              /* robots: at */
    LR_CRAWL_POSTGRES_BIGINT,                              /* expires */
    LR_CRAWL_POSTGRES_INT,                                 /* status */
    LR_CRAWL_POSTGRES_BYTEA,                               /* text */
    [LR_CRAWL_BATCH_FILES + 1] = LR_CRAWL_POSTGRES_TEXT,
    LR_CRAWL_POSTGRES_BIGINT,
    LR_CRAWL_POSTGRES_BIGINT,
    LR_CRAWL_POSTGRES_BOOL,
    [LR_CRAWL_BATCH_RELEASE] = LR_CRAWL_POSTGRES_BIGINT,
    LR_CRAWL_POSTGRES_BIGINT,
    [LR_CRAWL_BATCH_LOOK] = LR_CRAWL_POSTGRES_BIGINT};

/* ---- Values ---- */

static void begin_values(lr_crawl_batch_writer *writer) {
  for (int i = 0; i < LR_CRAWL_BATCH_VALUES; i++)
    if (types[i])
      lr_crawl_postgres_array_begin(&writer->arrays[i],
                                    (lr_crawl_postgres_type)types[i]);
}

static bool end_values(lr_crawl_batch_writer *writer) {
  for (int i = 0; i < LR_CRAWL_BATCH_VALUES; i++)
    if (types[i] &&
        !lr_crawl_postgres_array_end(&writer->arrays[i], &writer->values[i]))
      return false;
  return true;
}

static void set(lr_crawl_batch_writer *writer, int value, uint64_t number) {
  writer->values[value] =
      lr_crawl_postgres_bigint(&writer->integers[value], (int64_t)number);
}

static void add(lr_crawl_batch_writer *writer, int value, uint64_t number) {
  lr_crawl_postgres_array_add(&writer->arrays[value], (int64_t)number);
}

static void add_text(lr_crawl_batch_writer *writer, int value,
                     const char *text) {
  lr_crawl_postgres_array_add_text(&writer->arrays[value], text);
}

static size_t count_of(const lr_crawl_batch_writer *writer, int value) {
  return writer->arrays[value].count;
}

void lr_crawl_batch_free(lr_crawl_batch_writer *writer) {
  for (int i = 0; i < LR_CRAWL_BATCH_VALUES; i++)
    lr_crawl_postgres_array_free(&writer->arrays[i]);
}

static bool has_queue(const lr_crawl_shared_batch *batch, uint64_t queue) {
  for (size_t i = 0; i < batch->queue_count; i++)
    if (batch->queues[i] == queue) return true;
  return false;
}

static lariat_status refuse(lr_crawl_fault *fault, const char *what) {
  return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0,
                            "a batch has %s that is not this worker's", what);
}

/* ---- Outcomes ---- */

/* Says what becomes of the row of what is to be done. */
static void write_end(lr_crawl_batch_writer *writer,
                      const lr_crawl_outcome *outcome,
                      const lr_crawl_held_url *url, int64_t now_s) {
  bool later = outcome->kind == LR_CRAWL_LATER;
  int first = later ? LR_CRAWL_BATCH_LATER : LR_CRAWL_BATCH_DONE + 1;
  int64_t left_s = outcome->next_s > now_s ? outcome->next_s - now_s : 0;
  add(writer, first, url->queue);
  add(writer, first + 1, (uint64_t)url->priority);
  add(writer, first + 2, (uint64_t)url->seq);
  if (left_s > MOST_S) left_s = MOST_S;
  if (later) add(writer, first + 3, (uint64_t)left_s * 1000);
  writer->done += !later;
}

static void write_row(lr_crawl_batch_writer *writer,
                      const lr_crawl_shared_outcome *of) {
  const lr_crawl_outcome *outcome = of->outcome;
  const uint64_t numbers[] = {of->queue,
                              outcome->url,
                              (uint64_t)outcome->kind,
                              (uint64_t)outcome->status,
                              (uint64_t)outcome->at_ns,
                              outcome->took_ms,
                              outcome->bytes,
                              0, /* the digest's place */
                              of->warc,
                              of->offset,
                              of->length,
                              outcome->response_offset,
                              outcome->response_length,
                              (uint64_t)outcome->next_s};
  int at = LR_CRAWL_BATCH_OUTCOMES + 1;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++, at++)
    if (types[at] == LR_CRAWL_POSTGRES_BYTEA)
      lr_crawl_postgres_array_add_bytes(
          &writer->arrays[at], outcome->has_digest ? outcome->digest : NULL,
          sizeof outcome->digest);
    else
      add(writer, at, numbers[i]);
  add_text(writer, at, outcome->type);
  add_text(writer, at + 1, outcome->note);
  lr_crawl_postgres_array_add_exact(&writer->arrays[at + 2], outcome->etag);
  lr_crawl_postgres_array_add_exact(&writer->arrays[at + 3],
                                    outcome->last_modified);
}

static lariat_status write_outcomes(lr_crawl_batch_writer *writer,
                                    lr_crawl_fault *fault) {
  const lr_crawl_shared_batch *batch = writer->batch;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  for (size_t i = 0; i < batch->outcome_count; i++) {
    const lr_crawl_outcome *outcome = batch->outcomes[i].outcome;
    const lr_crawl_held_url *url =
        lr_crawl_held_find(writer->held, outcome->url);
    if (!outcome->url) continue;
    if (!url || !has_queue(batch, url->queue))
      return refuse(fault, "an outcome of a URL");
    write_end(writer, outcome, url, now.tv_sec);
    write_row(writer, &batch->outcomes[i]);
    writer->bytes += outcome->bytes;
    writer->kinds[outcome->kind % LR_CRAWL_OUTCOME_KINDS]++;
  }
  return LARIAT_OK;
}

/* ---- What was found ---- */

/* Compares as the server does, which knows no unsigned integers; of one URL the
 * first that was found is the first. */
static int compare_found(const void *one, const void *other) {
  const lr_crawl_shared_found *a = *(const lr_crawl_shared_found *const *)one;
  const lr_crawl_shared_found *b = *(const lr_crawl_shared_found *const *)other;
  if (a->queue != b->queue)
    return (int64_t)a->queue < (int64_t)b->queue ? -1 : 1;
  if (a->id != b->id) return (int64_t)a->id < (int64_t)b->id ? -1 : 1;
  return a < b ? -1 : a > b;
}

static uint64_t pack_numbers(const lr_crawl_shared_found *found) {
  uint64_t depth = found->depth < MOST_DEPTH ? found->depth : MOST_DEPTH;
  uint64_t hop = found->hop ? (uint64_t)found->hop & 0x7f : '-';
  return depth | (uint64_t)found->priority << DEPTH_BITS |
         (uint64_t)found->hops_off_site << (DEPTH_BITS + NUMBER_BITS) |
         (uint64_t)found->redirects << (DEPTH_BITS + 2 * NUMBER_BITS) |
         hop << (DEPTH_BITS + 3 * NUMBER_BITS);
}

static void write_found(lr_crawl_batch_writer *writer,
                        const lr_crawl_shared_found *found) {
  int at = LR_CRAWL_BATCH_FOUND + 1;
  add(writer, at++, found->queue);
  add(writer, at++, found->id);
  add(writer, at++, found->via);
  add(writer, at++, pack_numbers(found));
  add_text(writer, at, found->url);
}

/* Writes a queue that this worker does not have: it may be a new one, or
 * sleep. */
static void write_site(lr_crawl_batch_writer *writer,
                       const lr_crawl_shared_found *found) {
  if (has_queue(writer->batch, found->queue)) return;
  add(writer, LR_CRAWL_BATCH_SITES, found->queue);
  add_text(writer, LR_CRAWL_BATCH_SITES + 1, found->site);
  add(writer, LR_CRAWL_BATCH_LOOK, found->queue);
}

static lariat_status write_all_found(lr_crawl_batch_writer *writer,
                                     lr_crawl_fault *fault) {
  size_t count = writer->batch->found_count;
  const lr_crawl_shared_found **sorted =
      lr_crawl_allocate(count + 1, sizeof *sorted);
  if (!sorted) return lr_crawl_fault_memory(fault);
  for (size_t i = 0; i < count; i++) sorted[i] = &writer->batch->found[i];
  qsort((void *)sorted, count, sizeof *sorted, compare_found);
  for (size_t i = 0; i < count; i++) {
    bool same_queue = i && sorted[i]->queue == sorted[i - 1]->queue;
    if (!same_queue) write_site(writer, sorted[i]);
    if (!same_queue || sorted[i]->id != sorted[i - 1]->id)
      write_found(writer, sorted[i]);
  }
  lariat_memory_release((void *)sorted);
  return LARIAT_OK;
}

/* ---- Facts, files, queues ---- */

static lariat_status write_facts(lr_crawl_batch_writer *writer,
                                 lr_crawl_fault *fault) {
  const lr_crawl_shared_batch *batch = writer->batch;
  for (size_t i = 0; i < batch->host_count; i++) {
    const lr_crawl_shared_host *host = &batch->hosts[i];
    int at = LR_CRAWL_BATCH_FACTS;
    if (!has_queue(batch, batch->host_queues[i]))
      return refuse(fault, "facts of a queue");
    add(writer, at++, batch->host_queues[i]);
    add_text(writer, at++, host->origin);
    add_text(writer, at++, host->ip);
    add(writer, at++, host->delay_ms);
    add_text(writer, at++, host->note);
    add(writer, at++, (uint64_t)host->robots_at_s);
    add(writer, at++, (uint64_t)host->robots_expires_s);
    add(writer, at++, (uint64_t)host->robots_status);
    lr_crawl_postgres_array_add_bytes(&writer->arrays[at], host->robots,
                                      host->robots_length);
  }
  return LARIAT_OK;
}

static void write_files(lr_crawl_batch_writer *writer) {
  const lr_crawl_shared_batch *batch = writer->batch;
  for (size_t i = 0; i < batch->file_count; i++) {
    const lr_crawl_shared_file *file = &batch->files[i];
    int at = LR_CRAWL_BATCH_FILES + 1;
    add_text(writer, at++, file->name);
    add(writer, at++, file->id);
    add(writer, at++, file->length);
    add(writer, at, file->closed);
  }
}

static lariat_status write_releases(lr_crawl_batch_writer *writer,
                                    lr_crawl_fault *fault) {
  const lr_crawl_shared_batch *batch = writer->batch;
  for (size_t i = 0; i < batch->release_count; i++) {
    const lr_crawl_shared_release *release = &batch->releases[i];
    if (!has_queue(batch, release->queue)) return refuse(fault, "a release");
    add(writer, LR_CRAWL_BATCH_RELEASE, release->queue);
    bool far = release->due_ms > (uint64_t)MOST_S * 1000;
    add(writer, LR_CRAWL_BATCH_RELEASE + 1,
        far ? (uint64_t)MOST_S * 1000 : release->due_ms);
    add(writer, LR_CRAWL_BATCH_LOOK, release->queue);
  }
  return LARIAT_OK;
}

static void write_fence(lr_crawl_batch_writer *writer) {
  const lr_crawl_shared_batch *batch = writer->batch;
  for (size_t i = 0; i < batch->queue_count; i++) {
    add(writer, LR_CRAWL_BATCH_FENCE + 2, batch->queues[i]);
    add(writer, LR_CRAWL_BATCH_FENCE + 3, (uint64_t)batch->epochs[i]);
  }
}

static void write_integers(lr_crawl_batch_writer *writer) {
  const uint64_t begin[] = {writer->worker, writer->session,
                            writer->batch->number, writer->done, writer->bytes};
  for (int i = 0; i < LR_CRAWL_BATCH_KINDS; i++)
    set(writer, LR_CRAWL_BATCH_BEGIN + i, begin[i]);
  for (int i = 0; i < LR_CRAWL_OUTCOME_KINDS; i++)
    add(writer, LR_CRAWL_BATCH_KINDS, writer->kinds[i]);
  set(writer, LR_CRAWL_BATCH_FENCE, writer->worker);
  set(writer, LR_CRAWL_BATCH_FENCE + 1, writer->batch->queue_count);
  set(writer, LR_CRAWL_BATCH_DONE, count_of(writer, LR_CRAWL_BATCH_DONE + 1));
  set(writer, LR_CRAWL_BATCH_OUTCOMES, writer->worker);
  set(writer, LR_CRAWL_BATCH_FOUND, writer->worker);
  set(writer, LR_CRAWL_BATCH_FILES, writer->worker);
}

lariat_status lr_crawl_batch_write(lr_crawl_batch_writer *writer,
                                   lr_crawl_fault *fault) {
  begin_values(writer);
  write_fence(writer);
  write_files(writer);
  lariat_status status = write_outcomes(writer, fault);
  if (!status) status = write_all_found(writer, fault);
  if (!status) status = write_facts(writer, fault);
  if (!status) status = write_releases(writer, fault);
  if (status) return status;
  write_integers(writer);
  return end_values(writer) ? LARIAT_OK : lr_crawl_fault_memory(fault);
}
