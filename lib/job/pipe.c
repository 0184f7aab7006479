/* SPDX-License-Identifier: MIT
 * pipe.c: bytes between two threads.  docs/internals/pipe.md explains it. */
#include "job/pipe.h"

#include <string.h>

#include "base/atomics.h"
#include "base/list.h"
#include "base/memory.h"
#include "job/chunk_nodes.h"
#include "reactor/mailbox.h"
#include "reactor/reactor.h"

typedef struct end {
  lariat_reactor *reactor;
  lariat_mailbox *mailbox; /* a reference; written when the end is opened */
  bool connected;          /* knows the other end's mailbox */
  bool closed;
} end;

/* Only the source's thread touches this. */
typedef struct source_end {
  end end;
  const lr_source_ops *ops;
  void *context;
  lr_chunk_nodes unsent; /* there may be space in the last */
  lr_chunk_nodes spare;
  size_t outstanding; /* nodes that are unsent, away or with the sink */
  bool was_full;      /* the source has seen it, and is told of capacity */
  bool flushing;      /* the flush mail is away */
  bool ended;
  bool stopped; /* the sink takes no more */
  lariat_status status;
  lr_mail flush;
  lr_mail end_mail;
} source_end;

/* Only the sink's thread touches this. */
typedef struct sink_end {
  end end;
  const lr_sink_ops *ops;
  void *context;
  lr_chunk_nodes queue;
  lr_chunk_nodes consumed;
  size_t taken;   /* bytes of the first chunk that were read */
  bool was_empty; /* the sink has seen it, and is told of what arrives */
  bool end_arrived;
  lariat_status status;
  lr_mail stop_mail;
} sink_end;

/* The two ends lie on cache lines of their own. */
struct lr_pipe {
  lr_atomic_u32 count; /* the ends, and each mail that is away */
  size_t limit;        /* the window, in chunks */
  bool prompt;         /* see lr_pipe_be_prompt */
  _Alignas(LR_CACHE_LINE) source_end source;
  _Alignas(LR_CACHE_LINE) sink_end sink;
  lr_mail hello; /* from the end that is opened second */
};

/* ---- Memory ---- */

void lr_chunk_free(lr_chunk *chunk) { lr_free(chunk); }

lr_pipe *lr_pipe_new(size_t window) {
  lr_pipe *pipe = lr_alloc_lines(sizeof *pipe);
  if (!pipe) return NULL;
  lr_u32_init(&pipe->count, 2);
  pipe->limit = window / LR_CHUNK_CAPACITY;
  if (pipe->limit == 0) pipe->limit = 1;
  pipe->sink.was_empty = true;
  return pipe;
}

void lr_pipe_be_prompt(lr_pipe *pipe) { pipe->prompt = true; }

static void retain_pipe(lr_pipe *pipe) { lr_count_retain(&pipe->count); }

void lr_pipe_drop(lr_pipe *pipe) {
  if (!lr_count_release(&pipe->count)) return;
  lr_chunk_nodes_free(&pipe->source.unsent);
  lr_chunk_nodes_free(&pipe->source.spare);
  lr_chunk_nodes_free(&pipe->sink.queue);
  lr_chunk_nodes_free(&pipe->sink.consumed);
  lariat_mailbox_release(pipe->source.end.mailbox);
  lariat_mailbox_release(pipe->sink.end.mailbox);
  lr_free_lines(pipe);
}

/* ---- Mail; each that is away has a reference to the pipe ---- */

/* Sends `mail` to the other end.  False: its reactor has ended, and the mail
 * stays here. */
static bool send_mail(lr_pipe *pipe, const end *from, const end *to,
                      lr_mail *mail) {
  retain_pipe(pipe);
  if (to->mailbox == from->mailbox) {
    lr_reactor_post_local(from->reactor, mail);
    return true;
  }
  mail->next = NULL;
  if (lr_mailbox_push(to->mailbox, mail)) return true;
  lr_pipe_drop(pipe); /* never the last: the sender has one */
  return false;
}

static void post_nodes(const end *from, lr_chunk_nodes *list) {
  lr_chunk_node *item;
  while ((item = lr_chunk_nodes_take(list)))
    lr_reactor_post_local(from->reactor, &item->mail);
}

/* Sends a list of nodes as send_mail does; the list is empty afterwards, or
 * left as it was. */
static bool send_nodes(lr_pipe *pipe, const end *from, const end *to,
                       lr_chunk_nodes *list) {
  lr_chunk_nodes sent = *list;
  for (size_t i = 0; i < sent.count; i++) retain_pipe(pipe);
  *list = (lr_chunk_nodes){NULL, NULL, 0};
  if (to->mailbox == from->mailbox) {
    post_nodes(from, &sent);
    return true;
  }
  if (lr_mailbox_push_chain(to->mailbox, &sent.first->mail, &sent.last->mail))
    return true;
  *list = sent;
  for (size_t i = 0; i < sent.count; i++) lr_pipe_drop(pipe);
  return false;
}

/* ---- Source to sink ---- */

static void notify_sink(lr_pipe *pipe) {
  if (!pipe->sink.was_empty || pipe->sink.end.closed || !pipe->sink.ops) return;
  pipe->sink.was_empty = false;
  if (pipe->sink.ops->arrived) pipe->sink.ops->arrived(pipe->sink.context);
}

static void receive_chunk(lr_mail *mail) {
  lr_chunk_node *item = lr_chunk_node_of(mail);
  lr_pipe *pipe = item->pipe;
  if (pipe->sink.end.closed)
    lr_chunk_node_free(item);
  else
    lr_chunk_nodes_append(&pipe->sink.queue, item);
  notify_sink(pipe);
  lr_pipe_drop(pipe);
}

/* Frees a chunk whose mailbox closed before it was looked at. */
static void discard_chunk(lr_mail *mail) {
  lr_chunk_node *item = lr_chunk_node_of(mail);
  lr_pipe *pipe = item->pipe;
  lr_chunk_node_free(item);
  lr_pipe_drop(pipe);
}

static void receive_end(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, source.end_mail);
  pipe->sink.end_arrived = true;
  pipe->sink.status = pipe->source.status; /* written before it was sent */
  notify_sink(pipe);
  lr_pipe_drop(pipe);
}

static void discard_end(lr_mail *mail) {
  lr_pipe_drop(lr_container(mail, lr_pipe, source.end_mail));
}

static const lr_mail_ops data_ops = {receive_chunk, discard_chunk};
static const lr_mail_ops end_ops = {receive_end, discard_end};

/* Drops what is put in, now and from now on: the sink takes no more. */
static void stop_source(lr_pipe *pipe) {
  pipe->source.stopped = true;
  lr_chunk_nodes_free(&pipe->source.unsent);
  lr_chunk_nodes_free(&pipe->source.spare);
  pipe->source.outstanding = 0;
}

static void send_unsent(lr_pipe *pipe) {
  if (!pipe->source.end.connected || pipe->source.stopped) return;
  if (pipe->source.unsent.count &&
      !send_nodes(pipe, &pipe->source.end, &pipe->sink.end,
                  &pipe->source.unsent))
    stop_source(pipe);
}

static void send_end(lr_pipe *pipe) {
  if (!pipe->source.end.connected) return;
  send_unsent(pipe);
  pipe->source.end_mail.ops = &end_ops;
  (void)send_mail(pipe, &pipe->source.end, &pipe->sink.end,
                  &pipe->source.end_mail);
}

static void receive_flush(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, source.flush);
  pipe->source.flushing = false;
  send_unsent(pipe);
  lr_pipe_drop(pipe);
}

static void discard_flush(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, source.flush);
  pipe->source.flushing = false;
  lr_pipe_drop(pipe);
}

static const lr_mail_ops flush_ops = {receive_flush, discard_flush};

/* Posts the flush mail, so that what is put in during a turn leaves together.
 */
static void post_flush(lr_pipe *pipe) {
  if (pipe->source.flushing || !pipe->source.end.connected) return;
  pipe->source.flushing = true;
  pipe->source.flush.ops = &flush_ops;
  retain_pipe(pipe);
  lr_reactor_post_local(pipe->source.end.reactor, &pipe->source.flush);
}

/* ---- Sink to source ---- */

static void receive_credit(lr_mail *mail) {
  lr_chunk_node *item = lr_chunk_node_of(mail);
  lr_pipe *pipe = item->pipe;
  if (pipe->source.stopped || pipe->source.end.closed ||
      pipe->source.spare.count > pipe->limit) {
    lr_chunk_node_free(item);
  } else {
    lr_chunk_nodes_prepend(&pipe->source.spare, item);
  }
  if (!pipe->source.stopped) pipe->source.outstanding--;
  if (pipe->source.was_full && pipe->source.outstanding <= pipe->limit / 2 &&
      !pipe->source.end.closed) {
    pipe->source.was_full = false;
    if (pipe->source.ops->capacity)
      pipe->source.ops->capacity(pipe->source.context);
  }
  lr_pipe_drop(pipe);
}

static const lr_mail_ops credit_ops = {receive_credit, discard_chunk};

static void receive_stop(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, sink.stop_mail);
  stop_source(pipe);
  if (!pipe->source.end.closed && pipe->source.ops->stopped)
    pipe->source.ops->stopped(pipe->source.context);
  lr_pipe_drop(pipe);
}

static void discard_stop(lr_mail *mail) {
  lr_pipe_drop(lr_container(mail, lr_pipe, sink.stop_mail));
}

static const lr_mail_ops stop_ops = {receive_stop, discard_stop};

static void send_stop(lr_pipe *pipe) {
  if (!pipe->sink.end.connected || pipe->sink.end_arrived) return;
  pipe->sink.stop_mail.ops = &stop_ops;
  (void)send_mail(pipe, &pipe->sink.end, &pipe->source.end,
                  &pipe->sink.stop_mail);
}

/* Sends the credits back when there are `enough`.  They are freed when the
 * source's reactor has ended, for then nobody waits for them. */
static void send_credits(lr_pipe *pipe, size_t enough) {
  if (pipe->sink.consumed.count < (enough ? enough : 1)) return;
  if (!pipe->sink.end.connected ||
      !send_nodes(pipe, &pipe->sink.end, &pipe->source.end,
                  &pipe->sink.consumed))
    lr_chunk_nodes_free(&pipe->sink.consumed);
}

/* ---- Connecting; what was done before waits for this ---- */

static void connect_source(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, hello);
  pipe->source.end.connected = true;
  send_unsent(pipe);
  if (pipe->source.ended) send_end(pipe);
  lr_pipe_drop(pipe);
}

static void connect_sink(lr_mail *mail) {
  lr_pipe *pipe = lr_container(mail, lr_pipe, hello);
  pipe->sink.end.connected = true;
  if (pipe->sink.end.closed) send_stop(pipe);
  lr_pipe_drop(pipe);
}

static void discard_hello(lr_mail *mail) {
  lr_pipe_drop(lr_container(mail, lr_pipe, hello));
}

static const lr_mail_ops hello_source_ops = {connect_source, discard_hello};
static const lr_mail_ops hello_sink_ops = {connect_sink, discard_hello};

static void open_end(lr_pipe *pipe, end *own, const end *other,
                     lariat_reactor *reactor, const lr_mail_ops *hello) {
  own->reactor = reactor;
  own->mailbox = lariat_reactor_mailbox(reactor);
  own->connected = other->mailbox != NULL;
  if (!own->connected) return;
  pipe->hello.ops = hello;
  (void)send_mail(pipe, own, other, &pipe->hello);
}

void lr_pipe_open_source(lr_pipe *pipe, lariat_reactor *reactor,
                         const lr_source_ops *ops, void *context) {
  pipe->source.ops = ops;
  pipe->source.context = context;
  open_end(pipe, &pipe->source.end, &pipe->sink.end, reactor, &hello_sink_ops);
}

void lr_pipe_open_sink(lr_pipe *pipe, lariat_reactor *reactor,
                       const lr_sink_ops *ops, void *context) {
  pipe->sink.ops = ops;
  pipe->sink.context = context;
  open_end(pipe, &pipe->sink.end, &pipe->source.end, reactor,
           &hello_source_ops);
}

/* ---- Calls of the source ---- */

bool lr_pipe_full(lr_pipe *pipe) {
  if (pipe->source.outstanding < pipe->limit || pipe->source.stopped)
    return false;
  pipe->source.was_full = true;
  return true;
}

size_t lr_pipe_held(const lr_pipe *pipe) {
  return pipe->source.outstanding * LR_CHUNK_CAPACITY;
}

/* Returns a node with an empty chunk, or NULL when out of memory. */
static lr_chunk_node *take_blank_node(lr_pipe *pipe) {
  lr_chunk_node *item = lr_chunk_nodes_take(&pipe->source.spare);
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

static size_t capacity_of(const lr_chunk_node *item) {
  return item ? LR_CHUNK_CAPACITY - item->chunk->length : 0;
}

/* Gets into `fresh` what `length` bytes need of nodes before the first of them
 * is copied: so a put is done as a whole or not at all. */
static bool reserve_nodes(lr_pipe *pipe, size_t length, lr_chunk_nodes *fresh) {
  size_t capacity = capacity_of(pipe->source.unsent.last);
  while (capacity < length) {
    lr_chunk_node *item = take_blank_node(pipe);
    if (!item) {
      lr_chunk_nodes_free(fresh);
      return false;
    }
    lr_chunk_nodes_append(fresh, item);
    capacity += LR_CHUNK_CAPACITY;
  }
  return true;
}

lariat_status lr_pipe_put(lr_pipe *pipe, const void *bytes, size_t length) {
  const char *at = bytes;
  lr_chunk_nodes fresh = {NULL, NULL, 0};
  if (length == 0 || pipe->source.stopped || pipe->source.ended)
    return LARIAT_OK;
  if (!reserve_nodes(pipe, length, &fresh)) return LARIAT_ENOMEM;
  pipe->source.outstanding += fresh.count;
  while (length) {
    size_t piece = capacity_of(pipe->source.unsent.last);
    if (piece == 0) {
      lr_chunk_nodes_append(&pipe->source.unsent, lr_chunk_nodes_take(&fresh));
      continue;
    }
    lr_chunk *chunk = pipe->source.unsent.last->chunk;
    if (piece > length) piece = length;
    memcpy(chunk->bytes + chunk->length, at, piece);
    chunk->length += piece;
    at += piece;
    length -= piece;
  }
  post_flush(pipe);
  return LARIAT_OK;
}

void lr_pipe_end(lr_pipe *pipe, lariat_status status) {
  if (pipe->source.ended) return;
  pipe->source.ended = true;
  pipe->source.status = status;
  send_end(pipe);
}

void lr_pipe_close_source(lr_pipe *pipe) {
  lr_pipe_end(pipe, LARIAT_ECANCELLED);
  pipe->source.end.closed = true;
  lr_chunk_nodes_free(&pipe->source.spare);
  lr_pipe_drop(pipe);
}

/* ---- Calls of the sink ---- */

static void consume_node(lr_pipe *pipe) {
  lr_chunk_node *item = lr_chunk_nodes_take(&pipe->sink.queue);
  item->mail.ops = &credit_ops;
  lr_chunk_nodes_append(&pipe->sink.consumed, item);
  send_credits(pipe, pipe->limit / 2);
}

static void note_empty(lr_pipe *pipe) {
  pipe->sink.was_empty = true;
  if (pipe->prompt) send_credits(pipe, 1);
}

lr_chunk *lr_pipe_next(lr_pipe *pipe) {
  lr_chunk_node *item = pipe->sink.queue.first;
  if (!item) {
    note_empty(pipe);
    return NULL;
  }
  lr_chunk *chunk = item->chunk;
  item->chunk = NULL;
  consume_node(pipe);
  return chunk;
}

size_t lr_pipe_read(lr_pipe *pipe, void *into, size_t capacity) {
  size_t done = 0;
  while (done < capacity && pipe->sink.queue.first) {
    const lr_chunk *chunk = pipe->sink.queue.first->chunk;
    size_t piece = chunk->length - pipe->sink.taken;
    if (piece > capacity - done) piece = capacity - done;
    memcpy((char *)into + done, chunk->bytes + pipe->sink.taken, piece);
    done += piece;
    pipe->sink.taken += piece;
    if (pipe->sink.taken < chunk->length) break;
    pipe->sink.taken = 0;
    consume_node(pipe);
  }
  if (done == 0 && capacity) note_empty(pipe);
  return done;
}

size_t lr_pipe_waiting(const lr_pipe *pipe) {
  return pipe->sink.queue.count * LR_CHUNK_CAPACITY;
}

bool lr_pipe_over(const lr_pipe *pipe, lariat_status *status) {
  if (pipe->sink.queue.first || !pipe->sink.end_arrived) return false;
  *status = pipe->sink.status;
  return true;
}

void lr_pipe_close_sink(lr_pipe *pipe) {
  pipe->sink.end.closed = true;
  lr_chunk_nodes_free(&pipe->sink.queue);
  lr_chunk_nodes_free(&pipe->sink.consumed);
  send_stop(pipe);
  lr_pipe_drop(pipe);
}
