/* SPDX-License-Identifier: MIT
 * redirect.c: following one redirect. */
#include "job/redirect.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "http/field.h"
#include "http/port.h"
#include "job/body_sink.h"
#include "job/body_source.h"

/* Tells whether the response says where to go.  An empty Location does not:
 * curl and browsers take such an answer for what it is. */
static bool has_location(const lr_job *job) {
  const char *location = lariat_response_header(job->response, "Location");
  return location && location[strspn(location, " \t")] != '\0';
}

bool lr_redirect_is_one(const lr_job *job) {
  if (job->request.max_redirects == 0) return false;
  switch (job->response->status) {
  case 301:
  case 302:
  case 303:
  case 307:
  case 308:
    return has_location(job);
  default:
    return false;
  }
}

/* Returns whether the next request is a GET, whatever this was: 303 asks for
 * that, and after 301 and 302 all clients have made one of a POST. */
static bool becomes_get(const lr_job *job) {
  int status = job->response->status;
  if (strcmp(job->request.method, "HEAD") == 0 ||
      strcmp(job->request.method, "GET") == 0)
    return false;
  if (status == 303) return true;
  return (status == 301 || status == 302) &&
         strcmp(job->request.method, "POST") == 0;
}

static void drop_body(lr_job *job) {
  if (job->body.bytes && job->body.drop)
    job->body.drop((void *)(uintptr_t)job->body.bytes);
  job->body.bytes = NULL;
  job->body.length = 0;
  job->body.drop = NULL;
  lr_body_source *body_source = job->body.source;
  job->body.source = NULL;
  if (!body_source) return;
  if (body_source->ops->settle)
    body_source->ops->settle(body_source, LARIAT_OK);
  body_source->ops->drop(body_source);
}

/* Checks that the body can be sent once more, which the next hop needs. */
static lariat_status check_replay(const lr_job *job) {
  lr_body_source *body_source = job->body.source;
  if (!body_source || lr_body_source_can_replay(body_source)) return LARIAT_OK;
  snprintf(body_source->detail, sizeof body_source->detail,
           "a redirect asks for it once more, and it cannot be sent again");
  return LARIAT_EUPLOAD;
}

/* ---- Where to ---- */

/* Sets the sentence about a failure, which is best without one when there is no
 * memory for it. */
static lariat_status refuse(lr_job *job, lariat_status status,
                            const char *detail) {
  lr_free(job->attempt.detail);
  job->attempt.detail = lr_copy_string(detail);
  return status;
}

/* Tells whether the response has another Location that says something else.  A
 * field that may be there once is in error then (RFC 9110, 5.3), and nobody can
 * say which was meant. */
static bool is_ambiguous(const lariat_response *response,
                         const char *location) {
  static const char name[] = "Location";
  size_t count = lariat_response_header_count(response);
  for (size_t i = 0; i < count; i++) {
    lariat_header header = lariat_response_header_at(response, i);
    if (lr_name_is(header.name, strlen(header.name), name) &&
        strcmp(header.value, location) != 0)
      return true;
  }
  return false;
}

static lariat_status resolve_location(lr_job *job, lr_url *url) {
  char detail[sizeof(lariat_url_error) + 16];
  lariat_url_error error = {0, ""};
  const char *location = lariat_response_header(job->response, "Location");
  if (is_ambiguous(job->response, location))
    return refuse(job, LARIAT_EPROTOCOL, "two different Locations");
  lariat_status status =
      lr_url_resolve(url, &job->request.url, location, &error);
  if (status == LARIAT_OK || status == LARIAT_ENOMEM) return status;
  snprintf(detail, sizeof detail, "its Location: %s", error.message);
  return refuse(job, LARIAT_EREDIRECT, detail);
}

/* ---- What may go along ---- */

/* Refuses a hop from https to http that would show a body or headers of the
 * caller's own to anybody on the way; one of a request with credentials, which
 * asks for something that is not for everybody; or any such hop. */
static lariat_status check_downgrade(lr_job *job, bool get) {
  char detail[128];
  size_t length;
  unsigned kinds = LR_HEADERS_CREDENTIALS;
  if (job->request.redirect_rules & LR_REDIRECT_NO_DOWNGRADE)
    return refuse(job, LARIAT_EDOWNGRADE, "none is allowed");
  if (!(job->request.redirect_rules & LR_REDIRECT_HEADERS_STAY))
    kinds |= LR_HEADERS_OWN;
  if (!get && (job->body.bytes || job->body.source))
    return refuse(job, LARIAT_EDOWNGRADE, "the request has a body");
  const char *line = lr_header_list_find(job->request.headers, kinds, &length);
  if (!line) return LARIAT_OK;
  snprintf(detail, sizeof detail, "the request has a header %.*s",
           (int)(length < 64 ? length : 64), line);
  return refuse(job, LARIAT_EDOWNGRADE, detail);
}

/* Refuses a hop to a port where something else than HTTP is spoken; the port
 * of the request itself was chosen by the caller. */
static lariat_status check_port(lr_job *job, const lr_url *url) {
  char detail[32];
  unsigned port = lr_url_port(url);
  if (!lr_port_is_bad(port) || port == lr_url_port(&job->request.url))
    return LARIAT_OK;
  snprintf(detail, sizeof detail, "port %u", port);
  return refuse(job, LARIAT_EPORT, detail);
}

static lariat_status check_hop(lr_job *job, const lr_url *url, bool get) {
  lariat_status status = LARIAT_OK;
  if (job->request.url.tls && !url->tls) status = check_downgrade(job, get);
  if (status == LARIAT_OK) status = check_port(job, url);
  if (status == LARIAT_OK && !get) status = check_replay(job);
  return status;
}

/* Drops the headers that must not go to another origin, and those of a body
 * that is no more. */
static lariat_status trim_headers(lr_job *job, bool same_origin, bool get) {
  lr_header_list *headers = NULL;
  unsigned kinds = get ? LR_HEADERS_CONTENT : 0;
  if (!same_origin) kinds |= LR_HEADERS_CREDENTIALS | LR_HEADERS_HOST;
  if (!same_origin && job->request.redirect_rules & LR_REDIRECT_HEADERS_STAY)
    kinds |= LR_HEADERS_OWN;
  if (!job->request.headers || !kinds) return LARIAT_OK;
  lariat_status status =
      lr_header_list_without(job->request.headers, kinds, &headers);
  if (status != LARIAT_OK) return status;
  lr_header_list_release(job->request.headers);
  job->request.headers = headers;
  return LARIAT_OK;
}

/* ---- The next hop ---- */

/* Keeps the response, with its URL, for the one that will be the last. */
static void keep_response(lr_job *job) {
  lariat_response *response = job->response;
  lr_buffer_clear(&response->url);
  response->url = lr_url_take_text(&job->request.url);
  response->redirects = job->caller.redirects;
  job->sink->history = response;
}

/* Makes `url` the URL of the next hop; the response is of no use any more,
 * unless the request wants it. */
static void take_url(lr_job *job, lr_url *url) {
  if (job->wants.keep & LARIAT_KEEP_REDIRECTS)
    keep_response(job);
  else
    lr_response_release(job->response);
  lr_url_clear(&job->request.url);
  job->request.url = *url;
  job->response = NULL;
  job->caller.redirects++;
}

static void make_get(lr_job *job) {
  drop_body(job);
  memcpy(job->request.method, "GET", sizeof "GET");
  job->request.get = !job->observation;
  job->replay.repeatable = true;
}

lariat_status lr_redirect_follow(lr_job *job) {
  lr_url url = {0};
  if (job->caller.redirects >= job->request.max_redirects)
    return LARIAT_EREDIRECTS;
  lariat_status status = resolve_location(job, &url);
  if (status != LARIAT_OK) return status;
  bool get = becomes_get(job);
  bool same_origin = lr_url_same_origin(&url, &job->request.url);
  status = check_hop(job, &url, get);
  if (status == LARIAT_OK) status = trim_headers(job, same_origin, get);
  if (status != LARIAT_OK) {
    lr_url_clear(&url);
    return status;
  }
  if (get) make_get(job);
  take_url(job, &url);
  return LARIAT_OK;
}
