/* SPDX-License-Identifier: MIT
 * help.c: texts that fit a screen. */
#include "help.h"

#include <lariat/version.h>

void help_print(FILE *file) {
  fputs(
      "usage: lariat COMMAND [options]\n"
      "\n"
      "  lariat fetch [options] [URL...]   fetch URLs, one line of JSON each\n"
      "  lariat fetch --help               its options\n"
      "  lariat --version                  of lariat and of libcurl\n",
      file);
}

void help_print_fetch(FILE *file) {
  fputs(
      "usage: lariat fetch [options] [URL...]\n"
      "Fetches URLs on every core and writes one JSON object a line for each.\n"
      "  -i, --input FILE     URLs or JSON objects, one a line; -: standard "
      "input\n"
      "  -o, --output FILE    truncated unless --resume; default: standard "
      "output\n"
      "      --save DIR       store each body in a file named by its SHA-256\n"
      "      --resume         continue: lines that OUTPUT has are not fetched\n"
      "  -c, --concurrency N  in flight in all (256)      --per-host N  (16)\n"
      "      --rate N         requests a second in all    --rate-per-host N\n"
      "      --delay S        between two requests to a host\n"
      "  -r, --reactors N     (one a core)    --placement host|spread\n"
      "      --timeout S      a whole fetch (30)          --connect-timeout S "
      "(10)\n"
      "      --retries N      tries after a failure (0)   --idle-timeout S "
      "(none)\n"
      "      --retry-status 5xx,429  --retry-budget RATIO (0.1)  "
      "--retry-all-methods\n"
      "      --max-body BYTES      (64M)  --max-redirects N  (10; 0: none)\n"
      "      --memory BYTES   bodies held at once in all (1G)\n"
      "  -X, --method M   -H, --header \"Name: value\"   -d, --data "
      "TEXT|@FILE|@-\n"
      "  -T, --upload-file FILE   --cacert FILE   -k, --insecure   "
      "--http auto|1.1|2\n"
      "  -q, --quiet   -v, --verbose   -h, --help   --version\n"
      "Exit code: 0 all answered, 1 some not, 2 bad usage, 130 interrupted.\n"
      "Examples:\n"
      "  lariat fetch https://example.org/ | jq .status\n"
      "  lariat fetch -i urls.txt -o results.jsonl --save bodies --retries 2\n"
      "  lariat fetch -i urls.txt -o results.jsonl --save bodies --resume\n",
      file);
}

void help_print_version(FILE *file) {
  fprintf(file, "lariat %s (libcurl %s)\n", lariat_version(),
          lariat_libcurl_version());
}
