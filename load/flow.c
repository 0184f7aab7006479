/* SPDX-License-Identifier: MIT
 * flow.c: steps made as other requests are. */
#include "flow.h"

#include <string.h>

#include "fault.h"

enum { MOST_STEPS = 10000 };

/* Adds "step 3: " in front of an error's text. */
static void name_step(lariat_load_error *error, size_t step) {
  lariat_load_error inner;
  if (!error) return;
  inner = *error;
  (void)lr_load_fail(error, inner.byte, "step %zu: %.90s", step, inner.message);
}

static lariat_status make_step(lariat_load_requests *requests,
                               const lariat_load_request *request,
                               lr_load_step *step, lariat_load_error *error) {
  lr_load_made made;
  lariat_status status =
      lr_load_requests_make(requests, request, &requests->arena, &made, error);
  if (status != LARIAT_OK) return status;
  step->entry = made.entry;
  step->extra = made.extra;
  return lariat_url_parse(request->url, strlen(request->url), NULL, &step->url,
                          NULL);
}

lariat_status lr_load_flow_make(lariat_load_requests *requests,
                                const lariat_load_request *steps, size_t count,
                                lr_load_flow **out, lariat_load_error *error) {
  if (count == 0 || count > MOST_STEPS)
    return lr_load_fail(error, 0, "a flow has from 1 to %d steps", MOST_STEPS);
  size_t size = sizeof(lr_load_flow) + count * sizeof(lr_load_step);
  lr_load_flow *flow = lr_load_arena_objects(&requests->arena, 1, size);
  if (!flow) return LARIAT_ENOMEM;
  flow->next = requests->flows;
  requests->flows = flow;
  for (; flow->count < count; flow->count++) {
    lariat_status status = make_step(requests, &steps[flow->count],
                                     &flow->steps[flow->count], error);
    if (status == LARIAT_EINVAL) name_step(error, flow->count + 1);
    if (status != LARIAT_OK) return status;
  }
  *out = flow;
  return LARIAT_OK;
}

void lr_load_flows_free(lr_load_flow *flows) {
  for (; flows; flows = flows->next)
    for (size_t i = 0; i < flows->count; i++)
      lariat_url_free(flows->steps[i].url);
}
