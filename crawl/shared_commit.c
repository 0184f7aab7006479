/* SPDX-License-Identifier: MIT
 * shared_commit.c: a batch gets to the database in one message: a transaction
 * that begins with the worker's number and the locks of its queues, and another
 * one that looks for queues which sleep and should not. */
#include <string.h>

#include "memory.h"
#include "shared_batch.h"
#include "shared_private.h"

/* The steps in their order; `needs` is an array without which there is nothing
 * to do. */
static const struct {
  lr_crawl_shared_statement statement;
  unsigned char first, count, needs;
} plan[] = {
    {LR_CRAWL_SHARED_BEGIN, LR_CRAWL_BATCH_BEGIN, 6, LR_CRAWL_BATCH_KINDS},
    {LR_CRAWL_SHARED_FENCE, LR_CRAWL_BATCH_FENCE, 4, LR_CRAWL_BATCH_FENCE + 2},
    {LR_CRAWL_SHARED_DONE, LR_CRAWL_BATCH_DONE, 4, LR_CRAWL_BATCH_DONE + 1},
    {LR_CRAWL_SHARED_LATER_URLS, LR_CRAWL_BATCH_LATER, 4, LR_CRAWL_BATCH_LATER},
    {LR_CRAWL_SHARED_OUTCOMES, LR_CRAWL_BATCH_OUTCOMES, 19,
     LR_CRAWL_BATCH_OUTCOMES + 1},
    {LR_CRAWL_SHARED_SITES, LR_CRAWL_BATCH_SITES, 2, LR_CRAWL_BATCH_SITES},
    {LR_CRAWL_SHARED_FOUND, LR_CRAWL_BATCH_FOUND, 6, LR_CRAWL_BATCH_FOUND + 1},
    {LR_CRAWL_SHARED_FACTS, LR_CRAWL_BATCH_FACTS, 9, LR_CRAWL_BATCH_FACTS},
    {LR_CRAWL_SHARED_FILES, LR_CRAWL_BATCH_FILES, 5, LR_CRAWL_BATCH_FILES + 1},
    {LR_CRAWL_SHARED_RELEASE, LR_CRAWL_BATCH_RELEASE, 2,
     LR_CRAWL_BATCH_RELEASE},
    {LR_CRAWL_SHARED_LOOK, LR_CRAWL_BATCH_LOOK, 1, LR_CRAWL_BATCH_LOOK}};

enum { STEPS = sizeof plan / sizeof *plan };

/* ---- Steps ---- */

static size_t make_steps(const lr_crawl_batch_writer *writer,
                         lr_crawl_postgres_step *steps, int *found) {
  size_t count = 0;
  *found = -1;
  for (size_t i = 0; i < STEPS; i++) {
    if (!writer->arrays[plan[i].needs].count) continue;
    if (plan[i].statement == LR_CRAWL_SHARED_FOUND) *found = (int)count;
    if (plan[i].statement == LR_CRAWL_SHARED_LOOK) steps[count - 1].ends = true;
    steps[count++] = (lr_crawl_postgres_step){
        .name = lr_crawl_shared_statements[plan[i].statement].name,
        .values = &writer->values[plan[i].first],
        .count = plan[i].count};
  }
  return count;
}

/* Runs the steps; the first transaction has been committed where its last step
 * has an answer, whatever became of the look. */
static lariat_status run_steps(lr_crawl_shared_store *store,
                               const lr_crawl_batch_writer *writer,
                               lr_crawl_shared_result *result,
                               lr_crawl_fault *fault) {
  int found;
  PGresult *answers[STEPS];
  lr_crawl_postgres_step steps[STEPS];
  size_t count = make_steps(writer, steps, &found);
  lariat_status status =
      lr_crawl_shared_run(store, steps, count, answers, fault);
  if (!status) {
    store->order =
        (lr_crawl_shared_order)lr_crawl_postgres_integer(answers[0], 0, 1);
    if (found >= 0)
      result->added = lr_crawl_postgres_number(answers[found], 0, 0);
    result->committed = true;
  }
  lr_crawl_postgres_clear(answers, count);
  return status;
}

/* ---- What was refused ---- */

static lariat_status add_lost(lr_crawl_shared_result *result, uint64_t queue,
                              size_t most, lr_crawl_fault *fault) {
  if (!result->lost) result->lost = lr_crawl_allocate(most, sizeof(uint64_t));
  if (!result->lost) return lr_crawl_fault_memory(fault);
  result->lost[result->lost_count++] = queue;
  return LARIAT_OK;
}

/* Finds the queues that are another worker's. */
static lariat_status find_lost(lr_crawl_shared_store *store,
                               const lr_crawl_batch_writer *writer,
                               lr_crawl_shared_result *result,
                               lr_crawl_fault *fault) {
  const lr_crawl_postgres_value values[] = {
      writer->values[LR_CRAWL_BATCH_FENCE],
      writer->values[LR_CRAWL_BATCH_FENCE + 2],
      writer->values[LR_CRAWL_BATCH_FENCE + 3]};
  const lr_crawl_postgres_step step = {
      .name = lr_crawl_shared_statements[LR_CRAWL_SHARED_LOST].name,
      .values = values,
      .count = 3};
  PGresult *rows;
  lariat_status status = lr_crawl_shared_run(store, &step, 1, &rows, fault);
  for (int i = 0; !status && i < PQntuples(rows); i++)
    status = add_lost(result, lr_crawl_postgres_number(rows, i, 0),
                      writer->batch->queue_count, fault);
  PQclear(rows);
  return status;
}

/* Finds out why a batch was refused: it was committed before, its number is
 * wrong, or queues were lost. */
static lariat_status explain(lr_crawl_shared_store *store,
                             const lr_crawl_batch_writer *writer,
                             lr_crawl_shared_result *result,
                             lr_crawl_fault *fault) {
  uint64_t last, number = writer->batch->number;
  lariat_status status =
      lr_crawl_shared_ask_worker(store, &last, &result->added, fault);
  if (status) return status;
  result->committed = last == number;
  if (result->committed) return LARIAT_OK;
  result->added = 0;
  if (last + 1 != number)
    return lr_crawl_fault_set(
        fault, LARIAT_EINVAL, 0,
        "batch %llu of the crawl does not follow the last one, %llu",
        (unsigned long long)number, (unsigned long long)last);
  status = find_lost(store, writer, result, fault);
  return status || result->lost_count
             ? status
             : lr_crawl_fault_set(fault, LARIAT_ESYSTEM, 0,
                                  "the crawl's database lacks URLs that this "
                                  "worker was given");
}

/* ---- The commit ---- */

/* Looks for queues that are known to be lost. */
static lariat_status find_known_lost(const lr_crawl_shared_store *store,
                                     const lr_crawl_shared_batch *batch,
                                     lr_crawl_shared_result *result,
                                     lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; !status && i < batch->queue_count; i++) {
    const lr_crawl_held_queue *queue =
        lr_crawl_held_find_queue(&store->held, batch->queues[i]);
    if (!queue || queue->epoch != batch->epochs[i])
      status = add_lost(result, batch->queues[i], batch->queue_count, fault);
  }
  return status;
}

static lariat_status write_and_run(lr_crawl_shared_store *store,
                                   const lr_crawl_shared_batch *batch,
                                   lr_crawl_shared_result *result,
                                   lr_crawl_fault *fault) {
  lr_crawl_batch_writer *writer = lr_crawl_allocate(1, sizeof *writer);
  if (!writer) return lr_crawl_fault_memory(fault);
  writer->batch = batch;
  writer->held = &store->held;
  writer->worker = store->worker;
  writer->session = store->session;
  lariat_status status = lr_crawl_batch_write(writer, fault);
  if (!status) status = run_steps(store, writer, result, fault);
  if (status == LARIAT_ENOTFOUND)
    status = explain(store, writer, result, fault);
  lr_crawl_batch_free(writer);
  lariat_memory_release(writer);
  return status;
}

/* Forgets what is done, given back or lost. */
static void keep_held(lr_crawl_shared_store *store,
                      const lr_crawl_shared_batch *batch,
                      const lr_crawl_shared_result *result) {
  for (size_t i = 0; i < result->lost_count; i++)
    lr_crawl_held_drop_queue(&store->held, result->lost[i]);
  if (!result->committed) return;
  store->last_batch = batch->number;
  for (size_t i = 0; i < batch->outcome_count; i++)
    lr_crawl_held_remove(&store->held, batch->outcomes[i].outcome->url);
  for (size_t i = 0; i < batch->release_count; i++)
    lr_crawl_held_drop_queue(&store->held, batch->releases[i].queue);
}

lariat_status lr_crawl_shared_commit(lr_crawl_shared_store *store,
                                     const lr_crawl_shared_batch *batch,
                                     lr_crawl_shared_result *result,
                                     lr_crawl_fault *fault) {
  *result = (lr_crawl_shared_result){0};
  lariat_status status = lr_crawl_shared_begin(store, fault);
  if (status) return status;
  status = find_known_lost(store, batch, result, fault);
  if (!status && !result->lost_count)
    status = write_and_run(store, batch, result, fault);
  if (!status) keep_held(store, batch, result);
  if (status) {
    lariat_memory_release(result->lost);
    *result = (lr_crawl_shared_result){0};
  }
  return lr_crawl_shared_end(store, status);
}
