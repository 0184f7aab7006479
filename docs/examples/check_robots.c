/* SPDX-License-Identifier: MIT
 * check_robots: reads a robots.txt from standard input and says of each URL
 * whether a crawler of that name may fetch it, and which line says so.
 *
 * usage: check_robots AGENT URL... <ROBOTS.TXT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lariat/crawl/robots.h>
#include <lariat/lariat.h>

/* A byte more than is looked at: the library sees that the file goes on. */
static char file[LARIAT_CRAWL_ROBOTS_MOST_BYTES + 1];

static void print_decision(const lariat_crawl_robots *robots,
                           const lariat_url *url) {
  lariat_crawl_robots_decision decision =
      lariat_crawl_robots_decide_url(robots, url);
  printf("%s %s: ", decision.allowed ? "yes" : "no ",
         lariat_url_text(url, NULL));
  if (decision.line)
    printf("line %u: %.*s (of the group at line %u)\n", decision.line,
           (int)decision.text_length, decision.text, decision.group_line);
  else
    puts(lariat_crawl_robots_reason_text(decision.reason));
}

static void print_rest(const lariat_crawl_robots *robots) {
  unsigned line;
  int64_t ms = lariat_crawl_robots_delay_ms(robots, &line);
  if (ms >= 0) printf("delay %" PRId64 " ms: line %u\n", ms, line);
  for (size_t i = 0; i < lariat_crawl_robots_sitemap_count(robots); i++) {
    size_t length;
    const char *url = lariat_crawl_robots_sitemap_at(robots, i, &length, &line);
    printf("sitemap %.*s: line %u\n", (int)length, url, line);
  }
}

static int check_urls(const lariat_crawl_robots *robots, char **urls) {
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
    print_decision(robots, url);
    lariat_url_free(url);
  }
  return failed;
}

int main(int argc, char **argv) {
  lariat_crawl_robots *robots;
  if (argc < 3) {
    fprintf(stderr, "usage: check_robots AGENT URL... <ROBOTS.TXT\n");
    return 2;
  }
  size_t length = fread(file, 1, sizeof file, stdin);
  lariat_status status =
      lariat_crawl_robots_parse(file, length, argv[1], &robots);
  if (status != LARIAT_OK) {
    fprintf(stderr, "%s: %s\n", argv[1], lariat_status_text(status));
    return 2;
  }
  int failed = check_urls(robots, argv + 2);
  print_rest(robots);
  lariat_crawl_robots_free(robots);
  return failed;
}
