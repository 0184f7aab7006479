/* SPDX-License-Identifier: MIT
 * shared_opening.c: a shared frontier opened and closed: the directory, whose
 * worker it is, one session with the database, the files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "disk_file.h"
#include "memory.h"
#include "shared_frontier_private.h"
#include "shared_session.h"
#include "worker_file.h"

enum { MOST_URLS = 64, MOST_URLS_FAST = 256 };

/* For so long an opening tries to reach the database: one that restarts is back
 * by then.  A directory that has been a worker's knows that there is one. */
enum { NEW_TRIES = 10, WORKER_TRIES = 30, TRY_MS = 500 };

/* ---- The session ---- */

/* The questions of the opening, and what was answered. */
typedef struct opening {
  lr_crawl_shared_frontier *frontier;
  const char *config;
  lr_crawl_file_list files;
} opening;

static void take_file(void *context, const lr_crawl_shared_file *file) {
  opening *of = context;
  if (!lr_crawl_file_list_add(&of->files, file)) of->frontier->failed = true;
}

lr_crawl_shared_options
lr_crawl_shared_store_options(const lr_crawl_shared_frontier *frontier,
                              lariat_reactor *reactor, char host[256]) {
  host[0] = host[255] = '\0';
  (void)gethostname(host, 255);
  return (lr_crawl_shared_options){.reactor = reactor,
                                   .connection = frontier->connection,
                                   .name = frontier->name,
                                   .worker = frontier->worker,
                                   .crawl_id = frontier->crawl_id,
                                   .directory_id = frontier->directory_id,
                                   .place = frontier->place,
                                   .host = host,
                                   .lease_ms = frontier->lease_ms,
                                   .delay_ms = frontier->delay_ms};
}

static lariat_status read_store(opening *of, lr_crawl_shared_store *store,
                                lr_crawl_fault *fault) {
  lr_crawl_shared_frontier *frontier = of->frontier;
  const char *config = lr_crawl_shared_config(store);
  frontier->key = lr_crawl_shared_hash_key(store);
  frontier->crawl_id = lr_crawl_hash_key_id(frontier->key);
  frontier->worker = lr_crawl_shared_worker(store);
  frontier->config = lr_crawl_copy_text(config ? config : "{}");
  lariat_status status =
      lr_crawl_shared_each_file(store, frontier->worker, take_file, of, fault);
  if (!status)
    status = lr_crawl_shared_count(store, false, &frontier->whole, fault);
  if (!frontier->config || frontier->failed) return LARIAT_ENOMEM;
  return status;
}

static lariat_status open_store(opening *of, lariat_reactor *reactor,
                                lr_crawl_shared_store **store,
                                lr_crawl_fault *fault) {
  char host[256];
  unsigned tries = of->frontier->worker ? WORKER_TRIES : NEW_TRIES;
  lr_crawl_shared_options options =
      lr_crawl_shared_store_options(of->frontier, reactor, host);
  options.config = of->config;
  lariat_status status = lr_crawl_shared_open(&options, store, fault);
  while (status == LARIAT_ECONNECT && --tries) {
    if (lariat_coroutine_sleep(TRY_MS) != LARIAT_OK) break;
    status = lr_crawl_shared_open(&options, store, fault);
  }
  return status;
}

static lariat_status ask(void *context, lariat_reactor *reactor,
                         lr_crawl_fault *fault) {
  opening *of = context;
  lr_crawl_shared_store *store = NULL;
  lariat_status status = open_store(of, reactor, &store, fault);
  if (!status) status = read_store(of, store, fault);
  lr_crawl_shared_close(store);
  return status;
}

/* ---- The directory ---- */

static lariat_status refuse_local(const char *directory,
                                  lr_crawl_fault *fault) {
  char *path = lr_crawl_directory_path(directory, "crawl.db");
  if (!path) return lr_crawl_fault_memory(fault);
  bool there = access(path, F_OK) == 0;
  lariat_memory_release(path);
  return there ? lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                                    "%s holds a crawl of its own: a worker "
                                    "wants a directory that is new",
                                    directory)
               : LARIAT_OK;
}

/* Gives a new directory an id; the file of a worker has one. */
static lariat_status take_ids(lr_crawl_shared_frontier *frontier,
                              const lr_crawl_worker_file *file,
                              lr_crawl_fault *fault) {
  frontier->crawl_id = file->crawl;
  frontier->directory_id = file->id;
  if (file->worker)
    return file->crawl && file->id
               ? LARIAT_OK
               : lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                                    "%s does not say which crawl it is of: "
                                    "begin in a new directory",
                                    frontier->directory);
  if (getrandom(&frontier->directory_id, sizeof frontier->directory_id, 0) !=
      sizeof frontier->directory_id)
    return lr_crawl_fault_set(fault, LARIAT_ESYSTEM, errno, "no random bytes");
  frontier->directory_id |= 1; /* never 0 */
  return LARIAT_OK;
}

/* Notes where the lock is that is held: a copy of the directory has another
 * one, and a worker may run with that. */
static lariat_status find_place(lr_crawl_shared_frontier *frontier,
                                lr_crawl_fault *fault) {
  struct stat about;
  if (fstat(frontier->lock, &about) != 0)
    return lr_crawl_fault_set(fault, LARIAT_ESYSTEM, errno, "cannot read %s",
                              frontier->directory);
  (void)snprintf(frontier->place, sizeof frontier->place, "%llx:%llx",
                 (unsigned long long)about.st_dev,
                 (unsigned long long)about.st_ino);
  return LARIAT_OK;
}

/* Reads which worker the directory has been, and what it has kept where nothing
 * else is to be; another crawl's is refused. */
static lariat_status read_worker(lr_crawl_shared_frontier *frontier,
                                 lr_crawl_fault *fault) {
  lr_crawl_worker_file file;
  lariat_status status =
      lr_crawl_worker_file_read(frontier->directory, &file, fault);
  if (!status && file.worker && strcmp(file.name, frontier->name) != 0)
    status = lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                                "%s is a worker's of the crawl \"%s\"",
                                frontier->directory, file.name);
  if (!status) status = take_ids(frontier, &file, fault);
  frontier->worker = file.worker;
  if (!frontier->kept) {
    frontier->kept = file.kept;
    file.kept = NULL;
  }
  lr_crawl_worker_file_clear(&file);
  return status;
}

static lariat_status keep_worker(const lr_crawl_shared_frontier *frontier,
                                 lr_crawl_fault *fault) {
  return lr_crawl_worker_file_write(
      frontier->directory,
      &(lr_crawl_worker_file){.worker = frontier->worker,
                              .crawl = frontier->crawl_id,
                              .id = frontier->directory_id,
                              .name = frontier->name,
                              .connection = frontier->connection,
                              .kept = frontier->kept},
      fault);
}

/* ---- Opening ---- */

static bool copy_texts(lr_crawl_shared_frontier *frontier,
                       const char *directory, const lr_crawl_sharing *sharing) {
  frontier->directory = lr_crawl_copy_text(directory);
  frontier->connection = lr_crawl_copy_text(sharing->connection);
  frontier->name = lr_crawl_copy_text(sharing->name ? sharing->name : "lariat");
  if (sharing->kept) frontier->kept = lr_crawl_copy_text(sharing->kept);
  frontier->seen =
      lr_crawl_allocate(LR_CRAWL_SEEN_PLACES, sizeof *frontier->seen);
  return frontier->directory && frontier->connection && frontier->name &&
         frontier->seen && (frontier->kept || !sharing->kept);
}

static lariat_status open_files(lr_crawl_shared_frontier *frontier,
                                const lr_crawl_frontier_options *options,
                                const lr_crawl_file_list *committed,
                                lr_crawl_fault *fault) {
  lariat_status status = keep_worker(frontier, fault);
  if (!status)
    status =
        lr_crawl_shared_files_open(&frontier->files, options, committed, fault);
  frontier->files.warc.worker = frontier->worker;
  return status;
}

static lariat_status open_all(lr_crawl_shared_frontier *frontier,
                              const lr_crawl_frontier_options *options,
                              const char *config, lr_crawl_fault *fault) {
  opening of = {.frontier = frontier, .config = config};
  lariat_status status = refuse_local(frontier->directory, fault);
  if (!status)
    status =
        lr_crawl_directory_lock(frontier->directory, &frontier->lock, fault);
  if (!status) status = find_place(frontier, fault);
  if (!status) status = read_worker(frontier, fault);
  if (!status) status = lr_crawl_session_run(ask, &of, fault);
  if (!status) status = open_files(frontier, options, &of.files, fault);
  lr_crawl_file_list_clear(&of.files);
  return status;
}

lariat_status lr_crawl_shared_frontier_open(
    const lr_crawl_frontier_options *options, const lr_crawl_sharing *sharing,
    lr_crawl_shared_frontier **out, lr_crawl_fault *fault) {
  *out = NULL;
  lr_crawl_shared_frontier *frontier = lr_crawl_allocate(1, sizeof *frontier);
  if (!frontier) return lr_crawl_fault_memory(fault);
  frontier->lock = -1;
  frontier->lease_ms = sharing->lease_ms ? sharing->lease_ms : 60000;
  frontier->delay_ms = sharing->delay_ms;
  frontier->most_queues = sharing->most_queues;
  frontier->most_urls = sharing->delay_ms < 100 ? MOST_URLS_FAST : MOST_URLS;
  lariat_status status =
      copy_texts(frontier, options->directory, sharing)
          ? open_all(frontier, options, sharing->config, fault)
          : lr_crawl_fault_memory(fault);
  if (status == LARIAT_ENOMEM) (void)lr_crawl_fault_memory(fault);
  lr_crawl_hosts_begin(&frontier->hosts, frontier->key);
  if (status)
    lr_crawl_shared_frontier_close(frontier);
  else
    *out = frontier;
  return status;
}

/* ---- Closing ---- */

static void clear_memory(lr_crawl_shared_frontier *frontier) {
  for (size_t i = 0; i < frontier->leased_host_capacity; i++)
    lr_crawl_facts_clear(&frontier->leased_hosts[i].facts);
  lariat_memory_release(frontier->leased_hosts);
  lr_crawl_hosts_clear(&frontier->hosts);
  lr_crawl_queue_memory_clear(&frontier->queues);
  lr_crawl_leased_clear(&frontier->urls);
  lr_crawl_leases_clear(&frontier->leases);
  lr_crawl_pending_clear(&frontier->pending);
  lr_crawl_pending_clear(&frontier->commit.pending);
  lariat_memory_release(frontier->commit.releases);
  lr_crawl_past_list_clear(&frontier->past);
  lariat_memory_release(frontier->seen);
}

void lr_crawl_shared_frontier_close(lr_crawl_shared_frontier *frontier) {
  if (!frontier) return;
  lr_crawl_shared_files_close(&frontier->files);
  clear_memory(frontier);
  if (frontier->lock >= 0) close(frontier->lock);
  lariat_memory_release(frontier->directory);
  lariat_memory_release(frontier->connection);
  lariat_memory_release(frontier->name);
  lariat_memory_release(frontier->config);
  lariat_memory_release(frontier->kept);
  lariat_memory_release(frontier);
}
