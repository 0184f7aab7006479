/* SPDX-License-Identifier: MIT
 * scope.c: decides whether a URL belongs to a crawl, and by which rule. */
#include "scope.h"

#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "path_repeat.h"
#include "scope_rule.h"
#include "scope_site.h"
#include "short_text.h"

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
  lr_crawl_scope_site site;
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
  lr_crawl_scope_site_clear(&scope->site);
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
  status = lr_crawl_scope_site_add(&scope->site, url);
  lariat_url_free(url);
  return status == LARIAT_OK ? status : lr_crawl_fault_memory(fault);
}

/* Returns the text of a URL behind its scheme, which prefixes leave out. */
static const char *skip_scheme(const char *url) {
  const char *authority = strstr(url, "://");
  return authority ? authority + 3 : url;
}

/* Collects the seeds that are directories, for prefixes. */
static lariat_status find_directories(const lr_crawl_scope *scope,
                                      lr_crawl_text_set *directories) {
  lariat_status status = LARIAT_OK;
  if (scope->options.kind != LR_CRAWL_SCOPE_PREFIX) return status;
  for (size_t i = 0; status == LARIAT_OK && i < scope->options.seed_count;
       i++) {
    const char *text = skip_scheme(scope->seeds[i]);
    size_t length = strlen(text);
    if (length && text[length - 1] == '/')
      status = lr_crawl_text_set_add(directories, text, length - 1);
  }
  return status;
}

/* A seed that is a directory without its '/', beside the directory, stands for
 * no prefix of its own, which would be the directory above. */
static lariat_status read_seeds(lr_crawl_scope *scope, lr_crawl_fault *fault) {
  lr_crawl_text_set directories = {0};
  lariat_status status = find_directories(scope, &directories);
  if (status == LARIAT_ENOMEM) lr_crawl_fault_memory(fault);
  for (size_t i = 0; status == LARIAT_OK && i < scope->options.seed_count;
       i++) {
    const char *text = skip_scheme(scope->seeds[i]);
    if (!lr_crawl_text_set_has(&directories, text, strlen(text)))
      status = read_seed(scope, i, fault);
  }
  lr_crawl_text_set_clear(&directories);
  return status;
}

static lariat_status fill(lr_crawl_scope *scope, lr_crawl_fault *fault) {
  if (!copy_seeds(scope) || !copy_rules(scope))
    return lr_crawl_fault_memory(fault);
  lariat_status status = lr_crawl_scope_rules_new(
      scope->given, scope->options.rule_count, &scope->rules, fault);
  if (status == LARIAT_OK) status = read_seeds(scope, fault);
  lr_crawl_scope_site_finish(&scope->site);
  return status;
}

lariat_status lr_crawl_scope_new(const lr_crawl_scope_options *options,
                                 lr_crawl_scope **out, lr_crawl_fault *fault) {
  lr_crawl_scope *scope = lr_crawl_allocate(1, sizeof *scope);
  *out = NULL;
  if (!scope) return lr_crawl_fault_memory(fault);
  scope->options = *options;
  scope->site = (lr_crawl_scope_site){.kind = options->kind, .generation = 1};
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
  if (*out) (*out)->site.generation = scope->site.generation + 1;
  return status;
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
      lr_crawl_length_of(question->url) > options->max_url_bytes)
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
  bool on_site = lr_crawl_scope_site_has(&scope->site, question->url,
                                         subject->surt, question->judged);
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
  lr_crawl_short_text surt;
  lr_crawl_scope_subject subject = {.length =
                                        lr_crawl_length_of(question->url)};
  subject.text = lariat_url_text(question->url, NULL);
  if (needs_surt(scope)) {
    subject.surt = lr_crawl_short_text_surt(&surt, question->url);
    if (!subject.surt) return refuse("out of memory");
  }
  lr_crawl_scope_decision decision = decide_by_text(scope, question, &subject);
  if (subject.surt) lr_crawl_short_text_clear(&surt);
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
