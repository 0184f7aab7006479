/* SPDX-License-Identifier: MIT
 * reading.h: a file that is read, and what is said when that goes wrong. */
#ifndef TOOLS_LARIAT_WARC_READING_H
#define TOOLS_LARIAT_WARC_READING_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/crawl/warc_reader.h>

struct reading {
  const char *path;
  lariat_crawl_warc_file *file;
  lariat_crawl_warc_reader *reader;
  uint64_t records;
  bool faulty; /* something is wrong with the file: it was said */
};

/* Opens a file, or says why it cannot, and returns false. */
bool reading_open(struct reading *reading, const char *path, uint64_t offset);
void reading_close(struct reading *reading);

/* Reads on to the next event of a record, and says what is wrong before it;
 * DONE: there are no more. */
lariat_crawl_warc_event reading_next(struct reading *reading);

#endif
