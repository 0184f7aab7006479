/* SPDX-License-Identifier: MIT
 * read_warc: prints the title of each page of HTML in WARC files.
 * docs/warc.md explains it.
 *
 * usage: read_warc FILE... */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <lariat/crawl/warc_body.h>
#include <lariat/crawl/warc_reader.h>

/* The beginning of a body, decoded. */
struct page {
  char text[64 * 1024];
  size_t length;
};

static void keep_text(void *context, const char *bytes, size_t length) {
  struct page *page = context;
  size_t left = sizeof page->text - 1 - page->length;
  size_t some = length < left ? length : left;
  memcpy(page->text + page->length, bytes, some);
  page->length += some;
}

/* Tells whether the record in hand is a page, once its head has been read. */
static bool is_page(lariat_crawl_warc_reader *reader) {
  const char *type =
      lariat_crawl_warc_reader_http_value(reader, "Content-Type");
  return lariat_crawl_warc_reader_type(reader) == LARIAT_CRAWL_WARC_RESPONSE &&
         type && strncasecmp(type, "text/html", 9) == 0;
}

static void print_title(const lariat_crawl_warc_reader *reader,
                        struct page *page) {
  page->text[page->length] = '\0';
  const char *title = strcasestr(page->text, "<title>");
  title = title ? title + strlen("<title>") : "-";
  printf("%s\t", lariat_crawl_warc_reader_url(reader));
  for (; *title && *title != '<'; title++)
    putchar(isprint((unsigned char)*title) ? *title : ' ');
  putchar('\n');
}

static void print_fault(const char *path,
                        const lariat_crawl_warc_reader *reader) {
  const lariat_crawl_warc_fault *fault = lariat_crawl_warc_reader_fault(reader);
  fprintf(stderr, "%s: at byte %llu: %s\n", path,
          (unsigned long long)fault->offset, fault->message);
}

/* Reads the file to its end; returns why it could not. */
static lariat_status read_file(const char *path, lariat_crawl_warc_file *file,
                               lariat_crawl_warc_body *body,
                               struct page *page) {
  lariat_crawl_warc_reader *reader = lariat_crawl_warc_file_reader(file);
  lariat_crawl_warc_event event;
  bool wanted = false;
  lariat_status status = LARIAT_OK;
  while ((event = lariat_crawl_warc_file_next(file)) < LARIAT_CRAWL_WARC_DONE) {
    if (event == LARIAT_CRAWL_WARC_RECORD) wanted = false;
    if (event == LARIAT_CRAWL_WARC_FAULT) print_fault(path, reader);
    if (event == LARIAT_CRAWL_WARC_HEAD && is_page(reader)) {
      page->length = 0;
      status =
          lariat_crawl_warc_body_begin(body, reader, LARIAT_CRAWL_WARC_ALL);
      wanted = status == LARIAT_OK;
    }
    if (event == LARIAT_CRAWL_WARC_PIECE && wanted) {
      size_t length;
      const char *piece = lariat_crawl_warc_reader_piece(reader, &length);
      status = lariat_crawl_warc_body_feed(body, piece, length);
      wanted = status == LARIAT_OK;
    }
    if (event == LARIAT_CRAWL_WARC_END && wanted) print_title(reader, page);
  }
  return lariat_crawl_warc_reader_status(reader);
}

int main(int argc, char **argv) {
  static struct page page;
  lariat_crawl_warc_body *body;
  int failed = 0;
  if (lariat_crawl_warc_body_new(keep_text, &page, &body) != LARIAT_OK)
    return 1;
  for (int i = 1; i < argc; i++) {
    lariat_crawl_warc_file *file;
    lariat_status status = lariat_crawl_warc_file_open(argv[i], 0, &file);
    if (status == LARIAT_OK) {
      status = read_file(argv[i], file, body, &page);
      lariat_crawl_warc_file_close(file);
    }
    if (status != LARIAT_OK) {
      perror(argv[i]);
      failed = 1;
    }
  }
  lariat_crawl_warc_body_free(body);
  return failed;
}
