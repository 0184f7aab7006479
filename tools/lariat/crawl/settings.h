/* SPDX-License-Identifier: MIT
 * settings.h: what `lariat crawl` was asked to do, in one part for each of
 * those who do it.  The defaults are the library's. */
#ifndef TOOLS_LARIAT_CRAWL_SETTINGS_H
#define TOOLS_LARIAT_CRAWL_SETTINGS_H

#include <lariat/crawl/crawl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crawl/config.h"
#include "crawl/kept_options.h"

/* The things to do; of two that are asked for, the later here. */
enum crawl_action { CRAWL_RUN, CRAWL_VERSION, CRAWL_HELP };

/* The ways to show how far it is. */
enum crawl_progress { CRAWL_PROGRESS_LINE, CRAWL_PROGRESS_JSON };

/* Texts that an option has given one after the other. */
struct crawl_texts {
  const char **texts; /* owned; what they point to is not */
  size_t count;
};

struct crawl_seed_settings {
  const char *directory;
  char *const *urls; /* of the command line */
  size_t url_count;
  struct crawl_texts more;  /* --seed */
  struct crawl_texts files; /* --input; "-": standard input */
  struct crawl_texts sitemaps;
  bool no_sitemaps;
};

struct crawl_scope_settings {
  lariat_crawl_scope scope;
  lariat_crawl_rule *rules; /* owned; those of the command line first */
  size_t rule_count;
  unsigned depth; /* UINT_MAX: no limit */
  unsigned hops_off_site;
  const char *types;
  const char *key_rules;
  bool requisites;
  bool no_requisites;
};

struct crawl_politeness_settings {
  uint64_t delay_ms;
  double delay_factor;
  uint64_t delay_max_ms;
  uint64_t crawl_delay_max_ms;
  uint64_t retry_after_max_ms;
  unsigned crawl_delay; /* index of the word: cap, skip */
  unsigned robots;      /* obey, ignore */
  unsigned per_group;
  lariat_crawl_group group;
  const char *user_agent;
  const char *contact;
};

struct crawl_budget_settings {
  unsigned max_pages;
  unsigned max_pages_per_host;
  unsigned max_hosts;
  uint64_t max_bytes;
  uint64_t max_bytes_per_host;
  uint64_t max_time_ms;
  uint64_t max_body;
};

struct crawl_trap_settings {
  unsigned repeat;
  unsigned segments;
  unsigned query;
  bool no_similar;
};

struct crawl_output_settings {
  uint64_t warc_size;
  unsigned warc_level;
  unsigned same_body; /* index of the word: revisit, record, skip */
  const char *jsonl;  /* "-": standard output */
  const char *links;
  const char *rejects;
  const char *exec;
  const char *on_warc_closed;
  const char *openmetrics;
  const char *metrics;
  bool no_warc;
  bool cdx;
  bool warc_metadata;
  bool keep_secrets;
};

struct crawl_again_settings {
  const char *since;
  uint64_t again_ms; /* UINT64_MAX: never; 0: all */
  bool repair;
};

/* A crawl that many workers share. */
struct crawl_shared_settings {
  const char *frontier; /* its database; NULL: the crawl is in DIR */
  const char *name;     /* NULL: the default */
  uint64_t lease_ms;    /* 0: the default */
};

struct crawl_machine_settings {
  unsigned concurrency;
  unsigned reactors;   /* 0: the pool's default */
  unsigned durability; /* index of the word: process, power */
  unsigned retries;
  uint64_t timeout_ms; /* 0: no limit, as the next two */
  uint64_t connect_timeout_ms;
  uint64_t idle_timeout_ms;
  lariat_http http;
};

struct crawl_network_settings {
  const char *ca_file;
  char *resolve;    /* owned */
  char *connect_to; /* owned */
  char *allow_nets; /* owned */
  char *deny_nets;  /* owned */
  const char *name_servers;
  bool insecure;
  bool allow_private;
  bool ipv4;
  bool ipv6;
};

struct crawl_message_settings {
  enum crawl_progress progress;
  uint64_t grace_ms;
  bool quiet;
};

/* Options that the directory keeps. */
struct crawl_kept_settings {
  bool forget;                /* what it has kept does not count */
  struct text given;          /* this command line, as a file */
  struct crawl_config line;   /* the same */
  struct kept_options last;   /* of the last run */
  struct crawl_config held;   /* of the last command line, and this one */
  struct crawl_config masked; /* of the last run, whose values are not kept */
  struct text text;           /* to be kept, ended by a NUL */
  char *paths[5];             /* absolute ones of files */
};

struct crawl_settings {
  struct crawl_seed_settings seeds;
  struct crawl_scope_settings scope;
  struct crawl_politeness_settings politeness;
  struct crawl_budget_settings budgets;
  struct crawl_trap_settings traps;
  struct crawl_output_settings output;
  struct crawl_again_settings again;
  struct crawl_shared_settings shared;
  struct crawl_machine_settings machine;
  struct crawl_network_settings network;
  struct crawl_message_settings messages;
  const char *config_path;    /* NULL: none */
  struct crawl_config config; /* the file; without one that of the last run */
  struct crawl_kept_settings kept;
  enum crawl_action action;
};

/* Reads the arguments after "crawl", the file that --config names, and what the
 * directory has kept of the last run's; what the command line says wins.  Says
 * what is wrong with them and returns false. `settings` keeps pointers into
 * `argv`. */
bool crawl_settings_read(struct crawl_settings *settings, int argc,
                         char **argv);

/* Reads a configuration file by itself into new settings, as the running crawl
 * does when it is told to read it again.  Says what is wrong, with the line,
 * and returns false. */
bool crawl_settings_read_config(struct crawl_settings *settings,
                                const char *path);

/* Says what is as in the last run, and what is not.  False: that had a secret
 * which is not kept, and is to be given again. */
bool crawl_settings_say_kept(const struct crawl_settings *settings);

void crawl_settings_free(struct crawl_settings *settings);

#endif
