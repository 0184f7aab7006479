/* SPDX-License-Identifier: MIT
 * From a call of the user's to a job on its way. */
#include <string.h>

#include "base/memory.h"
#include "base/process.h"
#include "client/client.h"
#include "deferred/state.h"
#include "http/field.h"
#include "job/body_sink.h"
#include "job/body_source.h"
#include "job/upload.h"
#include "limits/priority_queue.h"
#include "pool/pool.h"

static const char get_method[] = "GET";

/* A user's options as far as their size goes, the client's for the rest. */
static lariat_request_options complete(const lariat_client *client,
                                       const lariat_request_options *given) {
  lariat_request_options all = client->request_defaults;
  size_t size = given->size < sizeof all ? given->size : sizeof all;
  memcpy(&all, given, size);
  all.size = sizeof all;
  return all;
}

static lariat_status set_headers(lr_job *job, const lariat_header *headers,
                                 size_t count) {
  lariat_client *client = job->client;
  if (count == 0) {
    job->headers = lr_header_list_retain(client->headers);
    return LARIAT_OK;
  }
  lariat_status status =
      lr_header_list_make(client->headers, headers, count, &job->headers);
  if (status != LARIAT_OK) return status;
  /* Who asks for an encoding by hand wants to see it. */
  for (size_t i = 0; i < count; i++)
    if (lr_name_is(headers[i].name, strlen(headers[i].name), "Accept-Encoding"))
      job->decompress = false;
  return LARIAT_OK;
}

/* Two headers that libcurl would make up for a body: a type that is wrong for
 * most bodies, and the wait for "100 Continue", a second lost with servers
 * that do not know it. */
static lariat_status complete_headers(lr_job *job) {
  static const lariat_header made_up[] = {
      {"Expect", NULL}, {"Content-Type", "application/octet-stream"}};
  if (job->body_length == 0 && !job->body_source) return LARIAT_OK;
  size_t count = lr_header_list_has(job->headers, "Content-Type") ? 1 : 2;
  size_t first = lr_header_list_has(job->headers, "Expect") ? 1 : 0;
  if (first >= count) return LARIAT_OK;
  lr_header_list *headers = NULL;
  lariat_status status = lr_header_list_make(job->headers, made_up + first,
                                             count - first, &headers);
  if (status != LARIAT_OK) return status;
  lr_header_list_release(job->headers);
  job->headers = headers;
  return LARIAT_OK;
}

static lariat_status set_method(lr_job *job, const char *method) {
  bool get = method && strcmp(method, get_method) == 0;
  if (!get && (!method || !lr_method_valid(method))) return LARIAT_EINVAL;
  memcpy(job->method, method, get ? sizeof "GET" : strlen(method) + 1);
  job->get = get && !job->body && !job->body_source;
  job->repeatable = job->get || lr_retry_method_repeatable(method);
  bool no_body = job->body_source && strcmp(method, "HEAD") == 0;
  return no_body ? LARIAT_EINVAL : LARIAT_OK;
}

/* The client's policy, or one of the request's own. */
static lariat_status set_retry(lr_job *job,
                               const lariat_request_options *options) {
  const lr_retry_rules *rules = &job->client->retry.rules;
  if (options->retry) {
    job->own_rules = lr_alloc(sizeof *job->own_rules);
    if (!job->own_rules) return LARIAT_ENOMEM;
    lariat_status status = lr_retry_rules_read(options->retry, job->own_rules);
    if (status != LARIAT_OK) return status;
    rules = job->own_rules;
  }
  job->rules = rules->max_retries ? rules : NULL;
  if (rules->any_method || options->retry_any_method) job->repeatable = true;
  return LARIAT_OK;
}

/* Takes the body over, or a copy of it. */
static lariat_status set_body(lr_job *job,
                              const lariat_request_options *options) {
  if (!options->body) return LARIAT_OK;
  job->body = options->body;
  job->body_length = options->body_length;
  job->drop_body = options->drop_body;
  if (options->drop_body) return LARIAT_OK;
  job->drop_body = lr_free;
  job->body = lr_copy_bytes(options->body, options->body_length);
  return job->body ? LARIAT_OK : LARIAT_ENOMEM;
}

/* Or what is to be read or produced while it is sent. */
static lariat_status set_body_source(lr_job *job,
                                     const lariat_request_options *options) {
  lariat_status status = LARIAT_OK;
  if (options->upload) status = lr_upload_attach(options->upload, job);
  if (status != LARIAT_OK) return status;
  if (job->body || (options->upload && options->from_file))
    return LARIAT_EINVAL;
  if (options->upload) return LARIAT_OK;
  return lr_file_source_new(options->upload_fd, options->upload_offset,
                            options->upload_length, &job->body_source);
}

/* What is a user's to ask for, each time anew. */
static lariat_status set_extras(lr_job *job,
                                const lariat_request_options *options) {
  lariat_status status =
      lr_body_sink_new(lr_pool_budget(job->client->pool), job->client->reactor,
                       options, &job->sink);
  lariat_status body = set_body(job, options);
  if (status == LARIAT_OK) status = body;
  if (status == LARIAT_OK && (options->upload || options->from_file))
    status = set_body_source(job, options);
  if (status == LARIAT_OK && (unsigned)options->http > LARIAT_HTTP_2)
    status = LARIAT_EINVAL;
  if (status == LARIAT_OK && !lr_priority_valid(options->priority))
    status = LARIAT_EINVAL;
  return status;
}

static void set_limits(lr_job *job, const lariat_request_options *options) {
  job->sha256 = options->sha256;
  job->http = (uint8_t)options->http;
  job->priority = (uint8_t)lr_priority_of(options->priority);
  job->decompress = !job->client->options.no_decompress;
  job->max_body_bytes = options->max_body_bytes;
  job->max_redirects = options->max_redirects;
  job->connect_timeout_ns = options->connect_timeout_ms * 1000000u;
  job->idle_timeout_ns = options->idle_timeout_ms * 1000000u;
}

/* The pool reads the system's clock mostly, the caller perhaps another. */
static void set_deadline(lr_job *job, uint64_t timeout_ms) {
  lariat_reactor *reactor = job->client->reactor;
  job->deadline_ns = UINT64_MAX;
  job->due_ns = UINT64_MAX;
  if (timeout_ms == 0 || timeout_ms > UINT64_MAX / 4000000u) return;
  job->deadline_ns = job->submitted_ns + timeout_ms * 1000000u;
  uint64_t now_ns = job->client->pool_time ? job->submitted_ns
                                           : lariat_reactor_now_ns(reactor);
  job->due_ns = now_ns + timeout_ms * 1000000u;
}

/* All but where it goes, with which headers, and until when. */
static lariat_status set_request(lr_job *job, const char *method,
                                 const lariat_request_options *options) {
  set_limits(job, options);
  lariat_status status = set_extras(job, options);
  if (status == LARIAT_OK) status = set_method(job, method);
  if (status == LARIAT_OK) status = set_retry(job, options);
  return status;
}

/* A budget for bodies asks for something with each. */
static bool is_default(const lariat_client *client, const char *method,
                       const lariat_request_options *options) {
  return method == get_method && options == &client->request_defaults &&
         !client->budgeted;
}

static lariat_status fill(lr_job *job, const char *method, const char *url,
                          const lariat_request_options *options) {
  lariat_status status = LARIAT_OK;
  bool defaults = is_default(job->client, method, options);
  if (!defaults || !job->defaults) status = set_request(job, method, options);
  job->defaults = defaults && status == LARIAT_OK;
  if (status == LARIAT_OK)
    status = url ? lr_url_parse_after(&job->url, url, &job->client->last_origin)
                 : LARIAT_EURL;
  if (status == LARIAT_OK)
    status = set_headers(job, options->headers, options->header_count);
  if (!defaults && status == LARIAT_OK) status = complete_headers(job);
  set_deadline(job, options->timeout_ms);
  return status;
}

static lariat_deferred *refuse(const lariat_client *client,
                               const lariat_request_options *options,
                               lariat_status status) {
  if (options && options->body && options->drop_body)
    options->drop_body((void *)(uintptr_t)options->body);
  if (options) lr_body_sink_refuse(options);
  if (options && options->upload && status != LARIAT_ETHREAD)
    lr_upload_refuse(options->upload, status);
  return lariat_deferred_fail(client->reactor, status, "%s",
                              lariat_status_text(status));
}

/* A pool is of the same process as its clients' reactors. */
static lariat_status may_submit(const lariat_client *client) {
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
  if (options) {
    own = complete(client, options);
    all = &own;
  }
  lariat_status status = may_submit(client);
  if (status != LARIAT_OK) return refuse(client, all, status);
  lr_job *job = lr_client_new_job(client);
  if (!job) return refuse(client, all, LARIAT_ENOMEM);
  status = fill(job, method, url, all);
  if (status == LARIAT_OK) status = lr_client_submit(client, job);
  if (status != LARIAT_OK) lr_client_fail(job, status, url);
  if (status != LARIAT_OK && all->upload) lr_upload_refuse(all->upload, status);
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
  lariat_request_options options = lariat_request_defaults(client);
  options.body = body;
  options.body_length = length;
  return lariat_request(client, method, url, &options);
}

lariat_deferred *lariat_post(lariat_client *client, const char *url,
                             const void *body, size_t length) {
  return request_with_body(client, "POST", url, body, length);
}

lariat_deferred *lariat_put(lariat_client *client, const char *url,
                            const void *body, size_t length) {
  return request_with_body(client, "PUT", url, body, length);
}

lariat_deferred *lariat_patch(lariat_client *client, const char *url,
                              const void *body, size_t length) {
  return request_with_body(client, "PATCH", url, body, length);
}
