/* SPDX-License-Identifier: MIT
 * requests.c: requests added, and chosen by index. */
#include "requests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "entry.h"
#include "fault.h"
#include "flow.h"
#include "hash.h"
#include "request_pipe.h"

/* Weights are counted in millionths. */
#define WEIGHT_UNIT 1e6
#define MOST_WEIGHT 1e9

/* For what random numbers are drawn; each step of a flow has one of its own. */
enum purpose { PURPOSE_REQUEST = 1, PURPOSE_ROW = 2, PURPOSE_THINK = 16 };

enum { MOST_PIPED_CHECKS = 1000 };

#define MOST_REQUESTS UINT64_C(0xffffffff)

/* ---- Life ---- */

static lr_load_draw *make_draw(void) {
  lr_load_draw *draw = calloc(1, sizeof(*draw));
  if (!draw) return NULL;
  if (pthread_mutex_init(&draw->mutex, NULL) == 0) return draw;
  free(draw);
  return NULL;
}

static void free_draw(lr_load_draw *draw) {
  if (!draw) return;
  lr_load_alias_free(&draw->alias);
  pthread_mutex_destroy(&draw->mutex);
  free(draw);
}

lariat_status lariat_load_requests_new(lariat_load_requests **out) {
  lariat_load_requests *requests = calloc(1, sizeof(*requests));
  *out = NULL;
  if (!requests) return LARIAT_ENOMEM;
  requests->extras = calloc(1, sizeof(*requests->extras));
  requests->extra_count = requests->extra_capacity = 1;
  requests->draw = make_draw();
  lr_load_names_init(&requests->names);
  requests->hash = LR_LOAD_HASH_START;
  if (!requests->draw || !requests->extras) {
    lariat_load_requests_free(requests);
    return LARIAT_ENOMEM;
  }
  *out = requests;
  return LARIAT_OK;
}

void lariat_load_requests_free(lariat_load_requests *requests) {
  if (!requests) return;
  free(requests->entries);
  free(requests->weights);
  free(requests->instants);
  free(requests->extras);
  free(requests->piped_checks);
  free_draw(requests->draw);
  lr_load_flows_free(requests->flows);
  if (requests->csv) lr_load_csv_free(requests->csv);
  free(requests->csv);
  lr_load_names_free(&requests->names);
  lr_load_origins_free(&requests->origins);
  lr_load_arena_free(&requests->arena);
  lr_load_arena_free(&requests->base_arena);
  free(requests);
}

/* ---- Names ---- */

void lr_load_requests_freeze(const lariat_load_requests *requests) {
  if (!requests->pipe) return;
  pthread_mutex_lock(&requests->draw->mutex);
  requests->draw->frozen = true;
  pthread_mutex_unlock(&requests->draw->mutex);
}

size_t lariat_load_requests_names(const lariat_load_requests *requests) {
  lr_load_requests_freeze(requests);
  return requests->names.count;
}

const char *lariat_load_requests_name(const lariat_load_requests *requests,
                                      size_t index) {
  lr_load_requests_freeze(requests);
  return index < requests->names.count ? requests->names.names[index] : "";
}

/* ---- Making ---- */

lariat_status lariat_load_requests_set_base(lariat_load_requests *requests,
                                            const lariat_load_request *base) {
  lr_load_arena_free(&requests->base_arena);
  requests->base = (lariat_load_request){.size = sizeof(requests->base)};
  lariat_load_request copy;
  if (!base) return LARIAT_OK;
  if (!lr_load_base_copy(base, &requests->base_arena, &copy))
    return LARIAT_ENOMEM;
  requests->base = copy;
  return LARIAT_OK;
}

static lariat_status check_numbers(const lariat_load_request *request,
                                   lariat_load_error *error) {
  double weight = request->weight;
  if (!(weight >= 0 && weight <= MOST_WEIGHT) ||
      (weight > 0 && weight < 1 / WEIGHT_UNIT))
    return lr_load_fail(error, 0, "weight %g is not from 0.000001 to %.0f",
                        weight, MOST_WEIGHT);
  if (request->think_high_ns < request->think_low_ns)
    return lr_load_fail(error, 0, "the longest think time is the shorter one");
  return LARIAT_OK;
}

/* Makes a vector twice as large when it is full.  False: out of memory. */
static bool reserve(void **items, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity) return true;
  size_t more = *capacity ? 2 * *capacity : 16;
  void *larger = realloc(*items, more * size);
  if (!larger) return false;
  *items = larger;
  *capacity = more;
  return true;
}

/* Finds a check that the pipe has brought before, or adds it: its requests go,
 * and their answers are judged later. */
static lariat_status make_piped_check(lariat_load_requests *requests,
                                      const lariat_load_expectation *expect,
                                      const lr_load_check **out,
                                      lariat_load_error *error) {
  size_t i = requests->piped_check_count;
  void *items = requests->piped_checks;
  while (i && !lr_load_check_is(requests->piped_checks[i - 1], expect)) i--;
  if (i) {
    *out = requests->piped_checks[i - 1];
    return LARIAT_OK;
  }
  if (requests->piped_check_count == MOST_PIPED_CHECKS)
    return lr_load_fail(error, 0, "more than %d different expectations",
                        MOST_PIPED_CHECKS);
  if (!reserve(&items, requests->piped_check_count,
               &requests->piped_check_capacity, sizeof(*out)))
    return LARIAT_ENOMEM;
  requests->piped_checks = items;
  lariat_status status =
      lr_load_check_make(expect, &requests->arena, out, error);
  if (status == LARIAT_OK)
    requests->piped_checks[requests->piped_check_count++] = *out;
  return status;
}

/* Finds the check of what is expected, which is often that of the request
 * before. */
static lariat_status make_check(lariat_load_requests *requests,
                                const lariat_load_expectation *expect,
                                lr_load_extra *extra,
                                lariat_load_error *error) {
  const lr_load_check *last = requests->extras[requests->extra_count - 1].check;
  if (lr_load_expects_nothing(expect)) return LARIAT_OK;
  if (requests->pipe)
    return make_piped_check(requests, expect, &extra->check, error);
  if (!last || !lr_load_check_is(last, expect))
    return lr_load_check_make(expect, &requests->arena, &extra->check, error);
  extra->check = last;
  return LARIAT_OK;
}

lariat_status lr_load_requests_make(lariat_load_requests *requests,
                                    const lariat_load_request *given,
                                    lr_load_arena *arena, lr_load_made *made,
                                    lariat_load_error *error) {
  if (given->size == 0) return lr_load_fail(error, 0, "a request of size 0");
  lariat_load_request request = lr_load_base_merge(&requests->base, given);
  *made = (lr_load_made){.extra = {.think_low_ns = request.think_low_ns,
                                   .think_high_ns = request.think_high_ns}};
  lariat_status status = check_numbers(&request, error);
  if (status == LARIAT_OK)
    status = make_check(requests, &request.expect, &made->extra, error);
  if (status == LARIAT_OK)
    status = lr_load_entry_make(requests, &request, arena, made, error);
  if (status == LARIAT_OK && request.name &&
      !lr_load_names_find(&requests->names, request.name,
                          requests->draw->frozen, &made->entry.name))
    return LARIAT_ENOMEM;
  return status;
}

/* ---- Adding ---- */

static bool is_same_extra(const lr_load_extra *a, const lr_load_extra *b) {
  return a->think_low_ns == b->think_low_ns &&
         a->think_high_ns == b->think_high_ns && a->check == b->check &&
         a->template == b->template && a->flow == b->flow;
}

/* Finds an extra among the first and the last, or adds it. */
static bool add_extra(lariat_load_requests *requests,
                      const lr_load_extra *extra, uint32_t *index) {
  size_t last = requests->extra_count - 1;
  void *items = requests->extras;
  *index = 0;
  if (is_same_extra(extra, &requests->extras[0])) return true;
  *index = (uint32_t)last;
  if (is_same_extra(extra, &requests->extras[last])) return true;
  if (!reserve(&items, requests->extra_count, &requests->extra_capacity,
               sizeof(*extra)))
    return false;
  requests->extras = items;
  requests->extras[requests->extra_count] = *extra;
  *index = (uint32_t)requests->extra_count++;
  return true;
}

static uint64_t read_weight(double weight) {
  return weight > 0 ? (uint64_t)llround(weight * WEIGHT_UNIT)
                    : (uint64_t)WEIGHT_UNIT;
}

/* Keeps a weight for the next request; one for all, as long as they are the
 * same. */
static bool add_weight(lariat_load_requests *requests, uint64_t weight) {
  if (!requests->count) requests->weight = weight;
  if (!requests->weights && weight == requests->weight) return true;
  if (!requests->weights) {
    requests->weights = calloc(requests->capacity, sizeof(uint64_t));
    for (size_t i = 0; requests->weights && i < requests->count; i++)
      requests->weights[i] = requests->weight;
  }
  if (!requests->weights) return false;
  requests->weights[requests->count] = weight;
  return true;
}

/* Makes space for one more request and its weight. */
static bool reserve_entry(lariat_load_requests *requests) {
  size_t before = requests->capacity;
  void *items = requests->entries;
  if (!reserve(&items, requests->count, &requests->capacity,
               sizeof(*requests->entries)))
    return false;
  requests->entries = items;
  if (requests->capacity == before || !requests->weights) return true;
  uint64_t *weights =
      realloc(requests->weights, requests->capacity * sizeof(*weights));
  if (weights) requests->weights = weights;
  return weights != NULL;
}

static uint64_t hash_request(const lariat_load_requests *requests,
                             uint64_t hash, const lr_load_entry *entry,
                             const lr_load_extra *extra) {
  const char *origin =
      lr_load_origins_at(&requests->origins, entry->origin)->url;
  hash = lr_load_hash_number(hash, entry->length);
  hash = lr_load_hash_bytes(hash, entry->bytes, entry->length);
  hash = lr_load_hash_text(hash, origin);
  hash = lr_load_hash_text(hash, requests->names.names[entry->name]);
  hash = lr_load_hash_number(hash, extra->think_low_ns);
  hash = lr_load_hash_number(hash, extra->think_high_ns);
  if (extra->template) hash = lr_load_template_hash(hash, extra->template);
  return extra->check ? lr_load_check_hash(hash, extra->check) : hash;
}

static uint64_t hash_made(const lariat_load_requests *requests,
                          const lr_load_made *made, uint64_t weight) {
  const lr_load_flow *flow = made->extra.flow;
  uint64_t hash = lr_load_hash_number(requests->hash, weight);
  if (!flow) return hash_request(requests, hash, &made->entry, &made->extra);
  hash = lr_load_hash_number(hash, flow->count);
  for (size_t i = 0; i < flow->count; i++)
    hash = hash_request(requests, hash, &flow->steps[i].entry,
                        &flow->steps[i].extra);
  return hash;
}

/* Adds what was made to the list. */
static lariat_status add_made(lariat_load_requests *requests,
                              lr_load_made *made, uint64_t weight) {
  if (!reserve_entry(requests) ||
      !add_extra(requests, &made->extra, &made->entry.extra) ||
      !add_weight(requests, weight))
    return LARIAT_ENOMEM;
  requests->hash = hash_made(requests, made, weight);
  requests->entries[requests->count++] = made->entry;
  return LARIAT_OK;
}

static lariat_status check_room(const lariat_load_requests *requests,
                                lariat_load_error *error) {
  if (requests->instants)
    return lr_load_fail(error, 0, "a replay takes no other requests");
  if (requests->count < MOST_REQUESTS) return LARIAT_OK;
  return lr_load_fail(error, 0, "more than 4,294,967,295 requests");
}

lariat_status lariat_load_requests_add(lariat_load_requests *requests,
                                       const lariat_load_request *request,
                                       lariat_load_error *error) {
  lr_load_made made;
  if (requests->pipe) return lr_load_pipe_push(requests->pipe, request, error);
  lariat_status status = check_room(requests, error);
  if (status == LARIAT_OK)
    status = lr_load_requests_make(requests, request, &requests->arena, &made,
                                   error);
  if (status != LARIAT_OK) return status;
  return add_made(requests, &made, read_weight(request->weight));
}

lariat_status lariat_load_requests_add_flow(lariat_load_requests *requests,
                                            const lariat_load_request *steps,
                                            size_t count,
                                            lariat_load_error *error) {
  lr_load_flow *flow = NULL;
  if (requests->pipe) return lr_load_fail(error, 0, "a pipe brings no flows");
  lariat_status status = check_room(requests, error);
  if (status == LARIAT_OK)
    status = lr_load_flow_make(requests, steps, count, &flow, error);
  if (status != LARIAT_OK) return status;
  lr_load_made made = {.entry = flow->steps[0].entry, .extra = {.flow = flow}};
  return add_made(requests, &made, read_weight(steps[0].weight));
}

size_t lariat_load_requests_count(const lariat_load_requests *requests) {
  if (requests->pipe) return lariat_load_pipe_ahead(requests->pipe);
  return requests->instants ? requests->instant_count : requests->count;
}

/* ---- Choosing ---- */

void lariat_load_requests_set_order(lariat_load_requests *requests,
                                    lariat_load_order order, uint64_t seed) {
  requests->order = order;
  requests->seed = seed;
}

static bool is_drawn(const lariat_load_requests *requests) {
  return requests->order == LARIAT_LOAD_WEIGHTED && requests->weights &&
         !requests->instants;
}

lariat_status lr_load_requests_prepare(const lariat_load_requests *requests,
                                       const lr_load_alias **out) {
  lr_load_draw *draw = requests->draw;
  lariat_status status = LARIAT_OK;
  *out = NULL;
  lr_load_requests_freeze(requests);
  if (!is_drawn(requests)) return LARIAT_OK;
  pthread_mutex_lock(&draw->mutex);
  if (draw->count != requests->count) {
    lr_load_alias_free(&draw->alias);
    status =
        lr_load_alias_init(&draw->alias, requests->weights, requests->count);
    draw->count = status == LARIAT_OK ? requests->count : 0;
  }
  pthread_mutex_unlock(&draw->mutex);
  if (status == LARIAT_OK) *out = &draw->alias;
  return status;
}

size_t lr_load_requests_choose(const lariat_load_requests *requests,
                               const lr_load_alias *draw, uint64_t index) {
  if (requests->instants) return requests->instants[index].request;
  if (requests->count == 1) return 0;
  if (requests->order == LARIAT_LOAD_IN_ORDER)
    return (size_t)(index % requests->count);
  uint64_t random = lr_load_random_at(requests->seed, PURPOSE_REQUEST, index);
  return draw ? lr_load_alias_draw(draw, random)
              : (size_t)lr_load_below(random, requests->count);
}

size_t lr_load_requests_row(const lariat_load_requests *requests,
                            uint64_t index) {
  size_t rows = requests->csv->rows;
  if (requests->rows == LARIAT_LOAD_ROWS_IN_ORDER) return index % rows;
  return lr_load_below(lr_load_random_at(requests->seed, PURPOSE_ROW, index),
                       rows);
}

/* ---- Telling ---- */

static uint64_t draw_think(const lariat_load_requests *requests,
                           const lr_load_extra *extra, uint64_t index,
                           size_t step) {
  uint64_t span = extra->think_high_ns - extra->think_low_ns;
  if (!span) return extra->think_low_ns;
  uint64_t random =
      lr_load_random_at(requests->seed, PURPOSE_THINK + step, index);
  return extra->think_low_ns + lr_load_below(random, span + 1);
}

void lr_load_entry_tell(const lariat_load_requests *requests,
                        const lr_load_entry *entry, const lr_load_extra *extra,
                        uint64_t index, size_t step, lr_load_message *out) {
  *out = (lr_load_message){
      .bytes = entry->bytes,
      .length = entry->length,
      .check = extra->check,
      .think_ns = draw_think(requests, extra, index, step),
      .origin = entry->origin,
      .name = entry->name,
      .head = (entry->flags & LR_LOAD_ENTRY_HEAD) != 0,
      .idempotent = (entry->flags & LR_LOAD_ENTRY_IDEMPOTENT) != 0,
      .stays = true,
  };
}

uint64_t lr_load_requests_hash(const lariat_load_requests *requests) {
  uint64_t hash = lr_load_hash_number(requests->hash, requests->count);
  for (size_t i = 0; i < requests->instant_count; i++) {
    hash = lr_load_hash_number(hash, requests->instants[i].at_ns);
    hash = lr_load_hash_number(hash, requests->instants[i].request);
  }
  hash = lr_load_hash_number(hash, requests->order);
  return lr_load_hash_number(hash, requests->seed);
}

size_t lr_load_requests_origins(const lariat_load_requests *requests) {
  lr_load_requests_freeze(requests);
  return requests->origins.count;
}

const lr_load_origin *
lr_load_requests_origin(const lariat_load_requests *requests, size_t index) {
  return lr_load_origins_at(&requests->origins, index);
}

/* ---- Replays ---- */

void lr_load_requests_set_instants(lariat_load_requests *requests,
                                   lr_load_instant *instants, size_t count) {
  requests->instants = instants;
  requests->instant_count = count;
}

bool lr_load_requests_due(const lariat_load_requests *requests, uint64_t index,
                          uint64_t *at_ns) {
  if (index >= requests->instant_count) return false;
  *at_ns = requests->instants[index].at_ns;
  return true;
}

uint64_t lr_load_requests_total(const lariat_load_requests *requests) {
  return requests->instants ? requests->instant_count : UINT64_MAX;
}
