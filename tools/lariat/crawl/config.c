/* SPDX-License-Identifier: MIT
 * config.c: lines, sections, and the options that they set. */
#include "crawl/config.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "request_values.h"
#include "say.h"

enum { CONFIG_MAX_BYTES = 1 << 20, MESSAGE_MAX = 700 };

/* ---- What a section may have ---- */

#define HOST_ROW(its_name, its_value, its_kind, member)                        \
  .name = (its_name), .value = (its_value), .kind = OPTION_##its_kind,         \
  .offset = offsetof(struct crawl_config_host, member)

static bool add_host_header(void *settings, char *value) {
  struct crawl_config_host *host = settings;
  return strchr(value, ':') &&
         request_value_add_entry(&host->headers, value, '\n');
}

static const struct option_row host_rows[] = {
    {HOST_ROW("delay", "S", SECONDS, delay_ms), .high = 24u * 3600 * 1000,
     .expects = "a time, as 1, 0.25, 250ms or 5m, at most a day"},
    {HOST_ROW("max-pages", "N", COUNT, max_pages), .low = 1,
     .high = UINT32_MAX - 1},
    {HOST_ROW("robots", "obey|ignore", CHOICE, robots),
     .words = {"obey", "ignore"}},
    {.name = "header",
     .value = "\"Name: value\"",
     .kind = OPTION_PARSED,
     .parse = add_host_header,
     .is_secret = true},
};

static const struct option_table host_table = {.command = "host",
                                               .rows = host_rows,
                                               .count = sizeof host_rows /
                                                        sizeof host_rows[0]};

/* ---- Lines ---- */

struct reading {
  struct crawl_config *config;
  const char *path;
  const char *host; /* of the section */
  unsigned line;
};

static bool fail_line(const struct reading *reading, const char *message) {
  say("%s:%u: %s", reading->path, reading->line, message);
  return false;
}

static char *trim(char *text) {
  text += strspn(text, " \t");
  size_t length = strlen(text);
  while (length && strchr(" \t\r", text[length - 1])) length--;
  text[length] = '\0';
  return text;
}

/* Takes the quotes from a value that has them around it. */
static char *unquote(char *text) {
  size_t length = strlen(text);
  if (length < 2 || text[0] != '"' || text[length - 1] != '"') return text;
  text[length - 1] = '\0';
  return text + 1;
}

static struct crawl_config_host *find_host(const struct crawl_config *config,
                                           const char *name) {
  for (size_t i = 0; i < config->host_count; i++)
    if (strcmp(config->hosts[i].options.host, name) == 0)
      return &config->hosts[i];
  return NULL;
}

static bool add_host(struct crawl_config *config, const char *name) {
  if (find_host(config, name)) return true;
  struct crawl_config_host *hosts =
      realloc(config->hosts, (config->host_count + 1) * sizeof *hosts);
  if (!hosts) return false;
  config->hosts = hosts;
  hosts[config->host_count++] = (struct crawl_config_host){
      .options = {.host = name}, .delay_ms = UINT64_MAX, .robots = UINT32_MAX};
  return true;
}

/* Reads [host "example.org"]. */
static bool read_section(struct reading *reading, char *text) {
  static const char word[] = "host";
  size_t length = strlen(text);
  if (text[length - 1] != ']')
    return fail_line(reading, "a section ends with ]");
  text[length - 1] = '\0';
  text = trim(text + 1);
  if (strncmp(text, word, sizeof word - 1) != 0 ||
      !strchr(" \t", text[sizeof word - 1]))
    return fail_line(reading, "the sections are [host \"NAME\"], as [host "
                              "\"example.org\"] or [host \"*.example.org\"]");
  char *name = unquote(trim(text + sizeof word - 1));
  if (!*name || strpbrk(name, "\" \t/:") || strstr(name + 1, "*"))
    return fail_line(reading, "[host \"NAME\"] takes the name of a host, as "
                              "example.org, or *.example.org");
  reading->host = name;
  return add_host(reading->config, name) || fail_line(reading, "out of memory");
}

bool crawl_config_add(struct crawl_config *config,
                      const struct crawl_config_entry *entry) {
  struct crawl_config_entry *entries =
      realloc(config->entries, (config->entry_count + 1) * sizeof *entries);
  if (!entries) return false;
  config->entries = entries;
  entries[config->entry_count++] = *entry;
  return true;
}

static bool add_entry(struct reading *reading, const char *name, char *value) {
  const struct crawl_config_entry entry = {reading->host, name, value,
                                           reading->line};
  return crawl_config_add(reading->config, &entry) ||
         fail_line(reading, "out of memory");
}

static bool read_entry(struct reading *reading, char *text) {
  char *equals = strchr(text, '=');
  if (!equals || equals == text)
    return fail_line(reading, "a line is \"name = value\", \"[host NAME]\", or "
                              "a comment behind #");
  *equals = '\0';
  char *name = trim(text);
  if (strncmp(name, "--", 2) == 0) name += 2;
  return add_entry(reading, name, unquote(trim(equals + 1)));
}

static bool read_line(struct reading *reading, char *text) {
  text = trim(text);
  if (!*text || *text == '#' || *text == ';') return true;
  return *text == '[' ? read_section(reading, text) : read_entry(reading, text);
}

static bool read_lines(struct reading *reading, char *text) {
  while (*text) {
    char *end = text + strcspn(text, "\n");
    bool last = *end == '\0';
    *end = '\0';
    reading->line++;
    if (!read_line(reading, text)) return false;
    text = last ? end : end + 1;
  }
  return true;
}

/* ---- The file ---- */

static bool fail_file(const char *path, const char *why) {
  say("cannot read %s: %s", path, why);
  return false;
}

static bool load_text(struct crawl_config *config, const char *path) {
  FILE *file = fopen(path, "re");
  if (!file) return fail_file(path, say_errno(errno));
  config->text = malloc(CONFIG_MAX_BYTES + 1);
  size_t length =
      config->text ? fread(config->text, 1, CONFIG_MAX_BYTES + 1, file) : 0;
  const char *why = !config->text               ? "out of memory"
                    : ferror(file)              ? say_errno(errno)
                    : length > CONFIG_MAX_BYTES ? "it is longer than 1 MiB"
                    : memchr(config->text, '\0', length) ? "it is no text"
                                                         : NULL;
  (void)fclose(file);
  if (why) return fail_file(path, why);
  config->text[length] = '\0';
  return true;
}

bool crawl_config_parse(struct crawl_config *config, const char *path,
                        char *text) {
  struct reading reading = {.config = config, .path = path};
  *config = (struct crawl_config){.text = text};
  return read_lines(&reading, text);
}

bool crawl_config_read(struct crawl_config *config, const char *path) {
  static const char mark[] = "\xef\xbb\xbf"; /* a byte order mark */
  struct reading reading = {.config = config, .path = path};
  *config = (struct crawl_config){.text = NULL};
  if (!load_text(config, path)) return false;
  bool marked = strncmp(config->text, mark, sizeof mark - 1) == 0;
  return read_lines(&reading, config->text + (marked ? sizeof mark - 1 : 0));
}

/* ---- Options ---- */

static bool apply_entry(struct crawl_config *config, const char *path,
                        const struct crawl_config_entry *entry,
                        const struct option_table *table, void *settings) {
  char message[MESSAGE_MAX];
  struct crawl_config_host *host =
      entry->host ? find_host(config, entry->host) : NULL;
  /* A reader may keep the value, or write into it; the entry's is compared
   * later. */
  if (options_set(host ? &host_table : table, host ? (void *)host : settings,
                  entry->name, entry->value, message, sizeof message))
    return true;
  say("%s:%u: %s", path, entry->line, message);
  return false;
}

static void fill_host(struct crawl_config_host *host) {
  lariat_crawl_host_options *options = &host->options;
  options->delay_ms =
      host->delay_ms == UINT64_MAX ? -1 : (int64_t)host->delay_ms;
  options->max_pages = host->max_pages ? (int64_t)host->max_pages : -1;
  options->ignore_robots = host->robots == UINT32_MAX ? -1 : (int)host->robots;
  options->headers = host->headers;
}

bool crawl_config_apply(struct crawl_config *config, const char *path,
                        const struct option_table *table, void *settings) {
  for (size_t i = 0; i < config->entry_count; i++)
    if (!apply_entry(config, path, &config->entries[i], table, settings))
      return false;
  for (size_t i = 0; i < config->host_count; i++) fill_host(&config->hosts[i]);
  return true;
}

static bool is_same_host(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

const char *crawl_config_find(const struct crawl_config *config,
                              const char *host, const char *name) {
  for (size_t i = config->entry_count; i-- > 0;) {
    const struct crawl_config_entry *entry = &config->entries[i];
    if (is_same_host(entry->host, host) && strcmp(entry->name, name) == 0)
      return entry->value;
  }
  return NULL;
}

void crawl_config_free(struct crawl_config *config) {
  for (size_t i = 0; i < config->host_count; i++)
    free(config->hosts[i].headers);
  free(config->hosts);
  free(config->entries);
  free(config->text);
  *config = (struct crawl_config){.text = NULL};
}
