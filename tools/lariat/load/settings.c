/* SPDX-License-Identifier: MIT
 * settings.c: the command line of `lariat load`: defaults, the options, and
 * what makes no sense together. */
#include "load/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/instant.h"
#include "load/option_table.h"
#include "say.h"
#include "spelling.h"

enum { DURATION_MS = 10000, WARM_UP_MS = 2000 };

/* ---- What is sent ---- */

bool load_settings_has_instants(const struct load_settings *settings) {
  return settings->input.replay || settings->input.timed;
}

static bool is_file(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 &&
         (S_ISREG(about.st_mode) || S_ISFIFO(about.st_mode));
}

/* Returns the command of `lariat load` that was meant; NULL: none. */
static const char *find_command(const char *typed) {
  static const char *const commands[] = {"compare", "merge", "report"};
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    if (spelling_is_near(typed, commands[i])) return commands[i];
  return NULL;
}

/* Refuses what stands among the URLs and is none. */
static bool check_url(const char *url) {
  char shown[SAY_CAPACITY];
  if (strstr(url, "://")) return true;
  if (is_file(url)) {
    say("%s is a file: did you mean -i %s?", say_shown(shown, url), shown);
    return false;
  }
  if (url[strspn(url, "0123456789.")] == '\0') {
    say("%s is no URL: behind -q there is no number (hey's -q is --rate here)",
        say_shown(shown, url));
    return false;
  }
  if (strpbrk(url, ".:/") || strcmp(url, "localhost") == 0) return true;
  const char *near = find_command(url);
  say("%s is no URL%s%s%s", say_shown(shown, url),
      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
  return false;
}

/* Counts the ways in which requests were given. */
static int count_inputs(const struct load_input_settings *input) {
  return (input->list != NULL) + (input->har != NULL) +
         (input->replay != NULL) + (input->url_count != 0);
}

static const char *file_of(const struct load_input_settings *input) {
  if (input->har) return input->har;
  return input->replay ? input->replay : input->list;
}

/* Checks what belongs to one kind of file. */
static bool check_file(const struct load_settings *settings) {
  const struct load_input_settings *input = &settings->input;
  const char *file = file_of(input);
  const char *data = settings->request.data;
  if (input->har && !input->hosts)
    say("--har needs --hosts, as example.org,cdn.example.org: a page asks "
        "servers that are not yours");
  else if (!input->har && (input->hosts || input->timed))
    say("--hosts and --timed are for a --har");
  else if (input->replay && !input->target)
    say("--replay needs --to URL, the server that is to answer");
  else if (!input->replay &&
           (input->target || input->log_format || input->unsafe))
    say("--to, --log-format and --unsafe are for --replay");
  else if (input->speed > 0 && !load_settings_has_instants(settings))
    say("--speed is for --replay, or a --har that is --timed");
  else if (file && data && strcmp(file, "-") == 0 && strcmp(data, "@-") == 0)
    say("standard input cannot be the requests and the --data, too");
  else
    return true;
  return false;
}

static bool check_input(const struct load_settings *settings) {
  const struct load_input_settings *input = &settings->input;
  if (count_inputs(input) > 1) {
    say("give requests in one way: URLs, --input, --har or --replay");
    return false;
  }
  if (count_inputs(input) == 0) {
    say("there is nothing to send: give a URL, or requests with --input");
    return false;
  }
  if (!check_file(settings)) return false;
  for (size_t i = 0; i < input->url_count; i++)
    if (!check_url(input->urls[i])) return false;
  return true;
}

static bool has_header(const struct load_request_settings *request,
                       const char *name) {
  for (size_t i = 0; i < request->header_count; i++)
    if (strcasecmp(request->headers[i].name, name) == 0) return true;
  return false;
}

static bool check_request(const struct load_request_settings *request) {
  if (request->authorization && has_header(request, "Authorization"))
    say("give --user or a --header Authorization, not both");
  else if (request->user_agent && has_header(request, "User-Agent"))
    say("give --user-agent or a --header User-Agent, not both");
  else if (request->user_agent && strpbrk(request->user_agent, "\r\n"))
    say("--user-agent takes text without line breaks");
  else
    return true;
  return false;
}

/* Finds out whether the list is made by a program while it is read. */
static void find_pipe(struct load_input_settings *input) {
  struct stat about;
  if (!input->list) return;
  int failed = strcmp(input->list, "-") == 0 ? fstat(STDIN_FILENO, &about)
                                             : stat(input->list, &about);
  input->piped =
      !failed && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode));
}

/* ---- How much ---- */

/* Says what is wrong with the text of an option. */
static bool refuse_text(const char *option, const lariat_load_error *error) {
  say("--%s: %s", option, error->message);
  return false;
}

static bool read_stages(struct load_amount_settings *amount) {
  const char *text = amount->stages_text;
  lariat_load_error error;
  if (!text) return true;
  if (lariat_load_stages_parse(text, strlen(text), amount->stages,
                               LARIAT_LOAD_MOST_STAGES, &amount->stage_count,
                               &error) != LARIAT_OK)
    return refuse_text("stages", &error);
  return true;
}

static bool read_part(struct load_amount_settings *amount) {
  const char *text = amount->part_text;
  lariat_load_error error;
  if (!text) return true;
  if (lariat_load_part_parse(text, strlen(text), &amount->part, &error) !=
      LARIAT_OK)
    return refuse_text("part", &error);
  return true;
}

/* Makes the one stage of a rate: as long as the duration, or without an end
 * where the number of requests is the end. */
static void set_rate(struct load_amount_settings *amount) {
  if (amount->rate <= 0) return;
  uint64_t ms = amount->duration_ms;
  amount->stages[0] = (lariat_load_stage){
      ms ? ms * 1000000 : LARIAT_LOAD_ENDLESS_NS, amount->rate, amount->rate};
  amount->stage_count = 1;
}

static void set_amount(struct load_settings *settings) {
  struct load_amount_settings *amount = &settings->amount;
  bool timed = load_settings_has_instants(settings) || settings->input.piped;
  if (!amount->duration_ms && !amount->requests && !amount->stages_text &&
      !timed)
    amount->duration_ms = DURATION_MS;
  if (!settings->given.warm_up && !amount->requests && !timed)
    amount->warm_up_ms = WARM_UP_MS;
  set_rate(amount);
}

static bool check_amount(const struct load_settings *settings) {
  const struct load_amount_settings *amount = &settings->amount;
  bool open = amount->rate > 0 || amount->stages_text;
  if (amount->rate > 0 && amount->stages_text)
    say("give --rate or --stages, not both");
  else if (open && load_settings_has_instants(settings))
    say("the requests have instants of their own: leave --rate and --stages "
        "out");
  else if (amount->stages_text && amount->duration_ms)
    say("--stages say how long the run is: leave --duration out");
  else if (settings->given.process && !open)
    say("--arrivals needs a --rate or --stages: without one, each user's next "
        "request follows the last answer");
  else
    return true;
  return false;
}

/* Refuses to wait for longer than anybody means to.  An instant that has gone
 * by is for the verdict: the other machines have begun. */
static bool check_start(const struct load_amount_settings *amount) {
  static const int64_t day_ns = INT64_C(24) * 3600 * 1000000000;
  char text[INSTANT_TEXT];
  if (amount->start_at_ns - instant_now() <= day_ns) return true;
  instant_write(amount->start_at_ns, text);
  say("--start-at %s is more than a day ahead: is it meant?  It is in UTC, or "
      "in seconds since 1970",
      text);
  return false;
}

/* Makes the schedule once, so that a plan without sense is refused now. */
static bool check_plan(const struct load_amount_settings *amount) {
  lariat_load_arrivals_options options = {.size = sizeof options,
                                          .stages = amount->stages,
                                          .stage_count = amount->stage_count,
                                          .count = amount->requests,
                                          .process = amount->process,
                                          .seed = amount->seed,
                                          .part = amount->part};
  lariat_load_arrivals *arrivals = NULL;
  lariat_load_error error = {.message = "out of memory"};
  if (!amount->stage_count) return true;
  lariat_status status = lariat_load_arrivals_new(&options, &arrivals, &error);
  lariat_load_arrivals_free(arrivals);
  return status == LARIAT_OK ||
         refuse_text(amount->stages_text ? "stages" : "rate", &error);
}

/* ---- Connections ---- */

void load_settings_set_pool(const struct load_settings *settings,
                            lariat_pool_options *options) {
  const struct load_connection_settings *connections = &settings->connections;
  options->ca_file = connections->ca_file;
  options->insecure = connections->insecure;
  options->resolve = connections->resolve;
  options->connect_to = connections->connect_to;
  options->name_servers = connections->name_servers;
  if (connections->ipv4) options->family = LARIAT_FAMILY_IPV4;
  if (connections->ipv6) options->family = LARIAT_FAMILY_IPV6;
}

/* Says what a sentence of the library about a field of its options is about,
 * by the option's name. */
static const char *option_of(const char *message) {
  static const char *const names[][2] = {{"resolve", "resolve"},
                                         {"connect_to", "connect-to"},
                                         {"name_servers", "dns-servers"},
                                         {"ca_file", "cacert"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strncmp(message, names[i][0], strlen(names[i][0])) == 0)
      return names[i][1];
  return NULL;
}

static bool check_pool(const struct load_settings *settings) {
  char message[200];
  lariat_pool_options options = lariat_pool_defaults();
  load_settings_set_pool(settings, &options);
  if (lariat_pool_options_check(&options, message, sizeof message) == LARIAT_OK)
    return true;
  const char *option = option_of(message);
  const char *colon = strchr(message, ':');
  if (option && colon)
    say("--%s%s", option, colon);
  else
    say("%s", message);
  return false;
}

static bool check_connections(const struct load_settings *settings) {
  const struct load_connection_settings *connections = &settings->connections;
  if (connections->ipv4 && connections->ipv6)
    say("give --ipv4 or --ipv6, not both");
  else if (connections->no_keepalive && connections->per_connection > 1)
    say("give --no-keepalive or --per-connection, not both");
  else if (connections->http != 1 && connections->streams > 1)
    say("--streams goes with --http 2: a connection of HTTP/1.1 has one "
        "request at a time");
  else if (connections->http == 1 &&
           (connections->no_keepalive || connections->per_connection))
    say("--no-keepalive and --per-connection are of HTTP/1.1: with --http 2 "
        "libcurl decides");
  else if (connections->http == 1 && settings->action == LOAD_ONCE)
    say("--once speaks HTTP/1.1: it cannot go with --http 2");
  else
    return check_pool(settings);
  return false;
}

/* ---- Files and thresholds ---- */

/* Returns what the directory of a path is really called, or NULL: then nothing
 * can be written there.  The caller frees it. */
static char *resolve_directory(const char *path) {
  const char *slash = strrchr(path, '/');
  char *name = slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");
  char *resolved = name ? realpath(name, NULL) : NULL;
  free(name);
  return resolved;
}

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool have_same_name(const char *a, const char *b) {
  if (strcmp(last_part(a), last_part(b)) != 0) return false;
  char *of_a = resolve_directory(a);
  char *of_b = resolve_directory(b);
  bool same = of_a && of_b && strcmp(of_a, of_b) == 0;
  free(of_a);
  free(of_b);
  return same;
}

/* Tells whether two paths, either of which may be NULL, lead to one file, which
 * need not be there yet.  What is written to a device stays apart. */
static bool is_same_file(const char *a, const char *b) {
  struct stat of_a;
  struct stat of_b;
  if (!a || !b) return false;
  if (strcmp(a, b) == 0) return true;
  if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0) return false;
  if (stat(a, &of_a) != 0 || stat(b, &of_b) != 0) return have_same_name(a, b);
  return S_ISREG(of_a.st_mode) && of_a.st_dev == of_b.st_dev &&
         of_a.st_ino == of_b.st_ino;
}

/* Refuses to write a report over what the run reads. */
static bool check_inputs(const struct load_settings *settings,
                         const char *path) {
  const struct load_input_settings *input = &settings->input;
  const char *const files[] = {input->list, input->har, input->replay,
                               input->variables};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    bool piped = files[i] && strcmp(files[i], "-") == 0;
    if (piped || !is_same_file(path, files[i])) continue;
    say("a report cannot be written to %s, which the run reads", path);
    return false;
  }
  return true;
}

static bool check_outputs(const struct load_settings *settings) {
  const struct load_output_settings *output = &settings->output;
  bool runs = settings->action == LOAD_RUN;
  for (size_t i = 0; i < LOAD_OUTPUTS; i++) {
    const char *path = output->paths[i];
    if (path && !runs) {
      say("%s writes no report: a run does",
          settings->action == LOAD_ONCE ? "--once" : "--plan");
      return false;
    }
    if (path && !check_inputs(settings, path)) return false;
    for (size_t k = 0; k < i; k++) {
      if (!is_same_file(path, output->paths[k])) continue;
      say("two reports cannot be written to %s", path);
      return false;
    }
  }
  return true;
}

bool load_settings_read_thresholds(struct load_settings *settings) {
  struct load_judging_settings *judging = &settings->judging;
  lariat_load_error error;
  if (lariat_load_thresholds_new(&judging->thresholds) != LARIAT_OK) {
    say("out of memory");
    return false;
  }
  for (size_t i = 0; i < judging->text_count; i++) {
    const char *text = judging->texts[i];
    if (lariat_load_thresholds_add(judging->thresholds, text, strlen(text),
                                   &error) == LARIAT_OK)
      continue;
    say("--fail-if \"%s\": %s", text, error.message);
    return false;
  }
  return true;
}

/* ---- All of it ---- */

static bool check_together(struct load_settings *settings) {
  return check_input(settings) && check_request(&settings->request) &&
         check_amount(settings) && check_start(&settings->amount) &&
         read_stages(&settings->amount) && read_part(&settings->amount) &&
         check_connections(settings) && check_outputs(settings) &&
         load_settings_read_thresholds(settings);
}

bool load_settings_read(struct load_settings *settings, int argc, char **argv) {
  *settings = (struct load_settings){
      .amount = {.seed = 1},
      .connections = {.connections = 50, .timeout_ms = 10000}};
  int first = options_read(&load_options, settings, argc, argv);
  if (first < 0) return false;
  settings->input.urls = argv + first;
  settings->input.url_count = (size_t)(argc - first);
  if (settings->action >= LOAD_VERSION) return true;
  find_pipe(&settings->input);
  if (!check_together(settings)) return false;
  set_amount(settings);
  return check_plan(&settings->amount);
}

void load_settings_free(struct load_settings *settings) {
  free(settings->request.headers);
  free(settings->request.authorization);
  free(settings->connections.resolve);
  free(settings->connections.connect_to);
  free(settings->judging.texts);
  lariat_load_thresholds_free(settings->judging.thresholds);
}
