/* SPDX-License-Identifier: MIT
 * settings.h: what `lariat warc` was told to do. */
#ifndef TOOLS_LARIAT_WARC_SETTINGS_H
#define TOOLS_LARIAT_WARC_SETTINGS_H

#include <stdbool.h>

/* The actions: a larger one is done rather than a smaller one. */
enum warc_action { WARC_RUN, WARC_HELP, WARC_VERSION };

struct warc_settings {
  int action;         /* an enum warc_action */
  bool json;          /* list, check: a line of JSON each */
  bool headers;       /* show: not the body */
  bool raw;           /* show: the body as it is in the file */
  bool quiet;         /* check: nothing but the exit code */
  const char *at;     /* show: the newest up to then; NULL: of all */
  const char *output; /* show, cdx: a file; NULL: standard output */
};

#endif
