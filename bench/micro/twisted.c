/* SPDX-License-Identifier: MIT
 * twisted.c: Twisted's numbers, from a child process.  It prints lines
 * "NANOSECONDS NAME". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "micro.h"

enum { NAMES_MOST = 32 };

static struct {
  char name[32];
  double ns;
} found[NAMES_MOST];
static int found_count;

double twisted_ns(const char *name) {
  for (int i = 0; i < found_count; i++) {
    if (strcmp(found[i].name, name) == 0) return found[i].ns;
  }
  return 0;
}

/* Keeps the fastest. */
static void note(const char *name, double ns) {
  int i = 0;
  while (i < found_count && strcmp(found[i].name, name) != 0) i++;
  if (i == NAMES_MOST) return;
  if (i < found_count && found[i].ns <= ns) return;
  if (i == found_count) found_count++;
  snprintf(found[i].name, sizeof found[0].name, "%s", name);
  found[i].ns = ns;
}

static void read_lines(FILE *lines) {
  char line[128];
  while (fgets(line, sizeof line, lines)) {
    char *name;
    double ns = strtod(line, &name);
    if (name == line || *name != ' ') continue;
    name[strcspn(name, "\n")] = '\0';
    note(name + 1, ns);
  }
}

static void run_python(const char *python, const char *directory,
                       const char *script, int out) {
  setenv("PYTHONPATH", directory, 1);
  dup2(out, STDOUT_FILENO);
  execl(python, python, "-B", script, (char *)NULL);
  _exit(127);
}

void twisted_run(const char *python, const char *directory,
                 const char *script) {
  int ends[2];
  if (pipe(ends) != 0) micro_fail("no pipe");
  pid_t pid = fork();
  if (pid < 0) micro_fail("no process");
  if (pid == 0) run_python(python, directory, script, ends[1]);
  close(ends[1]);
  FILE *lines = fdopen(ends[0], "r");
  if (!lines) micro_fail("out of memory");
  read_lines(lines);
  fclose(lines);
  waitpid(pid, NULL, 0);
  if (found_count == 0)
    printf("there is no Twisted 24.11 here; script/twisted gets it\n");
}
