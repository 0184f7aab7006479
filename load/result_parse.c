/* SPDX-License-Identifier: MIT
 * result_parse.c: a result from the JSON that a report has written.  Keys that
 * are not known are ignored. */
#include <lariat/load/report.h>

#include <stdlib.h>
#include <string.h>

#include <lariat/allocator.h>

#include "fault.h"
#include "result_json.h"

typedef struct parser {
  lr_load_reading in;
  json_t *root;
  lariat_load_result *result;
} parser;

/* ---- Words ---- */

static const char *name_outcome(unsigned index) {
  return lariat_load_outcome_name((lariat_load_outcome)index);
}

static const char *name_validity(unsigned index) {
  return lariat_load_validity_name((lariat_load_validity)index);
}

static const char *name_process(unsigned index) {
  return index == LARIAT_LOAD_POISSON ? "poisson" : "even";
}

static const char *name_model(unsigned index) {
  return index ? "open" : "closed";
}

/* ---- Facts ---- */

static unsigned read_http_version(lr_load_reading *in, json_t *from) {
  const char *text = lr_load_read_string(in, from, "http_version");
  if (text[0] >= '1' && text[0] <= '9') {
    unsigned version = (unsigned)(text[0] - '0') * 10;
    if (!text[1]) return version;
    if (text[1] == '.' && text[2] >= '0' && text[2] <= '9' && !text[3])
      return version + (unsigned)(text[2] - '0');
  }
  lr_load_refuse(in, "no version \"http_version\"");
  return 0;
}

static void read_facts(lr_load_reading *in, json_t *root,
                       lariat_load_run_facts *facts) {
  json_t *plan = lr_load_read_object(in, root, "plan");
  json_t *run = lr_load_read_object(in, root, "run");
  lr_load_read_struct(in, root, "plan", &lr_load_plan_members, facts);
  lr_load_read_struct(in, root, "run", &lr_load_run_members, facts);
  lr_load_read_struct(in, run, "versions", &lr_load_version_members, facts);
  if (json_object_get(run, "host"))
    lr_load_read_struct(in, root, "run", &lr_load_agreed_members, facts);
  facts->process = (lariat_load_process)lr_load_read_word_of(
      in, plan, "process", 2, name_process);
  facts->http_version = read_http_version(in, plan);
  facts->open = lr_load_read_word_of(in, plan, "model", 2, name_model) == 1;
}

/* ---- Judgement ---- */

static void read_reason(lr_load_reading *in, json_t *from,
                        lariat_load_reason *reason) {
  static const lr_load_member members[] = {
      LR_LOAD_MEMBER(lariat_load_reason, code, "code", LR_LOAD_STRING),
      LR_LOAD_MEMBER(lariat_load_reason, message, "message", LR_LOAD_STRING),
  };
  reason->validity = (lariat_load_validity)lr_load_read_word_of(
      in, from, "verdict", LARIAT_LOAD_INVALID + 1, name_validity);
  lr_load_read_members(in, from, members, 2, reason);
}

static void read_verdict(parser *p, lariat_load_verdict *verdict) {
  json_t *reasons = lr_load_read_array(&p->in, p->root, "reasons");
  size_t count = json_array_size(reasons);
  verdict->validity = (lariat_load_validity)lr_load_read_word_of(
      &p->in, p->root, "verdict", LARIAT_LOAD_INVALID + 1, name_validity);
  if (count > sizeof(verdict->reasons) / sizeof(verdict->reasons[0])) {
    lr_load_refuse(&p->in, "%zu reasons are too many", count);
    return;
  }
  verdict->reason_count = count;
  for (size_t i = 0; i < count; i++)
    read_reason(&p->in, json_array_get(reasons, i), &verdict->reasons[i]);
}

/* ---- Counts ---- */

static void read_outcomes(lr_load_reading *in, json_t *from,
                          uint64_t outcomes[LARIAT_LOAD_OUTCOMES]) {
  json_t *object = lr_load_read_object(in, from, "outcomes");
  for (unsigned i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    outcomes[i] = lr_load_read_count(in, object, name_outcome(i));
}

static void read_statuses(parser *p) {
  const char *key;
  json_t *value;
  json_t *object = lr_load_read_object(&p->in, p->root, "statuses");
  json_object_foreach(object, key, value) {
    char *end;
    unsigned long status = strtoul(key, &end, 10);
    if (*end || end == key || status >= LR_LOAD_STATUSES)
      lr_load_refuse(&p->in, "no status \"%.40s\"", key);
    else
      p->result->statuses[status] = lr_load_read_count(&p->in, object, key);
  }
}

/* Reads when failures were first and last: of those that there are. */
static void read_failures(parser *p) {
  const char *key;
  json_t *value;
  json_t *object = lr_load_read_object(&p->in, p->root, "failures");
  json_object_foreach(object, key, value) {
    for (unsigned i = LARIAT_LOAD_ANSWERED + 1; i < LARIAT_LOAD_OUTCOMES; i++) {
      lr_load_ends *ends = &p->result->ends[i];
      if (strcmp(key, name_outcome(i)) != 0) continue;
      lr_load_read_struct(&p->in, object, key, &lr_load_failure_members, ends);
      ends->first_ns += p->result->started_ns;
      ends->last_ns += p->result->started_ns;
    }
  }
}

static void read_counts(parser *p) {
  lr_load_counts *counts = &p->result->counts;
  lr_load_read_struct(&p->in, p->root, "counts", &lr_load_count_members,
                      counts);
  read_outcomes(&p->in, p->root, counts->outcomes);
  read_failures(p);
  read_statuses(p);
}

/* ---- Times ---- */

static void read_class(lr_load_reading *in, json_t *from,
                       lr_load_class *class) {
  read_outcomes(in, from, class->outcomes);
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++)
    if (class->histograms[i])
      lr_load_read_histogram(in, from,
                             lariat_load_measure_name((lariat_load_measure)i),
                             class->histograms[i]);
}

static void read_classes(parser *p) {
  json_t *classes = lr_load_read_array(&p->in, p->root, "classes");
  read_class(&p->in, p->root, &p->result->classes[0]);
  for (size_t i = 1; i < p->result->class_count; i++)
    read_class(&p->in, json_array_get(classes, i - 1), &p->result->classes[i]);
}

/* ---- Rows ---- */

/* Reads an array of objects into new memory, `*rows`, of `size` bytes each. */
static void *read_rows(lr_load_reading *in, json_t *array,
                       const lr_load_members *members, size_t size) {
  size_t count = json_array_size(array);
  char *rows = lariat_memory_allocate(count * size);
  if (!rows) {
    if (in->status == LARIAT_OK) in->status = LARIAT_ENOMEM;
    return NULL;
  }
  memset(rows, 0, count * size);
  for (size_t i = 0; i < count; i++)
    lr_load_read_struct(in, json_array_get(array, i), NULL, members,
                        rows + i * size);
  return rows;
}

static void read_seconds(parser *p) {
  lariat_load_result *result = p->result;
  json_t *array = lr_load_read_array(&p->in, p->root, "seconds");
  result->seconds = read_rows(&p->in, array, &lr_load_second_members,
                              sizeof(*result->seconds));
  if (!result->seconds) return;
  result->second_count = result->second_capacity = json_array_size(array);
}

static void read_thresholds(parser *p) {
  lariat_load_result *result = p->result;
  json_t *array = lr_load_read_array(&p->in, p->root, "thresholds");
  result->told = read_rows(&p->in, array, &lr_load_threshold_members,
                           sizeof(*result->told));
  if (result->told) result->told_count = json_array_size(array);
}

/* Reads what a result was merged of: there is no such key, if it was not. */
static void read_merged(parser *p) {
  lariat_load_result *result = p->result;
  if (!json_object_get(p->root, "parts")) return;
  json_t *array = lr_load_read_array(&p->in, p->root, "parts");
  result->merged = read_rows(&p->in, array, &lr_load_merged_members,
                             sizeof(*result->merged));
  if (result->merged) result->merged_count = json_array_size(array);
  for (size_t i = 0; i < result->merged_count; i++)
    result->merged[i].validity = (lariat_load_validity)lr_load_read_word_of(
        &p->in, json_array_get(array, i), "verdict", LARIAT_LOAD_INVALID + 1,
        name_validity);
}

static void read_reactors(parser *p) {
  lariat_load_result *result = p->result;
  json_t *array = lr_load_read_array(&p->in, p->root, "reactors");
  for (size_t i = 0; i < result->reactor_count; i++)
    lr_load_read_struct(&p->in, json_array_get(array, i), NULL,
                        &lr_load_reactor_members, &result->reactors[i]);
}

static void read_instant(lr_load_reading *in, json_t *from,
                         const lr_load_member *member, uint64_t start_ns,
                         lr_load_sample *sample) {
  uint64_t *at = (uint64_t *)(void *)((char *)sample + member->offset);
  if (json_is_null(json_object_get(from, member->key))) return;
  *at = start_ns + lr_load_read_us(in, from, member->key);
}

static void read_sample(parser *p, json_t *from, lr_load_sample *sample) {
  lr_load_reading *in = &p->in;
  lr_load_read_struct(in, from, NULL, &lr_load_sample_members, sample);
  sample->outcome = (uint8_t)lr_load_read_word_of(
      in, from, "outcome", LARIAT_LOAD_OUTCOMES, name_outcome);
  for (int i = 0; i < LR_LOAD_INSTANTS; i++)
    read_instant(in, from, &lr_load_instants[i], p->result->started_ns, sample);
  if (sample->name >= p->result->class_count)
    lr_load_refuse(in, "a sample of class %u, which there is not",
                   sample->name);
}

static void read_slowest(parser *p) {
  json_t *array = lr_load_read_array(&p->in, p->root, "slowest");
  size_t count = json_array_size(array);
  if (count > LR_LOAD_SLOWEST) {
    lr_load_refuse(&p->in, "%zu samples are too many", count);
    return;
  }
  p->result->slowest_count = count;
  for (size_t i = 0; i < count; i++)
    read_sample(p, json_array_get(array, i), &p->result->slowest[i]);
}

/* ---- The whole ---- */

/* Makes the result, with its classes and reactors. */
static void make_result(parser *p) {
  lariat_load_run_facts facts = {0};
  json_t *classes = lr_load_read_array(&p->in, p->root, "classes");
  json_t *reactors = lr_load_read_array(&p->in, p->root, "reactors");
  read_facts(&p->in, p->root, &facts);
  size_t count = json_array_size(classes);
  const char **names = lariat_memory_allocate((count + 1) * sizeof(*names));
  if (!names) p->in.status = LARIAT_ENOMEM;
  for (size_t i = 0; names && i < count; i++)
    names[i + 1] =
        lr_load_read_string(&p->in, json_array_get(classes, i), "name");
  if (names) names[0] = "";
  if (p->in.status == LARIAT_OK)
    p->in.status =
        lr_load_result_new(&facts, names, count + 1,
                           (unsigned)json_array_size(reactors), &p->result);
  lariat_memory_release(names);
}

static void read_judgement(parser *p) {
  lariat_load_verdict *verdict = lariat_memory_allocate(sizeof(*verdict));
  if (!verdict) {
    p->in.status = LARIAT_ENOMEM;
    return;
  }
  memset(verdict, 0, sizeof(*verdict));
  read_verdict(p, verdict);
  p->result->verdict = verdict;
}

static void check_schema(parser *p) {
  uint64_t schema = lr_load_read_count(&p->in, p->root, "schema");
  if (p->in.status == LARIAT_OK && schema != LR_LOAD_SCHEMA)
    lr_load_refuse(&p->in, "its schema is %llu, and not %d",
                   (unsigned long long)schema, LR_LOAD_SCHEMA);
}

static void read_result(parser *p) {
  check_schema(p);
  make_result(p);
  if (p->in.status != LARIAT_OK) return;
  json_t *run = lr_load_read_object(&p->in, p->root, "run");
  p->result->started_ns = lr_load_read_count(&p->in, run, "clock_ns");
  p->result->lost = lr_load_read_count(&p->in, run, "lost");
  read_counts(p);
  read_classes(p);
  read_reactors(p);
  lr_load_read_struct(&p->in, p->root, "network", &lr_load_network_members,
                      &p->result->network);
  lr_load_read_struct(&p->in, p->root, "surroundings",
                      &lr_load_surrounding_members, &p->result->surroundings);
  read_slowest(p);
  read_seconds(p);
  read_thresholds(p);
  read_merged(p);
  read_judgement(p);
}

/* Says what is wrong with a text that is no JSON. */
static lariat_status refuse_text(const json_error_t *fault,
                                 lariat_load_error *error) {
  if (json_error_code(fault) == json_error_out_of_memory || !*fault->text)
    return LARIAT_ENOMEM; /* jansson says nothing of its first block */
  size_t byte = fault->position < 0 ? 0 : (size_t)fault->position;
  return lr_load_fail(error, byte, "no JSON at line %d: %.80s", fault->line,
                      fault->text);
}

lariat_status lariat_load_result_parse(const char *json, size_t length,
                                       lariat_load_result **out,
                                       lariat_load_error *error) {
  if (!out) return LARIAT_EINVAL;
  *out = NULL;
  if (!json) return lr_load_fail(error, 0, "no text");
  json_error_t fault;
  parser p = {.in = {.error = error}};
  p.root = json_loadb(json, length, JSON_REJECT_DUPLICATES, &fault);
  if (!p.root) return refuse_text(&fault, error);
  read_result(&p);
  json_decref(p.root);
  if (p.in.status == LARIAT_OK)
    *out = p.result;
  else
    lariat_load_result_free(p.result);
  return p.in.status;
}
