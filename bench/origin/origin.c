/* SPDX-License-Identifier: MIT
 * lariat-origin: a web server on loopback for the demonstration and for
 * benches: small pages, bodies of any length, statuses, delays.  It talks to
 * 127.0.0.0/8 and ::1 only, whatever address it listens on.
 *
 * Exit code: 0 ended as asked, 1 it could not serve, 2 bad usage. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "site.h"

enum { OTHER_DESCRIPTORS = 64, THREADS_MAX = 256, BACKLOG = 4096 };

struct settings {
  const char *address;
  unsigned port;
  unsigned threads;
  unsigned page_bytes;
  bool until_stdin_closes;
};

static const char usage[] =
    "usage: lariat-origin [--address A] [--port P] [--threads N]\n"
    "                     [--bytes N] [--until-stdin-closes]\n"
    "  --address A   127.0.0.1 by default; 127.0.0.0/8 or 0.0.0.0 for every\n"
    "                loopback address; ::1\n"
    "  --port P      0, the default, takes a free one\n"
    "  --threads N   threads that serve; default 1\n"
    "  --bytes N     least length of a small page; default 200\n"
    "Prints \"listening on ADDRESS PORT\", then serves until SIGTERM or "
    "SIGINT.\n"
    "Paths: /bytes/N  /status/N  /delay/MS  /tree/N  /length (of the "
    "request's\n"
    "body)  / and any other: a small page\n";

static bool parse_number(const char *text, unsigned long limit, unsigned *out) {
  unsigned long number;
  char *end;

  if (*text < '0' || *text > '9') return false;
  errno = 0;
  number = strtoul(text, &end, 10);
  *out = (unsigned)number;
  return !errno && !*end && number <= limit;
}

static bool parse_options(int argc, char **argv, struct settings *settings) {
  static const struct option options[] = {
      {"address", required_argument, NULL, 'a'},
      {"port", required_argument, NULL, 'p'},
      {"threads", required_argument, NULL, 't'},
      {"bytes", required_argument, NULL, 'b'},
      {"until-stdin-closes", no_argument, NULL, 'u'},
      {"help", no_argument, NULL, 'h'},
      {NULL, 0, NULL, 0}};
  int option;
  bool good = true;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'a')
      settings->address = optarg;
    else if (option == 'p')
      good &= parse_number(optarg, 65535, &settings->port);
    else if (option == 't')
      good &= parse_number(optarg, THREADS_MAX, &settings->threads);
    else if (option == 'b')
      good &= parse_number(optarg, 1u << 30, &settings->page_bytes);
    else if (option == 'u')
      settings->until_stdin_closes = true;
    else
      good = false;
  }
  return good && optind == argc && settings->threads > 0;
}

static bool asked_for_help(int argc, char **argv) {
  return argc == 2 && !strcmp(argv[1], "--help");
}

/* Turns the text of --address into what to bind to. */
static bool parse_address(const struct settings *settings,
                          struct sockaddr_storage *out) {
  struct sockaddr_in v4 = {.sin_family = AF_INET};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
  bool every = !strcmp(settings->address, "127.0.0.0/8");

  memset(out, 0, sizeof *out);
  v4.sin_port = htons((uint16_t)settings->port);
  v6.sin6_port = htons((uint16_t)settings->port);
  if (every || inet_pton(AF_INET, settings->address, &v4.sin_addr) == 1) {
    in_addr_t host = ntohl(v4.sin_addr.s_addr);

    memcpy(out, &v4, sizeof v4);
    return host == INADDR_ANY || host >> 24 == IN_LOOPBACKNET;
  }
  if (inet_pton(AF_INET6, settings->address, &v6.sin6_addr) != 1) return false;
  memcpy(out, &v6, sizeof v6);
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

/* The accept policy: peers on this machine only. */
static enum MHD_Result
accept_loopback(void *context, const struct sockaddr *peer, socklen_t length) {
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;

  (void)context;
  if (peer->sa_family == AF_INET && length >= sizeof v4) {
    memcpy(&v4, peer, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET ? MHD_YES : MHD_NO;
  }
  if (peer->sa_family == AF_INET6 && length >= sizeof v6) {
    memcpy(&v6, peer, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ? MHD_YES : MHD_NO;
  }
  return MHD_NO;
}

/* Raises the soft limit of descriptors to the hard one and returns how many
 * connections that allows. */
static unsigned allow_many_descriptors(void) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit)) return 512;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) && getrlimit(RLIMIT_NOFILE, &limit))
    return 512;
  if (limit.rlim_cur < 2 * OTHER_DESCRIPTORS) return OTHER_DESCRIPTORS;
  if (limit.rlim_cur > 1u << 20) return 1u << 20;
  return (unsigned)limit.rlim_cur - OTHER_DESCRIPTORS;
}

static struct MHD_Daemon *serve(const struct settings *settings,
                                const struct sockaddr_storage *address,
                                struct site *site) {
  /* Not epoll: with hundreds of connections libmicrohttpd 0.9.75 now and then
   * leaves requests unread there. */
  unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                   MHD_USE_ERROR_LOG;
  /* Of a pool of one thread the library warns. */
  enum MHD_OPTION pool =
      settings->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END;

  if (address->ss_family == AF_INET6) flags |= MHD_USE_IPv6;
  return MHD_start_daemon(
      flags, (uint16_t)settings->port, accept_loopback, NULL, site_answer, site,
      MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)address,
      MHD_OPTION_CONNECTION_LIMIT, allow_many_descriptors(),
      MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_LISTEN_BACKLOG_SIZE,
      (unsigned)BACKLOG, pool, settings->threads, MHD_OPTION_END);
}

/* Blocks the signals that end the program, in all its threads to come, and
 * returns the descriptor that they arrive at. */
static int open_signals(void) {
  sigset_t ends;

  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  signal(SIGPIPE, SIG_IGN);
  if (pthread_sigmask(SIG_BLOCK, &ends, NULL)) return -1;
  return signalfd(-1, &ends, SFD_CLOEXEC);
}

static bool stdin_is_at_its_end(void) {
  char ignored[256];

  return read(STDIN_FILENO, ignored, sizeof ignored) <= 0;
}

static void wait_for_end(int signals, bool until_stdin_closes) {
  struct pollfd watched[2] = {{.fd = signals, .events = POLLIN},
                              {.fd = STDIN_FILENO, .events = POLLIN}};
  nfds_t count = until_stdin_closes ? 2 : 1;

  for (;;) {
    int ready = poll(watched, count, -1);

    if (ready < 0 && errno != EINTR) return;
    if (ready <= 0) continue;
    if (watched[0].revents) return;
    if (watched[1].revents && stdin_is_at_its_end()) return;
  }
}

static int serve_until_end(const struct settings *settings, int signals,
                           const struct sockaddr_storage *address,
                           struct site *site) {
  struct MHD_Daemon *daemon = serve(settings, address, site);
  const union MHD_DaemonInfo *info = NULL;

  if (daemon) info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  if (info) {
    printf("listening on %s %u\n", settings->address, (unsigned)info->port);
    fflush(stdout);
    wait_for_end(signals, settings->until_stdin_closes);
  } else {
    fprintf(stderr, "lariat-origin: cannot listen on %s port %u\n",
            settings->address, settings->port);
  }
  site_end_delays(site);
  if (daemon) MHD_stop_daemon(daemon);
  return info ? 0 : 1;
}

int main(int argc, char **argv) {
  struct settings settings = {
      .address = "127.0.0.1", .threads = 1, .page_bytes = 200};
  struct sockaddr_storage address;
  struct site *site;
  int signals;
  int code;

  if (asked_for_help(argc, argv)) {
    fputs(usage, stdout);
    return 0;
  }
  if (!parse_options(argc, argv, &settings)) {
    fputs(usage, stderr);
    return 2;
  }
  if (!parse_address(&settings, &address)) {
    fprintf(stderr, "lariat-origin: %s is not a loopback address\n",
            settings.address);
    return 2;
  }
  signals = open_signals(); /* before there are threads to inherit the mask */
  site = site_new(settings.page_bytes);
  if (signals < 0 || !site) {
    fprintf(stderr, "lariat-origin: out of memory, threads or descriptors\n");
    return 1;
  }
  code = serve_until_end(&settings, signals, &address, site);
  site_free(site);
  close(signals);
  return code;
}
