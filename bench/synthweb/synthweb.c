/* SPDX-License-Identifier: MIT
 * synthweb: a web on loopback (or, in a network namespace, on an interface of
 * it) for crawlers, whose pages are computed.  It is
 * known what a right crawl of it fetches; and synthweb writes down what was
 * fetched, when, and what had been forbidden.
 *
 * Exit code: 0 ended as asked, 1 it could not serve, 2 bad usage. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "../truth/wire.h"
#include "server.h"

enum { OTHER_DESCRIPTORS = 64, CONNECTIONS_MAX = 60000 };

struct options {
  struct web_plan plan;
  uint32_t first_address;
  unsigned port;
  unsigned link_port; /* 0: the same */
  const char *link_scheme;
  unsigned gap_ms;
  bool expect; /* only tell what is expected */
  bool until_stdin_closes;
  const char *log, *certificate, *key;
  const char *device, *gaps;
};

static const char usage[] =
    "usage: synthweb [OPTIONS]\n"
    "  --pages N          pages that are linked to each other (20000)\n"
    "  --hosts N          their hosts (64)\n"
    "  --skew X           1: as many pages on each; 2: most on few (2)\n"
    "  --page-bytes N     of a page, on average (8192)\n"
    "  --seed N           of all that is drawn (1)\n"
    "  --edition N        another has one page in ten changed (0)\n"
    "  --features LIST    what there is besides (none); all: all but hostile\n"
    "      robots     robots.txt of all kinds, and pages under Disallow\n"
    "      slow       hosts that answer late, or drip\n"
    "      broken     hosts that close each connection\n"
    "      moved      redirects in chains, to other hosts, and in circles\n"
    "      status     404, 410, 429, 500, 503, some with Retry-After\n"
    "      copies     one body under four URLs\n"
    "      spellings  one URL in many spellings, and with session ids\n"
    "      traps      pages without end\n"
    "      bodies     large, cut, too long, chunked, binary\n"
    "      charsets   links whose query is in the charset of the page\n"
    "      maps       sitemaps and feeds with pages of their own\n"
    "      gzip       pages are sent so, where that is accepted\n"
    "      hostile    internal addresses, mazes, endless bodies, bombs, "
    "floods\n"
    "  --slow-ms N        the longest delay of slow hosts (20000)\n"
    "  --slow-percent N   of all hosts are slow; else a fifth of the later "
    "half\n"
    "  --crawl-delay-ms N of the hosts whose robots.txt has one (1000)\n"
    "  --retry-after N    seconds, of 429 and 503 (1)\n"
    "  --big-bytes N      of a large body (2 MiB)\n"
    "  --endless-bytes N  where an endless one is cut after all (128 MiB)\n"
    "  --gap-ms N         count requests to a host that follow faster (0)\n"
    "  --gaps FILE        a line for each: host, when, gap (ns), and the\n"
    "                     addresses of the earlier client and of this one\n"
    "  --first-host A     the address of the first host (127.0.1.1); the\n"
    "                     others' follow it\n"
    "  --device NAME      the network interface, where that is not loopback\n"
    "                     (lo): hosts are of 10.0.0.0/8, routed to here\n"
    "  --port P           0, the default, takes a free one\n"
    "  --links S:P        scheme and port in links: of a server in front\n"
    "  --certificate FILE https; --key FILE, or it is in the same file\n"
    "  --log FILE         where to write what it did, with all hosts\n"
    "  --expect           print what a right crawl fetches, and end\n"
    "  --until-stdin-closes\n"
    "Prints \"listening on PORT\", \"first page URL\", serves until SIGTERM "
    "or\n"
    "SIGINT, and prints what it did as a line of JSON, for SIGUSR1 too.\n"
    "HTTP/1.1 and 1.0.\n";

/* ---- Options ---- */

static bool read_whole(const char *text, uint64_t least, uint64_t most,
                       uint64_t *out) {
  char *end;

  if (*text < '0' || *text > '9') return false;
  errno = 0;
  *out = strtoull(text, &end, 10);
  return !errno && !*end && *out >= least && *out <= most;
}

static bool read_small(const char *text, unsigned least, unsigned most,
                       unsigned *out) {
  uint64_t number = 0;
  bool good = read_whole(text, least, most, &number);

  *out = (unsigned)number;
  return good;
}

static bool read_skew(const char *text, double *out) {
  char *end;

  *out = strtod(text, &end);
  return end != text && !*end && *out >= 1 && *out <= 10;
}

static bool read_text(const char *text, const char **out) {
  *out = text;
  return *text;
}

static bool is_of_net(uint32_t address, const struct options *options) {
  return address >> 24 == (strcmp(options->device, "lo") ? 10 : 127);
}

static bool read_address(const char *text, uint32_t *out) {
  struct in_addr address;

  if (inet_pton(AF_INET, text, &address) != 1) return false;
  *out = ntohl(address.s_addr);
  return true;
}

/* "https:8443" */
static bool read_links(const char *text, struct options *options) {
  const char *colon = strchr(text, ':');

  if (!colon) return false;
  options->link_scheme = colon - text == 5 ? "https" : "http";
  return !strncmp(text, options->link_scheme, (size_t)(colon - text)) &&
         (size_t)(colon - text) == strlen(options->link_scheme) &&
         read_small(colon + 1, 1, 65535, &options->link_port);
}

/* Those of the plan have capital letters. */
static bool take_plan_option(struct web_plan *plan, int option,
                             const char *text) {
  switch (option) {
  case 'P':
    return read_small(text, 1, WEB_PAGES_MAX, &plan->pages);
  case 'H':
    return read_small(text, 1, WEB_HOSTS_MAX, &plan->hosts);
  case 'K':
    return read_skew(text, &plan->skew);
  case 'B':
    return read_small(text, 512, 1 << 20, &plan->page_bytes);
  case 'S':
    return read_whole(text, 0, UINT64_MAX, &plan->seed);
  case 'E':
    return read_small(text, 0, 1000, &plan->edition);
  case 'F':
    return web_read_features(text, &plan->features);
  case 'L':
    return read_small(text, 20, 3600000, &plan->slow_ms);
  case 'O':
    return read_small(text, 0, 100, &plan->slow_percent);
  case 'C':
    return read_small(text, 0, 3600000, &plan->crawl_delay_ms);
  case 'R':
    return read_small(text, 0, 86400, &plan->retry_after_s);
  case 'G':
    return read_small(text, 1, 1 << 30, &plan->big_bytes);
  default:
    return read_whole(text, 1, UINT64_C(1) << 40, &plan->endless_bytes);
  }
}

static bool take_option(struct options *options, int option, const char *text) {
  switch (option) {
  case 'a':
    return read_address(text, &options->first_address);
  case 'p':
    return read_small(text, 0, 65535, &options->port);
  case 'i':
    return read_links(text, options);
  case 'g':
    return read_small(text, 0, 3600000, &options->gap_ms);
  case 'c':
    return read_text(text, &options->certificate);
  case 'k':
    return read_text(text, &options->key);
  case 'l':
    return read_text(text, &options->log);
  case 'd':
    return read_text(text, &options->device);
  case 'j':
    return read_text(text, &options->gaps);
  case 'x':
    return options->expect = true;
  case 'u':
    return options->until_stdin_closes = true;
  case '?':
    return false;
  default:
    return take_plan_option(&options->plan, option, text);
  }
}

static const struct option option_table[] = {
    {"pages", required_argument, NULL, 'P'},
    {"hosts", required_argument, NULL, 'H'},
    {"skew", required_argument, NULL, 'K'},
    {"page-bytes", required_argument, NULL, 'B'},
    {"seed", required_argument, NULL, 'S'},
    {"edition", required_argument, NULL, 'E'},
    {"features", required_argument, NULL, 'F'},
    {"slow-ms", required_argument, NULL, 'L'},
    {"slow-percent", required_argument, NULL, 'O'},
    {"crawl-delay-ms", required_argument, NULL, 'C'},
    {"retry-after", required_argument, NULL, 'R'},
    {"big-bytes", required_argument, NULL, 'G'},
    {"endless-bytes", required_argument, NULL, 'N'},
    {"first-host", required_argument, NULL, 'a'},
    {"port", required_argument, NULL, 'p'},
    {"links", required_argument, NULL, 'i'},
    {"gap-ms", required_argument, NULL, 'g'},
    {"gaps", required_argument, NULL, 'j'},
    {"device", required_argument, NULL, 'd'},
    {"certificate", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},
    {"log", required_argument, NULL, 'l'},
    {"expect", no_argument, NULL, 'x'},
    {"until-stdin-closes", no_argument, NULL, 'u'},
    {NULL, 0, NULL, 0}};

/* All hosts must have an address of loopback's, or of a private net. */
static bool parse_options(int argc, char **argv, struct options *options) {
  int option;

  while ((option = getopt_long(argc, argv, "", option_table, NULL)) != -1)
    if (!take_option(options, option, optarg)) return false;
  return optind == argc && is_of_net(options->first_address, options) &&
         is_of_net(options->first_address + options->plan.hosts - 1, options) &&
         (!options->expect || options->port);
}

/* ---- Serving ---- */

static uint32_t allow_many_descriptors(void) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit)) return 256;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit)) return 256;
  if (limit.rlim_max > CONNECTIONS_MAX + OTHER_DESCRIPTORS)
    return CONNECTIONS_MAX;
  return (uint32_t)limit.rlim_max - OTHER_DESCRIPTORS;
}

static bool make_tls(struct server_setting *setting,
                     const struct options *options) {
  if (!options->certificate) return true;
  setting->tls = wire_context_new(
      options->certificate, options->key ? options->key : options->certificate);
  if (!setting->tls) return false;
  SSL_CTX_set_mode(setting->tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return true;
}

/* Returns what is wrong, or NULL. */
static const char *prepare(struct server_setting *setting,
                           const struct options *options) {
  struct site *site = &setting->site;

  site->first_address = options->first_address;
  site->port = options->link_port;
  site->scheme = options->certificate ? "https" : "http";
  if (options->link_scheme) site->scheme = options->link_scheme;
  setting->log = options->log;
  setting->device = options->device;
  setting->until_stdin_closes = options->until_stdin_closes;
  setting->connections_max = allow_many_descriptors();
  if (!web_make(&site->web, &options->plan) ||
      !prose_make(&site->prose, options->plan.seed) ||
      !oracle_make(&setting->oracle, site) ||
      !visits_make(&setting->visits, site))
    return "out of memory";
  setting->visits.gap_ns = (uint64_t)options->gap_ms * 1000000u;
  setting->visits.gaps = options->gaps ? fopen(options->gaps, "w") : NULL;
  if (options->gaps && !setting->visits.gaps) return "no file for the gaps";
  if (!make_tls(setting, options)) return "the certificate cannot be used";
  return NULL;
}

static void free_setting(struct server_setting *setting) {
  web_free(&setting->site.web);
  prose_free(&setting->site.prose);
  oracle_free(&setting->oracle);
  visits_free(&setting->visits);
  SSL_CTX_free(setting->tls);
}

static bool serve(struct server_setting *setting,
                  const struct options *options) {
  struct server *server = server_new(setting, options->port);
  struct node first = {.kind = NODE_PAGE};
  struct text url = {0};

  if (!server || !wire_wait_for_stamps()) {
    fputs("synthweb: it cannot listen, or the kernel gives no stamps\n",
          stderr);
    server_free(server);
    return false;
  }
  site_add_url(&setting->site, &first, &url);
  printf("listening on %u\nfirst page %.*s\n", setting->site.port,
         (int)url.length, url.bytes);
  fflush(stdout);
  text_free(&url);
  server_run(server);
  server_free(server);
  return server_report(setting);
}

int main(int argc, char **argv) {
  struct options options = {.plan = web_plan_default(),
                            .first_address = (127u << 24) + 257,
                            .device = "lo"};
  struct server_setting setting = {0};
  const char *wrong;
  bool good = false;

  if (argc == 2 && !strcmp(argv[1], "--help")) {
    fputs(usage, stdout);
    return 0;
  }
  if (!parse_options(argc, argv, &options)) {
    fputs(usage, stderr);
    return 2;
  }
  prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
  wrong = prepare(&setting, &options);
  if (wrong) {
    fprintf(stderr, "synthweb: %s\n", wrong);
  } else if (options.expect) {
    if (!setting.site.port) setting.site.port = options.port;
    oracle_write(&setting.oracle, &setting.site, stdout);
    good = !fflush(stdout);
  } else {
    good = serve(&setting, &options);
  }
  free_setting(&setting);
  return good ? 0 : 1;
}
