/* SPDX-License-Identifier: MIT
 * plan.c: a plan as text. */
#include "load/plan.h"

#include <lariat/load/plan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/message.h"
#include "say.h"

enum { SHOWN_REQUESTS = 10 };

static void print_total(const lariat_load_run_options *options,
                        const lariat_load_plan *plan) {
  uint64_t total = lariat_load_plan_total(plan);
  bool part = options->part.count > 1;
  if (total == UINT64_MAX)
    printf("requests  as many as are answered in the time\n");
  else
    printf("requests  %llu%s\n", (unsigned long long)total,
           part ? " of all parts" : "");
  if (part && total != UINT64_MAX)
    printf("part      %u/%u: %llu requests\n", options->part.index + 1,
           options->part.count,
           (unsigned long long)lariat_load_part_size(options->part, total));
}

static void print_facts(const lariat_load_plan *plan) {
  const lariat_load_run_facts *facts = lariat_load_plan_facts(plan);
  printf("plan      %s\n", facts->plan);
  printf("hash      %s\n", facts->plan_hash);
  printf("server    %s\n", facts->target);
}

static void print_request(const lariat_load_planned *request) {
  char method[40];
  char target[200];
  char shown[SAY_CAPACITY];
  message_read_line(request->bytes, request->length, method, sizeof method,
                    target, sizeof target);
  char url[300];
  snprintf(url, sizeof url, "%s%s", request->origin, target);
  if (request->timed)
    printf("%8llu  %14.6f s  %s %s%s%s\n", (unsigned long long)request->index,
           (double)request->at_ns / 1e9, method, say_shown(shown, url),
           *request->name ? "  " : "", request->name);
  else
    printf("%8llu  %s %s%s%s\n", (unsigned long long)request->index, method,
           say_shown(shown, url), *request->name ? "  " : "", request->name);
}

/* Keeps the first message: its bytes are the plan's until the next. */
static bool copy_first(const lariat_load_planned *request, char **bytes,
                       size_t *length) {
  *bytes = malloc(request->length ? request->length : 1);
  if (!*bytes) return false;
  memcpy(*bytes, request->bytes, request->length);
  *length = request->length;
  return true;
}

static void print_message(const char *bytes, size_t length) {
  size_t head = message_head_length(bytes, length);
  printf("\n");
  message_print_head(stdout, ">", bytes, head);
  message_print_body(stdout, bytes + head, length - head);
}

static int print_requests(lariat_load_plan *plan) {
  lariat_load_planned request;
  char *first = NULL;
  size_t length = 0;
  printf("\n");
  for (int i = 0; i < SHOWN_REQUESTS; i++) {
    if (!lariat_load_plan_next(plan, &request)) break;
    print_request(&request);
    if (!first && !copy_first(&request, &first, &length)) {
      say("out of memory");
      return EXIT_SOME;
    }
  }
  if (first) print_message(first, length);
  free(first);
  return EXIT_ALL;
}

int plan_print(const lariat_load_run_options *options) {
  lariat_load_plan *plan = NULL;
  lariat_load_error error = {.message = "out of memory"};
  if (lariat_load_plan_new(options, &plan, &error) != LARIAT_OK) {
    say("%s", error.message);
    return EXIT_USAGE;
  }
  print_facts(plan);
  print_total(options, plan);
  int code = print_requests(plan);
  lariat_load_plan_free(plan);
  return code;
}
