/* SPDX-License-Identifier: MIT
 * targets.h: the requests of a run, made of the command line. */
#ifndef TOOLS_LARIAT_LOAD_TARGETS_H
#define TOOLS_LARIAT_LOAD_TARGETS_H

#include <lariat/load/requests.h>
#include <stdbool.h>

#include "load/request_file.h"
#include "load/settings.h"
#include "text.h"

/* Method, headers and body of requests that say nothing else. */
struct load_template {
  const char *method;
  lariat_header *headers;
  size_t header_count;
  const char *body; /* NULL: none */
  size_t body_length;
  struct text kept; /* the body, where it was read */
};

struct load_targets {
  struct load_template template;
  char *first_url; /* of the first request, for messages; owned */
  char first_method[40];
  lariat_load_requests *requests;
  struct request_pipe pipe; /* that they come from, if it is one */
};

/* Makes them.  Says why it cannot, and returns false; call load_targets_free in
 * any case. */
bool load_targets_make(struct load_targets *targets,
                       const struct load_settings *settings);

void load_targets_free(struct load_targets *targets);

#endif
