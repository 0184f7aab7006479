/* SPDX-License-Identifier: MIT
 * source.c: the view that one reactor has of the requests. */
#include "source.h"

#include <stdlib.h>

#include "fault.h"
#include "request_pipe.h"
#include "requests.h"
#include "user.h"

struct lr_load_source {
  const lariat_load_requests *requests;
  const lr_load_alias *draw; /* NULL: all have the same weight, or an order */
  uint64_t total;            /* indexes that there are */
  bool same;                 /* all of them have one message: */
  lr_load_message only;
  lr_load_user *users;
  lr_load_bytes filled;  /* a message with the values of its variables */
  lr_load_bytes cookies; /* a message with cookies */
  lr_load_piped *piped;  /* whose bytes the last message has */
  lariat_status status;
};

/* ---- Life ---- */

/* Makes the message of a list that has but one for all indexes. */
static void make_only(lr_load_source *source) {
  const lariat_load_requests *requests = source->requests;
  if (requests->count != 1 || requests->instants || requests->pipe) return;
  const lr_load_entry *entry = &requests->entries[0];
  const lr_load_extra *extra = &requests->extras[entry->extra];
  source->same = !extra->template && !extra->flow &&
                 extra->think_low_ns == extra->think_high_ns;
  if (source->same)
    lr_load_entry_tell(requests, entry, extra, 0, 0, &source->only);
}

lariat_status lr_load_source_new(const lariat_load_requests *requests,
                                 lr_load_source **out) {
  lr_load_source *source = calloc(1, sizeof(*source));
  *out = NULL;
  if (!source) return LARIAT_ENOMEM;
  source->requests = requests;
  source->total = lr_load_requests_total(requests);
  lariat_status status = lr_load_requests_prepare(requests, &source->draw);
  if (status != LARIAT_OK) {
    free(source);
    return status;
  }
  make_only(source);
  *out = source;
  return LARIAT_OK;
}

void lr_load_source_free(lr_load_source *source) {
  if (!source) return;
  while (source->users) lr_load_source_leave(source, source->users);
  lr_load_bytes_free(&source->filled);
  lr_load_bytes_free(&source->cookies);
  lr_load_piped_free(source->piped);
  free(source);
}

lariat_status lr_load_source_status(const lr_load_source *source,
                                    lariat_load_error *error) {
  if (source->status == LARIAT_OK && source->requests->pipe)
    return lariat_load_pipe_status(source->requests->pipe, error);
  if (source->status != LARIAT_OK)
    (void)lr_load_fail(error, 0, "out of memory");
  return source->status;
}

static lr_load_next end_source(lr_load_source *source, lariat_status status) {
  source->status = status;
  return LR_LOAD_END;
}

/* ---- Messages ---- */

/* Puts the values of a row into the message.  False: out of memory. */
static bool fill_message(lr_load_source *source, uint64_t index,
                         const lr_load_template *template,
                         lr_load_message *out) {
  const lariat_load_requests *requests = source->requests;
  size_t row = lr_load_requests_row(requests, index);
  if (!lr_load_template_fill(template, requests->csv, row, out->bytes,
                             &source->filled))
    return false;
  out->bytes = source->filled.bytes;
  out->length = source->filled.length;
  out->stays = false;
  return true;
}

static lr_load_next tell_message(lr_load_source *source,
                                 const lr_load_entry *entry,
                                 const lr_load_extra *extra, uint64_t index,
                                 size_t step, lr_load_message *out) {
  lr_load_entry_tell(source->requests, entry, extra, index, step, out);
  if (extra->template && !fill_message(source, index, extra->template, out))
    return end_source(source, LARIAT_ENOMEM);
  return LR_LOAD_MESSAGE;
}

/* ---- Flows ---- */

static lr_load_user *add_user(lr_load_source *source, const lr_load_flow *flow,
                              uint64_t index) {
  lr_load_user *user = lr_load_user_new(flow, index);
  if (!user) return NULL;
  user->next = source->users;
  if (user->next) user->next->before = user;
  source->users = user;
  return user;
}

void lr_load_source_leave(lr_load_source *source, lr_load_user *user) {
  if (user->next) user->next->before = user->before;
  if (user->before)
    user->before->next = user->next;
  else
    source->users = user->next;
  lr_load_user_free(user);
}

bool lr_load_source_answer(lr_load_source *source, lr_load_user *user,
                           const lariat_response *response) {
  if (lr_load_user_answer(user, response)) return true;
  lr_load_source_leave(source, user);
  return false;
}

lr_load_next lr_load_source_step(lr_load_source *source, lr_load_user *user,
                                 lr_load_message *out) {
  const lr_load_step *step = &user->flow->steps[user->step];
  lr_load_next next = tell_message(source, &step->entry, &step->extra,
                                   user->index, user->step, out);
  if (next != LR_LOAD_MESSAGE) return next;
  out->user = user;
  lariat_status status = lr_load_user_add_cookies(user, &source->cookies, out);
  return status == LARIAT_OK ? LR_LOAD_MESSAGE : end_source(source, status);
}

static lr_load_next begin_flow(lr_load_source *source, const lr_load_flow *flow,
                               uint64_t index, lr_load_message *out) {
  lr_load_user *user = add_user(source, flow, index);
  if (!user) return end_source(source, LARIAT_ENOMEM);
  return lr_load_source_step(source, user, out);
}

/* ---- Requests ---- */

/* Takes the next request of the pipe; the one before is not used any more. */
static lr_load_next take_piped(lr_load_source *source, uint64_t index,
                               lr_load_message *out) {
  lr_load_piped *piped = NULL;
  lr_load_next next = lr_load_pipe_pop(source->requests->pipe, &piped);
  if (next != LR_LOAD_MESSAGE) return next;
  lr_load_piped_free(source->piped);
  source->piped = piped;
  next = tell_message(source, &piped->made.entry, &piped->made.extra, index, 0,
                      out);
  out->stays = false;
  out->request = UINT32_MAX;
  return next;
}

/* Takes the message of an index from a list that has several. */
static lr_load_next take_listed(lr_load_source *source, uint64_t index,
                                lr_load_message *out) {
  const lariat_load_requests *requests = source->requests;
  if (requests->pipe) return take_piped(source, index, out);
  if (!requests->count || index >= source->total) return LR_LOAD_END;
  size_t at = lr_load_requests_choose(requests, source->draw, index);
  const lr_load_entry *entry = &requests->entries[at];
  const lr_load_extra *extra = &requests->extras[entry->extra];
  lr_load_next next = LR_LOAD_MESSAGE;
  if (extra->flow)
    next = begin_flow(source, extra->flow, index, out);
  else
    next = tell_message(source, entry, extra, index, 0, out);
  out->request = (uint32_t)at;
  return next;
}

lr_load_next lr_load_source_take(lr_load_source *source, uint64_t index,
                                 lr_load_message *out) {
  if (!source->same) return take_listed(source, index, out);
  *out = source->only;
  return LR_LOAD_MESSAGE;
}
