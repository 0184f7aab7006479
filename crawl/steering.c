/* SPDX-License-Identifier: MIT
 * steering.c: what the user of a running crawl changes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawl_config.h"
#include "crawl_private.h"
#include "memory.h"

static bool is_over(const lariat_crawl *crawl) {
  return crawl->state != LR_CRAWL_GOING;
}

static lariat_status refuse(lariat_crawl_error *error, lariat_status status,
                            const char *message, const char *text) {
  if (error)
    snprintf(error->message, sizeof error->message, "%s%s%.256s", message,
             *text ? ": " : "", text);
  return status;
}

/* ---- Pause and stop ---- */

static void take_pause(lr_crawl_message *message) {
  if (message->to->shard)
    lr_crawl_shard_pause(message->to->shard, message->number != 0);
}

static void set_paused(lariat_crawl *crawl, bool paused) {
  if (is_over(crawl) || crawl->paused == paused) return;
  crawl->paused = paused;
  lr_crawl_tell_shards(
      crawl, &(lr_crawl_message){.take = take_pause, .number = paused});
  if (paused) return;
  lr_crawl_hand_out(crawl);
  lr_crawl_look_at_end(crawl);
}

void lariat_crawl_pause(lariat_crawl *crawl) { set_paused(crawl, true); }

void lariat_crawl_resume(lariat_crawl *crawl) { set_paused(crawl, false); }

void lariat_crawl_stop(lariat_crawl *crawl, uint64_t grace_ms) {
  lr_crawl_end(crawl, LARIAT_CRAWL_STOPPED, "", grace_ms);
}

/* ---- Seeds ---- */

static void take_scope(lr_crawl_message *message) {
  if (message->to->shard)
    lr_crawl_shard_set_scope(message->to->shard, message->scope);
}

/* Has the shards use a scope with another seed; the old one is kept, since they
 * may be using it. */
static lariat_status widen_scope(lariat_crawl *crawl, const char *seed) {
  lr_crawl_scope *scope = NULL;
  lr_crawl_scope **old =
      lr_crawl_grow(crawl->old_scopes, &crawl->old_scope_capacity,
                    crawl->old_scope_count + 1, sizeof *old);
  if (!old) return LARIAT_ENOMEM;
  crawl->old_scopes = old;
  lariat_status status = lr_crawl_scope_with_seed(crawl->scope, seed, &scope);
  if (status != LARIAT_OK) return status;
  old[crawl->old_scope_count++] = crawl->scope;
  crawl->scope = scope;
  lr_crawl_tell_shards(crawl,
                       &(lr_crawl_message){.take = take_scope, .scope = scope});
  return status;
}

/* Tells what is wrong with a seed that comes late. */
static lariat_status check_seed(const lariat_crawl *crawl,
                                const lariat_crawl_seed *seed,
                                lariat_crawl_error *error) {
  lariat_url *url = NULL;
  lariat_url_error wrong = {0};
  lariat_status status =
      lariat_url_parse(seed->url, strlen(seed->url), NULL, &url, &wrong);
  if (status == LARIAT_ENOMEM) return status;
  if (status != LARIAT_OK)
    return refuse(error, LARIAT_EINVAL,
                  *wrong.message ? wrong.message : lariat_status_text(status),
                  seed->url);
  bool loopback = lr_crawl_url_is_loopback(url);
  lariat_url_free(url);
  if (!loopback && !crawl->settings->options.contact)
    return refuse(error, LARIAT_EINVAL,
                  "contact: none is given, and the seed is not on this machine",
                  seed->url);
  return LARIAT_OK;
}

/* Has the directory remember a seed that came late. */
static lariat_status keep_seed(lariat_crawl *crawl,
                               const lariat_crawl_seed *seed) {
  lariat_crawl_options options = crawl->settings->options;
  lr_crawl_config *config = NULL;
  lr_crawl_fault fault;
  options.seeds = seed;
  options.seed_count = 1;
  lariat_status status = lr_crawl_config_join(
      &options, lr_crawl_frontier_config(crawl->frontier), false, &config);
  if (status != LARIAT_OK) return status;
  char *text = lr_crawl_config_write(lr_crawl_config_options(config));
  status = text ? lr_crawl_frontier_keep_config(crawl->frontier, text, &fault)
                : LARIAT_ENOMEM;
  lariat_memory_release(text);
  lr_crawl_config_free(config);
  return status;
}

lariat_status lariat_crawl_add(lariat_crawl *crawl,
                               const lariat_crawl_seed *seed,
                               lariat_crawl_error *error) {
  if (is_over(crawl))
    return refuse(error, LARIAT_ECLOSED, "the crawl is not running", "");
  if (!seed || !seed->url || seed->priority > 7)
    return refuse(error, LARIAT_EINVAL,
                  "a seed has a URL, and a priority from 0 to 7", "");
  if (crawl->settings->options.frontier)
    return refuse(error, LARIAT_EINVAL,
                  "a crawl that workers share has the seeds with which it was "
                  "begun",
                  "");
  lariat_status status = check_seed(crawl, seed, error);
  if (status != LARIAT_OK) return status;
  status = widen_scope(crawl, seed->url);
  if (status == LARIAT_OK) status = keep_seed(crawl, seed);
  if (status == LARIAT_OK) status = lr_crawl_offer(crawl, seed, '-');
  if (status != LARIAT_OK)
    return refuse(error, status, lariat_status_text(status), seed->url);
  lr_crawl_hand_out(crawl);
  return status;
}

/* ---- Prefixes ---- */

/* Tells whether one of the seeds is that URL without its last octet, a '/', and
 * perhaps by http. */
static bool is_directory_of_seed(const lariat_crawl *crawl, const char *url) {
  const lariat_crawl_options *options = &crawl->settings->options;
  const char *rest = strstr(url, "://");
  size_t length = rest ? strlen(rest) : 0;
  if (length < 4 || rest[length - 1] != '/' || rest[length - 2] == '/')
    return false;
  for (size_t i = 0; i < options->seed_count; i++) {
    const char *seed = strstr(options->seeds[i].url, "://");
    if (seed && strlen(seed) == length - 1 &&
        strncmp(seed, rest, length - 1) == 0)
      return true;
  }
  return false;
}

lariat_status lr_crawl_narrow(lariat_crawl *crawl,
                              const lr_crawl_found_url *found) {
  lr_crawl_known_url known;
  if (crawl->settings->options.scope != LARIAT_CRAWL_SCOPE_PREFIX)
    return LARIAT_OK;
  lariat_status status =
      lr_crawl_frontier_read_url(crawl->frontier, found->via, &known);
  if (status != LARIAT_OK) return LARIAT_OK;
  bool of_seed = known.hop == '-';
  lariat_memory_release(known.url);
  if (!of_seed) return LARIAT_OK;
  char *url = lr_crawl_copy_bytes(found->url, found->length);
  if (!url) return LARIAT_ENOMEM;
  const lariat_crawl_seed seed = {.url = url, .priority = found->priority};
  if (is_directory_of_seed(crawl, url)) {
    status = widen_scope(crawl, url);
    if (status == LARIAT_OK) status = keep_seed(crawl, &seed);
  }
  lariat_memory_release(url);
  return status;
}

/* ---- Settings ---- */

/* Reads a duration, "2s", "500ms", "2" (seconds); false: it is none. */
static bool read_duration(const char *text, uint64_t *ms) {
  char *end;
  double number = strtod(text, &end);
  if (end == text || !isfinite(number) || number < 0 || number > 1e9)
    return false;
  if (strcmp(end, "ms") != 0) {
    if (*end && strcmp(end, "s") != 0) return false;
    number *= 1000;
  }
  *ms = (uint64_t)number;
  return true;
}

static bool read_number(const char *text, uint64_t *number) {
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > 18 || text[digits]) return false;
  *number = strtoull(text, NULL, 10);
  return true;
}

static void take_delay(lr_crawl_message *message) {
  if (message->to->shard)
    lr_crawl_shard_set_delay(message->to->shard, message->text,
                             message->number);
}

static void take_trap(lr_crawl_message *message) {
  if (message->to->shard)
    lr_crawl_shard_open_trap(message->to->shard, message->text);
}

/* Sets the delay of all hosts, or of the one before ".delay". */
static lariat_status set_delay(lariat_crawl *crawl, const char *name,
                               const char *value, lariat_crawl_error *error) {
  static const char prefix[] = "host.", suffix[] = ".delay";
  size_t length = strlen(name);
  lr_crawl_message message = {.take = take_delay};
  if (!read_duration(value, &message.number))
    return refuse(error, LARIAT_EINVAL,
                  "not a duration, as \"2s\" or \"500ms\"", value);
  char *host = NULL;
  if (strcmp(name, "delay") != 0) {
    if (length <= sizeof prefix - 1 + sizeof suffix - 1)
      return refuse(error, LARIAT_EINVAL, "no such setting", name);
    host =
        lr_crawl_copy_bytes(name + sizeof prefix - 1,
                            length - (sizeof prefix - 1) - (sizeof suffix - 1));
    if (!host) return LARIAT_ENOMEM;
  }
  message.text = host;
  lr_crawl_tell_shards(crawl, &message);
  lariat_memory_release(host);
  return LARIAT_OK;
}

/* A budget by its name. */
static uint64_t *find_budget(lariat_crawl_options *options, const char *name) {
  if (strcmp(name, "max-pages") == 0) return &options->max_pages;
  if (strcmp(name, "max-bytes") == 0) return &options->max_bytes;
  if (strcmp(name, "max-pages-per-host") == 0)
    return &options->max_pages_per_host;
  if (strcmp(name, "max-bytes-per-host") == 0)
    return &options->max_bytes_per_host;
  return NULL;
}

/* Opens those hosts again whose budget was used up. */
static void open_hosts(lariat_crawl *crawl) {
  lr_crawl_dispatch *dispatch = &crawl->dispatch;
  for (size_t i = 0; i < dispatch->capacity; i++) {
    if (!dispatch->hosts[i].is_full) continue;
    dispatch->hosts[i].is_full = false;
    lr_crawl_dispatch_put_back(dispatch, i);
  }
}

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text);
  size_t most = strlen(end);
  return length >= most && strcmp(text + length - most, end) == 0;
}

lariat_status lariat_crawl_set(lariat_crawl *crawl, const char *name,
                               const char *value, lariat_crawl_error *error) {
  lariat_crawl_options *options = &crawl->settings->options;
  if (is_over(crawl))
    return refuse(error, LARIAT_ECLOSED, "the crawl is not running", "");
  if (strcmp(name, "delay") == 0 ||
      (strncmp(name, "host.", 5) == 0 && ends_with(name, ".delay")))
    return set_delay(crawl, name, value, error);
  if (strcmp(name, "trap.open") == 0) {
    lr_crawl_tell_shards(crawl,
                         &(lr_crawl_message){.take = take_trap,
                                             .text = (char *)(uintptr_t)value});
    return LARIAT_OK;
  }
  if (strcmp(name, "max-time") == 0)
    return read_duration(value, &options->max_time_ms)
               ? LARIAT_OK
               : refuse(error, LARIAT_EINVAL, "not a duration", value);
  uint64_t *budget = find_budget(options, name);
  if (!budget) return refuse(error, LARIAT_EINVAL, "no such setting", name);
  if (!read_number(value, budget))
    return refuse(error, LARIAT_EINVAL, "not a number", value);
  open_hosts(crawl);
  lr_crawl_hand_out(crawl);
  return LARIAT_OK;
}
