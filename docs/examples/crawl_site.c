/* SPDX-License-Identifier: MIT
 * crawl_site: crawls a site into a directory, politely, and says what there is
 * in the end.  Run again it goes on where it was stopped, or killed.
 *
 * usage: crawl_site DIRECTORY CONTACT URL... */
#include <stdio.h>
#include <stdlib.h>

#include <lariat/crawl/crawl.h>
#include <lariat/failure.h>
#include <lariat/reactor.h>

enum { MOST_SEEDS = 64 };

static lariat_value on_end(lariat_value result, void *context) {
  lariat_reactor *reactor = context;
  if (lariat_is_failure(result))
    fprintf(stderr, "%s\n", lariat_failure_message(result));
  (void)lariat_reactor_stop(reactor);
  return lariat_value_drop(result);
}

static void print_counts(const lariat_crawl *crawl) {
  lariat_crawl_stats stats = {.size = sizeof stats};
  if (lariat_crawl_read_stats(crawl, &stats) != LARIAT_OK) return;
  printf("%llu pages, %llu revisits, %llu redirects, %llu failed, %llu denied "
         "by robots.txt, %llu still queued\n",
         (unsigned long long)stats.fetched, (unsigned long long)stats.revisits,
         (unsigned long long)stats.redirects, (unsigned long long)stats.failed,
         (unsigned long long)stats.robots_denied,
         (unsigned long long)stats.queued);
}

static int crawl_sites(lariat_reactor *reactor,
                       const lariat_crawl_options *options) {
  lariat_crawl *crawl;
  lariat_crawl_error error;
  if (lariat_crawl_new(options, &crawl, &error) != LARIAT_OK) {
    fprintf(stderr, "crawl_site: %s\n", error.message);
    return EXIT_FAILURE;
  }
  fputs(lariat_crawl_notices(crawl), stderr);
  lariat_deferred *done = lariat_crawl_start(crawl);
  lariat_deferred_release(lariat_deferred_add_both(done, on_end, reactor));
  (void)lariat_reactor_run(reactor);
  print_counts(crawl);
  lariat_crawl_free(crawl);
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  lariat_crawl_options options = lariat_crawl_defaults();
  lariat_crawl_seed seeds[MOST_SEEDS];
  lariat_reactor *reactor;
  if (argc < 4 || argc > MOST_SEEDS + 3) {
    fprintf(stderr, "usage: crawl_site DIRECTORY CONTACT URL...\n");
    return EXIT_FAILURE;
  }
  options.directory = argv[1];
  options.contact = argv[2];
  options.seeds = seeds;
  for (int i = 3; i < argc; i++)
    seeds[options.seed_count++] =
        (lariat_crawl_seed){.url = argv[i], .priority = 4};
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return EXIT_FAILURE;
  int status = crawl_sites(reactor, &options);
  (void)lariat_reactor_close(reactor, 0);
  return status;
}
