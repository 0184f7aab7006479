/* SPDX-License-Identifier: MIT
 * host_test.c: the table of hosts. */
#include "schedule/host.h"

#include <stdio.h>

#include "support/fixture.h"

/* A job is looked at for its target and identity only. */
static lr_job *job_for(const char *url, uint8_t http, bool spread) {
  lr_job *job = lr_job_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(job);
  CU_ASSERT_EQUAL(lr_url_parse(&job->request.url, url), LARIAT_OK);
  job->request.http = http;
  job->request.spread = spread;
  return job;
}

static void test_identity(void) {
  static const struct {
    const char *url;
    uint8_t http;
    bool spread;
    int same_as;
  } rows[] = {{"http://a/", 0, false, 0},      {"http://A:80/x", 0, false, 0},
              {"https://a/", 0, false, 2},     {"http://a:81/", 0, false, 3},
              {"http://a/", 1, false, 4},      {"http://a/", 0, true, 5},
              {"http://u:p@a/y", 0, false, 0}, {"http://b/", 0, false, 7}};
  struct fixture f;
  lr_hosts hosts;
  lr_host *found[FIXTURE_COUNT(rows)];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_hosts_init(&hosts, NULL, NULL));
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    bool made = false;
    lr_job *job = job_for(rows[i].url, rows[i].http, rows[i].spread);
    found[i] = lr_hosts_find(&hosts, job, &made);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found[i]);
    CU_ASSERT_EQUAL(made, rows[i].same_as == (int)i);
    CU_ASSERT_PTR_EQUAL(found[i], found[rows[i].same_as]);
    lr_job_free(job);
  }
  CU_ASSERT_EQUAL(hosts.table.count, 6);
  lr_hosts_clear(&hosts);
  fixture_close(&f);
}

/* A host goes when nothing of it is left, and not before. */
static void test_forget(void) {
  struct fixture f;
  lr_hosts hosts;
  bool made;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_hosts_init(&hosts, NULL, NULL));
  lr_job *job = job_for("http://a/", 0, false);
  lr_host *host = lr_hosts_find(&hosts, job, &made);
  uint32_t *const counts[] = {&host->queued, &host->running,
                              &host->connections.open};
  for (size_t i = 0; i < FIXTURE_COUNT(counts); i++) {
    *counts[i] = 1;
    lr_hosts_forget(&hosts, host);
    CU_ASSERT_PTR_EQUAL(lr_hosts_find(&hosts, job, &made), host);
    CU_ASSERT_FALSE(made);
    *counts[i] = 0;
  }
  lr_hosts_forget(&hosts, host);
  CU_ASSERT_EQUAL(hosts.table.count, 0);
  CU_ASSERT_PTR_NOT_NULL(lr_hosts_find(&hosts, job, &made));
  CU_ASSERT_TRUE(made);
  lr_job_free(job);
  lr_hosts_clear(&hosts);
  fixture_close(&f);
}

/* Many: the table grows, or is full when there is no memory for that. */
static void fill(struct fixture *f, bool starving) {
  enum { HOSTS = 1000 };
  static lr_host *found[HOSTS];
  lr_hosts hosts;
  bool made;
  char url[64];
  CU_ASSERT_TRUE(lr_hosts_init(&hosts, NULL, NULL));
  for (unsigned round = 0; round < 2; round++)
    for (unsigned i = 0; i < HOSTS; i++) {
      snprintf(url, sizeof url, "http://host-%u/", i);
      lr_job *job = job_for(url, 0, false);
      if (starving && hosts.table.count == hosts.table.capacity)
        fixture_fail_allocation(f, 2); /* the first is the host */
      lr_host *host = lr_hosts_find(&hosts, job, &made);
      fixture_fail_allocation(f, 0);
      if (round) CU_ASSERT_PTR_EQUAL(host, found[i]);
      CU_ASSERT_EQUAL(made, round == 0);
      found[i] = host;
      lr_job_free(job);
    }
  CU_ASSERT_EQUAL(hosts.table.count, HOSTS);
  for (unsigned i = 0; i < HOSTS; i += 2) lr_hosts_forget(&hosts, found[i]);
  CU_ASSERT_EQUAL(hosts.table.count, HOSTS / 2);
  lr_hosts_clear(&hosts);
}

static void test_many(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fill(&f, false);
  fill(&f, true);
  fixture_close(&f);
}

/* What a host chose in a handshake holds for so many of its lives; http has no
 * choice. */
static void test_chosen_protocol(void) {
  struct fixture f;
  lr_hosts hosts;
  bool made;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_hosts_init(&hosts, NULL, NULL));
  lr_job *job = job_for("https://a/", 0, false);
  for (int i = 0; i < 2 * (LR_HOST_ASKED_AGAIN_AFTER + 1); i++) {
    bool asked = i % (LR_HOST_ASKED_AGAIN_AFTER + 1) == 0;
    lr_host *host = lr_hosts_find(&hosts, job, &made);
    CU_ASSERT_TRUE(made);
    CU_ASSERT_EQUAL(host->protocol,
                    asked ? LR_PROTOCOL_UNKNOWN : LR_PROTOCOL_HTTP1);
    host->protocol = LR_PROTOCOL_HTTP1;
    lr_hosts_forget(&hosts, host);
  }
  lr_host *host = lr_hosts_find(&hosts, job, &made);
  host->protocol = LR_PROTOCOL_HTTP2;
  lr_hosts_forget(&hosts, host);
  host = lr_hosts_find(&hosts, job, &made);
  CU_ASSERT_EQUAL(host->protocol, LR_PROTOCOL_UNKNOWN);
  lr_job_free(job);
  lr_hosts_clear(&hosts);
  fixture_close(&f);
}

static void test_no_memory(void) {
  struct fixture f;
  lr_hosts hosts;
  bool made;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_FALSE(lr_hosts_init(&hosts, NULL, NULL));
  CU_ASSERT_TRUE(lr_hosts_init(&hosts, NULL, NULL));
  lr_job *job = job_for("http://a/", 0, false);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_hosts_find(&hosts, job, &made));
  CU_ASSERT_EQUAL(hosts.table.count, 0);
  lr_host *host = lr_hosts_find(&hosts, job, &made);
  CU_ASSERT_PTR_NOT_NULL(host);
  lr_job_free(job);
  lr_hosts_clear(&hosts);
  fixture_close(&f);
}

static unsigned cleared;

static void init_extra(lr_host *host) {
  *(const char **)lr_host_extra_of(host) = host->key;
}

static void clear_extra(lr_host *host) {
  CU_ASSERT_PTR_EQUAL(*(const char **)lr_host_extra_of(host), host->key);
  cleared++;
}

/* A transport's part begins zeroed, knows its host, and is cleared with it. */
static void test_extra(void) {
  static const lr_host_extra extra = {
      .size = 40, .init = init_extra, .clear = clear_extra};
  struct fixture f;
  lr_hosts hosts;
  bool made;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_hosts_init(&hosts, NULL, &extra));
  cleared = 0;
  lr_job *job = job_for("http://a/", 0, false);
  lr_job *other = job_for("http://[::1]/", 0, false);
  lr_host *host = lr_hosts_find(&hosts, job, &made);
  CU_ASSERT_STRING_EQUAL(host->key, "http://a:80");
  CU_ASSERT_FALSE(lr_host_is_address(host));
  CU_ASSERT_TRUE(lr_host_is_address(lr_hosts_find(&hosts, other, &made)));
  lr_hosts_forget(&hosts, host);
  CU_ASSERT_EQUAL(cleared, 1);
  lr_job_free(job);
  lr_job_free(other);
  lr_hosts_clear(&hosts);
  CU_ASSERT_EQUAL(cleared, 2);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"identity", test_identity},
      {"forget", test_forget},
      {"many", test_many},
      {"the protocol that was chosen", test_chosen_protocol},
      {"no memory", test_no_memory},
      {"what a transport keeps", test_extra},
  };
  return fixture_main("host", tests, FIXTURE_COUNT(tests), argc, argv);
}
