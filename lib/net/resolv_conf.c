/* SPDX-License-Identifier: MIT
 * resolv_conf.c: the lines "search", "domain" and "options" of a resolv.conf.
 */
#include "net/resolv_conf.h"

#include <string.h>

#include "base/memory.h"

enum { NDOTS_MAX = 15, NAME_MAX_LENGTH = 255 };

static const char blanks[] = " \t\r";

/* Adds a domain, whose word is ended by a NUL; the root is none. */
static void add_domain(lr_resolv_conf *conf, const char *word) {
  if (conf->domain_count == LR_SEARCH_DOMAINS || strcmp(word, ".") == 0 ||
      strlen(word) > NAME_MAX_LENGTH)
    return;
  conf->domains[conf->domain_count++] = word;
}

/* Reads domains, in the place of those before: the last line counts. */
static void read_domains(lr_resolv_conf *conf, char *words, bool all) {
  char *word;
  conf->domain_count = 0;
  while ((word = strsep(&words, blanks)))
    if (*word) {
      add_domain(conf, word);
      if (!all) return;
    }
}

static void read_options(lr_resolv_conf *conf, char *words) {
  static const char key[] = "ndots:";
  char *word;
  while ((word = strsep(&words, blanks))) {
    if (strncmp(word, key, sizeof key - 1) != 0) continue;
    unsigned number = 0;
    for (const char *at = word + sizeof key - 1;
         *at >= '0' && *at <= '9' && number <= NDOTS_MAX; at++)
      number = number * 10 + (unsigned)(*at - '0');
    conf->ndots = number > NDOTS_MAX ? NDOTS_MAX : number;
  }
}

/* Reads a line, which is taken apart in its place. */
static void read_line(lr_resolv_conf *conf, char *line) {
  char *words = line;
  line[strcspn(line, "#;")] = '\0';
  const char *key = strsep(&words, blanks);
  if (!words) return;
  if (strcmp(key, "search") == 0) read_domains(conf, words, true);
  if (strcmp(key, "domain") == 0) read_domains(conf, words, false);
  if (strcmp(key, "options") == 0) read_options(conf, words);
}

/* Copies all of it, one behind the other, each ended by a NUL. */
static char *copy_texts(const char *text, size_t length,
                        const char *local_domain, const char *machine) {
  size_t local = local_domain ? strlen(local_domain) : 0;
  size_t name = strlen(machine);
  char *copy = lr_alloc(length + local + name + 3);
  if (!copy) return NULL;
  if (length) memcpy(copy, text, length);
  copy[length] = '\0';
  if (local) memcpy(copy + length + 1, local_domain, local);
  copy[length + 1 + local] = '\0';
  memcpy(copy + length + local + 2, machine, name + 1);
  return copy;
}

bool lr_resolv_conf_read(lr_resolv_conf *conf, const char *text, size_t length,
                         const char *local_domain, const char *machine) {
  *conf = (lr_resolv_conf){.ndots = 1};
  if (!text) length = 0;
  conf->text = copy_texts(text, length, local_domain, machine);
  if (!conf->text) return false;
  char *local = conf->text + length + 1;
  char *name = local + strlen(local) + 1;
  char *lines = conf->text;
  for (char *line; (line = strsep(&lines, "\n"));) read_line(conf, line);
  if (local_domain) read_domains(conf, local, true);
  const char *dot = strchr(name, '.');
  if (!conf->domain_count && !local_domain && dot && dot[1])
    add_domain(conf, dot + 1);
  return true;
}

void lr_resolv_conf_clear(lr_resolv_conf *conf) {
  lr_free(conf->text);
  *conf = (lr_resolv_conf){.ndots = 1};
}
