/* SPDX-License-Identifier: MIT
 * hosts_file.c: the lines of a hosts file, by name. */
#include "net/hosts_file.h"

#include <string.h>

#include "base/memory.h"
#include "net/host_name.h"

enum { FIRST_BUCKETS = 64 };

/* A name, and the addresses of all its lines. */
typedef struct row {
  lr_table_node node;
  uint32_t count;
  uint32_t capacity;
  lr_host_address *list;
  size_t length;
  char name[];
} row;

typedef struct key {
  const char *name;
  size_t length;
} key;

static row *row_of(lr_table_node *node) {
  return lr_container(node, row, node);
}

static bool has_name(lr_table_node *node, const void *wanted) {
  const key *k = wanted;
  const row *r = row_of(node);
  return r->length == k->length && memcmp(r->name, k->name, k->length) == 0;
}

static void drop_row(lr_table_node *node, void *context) {
  (void)context;
  lr_free(row_of(node)->list);
  lr_free(row_of(node));
}

static row *find_row(const lr_hosts_file *file, const char *name,
                     size_t length) {
  key k = {name, length};
  lr_table_node *node = lr_table_find(
      &file->names, lr_host_name_hash(name, length), has_name, &k);
  return node ? row_of(node) : NULL;
}

static row *make_row(lr_hosts_file *file, const char *name, size_t length) {
  row *r = lr_alloc_zero(sizeof *r + length + 1);
  if (!r) return NULL;
  memcpy(r->name, name, length);
  r->length = length;
  lr_table_insert(&file->names, &r->node, lr_host_name_hash(name, length));
  return r;
}

/* Adds an address to a row, once. */
static void add_address(row *r, const lr_host_address *address) {
  for (uint32_t i = 0; i < r->count; i++)
    if (memcmp(&r->list[i], address, sizeof *address) == 0) return;
  if (r->count == LR_ADDRESSES_MAX) return;
  if (r->count == r->capacity) {
    uint32_t capacity = r->capacity ? 4 * r->capacity : 1;
    lr_host_address *list = lr_realloc(r->list, capacity * sizeof *list);
    if (!list) return;
    r->list = list;
    r->capacity = capacity;
  }
  r->list[r->count++] = *address;
}

static void add_name(lr_hosts_file *file, const char *text, size_t length,
                     const lr_host_address *address) {
  char name[LR_HOST_NAME_MAX + 1];
  if (!lr_host_name_is_valid(text, length)) return;
  length = lr_host_name_lower(text, length, name);
  row *r = find_row(file, name, length);
  if (!r) r = make_row(file, name, length);
  if (r) add_address(r, address);
}

/* Returns the next word of a line, or NULL; `*at` is behind it. */
static const char *next_word(const char **at, const char *end, size_t *length) {
  const char *from = *at;
  while (from < end && (*from == ' ' || *from == '\t' || *from == '\r')) from++;
  const char *to = from;
  while (to < end && *to != ' ' && *to != '\t' && *to != '\r') to++;
  *at = to;
  *length = (size_t)(to - from);
  return to > from ? from : NULL;
}

static void parse_line(lr_hosts_file *file, const char *line, size_t length) {
  lr_host_address address;
  const char *comment = memchr(line, '#', length);
  const char *end = comment ? comment : line + length;
  size_t word_length;
  const char *word = next_word(&line, end, &word_length);
  if (!word || !lr_host_address_read(word, word_length, &address)) return;
  while ((word = next_word(&line, end, &word_length)))
    add_name(file, word, word_length, &address);
}

void lr_hosts_file_parse(lr_hosts_file *file, const char *text, size_t length) {
  const char *end = text + length;
  lr_table_clear(&file->names, drop_row, NULL);
  if (!lr_table_init(&file->names, FIRST_BUCKETS)) return;
  while (text < end) {
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    const char *line_end = newline ? newline : end;
    parse_line(file, text, (size_t)(line_end - text));
    text = newline ? newline + 1 : end;
  }
}

bool lr_hosts_file_init(lr_hosts_file *file, const char *path) {
  *file = (lr_hosts_file){.path = path};
  return lr_table_init(&file->names, FIRST_BUCKETS);
}

void lr_hosts_file_clear(lr_hosts_file *file) {
  lr_table_clear(&file->names, drop_row, NULL);
}

void lr_hosts_file_refresh(lr_hosts_file *file, uint64_t now_ns) {
  lr_buffer text;
  if (!file->path || !lr_file_stamp_look(&file->stamp, file->path, now_ns))
    return;
  lr_buffer_init(&text);
  bool read = lr_file_read(file->path, &text);
  lr_hosts_file_parse(file, read ? text.bytes : "", read ? text.length : 0);
  lr_buffer_clear(&text);
}

size_t lr_hosts_file_find(const lr_hosts_file *file, const char *name,
                          size_t length, lr_host_address *out) {
  const row *r = file->names.capacity ? find_row(file, name, length) : NULL;
  if (!r) return 0;
  memcpy(out, r->list, r->count * sizeof *out);
  return r->count;
}
