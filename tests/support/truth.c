/* SPDX-License-Identifier: MIT
 * See truth.h. */
#define _GNU_SOURCE
#include "support/truth.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/tls.h"

void truth_open(struct truth *truth) {
  memset(truth, 0, sizeof *truth);
  truth->said = -1;
  program_open(&truth->program, TRUTHD);
}

void truth_write_certificate(struct truth *truth) {
  static const struct tls_certificate what = {"truth", "IP:127.0.0.1", -1, 1};
  struct tls_authority *authority = tls_authority_new("truth authority");
  char certificate[PROGRAM_PATH_ROOM + 16];
  char key[PROGRAM_PATH_ROOM + 16];
  char signer[PROGRAM_PATH_ROOM + 16];

  CU_ASSERT_PTR_NOT_NULL_FATAL(authority);
  program_file(&truth->program, "cert", certificate, sizeof certificate);
  program_file(&truth->program, "key", key, sizeof key);
  program_file(&truth->program, "ca", signer, sizeof signer);
  CU_ASSERT(tls_issue(authority, &what, certificate, key));
  CU_ASSERT(tls_write_authority(authority, signer));
  tls_authority_free(authority);
}

/* Its first line has the port. */
static void read_port(struct truth *truth) {
  char line[64] = "";
  size_t length = 0;

  while (length + 1 < sizeof line && read(truth->said, line + length, 1) == 1 &&
         line[length] != '\n')
    length++;
  CU_ASSERT_EQUAL_FATAL(sscanf(line, "listening on 127.0.0.1 %u", &truth->port),
                        1);
}

void truth_start(struct truth *truth, const char *const *options) {
  const char *arguments[PROGRAM_ARGUMENTS_MAX] = {"--log", "log"};
  int ends[2] = {-1, -1};

  for (size_t i = 0; options[i]; i++) arguments[2 + i] = options[i];
  CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
  truth->program.output = ends[1];
  program_start(&truth->program, arguments);
  close(ends[1]);
  truth->said = ends[0];
  read_port(truth);
}

/* Orders by number: each thread writes by the ends of its requests. */
static int compare_numbers(const void *a, const void *b) {
  const struct journal_record *left = a;
  const struct journal_record *right = b;

  return left->number < right->number ? -1 : left->number > right->number;
}

static void read_log(struct truth *truth) {
  size_t length = 0;
  char *text = program_read(&truth->program, "log", &length);

  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  CU_ASSERT_FATAL(length >= sizeof truth->head);
  memcpy(&truth->head, text, sizeof truth->head);
  truth->count = (length - sizeof truth->head) / sizeof *truth->records;
  CU_ASSERT_EQUAL(truth->head.records, truth->count);
  CU_ASSERT_FATAL(truth->count <= TRUTH_RECORDS_MAX);
  memcpy(truth->records, text + sizeof truth->head,
         truth->count * sizeof *truth->records);
  qsort(truth->records, truth->count, sizeof *truth->records, compare_numbers);
  free(text);
}

void truth_end(struct truth *truth) {
  kill(truth->program.pid, SIGTERM);
  program_wait(&truth->program, TRUTH_LONGEST_MS);
  CU_ASSERT_EQUAL(truth->program.code, 0);
  CU_ASSERT(read(truth->said, truth->totals, sizeof truth->totals - 1) > 0);
  close(truth->said);
  truth->said = -1;
  read_log(truth);
}

bool truth_total_is(const struct truth *truth, const char *name,
                    unsigned value) {
  char words[64];

  snprintf(words, sizeof words, "\"%s\":%u,", name, value);
  return strstr(truth->totals, words) != NULL;
}

void truth_close(struct truth *truth) {
  if (truth->said >= 0) close(truth->said);
  program_close(&truth->program);
}
