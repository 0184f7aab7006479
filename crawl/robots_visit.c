/* SPDX-License-Identifier: MIT
 * robots_visit.c: texts that go from thread to thread. */
#include "robots_visit.h"

#include "memory.h"

/* Copies a text; false: no memory for one that is there. */
static bool copy_text(char **to, const char *text) {
  *to = text ? lr_crawl_copy_text(text) : NULL;
  return *to || !text;
}

lr_crawl_visit *lr_crawl_visit_new(unsigned from, const char *asker,
                                   const char *origin,
                                   const lr_crawl_robots_fetch *fetch) {
  lr_crawl_visit *visit = lr_crawl_allocate(1, sizeof *visit);
  if (!visit) return NULL;
  visit->from = from;
  if (copy_text(&visit->asker, asker) && copy_text(&visit->origin, origin) &&
      copy_text(&visit->url, lr_crawl_robots_fetch_url(fetch)) &&
      copy_text(&visit->etag, lr_crawl_robots_fetch_etag(fetch)) &&
      copy_text(&visit->last_modified,
                lr_crawl_robots_fetch_last_modified(fetch)))
    return visit;
  lr_crawl_visit_free(visit);
  return NULL;
}

/* Frees a text of the answer, which are copies. */
static void release_text(const char *text) {
  lariat_memory_release((void *)(uintptr_t)text);
}

static void clear_answer(lr_crawl_robots_answer *answer) {
  release_text(answer->location);
  release_text(answer->cache_control);
  release_text(answer->etag);
  release_text(answer->last_modified);
  release_text(answer->body);
  *answer = (lr_crawl_robots_answer){0};
}

void lr_crawl_visit_free(lr_crawl_visit *visit) {
  if (!visit) return;
  clear_answer(&visit->answer);
  lariat_memory_release(visit->asker);
  lariat_memory_release(visit->origin);
  lariat_memory_release(visit->url);
  lariat_memory_release(visit->etag);
  lariat_memory_release(visit->last_modified);
  lariat_memory_release(visit->failure);
  lariat_memory_release(visit);
}

/* Copies a text of an answer; `*failed` is set where there is no memory. */
static const char *keep_text(const char *text, bool *failed) {
  char *copy;
  if (!copy_text(&copy, text)) *failed = true;
  return copy;
}

/* False: no memory for all of it. */
static bool copy_answer(lr_crawl_robots_answer *to,
                        const lr_crawl_robots_answer *answer) {
  bool failed = false;
  *to = (lr_crawl_robots_answer){
      .status = answer->status,
      .incomplete = answer->incomplete,
      .location = keep_text(answer->location, &failed),
      .cache_control = keep_text(answer->cache_control, &failed),
      .etag = keep_text(answer->etag, &failed),
      .last_modified = keep_text(answer->last_modified, &failed),
      .retry_after_s = answer->retry_after_s,
      .body = lr_crawl_copy_bytes(answer->body, answer->length),
      .length = answer->length};
  return !failed && to->body;
}

void lr_crawl_visit_end(lr_crawl_visit *visit,
                        const lr_crawl_robots_answer *answer,
                        const char *failure) {
  clear_answer(&visit->answer);
  if (!copy_answer(&visit->answer, answer)) clear_answer(&visit->answer);
  (void)copy_text(&visit->failure, failure);
  visit->is_done = true;
}
