/* SPDX-License-Identifier: MIT
 * Bytes between two threads.  docs/internals/pipe.md explains it. */
#include "job/pipe.h"

#include <string.h>

#include "base/atomics.h"
#include "base/list.h"
#include "base/memory.h"
#include "reactor/mailbox.h"
#include "reactor/reactor.h"

/* What a chunk travels in, and what comes back without it as a credit. */
typedef struct node {
  lr_mail mail;
  struct lr_pipe *pipe;
  lr_chunk *chunk; /* NULL: it was given away */
} node;

/* Linked by their mails, the oldest first. */
typedef struct nodes {
  node *first;
  node *last;
  size_t count;
} nodes;

typedef struct end {
  lariat_reactor *reactor;
  lariat_mailbox *mailbox; /* a reference; written when the end is opened */
  bool meets;              /* knows the other end's mailbox */
  bool closed;
} end;

/* What the two threads write lies on lines of its own. */
struct lr_pipe {
  lr_atomic_u32 count; /* the ends, and each mail that is away */
  size_t limit;        /* the window, in chunks */
  bool prompt;         /* see lr_pipe_be_prompt */

  /* The source's. */
  _Alignas(LR_CACHE_LINE) end source;
  const lr_source_ops *source_ops;
  void *source_context;
  nodes unsent; /* the last has room, perhaps */
  nodes spare;
  size_t outstanding; /* nodes that are unsent, away or with the sink */
  bool was_full;
  bool flushing; /* the flush mail is away */
  bool ended;
  bool stopped;
  lariat_status status;
  lr_mail flush;
  lr_mail end_mail;

  /* The sink's. */
  _Alignas(LR_CACHE_LINE) end sink;
  const lr_sink_ops *sink_ops;
  void *sink_context;
  nodes queue;
  nodes consumed;
  size_t taken; /* bytes of the first chunk that were read */
  bool hungry;
  bool end_arrived;
  lariat_status end_status;
  lr_mail stop_mail;

  lr_mail hello; /* from the end that is opened second */
};

/* Memory. */

static node *node_of(lr_mail *mail) { return lr_container(mail, node, mail); }

static node *take_first(nodes *list) {
  node *first = list->first;
  if (!first) return NULL;
  list->first = first->mail.next ? node_of(first->mail.next) : NULL;
  if (!list->first) list->last = NULL;
  list->count--;
  return first;
}

static void prepend(nodes *list, node *item) {
  item->mail.next = list->first ? &list->first->mail : NULL;
  list->first = item;
  if (!list->last) list->last = item;
  list->count++;
}

static void append(nodes *list, node *item) {
  item->mail.next = NULL;
  if (list->last)
    list->last->mail.next = &item->mail;
  else
    list->first = item;
  list->last = item;
  list->count++;
}

static void free_node(node *item) {
  lr_free(item->chunk);
  lr_free(item);
}

static void free_nodes(nodes *list) {
  node *item;
  while ((item = take_first(list))) free_node(item);
}

void lr_chunk_free(lr_chunk *chunk) { lr_free(chunk); }

lr_pipe *lr_pipe_new(size_t window) {
  lr_pipe *pipe = lr_alloc_lines(sizeof *pipe);
  if (!pipe) return NULL;
  lr_u32_init(&pipe->count, 2);
  pipe->limit = window / LR_CHUNK_CAPACITY;
  if (pipe->limit == 0) pipe->limit = 1;
  pipe->hungry = true;
  return pipe;
}

void lr_pipe_be_prompt(lr_pipe *pipe) { pipe->prompt = true; }

static void hold(lr_pipe *pipe) { lr_count_retain(&pipe->count); }

void lr_pipe_drop(lr_pipe *pipe) {
  if (!lr_count_release(&pipe->count)) return;
  free_nodes(&pipe->unsent);
  free_nodes(&pipe->spare);
  free_nodes(&pipe->queue);
  free_nodes(&pipe->consumed);
  lariat_mailbox_release(pipe->source.mailbox);
  lariat_mailbox_release(pipe->sink.mailbox);
  lr_free_lines(pipe);
}

/* Sending.  Each mail that is away has a reference to the pipe. */

/* False: the other reactor is gone; the mail stays here. */
static bool send_one(lr_pipe *pipe, const end *from, const end *to,
                     lr_mail *mail) {
  hold(pipe);
  if (to->mailbox == from->mailbox) {
    lr_reactor_post_local(from->reactor, mail);
    return true;
  }
  mail->next = NULL;
  if (lr_mailbox_push(to->mailbox, mail)) return true;
  lr_pipe_drop(pipe); /* never the last: the sender has one */
  return false;
}

static void post_all(const end *from, nodes *list) {
  node *item;
  while ((item = take_first(list)))
    lr_reactor_post_local(from->reactor, &item->mail);
}

/* The same for a list, which is empty afterwards, or left as it was. */
static bool send_all(lr_pipe *pipe, const end *from, const end *to,
                     nodes *list) {
  nodes sent = *list;
  for (size_t i = 0; i < sent.count; i++) hold(pipe);
  *list = (nodes){NULL, NULL, 0};
  if (to->mailbox == from->mailbox) {
    post_all(from, &sent);
    return true;
  }
  if (lr_mailbox_push_chain(to->mailbox, &sent.first->mail, &sent.last->mail))
    return true;
  *list = sent;
  for (size_t i = 0; i < sent.count; i++) lr_pipe_drop(pipe);
  return false;
}

/* The mailbox closed before the mail was looked at. */
static void discard(lr_pipe *pipe) { lr_pipe_drop(pipe); }

/* From the source to the sink. */

static void tell_sink(lr_pipe *pipe) {
  if (!pipe->hungry || pipe->sink.closed || !pipe->sink_ops) return;
  pipe->hungry = false;
  if (pipe->sink_ops->arrived) pipe->sink_ops->arrived(pipe->sink_context);
}

static void data_arrived(lr_mail *mail) {
  node *item = node_of(mail);
  lr_pipe *pipe = item->pipe;
  if (pipe->sink.closed)
    free_node(item);
  else
    append(&pipe->queue, item);
  tell_sink(pipe);
  lr_pipe_drop(pipe);
}

static void data_lost(lr_mail *mail) {
  node *item = node_of(mail);
  lr_pipe *pipe = item->pipe;
  free_node(item);
  discard(pipe);
}

static void end_arrived(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, end_mail);
  pipe->end_arrived = true;
  pipe->end_status = pipe->status; /* written before it was sent */
  tell_sink(pipe);
  lr_pipe_drop(pipe);
}

static void end_lost(lr_mail *mail) {
  discard(lr_container(mail, lr_pipe, end_mail));
}

static const lr_mail_ops data_ops = {data_arrived, data_lost};
static const lr_mail_ops end_ops = {end_arrived, end_lost};

/* Nobody will take what is put in. */
static void stop_source(lr_pipe *pipe) {
  pipe->stopped = true;
  free_nodes(&pipe->unsent);
  free_nodes(&pipe->spare);
  pipe->outstanding = 0;
}

static void send_unsent(lr_pipe *pipe) {
  if (!pipe->source.meets || pipe->stopped) return;
  if (pipe->unsent.count &&
      !send_all(pipe, &pipe->source, &pipe->sink, &pipe->unsent))
    stop_source(pipe);
}

static void send_end(lr_pipe *pipe) {
  if (!pipe->source.meets) return;
  send_unsent(pipe);
  pipe->end_mail.ops = &end_ops;
  (void)send_one(pipe, &pipe->source, &pipe->sink, &pipe->end_mail);
}

static void flush_now(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, flush);
  pipe->flushing = false;
  send_unsent(pipe);
  lr_pipe_drop(pipe);
}

static void flush_lost(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, flush);
  pipe->flushing = false;
  discard(pipe);
}

static const lr_mail_ops flush_ops = {flush_now, flush_lost};

/* What was put in during a turn leaves together. */
static void flush_soon(lr_pipe *pipe) {
  if (pipe->flushing || !pipe->source.meets) return;
  pipe->flushing = true;
  pipe->flush.ops = &flush_ops;
  hold(pipe);
  lr_reactor_post_local(pipe->source.reactor, &pipe->flush);
}

/* From the sink to the source. */

static void credit_arrived(lr_mail *mail) {
  node *item = node_of(mail);
  lr_pipe *pipe = item->pipe;
  if (pipe->stopped || pipe->source.closed || pipe->spare.count > pipe->limit) {
    free_node(item);
  } else {
    prepend(&pipe->spare, item);
  }
  if (!pipe->stopped) pipe->outstanding--;
  if (pipe->was_full && pipe->outstanding <= pipe->limit / 2 &&
      !pipe->source.closed) {
    pipe->was_full = false;
    if (pipe->source_ops->capacity)
      pipe->source_ops->capacity(pipe->source_context);
  }
  lr_pipe_drop(pipe);
}

static const lr_mail_ops credit_ops = {credit_arrived, data_lost};

static void stop_arrived(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, stop_mail);
  stop_source(pipe);
  if (!pipe->source.closed && pipe->source_ops->stopped)
    pipe->source_ops->stopped(pipe->source_context);
  lr_pipe_drop(pipe);
}

static void stop_lost(lr_mail *mail) {
  discard(lr_container(mail, lr_pipe, stop_mail));
}

static const lr_mail_ops stop_ops = {stop_arrived, stop_lost};

static void send_stop(lr_pipe *pipe) {
  if (!pipe->sink.meets || pipe->end_arrived) return;
  pipe->stop_mail.ops = &stop_ops;
  (void)send_one(pipe, &pipe->sink, &pipe->source, &pipe->stop_mail);
}

/* When the source's reactor is gone nobody waits for credits. */
static void send_credits(lr_pipe *pipe, size_t enough) {
  if (pipe->consumed.count < (enough ? enough : 1)) return;
  if (!pipe->sink.meets ||
      !send_all(pipe, &pipe->sink, &pipe->source, &pipe->consumed))
    free_nodes(&pipe->consumed);
}

/* The ends meet.  What was done before waits for this. */

static void source_meets(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, hello);
  pipe->source.meets = true;
  send_unsent(pipe);
  if (pipe->ended) send_end(pipe);
  lr_pipe_drop(pipe);
}

static void sink_meets(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, hello);
  pipe->sink.meets = true;
  if (pipe->sink.closed) send_stop(pipe);
  lr_pipe_drop(pipe);
}

static void hello_lost(lr_mail *mail) {
  discard(lr_container(mail, lr_pipe, hello));
}

static const lr_mail_ops hello_source_ops = {source_meets, hello_lost};
static const lr_mail_ops hello_sink_ops = {sink_meets, hello_lost};

static void open_end(lr_pipe *pipe, end *mine, const end *other,
                     lariat_reactor *reactor, const lr_mail_ops *hello) {
  mine->reactor = reactor;
  mine->mailbox = lariat_reactor_mailbox(reactor);
  mine->meets = other->mailbox != NULL;
  if (!mine->meets) return;
  pipe->hello.ops = hello;
  (void)send_one(pipe, mine, other, &pipe->hello);
}

void lr_pipe_open_source(lr_pipe *pipe, lariat_reactor *reactor,
                         const lr_source_ops *ops, void *context) {
  pipe->source_ops = ops;
  pipe->source_context = context;
  open_end(pipe, &pipe->source, &pipe->sink, reactor, &hello_sink_ops);
}

void lr_pipe_open_sink(lr_pipe *pipe, lariat_reactor *reactor,
                       const lr_sink_ops *ops, void *context) {
  pipe->sink_ops = ops;
  pipe->sink_context = context;
  open_end(pipe, &pipe->sink, &pipe->source, reactor, &hello_source_ops);
}

/* The source's calls. */

bool lr_pipe_full(lr_pipe *pipe) {
  if (pipe->outstanding < pipe->limit || pipe->stopped) return false;
  pipe->was_full = true;
  return true;
}

size_t lr_pipe_held(const lr_pipe *pipe) {
  return pipe->outstanding * LR_CHUNK_CAPACITY;
}

/* A node with room for a chunk. */
static node *blank_node(lr_pipe *pipe) {
  node *item = take_first(&pipe->spare);
  if (!item) item = lr_alloc_zero(sizeof *item);
  if (!item) return NULL;
  if (!item->chunk)
    item->chunk = lr_alloc(sizeof *item->chunk + LR_CHUNK_CAPACITY);
  if (!item->chunk) {
    lr_free(item);
    return NULL;
  }
  item->pipe = pipe;
  item->mail.ops = &data_ops;
  item->chunk->length = 0;
  return item;
}

static size_t room_in(const node *item) {
  return item ? LR_CHUNK_CAPACITY - item->chunk->length : 0;
}

/* All the memory that is needed is there before the first byte is copied. */
static bool grow(lr_pipe *pipe, size_t length, nodes *fresh) {
  size_t capacity = room_in(pipe->unsent.last);
  while (capacity < length) {
    node *item = blank_node(pipe);
    if (!item) {
      free_nodes(fresh);
      return false;
    }
    append(fresh, item);
    capacity += LR_CHUNK_CAPACITY;
  }
  return true;
}

lariat_status lr_pipe_put(lr_pipe *pipe, const void *bytes, size_t length) {
  const char *at = bytes;
  nodes fresh = {NULL, NULL, 0};
  if (length == 0 || pipe->stopped || pipe->ended) return LARIAT_OK;
  if (!grow(pipe, length, &fresh)) return LARIAT_ENOMEM;
  pipe->outstanding += fresh.count;
  while (length) {
    size_t piece = room_in(pipe->unsent.last);
    if (piece == 0) {
      append(&pipe->unsent, take_first(&fresh));
      continue;
    }
    lr_chunk *chunk = pipe->unsent.last->chunk;
    if (piece > length) piece = length;
    memcpy(chunk->bytes + chunk->length, at, piece);
    chunk->length += piece;
    at += piece;
    length -= piece;
  }
  flush_soon(pipe);
  return LARIAT_OK;
}

void lr_pipe_end(lr_pipe *pipe, lariat_status status) {
  if (pipe->ended) return;
  pipe->ended = true;
  pipe->status = status;
  send_end(pipe);
}

void lr_pipe_close_source(lr_pipe *pipe) {
  lr_pipe_end(pipe, LARIAT_ECANCELLED);
  pipe->source.closed = true;
  free_nodes(&pipe->spare);
  lr_pipe_drop(pipe);
}

/* The sink's calls. */

static void consume(lr_pipe *pipe) {
  node *item = take_first(&pipe->queue);
  item->mail.ops = &credit_ops;
  append(&pipe->consumed, item);
  send_credits(pipe, pipe->limit / 2);
}

static void found_empty(lr_pipe *pipe) {
  pipe->hungry = true;
  if (pipe->prompt) send_credits(pipe, 1);
}

lr_chunk *lr_pipe_next(lr_pipe *pipe) {
  node *item = pipe->queue.first;
  if (!item) {
    found_empty(pipe);
    return NULL;
  }
  lr_chunk *chunk = item->chunk;
  item->chunk = NULL;
  consume(pipe);
  return chunk;
}

size_t lr_pipe_read(lr_pipe *pipe, void *into, size_t capacity) {
  size_t done = 0;
  while (done < capacity && pipe->queue.first) {
    const lr_chunk *chunk = pipe->queue.first->chunk;
    size_t piece = chunk->length - pipe->taken;
    if (piece > capacity - done) piece = capacity - done;
    memcpy((char *)into + done, chunk->bytes + pipe->taken, piece);
    done += piece;
    pipe->taken += piece;
    if (pipe->taken < chunk->length) break;
    pipe->taken = 0;
    consume(pipe);
  }
  if (done == 0 && capacity) found_empty(pipe);
  return done;
}

size_t lr_pipe_waiting(const lr_pipe *pipe) {
  return pipe->queue.count * LR_CHUNK_CAPACITY;
}

bool lr_pipe_over(const lr_pipe *pipe, lariat_status *status) {
  if (pipe->queue.first || !pipe->end_arrived) return false;
  *status = pipe->end_status;
  return true;
}

void lr_pipe_close_sink(lr_pipe *pipe) {
  pipe->sink.closed = true;
  free_nodes(&pipe->queue);
  free_nodes(&pipe->consumed);
  send_stop(pipe);
  lr_pipe_drop(pipe);
}
