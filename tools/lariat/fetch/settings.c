/* SPDX-License-Identifier: MIT
 * settings.c: the command line of `lariat fetch`. */
#include "fetch/settings.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"
#include "say.h"

enum {
  CONCURRENCY_MAX = 1000000,
  REACTORS_MAX = 1024,
  RETRIES_MAX = 100,
  REDIRECTS_MAX = 1000
};

static const uint64_t longest_ms = UINT64_C(30) * 24 * 3600 * 1000;
static const uint64_t longest_delay_ms = 24 * 3600 * 1000;
static const uint64_t most_bytes = UINT64_C(1) << 50;

/* Options without a letter. */
enum {
  PER_HOST = 256,
  RATE,
  RATE_PER_HOST,
  DELAY,
  PLACEMENT,
  TIMEOUT,
  CONNECT_TIMEOUT,
  RETRIES,
  RETRY_STATUS,
  RETRY_BUDGET,
  RETRY_ALL_METHODS,
  IDLE_TIMEOUT,
  MAX_BODY,
  MAX_REDIRECTS,
  MEMORY,
  CACERT,
  HTTP,
  RESUME,
  SAVE,
  HELP,
  VERSION
};

static const char letters[] = ":i:o:r:c:X:H:d:T:kqvh";

static const struct option names[] = {
    {"input", required_argument, NULL, 'i'},
    {"output", required_argument, NULL, 'o'},
    {"save", required_argument, NULL, SAVE},
    {"reactors", required_argument, NULL, 'r'},
    {"concurrency", required_argument, NULL, 'c'},
    {"per-host", required_argument, NULL, PER_HOST},
    {"rate", required_argument, NULL, RATE},
    {"rate-per-host", required_argument, NULL, RATE_PER_HOST},
    {"delay", required_argument, NULL, DELAY},
    {"placement", required_argument, NULL, PLACEMENT},
    {"timeout", required_argument, NULL, TIMEOUT},
    {"connect-timeout", required_argument, NULL, CONNECT_TIMEOUT},
    {"retries", required_argument, NULL, RETRIES},
    {"retry-status", required_argument, NULL, RETRY_STATUS},
    {"retry-budget", required_argument, NULL, RETRY_BUDGET},
    {"retry-all-methods", no_argument, NULL, RETRY_ALL_METHODS},
    {"idle-timeout", required_argument, NULL, IDLE_TIMEOUT},
    {"max-body", required_argument, NULL, MAX_BODY},
    {"max-redirects", required_argument, NULL, MAX_REDIRECTS},
    {"memory", required_argument, NULL, MEMORY},
    {"method", required_argument, NULL, 'X'},
    {"header", required_argument, NULL, 'H'},
    {"data", required_argument, NULL, 'd'},
    {"upload-file", required_argument, NULL, 'T'},
    {"cacert", required_argument, NULL, CACERT},
    {"insecure", no_argument, NULL, 'k'},
    {"http", required_argument, NULL, HTTP},
    {"resume", no_argument, NULL, RESUME},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, VERSION},
    {NULL, 0, NULL, 0}};

static void add_statuses(struct settings *settings, unsigned low,
                         unsigned high) {
  for (unsigned status = low; status <= high; status++) {
    size_t i = 0;
    while (i < settings->retry_status_count &&
           settings->retry_statuses[i] != (int)status)
      i++;
    settings->retry_statuses[i] = (int)status;
    if (i == settings->retry_status_count) settings->retry_status_count++;
  }
}

/* "503", "5xx"; up to a comma or the end. */
static bool read_status(struct settings *settings, const char *text,
                        size_t length) {
  if (length != 3 || (text[0] != '4' && text[0] != '5')) return false;
  unsigned class = (unsigned)(text[0] - '0') * 100;
  if (memcmp(text + 1, "xx", 2) == 0) {
    add_statuses(settings, class, class + 99);
    return true;
  }
  for (int i = 1; i < 3; i++)
    if (text[i] < '0' || text[i] > '9') return false;
  unsigned status =
      class + (unsigned)(text[1] - '0') * 10 + (unsigned)(text[2] - '0');
  add_statuses(settings, status, status);
  return true;
}

static bool read_statuses(struct settings *settings, const char *text) {
  settings->has_retry_statuses = true;
  if (strcmp(text, "none") == 0) return true;
  for (;;) {
    size_t length = strcspn(text, ",");
    if (!read_status(settings, text, length)) return false;
    if (!text[length]) return true;
    text += length + 1;
  }
}

/* A share of the requests, as 0.1; a thousandth is the least. */
static bool read_budget(struct settings *settings, const char *text) {
  uint64_t thousandths;
  settings->retry_without_budget = strcmp(text, "none") == 0;
  if (settings->retry_without_budget) return true;
  if (!number_read_seconds(text, 0, 100000, &thousandths)) return false;
  settings->retry_budget = (double)thousandths / 1000;
  return true;
}

/* Requests a second, as 10 or 0.5. */
static bool read_rate(const char *text, double *out) {
  uint64_t thousandths;
  if (!number_read_seconds(text, 1, UINT64_C(1000000) * 1000, &thousandths))
    return false;
  *out = (double)thousandths / 1000;
  return true;
}

static bool read_unsigned(const char *text, unsigned low, unsigned high,
                          unsigned *out) {
  uint64_t number;
  if (!number_read(text, low, high, &number)) return false;
  *out = (unsigned)number;
  return true;
}

static bool read_placement(const char *text, lariat_placement *out) {
  *out = strcmp(text, "spread") == 0 ? LARIAT_PLACE_SPREAD : LARIAT_PLACE_HOST;
  return strcmp(text, "host") == 0 || strcmp(text, "spread") == 0;
}

static bool read_http(const char *text, lariat_http *out) {
  static const char *const texts[] = {"auto", "1.1", "2"};
  for (unsigned i = 0; i < 3; i++) {
    if (strcmp(text, texts[i]) != 0) continue;
    *out = (lariat_http)i;
    return true;
  }
  return false;
}

/* "Name: value": cut in two in place.  The library looks at both parts. */
static bool read_header(struct settings *settings, char *text) {
  char *colon = strchr(text, ':');
  if (!colon || colon == text) return false;
  lariat_header *headers =
      realloc(settings->headers,
              (settings->header_count + 1) * sizeof *settings->headers);
  if (!headers) return false;
  settings->headers = headers;
  *colon = '\0';
  headers[settings->header_count++] =
      (lariat_header){text, colon + 1 + strspn(colon + 1, " \t")};
  return true;
}

/* A token of HTTP that is not too long; the library says no more than "no". */
static bool read_method(const char *text, const char **out) {
  static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789"
                              "!#$%&'*+-.^_`|~";
  size_t length = strspn(text, token);
  *out = text;
  return length > 0 && length <= 32 && !text[length];
}

static bool read_flag(struct settings *settings, int option) {
  switch (option) {
  case 'k':
    settings->insecure = true;
    return true;
  case RETRY_ALL_METHODS:
    settings->retry_all_methods = true;
    return true;
  case RESUME:
    settings->resume = true;
    return true;
  case 'q':
    settings->quiet = true;
    return true;
  case 'v':
    settings->verbose = true;
    return true;
  case 'h':
    settings->help = true;
    return true;
  case VERSION:
    settings->version = true;
    return true;
  default:
    return false;
  }
}

/* Numbers. */
static bool read_limit(struct settings *settings, int option,
                       const char *value) {
  switch (option) {
  case 'r':
    return read_unsigned(value, 1, REACTORS_MAX, &settings->reactors);
  case 'c':
    return read_unsigned(value, 1, CONCURRENCY_MAX, &settings->concurrency);
  case PER_HOST:
    return read_unsigned(value, 1, CONCURRENCY_MAX, &settings->per_host);
  case RATE:
    return read_rate(value, &settings->rate);
  case RATE_PER_HOST:
    return read_rate(value, &settings->rate_per_host);
  case DELAY:
    return number_read_seconds(value, 0, longest_delay_ms, &settings->delay_ms);
  case TIMEOUT:
    return number_read_seconds(value, 0, longest_ms, &settings->timeout_ms);
  case CONNECT_TIMEOUT:
    return number_read_seconds(value, 0, longest_ms,
                               &settings->connect_timeout_ms);
  case IDLE_TIMEOUT:
    return number_read_seconds(value, 0, longest_ms,
                               &settings->idle_timeout_ms);
  case RETRIES:
    return read_unsigned(value, 0, RETRIES_MAX, &settings->retries);
  case MAX_BODY:
    return number_read_bytes(value, 0, most_bytes, &settings->max_body);
  case MAX_REDIRECTS:
    return read_unsigned(value, 0, REDIRECTS_MAX, &settings->max_redirects);
  case MEMORY:
    return number_read_bytes(value, 1 << 20, most_bytes, &settings->memory);
  default:
    return false;
  }
}

/* Texts. */
static bool read_text(struct settings *settings, int option, char *value) {
  switch (option) {
  case 'i':
    settings->input = value;
    return *value != '\0';
  case 'o':
    settings->output = strcmp(value, "-") == 0 ? NULL : value;
    return *value != '\0';
  case SAVE:
    settings->save = value;
    return *value != '\0';
  case PLACEMENT:
    return read_placement(value, &settings->placement);
  case RETRY_STATUS:
    return read_statuses(settings, value);
  case RETRY_BUDGET:
    return read_budget(settings, value);
  case 'X':
    return read_method(value, &settings->method);
  case 'H':
    return read_header(settings, value);
  case 'd':
    settings->data = value;
    return strcmp(value, "@") != 0;
  case 'T':
    settings->upload = value;
    return *value != '\0' && strcmp(value, "-") != 0;
  case CACERT:
    settings->ca_file = value;
    return true;
  case HTTP:
    return read_http(value, &settings->http);
  default:
    return false;
  }
}

static const char *name_of(int option) {
  for (const struct option *o = names; o->name; o++)
    if (o->val == option) return o->name;
  return "?";
}

/* What would have been right. */
static const char *expected(int option) {
  switch (option) {
  case 'r':
    return "a number from 1 to 1024";
  case 'c':
  case PER_HOST:
    return "a number from 1 to 1000000";
  case RATE:
  case RATE_PER_HOST:
    return "requests a second, as 10 or 0.5, at most 1000000";
  case DELAY:
    return "seconds, as 1 or 0.25, at most a day";
  case TIMEOUT:
  case CONNECT_TIMEOUT:
  case IDLE_TIMEOUT:
    return "seconds, as 30 or 0.5, at most 30 days; 0: no limit";
  case RETRIES:
    return "a number from 0 to 100";
  case RETRY_STATUS:
    return "statuses from 400 to 599, as 429,503 or 5xx, or none";
  case RETRY_BUDGET:
    return "retries for each request, as 0.1, at most 100, or none";
  case MAX_BODY:
    return "a number of bytes, as 65536, 64K or 1G; 0: no limit";
  case MEMORY:
    return "a number of bytes from 1M on, as 512M or 2G";
  case MAX_REDIRECTS:
    return "a number from 0 to 1000";
  case PLACEMENT:
    return "host or spread";
  case HTTP:
    return "auto, 1.1 or 2";
  case 'H':
    return "\"Name: value\"";
  case 'd':
    return "a text, @FILE, or @- for standard input";
  case 'T':
    return "a file (--data @- sends standard input)";
  case 'X':
    return "a method, as HEAD";
  default:
    return "something";
  }
}

static bool read_option(struct settings *settings, int option, char *value) {
  if (!value) return read_flag(settings, option);
  /* A header is cut in two while it is read. */
  char shown[80];
  size_t length = strnlen(value, sizeof shown - 1);
  memcpy(shown, value, length);
  shown[length] = '\0';
  if (read_limit(settings, option, value)) return true;
  if (read_text(settings, option, value)) return true;
  say("--%s takes %s, not \"%s\"", name_of(option), expected(option), shown);
  return false;
}

/* What getopt_long could not make sense of. */
static void say_unknown(char **argv, int option) {
  const char *text = argv[optind - 1];
  if (option == ':') {
    say("%s needs a value", text);
  } else if (optopt > 0 && optopt < 256 && !strchr(letters, optopt)) {
    say("there is no option -%c", optopt);
  } else if (optopt) {
    say("--%s takes no value", name_of(optopt));
  } else {
    say("there is no option %s", text);
  }
}

/* Whether the body is what is in a file or comes from standard input. */
static bool has_body(const struct settings *settings) {
  return settings->upload || settings->data;
}

static bool check_body(const struct settings *settings) {
  bool from_stdin = settings->data && strcmp(settings->data, "@-") == 0;
  bool head = settings->method && strcmp(settings->method, "HEAD") == 0;
  if (settings->upload && settings->data) {
    say("give the body with --data or with --upload-file, not both");
  } else if (from_stdin && settings->input &&
             strcmp(settings->input, "-") == 0) {
    say("standard input cannot be the --input and the --data, too");
  } else if (head && has_body(settings)) {
    say("a HEAD request has no body: give another --method, or no body");
  } else {
    return true;
  }
  return false;
}

static bool check_together(const struct settings *settings) {
  if (settings->input && settings->url_count) {
    say("give URLs as arguments or with --input, not both");
  } else if (!settings->input && !settings->url_count) {
    say("there is nothing to fetch: give URLs, or a list with --input");
  } else if (settings->resume && !settings->output) {
    say("--resume needs the --output of the run that it continues");
  } else {
    return check_body(settings);
  }
  return false;
}

static void set_defaults(struct settings *settings) {
  *settings = (struct settings){.concurrency = 256,
                                .per_host = 16,
                                .timeout_ms = 30000,
                                .connect_timeout_ms = 10000,
                                .retry_budget = 0.1,
                                .max_body = 64u << 20,
                                .max_redirects = 10};
}

bool settings_read(struct settings *settings, int argc, char **argv) {
  int option;
  set_defaults(settings);
  optind = 1;
  while ((option = getopt_long(argc, argv, letters, names, NULL)) != -1) {
    if (option == '?' || option == ':') {
      say_unknown(argv, option);
      return false;
    }
    if (!read_option(settings, option, optarg)) return false;
  }
  settings->urls = argv + optind;
  settings->url_count = (size_t)(argc - optind);
  if (settings->help || settings->version) return true;
  return check_together(settings);
}

void settings_free(struct settings *settings) { free(settings->headers); }
