/* SPDX-License-Identifier: MIT
 * url_keys: prints the key and the SURT form of each URL, and which rules have
 * changed the key: of two URLs with one key a crawler fetches one.
 *
 * usage: url_keys RULES URL...     (RULES: "sort-query;drop=utm_*,gclid", "")
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/crawl/url_key.h>
#include <lariat/lariat.h>

static void print_merged(unsigned merged) {
  for (unsigned rule = 1; rule <= merged; rule *= 2)
    if (merged & rule)
      printf(" %s", lariat_crawl_key_rule_name((lariat_crawl_key_rule)rule));
  putchar('\n');
}

/* Space for both forms of a URL, as neither is much longer. */
static int print_url(const lariat_crawl_key_rules *rules,
                     const lariat_url *url) {
  size_t length;
  unsigned merged;
  (void)lariat_url_text(url, &length);
  char *text = malloc(length + LARIAT_CRAWL_KEY_MOST_MORE);
  if (!text) return 1;
  lariat_crawl_url_key(rules, url, text, length + LARIAT_CRAWL_KEY_MOST_MORE,
                       &merged);
  printf("key  %s", text);
  if (merged) printf("   by");
  print_merged(merged);
  lariat_crawl_surt(url, text, length + LARIAT_CRAWL_KEY_MOST_MORE);
  printf("surt %s\n", text);
  free(text);
  return 0;
}

static int print_urls(const lariat_crawl_key_rules *rules, char **urls) {
  int failed = 0;
  for (; *urls; urls++) {
    lariat_url_error error;
    lariat_url *url;
    if (lariat_url_parse(*urls, strlen(*urls), NULL, &url, &error) !=
        LARIAT_OK) {
      fprintf(stderr, "%s: %s\n", *urls, error.message);
      failed = 1;
      continue;
    }
    failed |= print_url(rules, url);
    lariat_url_free(url);
  }
  return failed;
}

int main(int argc, char **argv) {
  lariat_crawl_key_rules *rules;
  char message[128];
  if (argc < 3) {
    fprintf(stderr, "usage: url_keys RULES URL...\n");
    return 2;
  }
  lariat_status status =
      lariat_crawl_key_rules_parse(argv[1], &rules, message, sizeof message);
  if (status != LARIAT_OK) {
    fprintf(stderr, "%s\n",
            status == LARIAT_EINVAL ? message : lariat_status_text(status));
    return 2;
  }
  int failed = print_urls(rules, argv + 2);
  lariat_crawl_key_rules_free(rules);
  return failed;
}
