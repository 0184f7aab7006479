/* SPDX-License-Identifier: MIT
 * redirect.c: following one redirect. */
#include "job/redirect.h"

#include <stdio.h>
#include <string.h>

#include "job/body_source.h"

bool lr_redirect_is_one(const lr_job *job) {
  if (job->request.max_redirects == 0) return false;
  switch (job->response->status) {
  case 301:
  case 302:
  case 303:
  case 307:
  case 308:
    return lariat_response_header(job->response, "Location") != NULL;
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

static lariat_status trim_headers(lr_job *job, bool same_origin, bool get) {
  lr_header_list *headers = NULL;
  lariat_status status = LARIAT_OK;
  if (!job->request.headers) return LARIAT_OK;
  if (!same_origin)
    status =
        lr_header_list_without_credentials(job->request.headers, get, &headers);
  else if (get)
    status = lr_header_list_without_content(job->request.headers, &headers);
  if (status != LARIAT_OK || !headers) return status;
  lr_header_list_release(job->request.headers);
  job->request.headers = headers;
  return LARIAT_OK;
}

/* Makes `target` the URL of the next hop; the response is of no use any more.
 */
static void take_target(lr_job *job, lr_url *target) {
  lr_url_clear(&job->request.url);
  job->request.url = *target;
  lr_response_release(job->response);
  job->response = NULL;
  job->caller.redirects++;
}

lariat_status lr_redirect_follow(lr_job *job) {
  lr_url target = {0};
  if (job->caller.redirects >= job->request.max_redirects)
    return LARIAT_EREDIRECTS;
  const char *location = lariat_response_header(job->response, "Location");
  lariat_status status = lr_url_resolve(&target, &job->request.url, location);
  if (status == LARIAT_ENOMEM) return status;
  if (status != LARIAT_OK) return LARIAT_EREDIRECT;
  bool get = becomes_get(job);
  if (!get) status = check_replay(job);
  if (status == LARIAT_OK)
    status =
        trim_headers(job, lr_url_same_origin(&target, &job->request.url), get);
  if (status != LARIAT_OK) {
    lr_url_clear(&target);
    return status;
  }
  if (get) {
    drop_body(job);
    memcpy(job->request.method, "GET", sizeof "GET");
    job->request.get = true;
    job->replay.repeatable = true;
  }
  take_target(job, &target);
  return LARIAT_OK;
}
