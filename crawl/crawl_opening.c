/* SPDX-License-Identifier: MIT
 * crawl_opening.c: what a crawl consists of, made and freed: its directory, its
 * settings with what that remembers, its pool. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lariat/crawl/cdxj.h>
#include <lariat/crawl/warc.h>
#include <lariat/version.h>

#include "crawl_config.h"
#include "crawl_private.h"
#include "memory.h"
#include "worker_file.h"

/* URLs of a host that are handed out, at least. */
enum { LEAST_AWAY = 16 };

/* ---- The directory ---- */

/* Writes the index of a WARC file beside it; one that cannot be written can be
 * made later. */
static void index_warc(const lariat_crawl *crawl, const char *path) {
  lr_crawl_bytes name = {0};
  lr_crawl_bytes_format(&name, "%s.cdxj", path);
  char *index = lr_crawl_bytes_take(&name, NULL);
  lariat_status status =
      index ? lariat_crawl_cdxj_make(path, index) : LARIAT_ENOMEM;
  if (status != LARIAT_OK && crawl->frontier)
    (void)lr_crawl_frontier_note(crawl->frontier, (int64_t)time(NULL),
                                 "a CDXJ index cannot be written");
  lariat_memory_release(index);
}

/* Indexes a WARC file that is closed, and tells the user. */
static void take_warc_closed(void *context, const char *path) {
  const lariat_crawl *crawl = context;
  const lariat_crawl_options *options = &crawl->settings->options;
  if (options->cdx) index_warc(crawl, path);
  if (options->on_warc_closed)
    options->on_warc_closed(path, options->on_warc_closed_context);
}

/* Returns what the warcinfo of each file says. */
static char *describe(const lr_crawl_settings *settings) {
  const lariat_crawl_options *options = &settings->options;
  char host[256] = "";
  lr_crawl_bytes fields = {0};
  if (gethostname(host, sizeof host - 1) == 0 && *host)
    lr_crawl_bytes_format(&fields, "hostname: %s\r\n", host);
  lr_crawl_bytes_format(&fields,
                        "software: lariat/%s\r\n"
                        "format: WARC File Format 1.1\r\n"
                        "http-header-user-agent: %s\r\n"
                        "robots: %s\r\n",
                        LARIAT_VERSION, settings->user_agent,
                        options->ignore_robots ? "ignore" : "obey");
  if (options->contact)
    lr_crawl_bytes_format(&fields, "operator: %s\r\n", options->contact);
  return lr_crawl_bytes_take(&fields, NULL);
}

/* Makes the record that a file begins with. */
static char *make_warcinfo(void *context, const char *file_name,
                           size_t *length) {
  const lariat_crawl *crawl = context;
  lariat_crawl_warc_buffer *buffer = NULL;
  char *record = NULL;
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t at_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
  char *fields = describe(crawl->settings);
  if (fields &&
      lariat_crawl_warc_buffer_new(crawl->settings->options.warc_level,
                                   &buffer) == LARIAT_OK &&
      lariat_crawl_warc_add_info(buffer, at_ns, file_name, fields) ==
          LARIAT_OK) {
    const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, length);
    record = lr_crawl_copy_bytes(bytes, *length);
  }
  lariat_crawl_warc_buffer_free(buffer);
  lariat_memory_release(fields);
  return record;
}

static lr_crawl_frontier_options choose_frontier(lariat_crawl *crawl) {
  const lariat_crawl_options *options = &crawl->settings->options;
  return (lr_crawl_frontier_options){
      .directory = options->directory,
      .durable_power = options->durable_power,
      .repair = options->repair,
      .warc_uncompressed = options->warc_level == 0,
      .warc_size = options->no_warc ? 0 : options->warc_size,
      .jsonl = options->jsonl,
      .links = options->links,
      .since = options->since,
      .again_s = options->again_s ? (int64_t)time(NULL) - options->again_s : 0,
      .make_warcinfo = make_warcinfo,
      .on_warc_closed = take_warc_closed,
      .context = crawl};
}

/* Opens this worker's part of a crawl that is in a database. */
static lariat_status open_shared(lariat_crawl *crawl,
                                 const lr_crawl_frontier_options *files,
                                 lr_crawl_fault *fault) {
  const lariat_crawl_options *options = &crawl->settings->options;
  char *config = options->seed_count ? lr_crawl_config_write(options) : NULL;
  if (options->seed_count && !config) return lr_crawl_fault_memory(fault);
  lr_crawl_sharing sharing = {.connection = options->frontier,
                              .name = options->crawl_name,
                              .config = config,
                              .kept = options->kept_text,
                              .lease_ms = options->lease_ms,
                              .delay_ms = options->delay_ms,
                              .most_queues = options->in_flight};
  lariat_status status =
      lr_crawl_frontier_open_shared(files, &sharing, &crawl->frontier, fault);
  lariat_memory_release(config);
  return status;
}

static lariat_status open_frontier(lariat_crawl *crawl, lr_crawl_fault *fault) {
  lr_crawl_frontier_options options = choose_frontier(crawl);
  lariat_status status =
      crawl->settings->options.frontier
          ? open_shared(crawl, &options, fault)
          : lr_crawl_frontier_open(&options, &crawl->frontier, fault);
  if (status != LARIAT_OK) return status;
  lr_crawl_frontier_counts counts = lr_crawl_frontier_count(crawl->frontier);
  crawl->settings->hash = lr_crawl_frontier_hash_key(crawl->frontier);
  crawl->resumed = counts.known > 0;
  crawl->pages = counts.by_kind[LR_CRAWL_FETCHED] +
                 counts.by_kind[LR_CRAWL_REVISIT] - counts.outdated_pages;
  crawl->bytes = counts.bytes;
  return lr_crawl_frontier_read_traps(crawl->frontier, &crawl->traps, fault);
}

static lariat_status open_pool(lariat_crawl *crawl, lr_crawl_fault *fault) {
  lariat_pool_options options = lr_crawl_settings_pool(crawl->settings);
  lariat_status status = lariat_pool_options_check(&options, fault->message,
                                                   sizeof fault->message);
  if (status == LARIAT_OK) status = lariat_pool_new(&options, &crawl->pool);
  if (status == LARIAT_ELIBCURL)
    snprintf(fault->message, sizeof fault->message, "%s",
             lariat_pool_refusal());
  if (status != LARIAT_OK) return status;
  crawl->count = lariat_pool_reactors(crawl->pool);
  crawl->members = lr_crawl_allocate(crawl->count, sizeof *crawl->members);
  if (!crawl->members) return LARIAT_ENOMEM;
  for (unsigned i = 0; i < crawl->count; i++) {
    crawl->members[i].crawl = crawl;
    crawl->members[i].index = i;
  }
  return status;
}

static uint16_t choose_most_away(const lr_crawl_settings *settings) {
  enum { MOST = 4096 };
  unsigned most = 2 * settings->options.per_group;
  if (most < LEAST_AWAY) return LEAST_AWAY;
  return (uint16_t)(most < MOST ? most : MOST);
}

/* Says what is wrong with options before anything is written. */
static lariat_status check_first(const lariat_crawl *crawl,
                                 lr_crawl_fault *fault) {
  const lr_crawl_settings *settings = crawl->settings;
  char path[4096];
  if (settings->options.frontier)
    return lr_crawl_settings_check_contact(settings, fault);
  snprintf(path, sizeof path, "%s/crawl.db", settings->options.directory);
  if (access(path, F_OK) == 0) return LARIAT_OK;
  if (!settings->options.seed_count)
    return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0,
                              "seeds: there are none, and the directory has "
                              "no crawl to go on with");
  return lr_crawl_settings_check_contact(settings, fault);
}

/* Makes the settings anew, with what the directory remembers. */
static lariat_status join_settings(lariat_crawl *crawl,
                                   const lariat_crawl_options *options,
                                   lr_crawl_fault *fault) {
  lr_crawl_config *config = NULL;
  lr_crawl_settings *joined = NULL;
  bool shared = crawl->settings->options.frontier != NULL;
  lariat_status status = lr_crawl_config_join(
      shared ? &crawl->settings->options : options,
      lr_crawl_frontier_config(crawl->frontier), shared, &config);
  if (status == LARIAT_OK)
    status =
        lr_crawl_settings_new(lr_crawl_config_options(config), &joined, fault);
  lr_crawl_config_free(config);
  if (status != LARIAT_OK) return status;
  joined->hash = crawl->settings->hash;
  lr_crawl_settings_free(crawl->settings);
  crawl->settings = joined;
  return lr_crawl_settings_check_contact(joined, fault);
}

lariat_status lr_crawl_keep_config(lariat_crawl *crawl, lr_crawl_fault *fault) {
  char *text = lr_crawl_config_write(&crawl->settings->options);
  if (!text) return lr_crawl_fault_memory(fault);
  lariat_status status =
      lr_crawl_frontier_keep_config(crawl->frontier, text, fault);
  lariat_memory_release(text);
  return status;
}

/* Makes settings; of a worker's directory the database is remembered. */
static lariat_status make_settings(lariat_crawl *crawl,
                                   const lariat_crawl_options *options,
                                   lr_crawl_fault *fault) {
  lr_crawl_worker_file file = {0};
  bool asks = options && options->size == sizeof *options &&
              options->directory && !options->frontier;
  lariat_status status =
      asks ? lr_crawl_worker_file_read(options->directory, &file, fault)
           : LARIAT_OK;
  if (!status && file.worker && !file.connection)
    status = lr_crawl_fault_set(fault, LARIAT_EINVAL, 0,
                                "frontier: %s is a worker's, and the database "
                                "has a password: name it again",
                                options->directory);
  if (!status && file.worker) {
    lariat_crawl_options with = *options;
    with.frontier = file.connection;
    with.crawl_name = file.name;
    status = lr_crawl_settings_new(&with, &crawl->settings, fault);
  } else if (!status) {
    status = lr_crawl_settings_new(options, &crawl->settings, fault);
  }
  lr_crawl_worker_file_clear(&file);
  return status;
}

lariat_status lr_crawl_open(lariat_crawl *crawl,
                            const lariat_crawl_options *options,
                            lr_crawl_fault *fault) {
  lariat_status status = make_settings(crawl, options, fault);
  if (status == LARIAT_OK) status = check_first(crawl, fault);
  if (status == LARIAT_OK) status = open_frontier(crawl, fault);
  if (status == LARIAT_OK) status = join_settings(crawl, options, fault);
  if (status == LARIAT_OK) status = lr_crawl_keep_config(crawl, fault);
  if (status == LARIAT_OK)
    status = lr_crawl_settings_make_scope(crawl->settings, NULL, 0,
                                          &crawl->scope, fault);
  if (status == LARIAT_OK) status = open_pool(crawl, fault);
  if (status == LARIAT_OK)
    crawl->dispatch.most_away = choose_most_away(crawl->settings);
  if (status == LARIAT_ENOMEM) lr_crawl_fault_memory(fault);
  return status;
}

void lr_crawl_destroy(lariat_crawl *crawl) {
  lariat_pool_release(crawl->pool);
  for (unsigned i = 0; crawl->members && i < crawl->count; i++) {
    lr_crawl_shard_free(crawl->members[i].shard);
    lr_crawl_work_free(crawl->members[i].work);
  }
  lr_crawl_frontier_close(crawl->frontier);
  lr_crawl_kept_traps_clear(&crawl->traps);
  lr_crawl_dispatch_clear(&crawl->dispatch);
  for (size_t i = 0; i < crawl->old_scope_count; i++)
    lr_crawl_scope_free(crawl->old_scopes[i]);
  lariat_memory_release(crawl->old_scopes);
  lr_crawl_scope_free(crawl->scope);
  lr_crawl_settings_free(crawl->settings);
  lariat_mailbox_release(crawl->mailbox);
  lariat_memory_release(crawl->members);
  lariat_memory_release(crawl);
}
