/* SPDX-License-Identifier: MIT
 * warc_series.c: a file is NAME.open while it grows.  In the log its row has 0
 * then; 1 once it is full; and 2 when it was renamed and told of. */
#include "warc_series.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "directory.h"
#include "disk_file.h"
#include "memory.h"

enum { OPEN = 0, FULL = 1, TOLD = 2 };

/* ---- Names ---- */

static bool is_name_part(const char *text) {
  size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789._-");
  return length && !text[length] && length <= 100 && text[0] != '.';
}

/* Writes the machine's name, with what is no part of a file's name changed. */
static void read_machine(char name[64]) {
  if (gethostname(name, 64)) name[0] = 0;
  name[63] = 0;
  if (!name[0]) snprintf(name, 64, "localhost");
  for (char *at = name; *at; at++)
    if (!is_name_part((const char[]){*at, 0})) *at = '-';
}

/* Returns PREFIX-20261129203000123-00017-HOST.warc.gz, of a shared crawl
 * PREFIX-20261129203000123-00017-w2-HOST.warc.gz; ".warc" where records are not
 * compressed. */
static char *make_name(const lr_crawl_warc_series *series, uint32_t id) {
  struct timespec now;
  struct tm utc;
  char machine[64], date[24], *name = lariat_memory_allocate(256);
  char worker[16] = "";
  if (!name) return NULL;
  if (series->worker)
    snprintf(worker, sizeof worker, "w%u-", (unsigned)series->worker);
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &utc);
  strftime(date, sizeof date, "%Y%m%d%H%M%S", &utc);
  read_machine(machine);
  snprintf(name, 256, "%s-%s%03ld-%05u-%s%s%s", series->prefix, date,
           now.tv_nsec / 1000000, (unsigned)id, worker, machine,
           series->suffix);
  return name;
}

/* Returns the path of a file; while it is open, it has that at its end. */
static char *make_path(const lr_crawl_warc_series *series, const char *name,
                       bool open) {
  char full[300];
  snprintf(full, sizeof full, "%s%s", name, open ? ".open" : "");
  return lr_crawl_directory_path(series->directory, full);
}

lariat_status
lr_crawl_warc_series_begin(lr_crawl_warc_series *series,
                           const lr_crawl_frontier_options *options,
                           lr_crawl_fault *fault) {
  const char *prefix = options->warc_prefix ? options->warc_prefix : "lariat";
  *series = (lr_crawl_warc_series){
      .most = options->warc_size,
      .suffix = options->warc_uncompressed ? ".warc" : ".warc.gz",
      .make_warcinfo = options->make_warcinfo,
      .on_closed = options->on_warc_closed,
      .context = options->context};
  if (!is_name_part(prefix))
    return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0,
                              "the WARC prefix \"%s\" is not made of letters, "
                              "digits, \".\", \"_\" and \"-\"",
                              prefix);
  series->directory = lr_crawl_directory_path(options->directory, "warc");
  series->prefix = lr_crawl_copy_text(prefix);
  return series->directory && series->prefix ? LARIAT_OK
                                             : lr_crawl_fault_memory(fault);
}

/* ---- The end of a file ---- */

/* Renames a full file, where that was not done; tells; and says so in the log,
 * without which it is told again when the crawl goes on. */
static lariat_status settle(lr_crawl_warc_series *series, lr_crawl_store *store,
                            uint32_t id, const char *name, uint64_t length,
                            lr_crawl_fault *fault) {
  char *from = make_path(series, name, true);
  char *to = make_path(series, name, false);
  lr_crawl_file_state state = {0};
  lariat_status status = from && to ? LARIAT_OK : lr_crawl_fault_memory(fault);
  int error = status ? 0 : lr_crawl_file_look(from, &state);
  if (!error && state.exists) error = lr_crawl_file_rename(from, to);
  if (error)
    status = lr_crawl_fault_set(fault, LARIAT_ESYSTEM, error,
                                "cannot rename %s", from);
  if (!status && series->on_closed) series->on_closed(series->context, to);
  if (!status && store)
    status = lr_crawl_store_run(store, fault, LR_CRAWL_SET_WARC, "iii",
                                (int64_t)id, (int64_t)length, (int64_t)TOLD);
  lariat_memory_release(from);
  lariat_memory_release(to);
  return status;
}

static void close_file(lr_crawl_warc_series *series) {
  lr_crawl_output_close(&series->output);
  lariat_memory_release(series->name);
  lariat_memory_release(series->info);
  series->name = series->info = NULL;
  series->id = 0;
}

static void settle_current(lr_crawl_warc_series *series,
                           lr_crawl_store *store) {
  if (settle(series, store, series->id, series->name, series->output.length,
             NULL))
    series->unsettled = true;
  close_file(series);
}

/* ---- Recovery ---- */

/* A row of the log. */
typedef struct row {
  uint32_t id;
  char name[280];
  uint64_t length;
  int closed;
} row;

static lariat_status open_current(lr_crawl_warc_series *series, const row *file,
                                  lr_crawl_fault *fault) {
  char *path = make_path(series, file->name, true);
  series->name = lr_crawl_copy_text(file->name);
  series->id = file->id;
  lariat_status status =
      path && series->name
          ? lr_crawl_output_open(&series->output, path, file->length, fault)
          : lr_crawl_fault_memory(fault);
  lariat_memory_release(path);
  return status;
}

/* Drops the outcomes whose records are lost, so that their URLs are queued, and
 * sets the length to where the last whole ones end.  What a file is, open or
 * closed, it stays. */
static lariat_status drop_lost(lr_crawl_store *store, row *file, uint64_t there,
                               lr_crawl_fault *fault) {
  int64_t id = file->id;
  bool found = false;
  lariat_status status = lr_crawl_store_ask(
      store, &found, fault, LR_CRAWL_LOST_END, "ii", id, (int64_t)there);
  if (status) return status;
  int64_t end = found ? lr_crawl_store_integer(store, LR_CRAWL_LOST_END, 0) : 0;
  lr_crawl_store_end(store, LR_CRAWL_LOST_END);
  status = lr_crawl_store_run(store, fault, LR_CRAWL_LOST, "ii", id, end);
  if (!status)
    status = lr_crawl_store_run(store, fault, LR_CRAWL_SET_WARC, "iii", id, end,
                                (int64_t)file->closed);
  if (!status)
    status = lr_crawl_store_run(
        store, fault, LR_CRAWL_ADD_LOG, "it", (int64_t)time(NULL),
        "repair: a WARC file had lost its end; what was there is queued again");
  file->length = (uint64_t)end;
  return status;
}

/* Does that in a transaction of its own. */
static lariat_status repair_log(lr_crawl_store *store, row *file,
                                uint64_t there, lr_crawl_fault *fault) {
  lariat_status status = lr_crawl_store_begin(store, fault);
  if (!status) status = drop_lost(store, file, there, fault);
  if (!status) status = lr_crawl_store_commit(store, fault);
  if (status) lr_crawl_store_rollback(store);
  return status;
}

static lariat_status repair_file(lr_crawl_warc_series *series,
                                 lr_crawl_store *store, row *file,
                                 lr_crawl_fault *fault) {
  uint64_t there = series->output.planned;
  close_file(series);
  lariat_status status = repair_log(store, file, there, fault);
  return status ? status : open_current(series, file, fault);
}

/* Opens the file that was open, and cuts it. */
static lariat_status recover_open(lr_crawl_warc_series *series,
                                  lr_crawl_store *store, bool repair, row *file,
                                  lr_crawl_fault *fault) {
  lariat_status status = open_current(series, file, fault);
  if (status == LARIAT_EFORMAT && repair)
    status = repair_file(series, store, file, fault);
  if (status) close_file(series); /* nothing may change what is there */
  series->bytes += series->output.length;
  return status;
}

static lariat_status cut_closed(const char *path, uint64_t length,
                                lr_crawl_fault *fault) {
  int descriptor;
  int error = lr_crawl_file_open(path, &descriptor);
  if (!error) {
    error = lr_crawl_file_cut(descriptor, length);
    (void)close(descriptor);
  }
  return error ? lr_crawl_fault_set(fault, LARIAT_ESYSTEM, error,
                                    "cannot write %s", path)
               : LARIAT_OK;
}

static lariat_status check_closed(lr_crawl_store *store, bool repair, row *file,
                                  const char *path, lr_crawl_fault *fault) {
  lr_crawl_file_state state = {0};
  int error = lr_crawl_file_look(path, &state);
  if (error)
    return lr_crawl_fault_set(fault, LARIAT_ESYSTEM, error, "cannot look at %s",
                              path);
  if (!state.exists || state.length >= file->length) return LARIAT_OK;
  if (!repair)
    return lr_crawl_output_lost(path, state.length, file->length, fault);
  lariat_status status = repair_log(store, file, state.length, fault);
  return status ? status : cut_closed(path, file->length, fault);
}

/* Looks whether a file that is closed has all that was committed.  One that is
 * gone was taken elsewhere, as whoever is told of closed files may do. */
static lariat_status recover_closed(lr_crawl_warc_series *series,
                                    lr_crawl_store *store, bool repair,
                                    row *file, lr_crawl_fault *fault) {
  char *path = make_path(series, file->name, false);
  lariat_status status = path ? check_closed(store, repair, file, path, fault)
                              : lr_crawl_fault_memory(fault);
  lariat_memory_release(path);
  series->bytes += file->length;
  return status;
}

/* Reads the row behind an id; `found->id` 0: there is none. */
static lariat_status read_row(lr_crawl_store *store, uint32_t behind,
                              row *found, lr_crawl_fault *fault) {
  bool there = false;
  lariat_status status = lr_crawl_store_ask(
      store, &there, fault, LR_CRAWL_NEXT_WARC, "i", (int64_t)behind);
  *found = (row){0};
  if (status || !there) return status;
  const char *name = lr_crawl_store_text(store, LR_CRAWL_NEXT_WARC, 1);
  snprintf(found->name, sizeof found->name, "%s", name ? name : "");
  found->id = (uint32_t)lr_crawl_store_integer(store, LR_CRAWL_NEXT_WARC, 0);
  found->length =
      (uint64_t)lr_crawl_store_integer(store, LR_CRAWL_NEXT_WARC, 2);
  found->closed = (int)lr_crawl_store_integer(store, LR_CRAWL_NEXT_WARC, 3);
  lr_crawl_store_end(store, LR_CRAWL_NEXT_WARC);
  return LARIAT_OK;
}

static lariat_status recover_row(lr_crawl_warc_series *series,
                                 lr_crawl_store *store, bool repair, row *file,
                                 lr_crawl_fault *fault) {
  series->last_id = file->id;
  series->files++;
  if (file->closed == OPEN)
    return recover_open(series, store, repair, file, fault);
  lariat_status status = LARIAT_OK;
  if (file->closed == FULL)
    status = settle(series, store, file->id, file->name, file->length, fault);
  file->closed = TOLD;
  return status ? status : recover_closed(series, store, repair, file, fault);
}

lariat_status lr_crawl_warc_series_recover(lr_crawl_warc_series *series,
                                           lr_crawl_store *store, bool repair,
                                           lr_crawl_fault *fault) {
  row file;
  lariat_status status = read_row(store, 0, &file, fault);
  while (!status && file.id) {
    status = recover_row(series, store, repair, &file, fault);
    if (!status) status = read_row(store, file.id, &file, fault);
  }
  return status;
}

/* Ends the closing of a file that another log says is closed, if that was not
 * done; else looks whether it is whole. */
static lariat_status recover_ended(lr_crawl_warc_series *series, row *file,
                                   lr_crawl_fault *fault) {
  lr_crawl_file_state state = {0};
  char *path = make_path(series, file->name, true);
  if (!path) return lr_crawl_fault_memory(fault);
  int error = lr_crawl_file_look(path, &state);
  if (!error && state.exists) (void)cut_closed(path, file->length, NULL);
  lariat_memory_release(path);
  lariat_status status = state.exists ? settle(series, NULL, file->id,
                                               file->name, file->length, fault)
                                      : LARIAT_OK;
  return status ? status : recover_closed(series, NULL, false, file, fault);
}

lariat_status lr_crawl_warc_series_recover_file(lr_crawl_warc_series *series,
                                                const lr_crawl_warc_row *from,
                                                lr_crawl_fault *fault) {
  row file = {.id = from->id, .length = from->length};
  snprintf(file.name, sizeof file.name, "%s", from->name);
  if (file.id > series->last_id) series->last_id = file.id;
  series->files++;
  return from->closed ? recover_ended(series, &file, fault)
                      : recover_open(series, NULL, false, &file, fault);
}

lariat_status lr_crawl_warc_series_count(lr_crawl_warc_series *series,
                                         lr_crawl_store *store,
                                         lr_crawl_fault *fault) {
  row file;
  lariat_status status = read_row(store, 0, &file, fault);
  for (; !status && file.id; status = read_row(store, file.id, &file, fault)) {
    series->files++;
    series->bytes += file.length;
  }
  return status;
}

/* ---- The open file ---- */

static lariat_status begin_file(lr_crawl_warc_series *series,
                                lr_crawl_store *store, lr_crawl_fault *fault) {
  row file = {.id = series->last_id + 1};
  char *name = make_name(series, file.id);
  if (!name) return lr_crawl_fault_memory(fault);
  snprintf(file.name, sizeof file.name, "%s", name);
  lariat_memory_release(name);
  lariat_status status =
      store ? lr_crawl_store_run(store, fault, LR_CRAWL_ADD_WARC, "it",
                                 (int64_t)file.id, file.name)
            : LARIAT_OK;
  if (status) return status;
  series->last_id = file.id;
  series->files++;
  return open_current(series, &file, fault);
}

/* Plans the record that a file begins with.  A second plan has the same bytes,
 * so that what a failed commit may have left in the log stays true. */
static lariat_status plan_info(lr_crawl_warc_series *series,
                               lr_crawl_fault *fault) {
  if (!series->make_warcinfo) return LARIAT_OK;
  if (!series->info)
    series->info = series->make_warcinfo(series->context, series->name,
                                         &series->info_length);
  if (!series->info ||
      lr_crawl_output_add(&series->output, series->info, series->info_length))
    return lr_crawl_fault_memory(fault);
  return LARIAT_OK;
}

/* Opens a file again whose opening has failed. */
static lariat_status open_again(lr_crawl_warc_series *series,
                                lr_crawl_fault *fault) {
  row file = {.id = series->id, .length = series->output.length};
  snprintf(file.name, sizeof file.name, "%s", series->name);
  close_file(series);
  return open_current(series, &file, fault);
}

lariat_status lr_crawl_warc_series_prepare(lr_crawl_warc_series *series,
                                           lr_crawl_store *store,
                                           lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  if (!series->id)
    status = begin_file(series, store, fault);
  else if (series->output.descriptor < 0 || !series->output.path)
    status = open_again(series, fault);
  if (status || series->output.planned) return status;
  return plan_info(series, fault);
}

lariat_status lr_crawl_warc_series_log(lr_crawl_warc_series *series,
                                       lr_crawl_store *store,
                                       lr_crawl_fault *fault) {
  if (!series->id || series->output.planned == series->output.length)
    return LARIAT_OK;
  int64_t closed = lr_crawl_warc_series_is_full(series) ? FULL : OPEN;
  return lr_crawl_store_run(store, fault, LR_CRAWL_SET_WARC, "iii",
                            (int64_t)series->id,
                            (int64_t)series->output.planned, closed);
}

void lr_crawl_warc_series_keep(lr_crawl_warc_series *series,
                               lr_crawl_store *store) {
  if (!series->id) return;
  bool full = lr_crawl_warc_series_is_full(series);
  series->bytes += series->output.planned - series->output.length;
  lr_crawl_output_keep(&series->output);
  lariat_memory_release(series->info);
  series->info = NULL;
  if (full) settle_current(series, store);
}

void lr_crawl_warc_series_drop(lr_crawl_warc_series *series) {
  lr_crawl_output_drop(&series->output);
}

lariat_status lr_crawl_warc_series_cut(lr_crawl_warc_series *series,
                                       lr_crawl_fault *fault) {
  if (!series->id || series->output.descriptor < 0) return LARIAT_OK;
  int error =
      lr_crawl_file_cut(series->output.descriptor, series->output.length);
  return error ? lr_crawl_fault_set(fault, LARIAT_ESYSTEM, error,
                                    "cannot write %s", series->output.path)
               : LARIAT_OK;
}

void lr_crawl_warc_series_settle(lr_crawl_warc_series *series) {
  if (series->id) settle_current(series, NULL);
}

/* Cuts the open file to what is committed, and says in the log that it is
 * closed; false: it stays open. */
static bool close_current(lr_crawl_warc_series *series, lr_crawl_store *store) {
  if (!series->id || !series->output.length || series->output.descriptor < 0 ||
      lr_crawl_warc_series_cut(series, NULL) || !store)
    return false;
  return !lr_crawl_store_run(store, NULL, LR_CRAWL_SET_WARC, "iii",
                             (int64_t)series->id,
                             (int64_t)series->output.length, (int64_t)FULL);
}

/* Tries again to end the closing of full files; what fails still is done when
 * the crawl goes on. */
static void settle_rest(lr_crawl_warc_series *series, lr_crawl_store *store) {
  row file;
  lariat_status status = read_row(store, 0, &file, NULL);
  for (; !status && file.id; status = read_row(store, file.id, &file, NULL))
    if (file.closed == FULL)
      (void)settle(series, store, file.id, file.name, file.length, NULL);
}

void lr_crawl_warc_series_end(lr_crawl_warc_series *series,
                              lr_crawl_store *store) {
  if (close_current(series, store)) settle_current(series, store);
  close_file(series);
  if (series->unsettled && store) settle_rest(series, store);
  lariat_memory_release(series->directory);
  lariat_memory_release(series->prefix);
  *series = (lr_crawl_warc_series){0};
}
