/* SPDX-License-Identifier: MIT
 * response.c: a response, from the first status line to the last reader. */
#include "http/response.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/checks.h"
#include "base/memory.h"
#include "base/quarantine.h"
#include "base/time.h"
#include "http/attempts.h"
#include "http/response_details.h"

enum {
  FIRST_TEXT = 512,
  LARGEST_GUESS = 1024 * 1024 /* of a body, from its Content-Length */
};

lariat_response *lr_response_new(void) {
  lariat_response *response = lr_alloc_zero(sizeof *response);
  if (!response) return NULL;
  response->headers = response->inline_headers;
  response->header_capacity = LR_RESPONSE_INLINE_HEADERS;
  lr_response_reset(response);
  return response;
}

void lr_response_reset(lariat_response *response) {
  lr_u32_init(&response->count, 1);
  response->status = 0;
  response->http_version = 0;
  response->redirects = 0;
  response->reactor = 0;
  response->remote_port = 0;
  response->remote_ip[0] = '\0';
  response->reused = false;
  response->connection = 0;
  response->desync = LARIAT_DESYNC_NONE;
  response->has_sha256 = false;
  response->interim = false;
  response->in_block = false;
  response->header_count = 0;
  response->trailer_count = 0;
  response->text.length = 0;
  response->body.length = 0;
  response->timings = (lariat_timings){0};
  response->beginning.started_ns = 0;
  response->instants.sent_ns = 0;
  response->content_length = -1;
  response->body_bytes = 0;
  if (response->attempts) lr_free(response->attempts);
  response->attempts = NULL;
  response->retry_end = LARIAT_RETRY_NONE;
}

/* A piece of a line. */
typedef struct span {
  const char *at;
  size_t length;
} span;

static span trim_blanks(const char *at, const char *end) {
  at = lr_skip_blanks(at, end);
  return (span){at, (size_t)(lr_trim_end(at, end) - at)};
}

/* Reads "HTTP/1.1 200 OK" or "HTTP/2 200"; what is not like that gives
 * zeros. */
static void begin_block(lariat_response *response, span line) {
  const char *at = line.at + strlen("HTTP/");
  const char *end = line.at + line.length;
  int major = 0;
  int minor = 0;
  lr_response_begin_block(response, 0, 0);
  if (at < end && lr_is_digit(*at)) major = *at++ - '0';
  if (end - at >= 2 && *at == '.' && lr_is_digit(at[1])) {
    minor = at[1] - '0';
    at += 2;
  }
  at = lr_skip_blanks(at, end);
  if (end - at < 3 || !lr_is_digit(at[0]) || !lr_is_digit(at[1]) ||
      !lr_is_digit(at[2]))
    return;
  lr_response_begin_block(response, major * 10 + minor, lr_status_code_of(at));
}

/* Tells whether a block begins: where none is open.  A header line that looks
 * like a status line must not throw away what is there. */
static bool starts_block(const lariat_response *response, span line) {
  return !response->in_block && line.length >= 5 &&
         lr_name_equal(line.at, "HTTP/", 5);
}

void lr_response_forget_head(lariat_response *response) {
  lr_response_begin_block(response, 0, 0);
  response->in_block = false;
}

/* Doubles the capacity, up to the limit, which the caller has looked at. */
static bool grow_headers(lariat_response *response) {
  bool inlined = response->headers == response->inline_headers;
  uint32_t capacity = response->header_capacity * 2;
  if (capacity > LR_RESPONSE_HEADERS_MAX) capacity = LR_RESPONSE_HEADERS_MAX;
  lr_header_span *spans =
      lr_realloc(inlined ? NULL : response->headers, capacity * sizeof *spans);
  if (!spans) return false;
  if (inlined)
    memcpy(spans, response->inline_headers, sizeof response->inline_headers);
  response->headers = spans;
  response->header_capacity = capacity;
  return true;
}

static uint64_t read_word(const char *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

/* Compares in lower case, as two words that overlap.  (A CR becomes a hyphen
 * so.) */
static bool is_content_length(const char *name, size_t length) {
  static const char wanted[] = "content-length";
  const uint64_t lower = UINT64_C(0x2020202020202020);
  return length == sizeof wanted - 1 && name[7] == '-' &&
         (read_word(name) | lower) == read_word(wanted) &&
         (read_word(name + 6) | lower) == read_word(wanted + 6);
}

static bool reserve_text(lariat_response *response, size_t more) {
  lr_buffer *text = &response->text;
  if (more <= text->capacity - text->length) return true;
  return lr_buffer_reserve(text, !text->bytes && more < FIRST_TEXT ? FIRST_TEXT
                                                                   : more);
}

lariat_status lr_response_reserve_header(lariat_response *response,
                                         size_t more) {
  if (response->header_count >= LR_RESPONSE_HEADERS_MAX ||
      response->text.length + more > LR_RESPONSE_HEADER_BYTES_MAX)
    return LARIAT_EHEADERLIMIT;
  if (response->header_count == response->header_capacity &&
      !grow_headers(response))
    return LARIAT_ENOMEM;
  return reserve_text(response, more) ? LARIAT_OK : LARIAT_ENOMEM;
}

lariat_status lr_response_add_header(lariat_response *response,
                                     const char *line, const char *colon,
                                     const char *end) {
  const char *name_end = lr_trim_end(line, colon);
  size_t length;
  end = lr_trim_end(colon + 1, end);
  lariat_status status =
      lr_response_reserve_header(response, (size_t)(end - line) + 1);
  if (status == LARIAT_OK)
    status = lr_response_put_header(response, line, (size_t)(name_end - line),
                                    colon + 1, end);
  if (status != LARIAT_OK) return status;
  if (!is_content_length(line, (size_t)(name_end - line))) return LARIAT_OK;
  const char *value = lr_response_last_value(response, &length);
  response->content_length = lr_response_read_length(value, length);
  return LARIAT_OK;
}

/* Puts a text where there is space for it. */
static void put_text(lr_buffer *text, span piece) {
  if (piece.length) memcpy(text->bytes + text->length, piece.at, piece.length);
  text->length += piece.length;
  text->bytes[text->length++] = '\0';
}

lariat_status lr_response_add_trailer(lariat_response *response,
                                      const char *line, const char *colon,
                                      const char *end) {
  uint32_t headers = response->header_count;
  const char *name_end = lr_trim_end(line, colon);
  response->header_count += response->trailer_count;
  lariat_status status =
      lr_response_reserve_header(response, (size_t)(end - line) + 1);
  if (status == LARIAT_OK)
    status = lr_response_put_header(response, line, (size_t)(name_end - line),
                                    colon + 1, end);
  response->header_count = headers;
  if (status == LARIAT_OK) response->trailer_count++;
  return status;
}

/* The last value is the last thing in the text. */
lariat_status lr_response_add_obs_fold(lariat_response *response,
                                       const char *at, const char *end) {
  lr_buffer *text = &response->text;
  span more = trim_blanks(at, end);
  if (more.length == 0) return LARIAT_OK;
  if (text->length + more.length + 1 > LR_RESPONSE_HEADER_BYTES_MAX)
    return LARIAT_EHEADERLIMIT;
  if (!lr_buffer_reserve(text, more.length + 1)) return LARIAT_ENOMEM;
  const lr_header_span *last =
      &response->headers[response->header_count + response->trailer_count - 1];
  if (last->value == text->length - 1)
    text->length--; /* the value is empty still */
  else
    text->bytes[text->length - 1] = ' ';
  put_text(text, more);
  return LARIAT_OK;
}

/* Takes a line that is not empty behind a status line. */
static lariat_status add_field(lariat_response *response, span line) {
  const char *end = line.at + line.length;
  const char *colon = memchr(line.at, ':', line.length);
  if (!colon) return LARIAT_OK;
  return lr_response_has_head(response)
             ? lr_response_add_trailer(response, line.at, colon, end)
             : lr_response_add_header(response, line.at, colon, end);
}

lariat_status lr_response_add_line(lariat_response *response, const char *line,
                                   size_t length) {
  if (length > 0 && line[length - 1] == '\n') length--;
  if (length > 0 && line[length - 1] == '\r') length--;
  if (length == 0) {
    response->in_block = false;
    return LARIAT_OK;
  }
  if (!lr_response_has_head(response) &&
      starts_block(response, (span){line, length})) {
    begin_block(response, (span){line, length});
    return LARIAT_OK;
  }
  if (lr_is_blank(*line) && response->header_count)
    return lr_response_add_obs_fold(response, line, line + length);
  return add_field(response, (span){line, length});
}

/* Makes space for a body, without the doubling of a growing buffer where the
 * length is known, and for the NUL at its end. */
static bool reserve_body(lariat_response *response, size_t first) {
  lr_buffer *body = &response->body;
  size_t capacity = first;
  if (response->content_length > (int64_t)capacity &&
      response->content_length <= LARGEST_GUESS)
    capacity = (size_t)response->content_length;
  if (capacity == SIZE_MAX) return false;
  if (capacity < body->capacity) return true;
  char *bytes = lr_realloc(body->bytes, capacity + 1);
  if (!bytes) return false;
  body->bytes = bytes;
  body->capacity = capacity + 1;
  return true;
}

size_t lr_response_body_capacity(const lariat_response *response, size_t more) {
  const lr_buffer *body = &response->body;
  size_t capacity = body->capacity;
  if (body->length == 0) {
    if (more < SIZE_MAX && capacity <= more) capacity = more + 1;
    if (response->content_length >= (int64_t)capacity &&
        response->content_length <= LARGEST_GUESS)
      capacity = (size_t)response->content_length + 1;
  }
  while (capacity < body->length + more) capacity *= 2;
  return capacity;
}

bool lr_response_add_body_slow(lariat_response *response, const void *bytes,
                               size_t length) {
  if (length == 0) return true;
  lr_buffer *body = &response->body;
  if (body->length == 0 && !reserve_body(response, length)) return false;
  if (length > body->capacity - body->length &&
      !lr_buffer_reserve(body, length))
    return false;
  memcpy(body->bytes + body->length, bytes, length);
  body->length += length;
  return true;
}

/* Frees what a small body has from the large one before it. */
static void fit_body(lr_buffer *body) {
  if (body->capacity <= LR_RESPONSE_LARGE_BODY ||
      body->length >= body->capacity / 2)
    return;
  char *bytes = lr_realloc(body->bytes, body->length + 1);
  if (!bytes) return;
  body->bytes = bytes;
  body->capacity = body->length + 1;
}

bool lr_response_finish_slow(lariat_response *response) {
  lr_buffer *body = &response->body;
  fit_body(body);
  if (body->length < body->capacity) {
    body->bytes[body->length] = '\0';
    return true;
  }
  /* An empty body needs no NUL. */
  return !body->bytes || lr_buffer_terminate(body);
}

/* Leaves nothing for who has the response still, so that the readers' ways out
 * are those that look for misuse. */
static void make_blank(lariat_response *response) {
  response->status = 0;
  response->http_version = 0;
  response->headers = response->inline_headers;
  response->header_count = 0;
  response->attempts = NULL;
  response->has_sha256 = false;
  response->details = NULL;
  response->previous = NULL;
  lr_u32_init(&response->count, 0);
}

static void free_response(lariat_response *response) {
  lr_response_owner *owner = response->owner;
  if (response->headers != response->inline_headers) lr_free(response->headers);
  lr_buffer_clear(&response->text);
  lr_buffer_clear(&response->body);
  lr_buffer_clear(&response->url);
  lr_free(response->attempts);
  lr_response_details_free(response->details);
  make_blank(response);
  lr_quarantine_free(response);
  if (owner) owner->forget(owner);
}

/* Frees the redirects that led to it as well: nobody else has them. */
void lr_response_free(lariat_response *response) {
  while (response) {
    lariat_response *previous = response->previous;
    free_response(response);
    response = previous;
  }
}

void lr_response_copy_url(lariat_response *response, const char *url) {
  response->url.length = 0;
  if (!lr_buffer_append(&response->url, url, strlen(url)) ||
      !lr_buffer_terminate(&response->url))
    response->url.length = 0;
}

void lr_response_release(lariat_response *response) {
  if (!response ||
      !lr_count_release_of(&response->count, "lariat_value_drop", "response"))
    return;
  response->url.length = 0;
  if (!lariat_is_none(response->stream)) {
    lariat_value_drop(response->stream);
    response->stream = lariat_none();
  }
  lr_response_owner *owner = response->owner;
  if (owner && owner->take_back(owner, response)) return;
  lr_response_free(response);
}

static void drop_response(void *data) { lr_response_release(data); }

static void *share_response(void *data) {
  lariat_response *response = data;
  lr_count_retain(&response->count);
  return response;
}

static int describe_response(const void *data, char *text, size_t capacity) {
  const lariat_response *response = data;
  return snprintf(text, capacity, "response %d from %s, %zu bytes",
                  response->status, lariat_response_url(response),
                  response->body.length);
}

const lariat_type lariat_response_type = {sizeof(lariat_type), "response",
                                          drop_response, share_response,
                                          describe_response};

lariat_response *lariat_response_in(lariat_value value) {
  return lariat_value_in(value, &lariat_response_type);
}

/* Looks whether the response that has nothing to give was dropped before. */
static LR_COLD void look_for_drop(const lariat_response *response,
                                  const char *function) {
  if (response && lr_checks() && lr_u32_load_relaxed(&response->count) == 0)
    lr_quarantine_report(function, "response");
}

int lariat_response_status(const lariat_response *response) {
  int status = response ? response->status : 0;
  if (LR_RARE(status == 0)) look_for_drop(response, __func__);
  return status;
}

int lariat_response_http_version(const lariat_response *response) {
  int version = response ? response->http_version : 0;
  if (version == 0) look_for_drop(response, __func__);
  return version;
}

const char *lariat_response_url(const lariat_response *response) {
  if (response && response->url.length) return response->url.bytes;
  look_for_drop(response, __func__);
  return "";
}

const char *lariat_response_body(const lariat_response *response,
                                 size_t *length) {
  bool some = response && response->body.bytes;
  if (LR_RARE(!some)) look_for_drop(response, __func__);
  if (length) *length = some ? response->body.length : 0;
  return some ? response->body.bytes : "";
}

uint64_t lariat_response_body_bytes(const lariat_response *response) {
  return response ? response->body_bytes : 0;
}

/* Returns the header or trailer at `index`, which is there. */
static lariat_header header_at(const lariat_response *response, size_t index) {
  const char *text = response->text.bytes;
  lr_header_span parts = response->headers[index];
  return (lariat_header){text + parts.name, text + parts.value};
}

/* Returns the value of the first of `count` headers that is called `name`. */
static const char *find_value(const lariat_response *response,
                              const lr_header_span *header, size_t count,
                              const char *name) {
  size_t length = strlen(name);
  const char *text = response->text.bytes;
  const lr_header_span *end = header + count;
  for (; header < end; header++)
    if (header->name_length == length &&
        lr_name_equal(text + header->name, name, length))
      return text + header->value;
  return NULL;
}

size_t lariat_response_header_count(const lariat_response *response) {
  size_t count = response ? response->header_count : 0;
  if (count == 0) look_for_drop(response, __func__);
  return count;
}

lariat_header lariat_response_header_at(const lariat_response *response,
                                        size_t index) {
  if (!response || index >= response->header_count) {
    look_for_drop(response, __func__);
    return (lariat_header){NULL, NULL};
  }
  return header_at(response, index);
}

const char *lariat_response_header(const lariat_response *response,
                                   const char *name) {
  if (!response || !name) return NULL;
  const char *value =
      find_value(response, response->headers, response->header_count, name);
  if (!value) look_for_drop(response, __func__);
  return value;
}

const char *lariat_response_next_header(const lariat_response *response,
                                        const char *name, size_t *position) {
  size_t length = name ? strlen(name) : 0;
  size_t count = response && name ? response->header_count : 0;
  while (*position < count) {
    const lr_header_span *header = &response->headers[(*position)++];
    const char *text = response->text.bytes;
    if (header->name_length == length &&
        lr_name_equal(text + header->name, name, length))
      return text + header->value;
  }
  return NULL;
}

size_t lariat_response_header_values(const lariat_response *response,
                                     const char *name) {
  size_t position = 0;
  size_t count = 0;
  while (lariat_response_next_header(response, name, &position)) count++;
  return count;
}

size_t lariat_response_trailer_count(const lariat_response *response) {
  return response ? response->trailer_count : 0;
}

lariat_header lariat_response_trailer_at(const lariat_response *response,
                                         size_t index) {
  if (!response || index >= response->trailer_count)
    return (lariat_header){NULL, NULL};
  return header_at(response, response->header_count + index);
}

const char *lariat_response_trailer(const lariat_response *response,
                                    const char *name) {
  if (!response || !name) return NULL;
  return find_value(response, response->headers + response->header_count,
                    response->trailer_count, name);
}

const char *lariat_response_remote_ip(const lariat_response *response) {
  return response ? response->remote_ip : "";
}

unsigned lariat_response_remote_port(const lariat_response *response) {
  return response ? response->remote_port : 0;
}

const uint8_t *lariat_response_sha256(const lariat_response *response) {
  return response && response->has_sha256 ? response->sha256 : NULL;
}

lariat_timings lariat_response_timings(const lariat_response *response) {
  if (!response) return (lariat_timings){0};
  lariat_timings timings = response->timings;
  const lr_response_beginning *beginning = &response->beginning;
  const lariat_instants *instants = &response->instants;
  if (!beginning->started_ns) return timings;
  timings.queue_us =
      lr_since(beginning->started_ns, beginning->hop_ns) / LR_NS_PER_US;
  timings.first_byte_us =
      lr_since(instants->first_byte_ns, beginning->started_ns) / LR_NS_PER_US;
  timings.body_us =
      lr_since(instants->done_ns, instants->first_byte_ns) / LR_NS_PER_US;
  return timings;
}

lariat_instants lariat_response_instants(const lariat_response *response) {
  bool sent = response && response->instants.sent_ns;
  return sent ? response->instants : (lariat_instants){0};
}

unsigned lariat_response_redirects(const lariat_response *response) {
  return response ? response->redirects : 0;
}

bool lariat_response_reused(const lariat_response *response) {
  return response && response->reused;
}

unsigned lariat_response_reactor(const lariat_response *response) {
  return response ? response->reactor : 0;
}

uint64_t lariat_response_connection(const lariat_response *response) {
  return response ? response->connection : 0;
}

lariat_desync lariat_response_desync(const lariat_response *response) {
  return response ? response->desync : LARIAT_DESYNC_NONE;
}

size_t lariat_response_attempts(const lariat_response *response) {
  if (!response) return 0;
  return response->attempts ? response->attempts->count : 1;
}

lariat_attempt lariat_response_attempt_at(const lariat_response *response,
                                          size_t index) {
  lariat_attempt attempt = {LARIAT_OK, 0, 0};
  if (index >= lariat_response_attempts(response)) return attempt;
  if (response->attempts) return response->attempts->items[index];
  attempt.http_status = response->status;
  return attempt;
}

lariat_retry_end lariat_response_retry_end(const lariat_response *response) {
  return response ? response->retry_end : LARIAT_RETRY_NONE;
}
