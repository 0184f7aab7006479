/* SPDX-License-Identifier: MIT
 * steady_load.c: see steady_load.h. */
#include "support/steady_load.h"

#include <stdio.h>

static void send_next(struct steady_stream *stream);

static lariat_value end_request(lariat_value result, void *context) {
  struct steady_stream *stream = context;
  struct steady_load *load = stream->load;
  load->going--;
  if (lariat_is_failure(result)) load->failed++;
  if (load->stop_ms && fixture_real_ms() >= load->stop_ms) load->left = 0;
  send_next(stream);
  return lariat_value_drop(result);
}

static void send_next(struct steady_stream *stream) {
  struct steady_load *load = stream->load;
  char url[128];
  if (load->left == 0) return;
  load->left--;
  load->going++;
  if (!load->paths[load->next_path]) load->next_path = 0;
  snprintf(url, sizeof url, "http://127.0.%u.%u:%u%s", load->area,
           stream->host + 1, origin_port(load->origin),
           load->paths[load->next_path++]);
  lariat_deferred_forget(lariat_deferred_add_both(
      lariat_get(load->t.client, url), end_request, stream));
}

void steady_load_open(struct steady_load *load, const lariat_pool_options *pool,
                      lariat_placement placement) {
  struct origin_options everywhere = {.address = "127.0.0.0/8"};
  lariat_client_options client = lariat_client_defaults();
  client.placement = placement;
  client.timeout_ms = 0;
  load->origin = origin_start(&everywhere);
  CU_ASSERT_PTR_NOT_NULL_FATAL(load->origin);
  fetching_open(&load->t, pool, &client);
}

static bool is_over(void *context) {
  const struct steady_load *load = context;
  return load->going == 0;
}

void steady_load_run(struct steady_load *load, unsigned patience_ms) {
  for (unsigned host = 0; host < load->hosts; host++)
    load->streams[host] = (struct steady_stream){load, host};
  for (unsigned i = 0; i < load->hosts * load->each; i++)
    send_next(&load->streams[i % load->hosts]);
  if (!fixture_run_until(&load->t.f, is_over, load, patience_ms))
    fixture_fail("%llu requests did not end", (unsigned long long)load->going);
  if (load->failed)
    fixture_fail("%llu requests failed", (unsigned long long)load->failed);
}

void steady_load_close(struct steady_load *load) {
  fetching_close(&load->t);
  origin_stop(load->origin);
  load->origin = NULL;
}
