/* SPDX-License-Identifier: MIT
 * trap.c: the rules by which shapes are closed.
 *
 * That bodies are alike does not make a trap: a catalogue has 100,000 pages of
 * one shape, most of whose text is the same.  So what counts as alike is only
 * what says nothing new at all (words_digest.h), and that is not enough,
 * either: URLs or links must say that there is no end of it. */
#include "trap.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "closed_shapes.h"
#include "memory.h"
#include "shape.h"
#include "shape_table.h"
#include "text_hash.h"
#include "words_digest.h"

/* Shapes up to so many bytes are told apart. */
enum { LONGEST_SHAPE = 2304 };

/* Half as many pages are enough where there are so few different ones among
 * them: as many as there are months. */
enum { FEW_DIFFERENT = 12 };
/* A row of numbered pages can be a book: so many times as many pages. */
enum { LONG_ROW = 5 };
/* The reason that has nothing to do with bodies that are alike. */
static const char is_combined[] = "all combinations of a few values";
/* From this share on new links are all of the page's own shape. */
static const double nearly_all = 0.9;

struct lr_crawl_traps {
  lr_crawl_traps_options options;
  uint64_t seed;
  lr_crawl_shape_table *table;
  lr_crawl_closed_shapes closed;
  lr_crawl_trap_callback *on_close;
  void *context;
};

lr_crawl_traps_options lr_crawl_traps_defaults(void) {
  return (lr_crawl_traps_options){.query_variants = 1000,
                                  .similar = true,
                                  .similar_pages = 200,
                                  .similar_share = 0.9};
}

lariat_status lr_crawl_traps_new(const lr_crawl_traps_options *options,
                                 lr_crawl_traps **out) {
  lr_crawl_traps *traps = lr_crawl_allocate(1, sizeof *traps);
  *out = NULL;
  if (!traps) return LARIAT_ENOMEM;
  traps->options = *options;
  /* Without random bits a site could make two of its own shapes one. */
  if (getrandom(&traps->seed, sizeof traps->seed, 0) < 0) traps->seed = 1;
  traps->table = lr_crawl_shape_table_new();
  if (!traps->table) {
    lariat_memory_release(traps);
    return LARIAT_ENOMEM;
  }
  *out = traps;
  return LARIAT_OK;
}

void lr_crawl_traps_free(lr_crawl_traps *traps) {
  if (!traps) return;
  lr_crawl_shape_table_free(traps->table);
  lr_crawl_closed_shapes_clear(&traps->closed);
  lariat_memory_release(traps);
}

void lr_crawl_traps_on_close(lr_crawl_traps *traps,
                             lr_crawl_trap_callback *callback, void *context) {
  traps->on_close = callback;
  traps->context = context;
}

/* ---- Shapes ---- */

/* A text that stands for many URLs, and its hash. */
typedef struct shape_text {
  uint64_t hash;
  size_t length;
  char text[LONGEST_SHAPE];
} shape_text;

static void finish_shape(const lr_crawl_traps *traps, shape_text *shape,
                         size_t length) {
  size_t most = sizeof shape->text - 1;
  shape->length = length < most ? length : most;
  shape->hash = lr_crawl_hash_text(traps->seed, shape->text, shape->length);
}

static void make_shape(const lr_crawl_traps *traps, const lariat_url *url,
                       shape_text *shape, lr_crawl_shape_traits *traits) {
  size_t length = lr_crawl_shape_write(url, shape->text, LONGEST_SHAPE, traits);
  finish_shape(traps, shape, length);
}

static void make_path_shape(const lr_crawl_traps *traps, const lariat_url *url,
                            shape_text *shape) {
  size_t length = lr_crawl_shape_write_path(url, shape->text, LONGEST_SHAPE);
  finish_shape(traps, shape, length);
}

static void make_directory_shape(const lr_crawl_traps *traps,
                                 const lariat_url *url, shape_text *shape) {
  size_t length =
      lr_crawl_shape_write_directory(url, shape->text, LONGEST_SHAPE);
  finish_shape(traps, shape, length);
}

uint64_t lr_crawl_shape_hash(const lariat_url *url) {
  char text[LONGEST_SHAPE];
  size_t length = lr_crawl_shape_write(url, text, sizeof text, NULL);
  if (length >= sizeof text) length = sizeof text - 1;
  return lr_crawl_hash_text(0, text, length);
}

/* ---- Questions ---- */

/* Finds a shape that is closed, and not opened again. */
static const lr_crawl_closed_shape *find_closed(const lr_crawl_traps *traps,
                                                const shape_text *shape) {
  const lr_crawl_closed_shape *closed =
      lr_crawl_closed_shapes_find(&traps->closed, shape->hash);
  return closed && !closed->opened ? closed : NULL;
}

/* Tells whether a shape is known to have pages that are not alike: those are
 * asked for, though the directory that they are in is closed. */
static bool is_honest(lr_crawl_traps *traps, const shape_text *shape) {
  const lr_crawl_shape_stats *stats =
      lr_crawl_shape_table_find(traps->table, shape->hash);
  return stats && stats->alike < stats->pages / 2;
}

static const lr_crawl_closed_shape *find_closed_for(lr_crawl_traps *traps,
                                                    const lariat_url *url) {
  const lr_crawl_closed_shape *closed;
  lr_crawl_shape_traits traits;
  shape_text shape;
  make_shape(traps, url, &shape, &traits);
  if ((closed = find_closed(traps, &shape))) return closed;
  if (lr_crawl_closed_shapes_find(&traps->closed, shape.hash)) return NULL;
  bool honest = is_honest(traps, &shape);
  if (traits.parameters > 1) {
    make_path_shape(traps, url, &shape);
    if ((closed = find_closed(traps, &shape))) return closed;
  }
  if (traits.segments < 2 || honest) return NULL;
  make_directory_shape(traps, url, &shape);
  return find_closed(traps, &shape);
}

bool lr_crawl_traps_is_closed(lr_crawl_traps *traps, const lariat_url *url,
                              const char **text) {
  if (!traps->closed.closed) return false;
  const lr_crawl_closed_shape *closed = find_closed_for(traps, url);
  if (closed && text) *text = closed->text;
  return closed != NULL;
}

/* ---- What is learnt ---- */

/* Tells whether a digest is in a ring, and puts it there. */
static bool note_digest(uint32_t *ring, unsigned size, uint32_t *count,
                        uint64_t digest) {
  uint32_t bits = (uint32_t)lr_crawl_mix(digest, UINT64_C(0xa0761d6478bd642f));
  for (unsigned i = 0; i < size && i < *count; i++)
    if (ring[i] == bits) return true;
  ring[(*count)++ % size] = bits;
  return false;
}

/* Tells whether a page's words can matter to the rules for its shape.  Most of
 * the pages that are looked at are of shapes of which likeness is not asked. */
static bool needs_words(const lr_crawl_shape_traits *traits,
                        const lr_crawl_trap_page *page) {
  return traits->has_identifier || traits->has_date || traits->parameters > 1 ||
         (page->new_links == 1 && page->new_links_of_same_shape == 1);
}

/* Returns the digest of a page's words; 0: it has none. */
static uint64_t read_words(const lr_crawl_trap_page *page) {
  return page->bytes ? lr_crawl_words_digest(page->bytes, page->length) : 0;
}

/* Notes a page; `words` 0: they were not looked at, or are none. */
static void note_page(lr_crawl_shape_stats *stats,
                      const lr_crawl_trap_page *page, uint64_t words) {
  bool equal = note_digest(stats->digests, LR_CRAWL_DIGESTS,
                           &stats->digest_count, page->digest);
  bool alike = words && note_digest(stats->words, LR_CRAWL_WORDS,
                                    &stats->words_count, words);
  if (equal) stats->equal++;
  if (equal || alike) stats->alike++;
  if (page->new_links == 1 && page->new_links_of_same_shape == 1)
    stats->chained++;
  stats->new_links += page->new_links;
  stats->new_links_of_same_shape += page->new_links_of_same_shape;
}

/* ---- Rules ---- */

/* Tells whether so many of a shape's pages are enough to close it. */
static bool is_enough(const lr_crawl_traps *traps,
                      const lr_crawl_shape_stats *stats, uint32_t count) {
  const lr_crawl_traps_options *options = &traps->options;
  /* Those before it had a place were not looked at. */
  uint32_t pages = stats->pages + LR_CRAWL_SHAPE_FIRST - 1;
  if (!options->similar) return false;
  if (pages >= options->similar_pages)
    return count >= options->similar_share * stats->pages;
  return 2 * (uint64_t)pages >= options->similar_pages &&
         stats->pages - count <= FEW_DIFFERENT;
}

static bool only_finds_its_own(const lr_crawl_shape_stats *stats) {
  return (double)stats->new_links_of_same_shape >=
         nearly_all * (double)stats->new_links;
}

/* Tells whether pages lead on to others, one for two of them at least: what has
 * no end does.  Many pages that are alike, and are linked from elsewhere, have
 * one. */
static bool grows(const lr_crawl_shape_stats *stats) {
  return 2 * stats->new_links >= stats->pages;
}

/* Tells whether pages are a long row, each of which leads to one other. */
static bool is_row(const lr_crawl_traps *traps,
                   const lr_crawl_shape_stats *stats) {
  return stats->pages >= (uint64_t)LONG_ROW * traps->options.similar_pages &&
         is_enough(traps, stats, stats->chained);
}

/* Returns why a shape is to be closed; NULL: it is not. */
static const char *judge_shape(const lr_crawl_traps *traps,
                               const lr_crawl_shape_stats *stats,
                               const lr_crawl_shape_traits *traits) {
  if (!grows(stats)) return NULL;
  if (is_enough(traps, stats, stats->equal)) return "bodies are equal";
  if (!only_finds_its_own(stats) || !is_enough(traps, stats, stats->alike))
    return NULL;
  if (traits->has_identifier)
    return "bodies are equal but for numbers, whatever the identifier";
  if (traits->has_date) return "bodies are equal but for numbers, at all dates";
  if (traits->parameters > 1)
    return "bodies are equal but for numbers, whatever the query";
  return is_row(traps, stats) ? "each page only leads to the next" : NULL;
}

/* Returns why all queries of a path are to be closed; NULL: they are not. */
static const char *judge_queries(const lr_crawl_traps *traps,
                                 const lr_crawl_shape_stats *stats) {
  uint32_t most = traps->options.query_variants;
  if (!stats->values || !grows(stats)) return NULL;
  if (lr_crawl_query_values_vary(stats->values) > 1 &&
      only_finds_its_own(stats) && is_enough(traps, stats, stats->alike))
    return "bodies are equal but for numbers, whatever the query";
  if (most && stats->pages > most &&
      lr_crawl_query_values_are_combined(stats->values, stats->pages))
    return is_combined;
  return NULL;
}

/* Returns why a directory is to be closed.  Those of its pages are counted
 * whose shape was not seen before. */
static const char *judge_directory(const lr_crawl_traps *traps,
                                   const lr_crawl_shape_stats *stats) {
  return grows(stats) && is_enough(traps, stats, stats->alike)
             ? "bodies are equal but for numbers, in all of the directory"
             : NULL;
}

static void close_shape(lr_crawl_traps *traps, const shape_text *shape,
                        const lr_crawl_shape_stats *stats, const char *reason) {
  lr_crawl_closed_shape closed = {.hash = shape->hash,
                                  .text = (char *)(uintptr_t)shape->text,
                                  .reason = reason,
                                  .pages =
                                      stats->pages + LR_CRAWL_SHAPE_FIRST - 1};
  /* Without memory, or with too many, it is tried again at the next page. */
  if (lr_crawl_closed_shapes_add(&traps->closed, &closed) != LARIAT_OK) return;
  lr_crawl_shape_table_forget(traps->table, shape->hash);
  if (traps->on_close)
    traps->on_close(traps->context, closed.text, closed.pages, reason);
}

/* Tells whether nothing more is to be learnt of a shape. */
static bool is_decided(const lr_crawl_traps *traps, const shape_text *shape) {
  return lr_crawl_closed_shapes_find(&traps->closed, shape->hash) != NULL;
}

static void learn_of_queries(lr_crawl_traps *traps, const lariat_url *url,
                             const lr_crawl_trap_page *page, uint64_t words) {
  lariat_url_part query = lariat_url_query(url);
  shape_text shape;
  make_path_shape(traps, url, &shape);
  if (is_decided(traps, &shape)) return;
  lr_crawl_shape_stats *stats =
      lr_crawl_shape_table_count(traps->table, shape.hash, NULL);
  if (!stats) return;
  if (!stats->values) lr_crawl_shape_table_add_values(traps->table, stats);
  if (stats->values)
    lr_crawl_query_values_note(stats->values, query.bytes, query.length);
  note_page(stats, page, words);
  const char *reason = judge_queries(traps, stats);
  if (reason) close_shape(traps, &shape, stats, reason);
}

static void learn_of_directory(lr_crawl_traps *traps, const lariat_url *url,
                               const lr_crawl_trap_page *page, uint64_t words) {
  shape_text shape;
  make_directory_shape(traps, url, &shape);
  if (is_decided(traps, &shape)) return;
  lr_crawl_shape_stats *stats =
      lr_crawl_shape_table_count(traps->table, shape.hash, NULL);
  if (!stats) return;
  note_page(stats, page, words);
  const char *reason = judge_directory(traps, stats);
  if (reason) close_shape(traps, &shape, stats, reason);
}

void lr_crawl_traps_learn(lr_crawl_traps *traps, const lariat_url *url,
                          const lr_crawl_trap_page *page) {
  lr_crawl_shape_traits traits;
  shape_text shape;
  bool first;
  make_shape(traps, url, &shape, &traits);
  if (is_decided(traps, &shape)) return;
  lr_crawl_shape_stats *stats =
      lr_crawl_shape_table_count(traps->table, shape.hash, &first);
  bool in_directory = first && traits.segments > 1;
  uint64_t words =
      in_directory || needs_words(&traits, page) ? read_words(page) : 0;
  if (stats) note_page(stats, page, words);
  const char *reason = stats ? judge_shape(traps, stats, &traits) : NULL;
  if (reason) {
    close_shape(traps, &shape, stats, reason);
    return;
  }
  if (traits.parameters > 1) learn_of_queries(traps, url, page, words);
  if (in_directory) learn_of_directory(traps, url, page, words);
}

/* ---- Closed shapes ---- */

bool lr_crawl_traps_open(lr_crawl_traps *traps, const char *text) {
  uint64_t hash = lr_crawl_hash_text(traps->seed, text, strlen(text));
  lr_crawl_closed_shape opened = {.hash = hash,
                                  .text = (char *)(uintptr_t)text,
                                  .reason = "opened",
                                  .opened = true};
  if (lr_crawl_closed_shapes_open(&traps->closed, hash)) return true;
  if (!lr_crawl_closed_shapes_find(&traps->closed, hash))
    (void)lr_crawl_closed_shapes_add(&traps->closed, &opened);
  return false;
}

const char *lr_crawl_traps_reason(const lr_crawl_traps *traps,
                                  const char *text) {
  const lr_crawl_closed_shape *closed = lr_crawl_closed_shapes_find(
      &traps->closed, lr_crawl_hash_text(traps->seed, text, strlen(text)));
  return closed && !closed->opened ? closed->reason : NULL;
}

/* Tells whether shapes are closed for this reason. */
static bool is_wanted(const lr_crawl_traps *traps, const char *reason) {
  return strcmp(reason, is_combined) == 0 ? traps->options.query_variants != 0
                                          : traps->options.similar;
}

lariat_status lr_crawl_traps_close(lr_crawl_traps *traps, const char *text,
                                   uint32_t pages, const char *reason) {
  uint64_t hash = lr_crawl_hash_text(traps->seed, text, strlen(text));
  lr_crawl_closed_shape closed = {.hash = hash,
                                  .text = (char *)(uintptr_t)text,
                                  .reason = reason,
                                  .pages = pages};
  if (!is_wanted(traps, reason) ||
      lr_crawl_closed_shapes_find(&traps->closed, hash))
    return LARIAT_OK;
  return lr_crawl_closed_shapes_add(&traps->closed, &closed);
}

void lr_crawl_traps_each(const lr_crawl_traps *traps,
                         lr_crawl_trap_callback *callback, void *context) {
  for (size_t i = 0; i < traps->closed.capacity; i++) {
    const lr_crawl_closed_shape *shape = traps->closed.slots[i];
    if (shape && !shape->opened)
      callback(context, shape->text, shape->pages, shape->reason);
  }
}

size_t lr_crawl_traps_closed(const lr_crawl_traps *traps) {
  return traps->closed.closed;
}

size_t lr_crawl_traps_memory(const lr_crawl_traps *traps) {
  return sizeof *traps + lr_crawl_shape_table_memory(traps->table) +
         traps->closed.capacity * sizeof traps->closed.slots[0] +
         traps->closed.bytes;
}
