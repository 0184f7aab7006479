/* SPDX-License-Identifier: MIT
 * frontier_private.h: what a frontier is made of, for the files that it is
 * written in. */
#ifndef CRAWL_FRONTIER_PRIVATE_H
#define CRAWL_FRONTIER_PRIVATE_H

#include "counter_list.h"
#include "due_heap.h"
#include "fact_list.h"
#include "frontier.h"
#include "host_table.h"
#include "id_map.h"
#include "media_types.h"
#include "output_file.h"
#include "seen_table.h"
#include "shared_frontier.h"
#include "store.h"
#include "url_texts.h"
#include "warc_series.h"

enum { LR_CRAWL_TEXT_MEMORY = 2 * 1024 * 1024 }; /* of texts in the log */

/* Outcomes that are not in the log yet. */
typedef struct lr_crawl_outcome_list {
  lr_crawl_outcome *outcomes;
  size_t count, capacity;
  size_t bytes; /* of records and lines */
} lr_crawl_outcome_list;

struct lr_crawl_frontier {
  lr_crawl_shared_frontier *shared; /* NULL: all is in this directory; else
                                       nothing below is used */
  char *directory;
  bool read_only, durable;
  bool has_earlier; /* the table of validators has rows */
  int64_t again_s;  /* 0: nothing is fetched again */
  int64_t compared; /* the last outcome before that began */
  int lock;         /* -1: none */
  lr_crawl_store store;
  lr_crawl_hash_key key;

  lr_crawl_seen_table seen;
  lr_crawl_host_table hosts;
  lr_crawl_queue_memory queues;
  lr_crawl_due_heap later;
  lr_crawl_id_map handed_out; /* first: host, second: tries << 3 | priority */
  lr_crawl_id_map tries;      /* of those in queues that were tried: second */
  lr_crawl_url_texts texts;
  lr_crawl_host_callback *on_host;
  void *host_context;
  uint64_t in_queues, hosts_with_queue;
  uint64_t by_kind[LR_CRAWL_OUTCOME_KINDS];
  uint64_t outdated_pages;
  uint64_t bytes; /* of bodies, of all runs */

  /* What the next commit writes. */
  uint32_t next_uncommitted; /* URL: those before it are in the log */
  size_t committed_hosts;
  uint64_t next_outcome; /* its row */
  lr_crawl_outcome_list outcomes;
  lr_crawl_fact_list facts;
  lr_crawl_fact_list read_facts; /* the ones that were read last */
  lr_crawl_media_types types;
  lr_crawl_counter_list counters;
  lr_crawl_note_list notes;
  lr_crawl_warc_series warc;
  lr_crawl_output jsonl, links;
  lr_crawl_fault failure; /* of a take; told by the next commit */
};

/* Drops the first outcomes (frontier_commit.c). */
void lr_crawl_outcomes_drop(lr_crawl_outcome_list *list, size_t count);

/* Keeps the counts as counters of the log, and reads them from there, for a
 * crawl that is only read (frontier_counts.c). */
void lr_crawl_frontier_keep_counts(lr_crawl_frontier *frontier);

/* Reads how many bytes all runs have had, from the counters. */
void lr_crawl_frontier_recall_bytes(lr_crawl_frontier *frontier);

/* Reads hosts, URLs and outcomes into memory (frontier_load.c). */
lariat_status lr_crawl_frontier_load(lr_crawl_frontier *frontier,
                                     lr_crawl_fault *fault);

/* Fills the table of validators from this crawl and an earlier one
 * (earlier.c). */
lariat_status lr_crawl_frontier_read_earlier(lr_crawl_frontier *frontier,
                                             const char *since,
                                             lr_crawl_fault *fault);

/* Adds the function lariat_hash of SQL, the id of a URL in that table. */
lariat_status lr_crawl_frontier_add_hash(lr_crawl_frontier *frontier,
                                         lr_crawl_fault *fault);
lariat_status lr_crawl_frontier_look_earlier(lr_crawl_frontier *frontier,
                                             lr_crawl_queued_url *url,
                                             lr_crawl_fault *fault);

/* Reads a URL as the texts or the database have it; the path is theirs, and
 * the caller ends LR_CRAWL_GET_URL once it is done with it.
 * (frontier_urls.c) */
lariat_status lr_crawl_frontier_read_record(lr_crawl_frontier *frontier,
                                            uint32_t id,
                                            lr_crawl_url_record *record,
                                            lr_crawl_fault *fault);

/* Returns the fingerprint of a row of LR_CRAWL_ALL_URLS; false: out of memory.
 * (frontier_load.c) */
bool lr_crawl_frontier_read_fingerprint(const lr_crawl_frontier *frontier,
                                        sqlite3_stmt *row,
                                        uint64_t *fingerprint);

/* Puts a URL into its host's queue; false: out of memory. (frontier_urls.c) */
bool lr_crawl_frontier_queue(lr_crawl_frontier *frontier, uint32_t host,
                             lr_crawl_queue_place place);

/* Writes a record's URL out, to be released; NULL: out of memory. */
char *lr_crawl_frontier_url_text(const lr_crawl_frontier *frontier,
                                 const lr_crawl_url_record *record);

#endif
