/* SPDX-License-Identifier: MIT
 * socket.h: the descriptors that libcurl uses, and what epoll knows of them.
 *
 * Connections (made by lr_socket_open) stay registered when libcurl
 * loses interest between two requests, so that a kept-alive request makes no
 * epoll_ctl call.  An event on such an idle descriptor means that the server
 * has closed it, or has sent what nobody asked for.  So does the descriptor by
 * which a multi handle wakes itself (from libcurl 8.20 on): libcurl waits for
 * it as long as it has transfers, and closes it with the multi handle.  All
 * other descriptors (of the resolver) are registered exactly as libcurl says.
 */
#ifndef LR_CURL_SOCKET_H
#define LR_CURL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/list.h"
#include "reactor/poller.h"

struct lr_connection_ids;
struct lr_engine;
struct lr_lane;
struct lr_host;
struct lr_transfer;

typedef struct lr_socket {
  lr_watch watch;
  struct lr_lane *lane;
  struct lr_host *host;          /* NULL: not a connection */
  struct lr_transfer *handed_by; /* that hands the connection over; or NULL */
  struct lr_transfer *transfer;  /* of HTTP/1, that uses it now; or NULL */
  struct lr_transfer *keeper; /* that stays for it, while h1 uses it; or NULL */
  lr_list lane_node;          /* in its lane's sockets; the resolver's alone */
  uint64_t id;                /* unique in the pool; 0: not a connection */
  uint64_t received;          /* bytes when the last response was complete */
  int local_port;             /* 0: not yet asked for */
  lr_list attempt;            /* in its transfer's attempts, or alone */
  uint32_t wanted;            /* what libcurl waits for; 0: idle */
  bool dead; /* closed by the server, or shut down: of no use any more */
  bool left; /* kept, and its descriptor is closed by somebody else */
} lr_socket;

typedef struct lr_sockets {
  lr_socket **by_fd;
  uint32_t capacity;
} lr_sockets;

void lr_sockets_init(lr_sockets *sockets);
void lr_sockets_clear(lr_sockets *sockets);

/* Returns what is known of a descriptor; or NULL. */
lr_socket *lr_sockets_find(const lr_sockets *sockets, curl_socket_t fd);

/* Open and close a socket for libcurl: two of its three callbacks.  The
 * OPENSOCKETDATA is the transfer, the CLOSESOCKETDATA the engine (it outlives
 * the transfer), the socket callback's user pointer the lane. */
curl_socket_t lr_socket_open(void *transfer, curlsocktype purpose,
                             struct curl_sockaddr *address);
int lr_socket_close(void *engine, curl_socket_t fd);

/* Returns the number of a socket's own port; 0: it has none. */
int lr_socket_local_port(int fd);

/* Notes on which connection the transfer is, by the number of its own port:
 * `transfer->connection`, and `socket` unless that is shared. */
void lr_socket_attach(struct lr_transfer *transfer, int local_port);
void lr_socket_detach(struct lr_transfer *transfer);

/* Ends a connection that may not be used again: shut down, it is dead to every
 * libcurl. */
void lr_socket_end(lr_socket *socket);

/* Leaves the socket's descriptor to h1, while `keeper` stays in its lane
 * (connect_only.h); NULL: not so. */
void lr_socket_set_keeper(lr_socket *socket, struct lr_transfer *keeper);

/* Takes a socket that h1 has given back from its host and its lane, which may
 * be gone when libcurl closes it; if `leaves_descriptor`, that is not done for
 * it. */
void lr_socket_release(struct lr_engine *engine, lr_socket *socket,
                       bool leaves_descriptor);

/* Ends those of the host's that are idle, marks the transfers on the others,
 * and adds the numbers of all. */
void lr_sockets_end_reuse(struct lr_engine *engine, const struct lr_host *host,
                          struct lr_connection_ids *ids);

/* Takes a socket that came to be connected from the transfer's attempts, before
 * the transfer is taken from its lane. */
void lr_socket_keep_connected(struct lr_transfer *transfer);

/* Says whether the transfer is about to be made on a connection of its host's
 * that is dead, by the connection's local port: libcurl from 8.22 on looks at
 * one only once in a second, and before 8.0 takes bytes that nobody asked for
 * for a sign of life. */
bool lr_socket_is_dead(const struct lr_transfer *transfer, int local_port);

/* Notes that the transfer's connection, which was open before, was lost. */
void lr_socket_note_lost(const struct lr_transfer *transfer);

/* Closes the sockets that never came to be connected of a transfer that was
 * taken from its lane.  (libcurl 7.88 closes them without a call of
 * CLOSESOCKETFUNCTION.) */
void lr_socket_end_attempts(struct lr_transfer *transfer);

/* Forgets the wake-up descriptor of the lane's multi handle, which has been
 * closed. */
void lr_socket_forget_wake_up(const struct lr_lane *lane);

/* Watches a descriptor for what libcurl waits for: its socket callback. */
int lr_socket_wants(CURL *easy, curl_socket_t fd, int what, void *lane,
                    void *unused);

#endif
