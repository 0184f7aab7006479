/* SPDX-License-Identifier: MIT
 * name_servers.c: reads the list that c-ares would read too easily: it cuts
 * ports down to 16 bits, and completes addresses such as "1.2.3". */
#include "net/name_servers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "http/port.h"

/* The port of DNS; and the most bytes of an entry in a message, which has to
 * hold the reason, too. */
enum { DNS_PORT = 53, SHOWN_MAX = 80 };

/* Returns the length of an entry's address: up to the bracket that closes, or
 * to the only colon. */
static size_t measure_address(const char *entry, size_t length) {
  const char *first = memchr(entry, ':', length);
  if (length && entry[0] == '[') {
    const char *closing = memchr(entry, ']', length);
    return closing ? (size_t)(closing - entry) + 1 : length;
  }
  if (!first) return length;
  size_t behind = length - (size_t)(first - entry) - 1;
  return memchr(first + 1, ':', behind) ? length : (size_t)(first - entry);
}

static const char *read_address(const char *text, size_t length,
                                lr_host_address *address) {
  if (!lr_host_address_read(text, length, address)) return "not an IP address";
  bool dotted = !memchr(text, ':', length);
  if (dotted && text[0] == '[') return "brackets are for IPv6 addresses";
  return address->scope ? "no zone is possible here" : NULL;
}

/* Returns what is wrong, or NULL. */
static const char *read_entry(const char *entry, size_t length,
                              lr_name_server *server) {
  size_t end = measure_address(entry, length);
  const char *wrong = read_address(entry, end, &server->address);
  server->port = DNS_PORT;
  if (wrong || end == length) return wrong;
  if (entry[end] != ':') return "not an IP address";
  return lr_port_read(entry + end + 1, length - end - 1, &server->port)
             ? NULL
             : LR_PORT_FAULT;
}

static size_t count_entries(const char *list) {
  size_t count = 1;
  for (; *list; list++)
    if (*list == ',') count++;
  return count;
}

static lariat_status say_wrong(const char *entry, size_t length,
                               const char *why, char *message,
                               size_t capacity) {
  int shown = (int)(length < SHOWN_MAX ? length : SHOWN_MAX);
  if (capacity) snprintf(message, capacity, "\"%.*s\": %s", shown, entry, why);
  return LARIAT_EINVAL;
}

lariat_status lr_name_servers_read(const char *list, lr_name_server **out,
                                   size_t *count, char *message,
                                   size_t capacity) {
  *count = count_entries(list);
  *out = lr_alloc(*count * sizeof **out);
  if (!*out) return LARIAT_ENOMEM;
  for (size_t i = 0; i < *count; i++) {
    size_t length = strcspn(list, ",");
    const char *wrong = read_entry(list, length, &(*out)[i]);
    if (wrong) {
      lr_free(*out);
      *out = NULL;
      return say_wrong(list, length, wrong, message, capacity);
    }
    list += length + 1;
  }
  return LARIAT_OK;
}
