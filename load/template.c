/* SPDX-License-Identifier: MIT
 * template.c: pieces of a request, put together with the values of a row. */
#include "template.h"

#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "hash.h"

/* The end of a piece: what stands behind its literal bytes. */
enum kind {
  KIND_END = 0,
  KIND_URL,    /* a value, percent-encoded where a URL needs that */
  KIND_HEADER, /* a value */
  KIND_BODY,   /* a value, whose length counts */
  KIND_LENGTH  /* the number of bytes of the body */
};

struct piece {
  uint32_t literal; /* how many bytes */
  uint32_t column;
  uint32_t kind;
};

struct lr_load_template {
  size_t body; /* literal bytes of the body */
  size_t count;
  struct piece pieces[];
};

/* ---- Making ---- */

/* The wire, taken apart from its start to its end. */
struct cutting {
  const lr_load_marks *marks;
  lr_load_wire *wire;
  lr_load_template *template;
  size_t at;      /* read so far */
  size_t written; /* bytes without marks */
  size_t literal; /* of the piece that has begun */
};

/* Moves the bytes up to `end` to where they belong. */
static void keep_bytes(struct cutting *c, size_t end) {
  memmove(c->wire->bytes + c->written, c->wire->bytes + c->at, end - c->at);
  c->written += end - c->at;
  c->literal += end - c->at;
  c->at = end;
}

static void end_piece(struct cutting *c, enum kind kind, uint32_t column) {
  c->template->pieces[c->template->count++] =
      (struct piece){(uint32_t)c->literal, column, kind};
  c->literal = 0;
}

static size_t find_text(const lr_load_wire *wire, size_t from, size_t end,
                        const char *text) {
  const char *found =
      memmem(wire->bytes + from, end - from, text, strlen(text));
  return found ? (size_t)(found - wire->bytes) : end;
}

static unsigned read_hex(const char *text, size_t length) {
  unsigned number = 0;
  for (size_t i = 0; i < length; i++)
    number = number * 16 +
             (unsigned)(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
  return number;
}

/* Cuts out all marks from here to `end`. */
static void cut_marks(struct cutting *c, size_t end, enum kind kind) {
  size_t prefix = strlen(c->marks->prefix);
  size_t found;
  while ((found = find_text(c->wire, c->at, end, c->marks->prefix)) < end) {
    keep_bytes(c, found);
    unsigned mark = read_hex(c->wire->bytes + found + prefix, 4);
    end_piece(c, kind, c->marks->columns[mark]);
    c->at = found + prefix + 4;
  }
  keep_bytes(c, end);
}

/* Cuts out the number behind Content-Length, which is the head's last line. */
static void cut_length(struct cutting *c) {
  static const char name[] = "\r\nContent-Length: ";
  size_t end = c->wire->head_length - 4; /* of the line */
  size_t start = end;
  while (start && c->wire->bytes[start - 1] != ' ') start--;
  if (start < sizeof name - 1 ||
      memcmp(c->wire->bytes + start - (sizeof name - 1), name,
             sizeof name - 1) != 0)
    return;
  cut_marks(c, start, KIND_HEADER);
  end_piece(c, KIND_LENGTH, 0);
  c->at = end;
}

static void cut_wire(struct cutting *c) {
  lr_load_wire *wire = c->wire;
  cut_marks(c, find_text(wire, 0, wire->head_length, "\r\n"), KIND_URL);
  if (find_text(wire, wire->head_length, wire->length, c->marks->prefix) <
      wire->length)
    cut_length(c);
  cut_marks(c, wire->head_length, KIND_HEADER);
  size_t head = c->written;
  cut_marks(c, wire->length, KIND_BODY);
  c->template->body = c->written - head;
  end_piece(c, KIND_END, 0);
  wire->length = c->written;
  wire->head_length = head;
}

/* ---- Values ---- */

static bool is_header_value(lr_load_cell cell) {
  for (size_t i = 0; i < cell.length; i++)
    if (cell.bytes[i] == '\r' || cell.bytes[i] == '\n' || !cell.bytes[i])
      return false;
  return true;
}

/* Looks at the values that headers get. */
static lariat_status check_values(const lr_load_template *template,
                                  const lr_load_csv *csv,
                                  lariat_load_error *error) {
  for (size_t i = 0; i < template->count; i++) {
    const struct piece *piece = &template->pieces[i];
    for (size_t row = 0; piece->kind == KIND_HEADER && row < csv->rows; row++)
      if (!is_header_value(lr_load_csv_cell(csv, row, piece->column)))
        return lr_load_fail(error, 0,
                            "column %u of row %zu has a line break or a NUL, "
                            "which no header can have",
                            piece->column + 1, row + 1);
  }
  return LARIAT_OK;
}

lariat_status lr_load_template_make(const lr_load_marks *marks,
                                    const lr_load_csv *csv, lr_load_wire *wire,
                                    lr_load_arena *arena,
                                    const lr_load_template **out,
                                    lariat_load_error *error) {
  size_t most = marks->count + 2;
  lr_load_template *template = lr_load_arena_objects(
      arena, 1, sizeof(*template) + most * sizeof(struct piece));
  if (!template) return LARIAT_ENOMEM;
  struct cutting cutting = {marks, wire, template, 0, 0, 0};
  cut_wire(&cutting);
  *out = template;
  return check_values(template, csv, error);
}

/* ---- Filling ---- */

enum { MOST_DIGITS = 20 };

/* Tells whether a byte stays as it is in a URL: it is printable ASCII, and not
 * a blank or one of "#<>\^`{|}, which have their bits here. */
static bool can_stand_in_url(unsigned char c) {
  static const uint64_t rest[2] = {UINT64_C(0x5000000d00000000),
                                   UINT64_C(0x3800000150000000)};
  return c >= ' ' && c < 0x7f && !(rest[c >> 6] >> (c & 63) & 1);
}

static char *put_bytes(char *at, const char *bytes, size_t length) {
  memcpy(at, bytes, length);
  return at + length;
}

static char *put_escaped(char *at, lr_load_cell cell) {
  static const char digits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < cell.length; i++) {
    unsigned char c = (unsigned char)cell.bytes[i];
    if (can_stand_in_url(c)) {
      *at++ = (char)c;
      continue;
    }
    *at++ = '%';
    *at++ = digits[c >> 4];
    *at++ = digits[c & 15];
  }
  return at;
}

static char *put_number(char *at, size_t number) {
  char digits[MOST_DIGITS];
  size_t start = MOST_DIGITS;
  do digits[--start] = (char)('0' + number % 10);
  while (number /= 10);
  return put_bytes(at, digits + start, MOST_DIGITS - start);
}

/* Counts how long the body is, and how long the request at the most. */
static size_t count_bytes(const lr_load_template *template,
                          const lr_load_csv *csv, size_t row, size_t *body) {
  size_t most = MOST_DIGITS;
  *body = template->body;
  for (size_t i = 0; i < template->count; i++) {
    const struct piece *piece = &template->pieces[i];
    most += piece->literal;
    if (piece->kind == KIND_END || piece->kind == KIND_LENGTH) continue;
    size_t length = lr_load_csv_cell(csv, row, piece->column).length;
    most += piece->kind == KIND_URL ? 3 * length : length;
    if (piece->kind == KIND_BODY) *body += length;
  }
  return most;
}

/* Puts what stands behind the literal bytes of a piece. */
static char *put_value(char *at, const struct piece *piece,
                       const lr_load_csv *csv, size_t row, size_t body) {
  if (piece->kind == KIND_END) return at;
  if (piece->kind == KIND_LENGTH) return put_number(at, body);
  lr_load_cell cell = lr_load_csv_cell(csv, row, piece->column);
  return piece->kind == KIND_URL ? put_escaped(at, cell)
                                 : put_bytes(at, cell.bytes, cell.length);
}

bool lr_load_template_fill(const lr_load_template *template,
                           const lr_load_csv *csv, size_t row,
                           const char *bytes, lr_load_bytes *buffer) {
  size_t body;
  size_t most = count_bytes(template, csv, row, &body);
  lr_load_bytes_clear(buffer);
  if (!lr_load_bytes_reserve(buffer, most)) return false;
  char *at = buffer->bytes;
  for (size_t i = 0; i < template->count; i++) {
    const struct piece *piece = &template->pieces[i];
    at = put_bytes(at, bytes, piece->literal);
    at = put_value(at, piece, csv, row, body);
    bytes += piece->literal;
  }
  buffer->length = (size_t)(at - buffer->bytes);
  return true;
}

uint64_t lr_load_template_hash(uint64_t hash,
                               const lr_load_template *template) {
  for (size_t i = 0; i < template->count; i++) {
    hash = lr_load_hash_number(hash, template->pieces[i].literal);
    hash = lr_load_hash_number(hash, template->pieces[i].column);
    hash = lr_load_hash_number(hash, template->pieces[i].kind);
  }
  return hash;
}
