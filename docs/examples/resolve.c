/* SPDX-License-Identifier: MIT
 * resolve.c: normalises the first URL, and resolves the others against it.
 * usage: resolve URL [REFERENCE...] */
#include <lariat/lariat.h>

#include <stdio.h>
#include <string.h>

/* Prints the URL, and whether it is of the base's origin. */
static void print_url(const lariat_url *url, const lariat_url *base) {
  lariat_url_part host = lariat_url_host(url);
  printf("%s (%.*s, port %u%s)\n", lariat_url_text(url, NULL), (int)host.length,
         host.bytes, lariat_url_port(url),
         lariat_url_same_origin(url, base) ? "" : ", elsewhere");
}

int main(int argc, char **argv) {
  lariat_url *base = NULL;
  int failed = 0;
  for (int i = 1; i < argc; i++) {
    lariat_url *url;
    lariat_url_error error;
    if (lariat_url_parse(argv[i], strlen(argv[i]), base, &url, &error) !=
        LARIAT_OK) {
      printf("%s: %s\n", argv[i], error.message);
      failed = 1;
      continue;
    }
    print_url(url, base ? base : url);
    if (base)
      lariat_url_free(url);
    else
      base = url;
  }
  lariat_url_free(base);
  return failed;
}
