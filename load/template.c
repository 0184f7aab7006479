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

static bool can_stand_in_url(unsigned char c) {
  return c > ' ' && c < 0x7f && !strchr("\"#<>\\^`{|}", c);
}

static bool add_escaped(lr_load_bytes *buffer, lr_load_cell cell) {
  static const char digits[] = "0123456789ABCDEF";
  if (!lr_load_bytes_reserve(buffer, 3 * cell.length)) return false;
  char *at = buffer->bytes + buffer->length;
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
  buffer->length = (size_t)(at - buffer->bytes);
  return true;
}

static size_t count_body(const lr_load_template *template,
                         const lr_load_csv *csv, size_t row) {
  size_t length = template->body;
  for (size_t i = 0; i < template->count; i++)
    if (template->pieces[i].kind == KIND_BODY)
      length += lr_load_csv_cell(csv, row, template->pieces[i].column).length;
  return length;
}

static bool add_number(lr_load_bytes *buffer, size_t number) {
  char text[24];
  int length = snprintf(text, sizeof text, "%zu", number);
  return lr_load_bytes_add(buffer, text, (size_t)length);
}

/* Adds what stands behind the literal bytes of a piece. */
static bool add_value(const lr_load_template *template, const lr_load_csv *csv,
                      size_t row, const struct piece *piece,
                      lr_load_bytes *buffer) {
  lr_load_cell cell;
  if (piece->kind == KIND_END) return true;
  if (piece->kind == KIND_LENGTH)
    return add_number(buffer, count_body(template, csv, row));
  cell = lr_load_csv_cell(csv, row, piece->column);
  if (piece->kind == KIND_URL) return add_escaped(buffer, cell);
  return lr_load_bytes_add(buffer, cell.bytes, cell.length);
}

bool lr_load_template_fill(const lr_load_template *template,
                           const lr_load_csv *csv, size_t row,
                           const char *bytes, lr_load_bytes *buffer) {
  lr_load_bytes_clear(buffer);
  for (size_t i = 0; i < template->count; i++) {
    const struct piece *piece = &template->pieces[i];
    if (!lr_load_bytes_add(buffer, bytes, piece->literal) ||
        !add_value(template, csv, row, piece, buffer))
      return false;
    bytes += piece->literal;
  }
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
