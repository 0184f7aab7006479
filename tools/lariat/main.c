/* SPDX-License-Identifier: MIT
 * The program lariat: finds the command. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fetch/fetch.h"
#include "help.h"
#include "say.h"

/* Returns the exit code of a command that prints: what it printed must have got
 * out. */
static int end_printing(void) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return EXIT_ALL;
  say("cannot write to standard output");
  return EXIT_SOME;
}

/* Fills the standard descriptors, so that no file that is opened becomes one of
 * them.  What stands for a closed output can be read only: it says so itself.
 */
static void fill_standard(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0) return;
}

int main(int argc, char **argv) {
  fill_standard();
  const char *command = argc > 1 ? argv[1] : "";
  if (strcmp(command, "fetch") == 0) return fetch_command(argc - 1, argv + 1);
  if (strcmp(command, "--version") == 0) {
    help_print_version(stdout);
    return end_printing();
  }
  if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 ||
      strcmp(command, "help") == 0) {
    help_print(stdout);
    return end_printing();
  }
  if (argc > 1) say("there is no command \"%.100s\"", command);
  help_print(stderr);
  return EXIT_USAGE;
}
