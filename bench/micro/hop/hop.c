/* SPDX-License-Identifier: MIT
 * What a hop from one reactor to another and back costs.
 *
 *   bench-hop [--rounds N] [--hops N] [--work N] [--placement free|two|one]
 *
 * Latency: one mail at a time between two idle reactors, against an eventfd
 * ping-pong of two threads that read and write (raw), and one that waits in
 * epoll as an event loop must (epoll).  Load: 100 mails on their way, each with
 * some work at the far end, and the same work on one thread without a hop; the
 * difference of the CPU times is what the hop adds to a job.  Placement: where
 * the threads may run; on any CPU, pinned to two, pinned to one.  Prints a line
 * of JSON for each measurement. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/atomics.h"
#include "reactor/outbox.h"
#include "reactor/reactor.h"

enum { LOAD_MAILS = 100 };

enum placement { FREE, TWO, ONE };

static const char *const placements[] = {"free", "two", "one"};

struct settings {
  long rounds;
  long hops;
  long work; /* steps of the far end's work, under load */
  enum placement placement;
  cpu_set_t allowed; /* CPUs, before any thread was pinned */
};

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;

  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void must(bool good, const char *what) {
  if (good) return;
  fprintf(stderr, "bench-hop: %s failed\n", what);
  exit(2);
}

/* Side 0 is the near end, 1 the far one. */
static void place(const struct settings *settings, int side) {
  cpu_set_t one;
  int wanted = settings->placement == TWO ? side : 0;

  if (settings->placement == FREE) return;
  CPU_ZERO(&one);
  for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &settings->allowed) && !wanted--) {
      CPU_SET(cpu, &one);
      break;
    }
  must(!pthread_setaffinity_np(pthread_self(), sizeof one, &one), "pinning");
}

static int compare(const void *a, const void *b) {
  uint64_t first = *(const uint64_t *)a;
  uint64_t second = *(const uint64_t *)b;

  return (first > second) - (first < second);
}

static void print_latency(const char *name, const struct settings *settings,
                          long round, uint64_t *taken_ns) {
  size_t count = (size_t)settings->hops;

  qsort(taken_ns, count, sizeof *taken_ns, compare);
  printf("{\"measure\":\"latency\",\"way\":\"%s\",\"placement\":\"%s\","
         "\"round\":%ld,\"hops\":%zu,\"median_ns\":%llu,\"p99_ns\":%llu}\n",
         name, placements[settings->placement], round, count,
         (unsigned long long)taken_ns[count / 2],
         (unsigned long long)taken_ns[count * 99 / 100]);
  fflush(stdout);
}

/* ---- eventfds ---- */

struct pair {
  const struct settings *settings;
  int there;
  int back;
  bool epoll;
};

static int watch(int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
  int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

  must(epoll_fd >= 0 && !epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event),
       "epoll");
  return epoll_fd;
}

static void receive(int fd, int epoll_fd) {
  struct epoll_event event;
  uint64_t count;

  if (epoll_fd >= 0) must(epoll_wait(epoll_fd, &event, 1, -1) == 1, "waiting");
  must(read(fd, &count, sizeof count) == sizeof count, "reading");
}

static void send_to(int fd) {
  uint64_t one = 1;

  must(write(fd, &one, sizeof one) == sizeof one, "writing");
}

static void *answer(void *context) {
  struct pair *pair = context;
  int epoll_fd = pair->epoll ? watch(pair->there) : -1;

  place(pair->settings, 1);
  for (long i = 0; i < pair->settings->hops; i++) {
    receive(pair->there, epoll_fd);
    send_to(pair->back);
  }
  if (epoll_fd >= 0) close(epoll_fd);
  return NULL;
}

static void time_eventfds(const struct settings *settings, bool epoll,
                          uint64_t *taken_ns) {
  struct pair pair = {.settings = settings,
                      .there = eventfd(0, EFD_CLOEXEC),
                      .back = eventfd(0, EFD_CLOEXEC),
                      .epoll = epoll};
  int epoll_fd = epoll ? watch(pair.back) : -1;
  pthread_t thread;

  must(pair.there >= 0 && pair.back >= 0, "eventfd");
  must(!pthread_create(&thread, NULL, answer, &pair), "making a thread");
  for (long i = 0; i < settings->hops; i++) {
    uint64_t begun_ns = clock_ns(CLOCK_MONOTONIC);

    send_to(pair.there);
    receive(pair.back, epoll_fd);
    taken_ns[i] = clock_ns(CLOCK_MONOTONIC) - begun_ns;
  }
  pthread_join(thread, NULL);
  if (epoll_fd >= 0) close(epoll_fd);
  close(pair.there);
  close(pair.back);
}

/* ---- reactors ---- */

struct end {
  lariat_reactor *reactor;
  lr_outbox outbox;
};

struct trip {
  const struct settings *settings;
  struct end near;
  struct end far;
  pthread_t thread;
  pthread_barrier_t ready;
  long work;
  long wanted;
  long sent;
  long home;
  uint64_t begun_ns;
  uint64_t *taken_ns; /* NULL: under load, times are not taken */
};

struct job {
  lr_mail mail;
  struct trip *trip;
  uint64_t sum;
};

static struct job *job_of(lr_mail *mail) {
  return (struct job *)(void *)((char *)mail - offsetof(struct job, mail));
}

static void do_work(struct job *job, long steps) {
  uint64_t sum = job->sum | 1;

  for (long i = 0; i < steps; i++) {
    sum ^= sum << 13;
    sum ^= sum >> 7;
    sum ^= sum << 17;
  }
  job->sum = sum;
}

static void ignore(lr_mail *mail) { (void)mail; }

static void refused(lr_outbox *outbox, lr_mail *oldest) {
  (void)outbox;
  (void)oldest;
  must(false, "a mailbox that is open");
}

static void come_home(lr_mail *mail);

static const lr_mail_ops home_ops = {.deliver = come_home, .discard = ignore};

static void arrive(lr_mail *mail) {
  struct job *job = job_of(mail);

  do_work(job, job->trip->work);
  mail->ops = &home_ops;
  lr_outbox_put(&job->trip->far.outbox, mail);
}

static const lr_mail_ops away_ops = {.deliver = arrive, .discard = ignore};

static void send_off(struct job *job) {
  struct trip *trip = job->trip;

  trip->sent++;
  if (trip->taken_ns) trip->begun_ns = clock_ns(CLOCK_MONOTONIC);
  job->mail.ops = &away_ops;
  lr_outbox_put(&trip->near.outbox, &job->mail);
}

static void come_home(lr_mail *mail) {
  struct job *job = job_of(mail);
  struct trip *trip = job->trip;

  if (trip->taken_ns)
    trip->taken_ns[trip->home] = clock_ns(CLOCK_MONOTONIC) - trip->begun_ns;
  trip->home++;
  if (trip->sent < trip->wanted) send_off(job);
  if (trip->home == trip->wanted) lariat_reactor_stop(trip->near.reactor);
}

static void stop_far(void *context) {
  struct trip *trip = context;

  lariat_reactor_stop(trip->far.reactor);
}

static void *run_far(void *context) {
  struct trip *trip = context;

  place(trip->settings, 1);
  must(!lariat_reactor_new(NULL, &trip->far.reactor), "making a reactor");
  pthread_barrier_wait(&trip->ready); /* both reactors are there */
  lr_outbox_init(&trip->far.outbox, trip->far.reactor,
                 lr_reactor_own_mailbox(trip->near.reactor), refused);
  must(!lariat_reactor_run(trip->far.reactor), "running a reactor");
  pthread_barrier_wait(&trip->ready); /* neither writes to the other now */
  lr_outbox_clear(&trip->far.outbox);
  lariat_reactor_close(trip->far.reactor, 0);
  return NULL;
}

static void begin_trip(struct trip *trip) {
  must(!pthread_barrier_init(&trip->ready, NULL, 2), "a barrier");
  must(!lariat_reactor_new(NULL, &trip->near.reactor), "making a reactor");
  must(!pthread_create(&trip->thread, NULL, run_far, trip), "making a thread");
  pthread_barrier_wait(&trip->ready);
  lr_outbox_init(&trip->near.outbox, trip->near.reactor,
                 lr_reactor_own_mailbox(trip->far.reactor), refused);
}

static void end_trip(struct trip *trip) {
  must(
      !lariat_reactor_call_from_thread(trip->far.reactor, stop_far, trip, NULL),
      "stopping a reactor");
  pthread_barrier_wait(&trip->ready);
  pthread_join(trip->thread, NULL);
  lr_outbox_clear(&trip->near.outbox);
  lariat_reactor_close(trip->near.reactor, 0);
  pthread_barrier_destroy(&trip->ready);
}

static void travel(struct trip *trip, struct job *jobs, long count) {
  memset(jobs, 0, (size_t)count * sizeof *jobs);
  for (long i = 0; i < count; i++) {
    jobs[i].trip = trip;
    send_off(&jobs[i]);
  }
  must(!lariat_reactor_run(trip->near.reactor), "running a reactor");
}

static void time_mails(const struct settings *settings, uint64_t *taken_ns) {
  struct trip trip = {
      .settings = settings, .wanted = settings->hops, .taken_ns = taken_ns};
  struct job job;

  begin_trip(&trip);
  travel(&trip, &job, 1);
  end_trip(&trip);
}

/* The CPU time of all threads, for all jobs. */
static uint64_t cpu_of_load(const struct settings *settings) {
  struct trip trip = {
      .settings = settings, .work = settings->work, .wanted = settings->hops};
  static struct job jobs[LOAD_MAILS];
  uint64_t begun_ns;
  uint64_t taken_ns;

  begin_trip(&trip);
  begun_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  travel(&trip, jobs, trip.wanted < LOAD_MAILS ? trip.wanted : LOAD_MAILS);
  taken_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begun_ns;
  end_trip(&trip);
  return taken_ns;
}

static uint64_t cpu_of_work(const struct settings *settings) {
  static struct job jobs[LOAD_MAILS];
  uint64_t begun_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

  for (long i = 0; i < settings->hops; i++)
    do_work(&jobs[i % LOAD_MAILS], settings->work);
  return clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begun_ns;
}

static void measure_load(const struct settings *settings, long round) {
  double jobs = (double)settings->hops;
  double alone_ns = (double)cpu_of_work(settings) / jobs;
  double hopped_ns = (double)cpu_of_load(settings) / jobs;

  printf("{\"measure\":\"load\",\"placement\":\"%s\",\"round\":%ld,"
         "\"jobs\":%ld,\"work_ns\":%.1f,\"with_hop_ns\":%.1f,"
         "\"added_ns\":%.1f}\n",
         placements[settings->placement], round, settings->hops, alone_ns,
         hopped_ns, hopped_ns - alone_ns);
  fflush(stdout);
}

static void measure(const struct settings *settings, long round,
                    uint64_t *taken_ns) {
  place(settings, 0);
  time_eventfds(settings, false, taken_ns);
  print_latency("raw", settings, round, taken_ns);
  time_mails(settings, taken_ns);
  print_latency("reactor", settings, round, taken_ns);
  time_eventfds(settings, true, taken_ns);
  print_latency("epoll", settings, round, taken_ns);
  measure_load(settings, round);
}

static bool positive(const char *text, long limit, long *out) {
  char *end;

  errno = 0;
  *out = strtol(text, &end, 10);
  return !errno && *text && !*end && *out > 0 && *out <= limit;
}

static bool parse_placement(const char *text, enum placement *out) {
  for (int i = FREE; i <= ONE; i++) {
    if (strcmp(text, placements[i])) continue;
    *out = (enum placement)i;
    return true;
  }
  return false;
}

static bool parse(int argc, char **argv, struct settings *settings) {
  static const struct option options[] = {
      {"rounds", required_argument, NULL, 'r'},
      {"hops", required_argument, NULL, 'h'},
      {"work", required_argument, NULL, 'w'},
      {"placement", required_argument, NULL, 'p'},
      {NULL, 0, NULL, 0}};
  bool good = true;
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
    if (option == 'r')
      good &= positive(optarg, 1000, &settings->rounds);
    else if (option == 'h')
      good &= positive(optarg, 10000000, &settings->hops);
    else if (option == 'w')
      good &= positive(optarg, 10000000, &settings->work);
    else if (option == 'p')
      good &= parse_placement(optarg, &settings->placement);
    else
      good = false;
  return good && optind == argc;
}

int main(int argc, char **argv) {
  struct settings settings = {.rounds = 7, .hops = 20000, .work = 3000};
  uint64_t *taken_ns;

  if (!parse(argc, argv, &settings)) {
    fprintf(stderr, "usage: bench-hop [--rounds N] [--hops N] [--work N] "
                    "[--placement free|two|one]\n");
    return 2;
  }
  must(!sched_getaffinity(0, sizeof settings.allowed, &settings.allowed),
       "affinity");
  taken_ns = calloc((size_t)settings.hops, sizeof *taken_ns);
  must(taken_ns, "finding memory");
  for (long round = 1; round <= settings.rounds; round++)
    measure(&settings, round, taken_ns);
  free(taken_ns);
  return 0;
}
