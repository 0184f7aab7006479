/* SPDX-License-Identifier: MIT
 * interval.c: recording requests, in parts from which measures are made. */
#include "interval.h"

#include <string.h>

#include <lariat/allocator.h>

/* Fewer values than these are few for a histogram. */
enum { FEW = 64 };

#define RARE(condition) __builtin_expect((condition) ? 1 : 0, 0)

/* Parts that are recorded of the requests of each class.  Of a good answer
 * whose request did not wait for a connection the wire is the response, too. */
enum class_part {
  GOOD_AT_ONCE, /* wire, and response, of good answers */
  GOOD_QUEUED,  /* response of good answers whose requests had waited */
  NOT_GOOD,     /* response of all others */
  OTHER_WIRE,   /* wire of answers that are not in GOOD_AT_ONCE */
  QUEUE,        /* but for those that did not wait */
  FIRST_BYTE,
  RAW,
  CLASS_PARTS
};

/* Parts that are recorded of all classes together. */
enum whole_part { LATE, READ_LATE, CORRECTED, CONNECT, TLS, WHOLE_PARTS };

/* The requests of one class.  Histograms are made when they are needed. */
typedef struct class_record {
  lariat_histogram *parts[CLASS_PARTS];
  uint64_t at_once; /* requests whose wait for a connection was 0 */
  uint64_t outcomes[LARIAT_LOAD_OUTCOMES];
} class_record;

struct lr_load_interval {
  lr_load_counts counts;
  lr_load_thread_time time;
  lariat_histogram *parts[WHOLE_PARTS];
  uint64_t not_late;      /* requests whose own part is 0 */
  uint64_t not_read_late; /* answers, likewise */
  uint64_t lost;
  uint64_t second;
  unsigned reactor;
  bool is_empty; /* nothing was recorded since all was forgotten */

  /* A heap of the slowest, the fastest of them first.  What does not take
   * longer than `floor_ns` is not among the slowest of the run, and than
   * `least_ns` not among those of the interval, either. */
  size_t slowest_count;
  uint64_t floor_ns;
  uint64_t least_ns;
  uint64_t slowest_ns[LR_LOAD_SLOWEST];
  lr_load_sample slowest[LR_LOAD_SLOWEST];

  lr_load_ends ends[LARIAT_LOAD_OUTCOMES];
  uint64_t statuses[LR_LOAD_STATUSES];
  size_t names;
  class_record *classes[]; /* NULL: no request of it yet */
};

/* ---- Making one ---- */

static void *allocate_zero(size_t bytes) {
  void *memory = lariat_memory_allocate(bytes);
  if (memory) memset(memory, 0, bytes);
  return memory;
}

lariat_status lr_load_interval_new(size_t names, lr_load_interval **out) {
  size_t bytes = sizeof(**out) + names * sizeof((*out)->classes[0]);
  *out = allocate_zero(bytes);
  if (!*out) return LARIAT_ENOMEM;
  (*out)->names = names;
  return LARIAT_OK;
}

static void free_class(class_record *record) {
  if (!record) return;
  for (size_t i = 0; i < CLASS_PARTS; i++)
    lariat_histogram_free(record->parts[i]);
  lariat_memory_release(record);
}

void lr_load_interval_free(lr_load_interval *interval) {
  if (!interval) return;
  for (size_t i = 0; i < interval->names; i++) free_class(interval->classes[i]);
  for (size_t i = 0; i < WHOLE_PARTS; i++)
    lariat_histogram_free(interval->parts[i]);
  lariat_memory_release(interval);
}

static bool has_values(const lariat_histogram *histogram) {
  return lariat_histogram_count(histogram) || lariat_histogram_lost(histogram);
}

/* Forgets the values of histograms.  One that had few is freed: the memory of
 * all the buckets that it ever used would have to be cleared, and added, for
 * the few of each second. */
static void forget_values(lariat_histogram **parts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!has_values(parts[i])) continue;
    if (lariat_histogram_count(parts[i]) >= FEW) {
      lariat_histogram_reset(parts[i]);
      continue;
    }
    lariat_histogram_free(parts[i]);
    parts[i] = NULL;
  }
}

static void forget_class(class_record *record) {
  if (!record) return;
  forget_values(record->parts, CLASS_PARTS);
  record->at_once = 0;
  memset(record->outcomes, 0, sizeof(record->outcomes));
}

void lr_load_interval_forget(lr_load_interval *interval) {
  if (interval->is_empty) return;
  for (size_t i = 0; i < interval->names; i++)
    forget_class(interval->classes[i]);
  forget_values(interval->parts, WHOLE_PARTS);
  interval->slowest_count = 0;
  memset(&interval->counts, 0, sizeof(interval->counts));
  memset(&interval->time, 0, sizeof(interval->time));
  memset(interval->ends, 0, sizeof(interval->ends));
  memset(interval->statuses, 0, sizeof(interval->statuses));
  interval->not_late = interval->not_read_late = interval->lost = 0;
  interval->is_empty = true;
}

void lr_load_interval_reset(lr_load_interval *interval, unsigned reactor,
                            uint64_t second) {
  lr_load_interval_forget(interval);
  interval->is_empty = false;
  interval->least_ns = interval->floor_ns;
  interval->reactor = reactor;
  interval->second = second;
}

/* ---- The slowest ---- */

static void swap_slowest(lr_load_interval *interval, size_t a, size_t b) {
  uint64_t ns = interval->slowest_ns[a];
  lr_load_sample sample = interval->slowest[a];
  interval->slowest_ns[a] = interval->slowest_ns[b];
  interval->slowest[a] = interval->slowest[b];
  interval->slowest_ns[b] = ns;
  interval->slowest[b] = sample;
}

static void move_up(lr_load_interval *interval, size_t at) {
  while (at && interval->slowest_ns[at] < interval->slowest_ns[(at - 1) / 2]) {
    swap_slowest(interval, at, (at - 1) / 2);
    at = (at - 1) / 2;
  }
}

static void move_down(lr_load_interval *interval) {
  for (size_t at = 0;;) {
    size_t child = 2 * at + 1;
    if (child >= LR_LOAD_SLOWEST) return;
    if (child + 1 < LR_LOAD_SLOWEST &&
        interval->slowest_ns[child + 1] < interval->slowest_ns[child])
      child++;
    if (interval->slowest_ns[at] <= interval->slowest_ns[child]) return;
    swap_slowest(interval, at, child);
    at = child;
  }
}

static __attribute__((noinline)) void keep_slow(lr_load_interval *interval,
                                                const lr_load_sample *sample,
                                                uint64_t response_ns) {
  bool full = interval->slowest_count == LR_LOAD_SLOWEST;
  if (full && response_ns <= interval->slowest_ns[0]) return;
  size_t at = full ? 0 : interval->slowest_count++;
  interval->slowest_ns[at] = response_ns;
  interval->slowest[at] = *sample;
  if (full)
    move_down(interval);
  else
    move_up(interval, at);
  if (interval->slowest_count == LR_LOAD_SLOWEST)
    interval->least_ns = interval->slowest_ns[0];
}

void lr_load_interval_set_floor(lr_load_interval *interval, uint64_t ns) {
  interval->floor_ns = ns;
}

/* ---- Recording ---- */

/* Returns how much later the first instant is; 0 if it is earlier, as a stamp
 * may be by the grain of the clocks' difference. */
static inline uint64_t since(uint64_t later, uint64_t earlier) {
  return later > earlier ? later - earlier : 0;
}

static __attribute__((noinline)) bool make_histogram(lariat_histogram **slot) {
  return lariat_histogram_new(slot) == LARIAT_OK;
}

static inline void record_in(lr_load_interval *interval,
                             lariat_histogram **slot, uint64_t value) {
  if (RARE(!*slot) && !make_histogram(slot)) {
    interval->lost++;
    return;
  }
  lariat_histogram_record(*slot, value);
}

static __attribute__((noinline)) class_record *
make_class(lr_load_interval *interval, size_t name) {
  if (name >= interval->names) return NULL;
  class_record *record = allocate_zero(sizeof(*record));
  interval->classes[name] = record;
  return record;
}

static inline class_record *find_class(lr_load_interval *interval,
                                       size_t name) {
  if (RARE(name >= interval->names || !interval->classes[name]))
    return make_class(interval, name);
  return interval->classes[name];
}

static inline bool has_answer(const lr_load_sample *sample) {
  return sample->outcome <= LARIAT_LOAD_CHECK;
}

static __attribute__((noinline)) void note_end(lr_load_interval *interval,
                                               const lr_load_sample *sample) {
  lr_load_ends *ends = &interval->ends[sample->outcome];
  if (!ends->first_ns || sample->read_ns < ends->first_ns)
    ends->first_ns = sample->read_ns;
  if (sample->read_ns > ends->last_ns) ends->last_ns = sample->read_ns;
}

static inline void count_sample(lr_load_interval *interval,
                                class_record *record,
                                const lr_load_sample *sample) {
  unsigned status = sample->status < LR_LOAD_STATUSES ? sample->status : 0;
  interval->counts.outcomes[sample->outcome]++;
  record->outcomes[sample->outcome]++;
  interval->counts.bytes_received += sample->bytes;
  if (has_answer(sample)) {
    interval->statuses[status < 100 ? 0 : status]++;
    interval->counts.stamped += sample->stamped;
    interval->counts.unstamped += !sample->stamped;
  }
  if (RARE(sample->outcome != LARIAT_LOAD_ANSWERED)) note_end(interval, sample);
}

/* Records what an answer has beside its response. */
static inline void record_answer(lr_load_interval *interval,
                                 class_record *record,
                                 const lr_load_sample *sample) {
  uint64_t read_late = since(sample->read_ns, sample->arrived_ns);
  record_in(interval, &record->parts[FIRST_BYTE],
            since(sample->first_byte_ns, sample->sent_ns));
  record_in(interval, &record->parts[RAW],
            since(sample->read_ns, sample->sent_ns));
  if (read_late)
    record_in(interval, &interval->parts[READ_LATE], read_late);
  else
    interval->not_read_late++;
}

/* Records the waits before a request was sent. */
static inline void record_waits(lr_load_interval *interval,
                                class_record *record,
                                const lr_load_sample *sample, uint64_t queue) {
  uint64_t late = since(sample->sent_ns, sample->free_ns);
  if (RARE(queue)) {
    interval->counts.queued += sample->free_ns != 0 && !sample->opening;
    record_in(interval, &record->parts[QUEUE], queue);
  } else {
    record->at_once++;
  }
  if (RARE(!sample->sent_ns)) return;
  if (late)
    record_in(interval, &interval->parts[LATE], late);
  else
    interval->not_late++;
}

/* Returns how long the request waited for a connection; of one that never got
 * one, all of its time. */
static inline uint64_t queue_of(const lr_load_sample *sample) {
  if (RARE(!sample->free_ns))
    return since(sample->read_ns, sample->intended_ns);
  return since(sample->free_ns, sample->intended_ns);
}

static inline uint64_t wire_of(const lr_load_sample *sample) {
  return RARE(!sample->sent_ns) ? 0
                                : since(sample->arrived_ns, sample->sent_ns);
}

uint64_t lr_load_sample_response(const lr_load_sample *sample) {
  if (!sample->sent_ns) return since(sample->read_ns, sample->intended_ns);
  return queue_of(sample) + wire_of(sample);
}

static inline enum class_part part_of(const lr_load_sample *sample,
                                      uint64_t queue) {
  if (RARE(sample->outcome != LARIAT_LOAD_ANSWERED)) return NOT_GOOD;
  return RARE(queue != 0) ? GOOD_QUEUED : GOOD_AT_ONCE;
}

void lr_load_interval_record(lr_load_interval *interval,
                             const lr_load_sample *sample) {
  class_record *record = find_class(interval, sample->name);
  if (RARE(!record || sample->outcome >= LARIAT_LOAD_OUTCOMES)) {
    interval->lost++;
    return;
  }
  uint64_t queue = queue_of(sample);
  uint64_t wire = wire_of(sample);
  uint64_t response =
      RARE(!sample->sent_ns) ? lr_load_sample_response(sample) : queue + wire;
  enum class_part part = part_of(sample, queue);
  count_sample(interval, record, sample);
  record_in(interval, &record->parts[part], response);
  if (has_answer(sample)) {
    if (RARE(part != GOOD_AT_ONCE))
      record_in(interval, &record->parts[OTHER_WIRE], wire);
    record_answer(interval, record, sample);
  }
  record_waits(interval, record, sample, queue);
  record_in(interval, &interval->parts[CORRECTED],
            since(sample->read_ns, sample->intended_ns));
  if (RARE(response > interval->least_ns))
    keep_slow(interval, sample, response);
}

void lr_load_interval_connected(lr_load_interval *interval, uint64_t connect_ns,
                                uint64_t tls_ns) {
  record_in(interval, &interval->parts[CONNECT], connect_ns);
  if (tls_ns) record_in(interval, &interval->parts[TLS], tls_ns);
}

lr_load_counts *lr_load_interval_counts(lr_load_interval *interval) {
  return &interval->counts;
}

lr_load_thread_time *lr_load_interval_time(lr_load_interval *interval) {
  return &interval->time;
}

/* ---- For the result ---- */

void lr_load_interval_read(const lr_load_interval *interval,
                           lr_load_interval_rest *out) {
  *out = (lr_load_interval_rest){
      .reactor = interval->reactor,
      .second = interval->second,
      .lost = interval->lost,
      .statuses = interval->statuses,
      .ends = interval->ends,
      .slowest = interval->slowest,
      .slowest_count = interval->slowest_count,
  };
}

const lr_load_counts *
lr_load_interval_read_counts(const lr_load_interval *interval) {
  return &interval->counts;
}

const lr_load_thread_time *
lr_load_interval_read_time(const lr_load_interval *interval) {
  return &interval->time;
}

const uint64_t *lr_load_interval_outcomes(const lr_load_interval *interval,
                                          size_t name) {
  const class_record *record = interval->classes[name];
  return record ? record->outcomes : NULL;
}

/* The parts that a measure is made of: one bit for each. */
struct composition {
  bool of_classes;
  unsigned parts;
};

#define PART(part) (1u << (part))

static const struct composition compositions[LARIAT_LOAD_MEASURES] = {
    [LARIAT_LOAD_RESPONSE] = {true, PART(GOOD_AT_ONCE) | PART(GOOD_QUEUED) |
                                        PART(NOT_GOOD)},
    [LARIAT_LOAD_GOOD] = {true, PART(GOOD_AT_ONCE) | PART(GOOD_QUEUED)},
    [LARIAT_LOAD_QUEUE] = {true, PART(QUEUE)},
    [LARIAT_LOAD_LATE] = {false, PART(LATE)},
    [LARIAT_LOAD_WIRE] = {true, PART(GOOD_AT_ONCE) | PART(OTHER_WIRE)},
    [LARIAT_LOAD_FIRST_BYTE] = {true, PART(FIRST_BYTE)},
    [LARIAT_LOAD_RAW] = {true, PART(RAW)},
    [LARIAT_LOAD_READ_LATE] = {false, PART(READ_LATE)},
    [LARIAT_LOAD_CORRECTED] = {false, PART(CORRECTED)},
    [LARIAT_LOAD_CONNECT] = {false, PART(CONNECT)},
    [LARIAT_LOAD_TLS] = {false, PART(TLS)},
};

bool lr_load_measure_of_classes(lariat_load_measure measure) {
  return compositions[measure].of_classes;
}

static lariat_status add_parts(lariat_histogram *const *parts, unsigned which,
                               lariat_histogram *histogram) {
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; which >> i && status == LARIAT_OK; i++)
    if (which >> i & 1 && has_values(parts[i]))
      status = lariat_histogram_add(histogram, parts[i]);
  return status;
}

/* Returns how many values of 0 were counted, and not recorded. */
static uint64_t count_zeros(const lr_load_interval *interval, size_t name,
                            lariat_load_measure measure) {
  switch (measure) {
  case LARIAT_LOAD_QUEUE:
    return interval->classes[name]->at_once;
  case LARIAT_LOAD_LATE:
    return interval->not_late;
  case LARIAT_LOAD_READ_LATE:
    return interval->not_read_late;
  default:
    return 0;
  }
}

lariat_status lr_load_interval_merge(const lr_load_interval *interval,
                                     size_t name, lariat_load_measure measure,
                                     lariat_histogram *histogram) {
  const struct composition *of = &compositions[measure];
  const class_record *record = interval->classes[name];
  if (of->of_classes ? !record : name != 0) return LARIAT_OK;
  uint64_t zeros = count_zeros(interval, name, measure);
  if (zeros) lariat_histogram_record_count(histogram, 0, zeros);
  return add_parts(of->of_classes ? record->parts : interval->parts, of->parts,
                   histogram);
}
