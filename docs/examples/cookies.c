/* SPDX-License-Identifier: MIT
 * cookies.c: what a jar makes of Set-Cookie headers that a URL has answered
 * with, and the Cookie header that it sends there next time.  No network.
 * usage: cookies URL SET-COOKIE... */
#include <lariat/lariat.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Says what has become of one. */
static void take(lariat_cookie_jar *jar, const lariat_url *url,
                 const char *text) {
  lariat_cookie_verdict verdict;
  lariat_status status = lariat_cookie_jar_set(jar, url, text, strlen(text),
                                               (int64_t)time(NULL), &verdict);
  printf("%s: %s\n", text,
         status == LARIAT_OK ? lariat_cookie_verdict_text(verdict)
                             : lariat_status_text(status));
}

static void print_header(lariat_cookie_jar *jar, const lariat_url *url) {
  const char *value;
  lariat_status status =
      lariat_cookie_jar_header(jar, url, (int64_t)time(NULL), &value);
  if (status == LARIAT_OK && value) printf("Cookie: %s\n", value);
}

int main(int argc, char **argv) {
  lariat_cookie_jar *jar;
  lariat_url *url;
  const char *text = argc > 1 ? argv[1] : "";
  if (lariat_url_parse(text, strlen(text), NULL, &url, NULL) != LARIAT_OK) {
    fprintf(stderr, "usage: cookies URL SET-COOKIE...\n");
    return 1;
  }
  if (lariat_cookie_jar_new(NULL, &jar) != LARIAT_OK) return 1;
  for (int i = 2; i < argc; i++) take(jar, url, argv[i]);
  print_header(jar, url);
  lariat_cookie_jar_release(jar);
  lariat_url_free(url);
  return 0;
}
