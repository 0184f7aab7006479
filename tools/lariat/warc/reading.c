/* SPDX-License-Identifier: MIT
 * reading.c: faults become messages. */
#include "warc/reading.h"

#include <errno.h>

#include "say.h"

bool reading_open(struct reading *reading, const char *path, uint64_t offset) {
  *reading = (struct reading){.path = path};
  lariat_status status =
      lariat_crawl_warc_file_open(path, offset, &reading->file);
  if (status == LARIAT_OK) {
    reading->reader = lariat_crawl_warc_file_reader(reading->file);
    return true;
  }
  say("cannot read %s: %s", path,
      status == LARIAT_ESYSTEM ? say_errno(errno) : lariat_status_text(status));
  return false;
}

void reading_close(struct reading *reading) {
  lariat_crawl_warc_file_close(reading->file);
}

static void say_fault(struct reading *reading) {
  const lariat_crawl_warc_fault *fault =
      lariat_crawl_warc_reader_fault(reading->reader);
  say("%s: at byte %llu: %s", reading->path, (unsigned long long)fault->offset,
      fault->message);
  reading->faulty = true;
}

static void say_failure(struct reading *reading) {
  lariat_status status = lariat_crawl_warc_reader_status(reading->reader);
  say("cannot read %s: %s", reading->path,
      status == LARIAT_ESYSTEM ? say_errno(errno) : lariat_status_text(status));
  reading->faulty = true;
}

lariat_crawl_warc_event reading_next(struct reading *reading) {
  for (;;) {
    lariat_crawl_warc_event event = lariat_crawl_warc_file_next(reading->file);
    reading->records += event == LARIAT_CRAWL_WARC_RECORD;
    if (event == LARIAT_CRAWL_WARC_FAILED) {
      say_failure(reading);
      return LARIAT_CRAWL_WARC_DONE;
    }
    if (event != LARIAT_CRAWL_WARC_FAULT) return event;
    say_fault(reading);
  }
}
