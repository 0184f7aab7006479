/* SPDX-License-Identifier: MIT
 * host_lanes_test.c: a host's parts in lanes, and its origin as libcurl takes
 * it. */
#include "curl/host_lanes.h"

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

static void test_lanes(void) {
  enum { LANES = 9 };
  struct fixture f;
  lr_hosts hosts;
  bool made;
  char lanes[LANES];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_hosts_init(&hosts, NULL, &lr_curl_host_extra));
  lr_job *job = job_for("http://a/", 0, false);
  lr_host *host = lr_hosts_find(&hosts, job, &made);
  for (size_t i = 0; i < LANES; i++) {
    CU_ASSERT_PTR_NULL(lr_host_in_lane(host, (void *)&lanes[i]));
    lr_host_lane *part = lr_host_enter_lane(host, (void *)&lanes[i]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(part);
    part->open = (uint32_t)i;
    CU_ASSERT_PTR_EQUAL(lr_host_enter_lane(host, (void *)&lanes[i]), part);
  }
  lr_host_in_lane(host, (void *)&lanes[3])->open = 0;
  lr_host_in_lane(host, (void *)&lanes[3])->running = 1;
  lr_host_leave_lane(host, (void *)&lanes[3]);
  CU_ASSERT_EQUAL(lr_curl_host_of(host)->count, LANES);
  lr_host_in_lane(host, (void *)&lanes[3])->running = 0;
  lr_host_leave_lane(host, (void *)&lanes[3]);
  lr_host_leave_lane(host, (void *)&lanes[3]);
  CU_ASSERT_EQUAL(lr_curl_host_of(host)->count, LANES - 1);
  CU_ASSERT_EQUAL(lr_host_in_lane(host, (void *)&lanes[8])->open, 8);
  for (size_t i = 0; i < LANES; i++) {
    lr_host_lane *part = lr_host_in_lane(host, (void *)&lanes[i]);
    if (!part) continue;
    part->open = 0;
    lr_host_leave_lane(host, (void *)&lanes[i]);
  }
  CU_ASSERT_EQUAL(lr_curl_host_of(host)->count, 0);
  lr_hosts_forget(&hosts, host);
  CU_ASSERT_EQUAL(hosts.table.count, 0);
  lr_job_free(job);
  lr_hosts_clear(&hosts);
  fixture_close(&f);
}

static void test_origin(void) {
  struct fixture f;
  lr_hosts hosts;
  bool made;
  char lane;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_hosts_init(&hosts, NULL, &lr_curl_host_extra));
  lr_job *job = job_for("http://a.example/x", 0, false);
  lr_host *host = lr_hosts_find(&hosts, job, &made);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_curl_host_origin(host));
  CURLU *origin = lr_curl_host_origin(host);
  CU_ASSERT_PTR_NOT_NULL(origin);
  CU_ASSERT_PTR_EQUAL(lr_curl_host_origin(host), origin);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_host_enter_lane(host, (void *)&lane));
  CU_ASSERT_EQUAL(lr_curl_host_of(host)->count, 0);
  lr_job_free(job);
  lr_hosts_clear(&hosts);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"lanes", test_lanes},
      {"origin", test_origin},
  };
  return fixture_main("host_lanes", tests, FIXTURE_COUNT(tests), argc, argv);
}
