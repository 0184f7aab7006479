/* SPDX-License-Identifier: MIT
 * shared_files.c: WARC files, lines and edges of a worker: written first, then
 * committed elsewhere, then kept or cut back. */
#include "shared_files.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "directory.h"
#include "disk_file.h"
#include "memory.h"

/* ---- What the database has ---- */

bool lr_crawl_file_list_add(lr_crawl_file_list *list,
                            const lr_crawl_shared_file *file) {
  lr_crawl_shared_file *files = lr_crawl_grow(list->files, &list->capacity,
                                              list->count + 1, sizeof *files);
  if (files) list->files = files;
  char *name = files ? lr_crawl_copy_text(file->name) : NULL;
  if (!name) return false;
  files[list->count] = *file;
  files[list->count++].name = name;
  return true;
}

void lr_crawl_file_list_clear(lr_crawl_file_list *list) {
  for (size_t i = 0; i < list->count; i++)
    lariat_memory_release((void *)(uintptr_t)list->files[i].name);
  lariat_memory_release(list->files);
  *list = (lr_crawl_file_list){0};
}

/* ---- Opening ---- */

static bool is_known(const lr_crawl_file_list *list, const char *name,
                     size_t length) {
  for (size_t i = 0; i < list->count; i++)
    if (list->files[i].id && strlen(list->files[i].name) == length &&
        memcmp(list->files[i].name, name, length) == 0)
      return true;
  return false;
}

/* Removes a file that grows, and of which nothing was committed. */
static void remove_unknown(const char *directory, const char *name,
                           const lr_crawl_file_list *committed) {
  static const char end[] = ".open";
  size_t length = strlen(name), ending = sizeof end - 1;
  if (length <= ending || strcmp(name + length - ending, end) != 0 ||
      is_known(committed, name, length - ending))
    return;
  char *path = lr_crawl_directory_path(directory, name);
  if (path) (void)unlink(path);
  lariat_memory_release(path);
}

static void sweep(const char *directory, const lr_crawl_file_list *committed) {
  DIR *open = opendir(directory);
  for (struct dirent *entry; open && (entry = readdir(open));)
    remove_unknown(directory, entry->d_name, committed);
  if (open) closedir(open);
}

static lariat_status recover_warc(lr_crawl_shared_files *files,
                                  const lr_crawl_file_list *committed,
                                  lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; !status && i < committed->count; i++) {
    const lr_crawl_shared_file *file = &committed->files[i];
    if (file->id)
      status = lr_crawl_warc_series_recover_file(
          &files->warc,
          &(lr_crawl_warc_row){file->id, file->name, file->length,
                               file->closed},
          fault);
  }
  if (!status) sweep(files->warc.directory, committed);
  return status;
}

/* Returns a file of lines as the database has it; NULL: it does not. */
static const lr_crawl_shared_file *
find_sink(const lr_crawl_file_list *committed, const char *path) {
  for (size_t i = 0; i < committed->count; i++)
    if (!committed->files[i].id && strcmp(committed->files[i].name, path) == 0)
      return &committed->files[i];
  return NULL;
}

/* Opens a file of lines: one that is new to the crawl keeps what it has, which
 * the database is told before anything is added. */
static lariat_status open_sink(lr_crawl_shared_files *files,
                               lr_crawl_output *output, const char *path,
                               const lr_crawl_file_list *committed,
                               lr_crawl_fault *fault) {
  lr_crawl_file_state state = {0};
  if (!path) return LARIAT_OK;
  (void)lr_crawl_file_look(path, &state); /* opening it tells what is wrong */
  const lr_crawl_shared_file *known =
      state.exists ? find_sink(committed, path) : NULL;
  files->unknown |= !known;
  return lr_crawl_output_open(output, path,
                              known ? known->length : state.length, fault);
}

lariat_status lr_crawl_shared_files_open(
    lr_crawl_shared_files *files, const lr_crawl_frontier_options *options,
    const lr_crawl_file_list *committed, lr_crawl_fault *fault) {
  files->durable = options->durable_power;
  lariat_status status =
      lr_crawl_warc_series_begin(&files->warc, options, fault);
  if (!status) status = recover_warc(files, committed, fault);
  if (!status)
    status = open_sink(files, &files->jsonl, options->jsonl, committed, fault);
  if (!status)
    status = open_sink(files, &files->links, options->links, committed, fault);
  return status;
}

void lr_crawl_shared_files_close(lr_crawl_shared_files *files) {
  lr_crawl_warc_series_end(&files->warc, NULL);
  lr_crawl_output_close(&files->jsonl);
  lr_crawl_output_close(&files->links);
}

/* ---- Writing ---- */

static bool wants_warc(const lr_crawl_shared_files *files,
                       const lr_crawl_pending *pending) {
  for (size_t i = 0; i < pending->outcome_count; i++)
    if (lr_crawl_warc_series_takes(&files->warc, &pending->outcomes[i].outcome))
      return true;
  return false;
}

static lariat_status plan_lines(lr_crawl_shared_files *files,
                                const lr_crawl_outcome *outcome) {
  lariat_status status =
      lr_crawl_output_add_text(&files->jsonl, outcome->line, "\n");
  return status ? status
                : lr_crawl_output_add_text(&files->links, outcome->edges, "");
}

static lariat_status plan(lr_crawl_shared_files *files,
                          const lr_crawl_pending *pending, size_t *count,
                          uint64_t *offsets) {
  lr_crawl_output *warc = &files->warc.output;
  lariat_status status = LARIAT_OK;
  while (!status && *count < pending->outcome_count) {
    const lr_crawl_outcome *outcome = &pending->outcomes[*count].outcome;
    offsets[*count] = warc->planned;
    if (lr_crawl_warc_series_takes(&files->warc, outcome))
      status =
          lr_crawl_output_add(warc, outcome->records, outcome->records_length);
    if (!status) status = plan_lines(files, outcome);
    if (!status) ++*count;
    if (lr_crawl_warc_series_is_full(&files->warc)) break;
  }
  return status;
}

static void drop_plans(lr_crawl_shared_files *files) {
  lr_crawl_warc_series_drop(&files->warc);
  lr_crawl_output_drop(&files->jsonl);
  lr_crawl_output_drop(&files->links);
}

lariat_status lr_crawl_shared_files_write(lr_crawl_shared_files *files,
                                          const lr_crawl_pending *pending,
                                          size_t *count, uint64_t *offsets,
                                          lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  *count = 0;
  drop_plans(files);
  if (wants_warc(files, pending))
    status = lr_crawl_warc_series_prepare(&files->warc, NULL, fault);
  if (status) return status;
  if (plan(files, pending, count, offsets)) return lr_crawl_fault_memory(fault);
  if (files->warc.id)
    status = lr_crawl_output_write(&files->warc.output, files->durable, fault);
  if (!status)
    status = lr_crawl_output_write(&files->jsonl, files->durable, fault);
  if (!status)
    status = lr_crawl_output_write(&files->links, files->durable, fault);
  return status;
}

/* ---- The commit ---- */

static size_t describe_sink(const lr_crawl_output *output,
                            lr_crawl_shared_file *out) {
  if (!output->path || output->stream) return 0;
  *out =
      (lr_crawl_shared_file){.name = output->path, .length = output->planned};
  return 1;
}

size_t lr_crawl_shared_files_describe(const lr_crawl_shared_files *files,
                                      bool last, lr_crawl_shared_file *out) {
  const lr_crawl_warc_series *warc = &files->warc;
  size_t count = 0;
  if (warc->id && warc->output.planned) {
    bool full = lr_crawl_warc_series_is_full(warc);
    out[count++] = (lr_crawl_shared_file){.id = warc->id,
                                          .name = warc->name,
                                          .length = warc->output.planned,
                                          .closed = full || last};
  }
  count += describe_sink(&files->jsonl, &out[count]);
  return count + describe_sink(&files->links, &out[count]);
}

void lr_crawl_shared_files_keep(lr_crawl_shared_files *files, bool last) {
  lr_crawl_warc_series_keep(&files->warc, NULL);
  if (last && files->warc.output.length)
    lr_crawl_warc_series_settle(&files->warc);
  lr_crawl_output_keep(&files->jsonl);
  lr_crawl_output_keep(&files->links);
  files->unknown = false;
}

/* Cuts a file of lines to its committed length. */
static lariat_status cut_sink(lr_crawl_output *output, lr_crawl_fault *fault) {
  if (!output->path || output->stream) return LARIAT_OK;
  int error = lr_crawl_file_cut(output->descriptor, output->length);
  return error ? lr_crawl_fault_set(fault, LARIAT_ESYSTEM, error,
                                    "cannot write %s", output->path)
               : LARIAT_OK;
}

lariat_status lr_crawl_shared_files_cut(lr_crawl_shared_files *files,
                                        lr_crawl_fault *fault) {
  drop_plans(files);
  lariat_status status = lr_crawl_warc_series_cut(&files->warc, fault);
  if (!status) status = cut_sink(&files->jsonl, fault);
  if (!status) status = cut_sink(&files->links, fault);
  return status;
}
