/* SPDX-License-Identifier: MIT
 * entry.c: requests parsed, written and looked at. */
#include "entry.h"

#include <string.h>

#include "fault.h"
#include "wire.h"

/* The parts that an entry is made of. */
struct making {
  lariat_load_requests *requests;
  const lariat_load_request *request;
  const lariat_load_request *base;
  const lr_load_marks *marks; /* NULL: there are no variables */
  lr_load_arena *arena;
  lr_load_made *made;
  lariat_load_error *error;
};

static unsigned find_flags(const struct making *m) {
  unsigned flags = 0;
  if (lr_load_is_head(m->request->method)) flags |= LR_LOAD_ENTRY_HEAD;
  if (lr_load_is_idempotent(m->request->method))
    flags |= LR_LOAD_ENTRY_IDEMPOTENT;
  if (lr_load_has_header(m->request, m->base, "Cookie"))
    flags |= LR_LOAD_ENTRY_COOKIE;
  return flags;
}

static lariat_status make_bytes(const struct making *m, const lariat_url *url) {
  lr_load_wire wire;
  lariat_load_requests *requests = m->requests;
  lr_load_entry *entry = &m->made->entry;
  lariat_status status =
      lr_load_wire_make(m->request, m->base, url, m->arena, &wire, m->error);
  if (status == LARIAT_OK)
    status =
        lr_load_origins_add(&requests->origins, url, requests->draw->frozen,
                            &entry->origin, m->error);
  if (status == LARIAT_OK && m->marks)
    status = lr_load_template_make(m->marks, requests->csv, &wire, m->arena,
                                   &m->made->extra.template, m->error);
  if (status != LARIAT_OK) return status;
  entry->bytes = wire.bytes;
  entry->length = (uint32_t)wire.length;
  entry->flags = (uint16_t)find_flags(m);
  return LARIAT_OK;
}

static lariat_status make_entry(const struct making *m) {
  lariat_url *url;
  lariat_url_error fault;
  const char *text = m->request->url;
  if (!text) return lr_load_fail(m->error, 0, "there is no URL");
  lariat_status status =
      lariat_url_parse(text, strlen(text), NULL, &url, &fault);
  if (status == LARIAT_ENOMEM) return status;
  if (status != LARIAT_OK)
    return lr_load_fail(m->error, m->marks ? 0 : fault.byte, "not a URL: %s",
                        fault.message);
  if (m->marks && lr_load_marks_in_host(m->marks, url))
    status = lr_load_fail(m->error, 0,
                          "a variable cannot be in the host or the user");
  else
    status = make_bytes(m, url);
  lariat_url_free(url);
  return status;
}

lariat_status lr_load_entry_make(lariat_load_requests *requests,
                                 const lariat_load_request *request,
                                 lr_load_arena *arena, lr_load_made *made,
                                 lariat_load_error *error) {
  lr_load_marks marks;
  struct making making = {requests, request, &requests->base, NULL, arena,
                          made,     error};
  if (!requests->csv) return make_entry(&making);
  lariat_status status = lr_load_marks_init(&marks, requests->csv, request,
                                            &requests->base, error);
  if (marks.count) {
    making.marks = &marks;
    making.request = &marks.request;
    making.base = &marks.base;
  }
  if (status == LARIAT_OK) status = make_entry(&making);
  lr_load_marks_free(&marks);
  return status;
}
