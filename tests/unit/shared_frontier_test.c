/* SPDX-License-Identifier: MIT
 * shared_frontier_test.c: a worker's part of a shared crawl, on a store in
 * memory: what it hands out, what it commits, and what becomes of both when
 * leases are lost, answers are, and the store is away. */
#include "crawl/shared_frontier.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crawl/report.h"
#include "crawl/shared_frontier_private.h"
#include "support/fixture.h"
#include "support/memory_store.h"

/* ---- A worker ---- */

struct worker {
  struct fixture f;
  char directory[64];
  lr_crawl_shared_frontier *frontier;
  lr_crawl_frontier_options options;
  lr_crawl_sharing sharing;
  lr_crawl_shared_order order;
  unsigned changes, faults, renewed;
  bool ended;
};

static void take_change(void *context) {
  ((struct worker *)context)->changes++;
}

static void take_order(void *context, lr_crawl_shared_order order) {
  ((struct worker *)context)->order = order;
}

static void take_renewed(void *context, uint64_t host, const char *origin,
                         uint64_t not_after_ns) {
  (void)host, (void)origin, (void)not_after_ns;
  ((struct worker *)context)->renewed++;
}

static void take_fault(void *context, const lr_crawl_fault *fault) {
  (void)fault;
  ((struct worker *)context)->faults++;
}

static void take_end(void *context) {
  ((struct worker *)context)->ended = true;
}

/* Opens the frontier of the worker in its directory. */
static void start(struct worker *w) {
  lr_crawl_fault fault = {0};
  const lr_crawl_shared_calls calls = {take_change, take_order, take_renewed,
                                       take_fault, w};
  w->ended = false;
  lariat_status status = lr_crawl_shared_frontier_open(&w->options, &w->sharing,
                                                       &w->frontier, &fault);
  if (status) fixture_fail("not opened: %s", fault.message);
  CU_ASSERT_EQUAL_FATAL(status, LARIAT_OK);
  CU_ASSERT_EQUAL(
      lr_crawl_shared_frontier_begin(w->frontier, w->f.reactor, &calls),
      LARIAT_OK);
}

static void open_worker(struct worker *w) {
  memset(w, 0, sizeof *w);
  memset(&memory_database, 0, sizeof memory_database);
  fixture_open(&w->f, FIXTURE_PLAIN);
  snprintf(w->directory, sizeof w->directory, "/tmp/lariat-worker-XXXXXX");
  if (!mkdtemp(w->directory)) abort();
  w->options = (lr_crawl_frontier_options){.directory = w->directory,
                                           .warc_size = 1 << 20};
  w->sharing = (lr_crawl_sharing){.connection = "memory",
                                  .config = "{}",
                                  .lease_ms = 60000,
                                  .most_queues = 8};
  start(w);
}

static bool has_ended(void *context) {
  return ((struct worker *)context)->ended;
}

static void end_worker(struct worker *w) {
  lr_crawl_shared_frontier_end(w->frontier, false, take_end, w);
  CU_ASSERT_TRUE(fixture_run_until(&w->f, has_ended, w, 20000));
  lr_crawl_shared_frontier_close(w->frontier);
  w->frontier = NULL;
}

static int remove_file(const char *path, const struct stat *about, int kind,
                       struct FTW *place) {
  (void)about, (void)kind, (void)place;
  return remove(path);
}

static void close_worker(struct worker *w) {
  end_worker(w);
  (void)nftw(w->directory, remove_file, 16, FTW_DEPTH | FTW_PHYS);
  fixture_close(&w->f);
}

/* ---- URLs ---- */

static void offer(struct worker *w, const char *site, unsigned page) {
  char url[64], origin[48];
  bool added;
  snprintf(origin, sizeof origin, "http://%s:80", site);
  snprintf(url, sizeof url, "http://%s/%u", site, page);
  lr_crawl_found_url found = {
      .url = url,
      .length = (uint32_t)strlen(url),
      .fingerprint = lr_crawl_fingerprint(
          lr_crawl_shared_frontier_hash_key(w->frontier), url, strlen(url)),
      .origin = origin,
      .priority = 4,
      .hop = 'L'};
  CU_ASSERT_EQUAL(lr_crawl_shared_frontier_offer(w->frontier, &found, &added),
                  LARIAT_OK);
}

static uint64_t host_of(const struct worker *w, const char *site) {
  char origin[48];
  snprintf(origin, sizeof origin, "http://%s:80", site);
  return lr_crawl_shared_frontier_find_host(w->frontier, origin);
}

static bool has_urls(void *context) {
  struct worker *w = context;
  return host_of(w, "a.example") && host_of(w, "b.example") &&
         lr_crawl_shared_frontier_host_queued(w->frontier,
                                              host_of(w, "b.example")) &&
         lr_crawl_shared_frontier_host_queued(w->frontier,
                                              host_of(w, "a.example"));
}

/* Offers two pages on each of two sites, and waits until they are leased. */
static void lease_sites(struct worker *w) {
  for (unsigned page = 0; page < 2; page++) {
    offer(w, "a.example", page);
    offer(w, "b.example", page);
  }
  CU_ASSERT_TRUE_FATAL(fixture_run_until(&w->f, has_urls, w, 20000));
}

static lr_crawl_queued_url take(struct worker *w, const char *site) {
  lr_crawl_queued_url url = {0};
  CU_ASSERT_EQUAL(
      lr_crawl_shared_frontier_take(w->frontier, host_of(w, site), 1, &url), 1);
  return url;
}

/* Finishes a URL with a record, which ends with a line. */
static void finish(struct worker *w, lr_crawl_queued_url *url) {
  char record[128];
  snprintf(record, sizeof record, "RECORD %s\n", url->url ? url->url : "");
  lr_crawl_outcome outcome = {.url = url->id,
                              .kind = LR_CRAWL_FETCHED,
                              .records = lr_crawl_copy_text(record),
                              .records_length = strlen(record)};
  CU_ASSERT_EQUAL(lr_crawl_shared_frontier_finish(w->frontier, &outcome),
                  LARIAT_OK);
  lr_crawl_queued_url_clear(url);
}

static void finish_one(struct worker *w, const char *site) {
  lr_crawl_queued_url url = take(w, site);
  finish(w, &url);
}

static bool is_committed(void *context) {
  const struct worker *w = context;
  return !lr_crawl_shared_frontier_has_uncommitted(w->frontier);
}

static void wait_for_commit(struct worker *w) {
  CU_ASSERT_TRUE_FATAL(fixture_run_until(&w->f, is_committed, w, 20000));
}

static bool is_over(void *context) {
  const struct worker *w = context;
  return lr_crawl_shared_frontier_wake(w->frontier, 0) == INT64_MAX;
}

/* ---- Files ---- */

/* Reads all WARC files of the directory into a text. */
static size_t read_warc(const struct worker *w, char *text, size_t capacity) {
  char path[400];
  size_t length = 0;
  snprintf(path, sizeof path, "%s/warc", w->directory);
  DIR *open = opendir(path);
  for (struct dirent *entry; open && (entry = readdir(open));) {
    snprintf(path, sizeof path, "%s/warc/%s", w->directory, entry->d_name);
    FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
    if (!file) continue;
    length += fread(text + length, 1, capacity - 1 - length, file);
    fclose(file);
  }
  if (open) closedir(open);
  text[length] = '\0';
  return length;
}

static uint64_t committed_bytes(void) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < memory_database.file_count; i++)
    bytes += memory_database.files[i].length;
  return bytes;
}

/* ---- The tests ---- */

static void test_going(void) {
  struct worker w;
  char text[512];
  open_worker(&w);
  lease_sites(&w);
  for (unsigned i = 0; i < 2; i++) {
    finish_one(&w, "a.example");
    finish_one(&w, "b.example");
  }
  CU_ASSERT_TRUE(fixture_run_until(&w.f, is_over, &w, 20000));
  for (size_t i = 0; i < memory_database.url_count; i++)
    CU_ASSERT_EQUAL(memory_database.urls[i].outcomes, 1);
  CU_ASSERT_EQUAL(memory_queue_named("a.example")->owner, 0);
  CU_ASSERT_EQUAL(read_warc(&w, text, sizeof text), committed_bytes());
  CU_ASSERT_EQUAL(w.faults, 0);
  close_worker(&w);
}

static void test_lost_lease(void) {
  struct worker w;
  char text[512];
  open_worker(&w);
  lease_sites(&w);
  finish_one(&w, "a.example");
  finish_one(&w, "b.example");
  memory_steal("a.example");
  wait_for_commit(&w);
  CU_ASSERT_EQUAL(memory_database.refusals, 1);
  CU_ASSERT_EQUAL(memory_url_named("http://a.example/0")->outcomes, 0);
  CU_ASSERT_EQUAL(memory_url_named("http://b.example/0")->outcomes, 1);
  CU_ASSERT_EQUAL(read_warc(&w, text, sizeof text), committed_bytes());
  CU_ASSERT_PTR_NULL(strstr(text, "a.example"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "RECORD http://b.example/0\n"));
  CU_ASSERT_EQUAL(lr_crawl_shared_frontier_host_queued(
                      w.frontier, host_of(&w, "a.example")),
                  0);
  close_worker(&w);
}

/* What comes of a URL whose queue was lost is nobody's. */
static void test_late_outcome(void) {
  struct worker w;
  open_worker(&w);
  lease_sites(&w);
  lr_crawl_queued_url late = take(&w, "a.example");
  finish_one(&w, "a.example");
  memory_steal("a.example");
  wait_for_commit(&w);
  finish(&w, &late);
  CU_ASSERT_TRUE(is_committed(&w));
  CU_ASSERT_EQUAL(memory_url_named("http://a.example/0")->outcomes, 0);
  CU_ASSERT_EQUAL(memory_url_named("http://a.example/1")->outcomes, 0);
  close_worker(&w);
}

/* URLs that were found on the page of a lost queue stay. */
static void test_found_stays(void) {
  struct worker w;
  open_worker(&w);
  lease_sites(&w);
  lr_crawl_queued_url url = take(&w, "a.example");
  offer(&w, "c.example", 7);
  finish(&w, &url);
  memory_steal("a.example");
  wait_for_commit(&w);
  CU_ASSERT_PTR_NOT_NULL(memory_url_named("http://c.example/7"));
  CU_ASSERT_EQUAL(memory_url_named("http://a.example/0")->outcomes, 0);
  close_worker(&w);
}

static void test_lost_answer(void) {
  struct worker w;
  char text[512];
  open_worker(&w);
  lease_sites(&w);
  finish_one(&w, "a.example");
  memory_database.forget_answer = true;
  wait_for_commit(&w);
  CU_ASSERT_FALSE(memory_database.forget_answer);
  CU_ASSERT_EQUAL(memory_url_named("http://a.example/0")->outcomes, 1);
  CU_ASSERT_EQUAL(read_warc(&w, text, sizeof text), committed_bytes());
  close_worker(&w);
}

static bool has_trouble(void *context) {
  const struct worker *w = context;
  return *lr_crawl_shared_frontier_trouble(w->frontier) != '\0';
}

static bool has_no_trouble(void *context) { return !has_trouble(context); }

static void test_away(void) {
  struct worker w;
  open_worker(&w);
  lease_sites(&w);
  memory_database.away = true;
  finish_one(&w, "a.example");
  finish_one(&w, "b.example");
  CU_ASSERT_TRUE(fixture_run_until(&w.f, has_trouble, &w, 20000));
  finish_one(&w, "a.example"); /* it waits for the next batch */
  CU_ASSERT_EQUAL(memory_url_named("http://a.example/0")->outcomes, 0);
  memory_database.away = false;
  CU_ASSERT_TRUE(fixture_run_until(&w.f, has_no_trouble, &w, 20000));
  wait_for_commit(&w);
  CU_ASSERT_EQUAL(memory_url_named("http://a.example/0")->outcomes, 1);
  CU_ASSERT_EQUAL(memory_url_named("http://a.example/1")->outcomes, 1);
  CU_ASSERT_EQUAL(memory_url_named("http://b.example/0")->outcomes, 1);
  CU_ASSERT_EQUAL(w.faults, 0);
  close_worker(&w);
}

/* Of a lease that is about to end nothing is handed out. */
static void test_end_of_lease(void) {
  struct worker w;
  lr_crawl_queued_url url;
  open_worker(&w);
  memory_database.are_over = true;
  lease_sites(&w);
  CU_ASSERT_EQUAL(lr_crawl_shared_frontier_take(
                      w.frontier, host_of(&w, "a.example"), 1, &url),
                  0);
  memory_database.are_over = false;
  unsigned renewals = memory_database.renewals;
  lr_crawl_shared_frontier_commit(w.frontier);
  while (memory_database.renewals == renewals) fixture_run_for(&w.f, 10);
  fixture_run_for(&w.f, 50);
  finish_one(&w, "a.example");
  wait_for_commit(&w);
  CU_ASSERT_EQUAL(memory_url_named("http://a.example/0")->outcomes, 1);
  close_worker(&w);
}

static void test_give_back(void) {
  struct worker w;
  open_worker(&w);
  lease_sites(&w);
  uint64_t host = host_of(&w, "a.example");
  lr_crawl_queued_url url = take(&w, "a.example");
  uint64_t id = url.id;
  lr_crawl_queued_url_clear(&url);
  CU_ASSERT_EQUAL(lr_crawl_shared_frontier_host_queued(w.frontier, host), 1);
  CU_ASSERT_EQUAL(lr_crawl_shared_frontier_give_back(w.frontier, id),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lr_crawl_shared_frontier_give_back(w.frontier, id),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lr_crawl_shared_frontier_host_queued(w.frontier, host), 2);
  url = take(&w, "a.example");
  CU_ASSERT_EQUAL(url.id, id);
  lr_crawl_queued_url_clear(&url);
  close_worker(&w);
  CU_ASSERT_EQUAL(memory_queue_named("a.example")->owner, 0);
}

static bool is_paused(void *context) {
  return ((struct worker *)context)->order == LR_CRAWL_SHARED_PAUSE;
}

static void test_order(void) {
  struct worker w;
  open_worker(&w);
  lease_sites(&w);
  memory_database.order = LR_CRAWL_SHARED_PAUSE;
  CU_ASSERT_TRUE(fixture_run_until(&w.f, is_paused, &w, 20000));
  close_worker(&w);
}

/* Tells whether queues are free that the worker had. */
static bool has_let_go(void *context) {
  unsigned free = 0;
  (void)context;
  for (size_t i = 0; i < memory_database.queue_count; i++)
    free += memory_database.queues[i].owner == 0;
  return free == 2;
}

/* Where another worker has nothing, queues are given up, with their URLs. */
static void test_balance(void) {
  struct worker w;
  char site[16];
  open_worker(&w);
  end_worker(&w);
  w.sharing.lease_ms = 2000;
  start(&w);
  for (unsigned i = 0; i < 4; i++) {
    snprintf(site, sizeof site, "%c.test", 'a' + (int)i);
    offer(&w, site, 1);
    offer(&w, site, 2);
  }
  lease_sites(&w);
  memory_database.others = 1;
  CU_ASSERT_TRUE(fixture_run_until(&w.f, has_let_go, &w, 20000));
  for (size_t i = 0; i < memory_database.url_count; i++)
    CU_ASSERT_EQUAL(memory_database.urls[i].with != 0,
                    memory_queue_of(memory_database.urls[i].queue)->owner != 0);
  close_worker(&w);
}

static bool are_renewed(void *context) {
  (void)context;
  for (size_t i = 0; i < memory_database.queue_count; i++)
    if (memory_database.queues[i].renewals < 4) return false;
  return true;
}

/* One of which a request is under way is renewed until that has ended. */
static void test_balance_waits(void) {
  static const char *const sites[] = {"a.example", "b.example", "c.example",
                                      "d.example"};
  struct worker w;
  lr_crawl_queued_url urls[FIXTURE_COUNT(sites)];
  open_worker(&w);
  end_worker(&w);
  w.sharing.lease_ms = 600;
  start(&w);
  offer(&w, "c.example", 0);
  offer(&w, "d.example", 0);
  lease_sites(&w);
  for (size_t i = 0; i < FIXTURE_COUNT(sites); i++)
    urls[i] = take(&w, sites[i]);
  for (size_t i = 0; i < memory_database.queue_count; i++)
    memory_database.queues[i].renewals = 0;
  memory_database.others = 1;
  CU_ASSERT_TRUE(fixture_run_until(&w.f, are_renewed, &w, 20000));
  for (size_t i = 0; i < FIXTURE_COUNT(sites); i++) finish(&w, &urls[i]);
  wait_for_commit(&w);
  CU_ASSERT_EQUAL(memory_url_named("http://a.example/0")->outcomes, 1);
  CU_ASSERT_EQUAL(memory_url_named("http://d.example/0")->outcomes, 1);
  close_worker(&w);
}

static bool have_been_balanced(void *context) {
  lr_crawl_worker_run *run = context;
  return run->balance_at_ns != 0;
}

/* What leaves already is not given up a second time. */
static void test_balance_once(void) {
  static const char *const sites[] = {"a.example", "b.example", "c.example",
                                      "d.example"};
  struct worker w;
  lr_crawl_queued_url urls[FIXTURE_COUNT(sites)];
  unsigned leaving = 0;
  open_worker(&w);
  offer(&w, "c.example", 0);
  offer(&w, "d.example", 0);
  lease_sites(&w);
  for (size_t i = 0; i < FIXTURE_COUNT(sites); i++)
    urls[i] = take(&w, sites[i]);
  memory_database.others = 1;
  for (int i = 0; i < 3; i++) {
    w.frontier->run.count_at_ns = w.frontier->run.balance_at_ns = 0;
    lr_crawl_shared_kick(w.frontier, 0);
    w.frontier->whole.workers = 2;
    CU_ASSERT_TRUE(
        fixture_run_until(&w.f, have_been_balanced, &w.frontier->run, 20000));
  }
  for (uint32_t place = 1; place <= w.frontier->leases.used; place++)
    leaving += lr_crawl_leases_at(&w.frontier->leases, place)->leaves;
  CU_ASSERT_EQUAL(leaving, 1);
  for (size_t i = 0; i < FIXTURE_COUNT(sites); i++) finish(&w, &urls[i]);
  close_worker(&w);
}

/* A worker that is killed between its writing and its commit leaves bytes,
 * which its next start cuts off. */
static void test_second_start(void) {
  struct worker w;
  char path[400], text[512];
  open_worker(&w);
  lease_sites(&w);
  finish_one(&w, "a.example");
  wait_for_commit(&w);
  CU_ASSERT_EQUAL_FATAL(memory_database.file_count, 1);
  struct memory_file *of = &memory_database.files[0];
  uint64_t committed = of->length;
  end_worker(&w);
  CU_ASSERT_TRUE(of->closed);
  /* As it was before the end, with bytes behind. */
  of->closed = false;
  of->length = committed;
  char open_path[408];
  snprintf(path, sizeof path, "%s/warc/%s", w.directory, of->name);
  snprintf(open_path, sizeof open_path, "%s.open", path);
  CU_ASSERT_EQUAL(rename(path, open_path), 0);
  FILE *file = fopen(open_path, "a");
  fputs("RECORD that nobody has committed\n", file);
  fclose(file);
  snprintf(path, sizeof path, "%s/warc/lariat-unknown.warc.gz.open",
           w.directory);
  file = fopen(path, "w");
  fputs("RECORD of a file that was never committed\n", file);
  fclose(file);
  start(&w);
  CU_ASSERT_EQUAL(read_warc(&w, text, sizeof text), committed);
  CU_ASSERT_PTR_NULL(strstr(text, "committed"));
  close_worker(&w);
}

/* A directory is one worker's of one crawl. */
static void test_directories(void) {
  struct worker w;
  lr_crawl_shared_frontier *other = NULL;
  lr_crawl_fault fault = {0};
  open_worker(&w);
  CU_ASSERT_EQUAL(
      lr_crawl_shared_frontier_open(&w.options, &w.sharing, &other, &fault),
      LARIAT_EBUSY);
  end_worker(&w);
  w.sharing.name = "another";
  CU_ASSERT_EQUAL(
      lr_crawl_shared_frontier_open(&w.options, &w.sharing, &other, &fault),
      LARIAT_EFORMAT);
  w.sharing.name = NULL;
  start(&w);
  close_worker(&w);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each URL is leased, finished and committed", test_going},
      {"a lost lease refuses a batch, whose rest is committed",
       test_lost_lease},
      {"what comes late of a lost queue is dropped", test_late_outcome},
      {"URLs that a lost page has named stay", test_found_stays},
      {"a batch whose answer was lost is in once", test_lost_answer},
      {"what comes while the store is away waits", test_away},
      {"nothing is handed out of a lease that ends", test_end_of_lease},
      {"a URL that is given back is the next one", test_give_back},
      {"orders arrive", test_order},
      {"queues are left to a worker that has none", test_balance},
      {"what is given up while it is asked", test_balance_waits},
      {"what leaves is not given up again", test_balance_once},
      {"a second start cuts what was not committed", test_second_start},
      {"a directory is one worker's of one crawl", test_directories},
  };
  return fixture_main("shared_frontier", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
