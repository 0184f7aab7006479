/* SPDX-License-Identifier: MIT
 * lariat_crawl_warc_reader: reads WARC files, record by record: of versions 1.0
 * and 1.1 and the drafts before them, compressed by gzip (a member for each
 * record, or any other way) or not, whoever has written them.  Bytes in, events
 * out, in pieces of any size:
 *
 *   do {
 *     event = lariat_crawl_warc_reader_feed(reader, bytes, length, &used);
 *     bytes += used;
 *     length -= used;
 *     if (event == LARIAT_CRAWL_WARC_RECORD) ...lariat_crawl_warc_reader_url...
 *   } while (event < LARIAT_CRAWL_WARC_MORE);
 *
 * lariat_crawl_warc_file does that for a file.  What is broken is told, with
 * its offset, and reading goes on behind it.  Any thread may use a reader, one
 * at a time.  docs/warc.md explains it. */
#ifndef LARIAT_CRAWL_WARC_READER_H
#define LARIAT_CRAWL_WARC_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/crawl/warc.h>
#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_crawl_warc_reader lariat_crawl_warc_reader;

/* The event that the bytes come to.  A record is RECORD; HEAD, if its block is
 * of HTTP; PIECE, as often as needed; END.  FAULT may stand between any two. */
typedef enum lariat_crawl_warc_event {
  LARIAT_CRAWL_WARC_RECORD = 0, /* the header of a record has been read */
  LARIAT_CRAWL_WARC_HEAD = 1,   /* the head of HTTP in its block has */
  LARIAT_CRAWL_WARC_PIECE = 2,  /* there is a piece of the rest of the block */
  LARIAT_CRAWL_WARC_END = 3,    /* the record is complete */
  LARIAT_CRAWL_WARC_FAULT = 4,  /* something is wrong: see _fault */
  LARIAT_CRAWL_WARC_MORE = 5,   /* all bytes are used */
  LARIAT_CRAWL_WARC_DONE = 6,   /* the file has ended */
  LARIAT_CRAWL_WARC_FAILED = 7  /* see _status */
} lariat_crawl_warc_event;

/* A fault of a file. */
typedef struct lariat_crawl_warc_fault {
  uint64_t offset;   /* in the file: of the record or gzip member in hand */
  bool ends_record;  /* the record in hand has no END; the next one is looked
                        for from here on */
  char message[152]; /* a few words without a full stop */
} lariat_crawl_warc_fault;

/* Makes a reader for a file from its first byte on, and puts it into `*out`;
 * the caller owns it (lariat_crawl_warc_reader_free).  Any thread.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_warc_reader_new(lariat_crawl_warc_reader **out);

/* Frees the reader; NULL is allowed.  Any thread. */
LARIAT_API void lariat_crawl_warc_reader_free(lariat_crawl_warc_reader *reader);

/* Begins anew, at `offset` of a file, whose bytes are fed from there on: a
 * record begins there, or, with `search`, it is the next one that is found. The
 * reader's thread. */
LARIAT_API void lariat_crawl_warc_reader_begin(lariat_crawl_warc_reader *reader,
                                               uint64_t offset, bool search);

/* Takes `length` bytes of the file; `*used` gets how many of them have been
 * read.  The others are to be given again, with what comes behind them or
 * without.  Feed until the event is MORE or FAILED, with 0 bytes as well.  The
 * reader's thread. */
LARIAT_API lariat_crawl_warc_event
lariat_crawl_warc_reader_feed(lariat_crawl_warc_reader *reader,
                              const char *bytes, size_t length, size_t *used);

/* Takes the file's end, after a MORE; to be called until it is DONE or FAILED.
 * FAULT: the file is cut.  The reader's thread. */
LARIAT_API lariat_crawl_warc_event
lariat_crawl_warc_reader_end(lariat_crawl_warc_reader *reader);

/* ---- The record in hand ----
 *
 * From RECORD on, until the next; the reader's thread.  Texts belong to the
 * reader, and are ended by NUL. */

/* Returns the type. */
LARIAT_API lariat_crawl_warc_type
lariat_crawl_warc_reader_type(const lariat_crawl_warc_reader *reader);

/* Returns the name of a type, "response"; "unknown".  Any thread; static. */
LARIAT_API const char *lariat_crawl_warc_type_name(lariat_crawl_warc_type type);

/* Returns where the record begins in the file: its gzip member, or, if that has
 * several records, the member of the first. */
LARIAT_API uint64_t
lariat_crawl_warc_reader_offset(const lariat_crawl_warc_reader *reader);

/* Returns how many bytes of the file the record has, from END on.  0: it shares
 * its gzip member with others. */
LARIAT_API uint64_t
lariat_crawl_warc_reader_length(const lariat_crawl_warc_reader *reader);

/* Returns the length of the block: Content-Length. */
LARIAT_API uint64_t
lariat_crawl_warc_reader_block_length(const lariat_crawl_warc_reader *reader);

/* Returns "WARC/1.1". */
LARIAT_API const char *
lariat_crawl_warc_reader_version(const lariat_crawl_warc_reader *reader);

/* Returns WARC-Target-URI; "" where there is none.  Of this, and of
 * WARC-Refers-To-Target-URI, the angle brackets that some put around it are no
 * part. */
LARIAT_API const char *
lariat_crawl_warc_reader_url(const lariat_crawl_warc_reader *reader);

/* Returns the value of the first field called `name`, in any case of letters;
 * NULL: there is none. */
LARIAT_API const char *
lariat_crawl_warc_reader_field(const lariat_crawl_warc_reader *reader,
                               const char *name);

/* Return the number of fields; and the value of one, and its name in `*name`,
 * NULL when out of range. */
LARIAT_API size_t
lariat_crawl_warc_reader_field_count(const lariat_crawl_warc_reader *reader);
LARIAT_API const char *
lariat_crawl_warc_reader_field_at(const lariat_crawl_warc_reader *reader,
                                  size_t index, const char **name);

/* ---- The block in hand ----
 *
 * The reader's thread. */

/* Returns the piece that the last PIECE has told of, not ended by NUL; the
 * reader's, until the next feed.  All pieces are the block, but for the head.
 */
LARIAT_API const char *
lariat_crawl_warc_reader_piece(const lariat_crawl_warc_reader *reader,
                               size_t *length);

/* Returns the head of HTTP with its empty line, as it is in the block; "" where
 * there is none.  From HEAD on; no NUL follows. */
LARIAT_API const char *
lariat_crawl_warc_reader_http_head(const lariat_crawl_warc_reader *reader,
                                   size_t *length);

/* Returns the status of an answer; 0: there is none. */
LARIAT_API int
lariat_crawl_warc_reader_http_status(const lariat_crawl_warc_reader *reader);

/* Returns the value of the first header called `name`, in any case of letters,
 * ended by NUL; NULL: there is none. */
LARIAT_API const char *
lariat_crawl_warc_reader_http_value(lariat_crawl_warc_reader *reader,
                                    const char *name);

/* ---- What is wrong ----
 *
 * The reader's thread. */

/* Returns the last fault. */
LARIAT_API const lariat_crawl_warc_fault *
lariat_crawl_warc_reader_fault(const lariat_crawl_warc_reader *reader);

/* Returns why it is FAILED: LARIAT_ENOMEM; of a file, LARIAT_ESYSTEM (see
 * errno); else LARIAT_OK. */
LARIAT_API lariat_status
lariat_crawl_warc_reader_status(const lariat_crawl_warc_reader *reader);

/* ---- Files ---- */

typedef struct lariat_crawl_warc_file lariat_crawl_warc_file;

/* Opens the file at `path`, to be read from `offset` on, where a record begins;
 * "-" is standard input.  The caller owns what is put into `*out`
 * (lariat_crawl_warc_file_close).  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ESYSTEM  it cannot be opened, or has no such offset: see errno */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_warc_file_open(
    const char *path, uint64_t offset, lariat_crawl_warc_file **out);

/* Reads on to the next event; MORE is none of them.  Behind a fault that ends a
 * record the file is searched from the record's second byte on, as long as not
 * too much of it was read again.  It blocks as long as the file's reads do. The
 * file's thread. */
LARIAT_API lariat_crawl_warc_event
lariat_crawl_warc_file_next(lariat_crawl_warc_file *file);

/* Returns the file's reader, for all that it can tell.  The file's thread. */
LARIAT_API lariat_crawl_warc_reader *
lariat_crawl_warc_file_reader(lariat_crawl_warc_file *file);

/* Closes it; NULL is allowed.  The file's thread. */
LARIAT_API void lariat_crawl_warc_file_close(lariat_crawl_warc_file *file);

LARIAT_END_C

#endif
