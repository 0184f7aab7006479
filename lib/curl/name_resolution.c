/* SPDX-License-Identifier: MIT
 * name_resolution.c: names on their way to libcurl. */
#include "curl/name_resolution.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/time.h"
#include "curl/easy_setup.h"
#include "curl/engine.h"
#include "curl/host_lanes.h"
#include "curl/lane.h"
#include "curl/transfer.h"
#include "net/host_name.h"

/* A name, a port and addresses with commas between them. */
enum { ENTRY_MAX = LR_HOST_NAME_MAX + 8 + LR_ADDRESSES_MAX * INET6_ADDRSTRLEN };

/* Returns name and port of a key, "https://host:443". */
static lr_host_port host_port_of(const lr_host *host) {
  const char *name = strstr(host->key, "://") + 3;
  const char *colon = strrchr(name, ':');
  uint16_t port = 0;
  for (const char *at = colon + 1; *at; at++)
    port = (uint16_t)(port * 10 + (*at - '0'));
  return (lr_host_port){name, (size_t)(colon - name), port};
}

/* ---- Entries for libcurl ---- */

static char *put_text(char *to, const char *text, size_t length) {
  memcpy(to, text, length);
  return to + length;
}

static char *put_port(char *to, uint16_t port) {
  char digits[5];
  unsigned count = 0;
  do {
    digits[count++] = (char)('0' + port % 10);
    port /= 10;
  } while (port);
  while (count) *to++ = digits[--count];
  return to;
}

/* Writes "host:port:address,address". */
static void write_entry(const lr_host *host, const lariat_addresses *addresses,
                        char entry[ENTRY_MAX]) {
  lr_host_port key = host_port_of(host);
  char *to = put_text(entry, key.name, key.length);
  *to++ = ':';
  to = put_port(to, key.port);
  for (uint32_t i = 0; i < addresses->count; i++) {
    const char *text = lariat_addresses_text(addresses, i);
    *to++ = i ? ',' : ':';
    to = put_text(to, text, strlen(text));
  }
  *to = '\0';
}

static bool append_entry(struct curl_slist **list, const char *entry) {
  struct curl_slist *longer = curl_slist_append(*list, entry);
  if (longer) *list = longer;
  return longer != NULL;
}

/* Gives libcurl the entry, behind those that say what it is to forget.  For a
 * host that is an address itself there is none: libcurl has no address but
 * that, until it is corrected. */
static lariat_status give_entry(lr_transfer *transfer) {
  lr_name_resolution *names = &transfer->names;
  lr_lane *lane = transfer->lane;
  char entry[ENTRY_MAX];
  if (lr_curl_host_of(transfer->host)->is_address) return LARIAT_OK;
  names->entries = lane->forgotten_names;
  lane->forgotten_names = NULL;
  write_entry(transfer->host, names->addresses, entry);
  if (!append_entry(&names->entries, entry)) return LARIAT_ENOMEM;
  CURLcode code =
      curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, names->entries);
  return code == CURLE_OK ? LARIAT_OK : LARIAT_ENOMEM;
}

/* Returns the last of the entries, which is the transfer's own. */
static const char *own_entry(const lr_name_resolution *names) {
  const struct curl_slist *node = names->entries;
  while (node && node->next) node = node->next;
  return node && *node->data != '-' ? node->data : NULL;
}

/* Returns the length of an entry's host and port, with the colon behind. */
static size_t key_length_of(const char *entry) {
  size_t name = strcspn(entry, ":") + 1;
  return name + strcspn(entry + name, ":") + 1;
}

/* Says whether another transfer of the lane may still need an entry. */
static bool is_needed(const lr_lane *lane, const lr_transfer *leaving,
                      const char *entry) {
  size_t length = key_length_of(entry);
  for (lr_list *node = lane->transfers.next; node != &lane->transfers;
       node = node->next) {
    const lr_transfer *other = lr_container(node, lr_transfer, node);
    const char *own = other == leaving ? NULL : own_entry(&other->names);
    if (own && strncmp(own, entry, length) == 0) return true;
  }
  return false;
}

/* Has libcurl forget an entry when it is given the next one.  Without memory
 * for that it stays, and is replaced when its host comes again. */
static void forget_entry(lr_transfer *transfer) {
  lr_name_resolution *names = &transfer->names;
  char text[LR_HOST_NAME_MAX + 10];
  const char *entry = own_entry(names);
  if (!entry || is_needed(transfer->lane, transfer, entry)) return;
  size_t length = key_length_of(entry) - 1;
  text[0] = '-';
  memcpy(text + 1, entry, length);
  text[length + 1] = '\0';
  (void)append_entry(&transfer->lane->forgotten_names, text);
}

/* ---- Answers ---- */

static LR_COLD lariat_status refuse(lr_transfer *transfer,
                                    const lr_name_outcome *answer) {
  lr_host_port key = host_port_of(transfer->host);
  if (answer->status == LARIAT_ENOMEM) return LARIAT_ENOMEM;
  snprintf(transfer->error, sizeof transfer->error,
           "Could not resolve host: %.*s (%s)", (int)key.length, key.name,
           answer->detail ? answer->detail : "");
  return LARIAT_ERESOLVE;
}

/* Keeps the addresses for those of the host's transfers that are to use an open
 * connection. */
static void remember_addresses(lr_transfer *transfer) {
  lr_curl_host *own = lr_curl_host_of(transfer->host);
  lr_addresses_release(own->addresses);
  own->addresses = lr_addresses_retain(transfer->names.addresses);
}

lariat_status lr_name_resolution_take(lr_transfer *transfer) {
  lr_name_resolution *names = &transfer->names;
  uint64_t now_ns = lr_reactor_turn_ns(transfer->engine->reactor);
  names->state = LR_RESOLUTION_NONE;
  names->took_us =
      lr_since(now_ns, transfer->job->pool.started_ns) / LR_NS_PER_US;
  if (!names->answer.addresses) return refuse(transfer, &names->answer);
  names->addresses = names->answer.addresses;
  names->answer.addresses = NULL;
  remember_addresses(transfer);
  return give_entry(transfer);
}

static void note_answer(lr_transfer *transfer, lr_name_outcome answer) {
  transfer->names.query = NULL;
  transfer->names.answer = answer;
  transfer->names.state = LR_RESOLUTION_ANSWERED;
  lr_list_append(&transfer->engine->answered, &transfer->names.answered);
}

static void take_answer(void *transfer_pointer, lr_name_outcome answer) {
  note_answer(transfer_pointer, answer);
}

static lariat_status ask(lr_transfer *transfer, lr_host_port target) {
  lr_name_resolution *names = &transfer->names;
  lr_name_outcome known;
  names->state = LR_RESOLUTION_ASKED;
  names->query = lr_resolver_ask(transfer->engine->resolver, target,
                                 take_answer, transfer, &known);
  if (names->query) return LARIAT_EBUSY;
  names->answer = known;
  if (known.addresses) return lr_name_resolution_take(transfer);
  note_answer(transfer, known); /* its failure is told later, as any other */
  lr_reactor_request_turn(transfer->engine->reactor);
  return LARIAT_EBUSY;
}

/* Says whether libcurl opens a connection for the transfer whatever is open. */
static bool opens_always(const lr_transfer *transfer) {
  return lr_easy_is_used_once(transfer->set.http) ||
         lr_engine_wants_new(transfer->job);
}

/* Says whether libcurl can be given an entry for a host: one that is no name,
 * being too long (RFC 1035, 2.3.4), or that begins as what is to be removed
 * does, is not looked up, nor led elsewhere. */
static bool can_have_entry(const lr_host *host) {
  lr_host_port key = host_port_of(host);
  return lr_host_name_is_valid(key.name, key.length) && *key.name != '-';
}

/* Has the transfer fail in a later turn, as a look-up would. */
static LR_COLD lariat_status fail_name(lr_transfer *transfer) {
  note_answer(transfer, (lr_name_outcome){.verdict = LR_NAME_NO_ADDRESS,
                                          .status = LARIAT_ERESOLVE,
                                          .detail = "the name is not valid"});
  lr_reactor_request_turn(transfer->engine->reactor);
  return LARIAT_EBUSY;
}

lariat_status lr_name_resolution_begin(lr_transfer *transfer, bool opens_new) {
  lr_name_resolution *names = &transfer->names;
  lr_curl_host *own = lr_curl_host_of(transfer->host);
  const lr_name_overrides *overrides =
      transfer->engine->resolver->service->overrides;
  *names = (lr_name_resolution){.state = LR_RESOLUTION_NONE};
  lr_list_init(&names->answered);
  if (own->is_address && !overrides) return LARIAT_OK;
  if (!own->is_address && !can_have_entry(transfer->host))
    return fail_name(transfer);
  lr_host_port target =
      lr_name_overrides_target(overrides, host_port_of(transfer->host));
  names->port = target.port;
  if (opens_new || opens_always(transfer) || !own->addresses)
    return ask(transfer, target);
  names->addresses = lr_addresses_retain(own->addresses);
  return give_entry(transfer);
}

/* ---- Sockets ---- */

static const lr_host_address *find_address(const lariat_addresses *addresses,
                                           const struct curl_sockaddr *given) {
  lr_ip ip;
  if (!lr_ip_read(&given->addr, given->addrlen, &ip)) return NULL;
  for (uint32_t i = 0; i < addresses->count; i++)
    if (memcmp(&addresses->list[i].ip, &ip, sizeof ip) == 0)
      return &addresses->list[i];
  return NULL;
}

/* Writes over what libcurl has given, which has space for any address. */
void lr_name_resolution_correct(const lr_transfer *transfer,
                                struct curl_sockaddr *address) {
  const lr_name_resolution *names = &transfer->names;
  struct sockaddr_storage name;
  if (!names->addresses) return;
  const lr_host_address *to = find_address(names->addresses, address);
  if (!to) to = &names->addresses->list[0];
  socklen_t length = lr_host_address_to_socket(to, names->port, &name);
  address->family = name.ss_family;
  address->addrlen = length;
  memcpy((char *)address + offsetof(struct curl_sockaddr, addr), &name, length);
}

/* ---- The end ---- */

void lr_name_resolution_end(lr_transfer *transfer) {
  lr_name_resolution *names = &transfer->names;
  if (names->query) lr_resolver_cancel(names->query);
  if (names->state == LR_RESOLUTION_ANSWERED) {
    lr_list_remove(&names->answered);
    lr_addresses_release(names->answer.addresses);
  }
  if (names->entries) {
    forget_entry(transfer);
    (void)curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, NULL);
    curl_slist_free_all(names->entries);
  }
  lr_addresses_release(names->addresses);
  *names = (lr_name_resolution){.state = LR_RESOLUTION_NONE};
}
