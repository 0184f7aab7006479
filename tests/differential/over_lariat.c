/* SPDX-License-Identifier: MIT
 * over_lariat.c: programs run one after the other over one reactor with a
 * clock that programs move. */
#include "differential/over_lariat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deferred/deferred.h"
#include "differential/compare.h"
#include "differential/machine.h"
#include <lariat/allocator.h>
#include <lariat/checks.h>
#include <lariat/coroutine.h>

struct context *new_context(struct machine *m, const struct function *callback,
                            const struct function *errback) {
  struct context *context = take_memory(sizeof *context);
  *context = (struct context){m, callback, errback, 0};
  m->counts.contexts_made++;
  return context;
}

void destroy_context(void *data) {
  struct context *context = data;
  context->machine->counts.contexts_destroyed++;
  free(context);
}

const struct function *function_in(const struct machine *m, const char *word) {
  if (strcmp(word, "-") == 0) return NULL;
  if (word[0] != 'f') die("%s is not a function", word);
  return &m->script.functions[number_in(word + 1)];
}

void put_deferred(struct machine *m, const char *word,
                  lariat_deferred *deferred) {
  lariat_deferred **slot = &m->deferreds[number_in(word)];
  lariat_deferred *old = *slot;
  *slot = deferred;
  m->is_coroutine[number_in(word)] = false;
  lariat_deferred_release(old);
}

void keep(struct machine *m, lariat_deferred *deferred) {
  m->kept[m->kept_count++] = lariat_deferred_retain(deferred);
}

void say_called(struct machine *m, const char *title,
                const struct function *function, lariat_value value) {
  text_format(&m->trace, "%s %s ", title, function->name);
  describe(&m->trace, value);
  text_add(&m->trace, "\n");
}

lariat_value outcome_of(struct machine *m, const struct function *function,
                        lariat_value result) {
  const char *kind = function->kind;
  if (strcmp(kind, "val") == 0) {
    lariat_value_drop(result);
    return value_from(&m->counts, function->operand);
  }
  if (strcmp(kind, "fail") == 0 || strcmp(kind, "raise") == 0) {
    lariat_value_drop(result);
    return user_failure(function->operand);
  }
  if (strcmp(kind, "def") == 0) {
    lariat_deferred *inner = m->deferreds[number_in(function->operand)];
    if (!inner) return result;
    lariat_value given = lariat_deferred_value(lariat_deferred_retain(inner));
    lariat_value_drop(result);
    return given;
  }
  return result;
}

/* The sides of a pair. */

static lariat_value call(struct context *context,
                         const struct function *function, lariat_value result) {
  struct machine *m = context->machine;
  if (m->is_over) return lariat_value_drop(result);
  char title[16];
  snprintf(title, sizeof title, "%d", context->pair);
  say_called(m, title, function, result);
  perform(m, function->body, function->lines);
  return outcome_of(m, function, result);
}

static lariat_value on_result(lariat_value result, void *context) {
  struct context *pair = context;
  return call(pair, pair->callback, result);
}

static lariat_value on_failure(lariat_value result, void *context) {
  struct context *pair = context;
  return call(pair, pair->errback, result);
}

static void on_cancel(lariat_deferred *deferred, void *context) {
  (void)deferred;
  struct context *canceller = context;
  struct machine *m = canceller->machine;
  if (m->is_over) return;
  text_format(&m->trace, "canceller %s\n", canceller->callback->name);
  perform(m, canceller->callback->body, canceller->callback->lines);
}

/* The operations. */

static void perform_new(struct machine *m, const struct line *line) {
  lariat_deferred *made;
  if (line->count > 2) {
    const struct function *function = function_in(m, line->words[2]);
    made = lariat_deferred_new(m->reactor, on_cancel,
                               new_context(m, function, NULL), destroy_context);
  } else {
    made = lariat_deferred_new(m->reactor, NULL, NULL, NULL);
  }
  put_deferred(m, line->words[1], made);
}

static void perform_done(struct machine *m, const struct line *line) {
  lariat_value value = value_from(&m->counts, line->words[2]);
  put_deferred(m, line->words[1], lariat_deferred_succeed(m->reactor, value));
}

static void perform_failed(struct machine *m, const struct line *line) {
  put_deferred(
      m, line->words[1],
      lariat_deferred_fail(m->reactor, LARIAT_EUSER, "%s", line->words[2]));
}

static void perform_drop(struct machine *m, const struct line *line) {
  put_deferred(m, line->words[1], NULL);
}

static void add_pair(struct machine *m, lariat_deferred *deferred,
                     const struct function *callback,
                     const struct function *errback) {
  struct context *context = new_context(m, callback, errback);
  context->pair = ++m->pairs;
  lariat_deferred_add_callbacks_owned(deferred, callback ? on_result : NULL,
                                      errback ? on_failure : NULL, context,
                                      destroy_context);
}

static void perform_callbacks(struct machine *m, lariat_deferred *deferred,
                              const struct line *line) {
  add_pair(m, deferred, function_in(m, line->words[2]),
           function_in(m, line->words[3]));
}

static void perform_callback(struct machine *m, lariat_deferred *deferred,
                             const struct line *line) {
  add_pair(m, deferred, function_in(m, line->words[2]), NULL);
}

static void perform_errback(struct machine *m, lariat_deferred *deferred,
                            const struct line *line) {
  add_pair(m, deferred, NULL, function_in(m, line->words[2]));
}

static void perform_both(struct machine *m, lariat_deferred *deferred,
                         const struct line *line) {
  const struct function *function = function_in(m, line->words[2]);
  add_pair(m, deferred, function, function);
}

static void say_refused(struct machine *m, const struct line *line,
                        lariat_status status) {
  if (status == LARIAT_OK) return;
  const char *why = status == LARIAT_EALREADY ? "already" : "refused";
  text_format(&m->trace, "%s d%s: %s\n", line->words[0], line->words[1], why);
}

/* A coroutine's deferred is the coroutine's to fire. */
static bool is_taken(const struct machine *m, const char *word) {
  return m->is_coroutine[number_in(word)];
}

static void perform_fire(struct machine *m, lariat_deferred *deferred,
                         const struct line *line) {
  if (is_taken(m, line->words[1])) return;
  lariat_value value = value_from(&m->counts, line->words[2]);
  say_refused(m, line, lariat_deferred_callback(deferred, value));
}

static void perform_err(struct machine *m, lariat_deferred *deferred,
                        const struct line *line) {
  if (is_taken(m, line->words[1])) return;
  lariat_value failure = user_failure(line->words[2]);
  say_refused(m, line, lariat_deferred_errback(deferred, failure));
}

static void perform_cancel(struct machine *m, lariat_deferred *deferred,
                           const struct line *line) {
  (void)m;
  (void)line;
  lariat_deferred_cancel(deferred);
}

static void perform_pause(struct machine *m, lariat_deferred *deferred,
                          const struct line *line) {
  (void)m;
  (void)line;
  lariat_deferred_pause(deferred);
}

static void perform_unpause(struct machine *m, lariat_deferred *deferred,
                            const struct line *line) {
  say_refused(m, line, lariat_deferred_unpause(deferred));
}

static void perform_show(struct machine *m, lariat_deferred *deferred,
                         const struct line *line) {
  text_format(&m->trace, "d%s %s\n", line->words[1],
              lariat_deferred_fired(deferred) ? "fired" : "unfired");
}

static void perform_chain(struct machine *m, lariat_deferred *deferred,
                          const struct line *line) {
  lariat_deferred *next = m->deferreds[number_in(line->words[2])];
  if (next && !is_taken(m, line->words[2]))
    lariat_deferred_chain(deferred, next);
}

/* One of the two. */
static const struct {
  perform_operation *alone;
  perform_on_deferred *on_deferred;
} performers[OP_COUNT] = {
    [OP_NEW] = {.alone = perform_new},
    [OP_DONE] = {.alone = perform_done},
    [OP_FAILED] = {.alone = perform_failed},
    [OP_DROP] = {.alone = perform_drop},
    [OP_CALLBACKS] = {.on_deferred = perform_callbacks},
    [OP_CALLBACK] = {.on_deferred = perform_callback},
    [OP_ERRBACK] = {.on_deferred = perform_errback},
    [OP_BOTH] = {.on_deferred = perform_both},
    [OP_FIRE] = {.on_deferred = perform_fire},
    [OP_ERR] = {.on_deferred = perform_err},
    [OP_CANCEL] = {.on_deferred = perform_cancel},
    [OP_PAUSE] = {.on_deferred = perform_pause},
    [OP_UNPAUSE] = {.on_deferred = perform_unpause},
    [OP_SHOW] = {.on_deferred = perform_show},
    [OP_CHAIN] = {.on_deferred = perform_chain},
    [OP_GATHER] = {.alone = perform_gather},
    [OP_LIST] = {.alone = perform_list},
    [OP_RACE] = {.alone = perform_race},
    [OP_TIMEOUT] = {.on_deferred = perform_timeout},
    [OP_ADVANCE] = {.alone = perform_advance},
    [OP_LOCK] = {.alone = perform_lock},
    [OP_SEMAPHORE] = {.alone = perform_semaphore},
    [OP_QUEUE] = {.alone = perform_queue},
    [OP_ACQUIRE] = {.alone = perform_acquire},
    [OP_RELEASE] = {.alone = perform_release},
    [OP_PUT] = {.alone = perform_put},
    [OP_GET] = {.alone = perform_get},
    [OP_RUN] = {.alone = perform_run},
};

/* Those that wait are for bodies of coroutines, and nothing elsewhere. */
void perform_line(struct machine *m, const struct line *line) {
  if (is_wait(line->op)) return;
  m->performed[line->op]++;
  if (performers[line->op].alone) {
    performers[line->op].alone(m, line);
  } else {
    lariat_deferred *deferred = m->deferreds[number_in(line->words[1])];
    if (deferred) performers[line->op].on_deferred(m, deferred, line);
  }
}

void perform(struct machine *m, const struct line *lines, int count) {
  for (int i = 0; i < count; i++) {
    if (++m->steps > STEPS_MOST) return;
    perform_line(m, &lines[i]);
  }
}

/* What is there at the end. */

/* The deferred that `deferred` waits for, as its description says; NULL for
 * none. */
static const void *awaited_by(const lariat_deferred *deferred) {
  static const char words[] = " waiting on deferred at ";
  char text[128];
  lariat_deferred_describe(deferred, text, sizeof text);
  const char *found = strstr(text, words);
  void *awaited = NULL;
  if (found) sscanf(found + sizeof words - 1, "%p", &awaited);
  return awaited;
}

static void tell_awaited(struct machine *m, const void *awaited) {
  for (int i = 0; i < SLOTS; i++) {
    if (m->deferreds[i] != awaited) continue;
    text_format(&m->trace, "waits for d%d\n", i);
    return;
  }
  text_add(&m->trace, "waits\n");
}

static void tell_deferred(struct machine *m, int slot) {
  const lariat_deferred *deferred = m->deferreds[slot];
  if (!deferred) return;
  text_format(&m->trace, "d%d ", slot);
  const void *awaited = awaited_by(deferred);
  if (!lariat_deferred_fired(deferred)) {
    text_add(&m->trace, "unfired\n");
  } else if (awaited) {
    tell_awaited(m, awaited);
  } else {
    describe(&m->trace, lariat_deferred_peek(deferred));
    text_add(&m->trace, "\n");
  }
}

/* A report is "unhandled failure: MESSAGE (STATUS) in a deferred of ...". */
static void on_report(const char *message, void *context) {
  static const char start[] = "unhandled failure: ";
  struct machine *m = context;
  const char *end = strstr(message, ") in a deferred of ");
  if (!end || strncmp(message, start, sizeof start - 1) != 0)
    die("an unknown report: %s", message);
  const char *name = end;
  while (*name != '(') name--;
  int length = (int)(end - name - 1);
  if (m->is_ending && strncmp(name, "(user)", 6) != 0) {
    m->is_unclear = true;
    return;
  }
  if (m->report_count == REPORTS_MOST) die("too many reports");
  char *report = m->reports[m->report_count++];
  if (strncmp(name, "(user)", 6) != 0) {
    snprintf(report, sizeof m->reports[0], "%.*s", length, name + 1);
    return;
  }
  message += sizeof start - 1;
  length = (int)(name - 1 - message);
  snprintf(report, sizeof m->reports[0], "user %.*s", length, message);
}

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

static void tell_reports(struct machine *m) {
  qsort(m->reports, (size_t)m->report_count, sizeof m->reports[0], by_text);
  for (int i = 0; i < m->report_count; i++)
    text_format(&m->trace, "unhandled %s\n", m->reports[i]);
}

/* lariat's memory, counted. */

static void *allocate(size_t bytes, void *context) {
  struct machine *m = context;
  m->blocks++;
  return take_memory(bytes);
}

static void *resize(void *memory, size_t bytes, void *context) {
  struct machine *m = context;
  if (!memory) m->blocks++;
  memory = realloc(memory, bytes);
  if (!memory) die("out of memory");
  return memory;
}

static void release(void *memory, void *context) {
  struct machine *m = context;
  m->blocks--;
  free(memory);
}

/* (Programs await twice, which is misuse: they look at the status.) */
static void count_memory(struct machine *m) {
  lariat_set_checks(false);
  const lariat_allocator counting = {allocate, resize, release, m};
  if (lariat_set_allocator(&counting) != LARIAT_OK) die("no allocator");
}

/* What was made must be gone, each thing once. */
static void tell_counts(struct machine *m) {
  if (m->blocks != m->blocks_before)
    text_format(&m->trace, "%ld blocks of memory left\n",
                m->blocks - m->blocks_before);
  const struct counts *c = &m->counts;
  if (c->values_made != c->values_dropped)
    text_format(&m->trace, "%d values made, %d dropped\n", c->values_made,
                c->values_dropped);
  if (c->contexts_made != c->contexts_destroyed)
    text_format(&m->trace, "%d contexts made, %d destroyed\n", c->contexts_made,
                c->contexts_destroyed);
}

/* All time-outs come to their end, those too that are set meanwhile. */
static void let_time_pass(struct machine *m) {
  for (int i = 0; m->has_timers && i < STEPS_MOST; i++) {
    m->has_timers = false;
    advance_clock(m, 1000000);
  }
}

static bool has_run(const lariat_deferred *deferred) {
  return lr_deferred_is_fired(deferred) && !lr_deferred_waits(deferred) &&
         deferred->next == deferred->end;
}

/* What coroutines still wait for is held until they have ended. */
static void drop_kept(struct machine *m) {
  int left = 0;
  for (int i = 0; i < m->kept_count; i++) {
    lariat_deferred *deferred = m->kept[i];
    if (m->is_over && !has_run(deferred))
      m->kept[left++] = deferred;
    else
      lariat_deferred_release(deferred);
  }
  m->kept_count = left;
}

/* Ends the coroutines that wait for what nobody will fire.  Twisted's are
 * collected in silence, so what this brings is not told; a failure that is
 * reported may have been there before, if it is none of the program's. */
static void end_coroutines(struct machine *m) {
  if (!m->is_over) return;
  m->is_ending = true;
  lariat_coroutine_end_all(m->reactor);
  while (m->kept_count > 0) lariat_deferred_release(m->kept[--m->kept_count]);
  if (m->is_unclear) text_add(&m->trace, CIRCLE);
}

static void drop_deferreds(struct machine *m) {
  drop_kept(m);
  for (int i = 0; i < SLOTS; i++) {
    lariat_deferred *deferred = m->deferreds[i];
    m->deferreds[i] = NULL;
    lariat_deferred_release(deferred);
  }
}

static void run_program(struct machine *m, char *program) {
  script_parse(&m->script, program);
  memset(&m->counts, 0, sizeof m->counts);
  m->steps = m->pairs = m->report_count = m->coroutines = 0;
  m->has_timers = m->is_over = m->is_ending = m->is_unclear = false;
  m->blocks_before = m->blocks;
  perform(m, m->script.main, m->script.lines);
  let_time_pass(m);
  for (int i = 0; i < SLOTS; i++) tell_deferred(m, i);
  tell_tools(m);
  m->is_over = m->coroutines > 0;
  drop_deferreds(m);
  drop_tools(m);
  end_coroutines(m);
  tell_reports(m);
  tell_counts(m);
  text_add(&m->trace, "end\n");
}

/* Each program ends with a line "end". */
static void run_programs(struct machine *m, char *programs) {
  for (;;) {
    char *end = strncmp(programs, "end\n", 4) == 0
                    ? programs
                    : strstr(programs, "\nend\n");
    if (!end) return;
    char *next = end + (end == programs ? 4 : 5);
    *end = '\0';
    run_program(m, programs);
    programs = next;
  }
}

static void tell_performed(struct machine *m) {
  for (int op = 0; op < OP_COUNT; op++)
    text_format(&m->trace, "%s %" PRIu64 "\n", operations[op].name,
                m->performed[op]);
}

/* Reads a batch into `batch`; its size, or -1 at the end. */
static long read_batch(FILE *in, struct text *batch) {
  char head[32];
  if (!fgets(head, sizeof head, in)) return -1;
  long size = strtol(head, NULL, 10);
  text_clear(batch);
  char *place = text_reserve(batch, (size_t)size);
  if (fread(place, 1, (size_t)size, in) != (size_t)size) return -1;
  return size;
}

static uint64_t now(void *context) {
  const struct machine *m = context;
  return m->now_ns;
}

static void serve(struct machine *m, FILE *in, FILE *out) {
  struct text batch = {0};
  long size;
  while ((size = read_batch(in, &batch)) >= 0) {
    text_clear(&m->trace);
    if (size == 0)
      tell_performed(m);
    else
      run_programs(m, batch.bytes);
    fprintf(out, "%zu\n", m->trace.used);
    fwrite(m->trace.bytes, 1, m->trace.used, out);
    if (fflush(out) != 0) break;
  }
  text_free(&batch);
}

/* What the reactor keeps once it has needed it is there before the first
 * program. */
static void warm_up(struct machine *m) {
  lariat_deferred *d = lariat_deferred_new(m->reactor, NULL, NULL, NULL);
  for (int i = 0; i < STEPS_MOST; i++)
    lariat_deferred_add_timeout(d, 1, NULL, NULL, NULL);
  lariat_deferred_callback(d, lariat_none());
  lariat_deferred_release(d);
  advance_clock(m, 1);
  warm_up_coroutines(m);
}

int over_lariat(int commands, int answers, const char *rows) {
  struct machine *m = take_memory(sizeof *m);
  const lariat_clock clock = {now, m, true};
  const lariat_reactor_options options = {.size = sizeof options,
                                          .clock = &clock};
  FILE *in = fdopen(commands, "r");
  FILE *out = fdopen(answers, "w");
  count_memory(m);
  if (!in || !out || lariat_reactor_new(&options, &m->reactor) != LARIAT_OK)
    die("lariat's side does not start");
  m->keeps_racers = strstr(rows, "race-unheld") != NULL;
  m->keeps_awaited = strstr(rows, "await-lost") != NULL;
  lariat_reactor_set_report(m->reactor, on_report, m);
  warm_up(m);
  serve(m, in, out);
  lariat_reactor_close(m->reactor, 0);
  text_free(&m->trace);
  free(m);
  fclose(in);
  fclose(out);
  return 0;
}
