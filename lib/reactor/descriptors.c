/* SPDX-License-Identifier: MIT
 * descriptors.c: readers and writers of the user's descriptors.  One watch a
 * descriptor serves both sides. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/memory.h"
#include "reactor/reactor_private.h"

enum { SMALLEST = 64 };

typedef enum side_name { READER, WRITER, SIDES } side_name;

typedef struct side {
  lariat_ready ready; /* NULL: nobody */
  void *context;
  lariat_destroy destroy;
  uint64_t serial; /* no two in one reactor are the same */
} side;

struct lr_descriptor {
  lr_watch watch;
  lariat_reactor *reactor;
  side sides[SIDES];
  bool active; /* its callbacks are being run */
};

static const uint32_t wanted_events[SIDES] = {EPOLLIN, EPOLLOUT};
static const uint32_t calling_events[SIDES] = {
    EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP, EPOLLOUT | EPOLLERR | EPOLLHUP};

static uint32_t events_of(const lr_descriptor *descriptor) {
  uint32_t events = 0;
  for (int name = READER; name < SIDES; name++)
    if (descriptor->sides[name].ready) events |= wanted_events[name];
  return events;
}

/* Takes a descriptor without sides out of the table.  While its callbacks are
 * being run, its memory is left to them. */
static void retire_descriptor(lr_descriptor *descriptor) {
  lariat_reactor *reactor = descriptor->reactor;
  lr_poller_set(&reactor->poller, &descriptor->watch, 0);
  reactor->descriptors.by_fd[descriptor->watch.fd] = NULL;
  if (!descriptor->active) lr_free(descriptor);
}

/* ---- Events ---- */

/* Calls one side; a callback that removes itself keeps its context until it
 * returns. */
static void run_side(lr_descriptor *descriptor, side_name name) {
  lr_descriptor_table *table = &descriptor->reactor->descriptors;
  side running = descriptor->sides[name];
  table->running = running.serial;
  running.ready(descriptor->watch.fd, running.context);
  bool removed = table->running != running.serial;
  table->running = 0;
  if (removed && running.destroy) running.destroy(running.context);
}

/* Calls the sides that `events` are for.  The serials tell a side that was
 * there when the event was found from one with which the other side's callback
 * has replaced it. */
static void descriptor_ready(lr_watch *watch, uint32_t events) {
  lr_descriptor *descriptor = lr_container(watch, lr_descriptor, watch);
  uint64_t serials[SIDES];
  for (int name = READER; name < SIDES; name++)
    serials[name] = descriptor->sides[name].serial;
  descriptor->active = true;
  for (int name = READER; name < SIDES; name++) {
    const side *now = &descriptor->sides[name];
    if (now->ready && now->serial == serials[name] &&
        (events & calling_events[name]))
      run_side(descriptor, (side_name)name);
  }
  descriptor->active = false;
  if (events_of(descriptor) == 0) lr_free(descriptor);
}

/* ---- Addition ---- */

static bool grow_table(lr_descriptor_table *table, uint32_t fd) {
  if (fd < table->capacity) return true;
  uint32_t capacity = table->capacity ? table->capacity : SMALLEST;
  while (capacity <= fd) capacity *= 2;
  lr_descriptor **by_fd = lr_realloc(table->by_fd, capacity * sizeof *by_fd);
  if (!by_fd) return false;
  memset(by_fd + table->capacity, 0,
         (capacity - table->capacity) * sizeof *by_fd);
  table->by_fd = by_fd;
  table->capacity = capacity;
  return true;
}

/* Returns the entry of `fd`, made where there is none; NULL when out of
 * memory. */
static lr_descriptor *get_descriptor(lariat_reactor *reactor, int fd) {
  lr_descriptor_table *table = &reactor->descriptors;
  if (!grow_table(table, (uint32_t)fd)) return NULL;
  if (table->by_fd[fd]) return table->by_fd[fd];
  lr_descriptor *descriptor = lr_alloc_zero(sizeof *descriptor);
  if (!descriptor) return NULL;
  descriptor->reactor = reactor;
  descriptor->watch.ready = descriptor_ready;
  descriptor->watch.fd = fd;
  table->by_fd[fd] = descriptor;
  return descriptor;
}

static lariat_status add_side(lariat_reactor *reactor, int fd, side_name name,
                              side wanted) {
  lr_descriptor *descriptor = get_descriptor(reactor, fd);
  if (!descriptor) return LARIAT_ENOMEM;
  if (descriptor->sides[name].ready) return LARIAT_EALREADY;
  uint32_t before = events_of(descriptor);
  lariat_status status = lr_poller_set(&reactor->poller, &descriptor->watch,
                                       before | wanted_events[name]);
  if (status != LARIAT_OK) {
    int saved = errno;
    if (before == 0) retire_descriptor(descriptor);
    errno = saved;
    return status;
  }
  wanted.serial = ++reactor->descriptors.next_serial;
  descriptor->sides[name] = wanted;
  return LARIAT_OK;
}

static lariat_status check_and_add(lariat_reactor *reactor, int fd,
                                   side_name name, side wanted,
                                   const char *function) {
  if (!reactor || !wanted.ready) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(reactor, function);
  if (status != LARIAT_OK) return status;
  if (lr_reactor_closing(reactor)) return LARIAT_ECLOSED;
  if (fd < 0 || fcntl(fd, F_GETFD) < 0) return LARIAT_EINVAL;
  return add_side(reactor, fd, name, wanted);
}

lariat_status lariat_reactor_add_reader(lariat_reactor *reactor, int fd,
                                        lariat_ready ready, void *context,
                                        lariat_destroy destroy) {
  return check_and_add(reactor, fd, READER, (side){ready, context, destroy, 0},
                       __func__);
}

lariat_status lariat_reactor_add_writer(lariat_reactor *reactor, int fd,
                                        lariat_ready ready, void *context,
                                        lariat_destroy destroy) {
  return check_and_add(reactor, fd, WRITER, (side){ready, context, destroy, 0},
                       __func__);
}

/* ---- Removal ---- */

/* Removes the side before its destructor runs, which may add another.  Epoll
 * may refuse the lesser events where the descriptor was closed too early: then
 * the other side cannot be served any more either way. */
static void remove_side(lr_descriptor *descriptor, side_name name) {
  lariat_reactor *reactor = descriptor->reactor;
  side removed = descriptor->sides[name];
  descriptor->sides[name] = (side){NULL, NULL, NULL, 0};
  uint32_t events = events_of(descriptor);
  if (events == 0)
    retire_descriptor(descriptor);
  else
    (void)lr_poller_set(&reactor->poller, &descriptor->watch, events);
  if (reactor->descriptors.running == removed.serial)
    reactor->descriptors.running = 0;
  else if (removed.destroy)
    removed.destroy(removed.context);
}

static lariat_status check_and_remove(lariat_reactor *reactor, int fd,
                                      side_name name, const char *function) {
  if (!reactor) return LARIAT_ENOTFOUND;
  lariat_status status = lr_reactor_check(reactor, function);
  if (status != LARIAT_OK) return status;
  const lr_descriptor_table *table = &reactor->descriptors;
  if (fd < 0 || (uint32_t)fd >= table->capacity) return LARIAT_ENOTFOUND;
  lr_descriptor *descriptor = table->by_fd[fd];
  if (!descriptor || !descriptor->sides[name].ready) return LARIAT_ENOTFOUND;
  remove_side(descriptor, name);
  return LARIAT_OK;
}

lariat_status lariat_reactor_remove_reader(lariat_reactor *reactor, int fd) {
  return check_and_remove(reactor, fd, READER, __func__);
}

lariat_status lariat_reactor_remove_writer(lariat_reactor *reactor, int fd) {
  return check_and_remove(reactor, fd, WRITER, __func__);
}

/* ---- Close ---- */

static void remove_both(lariat_reactor *reactor, int fd) {
  for (int name = READER; name < SIDES; name++) {
    lr_descriptor *descriptor = reactor->descriptors.by_fd[fd];
    if (descriptor && descriptor->sides[name].ready)
      remove_side(descriptor, (side_name)name);
  }
}

/* Runs destructors, which may remove others; none can be added, since the
 * reactor is closing. */
void lr_descriptors_clear(lariat_reactor *reactor) {
  lr_descriptor_table *table = &reactor->descriptors;
  for (uint32_t fd = 0; fd < table->capacity; fd++)
    remove_both(reactor, (int)fd);
  lr_free(table->by_fd);
  table->by_fd = NULL;
  table->capacity = 0;
}
