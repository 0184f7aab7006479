/* SPDX-License-Identifier: MIT
 * See synthweb.h. */
#define _GNU_SOURCE
#include "support/synthweb.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"

/* Reads up to the end of a line, which is cut where it is too long. */
static void read_line(struct synthweb *web, char *line, size_t capacity) {
  struct pollfd watched = {.fd = web->said, .events = POLLIN};
  size_t length = 0;

  while (length + 1 < capacity && poll(&watched, 1, SYNTHWEB_LONGEST_MS) == 1 &&
         read(web->said, line + length, 1) == 1 && line[length] != '\n')
    length++;
  line[length] = '\0';
}

void synthweb_start(struct synthweb *web, const char *const *options) {
  const char *arguments[PROGRAM_ARGUMENTS_MAX] = {"--log", "log.json"};
  int ends[2] = {-1, -1};
  char line[64];

  memset(web, 0, sizeof *web);
  program_open(&web->program, SYNTHWEB);
  for (size_t i = 0; options[i]; i++) arguments[2 + i] = options[i];
  CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
  web->program.output = ends[1];
  program_start(&web->program, arguments);
  close(ends[1]);
  web->said = ends[0];
  read_line(web, line, sizeof line);
  CU_ASSERT_EQUAL_FATAL(sscanf(line, "listening on %u", &web->port), 1);
  read_line(web, web->totals, sizeof web->totals);
  CU_ASSERT_EQUAL_FATAL(sscanf(web->totals, "first page %127s", web->first), 1);
}

void synthweb_report(struct synthweb *web) {
  kill(web->program.pid, SIGUSR1);
  read_line(web, web->totals, sizeof web->totals);
}

void synthweb_end(struct synthweb *web) {
  kill(web->program.pid, SIGTERM);
  read_line(web, web->totals, sizeof web->totals);
  program_wait(&web->program, SYNTHWEB_LONGEST_MS);
  CU_ASSERT_EQUAL(web->program.code, 0);
}

static int64_t number_behind(const char *text, const char *name) {
  char wanted[64];
  const char *found;

  snprintf(wanted, sizeof wanted, "\"%s\":", name);
  found = strstr(text, wanted);
  return found ? strtoll(found + strlen(wanted), NULL, 10) : -1;
}

int64_t synthweb_total(const struct synthweb *web, const char *name) {
  char wanted[64];

  snprintf(wanted, sizeof wanted, "\"%s\":", name);
  CU_ASSERT_PTR_NOT_NULL(strstr(web->totals, wanted));
  return number_behind(web->totals, name);
}

int64_t synthweb_of_kind(const struct synthweb *web, const char *kind,
                         const char *name) {
  char wanted[64];
  const char *found;

  snprintf(wanted, sizeof wanted, "\"%s\":{\"expected\":", kind);
  found = strstr(web->totals, wanted);
  return found ? number_behind(found, name) : 0;
}

void synthweb_close(struct synthweb *web) {
  close(web->said);
  program_close(&web->program);
}
