/* SPDX-License-Identifier: MIT
 * connection_set.c: lists of connections, and the pace of openings. */
#include "connection_set.h"

#include "memory.h"

static void open_due(void *context);

/* ---- Life ---- */

static lariat_status allocate(lr_load_connection_set *set, size_t slots) {
  size_t servers = lr_load_requests_origins(set->requests);
  size_t times =
      servers < LR_LOAD_SERVERS_AT_ONCE ? servers : LR_LOAD_SERVERS_AT_ONCE;
  set->capacity = slots * (times ? times : 1);
  set->server_count = servers;
  set->connections = lr_load_allocate(set->capacity, sizeof *set->connections);
  set->servers = lr_load_allocate(servers, sizeof *set->servers);
  return set->connections && set->servers ? LARIAT_OK : LARIAT_ENOMEM;
}

lariat_status lr_load_connection_set_init(lr_load_connection_set *set,
                                          const lariat_load_requests *requests,
                                          unsigned slots) {
  set->requests = requests;
  lr_load_list_init(&set->shut);
  lr_load_list_init(&set->to_open);
  lariat_status status = allocate(set, slots);
  for (size_t i = 0; status == LARIAT_OK && i < set->server_count; i++) {
    lr_load_list_init(&set->servers[i].idle);
    lr_load_list_init(&set->servers[i].opening);
  }
  return status;
}

void lr_load_connection_set_clear(lr_load_connection_set *set) {
  if (set->timer.id)
    (void)lariat_reactor_cancel_timer(set->by.reactor, set->timer);
  set->timer.id = 0;
  for (size_t i = 0; i < set->made; i++)
    lr_load_connection_clear(&set->connections[i]);
  lariat_memory_release(set->connections);
  lariat_memory_release(set->servers);
  set->connections = NULL;
  set->servers = NULL;
  set->made = set->capacity = set->server_count = 0;
}

/* ---- Which one ---- */

static lr_load_connection *take_linked(lr_load_list *list) {
  lr_load_list *node = lr_load_list_take(list);
  return node ? lr_load_listed(node, lr_load_connection, link) : NULL;
}

/* Makes one that is shut.  NULL: there are as many as there may be, or no
 * memory for it. */
static lr_load_connection *make_connection(lr_load_connection_set *set) {
  if (set->made == set->capacity) return NULL;
  lr_load_connection *connection = &set->connections[set->made];
  if (lr_load_connection_init(connection, &set->by) != LARIAT_OK) return NULL;
  set->made++;
  return connection;
}

/* Shuts the one that has been idle for longest at the first other server that
 * has one. */
static lr_load_connection *take_from_another(lr_load_connection_set *set) {
  lr_load_connection *connection = NULL;
  for (size_t i = 0; i < set->server_count && !connection; i++)
    connection = take_linked(&set->servers[i].idle);
  for (size_t i = 0; i < set->server_count && !connection; i++)
    connection = take_linked(&set->servers[i].opening);
  if (!connection) return NULL;
  lr_load_list_remove(&connection->age);
  lr_load_connection_shut(connection);
  return connection;
}

static lr_load_connection *take_shut(lr_load_connection_set *set,
                                     uint32_t origin) {
  lr_load_connection *connection = take_linked(&set->shut);
  if (!connection) connection = make_connection(set);
  if (!connection) connection = take_from_another(set);
  if (connection) connection->origin = origin;
  return connection;
}

lr_load_connection *lr_load_connection_set_take(lr_load_connection_set *set,
                                                uint32_t origin) {
  lr_load_server *server = &set->servers[origin];
  lr_load_connection *connection = take_linked(&server->idle);
  if (!connection) connection = take_linked(&server->opening);
  return connection ? connection : take_shut(set, origin);
}

void lr_load_connection_set_put_away(lr_load_connection_set *set,
                                     lr_load_connection *connection) {
  lr_load_list_remove(&connection->link);
  lr_load_list_append(&set->shut, &connection->link);
}

void lr_load_connection_set_give(lr_load_connection_set *set,
                                 lr_load_connection *connection) {
  lr_load_server *server = &set->servers[connection->origin];
  if (connection->state == LR_LOAD_IDLE) {
    lr_load_list_append(&server->idle, &connection->link);
  } else if (connection->state == LR_LOAD_OPENING) {
    lr_load_list_append(&server->opening, &connection->link);
  } else if (set->reopens) {
    lr_load_list_append(&server->opening, &connection->link);
    lr_load_connection_set_open(set, connection);
  } else {
    lr_load_list_append(&set->shut, &connection->link);
  }
}

/* ---- Opening ---- */

static void begin_opening(lr_load_connection_set *set,
                          lr_load_connection *connection) {
  const lr_load_origin *origin =
      lr_load_requests_origin(set->requests, connection->origin);
  set->next_open_ns += set->gap_ns;
  lr_load_connection_open(connection, origin->url);
}

static void set_timer(lr_load_connection_set *set) {
  if (set->timer.id || lr_load_list_is_empty(&set->to_open)) return;
  lariat_status status;
  unsigned tries = 0;
  do
    status = lariat_reactor_call_at(set->by.reactor, set->next_open_ns,
                                    open_due, set, NULL, &set->timer);
  while (lr_load_wait_for_memory(status, &tries));
  if (status != LARIAT_OK) set->timer.id = 0;
}

/* Opens all whose turn has come: what came late does not make the next ones
 * later. */
static void open_due(void *context) {
  lr_load_connection_set *set = context;
  uint64_t now_ns = lariat_reactor_now_ns(set->by.reactor);
  lr_load_list *node;
  set->timer.id = 0;
  while (set->next_open_ns <= now_ns &&
         (node = lr_load_list_take(&set->to_open)))
    begin_opening(set, lr_load_listed(node, lr_load_connection, age));
  set_timer(set);
}

void lr_load_connection_set_open(lr_load_connection_set *set,
                                 lr_load_connection *connection) {
  uint64_t now_ns = lariat_reactor_now_ns(set->by.reactor);
  connection->state = LR_LOAD_OPENING;
  if (lr_load_list_is_empty(&set->to_open) && set->next_open_ns <= now_ns) {
    set->next_open_ns = now_ns;
    begin_opening(set, connection);
    return;
  }
  lr_load_list_append(&set->to_open, &connection->age);
  set_timer(set);
}

void lr_load_connection_set_pace(lr_load_connection_set *set, uint64_t gap_ns) {
  uint64_t most_ns = lariat_reactor_now_ns(set->by.reactor) + gap_ns;
  set->gap_ns = gap_ns;
  if (set->next_open_ns <= most_ns) return;
  set->next_open_ns = most_ns;
  if (set->timer.id)
    (void)lariat_reactor_cancel_timer(set->by.reactor, set->timer);
  set->timer.id = 0;
  set_timer(set);
}

void lr_load_connection_set_warm(lr_load_connection_set *set, unsigned count) {
  for (unsigned i = 0; i < count && set->server_count; i++) {
    lr_load_connection *connection =
        take_shut(set, (uint32_t)(i % set->server_count));
    if (!connection) return;
    lr_load_list_append(&set->servers[connection->origin].opening,
                        &connection->link);
    lr_load_connection_set_open(set, connection);
  }
}

bool lr_load_connection_set_keep_message(lr_load_connection_set *set,
                                         lr_load_connection *connection) {
  if (connection->state == LR_LOAD_IDLE) return true;
  if (lr_load_connection_keep_message(connection)) return true;
  if (connection->state == LR_LOAD_SHUT)
    lr_load_connection_set_put_away(set, connection);
  return false;
}
