/* SPDX-License-Identifier: MIT
 * write_warc: fetches URLs and keeps what came of them in a WARC file: heads
 * and bodies as the servers have sent them.  A body that an earlier URL had
 * already is written as a revisit of that.  docs/warc.md explains it.
 *
 * usage: write_warc FILE.warc.gz URL... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lariat/crawl/warc.h>
#include <lariat/lariat.h>

/* A record with a body. */
struct original {
  uint8_t sha1[20];
  int64_t at_ns;
  char *url;
};

struct archive {
  FILE *file;
  lariat_crawl_warc_buffer *buffer;
  struct original *originals;
  size_t count;
};

static int64_t read_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Writes the records that were made since the last time. */
static void write_records(struct archive *archive) {
  size_t length;
  const char *bytes = lariat_crawl_warc_buffer_bytes(archive->buffer, &length);
  fwrite(bytes, 1, length, archive->file);
  lariat_crawl_warc_buffer_clear(archive->buffer);
}

static lariat_crawl_warc_exchange describe(const lariat_response *response) {
  lariat_crawl_warc_exchange exchange = {
      .size = sizeof exchange,
      .url = lariat_response_url(response),
      .at_ns = read_clock(),
      .ip = lariat_response_remote_ip(response),
      .protocol = "http/1.1"};
  exchange.head = lariat_response_raw_head(response, &exchange.head_length);
  exchange.body = lariat_response_raw_body(response, &exchange.body_length);
  if (lariat_response_raw_head_source(response) == LARIAT_HEAD_REMADE)
    exchange.protocol = "h2";
  if (*lariat_response_tls_version(response)) {
    exchange.tls_version = lariat_response_tls_version(response);
    exchange.cipher_suite = lariat_response_tls_cipher(response);
  }
  return exchange;
}

/* Looks whether the body is known; if not, it is from now on. */
static void look_up_body(struct archive *archive,
                         lariat_crawl_warc_exchange *exchange,
                         const uint8_t sha1[20]) {
  struct original *new = &archive->originals[archive->count];
  for (struct original *old = archive->originals; old < new; old++)
    if (memcmp(old->sha1, sha1, sizeof old->sha1) == 0) {
      exchange->revisit = true;
      exchange->refers_to_url = old->url;
      exchange->refers_to_ns = old->at_ns;
      return;
    }
  memcpy(new->sha1, sha1, sizeof new->sha1);
  new->at_ns = exchange->at_ns;
  new->url = strdup(exchange->url);
  archive->count += new->url != NULL;
}

static lariat_status add_response(struct archive *archive,
                                  const lariat_response *response) {
  lariat_crawl_warc_exchange exchange = describe(response);
  uint8_t sha1[20];
  lariat_status status = lariat_crawl_warc_digest(
      archive->buffer, exchange.body, exchange.body_length, sha1);
  if (status != LARIAT_OK) return status;
  exchange.digest = sha1;
  look_up_body(archive, &exchange, sha1);
  status = lariat_crawl_warc_add_exchange(archive->buffer, &exchange, NULL);
  write_records(archive);
  return status;
}

static void fetch(struct archive *archive, lariat_client *client,
                  const char *url) {
  lariat_request_options options = lariat_request_defaults(client);
  options.keep =
      LARIAT_KEEP_RAW_HEAD | LARIAT_KEEP_RAW_BODY | LARIAT_KEEP_CONNECTION;
  lariat_value result =
      lariat_await(lariat_request(client, "GET", url, &options));
  if (lariat_is_failure(result))
    fprintf(stderr, "%s: %s\n", url, lariat_failure_message(result));
  else if (add_response(archive, lariat_response_in(result)) != LARIAT_OK)
    fprintf(stderr, "%s: no record could be made\n", url);
  lariat_value_drop(result);
}

static lariat_status open_archive(struct archive *archive, const char *path,
                                  size_t urls) {
  const char *slash = strrchr(path, '/');
  lariat_status status = lariat_crawl_warc_buffer_new(4, &archive->buffer);
  if (status != LARIAT_OK) return status;
  archive->originals = calloc(urls, sizeof *archive->originals);
  archive->file = fopen(path, "we");
  if (!archive->originals || !archive->file) return LARIAT_ESYSTEM;
  return lariat_crawl_warc_add_info(archive->buffer, read_clock(),
                                    slash ? slash + 1 : path,
                                    "software: write_warc\r\n");
}

static lariat_status close_archive(struct archive *archive) {
  bool written = archive->file && !ferror(archive->file);
  if (archive->file && fclose(archive->file) != 0) written = false;
  for (size_t i = 0; i < archive->count; i++) free(archive->originals[i].url);
  free(archive->originals);
  lariat_crawl_warc_buffer_free(archive->buffer);
  return written ? LARIAT_OK : LARIAT_ESYSTEM;
}

static lariat_value app(lariat_client *client, int argc, char **argv) {
  struct archive archive = {.file = NULL};
  if (argc < 3)
    return lariat_failure_new(LARIAT_EUSER,
                              "usage: write_warc FILE.warc.gz URL...");
  if (open_archive(&archive, argv[1], (size_t)argc) == LARIAT_OK)
    for (int i = 2; i < argc; i++) fetch(&archive, client, argv[i]);
  if (close_archive(&archive) != LARIAT_OK)
    return lariat_failure_new(LARIAT_EUSER, "the file cannot be written");
  return lariat_none();
}

int main(int argc, char **argv) {
  return lariat_react_coroutine(app, argc, argv);
}
