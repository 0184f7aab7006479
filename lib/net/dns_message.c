/* SPDX-License-Identifier: MIT
 * dns_message.c: reads the records of a DNS message. */
#include "net/dns_message.h"

#include <stdbool.h>
#include <string.h>

enum { HEADER = 12, CLASS_IN = 1, RCODE_OK = 0, RCODE_NO_NAME = 3 };

/* A TTL with its highest bit set counts as 0 (RFC 2181, 8). */
static const uint32_t ttl_max = 0x7fffffff;

typedef struct message {
  const uint8_t *bytes;
  size_t length;
  size_t at;
} message;

typedef struct record {
  uint16_t type;
  uint16_t class;
  uint32_t ttl_s;
  size_t data; /* where it begins */
  size_t length;
} record;

static uint16_t number16(const message *m, size_t at) {
  return (uint16_t)(m->bytes[at] << 8 | m->bytes[at + 1]);
}

static uint32_t number32(const message *m, size_t at) {
  return (uint32_t)number16(m, at) << 16 | number16(m, at + 2);
}

static bool has_left(const message *m, size_t bytes) {
  return bytes <= m->length - m->at;
}

/* Steps over a name: labels, or a pointer, which is its end. */
static bool skip_name(message *m) {
  enum { POINTER = 0xc0 };
  while (has_left(m, 1)) {
    uint8_t label = m->bytes[m->at];
    size_t bytes = label >= POINTER ? 2u : label + 1u;
    if ((label & POINTER) && label < POINTER) return false;
    if (!has_left(m, bytes)) return false;
    m->at += bytes;
    if (label == 0 || label >= POINTER) return true;
  }
  return false;
}

static bool skip_question(message *m) {
  if (!skip_name(m) || !has_left(m, 4)) return false;
  m->at += 4;
  return true;
}

static bool read_record(message *m, record *r) {
  if (!skip_name(m) || !has_left(m, 10)) return false;
  r->type = number16(m, m->at);
  r->class = number16(m, m->at + 2);
  r->ttl_s = number32(m, m->at + 4);
  if (r->ttl_s > ttl_max) r->ttl_s = 0;
  r->length = number16(m, m->at + 8);
  m->at += 10;
  if (!has_left(m, r->length)) return false;
  r->data = m->at;
  m->at += r->length;
  return true;
}

static void add_address(const message *m, const record *r,
                        lr_dns_answer *answer) {
  if (answer->count == LR_ADDRESSES_MAX) return;
  lr_host_address *to = &answer->list[answer->count++];
  to->scope = 0;
  if (r->type == LR_DNS_A)
    to->ip = lr_ip_of_v4(m->bytes + r->data);
  else
    memcpy(to->ip.bytes, m->bytes + r->data, sizeof to->ip.bytes);
}

/* Reads a record of the answer: an address, or a step on the way to it. */
static bool take_answer(const message *m, const record *r, uint16_t type,
                        lr_dns_answer *answer) {
  size_t bytes = type == LR_DNS_A ? 4 : 16;
  if (r->class != CLASS_IN) return true;
  if (r->type != type && r->type != LR_DNS_CNAME) return true;
  if (r->ttl_s < answer->ttl_s) answer->ttl_s = r->ttl_s;
  if (r->type == LR_DNS_CNAME) return true;
  if (r->length != bytes) return false;
  add_address(m, r, answer);
  return true;
}

/* Reads how long the name has no address: the lesser of the SOA record's own
 * time and its last number (RFC 2308, 5). */
static bool take_authority(message *m, const record *r, uint32_t *ttl_s) {
  if (r->type != LR_DNS_SOA || r->class != CLASS_IN) return true;
  message data = {m->bytes, r->data + r->length, r->data};
  if (!skip_name(&data) || !skip_name(&data) || !has_left(&data, 20))
    return false;
  uint32_t minimum = number32(&data, data.at + 16);
  *ttl_s = r->ttl_s < minimum ? r->ttl_s : minimum;
  return true;
}

static bool read_answers(message *m, unsigned count, uint16_t type,
                         lr_dns_answer *answer) {
  record r;
  for (; count; count--)
    if (!read_record(m, &r) || !take_answer(m, &r, type, answer)) return false;
  return true;
}

/* Reads the time for which there is none; a message that is cut off there has
 * none. */
static uint32_t read_negative_ttl(message *m, unsigned count) {
  record r;
  uint32_t ttl_s = 0;
  for (; count; count--)
    if (!read_record(m, &r) || !take_authority(m, &r, &ttl_s)) return 0;
  return ttl_s;
}

static bool read_message(message *m, uint16_t type, lr_dns_answer *answer) {
  if (m->length < HEADER) return false;
  unsigned rcode = m->bytes[3] & 0xfu;
  if (rcode != RCODE_OK && rcode != RCODE_NO_NAME) return false;
  m->at = HEADER;
  for (unsigned left = number16(m, 4); left; left--)
    if (!skip_question(m)) return false;
  if (!read_answers(m, number16(m, 6), type, answer)) return false;
  if (answer->count) {
    answer->outcome = LR_DNS_FOUND;
    return true;
  }
  answer->outcome = rcode == RCODE_NO_NAME ? LR_DNS_NO_NAME : LR_DNS_NO_DATA;
  answer->ttl_s = read_negative_ttl(m, number16(m, 8));
  return true;
}

void lr_dns_message_read(const uint8_t *bytes, size_t length, uint16_t type,
                         lr_dns_answer *answer) {
  message m = {bytes, length, 0};
  answer->outcome = LR_DNS_FAILED;
  answer->ttl_s = ttl_max;
  answer->count = 0;
  if (read_message(&m, type, answer)) return;
  answer->outcome = LR_DNS_FAILED;
  answer->ttl_s = 0;
  answer->count = 0;
}
