/* SPDX-License-Identifier: MIT
 * The program lariat: finds the command. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fetch/fetch.h"
#include "help.h"
#include "say.h"

/* What was printed must have got out. */
static int printed(void) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return EXIT_ALL;
  say("cannot write to standard output");
  return EXIT_SOME;
}

/* A file that is opened must not become one of the three standard ones.  What
 * takes the place of a closed output can be read only: it says so itself. */
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
    return printed();
  }
  if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 ||
      strcmp(command, "help") == 0) {
    help_print(stdout);
    return printed();
  }
  if (argc > 1) say("there is no command \"%.100s\"", command);
  help_print(stderr);
  return EXIT_USAGE;
}
