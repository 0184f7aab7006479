/* SPDX-License-Identifier: MIT
 * name_sources.c: the line "hosts" of nsswitch.conf. */
#include "net/name_sources.h"

#include <string.h>
#include <strings.h>

#include "net/host_name.h"

static const lr_name_sources default_sources = {.files = true, .dns = true};
static const lr_name_sources system_sources = {.files = false, .dns = false};

typedef struct word {
  const char *text;
  size_t length;
} word;

static bool is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Returns the next word: up to a blank, or an action in brackets; of length 0
 * at the end. */
static word next_word(const char **at, const char *end) {
  const char *from = *at;
  while (from < end && is_blank(*from)) from++;
  const char *to = from;
  if (to < end && *to == '[') {
    while (to < end && *to != ']') to++;
    if (to < end) to++;
  } else {
    while (to < end && !is_blank(*to) && *to != '[') to++;
  }
  *at = to;
  return (word){from, (size_t)(to - from)};
}

static bool is_word(word w, const char *text) {
  return w.length == strlen(text) && strncasecmp(w.text, text, w.length) == 0;
}

static bool is_mdns(word w) {
  static const char *const names[] = {"mdns",          "mdns4",
                                      "mdns6",         "mdns_minimal",
                                      "mdns4_minimal", "mdns6_minimal"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (is_word(w, names[i])) return true;
  return false;
}

/* Takes a source.  False: nothing is known of it, or of what its place in the
 * line means. */
static bool take_source(lr_name_sources *sources, word w) {
  if (is_word(w, "files")) {
    if (sources->dns) return false;
    sources->files = true;
  } else if (is_word(w, "dns")) {
    sources->dns = true;
  } else if (is_word(w, "myhostname")) {
    sources->myhostname = true;
  } else if (is_mdns(w)) {
    sources->mdns = true;
  } else {
    return false;
  }
  return true;
}

/* Reads the sources behind "hosts:".  An action is fine behind a source that
 * has names of its own, and as the last word: it says what comes next. */
static lr_name_sources read_sources(const char *at, const char *end) {
  lr_name_sources sources = {.files = false};
  bool acts = false; /* behind "files" or "dns" */
  for (word w = next_word(&at, end), last = w; w.length;
       last = w, w = next_word(&at, end)) {
    if (acts) return system_sources;
    if (*w.text == '[')
      acts = is_word(last, "files") || is_word(last, "dns");
    else if (!take_source(&sources, w))
      return system_sources;
  }
  return sources;
}

/* Returns what is behind "hosts:" in a line; NULL: it is another one. */
static const char *find_hosts(const char *line, const char *end) {
  static const char key[] = "hosts";
  while (line < end && is_blank(*line)) line++;
  if ((size_t)(end - line) < sizeof key - 1 ||
      strncasecmp(line, key, sizeof key - 1) != 0)
    return NULL;
  line += sizeof key - 1;
  while (line < end && is_blank(*line)) line++;
  return line < end && *line == ':' ? line + 1 : NULL;
}

lr_name_sources lr_name_sources_read(const char *text, size_t length) {
  const char *end = text ? text + length : text;
  while (text < end) {
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    const char *line_end = newline ? newline : end;
    const char *comment = memchr(text, '#', (size_t)(line_end - text));
    const char *hosts = find_hosts(text, comment ? comment : line_end);
    if (hosts) return read_sources(hosts, comment ? comment : line_end);
    text = newline ? newline + 1 : end;
  }
  return default_sources;
}

static bool is_machines(const char *name, size_t length, const char *machine) {
  if (memchr(name, '.', length) == NULL) return true;
  return lr_host_name_is_in(name, length, machine) &&
         length <= strlen(machine) + 1;
}

bool lr_name_sources_need_system(const lr_name_sources *sources,
                                 const char *name, size_t length,
                                 const char *machine) {
  if (lr_name_sources_are_systems(sources)) return true;
  if (sources->mdns && lr_host_name_is_in(name, length, "local")) return true;
  return sources->myhostname && is_machines(name, length, machine);
}
