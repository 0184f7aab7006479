/* SPDX-License-Identifier: MIT
 * seeds.c: seeds, each checked before anything is fetched. */
#include "crawl/seeds.h"

#include <errno.h>
#include <jansson.h>
#include <lariat/url.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawl/loopback.h"
#include "say.h"

enum {
  MIDDLE_PRIORITY = 4,
  MOST_PRIORITY = 7,
  MOST_DEPTH = 1000000,
  MOST_MISTAKES = 10, /* that are told */
  MESSAGE_MAX = 256
};

/* ---- URLs ---- */

/* Tells whether a text without a scheme is a host, perhaps with a port and a
 * path: it has a dot in its host, or is this machine. */
static bool is_bare_host(const char *text) {
  size_t length = strcspn(text, "/?#");
  size_t name = text[0] == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":/?#");
  if (length == 0 || name > length || strcspn(text, " @\\") < length)
    return false;
  return memchr(text, '.', length) != NULL || loopback_is(text, name);
}

/* Tells whether "://" comes before all else that ends a host. */
static bool has_scheme(const char *text) {
  size_t length = strcspn(text, "/?#");
  return length && text[length - 1] == ':' && text[length] == '/' &&
         text[length + 1] == '/';
}

/* Returns the scheme that is missing; "": none is. */
static const char *guess_scheme(const char *text) {
  size_t name = text[0] == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":/?#");
  if (has_scheme(text) || !is_bare_host(text)) return "";
  return loopback_is(text, name) ? "http://" : "https://";
}

static lariat_url *parse_url(const char *text, char *message, size_t capacity) {
  lariat_url *url = NULL;
  lariat_url_error error = {.message = ""};
  lariat_status status =
      lariat_url_parse(text, strlen(text), NULL, &url, &error);
  if (status == LARIAT_OK) return url;
  snprintf(message, capacity, "%s",
           error.message[0] ? error.message : lariat_status_text(status));
  return NULL;
}

static bool reserve_seed(struct crawl_seeds *seeds) {
  if (seeds->count < seeds->capacity) return true;
  size_t capacity = seeds->capacity ? 2 * seeds->capacity : 16;
  lariat_crawl_seed *grown =
      realloc(seeds->seeds, capacity * sizeof *seeds->seeds);
  if (!grown) return false;
  seeds->seeds = grown;
  char **texts = realloc(seeds->texts, capacity * sizeof *texts);
  if (!texts) return false;
  seeds->texts = texts;
  seeds->capacity = capacity;
  return true;
}

static bool add_url(struct crawl_seeds *seeds, const lariat_url *url,
                    unsigned depth, unsigned priority) {
  if (!reserve_seed(seeds)) return false;
  char *text = strdup(lariat_url_text(url, NULL));
  if (!text) return false;
  seeds->texts[seeds->count] = text;
  seeds->seeds[seeds->count++] = (lariat_crawl_seed){text, depth, priority};
  return true;
}

static bool add_text(struct crawl_seeds *seeds, const char *text,
                     unsigned depth, unsigned priority, char *message,
                     size_t capacity) {
  char *whole = NULL;
  const char *scheme = guess_scheme(text);
  if (asprintf(&whole, "%s%s", scheme, text) < 0) {
    snprintf(message, capacity, "out of memory");
    return false;
  }
  lariat_url *url = parse_url(whole, message, capacity);
  free(whole);
  if (!url) return false;
  bool added = add_url(seeds, url, depth, priority);
  lariat_url_free(url);
  if (!added) snprintf(message, capacity, "out of memory");
  seeds->guessed += *scheme != '\0';
  return added;
}

bool crawl_seeds_add(struct crawl_seeds *seeds, const char *text, char *message,
                     size_t capacity) {
  return add_text(seeds, text, 0, MIDDLE_PRIORITY, message, capacity);
}

char *crawl_seed_url(const char *text) {
  struct crawl_seeds seeds = {.seeds = NULL};
  char message[MESSAGE_MAX];
  char shown[SAY_CAPACITY];
  char *url = NULL;
  if (crawl_seeds_add(&seeds, text, message, sizeof message))
    url = strdup(seeds.seeds[0].url);
  else
    say("\"%s\" is no URL: %s", say_shown(shown, text), message);
  crawl_seeds_free(&seeds);
  return url;
}

/* ---- JSON ---- */

static bool is_known_key(const char *key) {
  return strcmp(key, "url") == 0 || strcmp(key, "depth") == 0 ||
         strcmp(key, "priority") == 0;
}

static bool has_known_keys(json_t *object, char *message, size_t capacity) {
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    if (is_known_key(key)) continue;
    snprintf(message, capacity,
             "\"%s\": there are \"url\", \"depth\" and \"priority\"", key);
    return false;
  }
  return true;
}

/* Reads a number from 0 to `most`; where it is missing, it stays. */
static bool read_number(const json_t *object, const char *key, unsigned most,
                        unsigned *out, char *message, size_t capacity) {
  const json_t *value = json_object_get(object, key);
  json_int_t number = json_integer_value(value);
  if (!value) return true;
  if (!json_is_integer(value) || number < 0 || number > (json_int_t)most) {
    snprintf(message, capacity, "\"%s\" is no number from 0 to %u", key, most);
    return false;
  }
  *out = (unsigned)number;
  return true;
}

static bool add_object(struct crawl_seeds *seeds, json_t *object, char *message,
                       size_t capacity) {
  unsigned depth = 0;
  unsigned priority = MIDDLE_PRIORITY;
  const char *url = json_string_value(json_object_get(object, "url"));
  if (!has_known_keys(object, message, capacity) ||
      !read_number(object, "depth", MOST_DEPTH, &depth, message, capacity) ||
      !read_number(object, "priority", MOST_PRIORITY, &priority, message,
                   capacity))
    return false;
  if (url) return add_text(seeds, url, depth, priority, message, capacity);
  snprintf(message, capacity, "there is no \"url\", or it is no text");
  return false;
}

static bool add_json(struct crawl_seeds *seeds, const char *line, size_t length,
                     char *message, size_t capacity) {
  json_error_t error;
  json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
  if (!object) {
    snprintf(message, capacity, "no JSON: %s", error.text);
    return false;
  }
  bool added = add_object(seeds, object, message, capacity);
  json_decref(object);
  return added;
}

/* ---- Lists ---- */

bool crawl_seeds_add_line(struct crawl_seeds *seeds, const char *line,
                          size_t length, char *message, size_t capacity) {
  while (length && strchr(" \t\r\n", line[length - 1])) length--;
  while (length && strchr(" \t", *line)) {
    line++;
    length--;
  }
  if (!length || *line == '#') return true;
  if (*line == '{') return add_json(seeds, line, length, message, capacity);
  if (memchr(line, '\0', length)) {
    snprintf(message, capacity, "a NUL byte");
    return false;
  }
  char *text = strndup(line, length);
  bool added = text && crawl_seeds_add(seeds, text, message, capacity);
  if (!text) snprintf(message, capacity, "out of memory");
  free(text);
  return added;
}

/* Counts what is no seed, and says the first of it. */
static void say_mistake(struct crawl_seeds *seeds, const char *where,
                        size_t line, const char *text, const char *message) {
  char shown[SAY_CAPACITY];
  if (++seeds->mistakes > MOST_MISTAKES) return;
  (void)say_shown(shown, text);
  if (line)
    say("%s:%zu: \"%s\" is no seed: %s", where, line, shown, message);
  else
    say("\"%s\" is no seed: %s", shown, message);
}

static void read_lines(struct crawl_seeds *seeds, const char *path,
                       FILE *file) {
  static const char mark[] = "\xef\xbb\xbf"; /* a byte order mark */
  char message[MESSAGE_MAX];
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  for (size_t number = 1; (length = getline(&line, &capacity, file)) >= 0;
       number++) {
    size_t skip =
        number == 1 && strncmp(line, mark, sizeof mark - 1) == 0 ? 3 : 0;
    if (crawl_seeds_add_line(seeds, line + skip, (size_t)length - skip, message,
                             sizeof message))
      continue;
    line[strcspn(line, "\r\n")] = '\0';
    say_mistake(seeds, path, number, line + skip, message);
  }
  free(line);
}

static bool read_file(struct crawl_seeds *seeds, const char *path) {
  bool standard = strcmp(path, "-") == 0;
  FILE *file = standard ? stdin : fopen(path, "re");
  if (!file) {
    say("cannot read %s: %s", path, say_errno(errno));
    return false;
  }
  read_lines(seeds, standard ? "standard input" : path, file);
  bool good = !ferror(file);
  if (!good) say("cannot read %s: %s", path, say_errno(errno));
  if (!standard) (void)fclose(file);
  return good;
}

static void add_argument(struct crawl_seeds *seeds, const char *text) {
  char message[MESSAGE_MAX];
  if (!crawl_seeds_add(seeds, text, message, sizeof message))
    say_mistake(seeds, NULL, 0, text, message);
}

static void say_guessed(const struct crawl_seeds *seeds) {
  if (seeds->guessed == 1 && seeds->count == 1)
    say("there is no scheme: taken as %s", seeds->seeds[0].url);
  else if (seeds->guessed)
    say("seeds without a scheme: %zu, taken as https, of this machine as http",
        seeds->guessed);
}

bool crawl_seeds_make(struct crawl_seeds *seeds,
                      const struct crawl_settings *settings) {
  const struct crawl_seed_settings *from = &settings->seeds;
  *seeds = (struct crawl_seeds){.seeds = NULL};
  for (size_t i = 0; i < from->url_count; i++)
    add_argument(seeds, from->urls[i]);
  for (size_t i = 0; i < from->more.count; i++)
    add_argument(seeds, from->more.texts[i]);
  for (size_t i = 0; i < from->files.count; i++)
    if (!read_file(seeds, from->files.texts[i])) return false;
  if (seeds->mistakes > MOST_MISTAKES)
    say("and %u more that are no seeds", seeds->mistakes - MOST_MISTAKES);
  if (!seeds->mistakes && !settings->messages.quiet) say_guessed(seeds);
  return !seeds->mistakes;
}

void crawl_seeds_free(struct crawl_seeds *seeds) {
  for (size_t i = 0; i < seeds->count; i++) free(seeds->texts[i]);
  free(seeds->texts);
  free(seeds->seeds);
  *seeds = (struct crawl_seeds){.seeds = NULL};
}
