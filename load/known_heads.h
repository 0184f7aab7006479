/* SPDX-License-Identifier: MIT
 * known_heads.h: heads of answers that the parser has read before.  Most of a
 * test's answers have the same head byte for byte, but for the date, which
 * changes once a second: what such a head means is known, and it needs not be
 * read again.
 *
 * A head is known together with the kind of its request and with what the
 * parser has made of it: the status, the length of the body, and whether the
 * connection is kept.  Answers in chunks, and those that the end of the
 * connection ends, are never known. */
#ifndef LOAD_KNOWN_HEADS_H
#define LOAD_KNOWN_HEADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/h1_parser.h>

/* How many heads are known, and how long they may be. */
enum { LR_LOAD_KNOWN_HEADS = 16, LR_LOAD_KNOWN_HEAD_BYTES = 1000 };

typedef struct lr_load_known_head {
  uint64_t body_bytes;
  uint32_t length; /* 0: nothing is known */
  uint16_t status;
  bool head_request;
  bool keeps;
} lr_load_known_head;

/* A head of the answers to requests with one index. */
typedef struct lr_load_known_slot {
  lr_load_known_head head;
  const lariat_h1_parser *noted_by; /* of what is not confirmed; else NULL */
  bool found;                       /* the head has come again */
  uint16_t pause;  /* how many answers are not noted from now on */
  uint16_t pauses; /* how many were not the last time */
  char bytes[LR_LOAD_KNOWN_HEAD_BYTES];
} lr_load_known_slot;

typedef struct lr_load_known_heads {
  lr_load_known_slot slots[LR_LOAD_KNOWN_HEADS];
} lr_load_known_heads;

/* Returns the head that the bytes begin with, if it is known; `request` is the
 * index of the request, for answers to one request are alike.  NULL: it is not
 * known. */
const lr_load_known_head *
lr_load_known_heads_find(lr_load_known_heads *known, uint32_t request,
                         bool head_request, const char *bytes, size_t length);

/* Notes the head of an answer of which these are all bytes so far, those that
 * `parser` has used.  It is not found before it is confirmed.  Where the heads
 * of a server are never the same twice, ever fewer are noted. */
void lr_load_known_heads_note(lr_load_known_heads *known, uint32_t request,
                              bool head_request, const lariat_h1_parser *parser,
                              const char *bytes, size_t length);

/* Confirms what was noted of the answer that `parser` has read, which is
 * complete now. */
void lr_load_known_heads_confirm(lr_load_known_heads *known, uint32_t request,
                                 const lariat_h1_parser *parser);

#endif
