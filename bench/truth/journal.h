/* SPDX-License-Identifier: MIT
 * journal.h: what truthd writes down of each request; in memory, and into a
 * file at the end, so that no write disturbs what is measured. */
#ifndef BENCH_TRUTH_JOURNAL_H
#define BENCH_TRUTH_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A request, as it stands in the file, in the machine's order of bytes.
 * Instants are on the system's monotonic clock; 0: there was none.  The reader
 * is bench/harness/journal.py. */
struct journal_record {
  uint64_t number;     /* of all threads, in the order in which they read */
  uint64_t arrived_ns; /* by the kernel's stamp on the bytes that ended it */
  uint64_t read_ns;    /* behind the call that read these */
  uint64_t due_ns;     /* when the answer was to go */
  uint64_t sending_ns; /* before the call that sent it, or closed */
  uint64_t sent_ns;    /* behind that */
  uint32_t connection; /* counted from 0, of this thread */
  uint16_t thread;
  uint8_t outcome; /* enum outcome */
  uint8_t opening; /* 1: the first request of its connection */
};

/* Before the records in the file. */
struct journal_head {
  char magic[8]; /* "truthd-1" */
  uint64_t records;
  uint64_t start_ns;  /* monotonic: the stalls are counted from here */
  int64_t real_ns;    /* the wall clock at start_ns */
  uint64_t stall_ns;  /* of the plan */
  uint64_t period_ns; /* of the plan */
};

struct journal {
  struct journal_record **chunks;
  size_t chunk_count;
  size_t count; /* of all records */
};

/* Adds a record; false: out of memory. */
bool journal_add(struct journal *journal, const struct journal_record *record);

/* Returns the record with this index, below the count. */
const struct journal_record *journal_at(const struct journal *journal,
                                        size_t index);

bool journal_write(const struct journal *journal, FILE *out);
void journal_free(struct journal *journal);

#endif
