/* SPDX-License-Identifier: MIT
 * why.c: the question why a URL is, or is not, fetched, asked of a crawl: what
 * the frontier knows is written here, what a shard knows by the shard. */
#include <stdio.h>
#include <string.h>

#include "crawl_private.h"
#include "explanation.h"
#include "finding.h"
#include "memory.h"
#include "shared_known.h"

/* ---- Texts as values ---- */

static void drop_text(void *data) { lariat_memory_release(data); }

static int describe_text(const void *data, char *text, size_t capacity) {
  return snprintf(text, capacity, "%s", (const char *)data);
}

const lariat_type lariat_crawl_text_type = {.size = sizeof(lariat_type),
                                            .name = "text",
                                            .drop = drop_text,
                                            .describe = describe_text};

const char *lariat_crawl_text_in(lariat_value value) {
  return lariat_value_in(value, &lariat_crawl_text_type);
}

/* ---- Questions ---- */

/* A question that a shard has. */
struct lr_crawl_question {
  lr_crawl_list node;
  lariat_deferred *answer;
  lr_crawl_bytes json; /* all but what the shard knows */
};

static void answer(lr_crawl_question *question, const char *more) {
  lr_crawl_list_remove(&question->node);
  lr_crawl_bytes_add_text(&question->json, more);
  lr_crawl_bytes_add_text(&question->json, "}");
  char *text = lr_crawl_bytes_take(&question->json, NULL);
  lariat_value value = text
                           ? lariat_value_of(&lariat_crawl_text_type, text)
                           : lariat_failure_new(LARIAT_ENOMEM, "out of memory");
  (void)lariat_deferred_callback(question->answer, value);
  lariat_deferred_release(question->answer);
  lariat_memory_release(question);
}

void lr_crawl_answer_all(lariat_crawl *crawl) {
  lr_crawl_list *node;
  while ((node = lr_crawl_list_first(&crawl->questions)))
    answer(lr_crawl_listed(node, lr_crawl_question, node), "");
}

/* Finds a question by its name, which is what it is called by on its way: it
 * may have been answered meanwhile. */
static lr_crawl_question *find_question(lariat_crawl *crawl, uint64_t name) {
  for (lr_crawl_list *node = crawl->questions.next; node != &crawl->questions;
       node = node->next) {
    lr_crawl_question *question =
        lr_crawl_listed(node, lr_crawl_question, node);
    if ((uint64_t)(uintptr_t)question == name) return question;
  }
  return NULL;
}

static void take_answer(lr_crawl_message *message) {
  lr_crawl_question *question =
      find_question(message->to->crawl, message->number);
  if (question) answer(question, message->text ? message->text : "");
}

/* Has the shard add what it knows; on its thread. */
static void take_question(lr_crawl_message *message) {
  lr_crawl_bytes json = {0};
  if (message->to->shard)
    lr_crawl_shard_explain(message->to->shard, message->text, &json);
  lr_crawl_tell_crawl(
      &(lr_crawl_message){.to = message->to,
                          .take = take_answer,
                          .number = message->number,
                          .text = lr_crawl_bytes_take(&json, NULL)});
}

static void ask_shard(lariat_crawl *crawl, const lariat_url *url,
                      lr_crawl_question *question) {
  char origin[LR_CRAWL_MOST_ORIGIN];
  char *text = lr_crawl_copy_text(lariat_url_text(url, NULL));
  bool runs = crawl->state == LR_CRAWL_GOING && text &&
              lr_crawl_origin_of(url, origin, sizeof origin) < sizeof origin;
  if (!runs) {
    lariat_memory_release(text);
    answer(question, "");
    return;
  }
  lr_crawl_tell_shard(
      &(lr_crawl_message){.to = &crawl->members[lr_crawl_shard_of(
                              crawl->settings, crawl->count, origin)],
                          .take = take_question,
                          .number = (uint64_t)(uintptr_t)question,
                          .text = text});
}

/* ---- Asking ---- */

/* Reads the directory of a crawl that is over. */
static lariat_status reopen(const lariat_crawl *crawl,
                            lr_crawl_frontier **out) {
  lr_crawl_frontier_options options = {
      .directory = crawl->settings->options.directory, .read_only = true};
  lr_crawl_fault fault;
  return lr_crawl_frontier_open(&options, out, &fault);
}

static void add_explanation(const lariat_crawl *crawl,
                            lr_crawl_frontier *frontier, const lariat_url *url,
                            lr_crawl_bytes *json) {
  lr_crawl_explain(&(lr_crawl_explained){.settings = crawl->settings,
                                         .scope = crawl->scope,
                                         .frontier = frontier,
                                         .hash = crawl->settings->hash},
                   url, json);
}

/* Asks the database of a shared crawl, for which the crawl's thread waits, and
 * no request does; while it is away, what is leased is known. */
static lariat_status explain_shared(lariat_crawl *crawl, const lariat_url *url,
                                    lr_crawl_bytes *json) {
  const lariat_crawl_options *options = &crawl->settings->options;
  lr_crawl_fault fault = {0};
  lr_crawl_shared_known known = {.connection = options->frontier,
                                 .name = options->crawl_name,
                                 .url = lariat_url_text(url, NULL),
                                 .settings = crawl->settings};
  lariat_crawl_stats stats = {.size = sizeof stats};
  (void)!lariat_crawl_read_stats(crawl, &stats);
  lariat_status status = *stats.trouble
                             ? LARIAT_ECONNECT
                             : lr_crawl_shared_known_ask(&known, &fault);
  lr_crawl_frontier *of = status ? crawl->frontier : known.frontier;
  if (of) add_explanation(crawl, of, url, json);
  lr_crawl_bytes_add(json, known.place.at, known.place.length);
  lr_crawl_shared_known_clear(&known);
  return of ? LARIAT_OK : status;
}

static lariat_status explain(lariat_crawl *crawl, const lariat_url *url,
                             lr_crawl_bytes *json) {
  lr_crawl_frontier *again = NULL;
  if (crawl->settings->options.frontier)
    return explain_shared(crawl, url, json);
  lariat_status status = crawl->frontier ? LARIAT_OK : reopen(crawl, &again);
  if (status != LARIAT_OK) return status;
  add_explanation(crawl, again ? again : crawl->frontier, url, json);
  lr_crawl_frontier_close(again);
  return status;
}

static lariat_deferred *fail(lariat_crawl *crawl, lariat_status status) {
  return lariat_deferred_fail(crawl->reactor, status, "%s",
                              lariat_status_text(status));
}

lariat_deferred *lariat_crawl_why(lariat_crawl *crawl, const char *text) {
  lariat_url *url = NULL;
  lariat_status status = lr_crawl_explained_url(text, &url);
  if (status != LARIAT_OK) return fail(crawl, status);
  lr_crawl_question *question = lr_crawl_allocate(1, sizeof *question);
  status = question ? explain(crawl, url, &question->json) : LARIAT_ENOMEM;
  if (status != LARIAT_OK) {
    lariat_memory_release(question);
    lariat_url_free(url);
    return fail(crawl, status);
  }
  question->answer = lariat_deferred_new(crawl->reactor, NULL, NULL, NULL);
  lariat_deferred *deferred = lariat_deferred_retain(question->answer);
  lr_crawl_list_append(&crawl->questions, &question->node);
  ask_shard(crawl, url, question);
  lariat_url_free(url);
  return deferred;
}
