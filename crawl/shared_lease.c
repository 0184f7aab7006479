/* SPDX-License-Identifier: MIT
 * shared_lease.c: queues for a while: taken, renewed, and what is told of them.
 * The rows of a lease come from a statement behind the one that has locked its
 * queue, in the same transaction. */
#include <string.h>

#include "memory.h"
#include "shared_private.h"

/* The answers to a lease, in the order of its steps. */
enum { SEEN, LOCKED, LEASED, URLS, HOSTS, NEXT, ANSWERS };

/* ---- Rows ---- */

/* Copies a text; true where there is none, too. */
static bool copy_column(const PGresult *rows, int row, int column, char **out,
                        size_t *length) {
  size_t bytes;
  const char *text = lr_crawl_postgres_text(rows, row, column, &bytes);
  *out = text ? lr_crawl_copy_bytes(text, bytes) : NULL;
  if (length) *length = text ? bytes : 0;
  return !text || *out;
}

static bool read_url(const PGresult *rows, int row, lr_crawl_shared_url *url) {
  const char *hop = lr_crawl_postgres_text(rows, row, 9, NULL);
  *url = (lr_crawl_shared_url){
      .id = lr_crawl_postgres_number(rows, row, 1),
      .via = lr_crawl_postgres_number(rows, row, 5),
      .depth = (uint32_t)lr_crawl_postgres_number(rows, row, 6),
      .tries = (uint32_t)lr_crawl_postgres_number(rows, row, 4),
      .priority = (uint8_t)lr_crawl_postgres_number(rows, row, 2),
      .hops_off_site = (uint8_t)lr_crawl_postgres_number(rows, row, 7),
      .redirects = (uint8_t)lr_crawl_postgres_number(rows, row, 8),
      .hop = hop && *hop ? *hop : '-'};
  return copy_column(rows, row, 10, &url->url, NULL);
}

static bool read_host(const PGresult *rows, int row,
                      lr_crawl_shared_host *host) {
  *host = (lr_crawl_shared_host){
      .delay_ms = (uint32_t)lr_crawl_postgres_number(rows, row, 3),
      .robots_at_s = lr_crawl_postgres_integer(rows, row, 5),
      .robots_expires_s = lr_crawl_postgres_integer(rows, row, 6),
      .robots_status = (int)lr_crawl_postgres_integer(rows, row, 7)};
  bool read = copy_column(rows, row, 1, &host->origin, NULL);
  read = copy_column(rows, row, 2, &host->ip, NULL) && read;
  read = copy_column(rows, row, 4, &host->note, NULL) && read;
  return copy_column(rows, row, 8, &host->robots, &host->robots_length) && read;
}

/* Counts the rows from `row` on whose first column is this queue. */
static size_t count_rows(const PGresult *rows, int row, uint64_t queue) {
  int end = row;
  int all = rows ? PQntuples(rows) : 0;
  while (end < all && lr_crawl_postgres_number(rows, end, 0) == queue) end++;
  return (size_t)(end - row);
}

/* ---- What is told ---- */

/* Answers that are being read: URLs and hosts are in the order of queues. */
typedef struct reading {
  lr_crawl_shared_store *store;
  PGresult **answers;
  uint64_t until_ns;
  size_t most_urls;
  int url_row, host_row;
} reading;

/* Reads a URL that is among the first; one behind them says that there are
 * more. */
static bool read_one(const reading *of, int row, lr_crawl_lease *lease) {
  const PGresult *rows = of->answers[URLS];
  if (lr_crawl_postgres_number(rows, row, 11) > of->most_urls) {
    lease->has_more = true;
    return true;
  }
  const lr_crawl_held_url held = {
      .id = lr_crawl_postgres_number(rows, row, 1),
      .queue = lease->queue,
      .seq = lr_crawl_postgres_integer(rows, row, 3),
      .priority = lr_crawl_postgres_integer(rows, row, 2)};
  return read_url(rows, row, &lease->urls[lease->url_count++]) &&
         lr_crawl_held_add(&of->store->held, held);
}

static bool read_urls(reading *of, lr_crawl_lease *lease) {
  size_t count = count_rows(of->answers[URLS], of->url_row, lease->queue);
  lease->urls = lr_crawl_allocate(count + 1, sizeof *lease->urls);
  if (!lease->urls) return false;
  for (; count; count--)
    if (!read_one(of, of->url_row++, lease)) return false;
  return true;
}

static bool read_hosts(reading *of, lr_crawl_lease *lease) {
  const PGresult *rows = of->answers[HOSTS];
  size_t count = count_rows(rows, of->host_row, lease->queue);
  lease->hosts = lr_crawl_allocate(count + 1, sizeof *lease->hosts);
  if (!lease->hosts) return false;
  for (size_t i = 0; i < count; i++)
    if (!read_host(rows, of->host_row++, &lease->hosts[lease->host_count++]))
      return false;
  return true;
}

static bool read_lease(reading *of, int row, bool is_new,
                       lr_crawl_lease *lease) {
  const PGresult *rows = of->answers[LEASED];
  *lease = (lr_crawl_lease){.queue = lr_crawl_postgres_number(rows, row, 0),
                            .epoch = lr_crawl_postgres_integer(rows, row, 2),
                            .until_ns = of->until_ns,
                            .wait_ms = lr_crawl_postgres_number(rows, row, 3)};
  lr_crawl_shared_held *held = &of->store->held;
  if (is_new) lr_crawl_held_drop_queue(held, lease->queue);
  return lr_crawl_held_set_queue(held, lease->queue, lease->epoch) &&
         copy_column(rows, row, 1, &lease->site, NULL) &&
         read_urls(of, lease) && read_hosts(of, lease);
}

/* Reads what was leased; without memory, nothing: those leases run out. */
static lariat_status read_leases(reading *of, bool is_new,
                                 lr_crawl_lease_list *out,
                                 lr_crawl_fault *fault) {
  int count = PQntuples(of->answers[LEASED]);
  bool read = true;
  out->leases = lr_crawl_allocate((size_t)count + 1, sizeof *out->leases);
  if (!out->leases) return lr_crawl_fault_memory(fault);
  for (int i = 0; read && i < count; i++)
    read = read_lease(of, i, is_new, &out->leases[out->count++]);
  if (read) return LARIAT_OK;
  for (size_t i = 0; i < out->count; i++)
    lr_crawl_held_drop_queue(&of->store->held, out->leases[i].queue);
  lr_crawl_lease_list_clear(out);
  return lr_crawl_fault_memory(fault);
}

/* ---- The steps ---- */

static lr_crawl_postgres_step make_step(lr_crawl_shared_statement which,
                                        const lr_crawl_postgres_value *values,
                                        int count) {
  return (lr_crawl_postgres_step){.name =
                                      lr_crawl_shared_statements[which].name,
                                  .values = values,
                                  .count = count};
}

/* Runs steps and keeps the order; where they divided by zero, finds out why. */
static lariat_status run(lr_crawl_shared_store *store,
                         const lr_crawl_postgres_step *steps, size_t count,
                         PGresult **answers, lr_crawl_fault *fault) {
  lariat_status status =
      lr_crawl_shared_run(store, steps, count, answers, fault);
  if (!status)
    store->order =
        (lr_crawl_shared_order)lr_crawl_postgres_integer(answers[SEEN], 0, 1);
  if (status != LARIAT_ENOTFOUND) return status;
  status = lr_crawl_shared_ask_worker(store, NULL, NULL, fault);
  return status ? status : LARIAT_ECONNECT; /* what it was is so no more */
}

/* Values of the steps; a place for each integer. */
typedef struct lease_values {
  uint64_t places[6];
  lr_crawl_postgres_value seen[2], locked[4], leased[4];
} lease_values;

static void set_values(lease_values *of, const lr_crawl_shared_store *store,
                       size_t most_urls) {
  of->seen[0] = lr_crawl_postgres_bigint(&of->places[0], store->worker);
  of->seen[1] =
      lr_crawl_postgres_bigint(&of->places[1], (int64_t)store->session);
  of->leased[0] = of->locked[0] = of->seen[0];
  of->leased[1] =
      lr_crawl_postgres_bigint(&of->places[2], (int64_t)store->lease_ms);
  of->leased[2] =
      lr_crawl_postgres_bigint(&of->places[3], (int64_t)most_urls + 1);
}

/* ---- Leasing ---- */

/* Says when to ask again. */
static uint64_t read_next(const lr_crawl_shared_store *store,
                          const PGresult *rows) {
  enum { PAUSED_MS = 1000, LEAST_MS = 50 };
  if (store->order != LR_CRAWL_SHARED_GO) return PAUSED_MS;
  if (PQntuples(rows) == 0 || PQgetisnull(rows, 0, 0)) return UINT64_MAX;
  uint64_t ms = lr_crawl_postgres_number(rows, 0, 0);
  return ms < LEAST_MS ? LEAST_MS : ms; /* due, and another one is at it */
}

static lariat_status lease(lr_crawl_shared_store *store, size_t most_queues,
                           reading *of, PGresult **answers,
                           lr_crawl_fault *fault) {
  lease_values values;
  lr_crawl_postgres_array none = {0};
  set_values(&values, store, of->most_urls);
  values.locked[1] =
      lr_crawl_postgres_bigint(&values.places[4], (int64_t)most_queues);
  values.locked[2] = values.leased[1];
  values.locked[3] =
      lr_crawl_postgres_bigint(&values.places[5], (int64_t)store->delay_ms);
  lr_crawl_postgres_array_begin(&none, LR_CRAWL_POSTGRES_BIGINT);
  if (!lr_crawl_postgres_array_end(&none, &values.leased[3]))
    return lr_crawl_fault_memory(fault);
  const lr_crawl_postgres_step steps[ANSWERS] = {
      [SEEN] = make_step(LR_CRAWL_SHARED_SEEN, values.seen, 2),
      [LOCKED] = make_step(LR_CRAWL_SHARED_TAKE, values.locked, 4),
      [LEASED] = make_step(LR_CRAWL_SHARED_LEASED, values.leased, 2),
      [URLS] = make_step(LR_CRAWL_SHARED_URLS, values.leased, 4),
      [HOSTS] = make_step(LR_CRAWL_SHARED_HOSTS, values.leased, 2),
      [NEXT] = make_step(LR_CRAWL_SHARED_NEXT, NULL, 0)};
  lariat_status status = run(store, steps, ANSWERS, answers, fault);
  lr_crawl_postgres_array_free(&none);
  return status;
}

lariat_status lr_crawl_shared_lease(lr_crawl_shared_store *store,
                                    size_t most_queues, size_t most_urls,
                                    lr_crawl_lease_list *out, uint64_t *next_ms,
                                    lr_crawl_fault *fault) {
  *out = (lr_crawl_lease_list){0};
  *next_ms = UINT64_MAX;
  lariat_status status = lr_crawl_shared_begin(store, fault);
  if (status) return status;
  PGresult *answers[ANSWERS];
  reading of = {.store = store,
                .answers = answers,
                .until_ns =
                    lr_crawl_shared_now_ns() + store->lease_ms * 1000000u,
                .most_urls = most_urls};
  status = lease(store, most_queues, &of, answers, fault);
  if (!status) status = read_leases(&of, true, out, fault);
  if (!status && out->count == 0) *next_ms = read_next(store, answers[NEXT]);
  lr_crawl_postgres_clear(answers, ANSWERS);
  return lr_crawl_shared_end(store, status);
}

/* ---- Renewing ---- */

/* Arrays of a renewal. */
typedef struct renewal {
  lr_crawl_postgres_array queues, epochs, held;
} renewal;

static bool is_among(const uint64_t *queues, size_t count, uint64_t queue) {
  for (size_t i = 0; i < count; i++)
    if (queues[i] == queue) return true;
  return false;
}

static bool fill_arrays(renewal *of, const lr_crawl_shared_held *held,
                        const uint64_t *queues, const int64_t *epochs,
                        size_t count, lease_values *values) {
  lr_crawl_postgres_array_begin(&of->queues, LR_CRAWL_POSTGRES_BIGINT);
  lr_crawl_postgres_array_begin(&of->epochs, LR_CRAWL_POSTGRES_BIGINT);
  lr_crawl_postgres_array_begin(&of->held, LR_CRAWL_POSTGRES_BIGINT);
  for (size_t i = 0; i < count; i++) {
    lr_crawl_postgres_array_add(&of->queues, (int64_t)queues[i]);
    lr_crawl_postgres_array_add(&of->epochs, epochs[i]);
  }
  for (size_t i = 0; i < held->capacity; i++)
    if (held->urls[i].seq && is_among(queues, count, held->urls[i].queue))
      lr_crawl_postgres_array_add(&of->held, (int64_t)held->urls[i].id);
  return lr_crawl_postgres_array_end(&of->queues, &values->locked[1]) &&
         lr_crawl_postgres_array_end(&of->epochs, &values->locked[2]) &&
         lr_crawl_postgres_array_end(&of->held, &values->leased[3]);
}

static void free_arrays(renewal *of) {
  lr_crawl_postgres_array_free(&of->queues);
  lr_crawl_postgres_array_free(&of->epochs);
  lr_crawl_postgres_array_free(&of->held);
}

static lariat_status renew(lr_crawl_shared_store *store, const reading *of,
                           const uint64_t *queues, const int64_t *epochs,
                           size_t count, lr_crawl_fault *fault) {
  lease_values values;
  renewal arrays = {0};
  set_values(&values, store, of->most_urls);
  values.locked[3] = values.leased[1];
  const lr_crawl_postgres_step steps[] = {
      [SEEN] = make_step(LR_CRAWL_SHARED_SEEN, values.seen, 2),
      [LOCKED] = make_step(LR_CRAWL_SHARED_RENEW, values.locked, 4),
      [LEASED] = make_step(LR_CRAWL_SHARED_LEASED, values.leased, 2),
      [URLS] = make_step(LR_CRAWL_SHARED_URLS, values.leased, 4)};
  lariat_status status =
      fill_arrays(&arrays, &store->held, queues, epochs, count, &values)
          ? run(store, steps, of->most_urls ? URLS + 1 : URLS, of->answers,
                fault)
          : lr_crawl_fault_memory(fault);
  free_arrays(&arrays);
  return status;
}

/* Forgets the queues that were not renewed. */
static void drop_lost(lr_crawl_shared_held *held, const uint64_t *queues,
                      size_t count, const lr_crawl_lease_list *renewed) {
  for (size_t i = 0; i < count; i++) {
    bool found = false;
    for (size_t j = 0; !found && j < renewed->count; j++)
      found = renewed->leases[j].queue == queues[i];
    if (!found) lr_crawl_held_drop_queue(held, queues[i]);
  }
}

lariat_status lr_crawl_shared_renew(lr_crawl_shared_store *store,
                                    const uint64_t *queues,
                                    const int64_t *epochs, size_t count,
                                    size_t most_urls, lr_crawl_lease_list *out,
                                    lr_crawl_fault *fault) {
  *out = (lr_crawl_lease_list){0};
  lariat_status status = lr_crawl_shared_begin(store, fault);
  if (status) return status;
  PGresult *answers[ANSWERS] = {NULL};
  reading of = {.store = store,
                .answers = answers,
                .until_ns =
                    lr_crawl_shared_now_ns() + store->lease_ms * 1000000u,
                .most_urls = most_urls};
  status = renew(store, &of, queues, epochs, count, fault);
  if (!status) status = read_leases(&of, false, out, fault);
  if (!status) drop_lost(&store->held, queues, count, out);
  lr_crawl_postgres_clear(answers, ANSWERS);
  return lr_crawl_shared_end(store, status);
}
