/* SPDX-License-Identifier: MIT
 * Writes a WARC file with records of all kinds, or reads one, and prints a line
 * for each record, as warc.mjs does with another reader: type, status, URL,
 * whether the digests of block and payload are right, and the SHA-256 of the
 * body, chunks and content codings undone.
 *
 * usage: warc write LEVEL FILE | warc read FILE */
#include <lariat/crawl/warc.h>
#include <lariat/crawl/warc_body.h>
#include <lariat/crawl/warc_reader.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LONG = 17 << 20 };
#define AT INT64_C(1796042096789012345)

static void die(const char *what) {
  fprintf(stderr, "warc: %s\n", what);
  exit(2);
}

/* ---- Writing ---- */

static lariat_crawl_warc_buffer *buffer;

static lariat_crawl_warc_exchange begin(const char *url, const char *head,
                                        const char *body, size_t length) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
  static int64_t at = AT;
  return (lariat_crawl_warc_exchange){.size =
                                          sizeof(lariat_crawl_warc_exchange),
                                      .url = url,
                                      .at_ns = at += 1234567890,
                                      .ip = "192.0.2.1",
                                      .request_head = request,
                                      .request_head_length = sizeof request - 1,
                                      .head = head,
                                      .head_length = strlen(head),
                                      .body = body,
                                      .body_length = length,
                                      .protocol = "h2",
                                      .tls_version = "TLSv1.3",
                                      .cipher_suite = "TLS_AES_256_GCM_SHA384",
                                      .via = "http://example.com/",
                                      .hop_path = "L",
                                      .fetch_ms = 12};
}

static void add(lariat_crawl_warc_exchange exchange) {
  if (lariat_crawl_warc_add_exchange(buffer, &exchange, NULL) != LARIAT_OK)
    die("an exchange is refused");
}

static void add_text(const char *url, const char *head, const char *body) {
  add(begin(url, head, body, strlen(body)));
}

static void add_gzip(void) {
  static const char text[] = "what the server has compressed";
  Bytef out[200];
  z_stream stream = {.next_in = (Bytef *)(size_t)text,
                     .avail_in = sizeof text - 1,
                     .next_out = out,
                     .avail_out = sizeof out};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
          Z_OK ||
      deflate(&stream, Z_FINISH) != Z_STREAM_END)
    die("zlib");
  deflateEnd(&stream);
  add(begin("http://example.com/gzip",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
            "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            (char *)out, stream.total_out));
}

static void add_long(void) {
  char *body = malloc(LONG);
  if (!body) die("memory");
  for (size_t i = 0; i < LONG; i++) body[i] = (char)(i * i / 7);
  add(begin("http://example.com/long",
            "HTTP/1.1 200 OK\r\nContent-Type: x/y\r\n\r\n", body, LONG));
  free(body);
}

static void add_revisits(void) {
  lariat_crawl_warc_exchange exchange =
      begin("http://example.com/again",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
            "Transfer-Encoding: chunked\r\n\r\n",
            "<p>page</p>", 11);
  exchange.revisit = true;
  exchange.refers_to_url = "http://example.com/";
  exchange.refers_to_ns = AT + 1234567890;
  add(exchange);
  exchange = begin("http://example.com/",
                   "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n", NULL, 0);
  exchange.not_modified = true;
  add(exchange);
}

static void add_all(void) {
  static const char zeros[5000];
  add_text("http://example.com/",
           "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "<p>page</p>");
  /* It looks like chunks, and is what was in them. */
  add_text("http://example.com/chunks",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
           "0\r\n\r\nnot a chunk");
  add_text("http://example.com/h2", "HTTP/2 404 \r\nserver: x\r\n\r\n", "none");
  add_text("http://example.com/empty", "HTTP/1.1 204 No Content\r\n\r\n", "");
  add(begin("http://example.com/png",
            "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n", zeros,
            sizeof zeros));
  add_gzip();
  add_long();
  add_revisits();
}

static void write_file(int level, const char *path) {
  size_t length;
  const lariat_crawl_warc_content content = {.size = sizeof content,
                                             .type = LARIAT_CRAWL_WARC_RESOURCE,
                                             .url = "urn:x",
                                             .at_ns = AT,
                                             .content_type = "text/plain",
                                             .block = "resource",
                                             .block_length = 8};
  if (lariat_crawl_warc_buffer_new(level, &buffer) != LARIAT_OK) die("buffer");
  if (lariat_crawl_warc_add_info(buffer, AT, "x.warc.gz", NULL) != LARIAT_OK ||
      lariat_crawl_warc_add_content(buffer, &content) != LARIAT_OK)
    die("records are refused");
  add_all();
  const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
  FILE *file = fopen(path, "we");
  if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
    die("cannot write");
  lariat_crawl_warc_buffer_free(buffer);
}

/* ---- Reading ---- */

enum { BLOCK, PAYLOAD, BODY, DIGESTS };
static EVP_MD_CTX *digests[DIGESTS];
static lariat_crawl_warc_body *body;

static void add_body(void *context, const char *bytes, size_t length) {
  (void)context;
  EVP_DigestUpdate(digests[BODY], bytes, length);
}

static void begin_record(lariat_crawl_warc_reader *reader) {
  for (int i = 0; i < DIGESTS; i++) {
    if (!digests[i]) digests[i] = EVP_MD_CTX_new();
    EVP_DigestInit_ex(digests[i], i == BODY ? EVP_sha256() : EVP_sha1(), NULL);
  }
  if (lariat_crawl_warc_body_begin(body, reader, LARIAT_CRAWL_WARC_ALL) !=
      LARIAT_OK)
    die("body");
}

static void take_head(lariat_crawl_warc_reader *reader) {
  size_t length;
  const char *head = lariat_crawl_warc_reader_http_head(reader, &length);
  EVP_DigestUpdate(digests[BLOCK], head, length);
  if (lariat_crawl_warc_body_begin(body, reader, LARIAT_CRAWL_WARC_ALL) !=
      LARIAT_OK)
    die("body");
}

static void take_piece(lariat_crawl_warc_reader *reader) {
  size_t length;
  const char *piece = lariat_crawl_warc_reader_piece(reader, &length);
  EVP_DigestUpdate(digests[BLOCK], piece, length);
  EVP_DigestUpdate(digests[PAYLOAD], piece, length);
  if (lariat_crawl_warc_body_feed(body, piece, length) != LARIAT_OK)
    die("a body cannot be decoded");
}

/* Prints whether a digest is what the record says. */
static void print_digest(EVP_MD_CTX *context, const char *claim) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  unsigned char digest[EVP_MAX_MD_SIZE];
  char text[40] = "sha1:";
  EVP_DigestFinal_ex(context, digest, NULL);
  for (unsigned i = 0; i < 32; i++) {
    unsigned bit = 5 * i;
    unsigned two = (unsigned)digest[bit / 8] << 8;
    if (bit / 8 + 1 < 20) two |= digest[bit / 8 + 1];
    text[5 + i] = letters[two >> (11 - bit % 8) & 31];
  }
  printf("%s\t", !claim ? "-" : strcmp(claim, text) == 0 ? "right" : "WRONG");
}

static void end_record(lariat_crawl_warc_reader *reader) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  const char *url = lariat_crawl_warc_reader_url(reader);
  lariat_crawl_warc_type type = lariat_crawl_warc_reader_type(reader);
  int status = lariat_crawl_warc_reader_http_status(reader);
  bool revisit = type == LARIAT_CRAWL_WARC_REVISIT;
  if (lariat_crawl_warc_body_end(body) != LARIAT_OK && !revisit)
    die("a body cannot be decoded");
  printf("%s\t", lariat_crawl_warc_type_name(type));
  printf(status ? "%d\t" : "-\t", status);
  printf("%s\t", *url ? url : "-");
  print_digest(digests[BLOCK],
               lariat_crawl_warc_reader_field(reader, "WARC-Block-Digest"));
  print_digest(digests[PAYLOAD], revisit ? NULL
                                         : lariat_crawl_warc_reader_field(
                                               reader, "WARC-Payload-Digest"));
  EVP_DigestFinal_ex(digests[BODY], digest, NULL);
  for (unsigned i = 0; i < 32; i++) printf("%02x", digest[i]);
  printf("\n");
}

static void read_file(const char *path) {
  lariat_crawl_warc_file *file;
  lariat_crawl_warc_event event;
  if (lariat_crawl_warc_body_new(add_body, NULL, &body) != LARIAT_OK ||
      lariat_crawl_warc_file_open(path, 0, &file) != LARIAT_OK)
    die("cannot open");
  lariat_crawl_warc_reader *reader = lariat_crawl_warc_file_reader(file);
  while ((event = lariat_crawl_warc_file_next(file)) !=
         LARIAT_CRAWL_WARC_DONE) {
    if (event == LARIAT_CRAWL_WARC_RECORD) begin_record(reader);
    if (event == LARIAT_CRAWL_WARC_HEAD) take_head(reader);
    if (event == LARIAT_CRAWL_WARC_PIECE) take_piece(reader);
    if (event == LARIAT_CRAWL_WARC_END) end_record(reader);
    if (event >= LARIAT_CRAWL_WARC_FAULT)
      die(lariat_crawl_warc_reader_fault(reader)->message);
  }
  lariat_crawl_warc_file_close(file);
  lariat_crawl_warc_body_free(body);
  for (int i = 0; i < DIGESTS; i++) EVP_MD_CTX_free(digests[i]);
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "write") == 0)
    write_file((int)strtol(argv[2], NULL, 10), argv[3]);
  else if (argc == 3 && strcmp(argv[1], "read") == 0)
    read_file(argv[2]);
  else
    die("usage: warc write LEVEL FILE | warc read FILE");
  return 0;
}
