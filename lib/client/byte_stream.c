/* SPDX-License-Identifier: MIT
 * byte_stream.c: a leased connection, watched by the client's own reactor. */
#include "client/byte_stream.h"

#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/attributes.h"
#include "base/checks.h"
#include "base/memory.h"
#include "base/quarantine.h"
#include "base/time.h"
#include "client/client.h"
#include "client/outcome.h"
#include "client/request.h"
#include "client/submit.h"
#include "deferred/deferred.h"
#include "http/response.h"
#include "job/lease.h"
#include "limits/priority_queue.h"
#include "net/stamped_stream.h"
#include "pool/pool.h"
#include "reactor/reactor.h"
#include <lariat/byte_stream.h>

/* How much is received at once for a callback, and how often in a turn: one
 * stream does not keep the others waiting. */
enum { PIECE = 16 * 1024, READS_AT_ONCE = 4, WRITES_AT_ONCE = 64 };

static const uint32_t read_events = EPOLLIN | EPOLLRDHUP;

/* The direction from the peer. */
typedef struct receiving {
  lariat_deferred *waiting; /* for `buffer`; NULL: nobody */
  char *buffer;
  size_t capacity;
  lariat_on_bytes on_bytes; /* NULL: none */
  void *context;
  bool ready;           /* there may be bytes: it is tried without waiting */
  bool over;            /* `status` is how it ended */
  lariat_status status; /* LARIAT_OK: the end */
} receiving;

/* The direction to the peer. */
typedef struct sending {
  lariat_deferred *waiting; /* for the rest of the bytes, or for the end */
  const char *bytes;
  size_t length;        /* 0: the end waits */
  bool unsent;          /* some of what was tried has not gone */
  bool ended;           /* no more may be sent */
  lariat_status status; /* of what is asked for then */
} sending;

struct lariat_byte_stream {
  lr_atomic_u32 count; /* of the memory: the users together, mail, calls */
  lr_atomic_u32 users;
  pthread_t owner;
  lariat_mailbox *mailbox; /* a reference */
  lariat_reactor *reactor;
  lr_list node;    /* in its client's streams */
  lr_lease *lease; /* NULL: it is closed */
  lr_watch watch;
  receiving in;
  sending out;
  lr_timer idle_timer;
  uint64_t idle_ns; /* 0: no limit */
  uint64_t active_ns;
  lariat_timestamps timestamps;
  lariat_arrival arrival; /* of what was received last */
  uint64_t arrived_ns;
  bool resuming; /* `resume` is away */
  bool tls;
  lr_mail resume;  /* bytes wait of which the descriptor does not tell */
  lr_mail closing; /* the last user was on another thread */
  uint64_t connection;
  unsigned remote_port;
  char remote_ip[48];
  char alpn[LR_ALPN_NAME_MOST + 1];
  lariat_timings timings;
};

/* ---- Life ---- */

static void hold_stream(lariat_byte_stream *stream) {
  lr_count_retain(&stream->count);
}

static void unhold_stream(lariat_byte_stream *stream) {
  if (!lr_count_release(&stream->count)) return;
  lariat_mailbox_release(stream->mailbox);
  lr_quarantine_free(stream);
}

static void release_hold(void *context) { unhold_stream(context); }

static void drop_value(void *data) { lariat_byte_stream_release(data); }

static void *share_value(void *data) { return lariat_byte_stream_retain(data); }

const lariat_type lariat_byte_stream_type = {sizeof(lariat_type), "byte stream",
                                             drop_value, share_value, NULL};

lariat_byte_stream *lariat_byte_stream_in(lariat_value value) {
  return lariat_value_in(value, &lariat_byte_stream_type);
}

lariat_byte_stream *lariat_byte_stream_retain(lariat_byte_stream *stream) {
  if (stream) lr_count_retain(&stream->users);
  return stream;
}

static void receive_close(lr_mail *mail) {
  lariat_byte_stream *stream = lr_container(mail, lariat_byte_stream, closing);
  lariat_byte_stream_close(stream);
  unhold_stream(stream);
}

static const lr_mail_ops closing_ops = {receive_close, receive_close};

/* Closes the stream with the last user.  On another thread, when the owner's
 * reactor has ended, the client has closed it. */
void lariat_byte_stream_release(lariat_byte_stream *stream) {
  if (!stream || !lr_count_release_of(&stream->users, __func__, "byte stream"))
    return;
  if (pthread_equal(stream->owner, pthread_self())) {
    lariat_byte_stream_close(stream);
    unhold_stream(stream);
    return;
  }
  stream->closing.ops = &closing_ops;
  if (!lr_mailbox_push(stream->mailbox, &stream->closing))
    unhold_stream(stream);
}

/* ---- Watching ---- */

static bool is_receiving(const lariat_byte_stream *stream) {
  return stream->in.waiting || stream->in.on_bytes;
}

static bool set_events(lariat_byte_stream *stream, uint32_t events) {
  return lr_poller_set(lr_reactor_poller(stream->reactor), &stream->watch,
                       events) == LARIAT_OK;
}

/* Watches for what is waited for.  Bytes are watched for until some come that
 * nobody waits for: who receives now and then costs no system call more. */
static bool watch_stream(lariat_byte_stream *stream) {
  bool reads = is_receiving(stream) || stream->watch.events & EPOLLIN;
  uint32_t events = 0;
  if (!stream->lease) return true;
  const lr_stream *connection = &stream->lease->stream;
  if (reads && !stream->in.over) events |= read_events;
  if (stream->out.waiting)
    events |= connection->needs_receive ? read_events : EPOLLOUT;
  if (is_receiving(stream) && connection->needs_send) events |= EPOLLOUT;
  return set_events(stream, events);
}

static void note_activity(lariat_byte_stream *stream) {
  if (stream->idle_ns) stream->active_ns = lr_reactor_turn_ns(stream->reactor);
}

/* ---- Firing ---- */

/* Each of these may run code of the user's: the caller holds the stream. */

static void fire(lariat_deferred **waiting, lariat_value value) {
  lariat_deferred *deferred = *waiting;
  *waiting = NULL;
  if (!deferred) {
    (void)lariat_value_drop(value);
    return;
  }
  (void)lr_deferred_fire(deferred, value);
  lariat_deferred_release(deferred);
}

static lariat_value make_failure(lariat_status status) {
  const char *text = status == LARIAT_ETRUNCATED
                         ? "the connection ended without a close_notify: bytes "
                           "may be missing"
                         : lariat_status_text(status);
  return lariat_failure_new(status, "%s", text);
}

static lariat_value end_value(const lariat_byte_stream *stream) {
  return stream->in.status == LARIAT_OK ? lariat_int(0)
                                        : make_failure(stream->in.status);
}

static void tell_end(lariat_byte_stream *stream) {
  lariat_on_bytes on_bytes = stream->in.on_bytes;
  stream->in.on_bytes = NULL;
  if (on_bytes)
    on_bytes(stream, "", 0, stream->in.status, stream->in.context);
  else if (stream->in.waiting)
    fire(&stream->in.waiting, end_value(stream));
}

static void end_receiving(lariat_byte_stream *stream, lariat_status status) {
  if (stream->in.over) return;
  stream->in.over = true;
  stream->in.status = status;
  tell_end(stream);
}

/* Ends the sending, of which `status` is the failure from now on. */
static void stop_sending(lariat_byte_stream *stream, lariat_status status) {
  if (!stream->out.ended || stream->out.status == LARIAT_EALREADY) {
    stream->out.ended = true;
    stream->out.status = status;
  }
  if (stream->out.waiting) fire(&stream->out.waiting, make_failure(status));
}

static void fail_stream(lariat_byte_stream *stream, lariat_status status) {
  stop_sending(stream, status);
  end_receiving(stream, status);
}

/* Returns why the connection is of no more use. */
static lariat_status loss_status(lariat_byte_stream *stream) {
  lr_lease *lease = stream->lease;
  if (!lr_lease_enter(lease)) return LARIAT_ECLOSED;
  bool lacks = lr_stream_lacks_certificate(&lease->stream);
  lr_lease_leave(lease);
  return lacks ? LARIAT_ETLS : LARIAT_ERESET;
}

/* ---- Receiving ---- */

static void receive_resume(lr_mail *mail);
static void discard_resume(lr_mail *mail);
static const lr_mail_ops resume_ops = {receive_resume, discard_resume};

/* Has what is there received in a later turn. */
static void resume_later(lariat_byte_stream *stream) {
  if (stream->resuming) return;
  stream->resuming = true;
  stream->resume.ops = &resume_ops;
  hold_stream(stream);
  lr_reactor_post_local(stream->reactor, &stream->resume);
}

static lariat_status status_of_result(lariat_byte_stream *stream, ssize_t got) {
  if (lr_lease_is_ended(stream->lease)) return LARIAT_ECLOSED;
  if (got == LR_STREAM_END) return LARIAT_OK;
  return got == LR_STREAM_CUT ? LARIAT_ETRUNCATED : loss_status(stream);
}

/* Notes when what was received now had arrived. */
static LR_COLD void note_arrival(lariat_byte_stream *stream) {
  uint64_t now_ns = lariat_reactor_now_ns(stream->reactor);
  uint64_t stamped_ns = lr_stamped_stream_arrival_ns(
      &stream->lease->stream, lr_reactor_clock(stream->reactor), 0);
  stream->arrival = stamped_ns ? LARIAT_ARRIVAL_KERNEL : LARIAT_ARRIVAL_READ;
  stream->arrived_ns = stamped_ns && stamped_ns < now_ns ? stamped_ns : now_ns;
}

lariat_arrival lariat_byte_stream_arrival(const lariat_byte_stream *stream,
                                          uint64_t *at_ns) {
  *at_ns = stream ? stream->arrived_ns : 0;
  return stream ? stream->arrival : LARIAT_ARRIVAL_NONE;
}

/* Has it tried again to send what TLS must receive for: it is about to
 * receive. */
static LR_COLD void send_again(lariat_byte_stream *stream) {
  stream->lease->stream.needs_receive = false;
  (void)watch_stream(stream);
}

/* Receives into `buffer`.  0: nothing now, or the end, which is noted but not
 * told. */
static size_t receive_bytes(lariat_byte_stream *stream, char *buffer,
                            size_t capacity) {
  if (stream->lease->stream.needs_receive) send_again(stream);
  ssize_t got = lr_lease_receive(stream->lease, buffer, capacity);
  if (got > 0) {
    stream->in.ready = (size_t)got == capacity || stream->lease->stream.pending;
    note_activity(stream);
    if (LR_RARE(stream->timestamps != 0)) note_arrival(stream);
    return (size_t)got;
  }
  stream->in.ready = false;
  if (got == LR_STREAM_AGAIN) return 0;
  stream->in.over = true;
  stream->in.status = status_of_result(stream, got);
  return 0;
}

static void receive_for_waiting(lariat_byte_stream *stream) {
  size_t got = receive_bytes(stream, stream->in.buffer, stream->in.capacity);
  if (got) fire(&stream->in.waiting, lariat_int((intptr_t)got));
}

static void receive_for_callback(lariat_byte_stream *stream) {
  char piece[PIECE];
  for (int i = 0; i < READS_AT_ONCE && stream->in.on_bytes; i++) {
    size_t got = receive_bytes(stream, piece, sizeof piece);
    if (got == 0) return;
    stream->in.on_bytes(stream, piece, got, LARIAT_OK, stream->in.context);
    if (!stream->lease || !stream->in.ready) return;
  }
  if (stream->in.on_bytes) resume_later(stream);
}

/* Receives for whoever waits; the caller holds the stream. */
static void receive_now(lariat_byte_stream *stream) {
  if (stream->in.over)
    ;
  else if (stream->in.waiting)
    receive_for_waiting(stream);
  else if (stream->in.on_bytes)
    receive_for_callback(stream);
  if (stream->lease && stream->in.over) tell_end(stream);
}

/* ---- Sending ---- */

/* Sends what goes now, and returns how much that was; a failure is noted, but
 * not told. */
static size_t send_bytes(lariat_byte_stream *stream, const char *bytes,
                         size_t length) {
  size_t sent = 0;
  stream->lease->stream.needs_receive = false;
  for (int i = 0; i < WRITES_AT_ONCE && sent < length; i++) {
    ssize_t now = lr_lease_send(stream->lease, bytes + sent, length - sent);
    if (now < 0) {
      stream->out.ended = true;
      stream->out.status = loss_status(stream);
    }
    if (now <= 0) break;
    sent += (size_t)now;
  }
  if (sent) note_activity(stream);
  if (length) stream->out.unsent = sent < length;
  return sent;
}

/* Tries to end the sending.  False: not now. */
static bool send_end(lariat_byte_stream *stream) {
  int result = lr_lease_end_sending(stream->lease);
  if (result < 0) stream->out.status = loss_status(stream);
  return result != 0;
}

/* Goes on with what waits. */
static void send_now(lariat_byte_stream *stream) {
  sending *out = &stream->out;
  if (out->length) {
    size_t sent = send_bytes(stream, out->bytes, out->length);
    out->bytes += sent;
    out->length -= sent;
    if (out->ended)
      fire(&out->waiting, make_failure(out->status));
    else if (out->length == 0)
      fire(&out->waiting, lariat_none());
  } else if (send_end(stream)) {
    bool failed = out->status != LARIAT_EALREADY;
    fire(&out->waiting, failed ? make_failure(out->status) : lariat_none());
  }
}

/* ---- Events ---- */

/* Receives what TLS has to receive before it sends, and sends. */
static void receive_and_send(lariat_byte_stream *stream) {
  receive_now(stream);
  if (stream->lease && stream->out.waiting) send_now(stream);
}

static void handle_events(lariat_byte_stream *stream, uint32_t events) {
  bool came = events & ~(uint32_t)EPOLLOUT || stream->lease->stream.needs_send;
  if (stream->lease->stream.needs_receive && is_receiving(stream)) {
    receive_and_send(stream);
    return;
  }
  if (stream->out.waiting) send_now(stream);
  if (!came || !stream->lease) return;
  if (is_receiving(stream)) {
    receive_now(stream);
    return;
  }
  stream->in.ready = true;
  (void)set_events(stream, 0);
}

static void handle_ready(lr_watch *watch, uint32_t events) {
  lariat_byte_stream *stream = lr_container(watch, lariat_byte_stream, watch);
  hold_stream(stream);
  handle_events(stream, events);
  if (!watch_stream(stream)) fail_stream(stream, LARIAT_ESYSTEM);
  unhold_stream(stream);
}

static void receive_resume(lr_mail *mail) {
  lariat_byte_stream *stream = lr_container(mail, lariat_byte_stream, resume);
  stream->resuming = false;
  if (stream->lease) receive_now(stream);
  if (!watch_stream(stream)) fail_stream(stream, LARIAT_ESYSTEM);
  unhold_stream(stream);
}

static void discard_resume(lr_mail *mail) {
  unhold_stream(lr_container(mail, lariat_byte_stream, resume));
}

/* ---- Idle streams ---- */

static bool set_idle_timer(lariat_byte_stream *stream) {
  uint64_t at_ns = lr_add_ns(stream->active_ns, stream->idle_ns);
  return lr_reactor_set_timer(stream->reactor, &stream->idle_timer, at_ns);
}

/* Looks whether the time is over: the timer is not moved for each byte. */
static void expire_idle(lr_timer *timer) {
  lariat_byte_stream *stream =
      lr_container(timer, lariat_byte_stream, idle_timer);
  uint64_t now_ns = lr_reactor_turn_ns(stream->reactor);
  bool over = now_ns >= lr_add_ns(stream->active_ns, stream->idle_ns);
  if (!over && set_idle_timer(stream)) return;
  hold_stream(stream);
  fail_stream(stream, over ? LARIAT_ETIMEDOUT : LARIAT_ENOMEM);
  (void)watch_stream(stream);
  unhold_stream(stream);
}

/* ---- Opening ---- */

lariat_byte_stream_options
lariat_byte_stream_defaults(const lariat_client *client) {
  return (lariat_byte_stream_options){
      .size = sizeof(lariat_byte_stream_options),
      .timeout_ms = client->options.timeout_ms,
      .connect_timeout_ms = client->options.connect_timeout_ms,
      .priority = client->options.priority};
}

static lariat_status check_open(const lariat_client *client) {
  lariat_status status =
      lr_reactor_check(client->reactor, "lariat_byte_stream_open");
  if (status != LARIAT_OK) return status;
  bool open =
      !client->closed && lr_pool_drain_until(client->pool) == UINT64_MAX;
  return open ? LARIAT_OK : LARIAT_ECLOSED;
}

/* Fills in a job that opens a stream.  Streams are of HTTP/1.1 as far as hosts
 * and their limits are concerned: that is never a question to the server. */
static lariat_status fill_opening(lr_job *job, const char *url,
                                  const lariat_byte_stream_options *options) {
  lariat_request_options request = lariat_request_defaults(job->client);
  request.timeout_ms = options->timeout_ms;
  request.connect_timeout_ms = options->connect_timeout_ms;
  request.idle_timeout_ms = 0;
  request.priority = options->priority;
  request.http = LARIAT_HTTP_1_1;
  request.sha256 = false;
  request.timestamps = options->timestamps;
  lariat_status status = lr_request_fill_opening(job, url, &request);
  if (status == LARIAT_OK) status = lr_lease_new(options->alpn, &job->lease);
  if (status == LARIAT_OK)
    job->lease->idle_ns = lr_ns_of_ms(options->idle_timeout_ms);
  return status;
}

static lariat_status read_options(const lariat_client *client,
                                  const lariat_byte_stream_options *given,
                                  lariat_byte_stream_options *options) {
  *options = lariat_byte_stream_defaults(client);
  if (!given) return LARIAT_OK;
  if (given->size < sizeof given->size) return LARIAT_EINVAL;
  memcpy(options, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  return LARIAT_OK;
}

static lariat_deferred *fail_call(lariat_reactor *reactor,
                                  lariat_status status) {
  return lariat_deferred_fail(reactor, status, "%s",
                              lariat_status_text(status));
}

static lariat_deferred *fail_without_size(lariat_reactor *reactor) {
  return lariat_deferred_fail(reactor, LARIAT_EINVAL,
                              "%s: size: it is not the size of the struct, as "
                              "lariat_byte_stream_defaults sets it",
                              lariat_status_text(LARIAT_EINVAL));
}

/* Returns which of the options was refused. */
static const char *find_fault(const lariat_byte_stream_options *options) {
  if ((unsigned)options->timestamps > LARIAT_TIMESTAMPS_KERNEL)
    return "timestamps: there are no such ones";
  return lr_priority_valid(options->priority)
             ? "alpn: it is no list of names with commas between them"
             : "priority: there is no such priority";
}

lariat_deferred *
lariat_byte_stream_open(lariat_client *client, const char *url,
                        const lariat_byte_stream_options *options) {
  lariat_byte_stream_options all;
  lariat_status status = check_open(client);
  if (status == LARIAT_OK) status = read_options(client, options, &all);
  lr_job *job = status == LARIAT_OK ? lr_client_new_job(client) : NULL;
  if (status == LARIAT_OK && !job) status = LARIAT_ENOMEM;
  if (status == LARIAT_EINVAL) return fail_without_size(client->reactor);
  if (status != LARIAT_OK) return fail_call(client->reactor, status);
  status = fill_opening(job, url, &all);
  if (status == LARIAT_OK) status = lr_client_submit(client, job);
  if (status == LARIAT_EINVAL)
    lr_client_fail_invalid(job, url, find_fault(&all));
  else if (status != LARIAT_OK)
    lr_client_fail(job, status, url);
  return &job->deferred;
}

/* Copies what is known of the connection. */
static void describe_stream(lariat_byte_stream *stream, const lr_job *job) {
  const lariat_response *response = job->response;
  stream->tls = job->request.url.tls;
  memcpy(stream->alpn, job->lease->alpn, sizeof stream->alpn);
  stream->connection = response->connection;
  stream->remote_port = response->remote_port;
  memcpy(stream->remote_ip, response->remote_ip, sizeof stream->remote_ip);
  stream->timings = response->timings;
  stream->timings.total_us =
      lr_since(lr_client_pool_ns(job->client), job->caller.submitted_ns) /
      LR_NS_PER_US;
}

/* Gives the connection to a new stream with one user. */
static void take_lease(lariat_byte_stream *stream, lr_job *job) {
  lariat_client *client = job->client;
  lr_u32_init(&stream->count, 1);
  lr_u32_init(&stream->users, 1);
  stream->owner = pthread_self();
  stream->reactor = client->reactor;
  stream->mailbox = lariat_reactor_mailbox(client->reactor);
  stream->lease = job->lease;
  stream->watch.fd = job->lease->stream.fd;
  stream->watch.ready = handle_ready;
  stream->in.ready = job->lease->stream.pending;
  stream->idle_ns = job->lease->idle_ns;
  stream->idle_timer.expire = expire_idle;
  stream->active_ns = lr_reactor_turn_ns(client->reactor);
  stream->timestamps = (lariat_timestamps)job->wants.timestamps;
  if (stream->timestamps == LARIAT_TIMESTAMPS_KERNEL)
    (void)lr_stamped_stream_begin(&stream->lease->stream);
  lr_list_append(&client->byte_streams, &stream->node);
  job->lease = NULL;
}

lariat_value lr_byte_stream_make(lr_job *job) {
  lr_poller *poller = lr_reactor_poller(job->client->reactor);
  lariat_byte_stream *stream = lr_alloc_zero(sizeof *stream);
  if (!stream || !lr_poller_reserve(poller, job->lease->stream.fd)) {
    lr_free(stream);
    lr_job_drop_lease(job);
    return lr_failure_no_memory();
  }
  describe_stream(stream, job);
  take_lease(stream, job);
  if (!stream->idle_ns || set_idle_timer(stream))
    return lariat_value_of(&lariat_byte_stream_type, stream);
  lariat_byte_stream_release(stream);
  return lr_failure_no_memory();
}

/* ---- Calls of users ---- */

/* Says whether the stream is closed, and asked on its own thread: its reactor
 * may be no more. */
static bool may_have_outlived(const lariat_byte_stream *stream) {
  return pthread_equal(stream->owner, pthread_self()) && !stream->lease;
}

/* A stream without users has been given up by its last. */
static lariat_status check_call(const lariat_byte_stream *stream,
                                const char *function) {
  if (lr_checks() && lr_u32_load_relaxed(&stream->users) == 0)
    lr_quarantine_report(function, "byte stream");
  if (may_have_outlived(stream)) return LARIAT_ECANCELLED;
  return lr_reactor_check(stream->reactor, function);
}

/* Makes a deferred that holds the stream. */
static lariat_deferred *new_deferred(lariat_byte_stream *stream,
                                     lariat_canceller cancel) {
  hold_stream(stream);
  return lariat_deferred_new(stream->reactor, cancel, stream, release_hold);
}

/* Fires a deferred that was made, with nobody to look at it yet. */
static lariat_deferred *fire_now(lariat_deferred *deferred,
                                 lariat_value value) {
  (void)lr_deferred_fire(deferred, value);
  return deferred;
}

/* Refuses a call of a stream's. */
static lariat_deferred *refuse_call(const lariat_byte_stream *stream,
                                    lariat_status status) {
  return may_have_outlived(stream) ? lr_deferred_failed_cancelled()
                                   : fail_call(stream->reactor, status);
}

static lariat_status check_sending(const lariat_byte_stream *stream,
                                   const char *function) {
  lariat_status status = check_call(stream, function);
  if (status != LARIAT_OK) return status;
  if (stream->out.waiting) return LARIAT_EBUSY;
  return stream->out.ended ? stream->out.status : LARIAT_OK;
}

static void cancel_sending(lariat_deferred *deferred, void *context) {
  lariat_byte_stream *stream = context;
  if (stream->out.waiting != deferred) return;
  stream->out.waiting = NULL;
  stream->out.ended = true;
  stream->out.status = LARIAT_ECANCELLED;
  lariat_deferred_release(deferred);
}

/* Leaves the rest to the watch; a stream that cannot be watched has failed. */
static lariat_deferred *wait_to_send(lariat_byte_stream *stream,
                                     lariat_deferred *deferred) {
  stream->out.waiting = lariat_deferred_retain(deferred);
  if (!watch_stream(stream)) fail_stream(stream, LARIAT_ESYSTEM);
  return deferred;
}

lariat_deferred *lariat_byte_stream_send(lariat_byte_stream *stream,
                                         const void *bytes, size_t length) {
  lariat_status status = check_sending(stream, __func__);
  if (status != LARIAT_OK) return refuse_call(stream, status);
  lariat_deferred *deferred = new_deferred(stream, cancel_sending);
  if (lr_deferred_is_fired(deferred)) return deferred; /* no memory */
  size_t sent = send_bytes(stream, bytes, length);
  if (stream->out.ended)
    return fire_now(deferred, make_failure(stream->out.status));
  if (sent == length) return fire_now(deferred, lariat_none());
  stream->out.bytes = (const char *)bytes + sent;
  stream->out.length = length - sent;
  return wait_to_send(stream, deferred);
}

lariat_status lariat_byte_stream_try_send(lariat_byte_stream *stream,
                                          const void *bytes, size_t length,
                                          size_t *sent) {
  *sent = 0;
  lariat_status status = check_sending(stream, __func__);
  if (status != LARIAT_OK) return status;
  *sent = send_bytes(stream, bytes, length);
  return stream->out.ended ? stream->out.status : LARIAT_OK;
}

lariat_deferred *lariat_byte_stream_end_sending(lariat_byte_stream *stream) {
  lariat_status status = check_sending(stream, __func__);
  if (status == LARIAT_EALREADY)
    return lariat_deferred_succeed(stream->reactor, lariat_none());
  if (status == LARIAT_OK && stream->out.unsent) status = LARIAT_EBUSY;
  if (status != LARIAT_OK) return refuse_call(stream, status);
  lariat_deferred *deferred = new_deferred(stream, cancel_sending);
  if (lr_deferred_is_fired(deferred)) return deferred; /* no memory */
  stream->out.ended = true;
  stream->out.status = LARIAT_EALREADY;
  stream->out.length = 0;
  if (!send_end(stream)) return wait_to_send(stream, deferred);
  bool failed = stream->out.status != LARIAT_EALREADY;
  return fire_now(deferred,
                  failed ? make_failure(stream->out.status) : lariat_none());
}

static lariat_status check_receiving(const lariat_byte_stream *stream,
                                     size_t capacity, const char *function) {
  lariat_status status = check_call(stream, function);
  if (status != LARIAT_OK) return status;
  if (capacity == 0) return LARIAT_EINVAL;
  if (is_receiving(stream)) return LARIAT_EBUSY;
  return stream->in.over ? stream->in.status : LARIAT_OK;
}

static void cancel_receiving(lariat_deferred *deferred, void *context) {
  lariat_byte_stream *stream = context;
  if (stream->in.waiting != deferred) return;
  stream->in.waiting = NULL;
  lariat_deferred_release(deferred);
}

static bool has_bytes(const lariat_byte_stream *stream) {
  return !stream->in.over &&
         (stream->in.ready || stream->lease->stream.pending);
}

lariat_deferred *lariat_byte_stream_receive(lariat_byte_stream *stream,
                                            void *buffer, size_t capacity) {
  lariat_status status = check_receiving(stream, capacity, __func__);
  if (status != LARIAT_OK) return refuse_call(stream, status);
  lariat_deferred *deferred = new_deferred(stream, cancel_receiving);
  if (lr_deferred_is_fired(deferred)) return deferred; /* no memory */
  size_t got = has_bytes(stream) ? receive_bytes(stream, buffer, capacity) : 0;
  if (got) return fire_now(deferred, lariat_int((intptr_t)got));
  if (stream->in.over) return fire_now(deferred, end_value(stream));
  stream->in.waiting = lariat_deferred_retain(deferred);
  stream->in.buffer = buffer;
  stream->in.capacity = capacity;
  if (!watch_stream(stream)) fail_stream(stream, LARIAT_ESYSTEM);
  return deferred;
}

lariat_status lariat_byte_stream_try_receive(lariat_byte_stream *stream,
                                             void *buffer, size_t capacity,
                                             size_t *got) {
  *got = 0;
  lariat_status status = check_receiving(stream, capacity, __func__);
  if (status != LARIAT_OK || stream->in.over) return status;
  *got = receive_bytes(stream, buffer, capacity);
  if (*got) return LARIAT_OK;
  return stream->in.over ? stream->in.status : LARIAT_EAGAIN;
}

lariat_status lariat_byte_stream_on_bytes(lariat_byte_stream *stream,
                                          lariat_on_bytes on_bytes,
                                          void *context) {
  lariat_status status = check_call(stream, __func__);
  if (status != LARIAT_OK) return status;
  if (stream->in.waiting) return LARIAT_EBUSY;
  stream->in.on_bytes = on_bytes;
  stream->in.context = context;
  if (on_bytes && (stream->in.over || has_bytes(stream))) resume_later(stream);
  if (watch_stream(stream)) return LARIAT_OK;
  stream->in.on_bytes = NULL;
  return LARIAT_ESYSTEM;
}

/* ---- The end ---- */

/* Takes the descriptor out of epoll.  One of TLS is closed later, by the
 * pool. */
static void unwatch_stream(lariat_byte_stream *stream) {
  if (stream->tls) (void)set_events(stream, 0);
  lr_poller_forget(lr_reactor_poller(stream->reactor), &stream->watch);
}

void lariat_byte_stream_close(lariat_byte_stream *stream) {
  if (!stream || !stream->lease) return;
  if (lr_reactor_check(stream->reactor, __func__) != LARIAT_OK) return;
  lr_lease *lease = stream->lease;
  hold_stream(stream);
  lr_reactor_unset_timer(stream->reactor, &stream->idle_timer);
  lr_list_remove(&stream->node);
  unwatch_stream(stream);
  stream->lease = NULL;
  stream->in.on_bytes = NULL;
  lr_lease_close(lease);
  stream->in.over = true;
  stream->in.status = LARIAT_ECANCELLED;
  stream->out.ended = true;
  stream->out.status = LARIAT_ECANCELLED;
  if (stream->in.waiting) fire(&stream->in.waiting, lr_failure_cancelled());
  if (stream->out.waiting) fire(&stream->out.waiting, lr_failure_cancelled());
  unhold_stream(stream);
}

void lr_byte_stream_close_all(lariat_client *client) {
  lr_list *node;
  while ((node = lr_list_first(&client->byte_streams)))
    lariat_byte_stream_close(lr_container(node, lariat_byte_stream, node));
}

/* ---- What it is ---- */

bool lariat_byte_stream_is_tls(const lariat_byte_stream *stream) {
  return stream && stream->tls;
}

const char *lariat_byte_stream_alpn(const lariat_byte_stream *stream) {
  return stream ? stream->alpn : "";
}

const char *lariat_byte_stream_remote_ip(const lariat_byte_stream *stream) {
  return stream ? stream->remote_ip : "";
}

unsigned lariat_byte_stream_remote_port(const lariat_byte_stream *stream) {
  return stream ? stream->remote_port : 0;
}

uint64_t lariat_byte_stream_connection(const lariat_byte_stream *stream) {
  return stream ? stream->connection : 0;
}

lariat_timings lariat_byte_stream_timings(const lariat_byte_stream *stream) {
  return stream ? stream->timings : (lariat_timings){0};
}
