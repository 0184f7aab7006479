/* SPDX-License-Identifier: MIT
 * warming.c: connections that are opened ahead of requests: jobs with a lease
 * that nobody gets.  The first goes alone: what it finds out about the host
 * spares the others their tries. */
#include "base/memory.h"
#include "client/client.h"
#include "client/outcome.h"
#include "client/request.h"
#include "client/submit.h"
#include "deferred/deferred.h"
#include "job/lease.h"
#include "pool/pool.h"
#include <lariat/deferred_group.h>

/* Held by the pairs of all openings, and of the end. */
typedef struct warming {
  size_t holds;
  lariat_client *client;
  lariat_deferred_group *group;
  char *url;
  unsigned left; /* of them */
  unsigned opened;
} warming;

static void release_warming(void *context) {
  warming *w = context;
  if (--w->holds > 0) return;
  lariat_deferred_group_release(w->group);
  lr_free(w->url);
  lr_free(w);
}

/* ---- One connection ---- */

static lariat_status fill_opening(lr_job *job, const char *url) {
  lariat_request_options request = lariat_request_defaults(job->client);
  request.idle_timeout_ms = 0;
  request.sha256 = false;
  lariat_status status = lr_request_fill_opening(job, url, &request);
  if (status == LARIAT_OK) status = lr_lease_new(NULL, &job->lease);
  if (status == LARIAT_OK) job->lease->ahead = true;
  return status;
}

static bool is_open(const lariat_client *client) {
  return !client->closed && lr_pool_drain_until(client->pool) == UINT64_MAX;
}

static lariat_deferred *fail_warming(const lariat_client *client,
                                     lariat_status status) {
  return lariat_deferred_fail(client->reactor, status, "%s",
                              lariat_status_text(status));
}

static lariat_deferred *open_one(lariat_client *client, const char *url) {
  if (!is_open(client)) return fail_warming(client, LARIAT_ECLOSED);
  lr_job *job = lr_client_new_job(client);
  if (!job) return lr_deferred_failed_reserve(client->reactor);
  lariat_status status = fill_opening(job, url);
  if (status == LARIAT_OK) status = lr_client_submit(client, job);
  if (status != LARIAT_OK) lr_client_fail(job, status, url);
  return &job->deferred;
}

/* ---- All of them ---- */

static lariat_value note_opening(lariat_value result, void *context);

static void begin_opening(warming *w) {
  lariat_deferred *opening = open_one(w->client, w->url);
  w->holds++;
  lariat_deferred_add_both_owned(opening, note_opening, w, release_warming);
  (void)lariat_deferred_group_add(w->group, opening);
}

/* Opens the others, behind the first. */
static void begin_others(warming *w) {
  for (; w->left && lariat_deferred_group_members(w->group); w->left--)
    begin_opening(w);
}

/* Counts an opening; those that the limits do not allow have not failed. */
static lariat_value note_opening(lariat_value result, void *context) {
  warming *w = context;
  bool failed = lariat_is_failure(result);
  lariat_status status = failed ? lariat_failure_status(result) : LARIAT_OK;
  if (!failed && w->opened++ == 0) begin_others(w);
  return status == LARIAT_EALREADY || status == LARIAT_EOVERLOAD
             ? lariat_value_drop(result)
             : result;
}

static lariat_value end_warming(lariat_value none, void *context) {
  const warming *w = context;
  lariat_value failure = lariat_deferred_group_first_failure(w->group);
  lariat_value copy;
  (void)none;
  if (w->opened || lariat_is_none(failure))
    return lariat_int((intptr_t)w->opened);
  return lariat_value_share(failure, &copy) == LARIAT_OK
             ? copy
             : lr_failure_no_memory();
}

static warming *new_warming(lariat_client *client, const char *url,
                            unsigned connections) {
  const lariat_pool_options *options = lr_pool_options(client->pool);
  unsigned most = options->max_connections_per_host;
  warming *w = lr_alloc_zero(sizeof *w);
  if (!w) return NULL;
  w->holds = 1;
  w->client = client;
  w->url = lr_copy_string(url);
  w->left = (connections < most ? connections : most) - 1;
  if (w->url &&
      lariat_deferred_group_new(client->reactor, &w->group) == LARIAT_OK)
    return w;
  lr_free(w->url);
  lr_free(w);
  return NULL;
}

lariat_deferred *lariat_client_warm(lariat_client *client, const char *url,
                                    unsigned connections) {
  lariat_status status = lr_reactor_check(client->reactor, __func__);
  if (status != LARIAT_OK) return fail_warming(client, status);
  if (!is_open(client)) return fail_warming(client, LARIAT_ECLOSED);
  if (!url) return fail_warming(client, LARIAT_EURL);
  if (connections == 0)
    return lariat_deferred_fail(client->reactor, LARIAT_EINVAL,
                                "no connections are to be opened");
  warming *w = new_warming(client, url, connections);
  if (!w) return lr_deferred_failed_reserve(client->reactor);
  begin_opening(w);
  lariat_deferred *done = lariat_deferred_group_wait(w->group);
  return lariat_deferred_add_callback_owned(done, end_warming, w,
                                            release_warming);
}
