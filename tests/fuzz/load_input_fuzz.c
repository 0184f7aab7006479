/* SPDX-License-Identifier: MIT
 * load_input_fuzz.c: lists, JSON lines, archives and logs of any bytes come to
 * the same requests however they are cut; what is taken can be sent. */
#include <lariat/load/input.h>

#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "load/source.h"

enum { MOST_TAKEN = 200 };

/* What came of it. */
struct result {
  lariat_status status;
  uint64_t taken;
  uint64_t skipped;
  uint64_t hash;
  size_t count;
};

static lariat_load_input_options choose_options(uint8_t choice) {
  static const char *const hosts[] = {"a.example", "localhost:8080"};
  static const char *const formats[] = {
      NULL, "$msec $request_time \"$request\"",
      "$time_iso8601 $request_method $request_uri"};
  lariat_load_input_options options = lariat_load_input_defaults();
  options.format = (lariat_load_input_format)(choice % 4);
  options.hosts = hosts;
  options.host_count = 2;
  options.timed = (choice & 4) != 0;
  options.target = "http://localhost:8080";
  options.log_format = formats[(choice >> 3) % 3];
  options.unsafe = (choice & 32) != 0;
  return options;
}

static lariat_status feed(lariat_load_input *input, const uint8_t *bytes,
                          size_t length, uint8_t how) {
  struct fuzz_cuts cuts = fuzz_cuts_of(how);
  lariat_load_error error = {.message = ""};
  lariat_status status = LARIAT_OK;
  while (length && status == LARIAT_OK) {
    size_t some = fuzz_next_cut(&cuts, length);
    char *copy = fuzz_copy(bytes, some);
    status = lariat_load_input_feed(input, copy, some, &error);
    free(copy);
    bytes += some;
    length -= some;
  }
  if (status == LARIAT_OK) status = lariat_load_input_end(input, &error);
  FUZZ_REQUIRE(status != LARIAT_EINVAL || *error.message);
  return status;
}

/* Takes requests as a run does, and steps of flows. */
static void take_requests(const lariat_load_requests *requests) {
  lr_load_source *source;
  lr_load_message message;
  uint64_t last_ns = 0;
  uint64_t at_ns;
  FUZZ_REQUIRE(lr_load_source_new(requests, &source) == LARIAT_OK);
  for (uint64_t i = 0; i < MOST_TAKEN; i++) {
    if (lr_load_source_take(source, i, &message) != LR_LOAD_MESSAGE) break;
    FUZZ_REQUIRE(message.length > 16);
    FUZZ_REQUIRE(memmem(message.bytes, message.length, " HTTP/1.1\r\n", 11));
    FUZZ_REQUIRE(memmem(message.bytes, message.length, "\r\n\r\n", 4));
    FUZZ_REQUIRE(message.origin < lr_load_requests_origins(requests));
    if (message.user && lr_load_source_answer(source, message.user, NULL))
      (void)lr_load_source_step(source, message.user, &message);
    if (!lr_load_requests_due(requests, i, &at_ns)) continue;
    FUZZ_REQUIRE(at_ns >= last_ns);
    last_ns = at_ns;
  }
  lr_load_source_free(source);
}

static struct result read_text(const uint8_t *bytes, size_t length,
                               uint8_t choice, uint8_t how) {
  lariat_load_input_options options = choose_options(choice);
  struct result result = {.status = LARIAT_OK};
  lariat_load_requests *requests;
  lariat_load_input *input;
  FUZZ_REQUIRE(lariat_load_requests_new(&requests) == LARIAT_OK);
  FUZZ_REQUIRE(lariat_load_input_new(requests, &options, &input, NULL) ==
               LARIAT_OK);
  result.status = feed(input, bytes, length, how);
  result.taken = lariat_load_input_taken(input);
  for (int i = 0; i < LARIAT_LOAD_SKIPS; i++)
    result.skipped += lariat_load_input_skipped(input, (lariat_load_skip)i);
  lariat_load_input_free(input);
  result.count = lariat_load_requests_count(requests);
  result.hash = lr_load_requests_hash(requests);
  if (result.status == LARIAT_OK) {
    FUZZ_REQUIRE(result.count == result.taken);
    take_requests(requests);
  }
  lariat_load_requests_free(requests);
  return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  uint8_t choice = fuzz_read_byte(&input);
  uint8_t how = fuzz_read_byte(&input);
  struct result whole = read_text(input.at, input.left, choice, 1);
  struct result cut = read_text(input.at, input.left, choice, how);
  FUZZ_REQUIRE(whole.status == cut.status && whole.taken == cut.taken);
  FUZZ_REQUIRE(whole.skipped == cut.skipped && whole.hash == cut.hash);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text lines[] = {
      FUZZ_TEXT("http://a/ 3\n#x\n\nlocalhost:8080/x 0.5\r\n"),
      FUZZ_TEXT("{\"url\":\"http://a/\",\"method\":\"PUT\",\"body\":\"x\","
                "\"headers\":{\"A\":[\"1\",\"2\"],\"Accept\":null},\"name\":"
                "\"n\",\"weight\":2,\"think_ms\":[1,2],\"tag\":1,\"expect\":"
                "{\"status\":[200],\"body_contains\":\"x\",\"body_bytes\":1,"
                "\"header\":{\"ETag\":null}}}\n"),
      FUZZ_TEXT("{\"url\":\"http://a/\",\"header\":{\"A\":[\"1\"]},"
                "\"body\":\"YQ==\"}\n"),
      FUZZ_TEXT("{\"flow\":[{\"url\":\"http://a/1\"},{\"url\":\"http://a/2\"}]"
                ",\"name\":\"f\",\"weight\":3}\n")};
  static const struct fuzz_text archives[] = {FUZZ_TEXT(
      "{\"log\":{\"entries\":[{\"startedDateTime\":\"2026-11-30T13:50:01.5Z\","
      "\"request\":{\"method\":\"POST\",\"url\":\"http://a.example/\","
      "\"headers\":[{\"name\":\":path\",\"value\":\"/\"},{\"name\":\"A\","
      "\"value\":\"1\"}],\"postData\":{\"mimeType\":"
      "\"application/x-www-form-urlencoded\",\"params\":[{\"name\":\"a\","
      "\"value\":\"b \"}]}}},{\"startedDateTime\":\"2026-11-30T13:50:01Z\","
      "\"request\":{\"method\":\"GET\",\"url\":\"http://b/\\ud800\"}}]}}")};
  static const struct fuzz_text logs[] = {
      FUZZ_TEXT("::1 - - [30/Nov/2026:13:50:01 +0000] \"GET /\\x22 HTTP/1.1\" "
                "200 5 \"-\" \"x\"\n::1 - - [30/Nov/2026:13:50:01 +0000] "
                "\"POST / HTTP/1.1\" 200 5\n"),
      FUZZ_TEXT("1796046601.500 1.250 \"GET /1 HTTP/1.1\"\n"
                "1796046601.500 0.000 \"HEAD http://a/2 HTTP/1.1\"\n"),
      FUZZ_TEXT("2026-11-30T13:50:01.25+01:00 GET /a?b\n")};
  fuzz_give_all(sink, context, "\0\7", 2, lines, FUZZ_COUNT(lines));
  fuzz_give_all(sink, context, "\1\0", 2, lines, FUZZ_COUNT(lines));
  fuzz_give_all(sink, context, "\2\7", 2, archives, FUZZ_COUNT(archives));
  fuzz_give_all(sink, context, "\6\7", 2, archives, FUZZ_COUNT(archives));
  fuzz_give_all(sink, context, "\3\7", 2, logs, 1);
  fuzz_give_all(sink, context, "\x2b\7", 2, logs + 1, 1);
  fuzz_give_all(sink, context, "\x13\0", 2, logs + 2, 1);
}
