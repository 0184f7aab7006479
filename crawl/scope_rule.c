/* SPDX-License-Identifier: MIT
 * scope_rule.c: compiles expressions once, with limits on what a match may
 * cost, and compares prefixes. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "scope_rule.h"

#include <pcre2.h>
#include <stdio.h>
#include <string.h>

#include <lariat/crawl/url_key.h>

#include "ascii.h"
#include "memory.h"

/* The most that a match may cost: steps of backtracking, and KiB of memory. */
enum { MOST_STEPS = 100000, MOST_DEPTH = 10000, MOST_KIB = 4096 };

typedef struct rule {
  char *label;      /* "--exclude 2: /private/" */
  char *too_long;   /* the same, with what happened to an expression */
  pcre2_code *code; /* of an expression */
  char *prefix;     /* of a SURT prefix, without its scheme */
  size_t prefix_length;
  bool includes;
} rule;

struct lr_crawl_scope_rules {
  pcre2_general_context *memory;
  pcre2_match_context *limits;
  size_t expressions; /* how many there are */
  size_t prefixes;
  size_t count;
  rule rules[];
};

/* ---- Memory ---- */

static void *allocate_for_pcre(size_t bytes, void *context) {
  (void)context;
  return lariat_memory_allocate(bytes);
}

static void release_for_pcre(void *memory, void *context) {
  (void)context;
  lariat_memory_release(memory);
}

void lr_crawl_scope_rules_free(lr_crawl_scope_rules *rules) {
  if (!rules) return;
  for (size_t i = 0; i < rules->count; i++) {
    lariat_memory_release(rules->rules[i].label);
    lariat_memory_release(rules->rules[i].too_long);
    lariat_memory_release(rules->rules[i].prefix);
    pcre2_code_free(rules->rules[i].code);
  }
  pcre2_match_context_free(rules->limits);
  pcre2_general_context_free(rules->memory);
  lariat_memory_release(rules);
}

static bool make_contexts(lr_crawl_scope_rules *rules) {
  rules->memory =
      pcre2_general_context_create(allocate_for_pcre, release_for_pcre, NULL);
  if (!rules->memory) return false;
  rules->limits = pcre2_match_context_create(rules->memory);
  if (!rules->limits) return false;
  pcre2_set_match_limit(rules->limits, MOST_STEPS);
  pcre2_set_depth_limit(rules->limits, MOST_DEPTH);
  pcre2_set_heap_limit(rules->limits, MOST_KIB);
  return true;
}

/* ---- Labels ---- */

static const char *const options[] = {[LR_CRAWL_INCLUDE_RE] = "--include",
                                      [LR_CRAWL_EXCLUDE_RE] = "--exclude",
                                      [LR_CRAWL_INCLUDE_SURT] = "--surt",
                                      [LR_CRAWL_EXCLUDE_SURT] =
                                          "--exclude-surt"};

/* Returns "--exclude 2: /private/" and more; NULL without memory.  The place is
 * that among those of one kind. */
static char *make_label(const lr_crawl_scope_rule *all, size_t at,
                        const char *more) {
  size_t place = 0;
  for (size_t i = 0; i <= at; i++)
    if (all[i].kind == all[at].kind) place++;
  size_t capacity = strlen(all[at].text) + strlen(more) + 64;
  char *label = lariat_memory_allocate(capacity);
  if (label)
    snprintf(label, capacity, "%s %zu: %s%s", options[all[at].kind], place,
             all[at].text, more);
  return label;
}

/* ---- Expressions ---- */

static bool is_ascii(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text >= 0x80) return false;
  return true;
}

static lariat_status refuse_expression(const rule *one, int error,
                                       PCRE2_SIZE at, lr_crawl_fault *fault) {
  char message[160];
  if (error == PCRE2_ERROR_HEAP_FAILED) return lr_crawl_fault_memory(fault);
  pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
  return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0, "%.300s: %s (at byte %zu)",
                            one->label, message, (size_t)at);
}

static lariat_status compile_expression(lr_crawl_scope_rules *rules, rule *one,
                                        const char *text,
                                        lr_crawl_fault *fault) {
  int error;
  PCRE2_SIZE at;
  if (!is_ascii(text))
    return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0,
                              "%.300s: URLs are ASCII: what is not stands in "
                              "them as escapes, %%C3%%A9",
                              one->label);
  pcre2_compile_context *context = pcre2_compile_context_create(rules->memory);
  if (!context) return lr_crawl_fault_memory(fault);
  one->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                            PCRE2_NEVER_UTF, &error, &at, context);
  pcre2_compile_context_free(context);
  if (!one->code) return refuse_expression(one, error, at, fault);
  /* Where memory must not be executable it is interpreted. */
  (void)pcre2_jit_compile(one->code, PCRE2_JIT_COMPLETE);
  rules->expressions++;
  return LARIAT_OK;
}

/* Returns 1: it matches, 0: it does not, -1: that would cost too much. */
static int match_expression(const lr_crawl_scope_rules *rules, const rule *one,
                            const lr_crawl_scope_subject *subject,
                            pcre2_match_data *data) {
  PCRE2_SPTR text = (PCRE2_SPTR)subject->text;
  int result =
      pcre2_match(one->code, text, subject->length, 0, 0, data, rules->limits);
  if (result == PCRE2_ERROR_JIT_STACKLIMIT)
    result = pcre2_match(one->code, text, subject->length, 0, PCRE2_NO_JIT,
                         data, rules->limits);
  if (result == PCRE2_ERROR_NOMATCH) return 0;
  return result >= 0 ? 1 : -1;
}

/* ---- Prefixes ---- */

/* Returns a SURT prefix without its scheme; NULL: the text is none. */
static const char *skip_scheme(const char *text) {
  if (strncmp(text, "http", 4) != 0) return NULL;
  text += text[4] == 's' ? 5 : 4;
  return strncmp(text, "://(", 4) == 0 ? text : NULL;
}

lariat_status lr_crawl_surt_prefix(const lariat_url *url, char **out) {
  lariat_url *bare;
  lariat_status status = lariat_url_copy_without(url, LARIAT_URL_QUERY, &bare);
  *out = NULL;
  if (status != LARIAT_OK) return status;
  size_t length = lariat_crawl_surt(bare, NULL, 0);
  char *surt = lariat_memory_allocate(length + 1);
  if (surt) {
    (void)lariat_crawl_surt(bare, surt, length + 1);
    strrchr(surt, '/')[1] = '\0';
    *out = lr_crawl_copy_text(skip_scheme(surt));
  }
  lariat_memory_release(surt);
  lariat_url_free(bare);
  return *out ? LARIAT_OK : LARIAT_ENOMEM;
}

/* Makes a prefix of a URL. */
static lariat_status read_url_prefix(rule *one, const char *text,
                                     lr_crawl_fault *fault) {
  lariat_url *url;
  lariat_url_error error;
  lariat_status status =
      lariat_url_parse(text, strlen(text), NULL, &url, &error);
  if (status == LARIAT_ENOMEM) return lr_crawl_fault_memory(fault);
  if (status != LARIAT_OK)
    return lr_crawl_fault_set(
        fault, LARIAT_EINVAL, 0,
        "%.300s: no SURT prefix, as \"http://(org,example,\", and no URL",
        one->label);
  status = lr_crawl_surt_prefix(url, &one->prefix);
  lariat_url_free(url);
  return status == LARIAT_OK ? status : lr_crawl_fault_memory(fault);
}

static lariat_status read_prefix(lr_crawl_scope_rules *rules, rule *one,
                                 const char *text, lr_crawl_fault *fault) {
  const char *surt = skip_scheme(text);
  lariat_status status = LARIAT_OK;
  if (!surt)
    status = read_url_prefix(one, text, fault);
  else if (!(one->prefix = lr_crawl_copy_text(surt)))
    status = lr_crawl_fault_memory(fault);
  if (status != LARIAT_OK) return status;
  one->prefix_length = strlen(one->prefix);
  for (size_t i = 0; i < one->prefix_length; i++)
    one->prefix[i] = lr_crawl_lower(one->prefix[i]);
  rules->prefixes++;
  return LARIAT_OK;
}

/* ---- All of them ---- */

static lariat_status compile_rule(lr_crawl_scope_rules *rules,
                                  const lr_crawl_scope_rule *all, size_t at,
                                  lr_crawl_fault *fault) {
  lr_crawl_scope_rule_kind kind = all[at].kind;
  rule *one = &rules->rules[rules->count++];
  one->label = make_label(all, at, "");
  one->too_long = make_label(all, at, " (took too long)");
  if (!one->label || !one->too_long) return lr_crawl_fault_memory(fault);
  one->includes = kind == LR_CRAWL_INCLUDE_RE || kind == LR_CRAWL_INCLUDE_SURT;
  if (!*all[at].text)
    return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0, "%s: it is empty",
                              one->label);
  if (kind == LR_CRAWL_INCLUDE_RE || kind == LR_CRAWL_EXCLUDE_RE)
    return compile_expression(rules, one, all[at].text, fault);
  return read_prefix(rules, one, all[at].text, fault);
}

lariat_status lr_crawl_scope_rules_new(const lr_crawl_scope_rule *rules,
                                       size_t count, lr_crawl_scope_rules **out,
                                       lr_crawl_fault *fault) {
  lr_crawl_scope_rules *made =
      lr_crawl_allocate(1, sizeof *made + count * sizeof made->rules[0]);
  lariat_status status = LARIAT_OK;
  *out = NULL;
  if (!made || !make_contexts(made)) status = lr_crawl_fault_memory(fault);
  for (size_t i = 0; status == LARIAT_OK && i < count; i++)
    status = compile_rule(made, rules, i, fault);
  if (status == LARIAT_OK)
    *out = made;
  else
    lr_crawl_scope_rules_free(made);
  return status;
}

bool lr_crawl_scope_rules_are_some(const lr_crawl_scope_rules *rules) {
  return rules->count > 0;
}

bool lr_crawl_scope_rules_need_surt(const lr_crawl_scope_rules *rules) {
  return rules->prefixes > 0;
}

static int match_rule(const lr_crawl_scope_rules *rules, const rule *one,
                      const lr_crawl_scope_subject *subject,
                      pcre2_match_data *data) {
  if (one->prefix)
    return strncmp(subject->surt, one->prefix, one->prefix_length) == 0;
  /* Without memory to match in nothing is known: it must not be fetched. */
  return data ? match_expression(rules, one, subject, data) : -1;
}

lr_crawl_scope_verdict
lr_crawl_scope_rules_decide(const lr_crawl_scope_rules *rules,
                            const lr_crawl_scope_subject *subject,
                            const char **label) {
  lr_crawl_scope_verdict verdict = LR_CRAWL_NO_RULE;
  pcre2_match_data *data =
      rules->expressions ? pcre2_match_data_create(1, rules->memory) : NULL;
  for (size_t i = 0; i < rules->count && verdict == LR_CRAWL_NO_RULE; i++) {
    const rule *one = &rules->rules[i];
    int matches = match_rule(rules, one, subject, data);
    if (!matches) continue;
    bool includes = one->includes && matches > 0;
    verdict = includes ? LR_CRAWL_INCLUDED : LR_CRAWL_EXCLUDED;
    *label = matches > 0 ? one->label : one->too_long;
  }
  pcre2_match_data_free(data);
  return verdict;
}
