/* SPDX-License-Identifier: MIT
 * frontier.h: all URLs of a crawl on one thread: which were seen and what is
 * queued, in memory; what was found and what came of it, in a log that survives
 * the process (store.h), together with the files that it fills.
 *
 * Everything here belongs on the thread that opened the frontier, but
 * lr_crawl_fingerprint.  Nothing waits but for the disk. */
#ifndef CRAWL_FRONTIER_H
#define CRAWL_FRONTIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>

#include "fault.h"
#include "fingerprint.h"
#include "found_url.h"
#include "kept_traps.h"
#include "outcome.h"

typedef struct lr_crawl_frontier lr_crawl_frontier;

/* Everything is copied. */
typedef struct lr_crawl_frontier_options {
  const char *directory;   /* made where it is not there */
  bool durable_power;      /* down to the disk, for the power's loss */
  bool read_only;          /* to look things up, while another process may run
                              it: only counts and the readers may be called */
  bool repair;             /* where a WARC file has lost its end, what was
                              archived there is queued again */
  bool warc_uncompressed;  /* which the names of its files say */
  uint64_t warc_size;      /* a new file from so many bytes on; 0: no WARC */
  const char *warc_prefix; /* of its name; NULL: "lariat" */
  /* Files that grow with each commit; NULL: none; "-": the standard output.  A
   * pipe or a terminal may get lines twice, after a crash. */
  const char *jsonl, *links;
  const char *config; /* text, kept in the log where it differs from the last */
  const char *since;  /* directory of an earlier crawl, whose validators and
                         digests are handed out; NULL: none */
  int64_t again_s; /* URLs whose last outcome was before that, in seconds since
                      1970, are queued again; 0: none */
  /* Returns the bytes that a new WARC file begins with, a warcinfo record,
   * from lariat_memory_allocate; NULL: out of memory.  May be NULL. */
  char *(*make_warcinfo)(void *context, const char *file_name, size_t *length);
  /* Called with the path of each WARC file that is closed and renamed: once,
   * but a second time where a crash came between.  May be NULL. */
  void (*on_warc_closed)(void *context, const char *path);
  void *context;
} lr_crawl_frontier_options;

/* Opens a crawl's directory: its lock, its database (made, brought up to date,
 * or refused), its files, which are cut to what was committed; and reads queues
 * and fingerprints into memory.
 *
 * LARIAT_OK       open
 * LARIAT_EBUSY    another process runs this crawl
 * LARIAT_EFORMAT  the directory or database is another program's or of a newer
 *                 version; or a file is shorter than what was committed
 * LARIAT_EINVAL   an option makes no sense
 * LARIAT_ESYSTEM  a file cannot be read or written; `fault->error` says why
 * LARIAT_ENOMEM */
lariat_status lr_crawl_frontier_open(const lr_crawl_frontier_options *options,
                                     lr_crawl_frontier **out,
                                     lr_crawl_fault *fault);

/* Opens a worker's part of a crawl that many share (shared_frontier.h), of
 * which the functions below know what is leased, and what waits for a commit. A
 * commit ends later, counters and notes are not kept, and of outcomes nothing
 * is read. */
struct lr_crawl_sharing;
struct lr_crawl_shared_frontier;
lariat_status
lr_crawl_frontier_open_shared(const lr_crawl_frontier_options *options,
                              const struct lr_crawl_sharing *sharing,
                              lr_crawl_frontier **out, lr_crawl_fault *fault);

/* Makes a frontier of what is behind a shared one, which is its own then; NULL:
 * out of memory. */
lr_crawl_frontier *
lr_crawl_frontier_of_shared(struct lr_crawl_shared_frontier *shared);

/* Returns what is behind such a one; NULL: it is not shared. */
struct lr_crawl_shared_frontier *
lr_crawl_frontier_shared(const lr_crawl_frontier *frontier);

/* Closes all files; the open WARC file gets its final name.  What was not
 * committed is lost: those URLs are queued when the crawl goes on.  NULL is
 * allowed. */
void lr_crawl_frontier_close(lr_crawl_frontier *frontier);

/* Returns the secret that the fingerprints of this crawl are made with; it
 * stays the same. */
lr_crawl_hash_key lr_crawl_frontier_hash_key(const lr_crawl_frontier *frontier);

/* ---- URLs ---- */

/* Offers a URL: queued where its fingerprint was not seen; `*added` tells. All
 * of a page's URLs are to be offered before the page is finished: the commit
 * that has the one has the others then.
 *
 * LARIAT_OK
 * LARIAT_EINVAL     the URL or its origin is empty, or the origin is longer
 *                   than 65,535 bytes
 * LARIAT_EOVERLOAD  there are 2^32 - 2 URLs already
 * LARIAT_ENOMEM     and nothing has changed */
lariat_status lr_crawl_frontier_offer(lr_crawl_frontier *frontier,
                                      const lr_crawl_found_url *url,
                                      bool *added);

/* Tells whether a fingerprint was seen. */
bool lr_crawl_frontier_has_seen(const lr_crawl_frontier *frontier,
                                uint64_t fingerprint);

/* A queued URL that is handed out. */
typedef struct lr_crawl_queued_url {
  uint64_t id;
  char *url; /* the taker gives it back: lariat_memory_release */
  uint32_t depth;
  uint8_t priority;
  char hop;
  uint8_t hops_off_site;
  uint64_t via;
  uint32_t tries; /* LATER outcomes so far */
  /* Of an earlier crawl, or an earlier outcome; the taker's, as `url`; NULL. */
  char *etag, *last_modified;
  uint8_t old_digest[20];
  int64_t old_at_ns;        /* 0: none */
  char *old_url;            /* that had this body then; NULL: the same URL */
  char *via_url, *hop_path; /* hop_path.h; NULL: not asked for, or none */
  /* Of a shared crawl: redirects in a row that have led to it, and when it may
   * be sent, on CLOCK_BOOTTIME; 0: at any time. */
  uint8_t redirects;
  uint64_t not_before_ns, not_after_ns;
} lr_crawl_queued_url;

/* Releases what a queued URL points to. */
void lr_crawl_queued_url_clear(lr_crawl_queued_url *url);

/* Takes up to `most` URLs of a host, the first of them by priority and age;
 * those that are due later are not told.  They stay in the log until an
 * outcome.  Less than there are, where memory or the database fails; the next
 * commit then fails, too, and says why. */
size_t lr_crawl_frontier_take(lr_crawl_frontier *frontier, uint64_t host,
                              size_t most, lr_crawl_queued_url *out);

/* Puts a URL that was handed out in front of its host's queue again.
 *
 * LARIAT_OK
 * LARIAT_ENOTFOUND  it is not handed out
 * LARIAT_ENOMEM     and it stays handed out */
lariat_status lr_crawl_frontier_give_back(lr_crawl_frontier *frontier,
                                          uint64_t id);

/* Called for each host that had nothing to take and now has, from within offer,
 * give_back and wake; it may call take.  After the opening,
 * lr_crawl_frontier_tell_hosts calls it for all that have. */
typedef void lr_crawl_host_callback(void *context, uint64_t host,
                                    const char *origin);
void lr_crawl_frontier_on_host(lr_crawl_frontier *frontier,
                               lr_crawl_host_callback *callback, void *context);
void lr_crawl_frontier_tell_hosts(lr_crawl_frontier *frontier);

/* Moves what is due by `now_s` from LATER into its queue; returns when the next
 * is (INT64_MAX: never). */
int64_t lr_crawl_frontier_wake(lr_crawl_frontier *frontier, int64_t now_s);

/* Tells whether an outcome does not count, since its URL is fetched again; and
 * says that all which was to be fetched again was.  Until then a crawl that is
 * opened without `again_s` goes on with that. */
bool lr_crawl_frontier_is_outdated(const lr_crawl_frontier *frontier,
                                   uint64_t seq, int64_t at_ns);
void lr_crawl_frontier_end_again(lr_crawl_frontier *frontier);

/* ---- Outcomes and the commit ---- */

/* Takes an outcome with all it points to; it is written by the next commit.
 * The struct stays the caller's, empty.  With a `url` of 0 it is no URL's, as
 * that of robots.txt: its records and lines are written, and no row.
 *
 * LARIAT_OK
 * LARIAT_ENOTFOUND  the URL is not handed out; the outcome stays the caller's,
 * LARIAT_ENOMEM     so, too */
lariat_status lr_crawl_frontier_finish(lr_crawl_frontier *frontier,
                                       lr_crawl_outcome *outcome);

/* Queues those URLs again whose last outcome is TRAP with this note, the shape
 * that they were parked for: they are due at once (wake), and the next commit
 * says so.  `*count` tells how many; asked again it finds none.  It reads all
 * outcomes.
 *
 * LARIAT_OK
 * LARIAT_ESYSTEM  the database cannot be read
 * LARIAT_ENOMEM   some may be queued */
lariat_status lr_crawl_frontier_unpark(lr_crawl_frontier *frontier,
                                       const char *shape, uint64_t *count);

/* Keeps a shape that is closed, at once, or drops it; adds all that are kept to
 * a list.  A shared crawl keeps none.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ESYSTEM  the database cannot be written, or read */
lariat_status lr_crawl_frontier_keep_trap(lr_crawl_frontier *frontier,
                                          const lr_crawl_kept_trap *trap,
                                          lr_crawl_fault *fault);
lariat_status lr_crawl_frontier_drop_trap(lr_crawl_frontier *frontier,
                                          const char *shape,
                                          lr_crawl_fault *fault);
lariat_status lr_crawl_frontier_read_traps(lr_crawl_frontier *frontier,
                                           lr_crawl_kept_traps *list,
                                           lr_crawl_fault *fault);

/* Facts that are kept of a host. */
typedef struct lr_crawl_host_facts {
  uint64_t host;
  const char *ip;                        /* NULL: not known */
  int64_t robots_at_s, robots_expires_s; /* 0: none */
  int robots_status;
  const char *robots; /* its text */
  size_t robots_length;
  uint32_t delay_ms;
  const char *note;
} lr_crawl_host_facts;

/* Keeps a copy of these facts, in the place of those that were known.
 *
 * LARIAT_OK
 * LARIAT_ENOTFOUND  there is no such host
 * LARIAT_ENOMEM */
lariat_status lr_crawl_frontier_set_host(lr_crawl_frontier *frontier,
                                         const lr_crawl_host_facts *facts);

/* Reads the facts as they are known, and returns whether there is such a host;
 * the texts are the frontier's until the next call. */
bool lr_crawl_frontier_host(lr_crawl_frontier *frontier, uint64_t host,
                            lr_crawl_host_facts *out);

/* Returns the id of an origin's host, 0: none; and the origin of an id, NULL:
 * none. */
uint64_t lr_crawl_frontier_find_host(const lr_crawl_frontier *frontier,
                                     const char *origin);
const char *lr_crawl_frontier_origin(const lr_crawl_frontier *frontier,
                                     uint64_t host);

/* Keeps a number under a name with the next commit, for status and reports;
 * reads it, 0 where there is none. */
lariat_status lr_crawl_frontier_set_counter(lr_crawl_frontier *frontier,
                                            const char *name, int64_t value);
int64_t lr_crawl_frontier_counter(const lr_crawl_frontier *frontier,
                                  const char *name);

/* Leaves in the directory that the disk is full, and tells whether the last run
 * has: in its lock, since the log cannot be written then. */
void lr_crawl_frontier_mark_full(const lr_crawl_frontier *frontier);
bool lr_crawl_frontier_was_full(const lr_crawl_frontier *frontier);

/* Adds a line to the crawl's diary, with the next commit. */
lariat_status lr_crawl_frontier_note(lr_crawl_frontier *frontier, int64_t at_s,
                                     const char *what);

/* Writes all since the last commit: the records behind the WARC's end and the
 * lines, then one transaction for each WARC file, which also says how long each
 * file is.
 *
 * LARIAT_OK       all is in the log
 * LARIAT_ESYSTEM  something cannot be written; `fault->error` is ENOSPC where
 *                 the disk is full.  Nothing is lost: a later commit writes it
 * LARIAT_ENOMEM   as well */
lariat_status lr_crawl_frontier_commit(lr_crawl_frontier *frontier,
                                       lr_crawl_fault *fault);
bool lr_crawl_frontier_has_uncommitted(const lr_crawl_frontier *frontier);

/* Returns how many bytes of records and lines wait for a commit. */
size_t lr_crawl_frontier_uncommitted_bytes(const lr_crawl_frontier *frontier);

enum { LR_CRAWL_OUTCOME_KINDS = 16 };

typedef struct lr_crawl_frontier_counts {
  uint64_t known;                           /* URLs in all */
  uint64_t queued;                          /* without a last outcome */
  uint64_t later;                           /* of those, due later */
  uint64_t handed_out;                      /* of those, taken */
  uint64_t by_kind[LR_CRAWL_OUTCOME_KINDS]; /* outcomes, by
                                               lr_crawl_outcome_kind */
  uint64_t outdated_pages; /* of the outcomes, what is fetched again */
  uint64_t bytes;          /* of the bodies of outcomes */
  uint64_t hosts, hosts_with_queue;
  uint64_t warc_files, warc_bytes;
  uint64_t memory; /* bytes of queues, fingerprints, hosts and recent texts */
} lr_crawl_frontier_counts;

/* Returns what there is; of a crawl that is only read, as of its last commit
 * before the opening. */
lr_crawl_frontier_counts
lr_crawl_frontier_count(const lr_crawl_frontier *frontier);

/* ---- Readers, of a crawl that runs, is stopped, or is only read ---- */

/* A URL that is known. */
typedef struct lr_crawl_known_url {
  uint64_t id, host, via, fingerprint;
  uint32_t depth;
  uint8_t priority, hops_off_site;
  char hop;
  char *url; /* the reader gives it back: lariat_memory_release */
} lr_crawl_known_url;

/* Reads a URL by its id, or finds the one of a fingerprint, which reads the
 * whole table where the URL was seen before: a second for some millions.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ESYSTEM
 * LARIAT_ENOTFOUND  it is not known */
lariat_status lr_crawl_frontier_read_url(lr_crawl_frontier *frontier,
                                         uint64_t id, lr_crawl_known_url *out);
lariat_status lr_crawl_frontier_find_url(lr_crawl_frontier *frontier,
                                         uint64_t fingerprint,
                                         lr_crawl_known_url *out);

/* An outcome that is in the log; all is SQLite's until the callback returns. */
typedef struct lr_crawl_past_outcome {
  uint64_t seq, url, host;
  lr_crawl_outcome_kind kind;
  int status;
  int64_t at_ns;
  uint32_t took_ms;
  uint64_t bytes;
  const uint8_t *digest; /* 20 bytes; NULL: none */
  const char *warc;      /* the file's name in DIR/warc; NULL: none */
  uint64_t offset, length, response_offset, response_length;
  int64_t next_s;
  const char *type, *note, *etag, *last_modified; /* NULL: none */
} lr_crawl_past_outcome;

/* Calls back for each outcome of a URL, or of all (0), in the order of commits,
 * until it returns false.  Those of one URL are searched for.
 *
 * LARIAT_OK, LARIAT_ESYSTEM, LARIAT_ENOMEM */
typedef bool lr_crawl_outcome_callback(void *context,
                                       const lr_crawl_past_outcome *outcome);
lariat_status
lr_crawl_frontier_each_outcome(lr_crawl_frontier *frontier, uint64_t url,
                               lr_crawl_outcome_callback *callback,
                               void *context);

/* Returns how many URLs wait in a host's queue: neither handed out, nor due
 * later. */
uint64_t lr_crawl_frontier_host_queued(lr_crawl_frontier *frontier,
                                       uint64_t host);

/* Tells how many URLs of its host are before a queued one; of a crawl that is
 * only read by looking at all outcomes, which takes a second for some millions.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ESYSTEM
 * LARIAT_ENOTFOUND  it is not in the queue: it is handed out, or due later, or
 *                   done; of a crawl that is only read this is not seen */
lariat_status lr_crawl_frontier_count_before(lr_crawl_frontier *frontier,
                                             const lr_crawl_known_url *url,
                                             uint64_t *count);

/* Returns the number of hosts; their ids are 1 and up. */
uint64_t lr_crawl_frontier_host_count(const lr_crawl_frontier *frontier);

/* Returns the text of the last configuration, the frontier's until the next
 * call; NULL: none. */
const char *lr_crawl_frontier_config(lr_crawl_frontier *frontier);

/* Keeps another one, at once, where it differs from the last; NULL: nothing is
 * done.
 *
 * LARIAT_OK
 * LARIAT_ESYSTEM  the database cannot be written */
lariat_status lr_crawl_frontier_keep_config(lr_crawl_frontier *frontier,
                                            const char *text,
                                            lr_crawl_fault *fault);

#endif
