/* SPDX-License-Identifier: MIT
 * content_decoder.c: a chain of stages, of which the first undoes what was
 * applied last.  Each but the last has its output in the next one's buffer. */
#include "http/content_decoder.h"

#include <stdio.h>

#include "base/memory.h"
#include "http/brotli_stage.h"
#include "http/decoder_stage.h"
#include "http/inflate_stage.h"
#include "http/zstd_stage.h"

enum { SPARE_MOST = 16, BETWEEN_STAGES = 16 * 1024 };

/* By how much a coded body may be longer than what it is decoded to: stored
 * blocks, headers and trailers, and the names in them. */
enum { LONGER_BY_BYTES = 64 * 1024, LONGER_BY_PART = 16 };

typedef struct chain_link {
  lr_decoder_stage *stage;
  const uint8_t *in;
  size_t in_left;
  uint64_t taken;  /* of this body */
  bool has_more;   /* its output was full: there may be more without input */
  uint8_t *buffer; /* its input, from the stage before; NULL: it is the first */
} chain_link;

struct lr_content_decoder {
  lr_content_decoder *next; /* in a pool */
  lr_content_codings codings;
  bool begun;
  const chain_link *broken; /* NULL: none is */
  size_t made;              /* by all stages, in this turn */
  uint64_t most_taken;      /* by a stage; 0: no limit */
  chain_link links[LR_CODINGS_MOST];
};

/* ---- Making and keeping ---- */

static lr_decoder_stage *make_stage(lr_content_coding coding) {
  switch (coding) {
  case LR_CODING_GZIP:
    return lr_gzip_stage_new();
  case LR_CODING_DEFLATE:
    return lr_deflate_stage_new();
  case LR_CODING_BROTLI:
    return lr_brotli_stage_new();
  case LR_CODING_ZSTD:
    return lr_zstd_stage_new();
  }
  return NULL;
}

static void destroy_decoder(lr_content_decoder *decoder) {
  for (unsigned i = 0; i < decoder->codings.count; i++) {
    chain_link *link = &decoder->links[i];
    if (link->stage) link->stage->ops->destroy(link->stage);
    lr_free(link->buffer);
  }
  lr_free(decoder);
}

static lr_content_coding coding_of(const lr_content_decoder *decoder,
                                   unsigned index) {
  return decoder->codings.list[decoder->codings.count - 1 - index];
}

static bool make_link(lr_content_decoder *decoder, unsigned index) {
  chain_link *link = &decoder->links[index];
  link->stage = make_stage(coding_of(decoder, index));
  if (index > 0) link->buffer = lr_alloc(BETWEEN_STAGES);
  return link->stage && (index == 0 || link->buffer);
}

static lr_content_decoder *make_decoder(const lr_content_codings *codings) {
  lr_content_decoder *decoder = lr_alloc_zero(sizeof *decoder);
  if (!decoder) return NULL;
  decoder->codings = *codings;
  if (codings->problem != LR_CODING_NO_PROBLEM) decoder->codings.count = 0;
  for (unsigned i = 0; i < decoder->codings.count; i++) {
    if (make_link(decoder, i)) continue;
    destroy_decoder(decoder);
    return NULL;
  }
  return decoder;
}

static bool is_kept(const lr_content_codings *codings) {
  return codings->count == 1 && codings->list[0] == LR_CODING_GZIP &&
         codings->problem == LR_CODING_NO_PROBLEM;
}

lr_content_decoder *lr_content_decoder_take(lr_content_decoders *pool,
                                            const lr_content_codings *codings) {
  lr_content_decoder *decoder = pool->spare;
  if (!decoder || !is_kept(codings)) return make_decoder(codings);
  pool->spare = decoder->next;
  pool->count--;
  lr_decoder_stage *stage = decoder->links[0].stage;
  stage->ops->reset(stage);
  decoder->links[0].has_more = false;
  decoder->links[0].taken = 0;
  decoder->most_taken = 0;
  decoder->begun = false;
  decoder->broken = NULL;
  return decoder;
}

void lr_content_decoder_limit(lr_content_decoder *decoder,
                              uint64_t max_body_bytes) {
  uint64_t longer = max_body_bytes / LONGER_BY_PART + LONGER_BY_BYTES;
  bool limited = max_body_bytes && max_body_bytes < UINT64_MAX - longer;
  decoder->most_taken = limited ? max_body_bytes + longer : 0;
}

void lr_content_decoder_give(lr_content_decoders *pool,
                             lr_content_decoder *decoder) {
  if (pool->count >= SPARE_MOST || !is_kept(&decoder->codings)) {
    destroy_decoder(decoder);
    return;
  }
  decoder->next = pool->spare;
  pool->spare = decoder;
  pool->count++;
}

void lr_content_decoders_clear(lr_content_decoders *pool) {
  while (pool->spare) {
    lr_content_decoder *decoder = pool->spare;
    pool->spare = decoder->next;
    destroy_decoder(decoder);
  }
  pool->count = 0;
}

/* ---- Decoding ---- */

void lr_content_decoder_input(lr_content_decoder *decoder, const char *bytes,
                              size_t length) {
  decoder->links[0].in = (const uint8_t *)bytes;
  decoder->links[0].in_left = length;
  decoder->made = 0;
  if (length) decoder->begun = true;
}

size_t lr_content_decoder_unused(const lr_content_decoder *decoder) {
  return decoder->links[0].in_left;
}

/* Finds the last stage that has something to do: what is in it already goes on
 * before more is made of it.  NULL: none has. */
static chain_link *find_ready(lr_content_decoder *decoder) {
  for (unsigned i = decoder->codings.count; i > 0; i--) {
    chain_link *link = &decoder->links[i - 1];
    if (link->has_more || link->in_left) return link;
  }
  return NULL;
}

/* Runs a stage once; returns how much it has made. */
static size_t run_link(chain_link *link, uint8_t *out, size_t capacity,
                       lr_stage_result *result) {
  lr_stage_io io = {link->in, link->in_left, out, capacity};
  *result = link->stage->ops->run(link->stage, &io);
  link->taken += link->in_left - io.in_left;
  link->in = io.in;
  link->in_left = io.in_left;
  link->has_more = io.out_left == 0;
  return capacity - io.out_left;
}

static lr_stage_result run_into_next(lr_content_decoder *decoder,
                                     chain_link *from) {
  lr_stage_result result;
  chain_link *next = from + 1;
  next->in = next->buffer;
  next->in_left = run_link(from, next->buffer, BETWEEN_STAGES, &result);
  decoder->made += next->in_left;
  return result;
}

static lr_decode_result fail_at(lr_content_decoder *decoder,
                                const chain_link *link,
                                lr_stage_result result) {
  decoder->broken = link;
  return result == LR_STAGE_BROKEN ? LR_DECODE_BROKEN : LR_DECODE_NO_MEMORY;
}

lr_decode_result lr_content_decoder_step(lr_content_decoder *decoder, char *out,
                                         size_t capacity, size_t *made) {
  lr_stage_result result;
  chain_link *ready = find_ready(decoder);
  *made = 0;
  if (decoder->codings.problem && decoder->begun) return LR_DECODE_BROKEN;
  if (!ready) return LR_DECODE_USED;
  if (decoder->made >= LR_DECODE_TURN) return LR_DECODE_ENOUGH;
  if (ready == &decoder->links[decoder->codings.count - 1]) {
    *made = run_link(ready, (uint8_t *)out, capacity, &result);
    decoder->made += *made;
  } else {
    result = run_into_next(decoder, ready);
  }
  if (result != LR_STAGE_OK) return fail_at(decoder, ready, result);
  if (decoder->most_taken && ready->taken > decoder->most_taken)
    return LR_DECODE_TOO_LONG;
  return find_ready(decoder) ? LR_DECODE_MORE : LR_DECODE_USED;
}

/* ---- The end ---- */

/* Finds the first stage whose input has ended too early; NULL: none. */
static const chain_link *find_cut(const lr_content_decoder *decoder) {
  for (unsigned i = 0; i < decoder->codings.count; i++) {
    const chain_link *link = &decoder->links[i];
    if (link->has_more || link->in_left ||
        !link->stage->ops->whole(link->stage))
      return link;
  }
  return NULL;
}

bool lr_content_decoder_whole(const lr_content_decoder *decoder) {
  if (!decoder->begun) return true;
  return !decoder->codings.problem && !decoder->broken && !find_cut(decoder);
}

static const char *words_for(lr_coding_problem problem) {
  if (problem == LR_CODING_TOO_MANY) return "one more than can be undone";
  return problem == LR_CODING_NOT_BUILT ? "not built in" : "not known";
}

void lr_content_decoder_describe(const lr_content_decoder *decoder,
                                 char text[LR_DECODER_TEXT]) {
  const chain_link *at = decoder->broken ? decoder->broken : find_cut(decoder);
  if (decoder->codings.problem) {
    (void)snprintf(text, LR_DECODER_TEXT, "the content coding \"%s\" is %s",
                   decoder->codings.unknown,
                   words_for((lr_coding_problem)decoder->codings.problem));
    return;
  }
  unsigned index = at ? (unsigned)(at - decoder->links) : 0;
  (void)snprintf(text, LR_DECODER_TEXT, "the %s body is %s",
                 lr_content_coding_name(coding_of(decoder, index)),
                 decoder->broken ? "broken" : "cut");
}
