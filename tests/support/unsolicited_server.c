/* SPDX-License-Identifier: MIT
 * unsolicited_server.c: answers twice. */
#include "support/unsolicited_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How much of an answer that nobody asked for goes with the one before. */
enum { SCRAP = 7 };

struct unsolicited_server {
  enum unsolicited_moment moment;
  int listener;
  unsigned port;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  unsigned open; /* connections */
};

struct visit {
  struct unsolicited_server *server;
  int fd;
};

static void require(bool condition) {
  if (!condition) abort();
}

/* ---- Connections ---- */

static void wait_for_moment(enum unsolicited_moment moment) {
  struct timespec pause = {0, moment == UNSOLICITED_5_MS ? 5000000 : 500000};
  if (moment == UNSOLICITED_HALF_MS || moment == UNSOLICITED_5_MS)
    nanosleep(&pause, NULL);
}

static bool send_all(int fd, const char *bytes, size_t length) {
  return send(fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static size_t write_answer(char *out, size_t capacity, const char *body) {
  return (size_t)snprintf(out, capacity,
                          "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                          strlen(body), body);
}

static bool answer_twice(const struct visit *visit, const char *path) {
  enum unsolicited_moment moment = visit->server->moment;
  char body[128];
  char text[512];
  snprintf(body, sizeof body, "of %s", path);
  size_t first = write_answer(text, 256, body);
  size_t all = first + write_answer(text + first, 256, "of nothing");
  size_t cut = first + (moment == UNSOLICITED_SCRAP ? SCRAP : 0);
  if (!send_all(visit->fd, text, cut)) return false;
  if (moment == UNSOLICITED_NEVER) return true;
  wait_for_moment(moment);
  return send_all(visit->fd, text + cut, all - cut);
}

/* Answers the requests in `text` that are whole, and keeps the rest. */
static bool answer_all(const struct visit *visit, char *text) {
  char path[64];
  char *end;
  while ((end = strstr(text, "\r\n\r\n"))) {
    if (sscanf(text, "%*s %63s", path) != 1) return false;
    memmove(text, end + 4, strlen(end + 4) + 1);
    if (!answer_twice(visit, path)) return false;
  }
  return true;
}

static void *serve(void *argument) {
  struct visit *visit = argument;
  struct unsolicited_server *server = visit->server;
  char text[4096] = "";
  size_t length = 0;
  ssize_t got;
  while ((got = recv(visit->fd, text + length, sizeof text - 1 - length, 0)) >
         0) {
    text[length + (size_t)got] = '\0';
    if (!answer_all(visit, text)) break;
    length = strlen(text);
  }
  close(visit->fd);
  free(visit);
  pthread_mutex_lock(&server->lock);
  server->open--;
  pthread_cond_broadcast(&server->changed);
  pthread_mutex_unlock(&server->lock);
  return NULL;
}

static void begin_visit(struct unsolicited_server *server, int fd) {
  pthread_t thread;
  struct visit *visit = malloc(sizeof *visit);
  int one = 1;
  struct timeval limit = {30, 0};
  require(visit != NULL);
  *visit = (struct visit){server, fd};
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  pthread_mutex_lock(&server->lock);
  server->open++;
  pthread_mutex_unlock(&server->lock);
  require(pthread_create(&thread, NULL, serve, visit) == 0);
  pthread_detach(thread);
}

static void *accept_all(void *argument) {
  struct unsolicited_server *server = argument;
  int fd;
  while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
    begin_visit(server, fd);
  return NULL;
}

/* ---- Life ---- */

struct unsolicited_server *
unsolicited_server_start(enum unsolicited_moment moment) {
  struct unsolicited_server *server = calloc(1, sizeof *server);
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof address;
  require(server != NULL);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server->moment = moment;
  server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(bind(server->listener, (struct sockaddr *)&address, length) == 0);
  require(listen(server->listener, 512) == 0);
  require(getsockname(server->listener, (struct sockaddr *)&address, &length) ==
          0);
  server->port = ntohs(address.sin_port);
  pthread_mutex_init(&server->lock, NULL);
  pthread_cond_init(&server->changed, NULL);
  require(pthread_create(&server->thread, NULL, accept_all, server) == 0);
  return server;
}

unsigned unsolicited_server_port(const struct unsolicited_server *server) {
  return server->port;
}

void unsolicited_server_stop(struct unsolicited_server *server) {
  shutdown(server->listener, SHUT_RDWR);
  pthread_join(server->thread, NULL);
  close(server->listener);
  pthread_mutex_lock(&server->lock);
  while (server->open) pthread_cond_wait(&server->changed, &server->lock);
  pthread_mutex_unlock(&server->lock);
  pthread_mutex_destroy(&server->lock);
  pthread_cond_destroy(&server->changed);
  free(server);
}
