/* SPDX-License-Identifier: MIT
 * report_text.c: a result for a terminal of 80 columns. */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"

enum {
  LABEL = 13,
  COLUMN = 10,
  WIDTH = 80,
  FAILURE = LABEL + COLUMN + 2, /* where its description begins */
  CLASSES = 20,
  PARTS = 64
};

/* ---- Lines ---- */

static void add_padded(lr_load_text *out, const char *string, size_t columns) {
  size_t needed = lr_load_count_columns(string);
  lr_load_add_plain(out, string);
  lr_load_text_repeat(out, ' ', needed < columns ? columns - needed : 1);
}

static void add_right(lr_load_text *out, const char *string, size_t columns) {
  size_t needed = lr_load_count_columns(string);
  lr_load_text_repeat(out, ' ', needed < columns ? columns - needed : 1);
  lr_load_add_plain(out, string);
}

/* Returns how many bytes the word at the beginning has. */
static size_t measure_word(const char *string) { return strcspn(string, " "); }

/* Adds the words of a string and a line end; they begin at column `column`, and
 * so do the next lines. */
static void add_wrapped(lr_load_text *out, const char *string, size_t column) {
  size_t at = column;
  while (*string) {
    char word[sizeof(((lariat_load_reason *)0)->message) + 100];
    size_t length = measure_word(string);
    if (length >= sizeof(word)) length = sizeof(word) - 1;
    memcpy(word, string, length);
    word[length] = '\0';
    size_t columns = lr_load_count_columns(word);
    if (at > column && at + 1 + columns > WIDTH) {
      lr_load_text_add(out, "\n");
      lr_load_text_repeat(out, ' ', column);
      at = column;
    } else if (at > column) {
      lr_load_text_add(out, " ");
      at++;
    }
    lr_load_add_plain(out, word);
    at += columns;
    string += length + (string[length] == ' ');
  }
  lr_load_text_add(out, "\n");
}

/* Adds a label and what stands behind it. */
static void add_line(lr_load_text *out, const char *label, const char *string) {
  add_padded(out, label, LABEL);
  add_wrapped(out, string, LABEL);
}

/* Adds the words of `sentence` from column `column` on, and drops it. */
static void add_sentence_at(lr_load_text *out, lr_load_text *sentence,
                            size_t column) {
  if (sentence->status != LARIAT_OK) out->status = sentence->status;
  if (sentence->bytes) add_wrapped(out, sentence->bytes, column);
  lr_load_text_clear(sentence);
}

/* Adds what `sentence` has as a line, and drops it. */
static void add_sentence(lr_load_text *out, const char *label,
                         lr_load_text *sentence) {
  if (sentence->bytes) add_padded(out, label, LABEL);
  add_sentence_at(out, sentence, LABEL);
}

/* ---- Verdict and thresholds ---- */

/* Adds a label in a colour of ANSI. */
static void add_coloured(lr_load_text *out, const char *label,
                         const char *colour) {
  if (colour) lr_load_text_format(out, "\033[%sm", colour);
  lr_load_add_plain(out, label);
  if (colour) lr_load_text_add(out, "\033[0m");
  size_t columns = lr_load_count_columns(label);
  lr_load_text_repeat(out, ' ', columns < LABEL ? LABEL - columns : 1);
}

static void add_reason(lr_load_text *out, const lariat_load_reason *reason) {
  static const char *const labels[] = {"  note", "  suspect", "  invalid"};
  unsigned validity = reason->validity <= LARIAT_LOAD_INVALID
                          ? (unsigned)reason->validity
                          : LARIAT_LOAD_INVALID;
  add_line(out, labels[validity], reason->message);
}

/* Returns what to do about a reason, for who sees it for the first time; NULL:
 * its sentence says so. */
static const char *find_advice(const char *code) {
  static const char busy[] =
      "this machine had other work, or too much of it: run it again while "
      "nothing else runs, or send from another machine than the server's";
  static const char rate[] = "ask for less, or, where the server was the "
                             "limit, take the rate that was "
                             "sent for what it bears";
  static const struct {
    const char *code, *advice;
  } rows[] = {
      {"no-answer", "look whether the server runs, and at its address"},
      {"no-success", "look at one answer (--once), or say "
                     "with \"expect\" in the input that such answers are good"},
      {"connections-too-few",
       "the server does not bear this rate on so many connections: ask for "
       "less, or, if more users at once are meant, for more by -c"},
      {"rate-missed", rate},
      {"stopped", busy},
      {"cpu-wait", busy},
      {"cpu-busy", busy},
      {"send-late", busy},
      {"own-share", busy},
      {"too-short", "let it run for longer, by -d"}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    if (strcmp(rows[i].code, code) == 0) return rows[i].advice;
  return NULL;
}

/* Adds what to do about the first reason, which may be the cause of the
 * others. */
static void add_advice(const lr_load_report *report) {
  const lariat_load_verdict *verdict = report->verdict;
  const char *advice = verdict->validity != LARIAT_LOAD_VALID
                           ? find_advice(verdict->reasons[0].code)
                           : NULL;
  if (advice) add_line(report->out, "  do", advice);
}

static void add_verdict(const lr_load_report *report, bool colours) {
  static const char *const sentences[] = {
      "these numbers may be believed",
      "take these numbers with care:",
      "do not believe these numbers:",
  };
  static const char *const palette[] = {"1;32", "1;33", "1;31"};
  const lariat_load_verdict *verdict = report->verdict;
  add_coloured(report->out, lariat_load_validity_name(verdict->validity),
               colours ? palette[verdict->validity] : NULL);
  add_wrapped(report->out, sentences[verdict->validity], LABEL);
  for (size_t i = 0; i < verdict->reason_count; i++)
    add_reason(report->out, &verdict->reasons[i]);
  add_advice(report);
}

static size_t count_broken(const lr_load_report *report, size_t count) {
  char message[LR_LOAD_LONGEST_THRESHOLD];
  size_t broken = 0;
  for (size_t i = 0; i < count; i++)
    broken += lr_load_judge_threshold(report, i, message);
  return broken;
}

static void add_threshold(const lr_load_report *report, size_t index,
                          bool colours) {
  char message[LR_LOAD_LONGEST_THRESHOLD];
  bool broken = lr_load_judge_threshold(report, index, message);
  const char *colour = broken ? "31" : "32";
  add_coloured(report->out, broken ? "  broken" : "  kept",
               colours ? colour : NULL);
  add_wrapped(report->out, message, LABEL);
}

static void add_thresholds(const lr_load_report *report, bool colours) {
  size_t count = lr_load_count_thresholds(report);
  if (!count) return;
  lr_load_text sentence = {0};
  lr_load_text_format(&sentence, "%zu of %zu broken",
                      count_broken(report, count), count);
  lr_load_text_add(report->out, "\n");
  add_sentence(report->out, "Thresholds", &sentence);
  for (size_t i = 0; i < count; i++) add_threshold(report, i, colours);
}

/* ---- Times ---- */

static const lariat_histogram *histogram_of(const lr_load_report *report,
                                            lariat_load_measure measure) {
  return lariat_load_result_histogram(report->result, measure);
}

static void add_columns(lr_load_text *out) {
  for (int i = 0; i < LR_LOAD_PERCENTILES; i++)
    add_right(out, lr_load_percentiles[i].name, COLUMN);
  add_right(out, "max", COLUMN);
}

static void add_figures(lr_load_text *out, const lariat_histogram *histogram) {
  for (int i = 0; i < LR_LOAD_PERCENTILES; i++) {
    lr_load_amount shown =
        lr_load_show_percentile(histogram, &lr_load_percentiles[i]);
    add_right(out, shown.text, COLUMN);
  }
  lr_load_amount max = lr_load_show_duration(lariat_histogram_max(histogram));
  add_right(out, lariat_histogram_count(histogram) ? max.text : "-", COLUMN);
}

/* Adds a row of a table of times, if anything was measured. */
static void add_times(const lr_load_report *report, const char *label,
                      lariat_load_measure measure, const char *note) {
  const lariat_histogram *histogram = histogram_of(report, measure);
  if (!lariat_histogram_count(histogram)) return;
  add_padded(report->out, label, LABEL);
  add_figures(report->out, histogram);
  lr_load_text_format(report->out, "%s%s\n", *note ? "  " : "", note);
}

static void add_response(const lr_load_report *report) {
  bool open = report->result->facts.open;
  lr_load_text_add(report->out, "\n");
  add_line(report->out, "Response",
           open ? "what users saw, from the instant at which each request was "
                  "due"
                : lr_load_closed_note);
  lr_load_text_repeat(report->out, ' ', LABEL);
  add_columns(report->out);
  lr_load_text_add(report->out, "\n");
  add_times(report, "", LARIAT_LOAD_RESPONSE, "");
}

static void add_parts(const lr_load_report *report) {
  lr_load_text_add(report->out, "\n");
  add_padded(report->out, "Its parts", LABEL);
  add_columns(report->out);
  lr_load_text_add(report->out, "\n");
  add_times(report, "  good", LARIAT_LOAD_GOOD, "of good answers");
  add_times(report, "  queue", LARIAT_LOAD_QUEUE, "waited for one");
  add_times(report, "  wire", LARIAT_LOAD_WIRE, "network, server");
  add_times(report, "  first byte", LARIAT_LOAD_FIRST_BYTE, "sent to it");
  add_times(report, "  raw", LARIAT_LOAD_RAW, "sent to read");
  lr_load_text_add(report->out, "Our lateness, not in the response\n");
  add_times(report, "  late", LARIAT_LOAD_LATE, "sent too late");
  add_times(report, "  read late", LARIAT_LOAD_READ_LATE, "read too late");
  add_times(report, "  corrected", LARIAT_LOAD_CORRECTED, "with both");
}

/* ---- Counts ---- */

static void add_rate(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  const lr_load_counts *counts = &result->counts;
  lr_load_text sentence = {0};
  double sent = lr_load_per_second(result, (double)counts->sent);
  double good = lr_load_per_second(
      result, (double)counts->outcomes[LARIAT_LOAD_ANSWERED]);
  if (result->facts.open)
    lr_load_text_format(
        &sentence, "asked %s/s, sent %s/s (%s), ",
        lr_load_show_number(result->facts.asked_per_s).text,
        lr_load_show_number(sent).text,
        lr_load_show_share(sent, result->facts.asked_per_s).text);
  else
    lr_load_text_format(&sentence, "sent %s/s, ",
                        lr_load_show_number(sent).text);
  lr_load_text_format(&sentence, "good answers %s/s, for %s",
                      lr_load_show_number(good).text,
                      lr_load_show_duration(result->facts.duration_ns).text);
  lr_load_text_add(report->out, "\n");
  add_sentence(report->out, "Rate", &sentence);
}

static void add_requests(const lr_load_report *report) {
  const lr_load_counts *counts = &report->result->counts;
  uint64_t failed = lr_load_count_failed(counts->outcomes);
  uint64_t ended = lr_load_count_ended(counts->outcomes);
  lr_load_text sentence = {0};
  lr_load_text_format(
      &sentence, "%s ended: %s good, %s failed (%s)",
      lr_load_show_count(ended).text,
      lr_load_show_count(counts->outcomes[LARIAT_LOAD_ANSWERED]).text,
      lr_load_show_count(failed).text,
      lr_load_show_share((double)failed, (double)ended).text);
  if (counts->unsent)
    lr_load_text_format(&sentence, "; %s were due and never sent",
                        lr_load_show_count(counts->unsent).text);
  add_sentence(report->out, "Requests", &sentence);
}

static void add_failure(const lr_load_report *report,
                        lariat_load_outcome outcome) {
  lr_load_text_add(report->out, "  ");
  add_padded(report->out, lariat_load_outcome_name(outcome), LABEL - 2);
  lr_load_amount count =
      lr_load_show_count(report->result->counts.outcomes[outcome]);
  add_right(report->out, count.text, COLUMN);
  lr_load_text_add(report->out, "  ");
  lr_load_text sentence = {0};
  lr_load_describe_failure(&sentence, report->result, outcome);
  if (sentence.status != LARIAT_OK) report->out->status = sentence.status;
  if (sentence.bytes) add_wrapped(report->out, sentence.bytes, FAILURE);
  lr_load_text_clear(&sentence);
}

static void add_failures(const lr_load_report *report) {
  const uint64_t *outcomes = report->result->counts.outcomes;
  if (!lr_load_count_failed(outcomes)) return;
  lr_load_text_add(report->out, "Failures\n");
  for (int i = LARIAT_LOAD_ANSWERED + 1; i < LARIAT_LOAD_OUTCOMES; i++)
    if (outcomes[i]) add_failure(report, (lariat_load_outcome)i);
}

static void add_statuses(const lr_load_report *report) {
  lr_load_text sentence = {0};
  for (unsigned i = 0; i < LR_LOAD_STATUSES; i++) {
    if (!report->result->statuses[i]) continue;
    if (sentence.length) lr_load_text_add(&sentence, ", ");
    if (i)
      lr_load_text_format(&sentence, "%u: ", i);
    else
      lr_load_text_add(&sentence, "others: ");
    lr_load_text_add(&sentence,
                     lr_load_show_count(report->result->statuses[i]).text);
  }
  add_sentence(report->out, "Statuses", &sentence);
}

/* ---- Classes ---- */

static void add_class(lr_load_text *out, const lr_load_class *class) {
  lr_load_text_add(out, "  ");
  add_wrapped(out, class->name, 2);
  lr_load_text_repeat(out, ' ', LABEL);
  add_figures(out, class->histograms[LARIAT_LOAD_RESPONSE]);
  lr_load_text_format(
      out, "  %s of %s\n",
      lr_load_show_count(lr_load_count_failed(class->outcomes)).text,
      lr_load_show_count(lr_load_count_ended(class->outcomes)).text);
}

static void add_classes(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  if (result->class_count <= 1) return;
  lr_load_text_add(report->out, "\n");
  add_padded(report->out, "Of each name", LABEL);
  add_columns(report->out);
  lr_load_text_add(report->out, "  failed\n");
  for (size_t i = 1; i < result->class_count && i <= CLASSES; i++)
    add_class(report->out, &result->classes[i]);
  if (result->class_count > CLASSES + 1)
    lr_load_text_format(report->out, "  and %zu more\n",
                        result->class_count - CLASSES - 1);
}

/* ---- Parts ---- */

static void add_amount(lr_load_text *out, lr_load_amount amount) {
  add_right(out, amount.text, COLUMN);
}

static void add_part(lr_load_text *out, const lr_load_merged *part) {
  char label[32];
  uint64_t began = part->began_ns > 0 ? (uint64_t)part->began_ns : 0;
  snprintf(label, sizeof label, "  %u %s", part->part.index + 1,
           lariat_load_validity_name(part->validity));
  add_padded(out, label, LABEL);
  add_amount(out, lr_load_show_duration(began - began % 1000));
  add_amount(out, lr_load_show_count(part->sent));
  add_amount(out, lr_load_show_duration(part->response_p99_ns));
  add_amount(out, lr_load_show_duration(part->late_p99_ns));
  add_amount(out, lr_load_show_share(part->cpu_most, 1));
  add_amount(out, lr_load_show_share(part->wait_most, 1));
  lr_load_text_add(out, "\n");
  lr_load_text host = {0};
  lr_load_describe_host(&host, part);
  if (host.length) {
    lr_load_text_format(&host, ": %s", part->machine);
    lr_load_text_repeat(out, ' ', 4);
    add_sentence_at(out, &host, 4);
  }
}

/* Adds what each part was, beside the others. */
static void add_merged(const lr_load_report *report) {
  static const char *const columns[] = {"began",    "sent", "p99",
                                        "late p99", "CPU",  "waited"};
  const lariat_load_result *result = report->result;
  lr_load_text *out = report->out;
  if (!result->merged_count) return;
  lr_load_text_add(out, "\n");
  add_padded(out, "Each part", LABEL);
  for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
    add_right(out, columns[i], COLUMN);
  lr_load_text_add(out, "\n");
  for (size_t i = 0; i < result->merged_count && i < PARTS; i++)
    add_part(out, &result->merged[i]);
  if (result->merged_count > PARTS)
    lr_load_text_format(out, "  and %zu more\n", result->merged_count - PARTS);
}

/* ---- Connections, bytes, the run ---- */

/* Adds ", TLS p50 1.20 ms, max 3.00 ms". */
static void add_phase(lr_load_text *sentence, const char *name,
                      const lariat_histogram *histogram) {
  if (!lariat_histogram_count(histogram)) return;
  lr_load_text_format(
      sentence, "; %s p50 %s, max %s", name,
      lr_load_show_duration(lr_load_read_percentile(histogram, 50)).text,
      lr_load_show_duration(lariat_histogram_max(histogram)).text);
}

static void add_connections(const lr_load_report *report) {
  lr_load_text sentence = {0};
  const lr_load_counts *counts = &report->result->counts;
  lr_load_text_format(&sentence, "%s opened while it was measured",
                      lr_load_show_count(counts->connections).text);
  add_phase(&sentence, "TCP", histogram_of(report, LARIAT_LOAD_CONNECT));
  add_phase(&sentence, "TLS", histogram_of(report, LARIAT_LOAD_TLS));
  lr_load_text_add(report->out, "\n");
  add_sentence(report->out, "Connections", &sentence);
  double received = (double)counts->bytes_received;
  lr_load_text_format(
      &sentence, "%s received (%s/s), %s sent",
      lr_load_show_bytes(received).text,
      lr_load_show_bytes(lr_load_per_second(report->result, received)).text,
      lr_load_show_bytes((double)counts->bytes_sent).text);
  add_sentence(report->out, "Bytes", &sentence);
}

/* Adds a line if there is something to say. */
static void add_fact(const lr_load_report *report, const char *label,
                     const char *string) {
  if (*string) add_line(report->out, label, string);
}

static void add_run(const lr_load_report *report) {
  const lariat_load_run_facts *facts = &report->result->facts;
  lr_load_text sentence = {0};
  lr_load_text_format(&sentence, "%u reactor%s, HTTP/%u.%u%s", facts->reactors,
                      facts->reactors == 1 ? "" : "s", facts->http_version / 10,
                      facts->http_version % 10, facts->tls ? " over TLS" : "");
  if (*facts->plan_hash)
    lr_load_text_format(&sentence, ", plan %s", facts->plan_hash);
  if (*facts->lariat_version)
    lr_load_text_format(&sentence, ", lariat %s", facts->lariat_version);
  add_sentence(report->out, "Run", &sentence);
  add_fact(report, "Machine", facts->machine);
}

/* ---- The whole ---- */

static void add_title(const lr_load_report *report) {
  const lariat_load_run_facts *facts = &report->result->facts;
  add_fact(report, "Load test", facts->target);
  add_fact(report, "", facts->plan);
  lr_load_text share = {0};
  lr_load_describe_share(&share, report->result);
  add_sentence(report->out, "", &share);
  lr_load_text_add(report->out, "\n");
}

/* Explains percentiles, and the marks of those that few samples support. */
static void add_marks(const lr_load_report *report) {
  uint64_t samples =
      lariat_histogram_count(histogram_of(report, LARIAT_LOAD_RESPONSE));
  lr_load_text_add(report->out, "\n");
  add_wrapped(report->out, "p99: 99 of 100 requests took no longer", 0);
  if (lariat_load_percentile_support(samples, 99.9) == LARIAT_LOAD_SUPPORTED)
    return;
  add_wrapped(report->out,
              "~: fewer than 100 requests are beyond it; -: fewer than 10, too "
              "few to tell",
              0);
}

void lr_load_report_text(const lr_load_report *report, bool colours) {
  add_title(report);
  add_verdict(report, colours);
  add_thresholds(report, colours);
  add_response(report);
  add_rate(report);
  add_requests(report);
  add_failures(report);
  add_statuses(report);
  add_classes(report);
  add_parts(report);
  add_merged(report);
  add_connections(report);
  add_run(report);
  add_marks(report);
}
