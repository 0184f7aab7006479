/* SPDX-License-Identifier: MIT
 * site.c: one thread, which polls; what it is asked for is kept in a list. */
#include "support/site.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  MOST_CONNECTIONS = 512,
  MOST_REQUEST = 16 * 1024,
  MOST_BODY = 256 * 1024,
  MOST_PATHS = 1 << 16
};

struct connection {
  int fd;
  size_t length;
  char request[MOST_REQUEST];
};

struct asked {
  char *place; /* host and path */
  char *head;  /* of the last request */
  unsigned requests;
};

struct site {
  const struct site_page *pages;
  size_t page_count;
  site_compute *compute;
  int listener;
  int wake[2];
  unsigned port;
  pthread_t thread;
  pthread_mutex_t mutex; /* of all below */
  struct asked *asked;   /* a table */
  size_t asked_count;
  unsigned requests;
  bool silent;
  struct connection *connections[MOST_CONNECTIONS];
  size_t connection_count;
  char body[MOST_BODY];
};

static void *must(void *memory) {
  if (!memory) abort();
  return memory;
}

/* ---- What was asked for ---- */

static struct asked *find_asked(struct site *site, const char *place) {
  size_t hash = 5381;
  for (const char *at = place; *at; at++) hash = hash * 33 + (unsigned char)*at;
  for (size_t i = hash % MOST_PATHS;; i = (i + 1) % MOST_PATHS)
    if (!site->asked[i].place || strcmp(site->asked[i].place, place) == 0)
      return &site->asked[i];
}

static unsigned note_request(struct site *site, const char *place,
                             const char *head) {
  pthread_mutex_lock(&site->mutex);
  struct asked *asked = find_asked(site, place);
  if (!asked->place) {
    if (++site->asked_count >= MOST_PATHS / 2) abort();
    asked->place = must(strdup(place));
  }
  free(asked->head);
  asked->head = must(strdup(head));
  site->requests++;
  unsigned requests = ++asked->requests;
  pthread_mutex_unlock(&site->mutex);
  return requests;
}

static bool is_path_of(const struct asked *asked, const char *path) {
  if (!asked->place) return false;
  return strcmp(asked->place, path) == 0 ||
         strcmp(strchr(asked->place, '/'), path) == 0;
}

unsigned site_requests(struct site *site, const char *path) {
  unsigned requests = 0;
  pthread_mutex_lock(&site->mutex);
  for (size_t i = 0; path && i < MOST_PATHS; i++)
    if (is_path_of(&site->asked[i], path)) requests += site->asked[i].requests;
  if (!path) requests = site->requests;
  pthread_mutex_unlock(&site->mutex);
  return requests;
}

unsigned site_paths(struct site *site) {
  pthread_mutex_lock(&site->mutex);
  unsigned count = (unsigned)site->asked_count;
  pthread_mutex_unlock(&site->mutex);
  return count;
}

unsigned site_most_requests(struct site *site) {
  unsigned most = 0;
  pthread_mutex_lock(&site->mutex);
  for (size_t i = 0; i < MOST_PATHS; i++)
    if (site->asked[i].requests > most) most = site->asked[i].requests;
  pthread_mutex_unlock(&site->mutex);
  return most;
}

void site_last_request(struct site *site, const char *path, char *out,
                       size_t capacity) {
  if (capacity) *out = '\0';
  pthread_mutex_lock(&site->mutex);
  for (size_t i = 0; i < MOST_PATHS; i++)
    if (is_path_of(&site->asked[i], path))
      snprintf(out, capacity, "%s", site->asked[i].head);
  pthread_mutex_unlock(&site->mutex);
}

void site_set_silent(struct site *site, bool silent) {
  pthread_mutex_lock(&site->mutex);
  site->silent = silent;
  pthread_mutex_unlock(&site->mutex);
}

/* ---- Answers ---- */

static const char *reason_of(int status) {
  return status == 200 ? "OK" : status < 400 ? "Elsewhere" : "No";
}

static bool send_all(int fd, const char *bytes, size_t length) {
  while (length) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes += sent;
    length -= (size_t)sent;
  }
  return true;
}

static bool send_page(int fd, int status, const char *headers, const char *body,
                      size_t length) {
  char head[2048];
  bool typed = strcasestr(headers, "content-type:") != NULL;
  bool sized = strcasestr(headers, "content-length:") != NULL;
  char size[64] = "";
  if (!sized && status != 304)
    snprintf(size, sizeof size, "Content-Length: %zu\r\n", length);
  int count =
      snprintf(head, sizeof head, "HTTP/1.1 %d %s\r\n%s%s%s\r\n", status,
               reason_of(status), typed ? "" : "Content-Type: text/html\r\n",
               size, headers);
  return send_all(fd, head, (size_t)count) && send_all(fd, body, length);
}

static bool is_place(const char *wanted, const char *place) {
  return strcmp(wanted, *wanted == '/' ? strchr(place, '/') : place) == 0;
}

/* Returns the page for the so manieth request; NULL: the table has none. */
static const struct site_page *find_page(const struct site *site,
                                         const char *place, unsigned request) {
  unsigned before = 0;
  for (size_t i = 0; i < site->page_count; i++) {
    const struct site_page *page = &site->pages[i];
    if (!is_place(page->path, place)) continue;
    if (page->times == 0 || request <= before + page->times) return page;
    before += page->times;
  }
  return NULL;
}

/* Answers; false: the connection is to end. */
static bool answer(struct site *site, int fd, const char *place,
                   unsigned request) {
  const struct site_page *page = find_page(site, place, request);
  pthread_mutex_lock(&site->mutex);
  bool silent = site->silent;
  pthread_mutex_unlock(&site->mutex);
  if (silent) return false;
  if (page && page->status > 0)
    return send_page(fd, page->status, page->headers, page->body,
                     strlen(page->body)) &&
           !strcasestr(page->headers, "connection: close");
  if (page) {
    if (page->status < 0) (void)send_all(fd, page->body, strlen(page->body));
    return false;
  }
  char host[64];
  const char *path = strchr(place, '/');
  snprintf(host, sizeof host, "%.*s", (int)(path - place), place);
  size_t length =
      site->compute ? site->compute(host, path, site->body, MOST_BODY) : 0;
  return length ? send_page(fd, 200, "", site->body, length)
                : send_page(fd, 404, "", "none", 4);
}

/* Writes the host of a request, without its port, and its path. */
static void read_place(const char *head, char *place, size_t capacity) {
  char path[4096] = "", host[256] = "";
  const char *line = strcasestr(head, "\r\nhost:");
  (void)sscanf(head, "%*s %4095s", path);
  if (line) (void)sscanf(line + 7, " %255[^:\r]", host);
  snprintf(place, capacity, "%s%s", host, path);
}

/* Answers the requests that have come whole; false: the connection ends. */
static bool take_requests(struct site *site, struct connection *connection) {
  char place[4400];
  char *end;
  while ((end = strstr(connection->request, "\r\n\r\n"))) {
    size_t length = (size_t)(end - connection->request) + 4;
    char saved = end[4];
    end[4] = '\0';
    read_place(connection->request, place, sizeof place);
    unsigned request = note_request(site, place, connection->request);
    end[4] = saved;
    connection->length -= length;
    memmove(connection->request, connection->request + length,
            connection->length + 1);
    if (!answer(site, connection->fd, place, request)) return false;
  }
  return true;
}

static bool read_more(struct site *site, struct connection *connection) {
  size_t space = MOST_REQUEST - 1 - connection->length;
  ssize_t got =
      recv(connection->fd, connection->request + connection->length, space, 0);
  if (got <= 0) return false;
  connection->length += (size_t)got;
  connection->request[connection->length] = '\0';
  return take_requests(site, connection);
}

/* ---- The thread ---- */

static void drop(struct site *site, size_t at) {
  struct connection *connection = site->connections[at];
  close(connection->fd);
  free(connection);
  site->connections[at] = site->connections[--site->connection_count];
}

static void take_connection(struct site *site) {
  int one = 1;
  int fd = accept4(site->listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return;
  if (site->connection_count == MOST_CONNECTIONS) {
    close(fd);
    return;
  }
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct connection *connection = must(calloc(1, sizeof *connection));
  connection->fd = fd;
  site->connections[site->connection_count++] = connection;
}

static void serve_ready(struct site *site, const struct pollfd *polled,
                        size_t count) {
  for (size_t i = count; i-- > 0;)
    if (polled[i].revents && !read_more(site, site->connections[i]))
      drop(site, i);
}

static void *serve(void *context) {
  struct site *site = context;
  struct pollfd *polled = must(calloc(MOST_CONNECTIONS + 2, sizeof *polled));
  for (;;) {
    size_t count = site->connection_count;
    for (size_t i = 0; i < count; i++)
      polled[i] = (struct pollfd){site->connections[i]->fd, POLLIN, 0};
    polled[count] = (struct pollfd){site->listener, POLLIN, 0};
    polled[count + 1] = (struct pollfd){site->wake[0], POLLIN, 0};
    if (poll(polled, count + 2, -1) < 0) continue;
    if (polled[count + 1].revents) break;
    serve_ready(site, polled, count);
    if (polled[count].revents) take_connection(site);
  }
  while (site->connection_count) drop(site, 0);
  free(polled);
  return NULL;
}

/* ---- Start and stop ---- */

static void open_listener(struct site *site) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof address;
  int one = 1;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  site->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (site->listener < 0 ||
      setsockopt(site->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
      bind(site->listener, (struct sockaddr *)&address, length) ||
      listen(site->listener, 256) ||
      getsockname(site->listener, (struct sockaddr *)&address, &length) ||
      pipe(site->wake))
    abort();
  site->port = ntohs(address.sin_port);
}

struct site *site_start(const struct site_page *pages, size_t count,
                        site_compute *compute) {
  struct site *site = must(calloc(1, sizeof *site));
  site->pages = pages;
  site->page_count = count;
  site->compute = compute;
  site->asked = must(calloc(MOST_PATHS, sizeof *site->asked));
  open_listener(site);
  if (pthread_mutex_init(&site->mutex, NULL) ||
      pthread_create(&site->thread, NULL, serve, site))
    abort();
  return site;
}

void site_stop(struct site *site) {
  if (write(site->wake[1], "", 1) != 1) abort();
  pthread_join(site->thread, NULL);
  for (size_t i = 0; i < MOST_PATHS; i++) {
    free(site->asked[i].place);
    free(site->asked[i].head);
  }
  free(site->asked);
  close(site->listener);
  close(site->wake[0]);
  close(site->wake[1]);
  pthread_mutex_destroy(&site->mutex);
  free(site);
}

unsigned site_port(const struct site *site) { return site->port; }

const char *site_url(const struct site *site, const char *host,
                     const char *path) {
  static char texts[16][512];
  static unsigned at;
  char *text = texts[at++ % 16];
  snprintf(text, sizeof texts[0], "http://%s:%u%s", host, site->port, path);
  return text;
}
