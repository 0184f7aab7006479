/* SPDX-License-Identifier: MIT
 * name_overrides.c: reads and applies curl's entries for --resolve and
 * --connect-to. */
#include "net/name_overrides.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/memory.h"
#include "http/port.h"

enum { ENTRY_MAX = 4096 };

/* An entry of either list. */
typedef struct override {
  lr_list node;
  lr_host_port from; /* of a name of length 0, of port 0: any */
  lr_host_port to;   /* likewise: as asked for */
  lariat_addresses *addresses;
  char text[]; /* that the names are in */
} override;

struct lr_name_overrides {
  lr_list resolves;
  lr_list connects;
};

static const char blanks[] = " \t\r\n";

/* ---- Reading ---- */

/* Reads a host up to the colon behind it: a name, "*", or an address in
 * brackets. */
static bool read_host(char **at, lr_host_port *out) {
  size_t length = **at == '[' ? strcspn(*at, "]") + 1 : strcspn(*at, ":");
  if (length > strlen(*at) || (*at)[length] != ':') return false;
  out->name = *at;
  out->length = length;
  if (length == 1 && **at == '*') out->length = 0;
  *at += length + 1;
  return true;
}

/* Reads a port, or none, up to `end` behind it.  Returns what is wrong: that
 * the entry is not `shape`, or that the port is none; or NULL. */
static const char *read_port(char **at, char end, uint16_t *port,
                             const char *shape) {
  size_t length = strcspn(*at, ":");
  if ((*at)[length] != end) return shape;
  if (length && !lr_port_read(*at, length, port)) return LR_PORT_FAULT;
  *at += length + (end ? 1 : 0);
  return NULL;
}

/* Reads a host and the port behind it, likewise. */
static const char *read_host_port(char **at, char end, lr_host_port *out,
                                  const char *shape) {
  return read_host(at, out) ? read_port(at, end, &out->port, shape) : shape;
}

static bool read_addresses(const char *at, override *entry) {
  lr_host_address list[LR_ADDRESSES_MAX];
  size_t count = 0;
  while (*at) {
    size_t length = strcspn(at, ",");
    if (count == LR_ADDRESSES_MAX ||
        !lr_host_address_read(at, length, &list[count++]))
      return false;
    at += length;
    if (*at) at++;
  }
  if (count) entry->addresses = lr_addresses_new(list, count);
  return count > 0;
}

static const char *read_resolve(char *at, override *entry) {
  if (*at == '+') at++; /* an entry that may expire: none does */
  const char *wrong =
      read_host_port(&at, ':', &entry->from, "not HOST:PORT:ADDRESS");
  if (wrong) return wrong;
  if (!entry->from.port) return "no port";
  return read_addresses(at, entry) ? NULL : "not an address";
}

static const char *read_connect_to(char *at, override *entry) {
  static const char shape[] = "not HOST:PORT:HOST:PORT";
  const char *wrong = read_host_port(&at, ':', &entry->from, shape);
  return wrong ? wrong : read_host_port(&at, '\0', &entry->to, shape);
}

typedef const char *read_entry(char *at, override *entry);

static lariat_status say_wrong(const override *entry, const char *why,
                               char *message, size_t capacity) {
  if (capacity) snprintf(message, capacity, "\"%s\": %s", entry->text, why);
  return LARIAT_EINVAL;
}

static lariat_status add_entry(lr_list *list, const char *text, size_t length,
                               read_entry *read, char *message,
                               size_t capacity) {
  override *entry =
      length <= ENTRY_MAX ? lr_alloc_zero(sizeof *entry + length + 1) : NULL;
  if (!entry) return length <= ENTRY_MAX ? LARIAT_ENOMEM : LARIAT_EINVAL;
  memcpy(entry->text, text, length);
  lr_list_append(list, &entry->node);
  const char *wrong = read(entry->text, entry);
  if (wrong) return say_wrong(entry, wrong, message, capacity);
  return read == read_resolve && !entry->addresses ? LARIAT_ENOMEM : LARIAT_OK;
}

static lariat_status add_entries(lr_list *list, const char *text,
                                 read_entry *read, char *message,
                                 size_t capacity) {
  lariat_status status = LARIAT_OK;
  if (!text) return LARIAT_OK;
  text += strspn(text, blanks);
  while (*text && status == LARIAT_OK) {
    size_t length = strcspn(text, blanks);
    status = add_entry(list, text, length, read, message, capacity);
    text += length;
    text += strspn(text, blanks);
  }
  return status;
}

static void free_entries(lr_list *list) {
  lr_list *node;
  while ((node = lr_list_take_first(list))) {
    override *entry = lr_container(node, override, node);
    lr_addresses_release(entry->addresses);
    lr_free(entry);
  }
}

void lr_name_overrides_free(lr_name_overrides *overrides) {
  if (!overrides) return;
  free_entries(&overrides->resolves);
  free_entries(&overrides->connects);
  lr_free(overrides);
}

lariat_status lr_name_overrides_new(const char *resolve, const char *connect_to,
                                    char *message, size_t capacity,
                                    lr_name_overrides **out) {
  *out = NULL;
  lr_name_overrides *overrides = lr_alloc_zero(sizeof *overrides);
  if (!overrides) return LARIAT_ENOMEM;
  lr_list_init(&overrides->resolves);
  lr_list_init(&overrides->connects);
  lariat_status status = add_entries(&overrides->resolves, resolve,
                                     read_resolve, message, capacity);
  if (status == LARIAT_OK)
    status = add_entries(&overrides->connects, connect_to, read_connect_to,
                         message, capacity);
  bool empty = lr_list_empty(&overrides->resolves) &&
               lr_list_empty(&overrides->connects);
  if (status != LARIAT_OK || empty)
    lr_name_overrides_free(overrides);
  else
    *out = overrides;
  return status;
}

/* ---- Applying ---- */

static bool is_for(const override *entry, const lr_host_port *wanted) {
  const lr_host_port *from = &entry->from;
  if (from->port && from->port != wanted->port) return false;
  return from->length == 0 ||
         (from->length == wanted->length &&
          strncasecmp(from->name, wanted->name, wanted->length) == 0);
}

static const override *find_entry(const lr_list *list,
                                  const lr_host_port *wanted) {
  for (lr_list *node = list->next; node != list; node = node->next) {
    const override *entry = lr_container(node, override, node);
    if (is_for(entry, wanted)) return entry;
  }
  return NULL;
}

lr_host_port lr_name_overrides_target(const lr_name_overrides *overrides,
                                      lr_host_port wanted) {
  const override *entry =
      overrides ? find_entry(&overrides->connects, &wanted) : NULL;
  if (!entry) return wanted;
  if (entry->to.length) {
    wanted.name = entry->to.name;
    wanted.length = entry->to.length;
  }
  if (entry->to.port) wanted.port = entry->to.port;
  return wanted;
}

lariat_addresses *lr_name_overrides_find(const lr_name_overrides *overrides,
                                         lr_host_port wanted) {
  const override *entry =
      overrides ? find_entry(&overrides->resolves, &wanted) : NULL;
  return entry ? lr_addresses_retain(entry->addresses) : NULL;
}
