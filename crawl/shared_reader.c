/* SPDX-License-Identifier: MIT
 * shared_reader.c: questions and orders to the database of a shared crawl, from
 * outside, and the repair of a worker's files. */
#include <lariat/crawl/shared.h>

#include <stdio.h>
#include <string.h>

#include "crawl_private.h"
#include "explanation.h"
#include "memory.h"
#include "shared_frontier_private.h"
#include "shared_known.h"
#include "shared_session.h"
#include "worker_file.h"

/* ---- Sessions ---- */

typedef lariat_status store_call(lr_crawl_shared_store *store, void *context,
                                 lr_crawl_fault *fault);

typedef struct session {
  const char *connection, *name;
  store_call *call;
  void *context;
} session;

static lariat_status ask(void *context, lariat_reactor *reactor,
                         lr_crawl_fault *fault) {
  const session *of = context;
  lr_crawl_shared_store *store = NULL;
  lariat_status status = lr_crawl_shared_open(
      &(lr_crawl_shared_options){.reactor = reactor,
                                 .connection = of->connection,
                                 .name = of->name,
                                 .read_only = true},
      &store, fault);
  if (!status) status = of->call(store, of->context, fault);
  lr_crawl_shared_close(store);
  return status;
}

static lariat_status tell(lariat_status status, const lr_crawl_fault *fault,
                          lariat_crawl_error *error) {
  if (error)
    snprintf(error->message, sizeof error->message, "%s",
             status == LARIAT_OK ? ""
             : *fault->message   ? fault->message
                                 : lariat_status_text(status));
  return status;
}

static lariat_status run(const session *of, lariat_crawl_error *error) {
  lr_crawl_fault fault = {0};
  session copy = *of;
  return tell(lr_crawl_session_run(ask, &copy, &fault), &fault, error);
}

/* ---- Sums ---- */

static lariat_status count(lr_crawl_shared_store *store, void *context,
                           lr_crawl_fault *fault) {
  return lr_crawl_shared_count(store, true, context, fault);
}

lariat_status lariat_crawl_shared_read_stats(const char *connection,
                                             const char *name,
                                             lariat_crawl_shared_stats *stats,
                                             lariat_crawl_error *error) {
  lr_crawl_shared_counts counts = {0};
  if (!stats || stats->size < sizeof stats->size) return LARIAT_EINVAL;
  lariat_status status =
      run(&(session){connection, name, count, &counts}, error);
  if (status != LARIAT_OK) return status;
  const uint64_t *kinds = counts.by_kind;
  lariat_crawl_shared_stats all = {.size = stats->size,
                                   .pages = kinds[LR_CRAWL_FETCHED] +
                                            kinds[LR_CRAWL_REVISIT],
                                   .bytes = counts.bytes,
                                   .known = counts.known,
                                   .queued = counts.queued,
                                   .fetched = kinds[LR_CRAWL_FETCHED],
                                   .revisits = kinds[LR_CRAWL_REVISIT],
                                   .redirects = kinds[LR_CRAWL_REDIRECT],
                                   .failed = kinds[LR_CRAWL_FAILED],
                                   .robots_denied = kinds[LR_CRAWL_ROBOTS],
                                   .out_of_scope = kinds[LR_CRAWL_SCOPE],
                                   .trapped = kinds[LR_CRAWL_TRAP],
                                   .sites = counts.queues,
                                   .sites_due = counts.queues_due,
                                   .sites_leased = counts.leased,
                                   .workers = counts.workers,
                                   .paused = counts.paused,
                                   .stopped = counts.stopped,
                                   .is_over = counts.is_over};
  memcpy(stats, &all, all.size < sizeof all ? all.size : sizeof all);
  return status;
}

/* ---- Workers ---- */

typedef struct listing {
  lariat_crawl_worker_callback *callback;
  void *context;
} listing;

static void tell_member(void *context, const lr_crawl_shared_member *member) {
  const listing *of = context;
  of->callback(&(lariat_crawl_worker){.size = sizeof(lariat_crawl_worker),
                                      .number = member->id,
                                      .host = member->host ? member->host : "",
                                      .pages = member->pages,
                                      .sites = member->queues,
                                      .seen_ms = member->seen_ms,
                                      .has_left = member->has_left},
               of->context);
}

static lariat_status list(lr_crawl_shared_store *store, void *context,
                          lr_crawl_fault *fault) {
  return lr_crawl_shared_each_worker(store, tell_member, context, fault);
}

lariat_status
lariat_crawl_shared_workers(const char *connection, const char *name,
                            lariat_crawl_worker_callback *callback,
                            void *context, lariat_crawl_error *error) {
  listing of = {callback, context};
  return run(&(session){connection, name, list, &of}, error);
}

/* ---- Orders ---- */

static lariat_status give_order(lr_crawl_shared_store *store, void *context,
                                lr_crawl_fault *fault) {
  const lariat_crawl_order *order = context;
  return lr_crawl_shared_set_order(store, (lr_crawl_shared_order)*order, fault);
}

lariat_status lariat_crawl_shared_order(const char *connection,
                                        const char *name,
                                        lariat_crawl_order order,
                                        lariat_crawl_error *error) {
  if ((unsigned)order > LARIAT_CRAWL_STOP) return LARIAT_EINVAL;
  return run(&(session){connection, name, give_order, &order}, error);
}

/* ---- Why ---- */

static lariat_status explain(lr_crawl_shared_known *known, char **out,
                             lr_crawl_fault *fault) {
  lr_crawl_scope *scope = NULL;
  lariat_url *url = NULL;
  lr_crawl_bytes json = {0};
  lariat_status status =
      lr_crawl_settings_make_scope(known->settings, NULL, 0, &scope, fault);
  if (!status) status = lr_crawl_explained_url(known->url, &url);
  if (!status) {
    lr_crawl_explain(&(lr_crawl_explained){.settings = known->settings,
                                           .scope = scope,
                                           .frontier = known->frontier,
                                           .hash = known->hash},
                     url, &json);
    lr_crawl_bytes_add(&json, known->place.at, known->place.length);
    lr_crawl_bytes_add_text(&json, "}");
    *out = lr_crawl_bytes_take(&json, NULL);
    if (!*out) status = LARIAT_ENOMEM;
  }
  lariat_url_free(url);
  lr_crawl_scope_free(scope);
  return status;
}

lariat_status lariat_crawl_shared_why(const char *connection, const char *name,
                                      const char *url, char **out,
                                      lariat_crawl_error *error) {
  lr_crawl_fault fault = {0};
  lr_crawl_shared_known known = {
      .connection = connection, .name = name, .url = url};
  *out = NULL;
  lariat_status status = lr_crawl_shared_known_ask(&known, &fault);
  if (!status) status = explain(&known, out, &fault);
  lr_crawl_shared_known_clear(&known);
  lr_crawl_settings_free(known.settings);
  return tell(status, &fault, error);
}

/* ---- Repair ---- */

/* Says in the database that the open file is closed, and closes it. */
static lariat_status close_files(void *context, lariat_reactor *reactor,
                                 lr_crawl_fault *fault) {
  lr_crawl_shared_frontier *frontier = context;
  char host[256];
  lr_crawl_shared_options options =
      lr_crawl_shared_store_options(frontier, reactor, host);
  lariat_status status =
      lr_crawl_shared_open(&options, &frontier->run.store, fault);
  if (!status) status = lr_crawl_shared_commit_all(frontier, true, fault);
  lr_crawl_shared_close(frontier->run.store);
  frontier->run.store = NULL;
  return status;
}

static lariat_status repair(const char *directory, const char *connection,
                            const char *name, lr_crawl_fault *fault) {
  lr_crawl_shared_frontier *frontier = NULL;
  lr_crawl_frontier_options options = {.directory = directory,
                                       .warc_size = UINT64_MAX};
  lariat_status status = lr_crawl_shared_frontier_open(
      &options,
      &(lr_crawl_sharing){
          .connection = connection, .name = name, .most_queues = 1},
      &frontier, fault);
  if (!status) status = lr_crawl_session_run(close_files, frontier, fault);
  lr_crawl_shared_frontier_close(frontier);
  return status;
}

lariat_status lariat_crawl_repair(const char *directory, const char *connection,
                                  lariat_crawl_error *error) {
  lr_crawl_fault fault = {0};
  lr_crawl_worker_file file;
  lariat_status status = lr_crawl_worker_file_read(directory, &file, &fault);
  if (!status && !file.worker)
    status =
        lr_crawl_fault_set(&fault, LARIAT_ENOTFOUND, 0,
                           "%s is no worker's of a shared crawl", directory);
  if (!connection) connection = file.connection;
  if (!status && !connection)
    status = lr_crawl_fault_set(&fault, LARIAT_EINVAL, 0,
                                "%s does not remember the database, which has "
                                "a password: name it",
                                directory);
  if (!status) status = repair(directory, connection, file.name, &fault);
  lr_crawl_worker_file_clear(&file);
  return tell(status, &fault, error);
}
