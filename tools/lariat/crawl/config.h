/* SPDX-License-Identifier: MIT
 * config.h: a configuration file: lines `name = value` with the long names of
 * options, and sections [host "example.org"] with what is a host's own. */
#ifndef TOOLS_LARIAT_CRAWL_CONFIG_H
#define TOOLS_LARIAT_CRAWL_CONFIG_H

#include <lariat/crawl/crawl.h>
#include <stdbool.h>
#include <stddef.h>

#include "options.h"

/* A line of the file that says something. */
struct crawl_config_entry {
  const char *host; /* of its section; NULL: in none */
  const char *name;
  char *value;
  unsigned line;
};

/* A section: all that is said of its host. */
struct crawl_config_host {
  lariat_crawl_host_options options;
  char *headers; /* owned: lines */
  uint64_t delay_ms;
  unsigned max_pages;
  unsigned robots; /* index of the word */
};

struct crawl_config {
  char *text; /* owned: what all others point into */
  struct crawl_config_entry *entries;
  size_t entry_count;
  struct crawl_config_host *hosts;
  size_t host_count;
};

/* Reads the file at `path`, and cuts it into entries.  Says what is wrong, with
 * the line, and returns false. */
bool crawl_config_read(struct crawl_config *config, const char *path);

/* Cuts a text that is such a file's, which becomes the config's, into entries;
 * messages call it `path`. */
bool crawl_config_parse(struct crawl_config *config, const char *path,
                        char *text);

/* Sets the options of the entries by `table` in `settings`, which keeps
 * pointers into `config`, and fills in the hosts.  Says what is wrong, with the
 * line, and returns false. */
bool crawl_config_apply(struct crawl_config *config, const char *path,
                        const struct option_table *table, void *settings);

/* Adds an entry; false: out of memory. */
bool crawl_config_add(struct crawl_config *config,
                      const struct crawl_config_entry *entry);

/* Returns the value of the last entry of that host (NULL: of none) and name;
 * NULL: there is none. */
const char *crawl_config_find(const struct crawl_config *config,
                              const char *host, const char *name);

void crawl_config_free(struct crawl_config *config);

#endif
