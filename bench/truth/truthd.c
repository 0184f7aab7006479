/* SPDX-License-Identifier: MIT
 * truthd: a server on loopback of which it is known what it does: how long each
 * answer takes, when it stands still, which requests fail, all drawn from a
 * seed; and which writes down what it did.  What a load tester says is compared
 * with that (bench/run truth).
 *
 * Exit code: 0 ended as asked, 1 it could not serve, 2 bad usage. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "instant.h"
#include "server.h"
#include "wire.h"

enum {
  THREADS_MAX = 16,
  BACKLOG = 16384,
  BODY_MAX = 8192,
  CONNECTIONS_MAX = 65536,
  SECONDS_MAX = 86400,
  OTHER_DESCRIPTORS = 64
};

struct settings {
  struct server_shared shared;
  unsigned port;
  unsigned threads;
  unsigned seconds;
  bool until_stdin_closes;
  const char *log;
  const char *certificate;
  const char *key; /* NULL: it is in the certificate's file */
};

static const char usage[] =
    "usage: truthd [--delay SPEC] [--stall STALL/PERIOD] [--failures SPEC]\n"
    "              [--capacity N] [--body N] [--seed N] [--log FILE]\n"
    "              [--certificate FILE] [--key FILE] [--port P] [--threads N]\n"
    "              [--connections N] [--requests N] [--seconds N]\n"
    "              [--until-stdin-closes]\n"
    "  --delay SPEC        of the answers, from when the request was read:\n"
    "                      constant:5ms (the default)\n"
    "                      lognormal:5ms,0.5 (median and sigma)\n"
    "                      mixture:99%=5ms,0.9%=50ms,0.1%=1s\n"
    "  --stall S/P         stands still for the last S of every P: 1s/10s\n"
    "  --failures SPEC     hung=1%,closed=1%,reset=1%,error=1%\n"
    "  --capacity N        N are served at once, the others wait; one thread\n"
    "  --body N            bytes of an answer's body (200; 8192 at the most)\n"
    "  --seed N            of what is drawn (1)\n"
    "  --log FILE          where to write, at the end, what it did\n"
    "  --certificate FILE  https\n"
    "  --key FILE          the key; else the certificate's file has it\n"
    "  --port P            0, the default, takes a free one\n"
    "  --threads N         1; 16 at the most\n"
    "  --connections N     at the most, in each thread (20000)\n"
    "  --requests N        at the most: then it ends, with code 1 (5000000)\n"
    "  --seconds N         at the most: then it ends (3600)\n"
    "Prints \"listening on 127.0.0.1 PORT\", serves until SIGTERM or SIGINT,\n"
    "and prints what it did as a line of JSON.  HTTP/1.1 and 1.0.\n";

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

static bool read_text(const char *text, const char **out) {
  *out = text;
  return *text;
}

/* Those of the plan have capital letters. */
static bool take_plan_option(struct server_shared *shared, int option,
                             const char *text) {
  switch (option) {
  case 'D':
    return plan_read_delay(&shared->plan, text);
  case 'S':
    return plan_read_stall(&shared->plan, text);
  case 'F':
    return plan_read_failures(&shared->plan, text);
  case 'C':
    return read_small(text, 1, CONNECTIONS_MAX, &shared->capacity);
  case 'B':
    return read_small(text, 0, BODY_MAX, &shared->body_bytes);
  default:
    return read_whole(text, 0, UINT64_MAX, &shared->plan.seed);
  }
}

static bool take_option(struct settings *settings, int option,
                        const char *text) {
  struct server_shared *shared = &settings->shared;

  switch (option) {
  case 'l':
    return read_text(text, &settings->log);
  case 'c':
    return read_text(text, &settings->certificate);
  case 'k':
    return read_text(text, &settings->key);
  case 'p':
    return read_small(text, 0, 65535, &settings->port);
  case 't':
    return read_small(text, 1, THREADS_MAX, &settings->threads);
  case 'n':
    return read_small(text, 1, CONNECTIONS_MAX, &shared->connections_max);
  case 'r':
    return read_whole(text, 1, 100000000, &shared->requests_max);
  case 's':
    return read_small(text, 1, SECONDS_MAX, &settings->seconds);
  case 'u':
    return settings->until_stdin_closes = true;
  case '?':
    return false;
  default:
    return take_plan_option(shared, option, text);
  }
}

static bool parse_options(int argc, char **argv, struct settings *settings) {
  static const struct option options[] = {
      {"delay", required_argument, NULL, 'D'},
      {"stall", required_argument, NULL, 'S'},
      {"failures", required_argument, NULL, 'F'},
      {"capacity", required_argument, NULL, 'C'},
      {"body", required_argument, NULL, 'B'},
      {"seed", required_argument, NULL, 'E'},
      {"log", required_argument, NULL, 'l'},
      {"certificate", required_argument, NULL, 'c'},
      {"key", required_argument, NULL, 'k'},
      {"port", required_argument, NULL, 'p'},
      {"threads", required_argument, NULL, 't'},
      {"connections", required_argument, NULL, 'n'},
      {"requests", required_argument, NULL, 'r'},
      {"seconds", required_argument, NULL, 's'},
      {"until-stdin-closes", no_argument, NULL, 'u'},
      {NULL, 0, NULL, 0}};
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
    if (!take_option(settings, option, optarg)) return false;
  return optind == argc &&
         (!settings->shared.capacity || settings->threads == 1);
}

static struct settings default_settings(void) {
  struct settings settings = {.threads = 1, .seconds = 3600};

  settings.shared.plan.seed = 1;
  settings.shared.plan.part_count = 1;
  settings.shared.plan.parts[0].share = 1;
  settings.shared.plan.parts[0].delay_ns = 5000000;
  settings.shared.requests_max = 5000000;
  settings.shared.connections_max = 20000;
  settings.shared.body_bytes = 200;
  return settings;
}

/* ---- Threads and sockets ---- */

struct servers {
  struct server *server[THREADS_MAX];
  pthread_t thread[THREADS_MAX];
  unsigned made;
  unsigned started;
};

/* Returns a listening socket on a port, or -1.  Threads share the port. */
static int open_listener(unsigned port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;

  if (fd < 0) return -1;
  if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) &&
      !setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) &&
      wire_ask_for_stamps(fd) &&
      !bind(fd, (struct sockaddr *)&address, sizeof address) &&
      !listen(fd, BACKLOG))
    return fd;
  close(fd);
  return -1;
}

static unsigned port_of(int fd) {
  struct sockaddr_in address = {0};
  socklen_t length = sizeof address;

  getsockname(fd, (struct sockaddr *)&address, &length);
  return ntohs(address.sin_port);
}

/* All sockets listen before a thread serves: the kernel gives each its
 * connections then, from the first on. */
static bool make_servers(struct settings *settings, struct servers *servers) {
  while (servers->made < settings->threads) {
    int listener = open_listener(settings->port);

    if (listener < 0) return false;
    settings->port = port_of(listener);
    servers->server[servers->made] =
        server_new(&settings->shared, servers->made, listener);
    if (!servers->server[servers->made]) return false;
    servers->made++;
  }
  return true;
}

static bool start_servers(struct servers *servers) {
  for (; servers->started < servers->made; servers->started++)
    if (pthread_create(&servers->thread[servers->started], NULL, server_run,
                       servers->server[servers->started]))
      return false;
  return true;
}

static void end_servers(struct settings *settings, struct servers *servers) {
  atomic_store(&settings->shared.ends, true);
  for (unsigned i = 0; i < servers->started; i++) {
    server_wake(servers->server[i]);
    pthread_join(servers->thread[i], NULL);
  }
}

static void free_servers(struct servers *servers) {
  for (unsigned i = 0; i < servers->made; i++) server_free(servers->server[i]);
}

static void allow_many_descriptors(struct settings *settings) {
  struct rlimit limit;
  uint64_t most;

  if (getrlimit(RLIMIT_NOFILE, &limit)) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit)) return;
  most = limit.rlim_max > OTHER_DESCRIPTORS ? limit.rlim_max - OTHER_DESCRIPTORS
                                            : 1;
  if (most / settings->threads < settings->shared.connections_max)
    settings->shared.connections_max = (unsigned)(most / settings->threads);
}

/* ---- The end ---- */

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

static void wait_for_end(const struct settings *settings, int signals) {
  struct pollfd watched[2] = {{.fd = signals, .events = POLLIN},
                              {.fd = STDIN_FILENO, .events = POLLIN}};
  nfds_t count = settings->until_stdin_closes ? 2 : 1;
  uint64_t end_ns =
      settings->shared.start_ns + (uint64_t)settings->seconds * 1000000000u;

  while (!atomic_load(&settings->shared.ends) && instant_now() < end_ns) {
    int ready = poll(watched, count, 100);

    if (ready <= 0) continue;
    if (watched[0].revents) return;
    if (watched[1].revents && stdin_is_at_its_end()) return;
  }
}

static bool write_log(const struct settings *settings,
                      const struct servers *servers, int64_t real_ns) {
  const struct server_shared *shared = &settings->shared;
  struct journal_head head = {.magic = "truthd-",
                              .start_ns = shared->start_ns,
                              .real_ns = real_ns,
                              .stall_ns = shared->plan.stall_ns,
                              .period_ns = shared->plan.period_ns};
  FILE *out = fopen(settings->log, "wb");
  bool written;

  if (!out) return false;
  head.magic[7] = '1';
  for (unsigned i = 0; i < servers->made; i++)
    head.records += server_totals(servers->server[i]).journal->count;
  written = fwrite(&head, sizeof head, 1, out) == 1;
  for (unsigned i = 0; i < servers->made; i++)
    written &= journal_write(server_totals(servers->server[i]).journal, out);
  return !fclose(out) && written;
}

static void count_outcomes(const struct servers *servers, uint64_t *counts) {
  for (unsigned i = 0; i < servers->made; i++) {
    const struct journal *journal = server_totals(servers->server[i]).journal;

    for (size_t at = 0; at < journal->count; at++)
      counts[journal_at(journal, at)->outcome]++;
  }
}

static double seconds_of(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Prints the totals; tells whether all went well. */
static bool print_totals(const struct settings *settings,
                         const struct servers *servers) {
  struct server_totals sum = {0};
  struct rusage used = {0};
  uint64_t counts[OUTCOMES] = {0};

  for (unsigned i = 0; i < servers->made; i++) {
    struct server_totals one = server_totals(servers->server[i]);

    sum.connections += one.connections;
    sum.refused += one.refused;
    sum.waited += one.waited;
    sum.failed |= one.failed;
  }
  count_outcomes(servers, counts);
  getrusage(RUSAGE_SELF, &used);
  printf("{\"requests\":%llu",
         (unsigned long long)atomic_load(&settings->shared.requests));
  for (int i = 0; i < OUTCOMES; i++)
    printf(",\"%s\":%llu", outcome_names[i], (unsigned long long)counts[i]);
  printf(",\"connections\":%llu,\"refused\":%llu,\"waited\":%llu",
         (unsigned long long)sum.connections, (unsigned long long)sum.refused,
         (unsigned long long)sum.waited);
  printf(",\"cpu_s\":%.6f}\n",
         seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
  return !sum.failed;
}

static bool serve_until_end(struct settings *settings, int signals,
                            struct servers *servers) {
  int64_t real_ns;
  bool good;

  settings->shared.start_ns = instant_now();
  real_ns = (int64_t)settings->shared.start_ns + instant_real_offset();
  good = start_servers(servers);
  if (good) {
    printf("listening on 127.0.0.1 %u\n", settings->port);
    fflush(stdout);
    wait_for_end(settings, signals);
  }
  end_servers(settings, servers);
  if (settings->log && !write_log(settings, servers, real_ns)) {
    fprintf(stderr, "truthd: %s cannot be written\n", settings->log);
    good = false;
  }
  return print_totals(settings, servers) && good;
}

/* Returns what is wrong, or NULL. */
static const char *prepare(struct settings *settings, struct servers *servers) {
  allow_many_descriptors(settings);
  if (settings->certificate) {
    settings->shared.tls =
        wire_context_new(settings->certificate,
                         settings->key ? settings->key : settings->certificate);
    if (!settings->shared.tls) return "the certificate cannot be used";
  }
  if (!server_make_answers(&settings->shared)) return "out of memory";
  if (!make_servers(settings, servers)) return "it cannot listen";
  if (!wire_wait_for_stamps()) return "the kernel gives no stamps";
  return NULL;
}

int main(int argc, char **argv) {
  struct settings settings = default_settings();
  struct servers servers = {0};
  const char *wrong;
  int signals;
  bool good = false;

  if (argc == 2 && !strcmp(argv[1], "--help")) {
    fputs(usage, stdout);
    return 0;
  }
  if (!parse_options(argc, argv, &settings)) {
    fputs(usage, stderr);
    return 2;
  }
  signals = open_signals(); /* before there are threads to inherit the mask */
  wrong = signals < 0 ? "no signals" : prepare(&settings, &servers);
  if (wrong)
    fprintf(stderr, "truthd: %s\n", wrong);
  else
    good = serve_until_end(&settings, signals, &servers);
  free_servers(&servers);
  server_free_answers(&settings.shared);
  SSL_CTX_free(settings.shared.tls);
  close(signals);
  return good ? 0 : 1;
}
