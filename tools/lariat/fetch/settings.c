/* SPDX-License-Identifier: MIT
 * settings.c: the command line of `lariat fetch`: defaults, the options, and
 * what makes no sense together. */
#include "fetch/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/option_table.h"
#include "say.h"

/* ---- What is read ---- */

static bool is_stdin_data(const struct settings *settings) {
  const char *data = settings->request.data;
  return data && strcmp(data, "@-") == 0;
}

/* Tells whether somebody has put a list on standard input: a pipe or a file.  A
 * terminal would keep people waiting, and /dev/null says nothing. */
static bool is_list_on_stdin(void) {
  struct stat about;
  return fstat(STDIN_FILENO, &about) == 0 &&
         (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode) ||
          S_ISREG(about.st_mode));
}

/* Takes "-" for standard input, and so nothing, if a list comes from there. */
static void find_stdin(struct settings *settings) {
  struct file_settings *files = &settings->files;
  if (files->input) return;
  if (files->url_count == 1 && strcmp(files->urls[0], "-") == 0) {
    files->input = "-";
    files->url_count = 0;
  } else if (!files->url_count && !is_stdin_data(settings) &&
             is_list_on_stdin()) {
    files->input = "-";
  }
}

static bool is_file(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 &&
         (S_ISREG(about.st_mode) || S_ISFIFO(about.st_mode));
}

/* Refuses what stands among the URLs and is none. */
static bool check_urls(const struct file_settings *files) {
  for (size_t i = 0; i < files->url_count; i++) {
    const char *url = files->urls[i];
    if (strcmp(url, "-") == 0) {
      say("- is standard input: give no URLs beside it");
      return false;
    }
    if (!strstr(url, "://") && is_file(url)) {
      char shown[SAY_CAPACITY];
      say("%s is a file: did you mean -i %s?", say_shown(shown, url), shown);
      return false;
    }
  }
  return true;
}

/* ---- What makes no sense together ---- */

static bool has_header(const struct request_settings *request,
                       const char *name) {
  for (size_t i = 0; i < request->header_count; i++)
    if (strcasecmp(request->headers[i].name, name) == 0) return true;
  return false;
}

static bool check_request(const struct request_settings *request) {
  if (request->head && request->method &&
      strcmp(request->method, "HEAD") != 0) {
    say("give --head or another --method, not both");
  } else if (request->authorization && has_header(request, "Authorization")) {
    say("give --user or a --header Authorization, not both");
  } else if (request->user_agent && has_header(request, "User-Agent")) {
    say("give --user-agent or a --header User-Agent, not both");
  } else if (request->user_agent && strpbrk(request->user_agent, "\r\n")) {
    say("--user-agent takes text without line breaks");
  } else {
    return true;
  }
  return false;
}

static bool check_body(const struct settings *settings) {
  const struct request_settings *request = &settings->request;
  const char *input = settings->files.input;
  bool head = request->method && strcmp(request->method, "HEAD") == 0;
  if (request->upload && request->data) {
    say("give the body with --data or with --upload-file, not both");
  } else if (is_stdin_data(settings) && input && strcmp(input, "-") == 0) {
    say("standard input cannot be the --input and the --data, too");
  } else if (head && (request->upload || request->data)) {
    say("a HEAD request has no body: give another --method, or no body");
  } else {
    return true;
  }
  return false;
}

/* Says which options do nothing: no reason to stop, but a reason to look. */
static void say_without_effect(const struct settings *settings) {
  const struct retry_settings *retry = &settings->retry;
  if (settings->messages.quiet || retry->max_retries) return;
  if (retry->has_statuses) say("--retry-status does nothing without --retries");
  if (retry->any_method)
    say("--retry-all-methods does nothing without --retries");
}

static bool check_networks(const char *option, const char *networks) {
  char message[160];
  if (!networks) return true;
  if (lariat_networks_check(networks, message, sizeof message) == LARIAT_OK)
    return true;
  say("--%s: %s", option, message);
  return false;
}

static bool check_addresses(const struct address_settings *addresses) {
  return check_networks("allow-net", addresses->allow_nets) &&
         check_networks("deny-net", addresses->deny_nets);
}

void settings_set_names(const struct name_settings *names,
                        lariat_pool_options *options) {
  options->resolve = names->resolve;
  options->connect_to = names->connect_to;
  options->name_servers = names->servers;
  if (names->ipv4) options->family = LARIAT_FAMILY_IPV4;
  if (names->ipv6) options->family = LARIAT_FAMILY_IPV6;
}

/* Checks one of the three lists, by an option for names. */
static bool check_names_of(const char *option,
                           const struct name_settings *names) {
  char message[160];
  lariat_pool_options options = lariat_pool_defaults();
  settings_set_names(names, &options);
  if (lariat_name_options_check(&options, message, sizeof message) == LARIAT_OK)
    return true;
  say("--%s: %s", option, message);
  return false;
}

static bool check_names(const struct name_settings *names) {
  if (names->ipv4 && names->ipv6) {
    say("give --ipv4 or --ipv6, not both");
    return false;
  }
  return check_names_of("resolve",
                        &(struct name_settings){.resolve = names->resolve}) &&
         check_names_of(
             "connect-to",
             &(struct name_settings){.connect_to = names->connect_to}) &&
         check_names_of("dns-servers",
                        &(struct name_settings){.servers = names->servers});
}

static bool check_together(const struct settings *settings) {
  const struct file_settings *files = &settings->files;
  if (files->input && files->url_count) {
    say("give URLs as arguments or with --input, not both");
  } else if (!files->input && !files->url_count) {
    say("there is nothing to fetch: give URLs, or a list with --input");
  } else if (files->resume && !files->output) {
    say("--resume needs the --output of the run that it continues");
  } else {
    return check_urls(files) && check_request(&settings->request) &&
           check_addresses(&settings->addresses) &&
           check_names(&settings->names);
  }
  return false;
}

static void set_defaults(struct settings *settings) {
  *settings = (struct settings){
      .limits = {.concurrency = 256, .per_host = 16},
      .timeouts = {.total_ms = 30000, .connect_ms = 10000},
      .retry = {.budget_ratio = 0.1},
      .request = {.max_body = 64u << 20, .max_redirects = 10}};
}

bool settings_read(struct settings *settings, int argc, char **argv) {
  set_defaults(settings);
  int first = options_read(&fetch_options, settings, argc, argv);
  if (first < 0) return false;
  settings->files.urls = argv + first;
  settings->files.url_count = (size_t)(argc - first);
  if (settings->action != ACTION_FETCH) return true;
  find_stdin(settings);
  if (!check_together(settings)) return false;
  if (settings->request.head) settings->request.method = "HEAD";
  if (!check_body(settings)) return false;
  say_without_effect(settings);
  return true;
}

void settings_free(struct settings *settings) {
  free(settings->request.headers);
  free(settings->cookies.files);
  free(settings->addresses.allow_nets);
  free(settings->addresses.deny_nets);
  free(settings->names.resolve);
  free(settings->names.connect_to);
  free(settings->request.authorization);
  free(settings->request.joined_data);
}
