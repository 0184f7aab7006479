/* SPDX-License-Identifier: MIT
 * worker_commit.c: what a worker has found and fetched goes to the database:
 * into the files first, then, with how long those are, into one transaction,
 * which a lost lease refuses. */
#include "memory.h"
#include "shared_frontier_private.h"

/* A batch with the arrays that it points to. */
typedef struct batch {
  lr_crawl_shared_batch of;
  uint64_t *queues;
  int64_t *epochs;
  bool *has_queue; /* by the place of the lease */
  lr_crawl_shared_outcome *outcomes;
  lr_crawl_shared_found *found;
  lr_crawl_shared_host *hosts;
  uint64_t *host_queues;
  uint64_t *offsets;
  lr_crawl_shared_file files[LR_CRAWL_SHARED_FILES];
  size_t part; /* outcomes that it has */
} batch;

/* ---- Making a batch ---- */

static bool allocate(batch *made, const lr_crawl_shared_frontier *frontier) {
  const lr_crawl_pending *pending = &frontier->commit.pending;
  size_t places = frontier->leases.used + 1;
  made->queues = lr_crawl_allocate(places, sizeof *made->queues);
  made->epochs = lr_crawl_allocate(places, sizeof *made->epochs);
  made->has_queue = lr_crawl_allocate(places, sizeof *made->has_queue);
  made->outcomes =
      lr_crawl_allocate(pending->outcome_count + 1, sizeof *made->outcomes);
  made->offsets =
      lr_crawl_allocate(pending->outcome_count + 1, sizeof *made->offsets);
  made->found = lr_crawl_allocate(pending->url_count + 1, sizeof *made->found);
  made->hosts =
      lr_crawl_allocate(pending->facts.count + 1, sizeof *made->hosts);
  made->host_queues =
      lr_crawl_allocate(pending->facts.count + 1, sizeof *made->host_queues);
  return made->queues && made->epochs && made->has_queue && made->outcomes &&
         made->offsets && made->found && made->hosts && made->host_queues;
}

static void clear(batch *made) {
  void *const owned[] = {made->queues,      made->epochs, made->has_queue,
                         made->outcomes,    made->found,  made->hosts,
                         made->host_queues, made->offsets};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
    lariat_memory_release(owned[i]);
}

/* Says that a queue is to be this worker's; false: it is not, as far as is
 * known here. */
static bool add_queue(batch *made, const lr_crawl_shared_frontier *frontier,
                      uint64_t queue) {
  uint32_t place = lr_crawl_leases_find(&frontier->leases, queue);
  const lr_crawl_worker_lease *lease =
      lr_crawl_leases_at(&frontier->leases, place);
  if (!lease) return false;
  if (made->has_queue[place]) return true;
  made->has_queue[place] = true;
  made->queues[made->of.queue_count] = queue;
  made->epochs[made->of.queue_count++] = lease->epoch;
  return true;
}

static void add_outcomes(batch *made,
                         const lr_crawl_shared_frontier *frontier) {
  for (size_t i = 0; i < made->part; i++) {
    const lr_crawl_pending_outcome *of = &frontier->commit.pending.outcomes[i];
    bool archived =
        lr_crawl_warc_series_takes(&frontier->files.warc, &of->outcome);
    if (!of->queue || !add_queue(made, frontier, of->queue)) continue;
    made->outcomes[made->of.outcome_count++] = (lr_crawl_shared_outcome){
        .queue = of->queue,
        .outcome = &of->outcome,
        .warc = archived ? frontier->files.warc.id : 0,
        .offset = archived ? made->offsets[i] : 0,
        .length = archived ? of->outcome.records_length : 0};
  }
}

static char *text_of(const char *text) { return (char *)(uintptr_t)text; }

static void add_facts(batch *made, const lr_crawl_shared_frontier *frontier) {
  const lr_crawl_fact_list *list = &frontier->commit.pending.facts;
  for (size_t i = 0; i < list->count; i++) {
    const lr_crawl_host_facts *facts = &list->facts[i];
    const lr_crawl_leased_host *host =
        lr_crawl_shared_host_at(frontier, facts->host);
    const lr_crawl_worker_lease *lease =
        host ? lr_crawl_leases_at(&frontier->leases, host->lease) : NULL;
    if (!lease || !add_queue(made, frontier, lease->queue)) continue;
    made->host_queues[made->of.host_count] = lease->queue;
    made->hosts[made->of.host_count++] = (lr_crawl_shared_host){
        .origin =
            text_of(lr_crawl_hosts_at(&frontier->hosts, facts->host)->origin),
        .ip = text_of(facts->ip),
        .robots = text_of(facts->robots),
        .note = text_of(facts->note),
        .robots_length = facts->robots_length,
        .robots_at_s = facts->robots_at_s,
        .robots_expires_s = facts->robots_expires_s,
        .robots_status = facts->robots_status,
        .delay_ms = facts->delay_ms};
  }
}

static void add_found(batch *made, const lr_crawl_shared_frontier *frontier) {
  const lr_crawl_pending *pending = &frontier->commit.pending;
  for (size_t i = 0; i < pending->url_count; i++)
    made->found[i] = lr_crawl_pending_url_at(pending, i);
  made->of.found_count = pending->url_count;
}

static void add_releases(batch *made,
                         const lr_crawl_shared_frontier *frontier) {
  const lr_crawl_shared_commit_state *state = &frontier->commit;
  for (size_t i = 0; i < state->release_count; i++)
    (void)add_queue(made, frontier, state->releases[i].queue);
  made->of.releases = state->releases;
  made->of.release_count = state->release_count;
}

static void fill(batch *made, const lr_crawl_shared_frontier *frontier) {
  made->of.number = frontier->commit.number;
  add_outcomes(made, frontier);
  add_facts(made, frontier);
  add_found(made, frontier);
  add_releases(made, frontier);
  made->of.queues = made->queues;
  made->of.epochs = made->epochs;
  made->of.outcomes = made->outcomes;
  made->of.found = made->found;
  made->of.hosts = made->hosts;
  made->of.host_queues = made->host_queues;
  made->of.files = made->files;
  made->of.file_count = lr_crawl_shared_files_describe(
      &frontier->files, frontier->commit.last, made->files);
}

/* ---- After the commit ---- */

/* Forgets the URLs whose outcomes are committed. */
static void keep_outcomes(lr_crawl_shared_frontier *frontier,
                          const batch *made) {
  for (size_t i = 0; i < made->of.outcome_count; i++) {
    const lr_crawl_shared_outcome *of = &made->outcomes[i];
    uint32_t place = lr_crawl_leases_find(&frontier->leases, of->queue);
    lr_crawl_worker_lease *lease = lr_crawl_leases_at(&frontier->leases, place);
    lr_crawl_leased_remove(&frontier->urls, of->outcome->url);
    if (lease && lease->done) lease->done--;
  }
}

/* Notes which of the queues have URLs now that are not with this worker. */
static void keep_found(lr_crawl_shared_frontier *frontier, const batch *made) {
  for (size_t i = 0; i < made->of.found_count; i++) {
    uint32_t place =
        lr_crawl_leases_find(&frontier->leases, made->found[i].queue);
    lr_crawl_worker_lease *lease = lr_crawl_leases_at(&frontier->leases, place);
    if (lease) lease->has_more = true;
  }
}

static void end_leases(lr_crawl_shared_frontier *frontier) {
  lr_crawl_shared_commit_state *state = &frontier->commit;
  for (size_t i = 0; i < state->release_count; i++)
    lr_crawl_shared_drop_lease(
        frontier,
        lr_crawl_leases_find(&frontier->leases, state->releases[i].queue));
  state->release_count = 0;
}

static void keep(lr_crawl_shared_frontier *frontier, const batch *made,
                 uint64_t added) {
  lr_crawl_shared_commit_state *state = &frontier->commit;
  keep_outcomes(frontier, made);
  if (added) keep_found(frontier, made);
  end_leases(frontier);
  lr_crawl_shared_files_keep(&frontier->files, state->last);
  lr_crawl_pending_drop_outcomes(&state->pending, made->part);
  lr_crawl_pending_drop_urls(&state->pending);
  state->tried = false;
}

/* Drops what a lost queue has of the batch, and of what comes behind it.  The
 * URLs that its pages have named stay: they were found. */
static void drop_queue(lr_crawl_shared_frontier *frontier, uint64_t queue) {
  lr_crawl_shared_commit_state *state = &frontier->commit;
  size_t left = 0;
  lr_crawl_pending_drop_queue(&state->pending, queue);
  lr_crawl_pending_drop_queue(&frontier->pending, queue);
  for (size_t i = 0; i < state->release_count; i++)
    if (state->releases[i].queue != queue)
      state->releases[left++] = state->releases[i];
  state->release_count = left;
  lr_crawl_shared_drop_lease(frontier,
                             lr_crawl_leases_find(&frontier->leases, queue));
}

/* Takes a refusal: the files are cut back, and the next batch is without the
 * queues that were lost. */
static lariat_status take_refusal(lr_crawl_shared_frontier *frontier,
                                  const lr_crawl_shared_result *result,
                                  lr_crawl_fault *fault) {
  for (size_t i = 0; i < result->lost_count; i++)
    drop_queue(frontier, result->lost[i]);
  frontier->commit.tried = false;
  return lr_crawl_shared_files_cut(&frontier->files, fault);
}

/* ---- The commit ---- */

/* Begins the next batch with what waits; false: nothing does. */
static bool begin(lr_crawl_shared_frontier *frontier, bool last) {
  lr_crawl_shared_commit_state *state = &frontier->commit;
  if (state->tried) return true; /* as it was, with its number */
  if (lr_crawl_pending_is_empty(&state->pending)) {
    lr_crawl_pending empty = state->pending;
    state->pending = frontier->pending;
    frontier->pending = empty;
  }
  state->number = lr_crawl_shared_last_batch(frontier->run.store) + 1;
  state->last = last && lr_crawl_pending_is_empty(&state->pending);
  return state->release_count || frontier->files.unknown ||
         !lr_crawl_pending_is_empty(&state->pending) ||
         (state->last && frontier->files.warc.output.length);
}

static lariat_status send(lr_crawl_shared_frontier *frontier, batch *made,
                          lr_crawl_fault *fault) {
  lr_crawl_shared_result result = {0};
  frontier->commit.tried = true;
  lariat_status status =
      lr_crawl_shared_commit(frontier->run.store, &made->of, &result, fault);
  if (!status && result.committed)
    keep(frontier, made, result.added);
  else if (!status)
    status = take_refusal(frontier, &result, fault);
  lariat_memory_release(result.lost);
  return status;
}

static lariat_status commit_one(lr_crawl_shared_frontier *frontier,
                                lr_crawl_fault *fault) {
  batch made = {0};
  lariat_status status =
      allocate(&made, frontier) ? LARIAT_OK : lr_crawl_fault_memory(fault);
  if (!status)
    status =
        lr_crawl_shared_files_write(&frontier->files, &frontier->commit.pending,
                                    &made.part, made.offsets, fault);
  if (status) {
    frontier->failed = true;
  } else {
    fill(&made, frontier);
    status = send(frontier, &made, fault);
  }
  clear(&made);
  return status;
}

/* Tells the crawl of hosts again of which nothing could be taken. */
static void tell_again(lr_crawl_shared_frontier *frontier) {
  if (!frontier->refused || lr_crawl_shared_frontier_is_full(frontier)) return;
  frontier->refused = false;
  lr_crawl_shared_frontier_tell_hosts(frontier);
}

lariat_status lr_crawl_shared_commit_all(lr_crawl_shared_frontier *frontier,
                                         bool last, lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  bool more = begin(frontier, last);
  while (!status && more) {
    bool was_last = frontier->commit.last;
    status = commit_one(frontier, fault);
    more = !status && !was_last && begin(frontier, last);
  }
  if (!status) tell_again(frontier);
  return status;
}

/* ---- Releases ---- */

/* Returns how long the site of a lease has to be left alone: as the last answer
 * has told, or the delay that its hosts ask for. */
static uint64_t find_due_ms(const lr_crawl_shared_frontier *frontier,
                            const lr_crawl_worker_lease *lease,
                            uint32_t place) {
  uint64_t now_ns = lr_crawl_boot_ns();
  uint64_t due_ms =
      lease->due_ns > now_ns ? (lease->due_ns - now_ns) / 1000000 + 1 : 0;
  uint64_t least_ms = lease->was_asked ? frontier->delay_ms : 0;
  for (uint64_t id = 1; lease->was_asked && id <= frontier->hosts.count; id++) {
    const lr_crawl_leased_host *host = lr_crawl_shared_host_at(frontier, id);
    const lr_crawl_host_facts *facts =
        host->lease == place ? lr_crawl_facts_find(&host->facts, id) : NULL;
    if (facts && facts->delay_ms > least_ms) least_ms = facts->delay_ms;
  }
  return due_ms > least_ms ? due_ms : least_ms;
}

bool lr_crawl_shared_release_lease(lr_crawl_shared_frontier *frontier,
                                   uint32_t place) {
  lr_crawl_shared_commit_state *state = &frontier->commit;
  lr_crawl_worker_lease *lease = lr_crawl_leases_at(&frontier->leases, place);
  lr_crawl_shared_release *releases =
      lr_crawl_grow(state->releases, &state->release_capacity,
                    state->release_count + 1, sizeof *releases);
  if (!releases) return false;
  state->releases = releases;
  releases[state->release_count++] = (lr_crawl_shared_release){
      .queue = lease->queue, .due_ms = find_due_ms(frontier, lease, place)};
  lease->state = LR_CRAWL_LEASE_ENDING;
  return true;
}
