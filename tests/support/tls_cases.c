/* SPDX-License-Identifier: MIT
 * See tls_cases.h. */
#define _GNU_SOURCE
#include "support/tls_cases.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/name_table.h"
#include "support/tls_ways.h"
#include <lariat/failure.h>

enum { CHAIN_MOST = 128, SUCCEED = 3, FAIL = 2, TRIES_MOST = 8 };

#define LOCAL                                                                  \
  { "127.0.0.1" }

static const struct name_row names[] = {
    {TLS_CASES_HOST, LOCAL},
    {TLS_CASES_HOST ".", LOCAL},
    {"SITE.Test", LOCAL},
    {"a.site.test", LOCAL},
    {"A.SITE.TEST", LOCAL},
    {"ab.site.test", LOCAL},
    {"a_b.site.test", LOCAL},
    {"b.a.site.test", LOCAL},
    {"xn--bcher-kva.site.test", LOCAL},
    {"other.test", LOCAL},
    {"site.test.other.test", LOCAL},
    {"mysite.test", LOCAL},
    {"xn--bcher-kva.test", LOCAL},
    {"a.xn--bcher-kva.test", LOCAL},
    {"a23456789012345678901234567890123456789012345678901234567890123.site."
     "test",
     LOCAL},
};

static char ca_file[64];

const char tls_cases_sent[TLS_SENT_MOST];

/* ---- Certificates ---- */

/* Gathers the certificates whose ids are in `text`; how many. */
static size_t find_chain(struct certificates *certificates, const char *text,
                         const struct certificate **out) {
  size_t count = 0;
  while (*text) {
    size_t length = strcspn(text, " ");
    if (count == CHAIN_MOST) abort();
    out[count++] = certificates_find(certificates, text, length);
    text += length;
    text += *text == ' ';
  }
  return count;
}

void tls_cases_prepare(struct certificates *certificates, const char *trusted) {
  const struct certificate *chain[CHAIN_MOST];
  size_t count = find_chain(certificates, trusted, chain);
  snprintf(ca_file, sizeof ca_file, "/tmp/lariat-tls-XXXXXX");
  int fd = mkstemp(ca_file);
  if (fd < 0) abort();
  close(fd);
  for (size_t i = 0; i < count; i++)
    if (!certificate_write(chain[i], ca_file)) abort();
  name_table_set(names, FIXTURE_COUNT(names));
}

void tls_cases_finish(void) { remove(ca_file); }

const char *tls_cases_ca_file(void) { return ca_file; }

/* ---- What came, and what was to come ---- */

bool tls_cases_body_is_right(const struct tls_case *row, const char *path,
                             int http_version, const char *body,
                             size_t length) {
  static char right[TLS_BODY_MOST];
  bool head = row->method && strcmp(row->method, "HEAD") == 0;
  if (http_version == 20) return length == 3 && memcmp(body, "h2\n", 3) == 0;
  size_t wanted = head ? 0 : tls_server_body(&row->script, path, right);
  return length == wanted && (length == 0 || memcmp(body, right, length) == 0);
}

static bool is_weak_here(const struct tls_case *row) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  int level = SSL_CTX_get_security_level(context);
  SSL_CTX_free(context);
  return level >= row->weak_from;
}

/* Returns how many requests succeed, and of how many. */
static unsigned good_requests(const struct tls_case *row,
                              const struct tls_way *way, unsigned *count) {
  bool fails = row->status != LARIAT_OK && is_weak_here(row) &&
               !(row->h2 && way->offers_h2);
  *count = fails ? row->good + FAIL : SUCCEED;
  return fails ? row->good : SUCCEED;
}

struct trial {
  const struct tls_case *row;
  const struct tls_way *way;
  struct tls_outcome outcomes[TRIES_MOST];
  struct tls_seen seen;
};

__attribute__((format(printf, 2, 3))) static void
complain(const struct trial *trial, const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  fixture_fail("%s, %s: %s", trial->row->name, trial->way->name, text);
}

static void expect_success(const struct trial *trial, unsigned number) {
  const struct tls_outcome *outcome = &trial->outcomes[number];
  int http_status = trial->row->script.framing == TLS_NO_BODY ? 204 : 200;
  if (trial->row->script.refuses) http_status = 413;
  if (outcome->status != LARIAT_OK)
    complain(trial, "request %u: %s in %s (HTTP %d), should succeed; %s",
             number + 1, lariat_status_name(outcome->status),
             lariat_phase_name(outcome->phase), outcome->http_status,
             outcome->text);
  else if (outcome->http_status != http_status || !outcome->body_right)
    complain(trial, "request %u: HTTP %d, %s body", number + 1,
             outcome->http_status, outcome->body_right ? "right" : "wrong");
  else if (trial->row->h2 && trial->way->offers_h2 &&
           outcome->http_version != 20)
    complain(trial, "request %u: not HTTP/2", number + 1);
}

static void expect_failure(const struct trial *trial, unsigned number) {
  const struct tls_case *row = trial->row;
  const struct tls_outcome *outcome = &trial->outcomes[number];
  bool same = trial->way->plain ? outcome->status != LARIAT_OK
                                : outcome->status == row->status;
  bool same_phase = trial->way->plain || row->phase == LARIAT_PHASE_NONE ||
                    outcome->phase == row->phase;
  if (same && same_phase && outcome->http_status == row->http_status) return;
  complain(trial, "request %u: %s in %s (HTTP %d), not %s in %s (HTTP %d); %s",
           number + 1, lariat_status_name(outcome->status),
           lariat_phase_name(outcome->phase), outcome->http_status,
           lariat_status_name(row->status), lariat_phase_name(row->phase),
           row->http_status, outcome->text);
}

static bool keeps_connection(const struct tls_case *row) {
  return row->script.end == TLS_KEEP && !row->script.says_close;
}

static void expect_connections(const struct trial *trial) {
  const struct tls_case *row = trial->row;
  unsigned wanted = row->connections;
  if (!wanted) wanted = keeps_connection(row) ? 1 : SUCCEED;
  if (trial->seen.connections != wanted)
    complain(trial, "%u connections, not %u", trial->seen.connections, wanted);
  unsigned resumed = row->resumes ? wanted - 1 : 0;
  if (row->resumes && trial->way->plain && trial->seen.resumed != resumed)
    complain(trial, "%u of %u sessions resumed, not %u", trial->seen.resumed,
             trial->seen.handshakes, resumed);
}

static void expect_seen(const struct trial *trial) {
  const char *name = trial->row->sni;
  if (name && strcmp(trial->seen.name, name) != 0)
    complain(trial, "the server was told \"%s\", not \"%s\"", trial->seen.name,
             name);
  if (trial->way->offers_h2 != trial->seen.offered_h2 && trial->row->h2)
    complain(trial, "HTTP/2 was %soffered",
             trial->seen.offered_h2 ? "" : "not ");
}

static void judge(const struct trial *trial) {
  unsigned count;
  unsigned good = good_requests(trial->row, trial->way, &count);
  if (trial->way->plain && trial->row->plain) return;
  for (unsigned i = 0; i < count; i++)
    if (i < good)
      expect_success(trial, i);
    else
      expect_failure(trial, i);
  if (good == count) expect_connections(trial);
  expect_seen(trial);
}

/* ---- Running ---- */

static void ask(struct trial *trial, struct tls_way *way, unsigned port) {
  unsigned count;
  const struct tls_case *row = trial->row;
  unsigned good = good_requests(row, way, &count);
  const char *first = row->host ? row->host : TLS_CASES_HOST;
  if (way->begin) way->begin(way, row);
  for (unsigned i = 0; i < count; i++) {
    char path[32];
    snprintf(path, sizeof path, "/page/%u", i);
    struct tls_request request = {
        row, i >= good && row->second_host ? row->second_host : first, port,
        path};
    way->fetch(way, &request, &trial->outcomes[i]);
  }
  if (way->end) way->end(way);
}

static void run_row(struct certificates *certificates,
                    const struct tls_case *row, struct tls_way *way) {
  const struct certificate *chain[CHAIN_MOST];
  struct trial trial = {.row = row, .way = way};
  size_t count =
      find_chain(certificates, row->chain ? row->chain : "good", chain);
  struct tls_server *server = tls_server_start(chain, count, &row->script);
  ask(&trial, way, tls_server_port(server));
  trial.seen = tls_server_stop(server);
  judge(&trial);
}

void tls_cases_run_by(struct certificates *certificates,
                      const struct tls_case *rows, size_t count,
                      struct tls_way *ways, size_t way_count) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < way_count; j++)
      run_row(certificates, &rows[i], &ways[j]);
}

void tls_cases_run(struct certificates *certificates,
                   const struct tls_case *rows, size_t count, bool insecure) {
  struct tls_ways ways;
  tls_ways_open(&ways, insecure);
  tls_cases_run_by(certificates, rows, count, ways.ways, TLS_WAYS);
  tls_ways_close(&ways);
}
