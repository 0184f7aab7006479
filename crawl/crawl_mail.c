/* SPDX-License-Identifier: MIT
 * crawl_mail.c: calls between the thread of a crawl and those of its shards. */
#include <time.h>

#include "crawl_private.h"
#include "memory.h"

static void take_call(void *context) {
  lr_crawl_message *message = context;
  message->take(message);
}

static void drop_parts(lr_crawl_message *message) {
  lr_crawl_report_free(message->report);
  lr_crawl_work_free(message->work);
  lr_crawl_visit_free(message->visit);
  lariat_memory_release(message->text);
}

static void drop_message(void *context) {
  lr_crawl_message *message = context;
  drop_parts(message);
  lariat_memory_release(message);
}

/* Waits for a moment for memory, if that was missing: however long it takes,
 * since the other thread waits for what would be lost. */
static bool wait_for_memory(lariat_status status) {
  const struct timespec moment = {0, 1000000};
  if (status != LARIAT_ENOMEM) return false;
  (void)nanosleep(&moment, NULL);
  return true;
}

static lariat_status send_to_crawl(lr_crawl_message *message) {
  return lariat_mailbox_call(message->to->crawl->mailbox, take_call, message,
                             drop_message);
}

static lariat_status send_to_shard(lr_crawl_message *message) {
  return lariat_pool_call(message->to->crawl->pool, message->to->index,
                          take_call, message, drop_message);
}

static void send_message(const lr_crawl_message *what,
                         lariat_status (*send)(lr_crawl_message *message)) {
  lr_crawl_message copy = *what;
  lariat_status status;
  do {
    lr_crawl_message *message = lr_crawl_allocate(1, sizeof *message);
    if (message) *message = copy;
    status = message ? send(message) : LARIAT_ENOMEM;
    if (status != LARIAT_OK) lariat_memory_release(message);
  } while (wait_for_memory(status));
  if (status != LARIAT_OK) drop_parts(&copy);
}

void lr_crawl_tell_crawl(const lr_crawl_message *what) {
  send_message(what, send_to_crawl);
}

void lr_crawl_tell_shard(const lr_crawl_message *what) {
  send_message(what, send_to_shard);
}

void lr_crawl_tell_shards(lariat_crawl *crawl, const lr_crawl_message *what) {
  for (unsigned i = 0; i < crawl->count; i++) {
    lr_crawl_message message = *what;
    message.to = &crawl->members[i];
    if (what->text) message.text = lr_crawl_copy_text(what->text);
    if (!what->text || message.text) lr_crawl_tell_shard(&message);
  }
}

void lr_crawl_take_work(lr_crawl_message *message) {
  if (message->to->shard)
    lr_crawl_shard_take(message->to->shard, message->work);
}

static void take_visit(lr_crawl_message *message) {
  lr_crawl_visit *visit = message->visit;
  message->visit = NULL;
  if (message->to->shard)
    lr_crawl_shard_take_visit(message->to->shard, visit);
  else
    lr_crawl_visit_free(visit);
}

void lr_crawl_send_visit(void *context, unsigned shard, lr_crawl_visit *visit) {
  const lr_crawl_member *from = context;
  lr_crawl_tell_shard(&(lr_crawl_message){
      .to = &from->crawl->members[shard], .take = take_visit, .visit = visit});
}
