/* SPDX-License-Identifier: MIT
 * lariat-options: writes a shell's completions, or a manual page from its
 * template, as the option tables have them.  Part of the build; not installed.
 *
 * usage: lariat-options bash|zsh|fish
 *        lariat-options man TEMPLATE */
#include <errno.h>
#include <string.h>

#include "generate/generate.h"
#include "say.h"

static bool make_man_page(const char *path) {
  FILE *template = fopen(path, "re");
  if (!template) {
    say("cannot read %s: %s", path, say_errno(errno));
    return false;
  }
  bool made = generate_man(template);
  (void)fclose(template);
  return made;
}

static bool make_file(const char *kind, const char *path) {
  if (strcmp(kind, "man") == 0 && path) return make_man_page(path);
  if (strcmp(kind, "bash") == 0) {
    generate_bash();
  } else if (strcmp(kind, "zsh") == 0) {
    generate_zsh();
  } else if (strcmp(kind, "fish") == 0) {
    generate_fish();
  } else {
    say("usage: lariat-options bash|zsh|fish|man TEMPLATE");
    return false;
  }
  return true;
}

int main(int argc, char **argv) {
  bool made = make_file(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : NULL);
  return made && fflush(stdout) == 0 ? EXIT_ALL : EXIT_SOME;
}
