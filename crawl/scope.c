/* SPDX-License-Identifier: MIT
 * scope.c: decides whether a URL belongs to a crawl, and by which rule. */
#include "scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/crawl/url_key.h>

#include "host_text.h"
#include "memory.h"
#include "path_repeat.h"
#include "scope_rule.h"
#include "text_hash.h"
#include "text_set.h"

/* How much deeper than pages their requisites may be: a style sheet names
 * another one, and that an image.  A site can make up such chains, too. */
enum { REQUISITES_DEPTH = 5 };

/* The names of the options that decide, with their values. */
enum { LABEL_SIZE = 48 };
typedef struct scope_labels {
  char kind[LABEL_SIZE];
  char depth[LABEL_SIZE];
  char hops[LABEL_SIZE];
  char length[LABEL_SIZE];
  char segments[LABEL_SIZE];
  char repeat[LABEL_SIZE];
} scope_labels;

struct lr_crawl_scope {
  lr_crawl_scope_options options; /* with copies of seeds and rules */
  char **seeds;
  lr_crawl_scope_rule *given;
  lr_crawl_scope_rules *rules;
  lr_crawl_text_set names; /* of domains, hosts; or keys of a list */
  char **prefixes;         /* sorted, none the beginning of another */
  size_t prefix_count;
  uint64_t generation;
  scope_labels labels;
};

lr_crawl_scope_options lr_crawl_scope_defaults(void) {
  return (lr_crawl_scope_options){.kind = LR_CRAWL_SCOPE_DOMAIN,
                                  .depth = -1,
                                  .max_url_bytes = 2048,
                                  .trap_repeat = 3,
                                  .trap_segments = 20};
}

/* ---- Copies of what is given ---- */

static void free_texts(char **texts, size_t count) {
  for (size_t i = 0; texts && i < count; i++) lariat_memory_release(texts[i]);
  lariat_memory_release(texts);
}

void lr_crawl_scope_free(lr_crawl_scope *scope) {
  if (!scope) return;
  free_texts(scope->seeds, scope->options.seed_count);
  for (size_t i = 0; scope->given && i < scope->options.rule_count; i++)
    lariat_memory_release((char *)(uintptr_t)scope->given[i].text);
  lariat_memory_release(scope->given);
  lr_crawl_scope_rules_free(scope->rules);
  lr_crawl_text_set_clear(&scope->names);
  free_texts(scope->prefixes, scope->prefix_count);
  lariat_memory_release(scope);
}

static bool copy_seeds(lr_crawl_scope *scope) {
  size_t count = scope->options.seed_count;
  scope->seeds = lr_crawl_allocate(count + 1, sizeof *scope->seeds);
  if (!scope->seeds) return false;
  for (size_t i = 0; i < count; i++) {
    scope->seeds[i] = lr_crawl_copy_text(scope->options.seeds[i]);
    if (!scope->seeds[i]) return false;
  }
  scope->options.seeds = (const char *const *)scope->seeds;
  return true;
}

static bool copy_rules(lr_crawl_scope *scope) {
  size_t count = scope->options.rule_count;
  scope->given = lr_crawl_allocate(count + 1, sizeof *scope->given);
  if (!scope->given) return false;
  for (size_t i = 0; i < count; i++) {
    scope->given[i].kind = scope->options.rules[i].kind;
    scope->given[i].text = lr_crawl_copy_text(scope->options.rules[i].text);
    if (!scope->given[i].text) return false;
  }
  scope->options.rules = scope->given;
  return true;
}

static void write_labels(lr_crawl_scope *scope) {
  static const char *const kinds[] = {"domain", "host", "prefix", "list",
                                      "any"};
  const lr_crawl_scope_options *options = &scope->options;
  scope_labels *labels = &scope->labels;
  snprintf(labels->kind, LABEL_SIZE, "--scope %s", kinds[options->kind]);
  snprintf(labels->depth, LABEL_SIZE, "--depth %lld",
           (long long)options->depth);
  snprintf(labels->hops, LABEL_SIZE, "--hops-off-site %u",
           options->hops_off_site);
  snprintf(labels->length, LABEL_SIZE, "URL of more than %zu bytes",
           options->max_url_bytes);
  snprintf(labels->segments, LABEL_SIZE, "--trap-depth %u",
           options->trap_segments);
  snprintf(labels->repeat, LABEL_SIZE, "--trap-repeat %u",
           options->trap_repeat);
}

/* ---- Seeds ---- */

/* A text that is on the stack unless it is a long one. */
typedef struct short_text {
  char *bytes; /* NULL: out of memory */
  char space[2304];
} short_text;

static char *make_text(short_text *text, size_t capacity) {
  text->bytes = capacity <= sizeof text->space
                    ? text->space
                    : lariat_memory_allocate(capacity);
  return text->bytes;
}

static void clear_text(short_text *text) {
  if (text->bytes != text->space) lariat_memory_release(text->bytes);
}

static size_t length_of(const lariat_url *url) {
  size_t length;
  (void)lariat_url_text(url, &length);
  lariat_url_part fragment = lariat_url_fragment(url);
  return fragment.bytes ? length - fragment.length - 1 : length;
}

/* Writes the key of a URL; false: out of memory. */
static bool write_key(short_text *text, const lariat_url *url, size_t *length) {
  size_t capacity = length_of(url) + LARIAT_CRAWL_KEY_MOST_MORE + 1;
  if (!make_text(text, capacity)) return false;
  *length = lariat_crawl_url_key(NULL, url, text->bytes, capacity, NULL);
  return true;
}

/* Writes the SURT form; its part without the scheme, or NULL without memory. */
static const char *write_surt(short_text *text, const lariat_url *url) {
  size_t capacity = length_of(url) + LARIAT_CRAWL_KEY_MOST_MORE + 1;
  if (!make_text(text, capacity)) return NULL;
  (void)lariat_crawl_surt(url, text->bytes, capacity);
  return text->bytes + lariat_url_scheme(url).length;
}

static lariat_status add_key(lr_crawl_scope *scope, const lariat_url *url) {
  short_text key;
  size_t length;
  if (!write_key(&key, url, &length)) return LARIAT_ENOMEM;
  lariat_status status =
      lr_crawl_text_set_add(&scope->names, key.bytes, length);
  clear_text(&key);
  return status;
}

static lariat_status add_domain(lr_crawl_scope *scope, const lariat_url *url) {
  lariat_url_part host = lr_crawl_host_of(url);
  short_text domain;
  if (!make_text(&domain, host.length + 1)) return LARIAT_ENOMEM;
  size_t length =
      lr_crawl_domain(host.bytes, host.length, domain.bytes, host.length + 1);
  lariat_status status =
      lr_crawl_text_set_add(&scope->names, domain.bytes, length);
  clear_text(&domain);
  return status;
}

static lariat_status add_seed(lr_crawl_scope *scope, const lariat_url *url) {
  lariat_url_part host = lr_crawl_host_of(url);
  lariat_status status;
  switch (scope->options.kind) {
  case LR_CRAWL_SCOPE_DOMAIN:
    return add_domain(scope, url);
  case LR_CRAWL_SCOPE_HOST:
    return lr_crawl_text_set_add(&scope->names, host.bytes, host.length);
  case LR_CRAWL_SCOPE_LIST:
    return add_key(scope, url);
  case LR_CRAWL_SCOPE_PREFIX:
    status = lr_crawl_surt_prefix(url, &scope->prefixes[scope->prefix_count]);
    if (status == LARIAT_OK) scope->prefix_count++;
    return status;
  case LR_CRAWL_SCOPE_ANY:
    break;
  }
  return LARIAT_OK;
}

static lariat_status read_seed(lr_crawl_scope *scope, size_t place,
                               lr_crawl_fault *fault) {
  const char *text = scope->seeds[place];
  lariat_url *url;
  lariat_url_error error;
  lariat_status status =
      lariat_url_parse(text, strlen(text), NULL, &url, &error);
  if (status == LARIAT_ENOMEM) return lr_crawl_fault_memory(fault);
  if (status != LARIAT_OK)
    return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0, "seed %zu: %s: %.300s",
                              place + 1, error.message, text);
  status = add_seed(scope, url);
  lariat_url_free(url);
  return status == LARIAT_OK ? status : lr_crawl_fault_memory(fault);
}

static int compare_texts(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool begins_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Sorts the prefixes and drops those that begin with another. */
static void sort_prefixes(lr_crawl_scope *scope) {
  char **all = scope->prefixes;
  size_t kept = 0;
  if (!scope->prefix_count) return;
  qsort(all, scope->prefix_count, sizeof *all, compare_texts);
  for (size_t i = 0; i < scope->prefix_count; i++) {
    if (kept && begins_with(all[i], all[kept - 1]))
      lariat_memory_release(all[i]);
    else
      all[kept++] = all[i];
  }
  scope->prefix_count = kept;
}

static lariat_status fill(lr_crawl_scope *scope, lr_crawl_fault *fault) {
  bool copied = copy_seeds(scope) && copy_rules(scope);
  size_t seeds = scope->options.seed_count;
  if (scope->options.kind == LR_CRAWL_SCOPE_PREFIX)
    scope->prefixes = lr_crawl_allocate(seeds + 1, sizeof *scope->prefixes);
  if (!copied ||
      (scope->options.kind == LR_CRAWL_SCOPE_PREFIX && !scope->prefixes))
    return lr_crawl_fault_memory(fault);
  lariat_status status = lr_crawl_scope_rules_new(
      scope->given, scope->options.rule_count, &scope->rules, fault);
  for (size_t i = 0; status == LARIAT_OK && i < seeds; i++)
    status = read_seed(scope, i, fault);
  sort_prefixes(scope);
  return status;
}

lariat_status lr_crawl_scope_new(const lr_crawl_scope_options *options,
                                 lr_crawl_scope **out, lr_crawl_fault *fault) {
  lr_crawl_scope *scope = lr_crawl_allocate(1, sizeof *scope);
  *out = NULL;
  if (!scope) return lr_crawl_fault_memory(fault);
  scope->options = *options;
  scope->generation = 1;
  write_labels(scope);
  lariat_status status = fill(scope, fault);
  if (status == LARIAT_OK)
    *out = scope;
  else
    lr_crawl_scope_free(scope);
  return status;
}

lariat_status lr_crawl_scope_with_seed(const lr_crawl_scope *scope,
                                       const char *seed, lr_crawl_scope **out) {
  lr_crawl_scope_options options = scope->options;
  *out = NULL;
  const char **seeds = lr_crawl_allocate(options.seed_count + 1, sizeof *seeds);
  if (!seeds) return LARIAT_ENOMEM;
  for (size_t i = 0; i < options.seed_count; i++) seeds[i] = scope->seeds[i];
  seeds[options.seed_count++] = seed;
  options.seeds = seeds;
  lariat_status status = lr_crawl_scope_new(&options, out, NULL);
  lariat_memory_release(seeds);
  if (*out) (*out)->generation = scope->generation + 1;
  return status;
}

/* ---- The seeds' site ---- */

/* Tells whether a domain of the seeds is the end of the host's name. */
static bool ends_in_name(const lr_crawl_scope *scope, lariat_url_part host) {
  const char *at = host.bytes, *end = at + host.length;
  for (;;) {
    if (lr_crawl_text_set_has(&scope->names, at, (size_t)(end - at)))
      return true;
    at = memchr(at, '.', (size_t)(end - at));
    if (!at) return false;
    at++;
  }
}

/* Tells whether a host is a domain of the seeds itself, without looking at the
 * list of public suffixes. */
static bool is_name(const lr_crawl_scope *scope, lariat_url_part host) {
  return lr_crawl_text_set_has(&scope->names, host.bytes, host.length);
}

/* Tells whether the host's own registrable domain is one of the seeds': below a
 * domain there can be others', as below "example.org" those of a public suffix
 * "s3.example.org". */
static bool is_of_domains(const lr_crawl_scope *scope, lariat_url_part host) {
  char domain[256];
  if (is_name(scope, host)) return true;
  if (!ends_in_name(scope, host)) return false;
  size_t length =
      lr_crawl_domain(host.bytes, host.length, domain, sizeof domain);
  if (length >= sizeof domain) /* no name that can be looked up */
    return lr_crawl_text_set_has(&scope->names, host.bytes, host.length);
  return lr_crawl_text_set_has(&scope->names, domain, length);
}

static bool is_judged(const struct lr_crawl_judged_host *one,
                      lariat_url_part host) {
  return one->length == host.length &&
         memcmp(one->host, host.bytes, host.length) == 0;
}

/* Tells the same, with the judgements of lately: each host has two places. */
static bool is_of_domains_judged(const lr_crawl_scope *scope,
                                 lariat_url_part host,
                                 lr_crawl_judged_hosts *judged) {
  if (host.length > LR_CRAWL_JUDGED_HOST_LENGTH)
    return is_of_domains(scope, host);
  if (judged->generation != scope->generation) {
    memset(judged, 0, sizeof *judged);
    judged->generation = scope->generation;
  }
  uint64_t hash = lr_crawl_hash_text(0, host.bytes, host.length);
  struct lr_crawl_judged_host *place =
      judged->hosts[hash % LR_CRAWL_JUDGED_PLACES];
  if (is_judged(&place[0], host)) return place[0].on_site;
  if (is_judged(&place[1], host)) return place[1].on_site;
  place[1] = place[0];
  place[0].on_site = is_of_domains(scope, host);
  place[0].length = (uint8_t)host.length;
  memcpy(place[0].host, host.bytes, host.length);
  return place[0].on_site;
}

/* Tells whether a SURT form begins with a prefix: with the last one that is not
 * behind it. */
static bool has_prefix(const lr_crawl_scope *scope, const char *surt) {
  size_t from = 0, to = scope->prefix_count;
  while (from < to) {
    size_t middle = from + (to - from) / 2;
    if (strcmp(scope->prefixes[middle], surt) <= 0)
      from = middle + 1;
    else
      to = middle;
  }
  return from && begins_with(surt, scope->prefixes[from - 1]);
}

static bool is_in_list(const lr_crawl_scope *scope, const lariat_url *url) {
  short_text key;
  size_t length;
  if (!write_key(&key, url, &length)) return false;
  bool found = lr_crawl_text_set_has(&scope->names, key.bytes, length);
  clear_text(&key);
  return found;
}

static bool is_on_site(const lr_crawl_scope *scope,
                       const lr_crawl_scope_question *question,
                       const char *surt) {
  lariat_url_part host = lr_crawl_host_of(question->url);
  switch (scope->options.kind) {
  case LR_CRAWL_SCOPE_DOMAIN:
    if (question->judged)
      return is_of_domains_judged(scope, host, question->judged);
    return is_of_domains(scope, host);
  case LR_CRAWL_SCOPE_HOST:
    return lr_crawl_text_set_has(&scope->names, host.bytes, host.length);
  case LR_CRAWL_SCOPE_PREFIX:
    return surt && has_prefix(scope, surt);
  case LR_CRAWL_SCOPE_LIST:
    return is_in_list(scope, question->url);
  case LR_CRAWL_SCOPE_ANY:
    break;
  }
  return true;
}

/* ---- Decisions ---- */

static lr_crawl_scope_decision refuse(const char *rule) {
  return (lr_crawl_scope_decision){.rule = rule};
}

static lr_crawl_scope_decision refuse_trap(const char *rule) {
  return (lr_crawl_scope_decision){.trap = true, .rule = rule};
}

/* Returns the limit that a URL is over; without a rule: none. */
static lr_crawl_scope_decision
check_limits(const lr_crawl_scope *scope,
             const lr_crawl_scope_question *question) {
  const lr_crawl_scope_options *options = &scope->options;
  lariat_url_part path = lariat_url_path(question->url);
  if (options->max_url_bytes &&
      length_of(question->url) > options->max_url_bytes)
    return refuse_trap(scope->labels.length);
  size_t segments = lr_crawl_count_segments(path.bytes, path.length);
  if (options->trap_segments && segments > options->trap_segments)
    return refuse_trap(scope->labels.segments);
  if (options->trap_repeat && segments >= options->trap_repeat &&
      lr_crawl_path_repeats(path.bytes, path.length, options->trap_repeat))
    return refuse_trap(scope->labels.repeat);
  int64_t most = options->depth;
  if (question->requisite && options->requisites) most += REQUISITES_DEPTH;
  if (options->depth >= 0 && question->depth > most)
    return refuse(scope->labels.depth);
  return (lr_crawl_scope_decision){.accepted = true};
}

/* Decides about a URL that is not of the seeds' site. */
static lr_crawl_scope_decision
decide_off_site(const lr_crawl_scope *scope,
                const lr_crawl_scope_question *question) {
  lr_crawl_scope_decision decision = refuse(scope->labels.kind);
  unsigned hops =
      question->via_in_scope_site ? 1 : question->hops_off_site + 1u;
  if (question->requisite && scope->options.requisites) {
    /* What a page's part links to is not for that in scope. */
    decision.accepted = true;
    decision.rule = "--requisites";
    decision.hops_off_site = UINT8_MAX;
  } else if (hops <= scope->options.hops_off_site) {
    decision.accepted = true;
    decision.rule = scope->labels.hops;
    decision.hops_off_site = hops > UINT8_MAX ? UINT8_MAX : (uint8_t)hops;
  }
  return decision;
}

/* Decides by rules and seeds. */
static lr_crawl_scope_decision
decide_by_text(const lr_crawl_scope *scope,
               const lr_crawl_scope_question *question,
               const lr_crawl_scope_subject *subject) {
  const char *label = NULL;
  lr_crawl_scope_verdict verdict = LR_CRAWL_NO_RULE;
  if (lr_crawl_scope_rules_are_some(scope->rules))
    verdict = lr_crawl_scope_rules_decide(scope->rules, subject, &label);
  if (verdict == LR_CRAWL_EXCLUDED) return refuse(label);
  bool on_site = is_on_site(scope, question, subject->surt);
  if (verdict == LR_CRAWL_NO_RULE && !on_site)
    return decide_off_site(scope, question);
  if (verdict == LR_CRAWL_NO_RULE) label = scope->labels.kind;
  return (lr_crawl_scope_decision){
      .accepted = true, .on_site = on_site, .rule = label};
}

static bool needs_surt(const lr_crawl_scope *scope) {
  return scope->options.kind == LR_CRAWL_SCOPE_PREFIX ||
         lr_crawl_scope_rules_need_surt(scope->rules);
}

static lr_crawl_scope_decision
decide_bare(const lr_crawl_scope *scope,
            const lr_crawl_scope_question *question) {
  short_text surt = {.bytes = NULL};
  lr_crawl_scope_subject subject = {.length = length_of(question->url)};
  subject.text = lariat_url_text(question->url, NULL);
  if (needs_surt(scope)) {
    subject.surt = write_surt(&surt, question->url);
    if (!subject.surt) return refuse("out of memory");
  }
  lr_crawl_scope_decision decision = decide_by_text(scope, question, &subject);
  if (subject.surt) clear_text(&surt);
  return decision;
}

/* Decides about a URL with a user in it, which is no part of what is looked at.
 */
static lr_crawl_scope_decision
decide_without_user(const lr_crawl_scope *scope,
                    const lr_crawl_scope_question *question) {
  lr_crawl_scope_question bare = *question;
  lariat_url *copy;
  if (lariat_url_copy_without(question->url, LARIAT_URL_USERINFO, &copy) !=
      LARIAT_OK)
    return refuse("out of memory");
  bare.url = copy;
  lr_crawl_scope_decision decision = decide_bare(scope, &bare);
  lariat_url_free(copy);
  return decision;
}

lr_crawl_scope_decision
lr_crawl_scope_decide(const lr_crawl_scope *scope,
                      const lr_crawl_scope_question *question) {
  lr_crawl_scope_decision decision = check_limits(scope, question);
  if (!decision.accepted) return decision;
  if (lariat_url_has_userinfo(question->url))
    return decide_without_user(scope, question);
  return decide_bare(scope, question);
}
