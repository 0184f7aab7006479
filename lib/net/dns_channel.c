/* SPDX-License-Identifier: MIT
 * dns_channel.c: c-ares driven by a reactor. */
#include "net/dns_channel.h"

/* Versions from 1.28 on call the functions for messages as bytes deprecated, in
 * favour of others that 1.18 does not have. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/memory.h"
#include "base/time.h"
#include "net/name_servers.h"

/* Space for the answers to all look-ups of a reactor, should they come at once:
 * one that finds none is lost, and asked for again much later. */
enum { RECEIVE_BUFFER = 1 << 20 };

/* A descriptor of c-ares. */
typedef struct dns_socket {
  lr_watch watch;
  lr_list node;
  lr_dns_channel *channel;
} dns_socket;

typedef struct dns_query {
  lr_dns_channel *channel;
  uint16_t type;
  lr_dns_told *told;
  void *context;
} dns_query;

/* ---- Events ---- */

static void expire_timer(lr_timer *timer);

/* Sets the timer to when c-ares wants to be called.  One that expires earlier
 * is left, which does no harm.  A question in its third round waits longer than
 * a new one, whose time may so be the next.  Without memory for the timer the
 * questions end with what else happens. */
static void update_timer(lr_dns_channel *channel) {
  struct timeval left;
  if (!channel->queries)
    lr_reactor_unset_timer(channel->reactor, &channel->timer);
  if (!channel->queries || !ares_timeout(channel->ares, NULL, &left)) return;
  uint64_t now_ns = lariat_reactor_now_ns(channel->reactor);
  uint64_t ns = (uint64_t)left.tv_sec * LR_NS_PER_S +
                (uint64_t)left.tv_usec * LR_NS_PER_US + LR_NS_PER_MS;
  uint64_t at_ns = lr_add_ns(now_ns, ns);
  if (lr_timer_is_set(&channel->timer) && channel->timer.at_ns <= at_ns) return;
  (void)lr_reactor_set_timer(channel->reactor, &channel->timer, at_ns);
}

static void process(lr_dns_channel *channel, ares_socket_t readable,
                    ares_socket_t writable) {
  channel->inside = true;
  ares_process_fd(channel->ares, readable, writable);
  channel->inside = false;
  update_timer(channel);
}

static void expire_timer(lr_timer *timer) {
  process(lr_container(timer, lr_dns_channel, timer), ARES_SOCKET_BAD,
          ARES_SOCKET_BAD);
}

static void handle_event(lr_watch *watch, uint32_t events) {
  dns_socket *socket = lr_container(watch, dns_socket, watch);
  bool reads = events & (EPOLLIN | EPOLLHUP | EPOLLERR);
  bool writes = events & EPOLLOUT;
  process(socket->channel, reads ? watch->fd : ARES_SOCKET_BAD,
          writes ? watch->fd : ARES_SOCKET_BAD);
}

static dns_socket *find_socket(lr_dns_channel *channel, int fd) {
  for (lr_list *node = channel->sockets.next; node != &channel->sockets;
       node = node->next) {
    dns_socket *socket = lr_container(node, dns_socket, node);
    if (socket->watch.fd == fd) return socket;
  }
  return NULL;
}

static dns_socket *add_socket(lr_dns_channel *channel, int fd) {
  dns_socket *socket = lr_alloc_zero(sizeof *socket);
  if (!socket) return NULL;
  socket->watch = (lr_watch){.ready = handle_event, .fd = fd};
  socket->channel = channel;
  lr_list_append(&channel->sockets, &socket->node);
  return socket;
}

static void drop_socket(lr_dns_channel *channel, dns_socket *socket) {
  (void)lr_poller_set(lr_reactor_poller(channel->reactor), &socket->watch, 0);
  lr_poller_forget(lr_reactor_poller(channel->reactor), &socket->watch);
  lr_list_remove(&socket->node);
  lr_free(socket);
}

/* Watches a descriptor for what c-ares wants; for nothing, when it is about to
 * be closed.  One that cannot be watched times out. */
static void note_socket(void *data, ares_socket_t fd, int reads, int writes) {
  lr_dns_channel *channel = data;
  dns_socket *socket = find_socket(channel, fd);
  uint32_t events = (reads ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u);
  if (!socket && events) socket = add_socket(channel, fd);
  if (!socket) return;
  if (events)
    (void)lr_poller_set(lr_reactor_poller(channel->reactor), &socket->watch,
                        events);
  else
    drop_socket(channel, socket);
}

/* ---- Life ---- */

void lr_dns_channel_init(lr_dns_channel *channel, lariat_reactor *reactor,
                         const lr_dns_channel_config *config) {
  *channel = (lr_dns_channel){.reactor = reactor, .config = *config};
  channel->timer.expire = expire_timer;
  lr_list_init(&channel->sockets);
}

static const char *path_of(const lr_dns_channel *channel) {
  static const char default_path[] = "/etc/resolv.conf";
  const char *path = channel->config.resolv_conf;
  return path ? path : default_path;
}

static bool read_domains(lr_dns_channel *channel) {
  lr_buffer text;
  lr_buffer_init(&text);
  bool read = lr_file_read(path_of(channel), &text);
  bool made =
      lr_resolv_conf_read(&channel->conf, read ? text.bytes : NULL, text.length,
                          getenv("LOCALDOMAIN"), channel->config.machine);
  lr_buffer_clear(&text);
  return made;
}

static struct ares_addr_port_node node_of(const lr_name_server *server) {
  const lr_ip *ip = &server->address.ip;
  bool v4 = lr_ip_is_v4(ip);
  struct ares_addr_port_node node = {.family = v4 ? AF_INET : AF_INET6,
                                     .udp_port = server->port,
                                     .tcp_port = server->port};
  if (v4)
    memcpy(&node.addr.addr4, ip->bytes + 12, sizeof node.addr.addr4);
  else
    memcpy(&node.addr.addr6, ip->bytes, sizeof node.addr.addr6);
  return node;
}

static int give_servers(struct ares_channeldata *ares,
                        const lr_name_server *servers, size_t count) {
  struct ares_addr_port_node *nodes = lr_alloc(count * sizeof *nodes);
  if (!nodes) return ARES_ENOMEM;
  for (size_t i = 0; i < count; i++) {
    nodes[i] = node_of(&servers[i]);
    nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
  }
  int code = ares_set_servers_ports(ares, nodes);
  lr_free(nodes);
  return code;
}

/* Gives c-ares the servers as they were read here, not as it would. */
static int set_servers(lr_dns_channel *channel) {
  lr_name_server *servers;
  size_t count;
  lariat_status status =
      lr_name_servers_read(channel->config.servers, &servers, &count, NULL, 0);
  if (status != LARIAT_OK)
    return status == LARIAT_ENOMEM ? ARES_ENOMEM : ARES_EBADSTR;
  int code = give_servers(channel->ares, servers, count);
  lr_free(servers);
  return code;
}

static int init_ares(lr_dns_channel *channel) {
  char lookups[] = "b"; /* the hosts file is read elsewhere */
  char path[256] = "";
  unsigned timeout_ms = channel->config.timeout_ms;
  if (!timeout_ms) timeout_ms = LR_DNS_TIMEOUT_MS;
  struct ares_options options = {.timeout = (int)timeout_ms,
                                 .tries = LR_DNS_ROUNDS,
                                 .lookups = lookups,
                                 .socket_receive_buffer_size = RECEIVE_BUFFER,
                                 .sock_state_cb = note_socket,
                                 .sock_state_cb_data = channel};
  int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
             ARES_OPT_SOCK_RCVBUF | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE /* from 1.31 on; its own cache is left out */
  mask |= ARES_OPT_QUERY_CACHE;
#endif
  if (channel->config.resolv_conf) {
    snprintf(path, sizeof path, "%s", channel->config.resolv_conf);
    options.resolvconf_path = path;
    mask |= ARES_OPT_RESOLVCONF;
  }
  int code = ares_init_options(&channel->ares, &options, mask);
  if (code != ARES_SUCCESS) channel->ares = NULL;
  if (code == ARES_SUCCESS && channel->config.servers)
    code = set_servers(channel);
  return code;
}

static void close_ares(lr_dns_channel *channel) {
  channel->inside = true;
  if (channel->ares) ares_destroy(channel->ares);
  channel->inside = false;
  channel->ares = NULL;
  lr_resolv_conf_clear(&channel->conf);
}

lariat_status lr_dns_channel_open(lr_dns_channel *channel) {
  if (channel->inside || channel->queries) return LARIAT_OK;
  bool changed = lr_file_stamp_look(&channel->stamp, path_of(channel),
                                    lr_reactor_turn_ns(channel->reactor));
  if (channel->ares && !changed) return LARIAT_OK;
  close_ares(channel);
  int code = init_ares(channel);
  if (code == ARES_SUCCESS && read_domains(channel)) return LARIAT_OK;
  close_ares(channel);
  return code == ARES_SUCCESS || code == ARES_ENOMEM ? LARIAT_ENOMEM
                                                     : LARIAT_ESYSTEM;
}

void lr_dns_channel_close(lr_dns_channel *channel) {
  close_ares(channel);
  lr_reactor_unset_timer(channel->reactor, &channel->timer);
}

/* ---- Questions ---- */

static const char *describe_status(int status) {
  switch (status) {
  case ARES_ETIMEOUT:
    return "the name servers do not answer";
  case ARES_ENOMEM:
    return "out of memory";
  case ARES_EBADNAME:
    return "the name is not valid";
  default:
    return "the name servers have failed";
  }
}

/* Reads the answer.  c-ares gives the message with what says that there is
 * nothing, too. */
static void read_answer(const dns_query *query, int status,
                        const unsigned char *bytes, int length,
                        lr_dns_answer *answer) {
  bool says = status == ARES_SUCCESS || status == ARES_ENODATA ||
              status == ARES_ENOTFOUND;
  lr_dns_message_read(bytes, says && bytes && length > 0 ? (size_t)length : 0,
                      query->type, answer);
  if (status == ARES_ENOTFOUND && !bytes) answer->outcome = LR_DNS_NO_NAME;
  if (status == ARES_ETIMEOUT) answer->outcome = LR_DNS_SILENT;
}

static void take_answer(void *query_pointer, int status, int timeouts,
                        unsigned char *bytes, int length) {
  dns_query *query = query_pointer;
  lr_dns_answer answer;
  (void)timeouts;
  read_answer(query, status, bytes, length, &answer);
  query->channel->queries--;
  query->told(query->context, &answer, describe_status(status));
  lr_free(query);
}

static void fail_query(lr_dns_told *told, void *context, int status) {
  lr_dns_answer answer;
  lr_dns_message_read(NULL, 0, LR_DNS_A, &answer);
  told(context, &answer, describe_status(status));
}

/* Lets c-ares read the errors of what it has sent; says whether there were. */
static bool take_errors(lr_dns_channel *channel) {
  enum { SOCKETS_MAX = 8 };
  struct pollfd polled[SOCKETS_MAX];
  nfds_t count = 0;
  for (lr_list *node = channel->sockets.next;
       node != &channel->sockets && count < SOCKETS_MAX; node = node->next)
    polled[count++] =
        (struct pollfd){.fd = lr_container(node, dns_socket, node)->watch.fd};
  if (!count || poll(polled, count, 0) <= 0) return false;
  for (nfds_t i = 0; i < count; i++)
    if (polled[i].revents & POLLERR)
      process(channel, polled[i].fd, ARES_SOCKET_BAD);
  return true;
}

/* Moves what was refused to the next servers, in all rounds at most.  A server
 * on this machine refuses a question before the next one is asked; c-ares 1.18
 * would get the error from the sending of that one, move it alone, and let the
 * first one wait until its time is over. */
static void move_refused(lr_dns_channel *channel) {
  for (int i = 0; i < LR_DNS_ROUNDS; i++)
    if (!take_errors(channel)) return;
}

void lr_dns_channel_ask(lr_dns_channel *channel, const char *name,
                        uint16_t type, lr_dns_told *told, void *context) {
  enum { CLASS_IN = 1 };
  dns_query *query = lr_alloc(sizeof *query);
  if (!query || !channel->ares) {
    lr_free(query);
    fail_query(told, context, ARES_ENOMEM);
    return;
  }
  *query = (dns_query){channel, type, told, context};
  channel->queries++;
  bool inside = channel->inside;
  if (!inside) move_refused(channel);
  channel->inside = true;
  ares_query(channel->ares, name, CLASS_IN, type, take_answer, query);
  channel->inside = inside;
  if (!inside) update_timer(channel);
}
