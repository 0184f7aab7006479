/* SPDX-License-Identifier: MIT
 * help.c: texts that fit a screen. */
#include "help.h"

#include <lariat/version.h>

void help_print(FILE *file) {
  fputs(
      "usage: lariat COMMAND [options]\n"
      "\n"
      "  lariat fetch [options] [URL...]   fetch URLs, one line of JSON each\n"
#ifdef LARIAT_WITH_CRAWL
      "  lariat crawl [options] DIR SEED   archive sites\n"
#endif
#ifdef LARIAT_WITH_LOAD
      "  lariat load [options] URL...      test a server with load\n"
#endif
#ifdef LARIAT_WITH_CRAWL
      "  lariat warc list|show|check|cdx   read web archives\n"
#endif
      "  lariat help COMMAND               its options\n"
      "  lariat version                    of lariat and of libcurl\n",
      file);
}

void help_print_version(FILE *file) {
  fprintf(file, "lariat %s (libcurl %s)\n", lariat_version(),
          lariat_libcurl_version());
}
