/* SPDX-License-Identifier: MIT
 * hash.h: hashes of 64 bits that are the same on every machine: FNV-1a of bytes
 * (G. Fowler, L. C. Noll, K.-P. Vo; RFC 9923), and SplitMix64's mixing of a
 * number.  They tell what differs by accident; whoever wants two texts with one
 * hash can find them. */
#ifndef LOAD_HASH_H
#define LOAD_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash of nothing. */
#define LR_LOAD_HASH_START UINT64_C(0xcbf29ce484222325)

/* Return `hash` with more added to it: bytes, a number, a text and its end, of
 * which NULL is another than "". */
uint64_t lr_load_hash_bytes(uint64_t hash, const void *bytes, size_t length);
uint64_t lr_load_hash_number(uint64_t hash, uint64_t number);
uint64_t lr_load_hash_text(uint64_t hash, const char *text);

/* Returns the number with its bits mixed; no two numbers become one. */
uint64_t lr_load_mix(uint64_t number);

/* Returns the random number that belongs to an index: whoever asks, and in
 * whatever order.  `purpose` keeps what is drawn for different ends apart. */
uint64_t lr_load_random_at(uint64_t seed, uint64_t purpose, uint64_t index);

/* Returns a random number below `bound`, made of a random one of 64 bits. */
uint64_t lr_load_below(uint64_t random, uint64_t bound);

#endif
