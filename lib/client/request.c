/* SPDX-License-Identifier: MIT
 * request.c: from a user's call to a job that is submitted. */
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/time.h"
#include "client/client.h"
#include "client/cookies.h"
#include "client/outcome.h"
#include "client/request.h"
#include "client/submit.h"
#include "deferred/state.h"
#include "http/field.h"
#include "http/port.h"
#include "http/userinfo.h"
#include "job/body_sink.h"
#include "job/body_source.h"
#include "job/kept_answer.h"
#include "job/observation.h"
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

static lariat_status set_other_method(lr_job *job, const char *method) {
  if (!method || !lr_method_valid(method)) return LARIAT_EINVAL;
  memcpy(job->request.method, method, strlen(method) + 1);
  job->request.get = false;
  job->replay.repeatable = lr_retry_method_repeatable(method);
  bool no_body = job->body.source && strcmp(method, "HEAD") == 0;
  return no_body ? LARIAT_EINVAL : LARIAT_OK;
}

static lariat_status set_job_method(lr_job *job, const char *method) {
  if (method == post_method) {
    memcpy(job->request.method, "POST", sizeof "POST");
    job->request.get = job->replay.repeatable = false;
    return LARIAT_OK;
  }
  if (!method || strcmp(method, get_method) != 0)
    return set_other_method(job, method);
  memcpy(job->request.method, "GET", sizeof "GET");
  job->request.get = !job->body.bytes && !job->body.source;
  job->replay.repeatable = true;
  return LARIAT_OK;
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
  job->wants.keep = (uint8_t)options->keep;
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

/* Has the job observed: it is not taken for a simple GET from then on. */
static LR_COLD lariat_status set_observer(lr_job *job,
                                          const lariat_observer *observer) {
  job->observation = lr_observation_new(observer);
  job->request.get = false;
  return job->observation ? LARIAT_OK : LARIAT_ENOMEM;
}

/* Sets all but the URL, the headers and the deadline. */
static lariat_status set_request(lr_job *job, const char *method,
                                 const lariat_request_options *options) {
  set_job_limits(job, options);
  lariat_status status = set_sink_and_body(job, options);
  if (status == LARIAT_OK && !are_values_known(options)) status = LARIAT_EINVAL;
  if (status == LARIAT_OK) status = set_job_method(job, method);
  if (status == LARIAT_OK) status = set_retry(job, options);
  if (status == LARIAT_OK && options->observer.observe)
    status = set_observer(job, &options->observer);
  return status;
}

/* Returns whether nothing of the request differs from the client's defaults.
 * A sink, which each job may have, is made anew. */
static bool is_default(const lariat_client *client, const char *method,
                       const lariat_request_options *options) {
  return method == get_method && options == &client->request_defaults &&
         !client->needs_sinks;
}

static LR_COLD lariat_status check_port(const lr_job *job) {
  return lr_port_is_bad(lr_url_port(&job->request.url)) ? LARIAT_EPORT
                                                        : LARIAT_OK;
}

/* Does what few clients ask for: looks at the port, and adds cookies. */
static LR_COLD lariat_status apply_rules(lr_job *job) {
  lariat_client *client = job->client;
  if (client->options.deny_bad_ports && check_port(job) != LARIAT_OK)
    return LARIAT_EPORT;
  if (!client->cookies) return LARIAT_OK;
  job->owner = &lr_client_cookie_job_owner;
  job->wants.cookies = true;
  return lr_client_cookies_add(client->cookies, job);
}

static LR_COLD void tell_queued(const lr_job *job) {
  lr_observation_tell(
      job, (lariat_request_event){.kind = LARIAT_REQUEST_QUEUED,
                                  .at_ns = job->caller.submitted_ns});
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
  if (status == LARIAT_OK)
    status = set_job_headers(job, options->headers, options->header_count);
  if (LR_RARE(job->request.url.userinfo) && status == LARIAT_OK)
    status = set_authorization(job, url);
  if (!defaults && status == LARIAT_OK) status = complete_headers(job);
  if (LR_RARE(job->client->has_rules) && status == LARIAT_OK)
    status = apply_rules(job);
  if (!defaults && status == LARIAT_OK && job->observation) tell_queued(job);
  set_deadline(job, options->timeout_ms);
  return status;
}

lariat_status lr_request_fill_opening(lr_job *job, const char *url,
                                      const lariat_request_options *options) {
  lariat_client *client = job->client;
  lariat_request_options all = *options;
  all.observer = (lariat_observer){NULL, NULL}; /* there will be no request */
  job->request.defaults = false;
  lariat_status status = set_request(job, get_method, &all);
  if (job->sink) lr_body_sink_free(job->sink); /* there will be no body */
  job->sink = NULL;
  job->wants.keep = 0;
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

/* ---- What is wrong ---- */

/* Returns what is wrong with the body, if nothing else is. */
static const char *body_fault(const lariat_body *body) {
  switch (body->kind) {
  case LARIAT_BODY_BYTES:
  case LARIAT_BODY_OWNED:
    return "body: it has a length, but no bytes";
  case LARIAT_BODY_FILE:
    return "body: it is not a regular file that is open for reading, it has no "
           "such range, or the method is HEAD";
  case LARIAT_BODY_PRODUCER:
    return "body: it has no upload, or one of another reactor, or the method "
           "is HEAD";
  default:
    return "body: there is no such kind";
  }
}

/* Returns what is wrong with a request's method, or with a field of its options
 * by its name. */
static const char *find_fault(const char *method,
                              const lariat_request_options *options) {
  if (!method || !lr_method_valid(method))
    return "the method is none that can be sent";
  if ((unsigned)options->sink.kind > LARIAT_SINK_DISCARD)
    return "sink: there is no such kind";
  if (options->sink.kind == LARIAT_SINK_STREAM && options->transform)
    return "transform: there is none with a stream";
  if ((unsigned)options->http > LARIAT_HTTP_2)
    return "http: there is no such version";
  if (!lr_priority_valid(options->priority))
    return "priority: there is no such priority";
  if (options->keep > LR_KEEP_ALL) return "keep: there is no such part";
  if ((unsigned)options->timestamps > LARIAT_TIMESTAMPS_KERNEL)
    return "timestamps: there are no such ones";
  return options->retry ? lr_retry_policy_fault(options->retry, false) : NULL;
}

/* Fails a request that was refused for an argument, and says which. */
static LR_COLD void fail_invalid(lr_job *job, const char *method,
                                 const char *url,
                                 const lariat_request_options *options) {
  char text[96];
  const char *fault = find_fault(method, options);
  for (size_t i = 0; i < options->header_count && !fault; i++) {
    if (lr_header_valid(&options->headers[i])) continue;
    snprintf(text, sizeof text,
             "headers[%zu]: its name or its value cannot be sent", i);
    fault = text;
  }
  lr_client_fail_invalid(job, url, fault ? fault : body_fault(&options->body));
}

static LR_COLD void fail_submission(lr_job *job, lariat_status status,
                                    const char *method, const char *url,
                                    const lariat_request_options *options) {
  if (status == LARIAT_EINVAL)
    fail_invalid(job, method, url, options);
  else
    lr_client_fail(job, status, url);
}

static lariat_deferred *fail_request(const lariat_client *client,
                                     lariat_status status) {
  return lariat_deferred_fail(client->reactor, status, "%s",
                              lariat_status_text(status));
}

static LR_COLD lariat_deferred *fail_without_size(const lariat_client *client) {
  return lariat_deferred_fail(
      client->reactor, LARIAT_EINVAL,
      "%s: size: it is not the size of the struct, as lariat_request_defaults "
      "sets it",
      lariat_status_text(LARIAT_EINVAL));
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
  if (!all) return fail_without_size(client);
  lariat_status status = check_submit(client);
  if (status != LARIAT_OK) return refuse_request(client, all, status);
  lr_job *job = lr_client_new_job(client);
  if (!job) return refuse_request(client, all, LARIAT_ENOMEM);
  status = fill_job(job, method, url, all);
  if (status == LARIAT_OK) status = lr_client_submit(client, job);
  if (status != LARIAT_OK) {
    fail_submission(job, status, method, url, all);
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
