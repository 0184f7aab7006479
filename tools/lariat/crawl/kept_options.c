/* SPDX-License-Identifier: MIT
 * kept_options.c: two configuration files in one text, with a comment between
 * them. */
#include "crawl/kept_options.h"

#include <lariat/allocator.h>
#include <lariat/crawl/reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

static const char beginning[] = "# lariat crawl\n";
static const char between[] = "# --config\n";
static const char mask[] = "***";

/* ---- Which are kept ---- */

static bool is_among(const char *name, const char *const *names) {
  for (; *names; names++)
    if (strcmp(name, *names) == 0) return true;
  return false;
}

/* Tells whether an option is one of a single run, or of this machine, or is
 * remembered elsewhere: seeds are in the database. */
static bool is_of_one_run(const char *name) {
  static const char *const names[] = {
      "input",    "seed",       "sitemap", "max-time",    "again",
      "repair",   "forget",     "config",  "concurrency", "reactors",
      "grace",    "progress",   "quiet",   "help",        "version",
      "frontier", "crawl-name", "metrics", NULL};
  return is_among(name, names);
}

/* Tells whether only the name is kept: a header may be a credential, and a
 * directory that somebody has from elsewhere is to run no command. */
static bool has_masked_value(const char *name) {
  static const char *const names[] = {"header", "exec", "on-warc-closed", NULL};
  return is_among(name, names);
}

static bool is_path(const char *name) {
  static const char *const names[] = {
      "jsonl", "links", "log-rejects", "openmetrics", "cacert", "since", NULL};
  return is_among(name, names);
}

bool kept_options_is_masked(const struct crawl_config_entry *entry) {
  return has_masked_value(entry->name) && strcmp(entry->value, mask) == 0;
}

bool kept_options_exclude(const char *one, const char *other) {
  static const char *const groups[][3] = {
      {"requisites", "no-requisites", NULL}, {"no-warc", "cdx", NULL},
      {"no-warc", "on-warc-closed", NULL},   {"no-warc", "warc-metadata", NULL},
      {"links", "log-rejects", NULL},        {"ipv4", "ipv6", NULL}};
  for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
    if (strcmp(one, other) != 0 && is_among(one, groups[i]) &&
        is_among(other, groups[i]))
      return true;
  return false;
}

/* Tells whether two options are parts of one setting: the rules are, of which
 * the first that fits decides. */
static bool is_same_setting(const char *one, const char *other) {
  static const char *const rules[] = {"include", "exclude", "surt",
                                      "exclude-surt", NULL};
  return strcmp(one, other) == 0 ||
         (is_among(one, rules) && is_among(other, rules)) ||
         kept_options_exclude(one, other);
}

/* ---- Texts ---- */

char *kept_options_absolute(const char *path) {
  char *absolute = NULL;
  if (*path == '/' || strcmp(path, "-") == 0) return strdup(path);
  char *directory = getcwd(NULL, 0);
  if (!directory || asprintf(&absolute, "%s/%s", directory, path) < 0)
    absolute = NULL;
  free(directory);
  return absolute;
}

static bool add_entry(struct text *text, const char *name, const char *value) {
  char *path = is_path(name) ? kept_options_absolute(value) : NULL;
  bool added = text_add(text, name) && text_add(text, " = \"") &&
               text_add(text, has_masked_value(name) ? mask
                              : path                 ? path
                                                     : value) &&
               text_add(text, "\"\n");
  free(path);
  return added;
}

/* A value with a line break is no line of a file. */
bool kept_options_note(struct text *line, const struct option_row *row,
                       const char *value) {
  if (row->kind == OPTION_ACTION || row->kind == OPTION_IGNORED) return true;
  if (value && strpbrk(value, "\r\n")) return true;
  return text_add(line, row->name) && text_add(line, " = \"") &&
         text_add(line, value ? value : "yes") && text_add(line, "\"\n");
}

static bool write_entries(struct text *text, const struct crawl_config *config,
                          const char *host) {
  for (size_t i = 0; i < config->entry_count; i++) {
    const struct crawl_config_entry *entry = &config->entries[i];
    bool is_in = entry->host ? host && strcmp(entry->host, host) == 0 : !host;
    if (is_in && !is_of_one_run(entry->name) &&
        !add_entry(text, entry->name, entry->value))
      return false;
  }
  return true;
}

bool kept_options_write(struct text *text, const struct crawl_config *line,
                        const struct crawl_config *file) {
  if (!text_add(text, beginning) || !write_entries(text, line, NULL) ||
      !text_add(text, between) || !write_entries(text, file, NULL))
    return false;
  for (size_t i = 0; i < file->host_count; i++) {
    const char *host = file->hosts[i].options.host;
    if (!text_add(text, "[host \"") || !text_add(text, host) ||
        !text_add(text, "\"]\n") || !write_entries(text, file, host))
      return false;
  }
  return true;
}

/* ---- Reading ---- */

static bool parse(struct kept_options *kept, const char *text,
                  const char *directory) {
  const char *second = strstr(text, between);
  size_t length = second ? (size_t)(second - text) : strlen(text);
  char *line = strndup(text, length);
  char *file = strdup(text + length);
  bool parsed = line && crawl_config_parse(&kept->line, directory, line);
  if (!line || !file || !parsed) {
    free(file);
    return false;
  }
  return crawl_config_parse(&kept->file, directory, file);
}

bool kept_options_read(struct kept_options *kept, const char *directory) {
  char *text = NULL;
  *kept = (struct kept_options){.line = {.text = NULL}};
  lariat_status status = lariat_crawl_read_kept_text(directory, &text);
  bool read = status != LARIAT_ENOMEM;
  if (status == LARIAT_OK && text) read = parse(kept, text, directory);
  lariat_memory_release(text);
  return read;
}

void kept_options_free(struct kept_options *kept) {
  crawl_config_free(&kept->line);
  crawl_config_free(&kept->file);
}

/* ---- Comparing ---- */

/* Writes the values that a setting has in a list of options, "name value, name
 * value"; false: out of memory. */
static bool describe(struct text *text, const struct crawl_config *config,
                     const char *name) {
  for (size_t i = 0; i < config->entry_count; i++) {
    const struct crawl_config_entry *entry = &config->entries[i];
    if (entry->host || !is_same_setting(entry->name, name) ||
        kept_options_exclude(entry->name, name))
      continue;
    if ((text->length && !text_add(text, " ")) || !text_add(text, "--") ||
        !text_add(text, entry->name) || !text_add(text, " ") ||
        !text_add(text, has_masked_value(entry->name) ? mask : entry->value))
      return false;
  }
  return true;
}

static bool is_in(const struct crawl_config *config, const char *name) {
  for (size_t i = 0; i < config->entry_count; i++)
    if (!config->entries[i].host &&
        is_same_setting(config->entries[i].name, name))
      return true;
  return false;
}

/* Tells whether two lists of options have other values of a setting. */
static bool differs(const struct crawl_config *one,
                    const struct crawl_config *other, const char *name) {
  struct text texts[2] = {{NULL, 0, 0}, {NULL, 0, 0}};
  bool same = describe(&texts[0], one, name) &&
              describe(&texts[1], other, name) &&
              texts[0].length == texts[1].length &&
              (!texts[0].length ||
               memcmp(texts[0].bytes, texts[1].bytes, texts[0].length) == 0);
  text_free(&texts[0]);
  text_free(&texts[1]);
  return !same;
}

bool kept_options_is_replaced(const struct kept_options *kept,
                              const struct crawl_config_entry *entry,
                              const struct crawl_config *line,
                              const struct crawl_config *file) {
  if (is_in(line, entry->name)) return true;
  return is_in(file, entry->name) && differs(&kept->file, file, entry->name);
}

/* ---- Saying ---- */

/* Adds a setting to a sentence; those of hosts have the host in front. */
static bool add_setting(struct text *text,
                        const struct crawl_config_entry *entry) {
  bool flag = strcmp(entry->value, "yes") == 0;
  if ((text->length && !text_add(text, ", ")) ||
      (entry->host && (!text_add(text, "[host ") ||
                       !text_add(text, entry->host) || !text_add(text, "] "))))
    return false;
  return text_add(text, entry->host ? "" : "--") &&
         text_add(text, entry->name) &&
         (flag || (text_add(text, " ") && text_add(text, entry->value)));
}

/* Adds the settings that are as they were and were not given now. */
static bool add_same(struct text *text, const struct crawl_config *config,
                     const struct crawl_config *given) {
  for (size_t i = 0; i < config->entry_count; i++) {
    const struct crawl_config_entry *entry = &config->entries[i];
    bool told = !is_of_one_run(entry->name) && strcmp(entry->name, "contact") &&
                !kept_options_is_masked(entry) &&
                (entry->host || !is_in(given, entry->name));
    if (told && !add_setting(text, entry)) return false;
  }
  return true;
}

/* Tells whether an earlier entry of a list is of the same setting. */
static bool is_repeated(const struct crawl_config *config, size_t at) {
  for (size_t i = 0; i < at; i++)
    if (!config->entries[i].host &&
        is_same_setting(config->entries[i].name, config->entries[at].name))
      return true;
  return false;
}

/* Returns the text, ended by a NUL, or `instead` of an empty one. */
static const char *text_or(struct text *text, const char *instead) {
  if (!text->length || !text_reserve(text, 1)) return instead;
  text->bytes[text->length] = '\0';
  return text->bytes;
}

/* Adds "--delay 1 (it was --delay 0)" for each setting of `list` in which the
 * options before and now differ. */
static bool add_changes(struct text *text, const struct crawl_config *list,
                        const struct crawl_config *before,
                        const struct crawl_config *now) {
  for (size_t i = 0; i < list->entry_count; i++) {
    const struct crawl_config_entry *entry = &list->entries[i];
    struct text values[2] = {{NULL, 0, 0}, {NULL, 0, 0}};
    if (entry->host || is_of_one_run(entry->name) || is_repeated(list, i) ||
        (list == now && is_in(before, entry->name)) ||
        !differs(before, now, entry->name))
      continue;
    bool added = describe(&values[0], before, entry->name) &&
                 describe(&values[1], now, entry->name) &&
                 (!text->length || text_add(text, "; ")) &&
                 text_add(text, text_or(&values[1], "no --")) &&
                 (values[1].length || text_add(text, entry->name)) &&
                 text_add(text, " (it was ") &&
                 text_add(text, text_or(&values[0], "not given")) &&
                 text_add(text, ")");
    text_free(&values[0]);
    text_free(&values[1]);
    if (!added) return false;
  }
  return true;
}

static void say_text(const char *what, struct text *text, const char *rest) {
  if (text->length) say("%s%.*s%s", what, (int)text->length, text->bytes, rest);
  text_free(text);
}

void kept_options_say(const struct kept_options *kept,
                      const struct crawl_config *line,
                      const struct crawl_config *file,
                      const struct crawl_config *given, bool has_file) {
  static const struct crawl_config none = {.text = NULL};
  struct text same = {NULL, 0, 0};
  struct text other = {NULL, 0, 0};
  if (add_same(&same, line, given) &&
      (has_file || add_same(&same, file, &none)))
    say_text("as in the last run: ", &same, " (--forget drops them)");
  if (add_changes(&other, &kept->line, &kept->line, line) &&
      add_changes(&other, line, &kept->line, line) &&
      (!has_file || (add_changes(&other, &kept->file, &kept->file, file) &&
                     add_changes(&other, file, &kept->file, file))))
    say_text("otherwise than in the last run: ", &other, "");
}
