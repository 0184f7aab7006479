/* SPDX-License-Identifier: MIT
 * crawl_work.c: what the crawl's thread does with reports, and what it hands
 * out: the frontier is asked, the shards get their URLs. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "crawl_private.h"
#include "finding.h"
#include "hop_path.h"
#include "memory.h"

enum {
  COMMIT_BYTES = 16 * 1024 * 1024,
  MOST_TAKEN = 256,   /* URLs of a host at once */
  MOST_REDIRECTS = 20 /* in a row */
};

/* Returns the budget that a host has by its own options; 0: none. */
static uint32_t choose_budget(const lariat_crawl *crawl, const char *origin) {
  const char *host = strstr(origin, "://");
  const char *end = strrchr(origin, ':');
  if (!crawl->settings->options.host_count || !host) return 0;
  host += strlen("://");
  const lariat_crawl_host_options *own =
      lr_crawl_settings_host(crawl->settings, host, (size_t)(end - host));
  if (!own || own->max_pages < 0) return 0;
  return own->max_pages > 0 && own->max_pages < UINT32_MAX
             ? (uint32_t)own->max_pages
             : UINT32_MAX;
}

static bool check(lariat_crawl *crawl, lariat_status status, const char *what) {
  lr_crawl_fault fault = {0};
  if (status == LARIAT_OK) return true;
  lr_crawl_fault_set(&fault, status, status == LARIAT_ESYSTEM ? errno : 0, "%s",
                     what);
  lr_crawl_give_up(crawl, &fault);
  return false;
}

void lr_crawl_take_host(void *context, uint64_t host, const char *origin) {
  lariat_crawl *crawl = context;
  unsigned shard = lr_crawl_shard_of(crawl->settings, crawl->count, origin);
  lr_crawl_dispatched_host *own =
      lr_crawl_dispatch_host(&crawl->dispatch, host);
  if (own) own->most_pages = choose_budget(crawl, origin);
  if (!lr_crawl_dispatch_add(&crawl->dispatch, host, shard))
    (void)check(crawl, LARIAT_ENOMEM, "out of memory");
}

/* ---- Giving ---- */

static void give_work(void *context) {
  lariat_crawl *crawl = context;
  crawl->away.flushing = false;
  for (unsigned i = 0; i < crawl->count; i++) {
    lr_crawl_member *member = &crawl->members[i];
    lr_crawl_work *work = member->work;
    member->work = NULL;
    if (work && !member->ended)
      lr_crawl_tell_shard(&(lr_crawl_message){
          .to = member, .take = lr_crawl_take_work, .work = work});
    else
      lr_crawl_work_free(work);
  }
}

/* Returns what a shard is given next; NULL: no memory. */
static lr_crawl_work *work_of(lr_crawl_member *member) {
  lariat_crawl *crawl = member->crawl;
  if (!member->work) member->work = lr_crawl_work_new();
  if (member->work && !crawl->away.flushing)
    crawl->away.flushing = lariat_reactor_call_soon(crawl->reactor, give_work,
                                                    crawl, NULL) == LARIAT_OK;
  return member->work;
}

/* Tells the shard what an earlier run knows of a host, with its first URLs. */
static void add_host_to_work(lariat_crawl *crawl, lr_crawl_work *work,
                             uint64_t host) {
  lr_crawl_dispatched_host *own = &crawl->dispatch.hosts[host];
  lr_crawl_host_facts facts;
  if (own->is_told || !work) return;
  own->is_told = true;
  const char *origin = lr_crawl_frontier_origin(crawl->frontier, host);
  if ((crawl->resumed || lr_crawl_frontier_shared(crawl->frontier)) && origin &&
      lr_crawl_frontier_host(crawl->frontier, host, &facts) &&
      facts.robots_at_s)
    lr_crawl_work_add_host(work, origin, &facts);
}

void lr_crawl_renew_host(void *context, uint64_t host, const char *origin,
                         uint64_t not_after_ns) {
  lariat_crawl *crawl = context;
  const lr_crawl_dispatched_host *own =
      lr_crawl_dispatch_host(&crawl->dispatch, host);
  lr_crawl_work *work = own && crawl->state == LR_CRAWL_GOING
                            ? work_of(&crawl->members[own->shard])
                            : NULL;
  if (work) lr_crawl_work_add_renewal(work, origin, host, not_after_ns);
}

/* Gives URLs of a host to its shard.  Without memory for one the crawl ends,
 * which would wait for its outcome; the next run has it. */
static void add_to_work(lariat_crawl *crawl, uint64_t host,
                        lr_crawl_queued_url *queued, size_t count) {
  lr_crawl_member *member = &crawl->members[crawl->dispatch.hosts[host].shard];
  lr_crawl_work *work = work_of(member);
  bool lost = false;
  add_host_to_work(crawl, work, host);
  for (size_t i = 0; i < count; i++) {
    if (crawl->settings->options.warc_metadata)
      lr_crawl_hop_path_add(crawl->frontier, &queued[i]);
    if (work && lr_crawl_work_add(work, &queued[i], host)) continue;
    lr_crawl_queued_url_clear(&queued[i]);
    lost = true;
  }
  if (lost) (void)check(crawl, LARIAT_ENOMEM, "out of memory");
}

/* ---- Budgets ---- */

/* Returns how many pages may still be asked for. */
static uint64_t pages_left(const lariat_crawl *crawl) {
  uint64_t most = crawl->settings->options.max_pages;
  uint64_t used = crawl->pages + crawl->dispatch.away;
  if (most == 0) return UINT64_MAX;
  return most > used ? most - used : 0;
}

/* Returns how many pages of a host may still be. */
static uint64_t host_pages_left(const lariat_crawl *crawl,
                                const lr_crawl_dispatched_host *host) {
  const lariat_crawl_options *options = &crawl->settings->options;
  uint64_t most = options->max_pages_per_host;
  uint64_t used = (uint64_t)host->pages + host->away;
  if (options->max_bytes_per_host && host->bytes >= options->max_bytes_per_host)
    return 0;
  if (host->most_pages)
    most = host->most_pages == UINT32_MAX ? 0 : host->most_pages;
  if (most == 0) return UINT64_MAX;
  return most > used ? most - used : 0;
}

static bool note_spent(void *context, const lr_crawl_past_outcome *past) {
  lariat_crawl *crawl = context;
  if (lr_crawl_frontier_is_outdated(crawl->frontier, past->seq, past->at_ns))
    return true;
  lr_crawl_dispatched_host *host =
      lr_crawl_dispatch_host(&crawl->dispatch, past->host);
  if (!host) return false;
  host->pages +=
      past->kind == LR_CRAWL_FETCHED || past->kind == LR_CRAWL_REVISIT;
  host->bytes += past->bytes;
  return true;
}

lariat_status lr_crawl_recall_budgets(lariat_crawl *crawl) {
  const lariat_crawl_options *options = &crawl->settings->options;
  bool any = options->max_pages_per_host || options->max_bytes_per_host ||
             options->host_count;
  if (!crawl->resumed || !any) return LARIAT_OK;
  return lr_crawl_frontier_each_outcome(crawl->frontier, 0, note_spent, crawl);
}

static size_t least(size_t one, uint64_t other) {
  return other < one ? (size_t)other : one;
}

/* Takes URLs of a host; false: nothing more can be handed out now. */
static bool hand_out_host(lariat_crawl *crawl, uint64_t host) {
  lr_crawl_queued_url queued[MOST_TAKEN];
  lr_crawl_dispatched_host *own = &crawl->dispatch.hosts[host];
  size_t allowance = lr_crawl_dispatch_allowance(&crawl->dispatch, own);
  if (allowance == 0 && own->away) return true; /* until one comes back */
  size_t left = least(least(MOST_TAKEN, allowance), pages_left(crawl));
  if (left == 0) {
    lr_crawl_dispatch_put_back(&crawl->dispatch, host);
    return false;
  }
  size_t own_left = least(left, host_pages_left(crawl, own));
  if (own_left == 0) {
    own->is_full = own->away == 0;
    return true;
  }
  size_t count =
      lr_crawl_frontier_take(crawl->frontier, host, own_left, queued);
  lr_crawl_dispatch_gave(&crawl->dispatch, host, own_left, count);
  add_to_work(crawl, host, queued, count);
  return true;
}

void lr_crawl_hand_out(lariat_crawl *crawl) {
  uint64_t host;
  if (crawl->state != LR_CRAWL_GOING || crawl->paused) return;
  while (crawl->state == LR_CRAWL_GOING &&
         lr_crawl_dispatch_next(&crawl->dispatch, &host))
    if (!hand_out_host(crawl, host)) return;
}

/* ---- Taking ---- */

bool lr_crawl_is_host_too_many(const lariat_crawl *crawl,
                               const lr_crawl_found_url *found) {
  uint64_t most = crawl->settings->options.max_hosts;
  return most && lr_crawl_frontier_host_count(crawl->frontier) >= most &&
         !lr_crawl_frontier_find_host(crawl->frontier, found->origin);
}

/* Tells whether so many redirects in a row have led to a URL that another is
 * not followed. */
static bool is_redirect_trap(lariat_crawl *crawl,
                             const lr_crawl_found_url *found) {
  if (lr_crawl_frontier_shared(crawl->frontier))
    return found->redirects >= MOST_REDIRECTS;
  uint64_t via = found->via;
  char hop = found->hop;
  unsigned count = 0;
  while (hop == 'R' && via && count < MOST_REDIRECTS) {
    lr_crawl_known_url known;
    if (lr_crawl_frontier_read_url(crawl->frontier, via, &known) != LARIAT_OK)
      return false;
    hop = known.hop;
    via = known.via;
    count++;
    lariat_memory_release(known.url);
  }
  return count == MOST_REDIRECTS;
}

/* Tells whether a sitemap's host has named so many that it is not taken. */
static bool is_sitemap_trap(lariat_crawl *crawl,
                            const lr_crawl_found_url *found) {
  uint64_t id = lr_crawl_frontier_find_host(crawl->frontier, found->origin);
  const lr_crawl_dispatched_host *host =
      id ? lr_crawl_dispatch_host(&crawl->dispatch, id) : NULL;
  return host && host->sitemaps >= crawl->most_sitemaps;
}

static void count_sitemap(lariat_crawl *crawl,
                          const lr_crawl_found_url *found) {
  uint64_t id = lr_crawl_frontier_find_host(crawl->frontier, found->origin);
  lr_crawl_dispatched_host *host = lr_crawl_dispatch_host(&crawl->dispatch, id);
  if (host) host->sitemaps++;
}

static bool take_urls(lariat_crawl *crawl, const lr_crawl_report *report) {
  for (size_t i = 0; i < report->url_count; i++) {
    lr_crawl_found_url found = lr_crawl_report_url(report, i);
    bool added;
    if (found.hop == 'R' && is_redirect_trap(crawl, &found)) {
      crawl->redirect_traps++;
      continue;
    }
    if (found.hop == 'S' && is_sitemap_trap(crawl, &found)) {
      crawl->sitemap_traps++;
      continue;
    }
    if (lr_crawl_is_host_too_many(crawl, &found)) {
      crawl->hosts_rejected++;
      continue;
    }
    lariat_status status =
        lr_crawl_frontier_offer(crawl->frontier, &found, &added);
    if (status == LARIAT_OK && found.hop == 'R')
      status = lr_crawl_narrow(crawl, &found);
    if (!check(crawl, status, "the log of URLs cannot be written"))
      return false;
    if (added && found.hop == 'S') count_sitemap(crawl, &found);
  }
  return true;
}

static void count_page(lariat_crawl *crawl, const lr_crawl_outcome *outcome) {
  lr_crawl_dispatched_host *host =
      lr_crawl_dispatch_host(&crawl->dispatch, outcome->host);
  bool is_page =
      outcome->kind == LR_CRAWL_FETCHED || outcome->kind == LR_CRAWL_REVISIT;
  crawl->bytes += outcome->bytes;
  crawl->pages += is_page;
  if (!host) return;
  host->pages += is_page;
  host->bytes += outcome->bytes;
}

static bool take_outcomes(lariat_crawl *crawl, lr_crawl_report *report) {
  for (size_t i = 0; i < report->outcome_count; i++) {
    lr_crawl_outcome *outcome = &report->outcomes[i];
    uint64_t host = outcome->host;
    bool is_url = outcome->url != 0;
    if (is_url) count_page(crawl, outcome);
    lariat_status status = lr_crawl_frontier_finish(crawl->frontier, outcome);
    if (!check(crawl, status, "the log of outcomes cannot be written"))
      return false;
    if (is_url) lr_crawl_dispatch_got(&crawl->dispatch, host);
    crawl->uncommitted++;
  }
  return true;
}

static bool take_hosts(lariat_crawl *crawl, const lr_crawl_report *report) {
  for (size_t i = 0; i < report->host_count; i++) {
    lr_crawl_host_facts facts = lr_crawl_report_host(report, i);
    lariat_status status = lr_crawl_frontier_set_host(crawl->frontier, &facts);
    if (!check(crawl, status, "the log of hosts cannot be written"))
      return false;
  }
  return true;
}

/* Keeps the shapes that are closed now. */
static bool take_closed_traps(lariat_crawl *crawl,
                              const lr_crawl_report *report) {
  const lr_crawl_kept_traps *list = &report->closed_traps;
  lr_crawl_fault fault = {0};
  for (size_t i = 0; i < list->count; i++) {
    if (lr_crawl_frontier_keep_trap(crawl->frontier, &list->traps[i], &fault) ==
        LARIAT_OK)
      continue;
    lr_crawl_give_up(crawl, &fault);
    return false;
  }
  return true;
}

/* Queues what was parked for a shape that is open now.  The outcomes that the
 * shard had told before it are in the frontier by then. */
static bool take_opened_trap(lariat_crawl *crawl,
                             const lr_crawl_report *report) {
  uint64_t count;
  if (!report->opened_trap) return true;
  lariat_status status =
      lr_crawl_frontier_unpark(crawl->frontier, report->opened_trap, &count);
  if (status == LARIAT_OK)
    status =
        lr_crawl_frontier_drop_trap(crawl->frontier, report->opened_trap, NULL);
  return check(crawl, status, "the log of outcomes cannot be read");
}

/* Takes back what a shard could not send in time. */
static bool take_returned(lariat_crawl *crawl, const lr_crawl_report *report) {
  for (size_t i = 0; i < report->returned_count; i++) {
    const lr_crawl_returned_url *of = &report->returned[i];
    lariat_status status =
        lr_crawl_frontier_give_back(crawl->frontier, of->url);
    if (status != LARIAT_ENOTFOUND && !check(crawl, status, "out of memory"))
      return false;
    lr_crawl_dispatch_got(&crawl->dispatch, of->host);
  }
  return true;
}

/* Takes what is in a report into the frontier: the URLs that a page names
 * before the page's outcome, so that none is lost with the process. */
static void take_parts(lariat_crawl *crawl, lr_crawl_report *report) {
  if (!crawl->frontier || crawl->end == LARIAT_CRAWL_DISK) return;
  if (!take_hosts(crawl, report) || !take_urls(crawl, report) ||
      !take_outcomes(crawl, report) || !take_closed_traps(crawl, report) ||
      !take_opened_trap(crawl, report) || !take_returned(crawl, report))
    return;
  if (crawl->uncommitted >= crawl->commit_outcomes ||
      lr_crawl_frontier_uncommitted_bytes(crawl->frontier) >= COMMIT_BYTES)
    (void)lr_crawl_commit(crawl);
}

/* Tells a shard that its reports were taken; while too much waits for the
 * database of a shared crawl it is told later, and asks for nothing more. */
static void acknowledge(lr_crawl_member *member) {
  lariat_crawl *crawl = member->crawl;
  lr_crawl_shared_frontier *shared =
      crawl->frontier ? lr_crawl_frontier_shared(crawl->frontier) : NULL;
  if (!member->unacknowledged || member->ended ||
      (shared && lr_crawl_shared_frontier_is_full(shared)))
    return;
  lr_crawl_work *work = work_of(member);
  if (!work) return;
  work->acknowledged += member->unacknowledged;
  member->unacknowledged = 0;
}

void lr_crawl_acknowledge(lariat_crawl *crawl) {
  for (unsigned i = 0; i < crawl->count; i++) acknowledge(&crawl->members[i]);
}

void lr_crawl_give_rest(lariat_crawl *crawl) {
  for (unsigned i = 0; i < crawl->count; i++)
    if (crawl->members[i].work) (void)work_of(&crawl->members[i]);
  lr_crawl_acknowledge(crawl);
}

void lr_crawl_take_report(lr_crawl_message *message) {
  lr_crawl_member *member = message->to;
  lariat_crawl *crawl = member->crawl;
  lr_crawl_report *report = message->report;
  member->counts = report->counts;
  member->unacknowledged += report->bytes;
  take_parts(crawl, report);
  if (!report->ended) acknowledge(member);
  if (report->failed && crawl->state == LR_CRAWL_GOING)
    (void)check(crawl, LARIAT_ENOMEM, "out of memory");
  if (report->ended) {
    lr_crawl_note_end(crawl, member);
    return;
  }
  lr_crawl_hand_out(crawl);
  lr_crawl_look_at_end(crawl);
}

bool lr_crawl_commit(lariat_crawl *crawl) {
  lr_crawl_fault fault = {0};
  crawl->uncommitted = 0;
  if (!lr_crawl_frontier_has_uncommitted(crawl->frontier)) return true;
  if (lr_crawl_frontier_commit(crawl->frontier, &fault) == LARIAT_OK)
    return true;
  lr_crawl_give_up(crawl, &fault);
  return false;
}

/* ---- Seeds ---- */

static lariat_status offer(lariat_crawl *crawl, const lariat_crawl_seed *seed,
                           char hop, const lariat_url *url) {
  const lr_crawl_settings *settings = crawl->settings;
  char origin[LR_CRAWL_MOST_ORIGIN];
  size_t length;
  bool added;
  const char *text = lr_crawl_fetched_text(url, &length);
  char *copy = lr_crawl_copy_bytes(text, length);
  lr_crawl_found_url found = {.url = copy,
                              .length = (uint32_t)length,
                              .fingerprint = lr_crawl_fingerprint_of(
                                  settings->keys, settings->hash, url),
                              .origin = origin,
                              .depth = seed->depth,
                              .priority = (uint8_t)seed->priority,
                              .hop = hop};
  lariat_status status = LARIAT_ENOMEM;
  if (lr_crawl_origin_of(url, origin, sizeof origin) >= sizeof origin)
    status = LARIAT_EURL;
  else if (copy && found.fingerprint)
    status = lr_crawl_frontier_offer(crawl->frontier, &found, &added);
  lariat_memory_release(copy);
  return status;
}

lariat_status lr_crawl_offer(lariat_crawl *crawl, const lariat_crawl_seed *seed,
                             char hop) {
  lariat_url *url = NULL, *bare = NULL;
  lariat_status status =
      lariat_url_parse(seed->url, strlen(seed->url), NULL, &url, NULL);
  if (status == LARIAT_OK)
    status = lariat_url_copy_without(
        url, LARIAT_URL_USERINFO | LARIAT_URL_FRAGMENT, &bare);
  if (status == LARIAT_OK) status = offer(crawl, seed, hop, bare);
  lariat_url_free(url);
  lariat_url_free(bare);
  return status;
}
