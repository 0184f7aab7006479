/* SPDX-License-Identifier: MIT
 * request.c: from a user's call to a job that is submitted. */
#include <string.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/time.h"
#include "client/client.h"
#include "client/outcome.h"
#include "client/request.h"
#include "client/submit.h"
#include "deferred/state.h"
#include "http/field.h"
#include "http/port.h"
#include "http/userinfo.h"
#include "job/body_sink.h"
#include "job/body_source.h"
#include "job/upload.h"
#include "limits/priority_queue.h"
#include "pool/pool.h"

/* The methods of most requests, known by their addresses. */
static const char get_method[] = "GET";
static const char post_method[] = "POST";

/* Deadlines that are centuries away are none: so no sum of times overflows. */
#define FAR_MS (UINT64_MAX / 4 / LR_NS_PER_MS)

/* Returns a user's options, read as far as their size goes; what is beyond is
 * by the client's defaults, in `own`.  NULL when they have no size. */
static const lariat_request_options *
read_request_options(const lariat_client *client,
                     const lariat_request_options *given,
                     lariat_request_options *own) {
  if (given->size >= sizeof *own) return given;
  if (given->size < sizeof given->size) return NULL;
  *own = client->request_defaults;
  memcpy(own, given, given->size);
  own->size = sizeof *own;
  return own;
}

/* Sets the client's headers with the request's own in them. */
static lariat_status set_job_headers(lr_job *job, const lariat_header *headers,
                                     size_t count) {
  lariat_client *client = job->client;
  if (count == 0) {
    job->request.headers = lr_header_list_retain(client->headers);
    return LARIAT_OK;
  }
  lariat_status status = lr_header_list_make(client->headers, headers, count,
                                             &job->request.headers);
  if (status != LARIAT_OK) return status;
  /* A caller that asks for an encoding wants the bytes as they come. */
  for (size_t i = 0; i < count; i++)
    if (lr_name_is(headers[i].name, strlen(headers[i].name), "Accept-Encoding"))
      job->wants.decompress = false;
  return LARIAT_OK;
}

/* Makes a header of the user and the password in the URL; one of the caller's
 * own goes before. */
static LR_COLD lariat_status set_authorization(lr_job *job, const char *url) {
  lr_header_list *headers = NULL;
  if (lr_header_list_has(job->request.headers, "Authorization"))
    return LARIAT_OK;
  char *value = lr_userinfo_make_authorization(url);
  lariat_header header = {"Authorization", value};
  if (!value) return LARIAT_ENOMEM;
  lariat_status status =
      lr_header_list_make(job->request.headers, &header, 1, &headers);
  lr_free(value);
  if (status != LARIAT_OK) return status;
  lr_header_list_release(job->request.headers);
  job->request.headers = headers;
  return LARIAT_OK;
}

/* Makes a list with two headers added or suppressed that libcurl would make up
 * for a body: a type that is wrong for most bodies, and the wait for "100
 * Continue", a second lost with servers that do not know it. */
static lariat_status make_body_headers(lr_header_list *headers,
                                       lr_header_list **out) {
  static const lariat_header made_up[] = {
      {"Expect", NULL}, {"Content-Type", "application/octet-stream"}};
  size_t count = lr_header_list_has(headers, "Content-Type") ? 1 : 2;
  size_t first = lr_header_list_has(headers, "Expect") ? 1 : 0;
  if (first < count)
    return lr_header_list_make(headers, made_up + first, count - first, out);
  *out = lr_header_list_retain(headers);
  return LARIAT_OK;
}

/* Completes the headers of a request with a body.  Those of the client itself
 * are completed once. */
static lariat_status complete_headers(lr_job *job) {
  lariat_client *client = job->client;
  bool shared = job->request.headers == client->headers;
  lr_header_list *headers = shared ? client->body_headers : NULL;
  if (job->body.length == 0 && !job->body.source) return LARIAT_OK;
  if (!headers) {
    lariat_status status = make_body_headers(job->request.headers, &headers);
    if (status != LARIAT_OK) return status;
    if (shared) client->body_headers = headers;
  }
  if (shared) (void)lr_header_list_retain(headers);
  lr_header_list_release(job->request.headers);
  job->request.headers = headers;
  return LARIAT_OK;
}

static lariat_status set_job_method(lr_job *job, const char *method) {
  bool get =
      method && *method == *get_method && strcmp(method, get_method) == 0;
  bool known = get || method == post_method;
  if (!known && (!method || !lr_method_valid(method))) return LARIAT_EINVAL;
  memcpy(job->request.method, method, get ? sizeof "GET" : strlen(method) + 1);
  job->request.get = get && !job->body.bytes && !job->body.source;
  job->replay.repeatable =
      job->request.get || lr_retry_method_repeatable(method);
  bool no_body = job->body.source && strcmp(method, "HEAD") == 0;
  return no_body ? LARIAT_EINVAL : LARIAT_OK;
}

/* Sets the client's policy of retries, or the request's own. */
static lariat_status set_retry(lr_job *job,
                               const lariat_request_options *options) {
  const lr_retry_rules *rules = &job->client->retry.rules;
  if (options->retry) {
    job->retry.own_rules = lr_alloc(sizeof *job->retry.own_rules);
    if (!job->retry.own_rules) return LARIAT_ENOMEM;
    lariat_status status =
        lr_retry_rules_read(options->retry, job->retry.own_rules);
    if (status != LARIAT_OK) return status;
    rules = job->retry.own_rules;
  }
  job->retry.rules = rules->max_retries ? rules : NULL;
  if (rules->any_method || options->retry_any_method)
    job->replay.repeatable = true;
  return LARIAT_OK;
}

/* Takes the bytes of `body` over, or a copy of them. */
static lariat_status set_memory_body(lr_job *job, const lariat_body *body) {
  bool copied = body->kind == LARIAT_BODY_BYTES;
  const void *bytes = body->as.memory.bytes;
  size_t length = body->as.memory.length;
  if (!bytes) return length ? LARIAT_EINVAL : LARIAT_OK;
  job->body.bytes = copied ? lr_copy_bytes(bytes, length) : bytes;
  if (!job->body.bytes) return LARIAT_ENOMEM;
  job->body.length = length;
  job->body.drop = copied ? lr_free : body->as.memory.drop;
  return LARIAT_OK;
}

static lariat_status set_body(lr_job *job, const lariat_body *body) {
  switch (body->kind) {
  case LARIAT_BODY_NONE:
    return LARIAT_OK;
  case LARIAT_BODY_BYTES:
  case LARIAT_BODY_OWNED:
    return set_memory_body(job, body);
  case LARIAT_BODY_FILE:
    return lr_file_source_new(body->as.file.fd, body->as.file.offset,
                              body->as.file.length, &job->body.source);
  case LARIAT_BODY_PRODUCER:
    return body->as.upload ? lr_upload_attach(body->as.upload, job)
                           : LARIAT_EINVAL;
  }
  return LARIAT_EINVAL;
}

/* Drops what was given with a refused request that has no job to own it. */
static void drop_given(const lariat_request_options *options) {
  const lariat_body *body = &options->body;
  lr_body_sink_refuse(options);
  if (body->kind == LARIAT_BODY_OWNED && body->as.memory.bytes &&
      body->as.memory.drop)
    body->as.memory.drop((void *)(uintptr_t)body->as.memory.bytes);
}

/* Tells the producer, if there is one, that its request was refused. */
static void refuse_producer(const lariat_request_options *options,
                            lariat_status status) {
  if (options->body.kind == LARIAT_BODY_PRODUCER && options->body.as.upload)
    lr_upload_refuse(options->body.as.upload, status);
}

/* Sets the sink and the body.  Both are taken even if one is refused, so that
 * what was given with the request goes with its job. */
static lariat_status set_sink_and_body(lr_job *job,
                                       const lariat_request_options *options) {
  lariat_status sink =
      lr_body_sink_new(lr_pool_budget(job->client->pool), job->client->reactor,
                       options, &job->sink);
  lariat_status body = set_body(job, &options->body);
  return sink == LARIAT_OK ? body : sink;
}

static bool are_values_known(const lariat_request_options *options) {
  return (unsigned)options->http <= LARIAT_HTTP_2 &&
         (unsigned)options->timestamps <= LARIAT_TIMESTAMPS_KERNEL &&
         lr_priority_valid(options->priority);
}

static uint8_t redirect_rules_of(const lariat_client_options *options) {
  bool stay = options->header_scope == LARIAT_HEADERS_STAY;
  return (uint8_t)((options->no_downgrade ? LR_REDIRECT_NO_DOWNGRADE : 0) |
                   (stay ? LR_REDIRECT_HEADERS_STAY : 0));
}

static void set_job_limits(lr_job *job, const lariat_request_options *options) {
  job->wants.sha256 = options->sha256;
  job->request.http = (uint8_t)options->http;
  job->wants.sink_kind = (uint8_t)options->sink.kind;
  job->request.priority = (uint8_t)lr_priority_of(options->priority);
  job->wants.decompress = !job->client->options.no_decompress;
  job->request.max_body_bytes = options->max_body_bytes;
  job->request.max_redirects = options->max_redirects;
  job->request.redirect_rules = redirect_rules_of(&job->client->options);
  job->request.connect_timeout_ns = lr_ns_of_ms(options->connect_timeout_ms);
  job->request.idle_timeout_ns = lr_ns_of_ms(options->idle_timeout_ms);
  job->wants.timestamps = (uint8_t)options->timestamps;
  job->wants.activity = options->idle_timeout_ms || job->wants.timestamps != 0;
}

/* Sets the deadline on both clocks: the pool may have the system's, and the
 * caller's reactor another. */
static inline void set_deadline(lr_job *job, uint64_t timeout_ms) {
  lariat_reactor *reactor = job->client->reactor;
  job->request.deadline_ns = UINT64_MAX;
  job->caller.due_ns = UINT64_MAX;
  if (timeout_ms == 0 || timeout_ms > FAR_MS) return;
  uint64_t timeout_ns = timeout_ms * LR_NS_PER_MS;
  job->request.deadline_ns = job->caller.submitted_ns + timeout_ns;
  uint64_t now_ns = job->client->pool_time ? job->caller.submitted_ns
                                           : lariat_reactor_now_ns(reactor);
  job->caller.due_ns = now_ns + timeout_ns;
}

/* Sets all but the URL, the headers and the deadline. */
static lariat_status set_request(lr_job *job, const char *method,
                                 const lariat_request_options *options) {
  set_job_limits(job, options);
  lariat_status status = set_sink_and_body(job, options);
  if (status == LARIAT_OK && !are_values_known(options)) status = LARIAT_EINVAL;
  if (status == LARIAT_OK) status = set_job_method(job, method);
  if (status == LARIAT_OK) status = set_retry(job, options);
  return status;
}

/* Returns whether nothing of the request differs from the client's defaults.
 * Under a budget for bodies each job has a sink, which is made anew. */
static bool is_default(const lariat_client *client, const char *method,
                       const lariat_request_options *options) {
  return method == get_method && options == &client->request_defaults &&
         !client->budgeted;
}

static LR_COLD lariat_status check_port(const lr_job *job) {
  return lr_port_is_bad(lr_url_port(&job->request.url)) ? LARIAT_EPORT
                                                        : LARIAT_OK;
}

static lariat_status fill_job(lr_job *job, const char *method, const char *url,
                              const lariat_request_options *options) {
  lariat_status status = LARIAT_OK;
  bool defaults = is_default(job->client, method, options);
  if (!defaults || !job->request.defaults)
    status = set_request(job, method, options);
  job->request.defaults = defaults && status == LARIAT_OK;
  if (status == LARIAT_OK)
    status = url ? lr_url_parse_after(&job->request.url, url,
                                      &job->client->last_origin,
                                      &job->request.spare_url)
                 : LARIAT_EURL;
  if (status == LARIAT_OK && LR_RARE(job->client->options.deny_bad_ports))
    status = check_port(job);
  if (status == LARIAT_OK)
    status = set_job_headers(job, options->headers, options->header_count);
  if (LR_RARE(job->request.url.userinfo) && status == LARIAT_OK)
    status = set_authorization(job, url);
  if (!defaults && status == LARIAT_OK) status = complete_headers(job);
  set_deadline(job, options->timeout_ms);
  return status;
}

lariat_status lr_request_fill_opening(lr_job *job, const char *url,
                                      const lariat_request_options *options) {
  lariat_client *client = job->client;
  job->request.defaults = false;
  lariat_status status = set_request(job, get_method, options);
  if (job->sink) lr_body_sink_free(job->sink); /* there will be no body */
  job->sink = NULL;
  if (status == LARIAT_OK)
    status =
        url ? lr_url_parse_after(&job->request.url, url, &client->last_origin,
                                 &job->request.spare_url)
            : LARIAT_EURL;
  if (status == LARIAT_OK && client->options.deny_bad_ports)
    status = check_port(job);
  set_deadline(job, options->timeout_ms);
  return status;
}

static lariat_deferred *fail_request(const lariat_client *client,
                                     lariat_status status) {
  return lariat_deferred_fail(client->reactor, status, "%s",
                              lariat_status_text(status));
}

/* Refuses a request before it has a job. */
static lariat_deferred *refuse_request(const lariat_client *client,
                                       const lariat_request_options *options,
                                       lariat_status status) {
  drop_given(options);
  if (status != LARIAT_ETHREAD) refuse_producer(options, status);
  return fail_request(client, status);
}

/* Returns LARIAT_OK if the client takes requests, on this thread.  A pool is of
 * the same process as its clients' reactors: it needs no check of its own. */
static lariat_status check_submit(const lariat_client *client) {
  lariat_reactor *reactor = client->reactor;
  if (!lr_deferred_state_is_here(
          lr_reactor_layer_state(reactor, LR_LAYER_DEFERRED))) {
    lariat_status status = lr_reactor_check(reactor, "lariat_request");
    if (status != LARIAT_OK) return status;
  }
  bool open =
      !client->closed && lr_pool_drain_until(client->pool) == UINT64_MAX;
  return open ? LARIAT_OK : LARIAT_ECLOSED;
}

lariat_deferred *lariat_request(lariat_client *client, const char *method,
                                const char *url,
                                const lariat_request_options *options) {
  lariat_request_options own;
  const lariat_request_options *all = &client->request_defaults;
  if (options) all = read_request_options(client, options, &own);
  if (!all) return fail_request(client, LARIAT_EINVAL);
  lariat_status status = check_submit(client);
  if (status != LARIAT_OK) return refuse_request(client, all, status);
  lr_job *job = lr_client_new_job(client);
  if (!job) return refuse_request(client, all, LARIAT_ENOMEM);
  status = fill_job(job, method, url, all);
  if (status == LARIAT_OK) status = lr_client_submit(client, job);
  if (status != LARIAT_OK) {
    lr_client_fail(job, status, url);
    refuse_producer(all, status);
  }
  return &job->deferred;
}

lariat_deferred *lariat_get(lariat_client *client, const char *url) {
  return lariat_request(client, get_method, url, NULL);
}

lariat_deferred *lariat_head(lariat_client *client, const char *url) {
  return lariat_request(client, "HEAD", url, NULL);
}

lariat_deferred *lariat_delete(lariat_client *client, const char *url) {
  return lariat_request(client, "DELETE", url, NULL);
}

static lariat_deferred *request_with_body(lariat_client *client,
                                          const char *method, const char *url,
                                          const void *body, size_t length) {
  lariat_request_options options = client->request_defaults;
  options.body = lariat_body_bytes(body, length);
  return lariat_request(client, method, url, &options);
}

lariat_deferred *lariat_post(lariat_client *client, const char *url,
                             const void *body, size_t length) {
  return request_with_body(client, post_method, url, body, length);
}

lariat_deferred *lariat_put(lariat_client *client, const char *url,
                            const void *body, size_t length) {
  return request_with_body(client, "PUT", url, body, length);
}

lariat_deferred *lariat_patch(lariat_client *client, const char *url,
                              const void *body, size_t length) {
  return request_with_body(client, "PATCH", url, body, length);
}
