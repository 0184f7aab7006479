/* SPDX-License-Identifier: MIT
 * settings.h: what `lariat load` was asked to do, in one part for each of
 * those who do it. */
#ifndef TOOLS_LARIAT_LOAD_SETTINGS_H
#define TOOLS_LARIAT_LOAD_SETTINGS_H

#include <lariat/lariat.h>
#include <lariat/load/arrivals.h>
#include <lariat/load/threshold.h>
#include <lariat/load/variables.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The things to do; of two that are asked for, the later here. */
enum load_action { LOAD_RUN, LOAD_PLAN, LOAD_ONCE, LOAD_VERSION, LOAD_HELP };

/* The files that a run writes. */
enum load_output {
  LOAD_JSON,
  LOAD_HTML,
  LOAD_CSV,
  LOAD_SAMPLES,
  LOAD_OPENMETRICS,
  LOAD_HDR, /* the last one: it grows while the run lasts */
  LOAD_OUTPUTS
};

/* Where the requests come from: one of the files, which may be "-", standard
 * input, or the arguments. */
struct load_input_settings {
  const char *list;   /* --input; NULL: none */
  const char *har;    /* NULL: none */
  const char *replay; /* an access log; NULL: none */
  char *const *urls;
  size_t url_count;
  const char *hosts;      /* of a HAR, with commas between them; NULL: none */
  const char *target;     /* of a log: the server; NULL: none */
  const char *log_format; /* NULL: common or combined */
  const char *variables;  /* a table of CSV; NULL: none */
  lariat_load_rows rows;  /* of the table */
  double speed;           /* 0: as it was */
  bool in_order;
  bool timed;  /* a HAR: when the browser sent it */
  bool unsafe; /* a log: all methods */
  bool piped;  /* the list comes from a pipe, while the run lasts */
};

/* How much is sent, and when. */
struct load_amount_settings {
  unsigned requests;    /* of all parts; 0: no such limit */
  uint64_t duration_ms; /* 0: not given */
  double rate;          /* a second; 0: not given */
  const char *stages_text;
  lariat_load_stage stages[LARIAT_LOAD_MOST_STAGES];
  size_t stage_count; /* 0: a closed test */
  lariat_load_process process;
  unsigned seed;
  const char *part_text;
  lariat_load_part part;
  uint64_t warm_up_ms;
  uint64_t wait_for_ms; /* 0: does not wait for a server */
  int64_t start_at_ns;  /* 0: at once */
  unsigned stop_at_failures;
  unsigned reactors;
};

/* Connections, and how they are made. */
struct load_connection_settings {
  unsigned connections;
  unsigned per_connection; /* requests; 0: no limit */
  double connect_rate;
  unsigned http; /* index of the word: 1.1, 2 */
  unsigned streams;
  uint64_t timeout_ms;
  uint64_t connect_timeout_ms; /* 0: as timeout_ms */
  const char *ca_file;
  char *resolve;    /* owned */
  char *connect_to; /* owned */
  const char *name_servers;
  bool insecure;
  bool no_keepalive;
  bool ipv4;
  bool ipv6;
};

/* Method, headers and body of requests that say nothing else. */
struct load_request_settings {
  const char *method;
  lariat_header *headers; /* owned; a value of NULL: is not sent */
  size_t header_count;
  const char *user_agent; /* NULL: lariat's; "": none */
  char *authorization;    /* owned; NULL: none */
  const char *data;       /* NULL: none; "@FILE", "@-": what is there */
};

/* The limits that the run is judged by. */
struct load_judging_settings {
  const char **texts; /* of --fail-if; owned */
  size_t text_count;
  lariat_load_thresholds *thresholds; /* owned */
  bool strict;
};

struct load_output_settings {
  const char *paths[LOAD_OUTPUTS]; /* NULL: not wanted; "-": standard output */
  bool quiet;
};

/* The options that were given, where the value alone does not tell. */
struct load_given_settings {
  bool process;
  bool warm_up;
};

struct load_settings {
  struct load_input_settings input;
  struct load_amount_settings amount;
  struct load_connection_settings connections;
  struct load_request_settings request;
  struct load_judging_settings judging;
  struct load_output_settings output;
  struct load_given_settings given;
  enum load_action action;
};

/* Tells whether the requests have instants of their own. */
bool load_settings_has_instants(const struct load_settings *settings);

/* Reads the arguments after "load".  Says what is wrong with them and returns
 * false.  `settings` keeps pointers into `argv`. */
bool load_settings_read(struct load_settings *settings, int argc, char **argv);

/* Makes the thresholds of their texts.  Says what is wrong with one, and
 * returns false. */
bool load_settings_read_thresholds(struct load_settings *settings);

/* Puts names, addresses and trust into the options of a pool, which keep
 * pointers into `settings`. */
void load_settings_set_pool(const struct load_settings *settings,
                            lariat_pool_options *options);

void load_settings_free(struct load_settings *settings);

#endif
