/* SPDX-License-Identifier: MIT
 * settings.c: the command line of `lariat fetch`: defaults, the options, and
 * what makes no sense together. */
#include "fetch/settings.h"

#include <stdlib.h>
#include <string.h>

#include "fetch/option_table.h"
#include "say.h"

static bool check_body(const struct settings *settings) {
  const struct request_settings *request = &settings->request;
  const char *input = settings->files.input;
  bool from_stdin = request->data && strcmp(request->data, "@-") == 0;
  bool head = request->method && strcmp(request->method, "HEAD") == 0;
  if (request->upload && request->data) {
    say("give the body with --data or with --upload-file, not both");
  } else if (from_stdin && input && strcmp(input, "-") == 0) {
    say("standard input cannot be the --input and the --data, too");
  } else if (head && (request->upload || request->data)) {
    say("a HEAD request has no body: give another --method, or no body");
  } else {
    return true;
  }
  return false;
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

static bool check_together(const struct settings *settings) {
  const struct file_settings *files = &settings->files;
  if (files->input && files->url_count) {
    say("give URLs as arguments or with --input, not both");
  } else if (!files->input && !files->url_count) {
    say("there is nothing to fetch: give URLs, or a list with --input");
  } else if (files->resume && !files->output) {
    say("--resume needs the --output of the run that it continues");
  } else {
    return check_body(settings) && check_addresses(&settings->addresses);
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
  return settings->action != ACTION_FETCH || check_together(settings);
}

void settings_free(struct settings *settings) {
  free(settings->request.headers);
  free(settings->addresses.allow_nets);
  free(settings->addresses.deny_nets);
}
