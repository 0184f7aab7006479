/* SPDX-License-Identifier: MIT
 * See exchange_plan.h. */
#include "support/exchange_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/h1_parser.h"
#include "http/response.h"

enum { LONG = 3000, BYTES_ONE_BY_ONE = 100, PIECES = 12 };

/* ---- Numbers ---- */

static uint64_t mix(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t limit) {
  return (size_t)((mix(state) >> 32) * limit >> 32);
}

static bool once_in(uint64_t *state, unsigned count) {
  return below(state, count) == 0;
}

/* ---- Answers ---- */

bool exchange_plans_open(struct exchange_plans *plans) {
  *plans = (struct exchange_plans){0};
  plans->shapes = response_corpus_make(&plans->shape_count);
  plans->short_ones = malloc(sizeof(size_t) * (plans->shape_count + 1));
  if (!plans->shapes || !plans->short_ones) return false;
  for (size_t i = 0; i < plans->shape_count; i++)
    if (plans->shapes[i].length < LONG)
      plans->short_ones[plans->short_count++] = i;
  return true;
}

void exchange_plans_close(struct exchange_plans *plans) {
  free(plans->short_ones);
  if (plans->shapes) response_corpus_free(plans->shapes, plans->shape_count);
}

/* Goes through the answers, and through the bytes of each: so many plans as
 * there are answers have the next byte of all. */
static void choose_answer(struct exchange_plan *plan,
                          const struct exchange_plans *plans, uint64_t *state) {
  size_t round = (size_t)(plan->number / plans->short_count);
  size_t index = plans->short_ones[plan->number % plans->short_count];
  if (once_in(state, 100)) index = below(state, plans->shape_count);
  plan->shape = &plans->shapes[index];
  plan->cut = plan->shape->length;
  plan->end = PLAN_STAYS;
  if (once_in(state, 3)) plan->end = (uint8_t)(PLAN_ENDS + below(state, 3));
  if (once_in(state, 4)) return;
  plan->end = (uint8_t)(PLAN_ENDS + below(state, 3));
  plan->cut = plan->shape->length < LONG
                  ? round % (plan->shape->length + 1)
                  : below(state, plan->shape->length + 1);
}

/* ---- Steps ---- */

static void add_step(struct memory_step *steps, unsigned *count, int kind,
                     size_t amount) {
  if (*count == MEMORY_STEPS) return;
  steps[(*count)++] = (struct memory_step){amount, (uint8_t)kind, false};
}

static void add_receive(struct memory_script *script, int kind, size_t amount) {
  add_step(script->receives, &script->receive_count, kind, amount);
}

/* Adds something between two pieces, or nothing: then the next one may be with
 * TLS already. */
static bool add_pause(struct memory_script *script, uint64_t *state) {
  if (script->receive_count + 40 > MEMORY_STEPS || !once_in(state, 3))
    return false;
  if (script->tls && once_in(state, 2))
    add_receive(script, MEMORY_WRITE, below(state, 3));
  else
    add_receive(script, MEMORY_WAIT, 1 + below(state, 3));
  return true;
}

static void hold_last(struct memory_script *script, uint64_t *state) {
  unsigned last = script->receive_count - 1;
  script->receives[last].held =
      script->tls && last > 0 &&
      script->receives[last - 1].kind == MEMORY_BYTES && once_in(state, 2);
}

static size_t choose_piece(const struct exchange_plan *plan, size_t left,
                           unsigned way, uint64_t *state) {
  if (way == 0) return left;
  if (way == 1 && plan->cut <= BYTES_ONE_BY_ONE) return 1;
  if (way == 2) return plan->cut / PIECES + 1;
  size_t piece = 1 + below(state, 2 * plan->cut / PIECES + 1);
  return piece < left ? piece : left;
}

static void add_end(struct memory_script *script, unsigned end) {
  static const int kinds[] = {[PLAN_ENDS] = MEMORY_END,
                              [PLAN_CUTS] = MEMORY_CUT,
                              [PLAN_LOSES] = MEMORY_LOST};
  if (end != PLAN_STAYS) add_receive(script, kinds[end], 0);
}

static void add_pieces(struct exchange_plan *plan, uint64_t *state) {
  struct memory_script *script = &plan->script;
  unsigned way = (unsigned)below(state, 4);
  size_t left = plan->cut;
  for (unsigned pieces = 0; left; pieces++) {
    size_t piece =
        pieces > BYTES_ONE_BY_ONE ? left : choose_piece(plan, left, way, state);
    if (piece > left) piece = left;
    (void)add_pause(script, state);
    add_receive(script, MEMORY_BYTES, piece);
    hold_last(script, state);
    left -= piece;
  }
  (void)add_pause(script, state);
  add_end(script, plan->end);
  if (plan->end != PLAN_STAYS) hold_last(script, state);
}

/* Says whether TLS has to write before it reads somewhere: then it does not
 * have to read before it writes. */
static bool has_writes(const struct memory_script *script) {
  for (unsigned i = 0; i < script->receive_count; i++)
    if (script->receives[i].kind == MEMORY_WRITE) return true;
  return false;
}

static void add_sends(struct exchange_plan *plan, uint64_t *state) {
  struct memory_script *script = &plan->script;
  unsigned count = (unsigned)below(state, 8);
  size_t most = once_in(state, 2) ? 60 : 5000;
  bool may_read = script->tls && !has_writes(script);
  for (unsigned i = 0; i < count; i++) {
    if (once_in(state, 2))
      add_step(script->sends, &script->send_count, MEMORY_WAIT,
               1 + below(state, 4));
    if (may_read && once_in(state, 3))
      add_step(script->sends, &script->send_count, MEMORY_READ,
               below(state, 4));
    add_step(script->sends, &script->send_count, MEMORY_BYTES,
             1 + below(state, most));
  }
  if (plan->end != PLAN_STAYS && once_in(state, 12))
    add_step(script->sends, &script->send_count, MEMORY_LOST, 0);
}

static void make_whole(struct memory_script *script, const char *answer,
                       size_t length, unsigned end) {
  *script = (struct memory_script){.answer = answer};
  add_receive(script, MEMORY_WAIT, 1);
  if (length) add_receive(script, MEMORY_BYTES, length);
  add_end(script, end);
}

static void make_scripts(struct exchange_plan *plan, uint64_t *state) {
  static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  make_whole(&plan->first, good, sizeof good - 1, PLAN_STAYS);
  if (strcmp(plan->method, "HEAD") == 0) plan->first.receives[1].amount -= 2;
  make_whole(&plan->again, plan->shape->bytes, plan->shape->length, PLAN_ENDS);
  plan->script = (struct memory_script){.answer = plan->shape->bytes,
                                        .tls = once_in(state, 2)};
  if (plan->reuses || once_in(state, 2))
    add_receive(&plan->script, MEMORY_WAIT, 1 + below(state, 6));
  add_pieces(plan, state);
  add_sends(plan, state);
}

/* ---- Requests ---- */

static void choose_body(struct exchange_plan *plan, uint64_t *state) {
  static const size_t lengths[] = {0, 1, 100, 16384, 16385, 60000};
  plan->method = once_in(state, 2) ? "POST" : "PUT";
  plan->body = (uint8_t)(PLAN_BYTES + below(state, 4));
  plan->body_length = lengths[below(state, 6)];
  plan->piece = 1 + below(state, once_in(state, 2) ? 100 : 20000);
  if (plan->piece < 64 && plan->body_length > 4096) plan->piece = 4096;
}

static void choose_request(struct exchange_plan *plan, uint64_t *state) {
  static const char *const methods[] = {"GET", "GET", "GET", "HEAD", "DELETE"};
  plan->method = methods[below(state, 5)];
  if (once_in(state, 2)) choose_body(plan, state);
  plan->sink = once_in(state, 2) ? (uint8_t)below(state, 4)
                                 : (uint8_t)LARIAT_SINK_MEMORY;
  plan->decodes = !once_in(state, 4);
  plan->sha256 = once_in(state, 4);
  plan->reuses = once_in(state, 3);
  plan->reads_slowly = once_in(state, 2);
  plan->window = once_in(state, 2) ? 1 : 1 + below(state, 100000);
  if (once_in(state, 16)) plan->max_body_bytes = 1 + below(state, 8);
  if (once_in(state, 24)) plan->stop_round = 1 + (unsigned)below(state, 20);
}

void exchange_plan_make(struct exchange_plan *plan,
                        const struct exchange_plans *plans, uint64_t number) {
  uint64_t state = number;
  memset(plan, 0, sizeof *plan);
  plan->number = number;
  choose_answer(plan, plans, &state);
  choose_request(plan, &state);
  make_scripts(plan, &state);
}

bool exchange_plan_repeats(const struct exchange_plan *plan) {
  return strcmp(plan->method, "POST") != 0 && plan->body <= PLAN_FILE;
}

/* ---- What must come of it ---- */

static lr_h1_result parse_all(lr_h1_parser *parser, const char *bytes,
                              size_t length, size_t *used) {
  size_t part = 0;
  lr_h1_result result = lr_h1_parser_feed(parser, bytes, length, used);
  while (result == LR_H1_PAUSED) {
    result = lr_h1_parser_resume(parser, bytes + *used, length - *used, &part);
    *used += part;
  }
  return result;
}

/* Returns what a connection's end makes of an answer that goes on. */
static lariat_status judge_end(lr_h1_parser *parser, unsigned end) {
  bool begun = lr_h1_parser_begun(parser);
  if (end == PLAN_LOSES) return LARIAT_ERESET;
  if (end == PLAN_CUTS) return begun ? LARIAT_ETRUNCATED : LARIAT_EEMPTY;
  if (lr_h1_parser_end(parser) == LR_H1_DONE) return LARIAT_OK;
  return begun ? parser->fault : LARIAT_EEMPTY;
}

static void copy_body(struct plan_view *view, const lariat_response *response) {
  view->body_length = response->body.length;
  view->body = malloc(view->body_length + 1);
  if (view->body && view->body_length)
    memcpy(view->body, response->body.bytes, view->body_length);
}

void exchange_plan_view(const struct exchange_plan *plan, bool again,
                        struct plan_view *view) {
  lr_content_decoders decoders = {0};
  lr_h1_parser parser = {0};
  lariat_response *response = lr_response_new();
  *view = (struct plan_view){.status = LARIAT_ENOMEM};
  if (!response) return;
  lr_h1_parser_begin(&parser, response, strcmp(plan->method, "HEAD") == 0,
                     plan->decodes ? &decoders : NULL, plan->max_body_bytes);
  lr_h1_result result =
      parse_all(&parser, plan->shape->bytes,
                again ? plan->shape->length : plan->cut, &view->used);
  view->begun = lr_h1_parser_begun(&parser);
  view->status = result == LR_H1_FAILED ? parser.fault : LARIAT_OK;
  view->ended_by = result == LR_H1_MORE;
  view->not_http = parser.reason == LR_H1_REASON_NOT_HTTP;
  if (view->ended_by)
    view->status = judge_end(&parser, again ? PLAN_ENDS : plan->end);
  view->keeps = result == LR_H1_DONE && parser.keeps;
  view->http_status = response->status;
  copy_body(view, response);
  lr_h1_parser_close(&parser);
  lr_h1_parser_clear(&parser);
  lr_response_free(response);
  lr_content_decoders_clear(&decoders);
}

void plan_view_clear(struct plan_view *view) {
  free(view->body);
  view->body = NULL;
}

bool plan_view_waits(const struct exchange_plan *plan,
                     const struct plan_view *view) {
  return view->ended_by && plan->end == PLAN_STAYS;
}

/* ---- Description ---- */

static void print_steps(const char *what, const struct memory_step *steps,
                        unsigned count) {
  static const char *const names[] = {"",    "wait ", "write ", "read ",
                                      "end", "cut",   "lost"};
  printf("\n    %s:", what);
  for (unsigned i = 0; i < count; i++) {
    printf(" %s%s", steps[i].held ? "+" : "", names[steps[i].kind]);
    if (steps[i].kind < MEMORY_END) printf("%zu", steps[i].amount);
  }
}

void exchange_plan_print(const struct exchange_plan *plan) {
  static const char *const ends[] = {"stays", "ends", "cut", "lost"};
  static const char *const bodies[] = {"none", "bytes", "file", "producer",
                                       "chunked"};
  static const char *const sinks[] = {"memory", "stream", "fd", "discard"};
  printf("\n  \"%s\", %zu bytes of %zu, %s%s\n  %s, body %s of %zu, sink %s "
         "(window %zu%s)%s%s, at most %llu, stops in round %u",
         plan->shape->name, plan->cut, plan->shape->length, ends[plan->end],
         plan->reuses ? ", on an open connection" : "", plan->method,
         bodies[plan->body], plan->body_length, sinks[plan->sink], plan->window,
         plan->reads_slowly ? ", slow" : "", plan->decodes ? ", decodes" : "",
         plan->script.tls ? ", TLS" : "",
         (unsigned long long)plan->max_body_bytes, plan->stop_round);
  print_steps("receives", plan->script.receives, plan->script.receive_count);
  print_steps("sends", plan->script.sends, plan->script.send_count);
  printf("\n");
}
