/* SPDX-License-Identifier: MIT
 * settings.h: what `lariat fetch` was asked to do, in one part for each of
 * those who do it. */
#ifndef TOOLS_LARIAT_FETCH_SETTINGS_H
#define TOOLS_LARIAT_FETCH_SETTINGS_H

#include <lariat/lariat.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The statuses from 400 to 599. */
enum { STATUSES_MAX = 200 };

/* The things to do; of two that are asked for, the later here. */
enum action { ACTION_FETCH, ACTION_VERSION, ACTION_HELP };

struct file_settings {
  const char *input;  /* NULL: the arguments; "-": standard input */
  const char *output; /* NULL: standard output */
  const char *save;   /* NULL: bodies are not stored */
  char *const *urls;
  size_t url_count;
  bool resume;
};

struct limit_settings {
  unsigned reactors; /* 0: the pool's default */
  unsigned concurrency;
  unsigned per_host;
  unsigned connections; /* idle ones too; 0: the pool's default */
  double rate;          /* requests a second in all; 0: no limit */
  double rate_per_host; /* the same of each host */
  uint64_t delay_ms;    /* the least between two requests to one host */
  uint64_t memory;      /* 0: enough for the concurrency */
  lariat_placement placement;
};

/* Where a time is 0, there is no limit. */
struct timeout_settings {
  uint64_t total_ms;
  uint64_t connect_ms;
  uint64_t idle_ms;
};

/* The names are those of lariat_retry_policy. */
struct retry_settings {
  unsigned max_retries;
  double budget_ratio;
  int statuses[STATUSES_MAX];
  size_t status_count;
  bool has_statuses; /* else the library's */
  bool any_method;
  bool no_budget;
};

struct request_settings {
  const char *method; /* NULL: GET, POST with data, PUT with an upload */
  lariat_header *headers;
  size_t header_count;
  const char *user_agent; /* NULL: the library's; "": none */
  char *authorization;    /* owned: "Basic ..."; NULL: none */
  const char *data;       /* NULL: none; "@FILE", "@-": what is there */
  char *joined_data;      /* owned: where `data` is if it was given in parts */
  const char *upload;     /* a file; NULL: none */
  const char *ca_file;
  uint64_t max_body;
  unsigned max_redirects;
  lariat_http http;
  bool insecure;
  bool head; /* the method is HEAD */
  bool raw;  /* bodies are not decompressed */
};

/* Parts of an answer that result lines and exit code tell of. */
struct output_settings {
  bool headers;
  bool body;
  bool keep_secrets;
  unsigned details; /* DETAILS_* (details.h), joined */
  bool fail; /* an answer of 400 or more is a failure for the exit code */
};

/* Lists of networks as in lariat_address_rules. */
struct address_settings {
  char *allow_nets; /* NULL: none */
  char *deny_nets;
  bool deny_private;
};

/* As in lariat_pool_options. */
struct name_settings {
  char *resolve;    /* NULL: none */
  char *connect_to; /* NULL: none */
  const char *servers;
  bool ipv4;
  bool ipv6;
};

struct redirect_settings {
  bool no_downgrade;
  bool deny_bad_ports; /* also of the URLs themselves */
  bool same_origin_headers;
};

/* Cookie files. */
struct cookie_settings {
  const char **files; /* to be read, owned */
  size_t file_count;
  const char *jar; /* to be written; NULL: none */
  bool wanted;     /* cookies are kept, even if there is no file */
};

struct message_settings {
  bool quiet;
  bool verbose;
};

struct settings {
  struct file_settings files;
  struct limit_settings limits;
  struct timeout_settings timeouts;
  struct retry_settings retry;
  struct request_settings request;
  struct address_settings addresses;
  struct name_settings names;
  struct output_settings output;
  struct redirect_settings redirects;
  struct cookie_settings cookies;
  struct message_settings messages;
  enum action action;
};

/* Reads the arguments after "fetch".  Says what is wrong with them and returns
 * false.  `settings` keeps pointers into `argv`. */
bool settings_read(struct settings *settings, int argc, char **argv);

void settings_free(struct settings *settings);

/* Writes what is said of names to the options of a pool. */
void settings_set_names(const struct name_settings *names,
                        lariat_pool_options *options);

#endif
