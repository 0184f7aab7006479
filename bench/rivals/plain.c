/* SPDX-License-Identifier: MIT
 * The plain libcurl loop that lariat is compared with: one thread, one multi
 * handle driven by curl_multi_socket_action and epoll, one easy handle reused
 * per slot.  It does what a careful programmer writes first and no more, so
 * that a ratio to it means something; do not tune it.
 *
 *   plain URL REQUESTS CONNECTIONS
 *
 * prints one line of JSON.  CPU times are of the whole process, from its start.
 * Exit code: 0 all went well, 1 a request failed, 2 it could not run. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_PER_CALL = 512, MAX_CONNECTIONS = 100000 };

struct run {
  const char *url;
  CURLM *multi;
  CURL **slots;
  long requests;
  long connections;
  long started;
  long done;
  long failed;
  uint64_t bytes;
  int64_t deadline_ms; /* when libcurl's timer is due; -1: no timer */
  int epoll_fd;
  bool broken; /* a call failed that never should */
};

static int64_t now_us(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t now_ms(void) { return now_us() / 1000; }

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  struct run *run = context;

  (void)data;
  run->bytes += size * count;
  return size * count;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context,
                     void *known) {
  struct run *run = context;
  struct epoll_event event = {.events = 0, .data = {.fd = fd}};

  (void)easy;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(run->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    curl_multi_assign(run->multi, fd, NULL);
    return 0;
  }
  if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
  if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
  if (epoll_ctl(run->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
                &event))
    run->broken = true;
  if (!known) curl_multi_assign(run->multi, fd, run);
  return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context) {
  struct run *run = context;

  (void)multi;
  run->deadline_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
  return 0;
}

static bool set_up_slot(struct run *run, CURL **slot) {
  CURL *easy = curl_easy_init();

  if (!easy) return false;
  *slot = easy;
  return !curl_easy_setopt(easy, CURLOPT_URL, run->url) &&
         !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
         !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) &&
         !curl_easy_setopt(easy, CURLOPT_WRITEDATA, run);
}

static bool set_up(struct run *run) {
  run->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  run->multi = curl_multi_init();
  run->slots = calloc((size_t)run->connections, sizeof *run->slots);
  if (run->epoll_fd < 0 || !run->multi || !run->slots) return false;
  curl_multi_setopt(run->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(run->multi, CURLMOPT_SOCKETDATA, run);
  curl_multi_setopt(run->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(run->multi, CURLMOPT_TIMERDATA, run);
  curl_multi_setopt(run->multi, CURLMOPT_MAXCONNECTS, run->connections + 16);
  for (long i = 0; i < run->connections; i++)
    if (!set_up_slot(run, &run->slots[i])) return false;
  return true;
}

static void tear_down(struct run *run) {
  for (long i = 0; run->slots && i < run->connections; i++)
    curl_easy_cleanup(run->slots[i]);
  free(run->slots);
  if (run->multi) curl_multi_cleanup(run->multi);
  if (run->epoll_fd >= 0) close(run->epoll_fd);
}

static void start(struct run *run, CURL *easy) {
  if (run->started == run->requests) return;
  run->started++;
  if (curl_multi_add_handle(run->multi, easy)) run->broken = true;
}

static void finish(struct run *run, CURL *easy, CURLcode result) {
  long status = 0;

  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (result || status != 200) run->failed++;
  run->done++;
  curl_multi_remove_handle(run->multi, easy);
  start(run, easy);
}

static void finish_what_is_done(struct run *run) {
  CURLMsg *message;
  int left;

  while ((message = curl_multi_info_read(run->multi, &left)))
    if (message->msg == CURLMSG_DONE)
      finish(run, message->easy_handle, message->data.result);
}

static void act(struct run *run, curl_socket_t fd, int what) {
  int running;

  if (curl_multi_socket_action(run->multi, fd, what, &running))
    run->broken = true;
}

static int milliseconds_to_wait(const struct run *run) {
  int64_t left;

  if (run->deadline_ms < 0) return -1;
  left = run->deadline_ms - now_ms();
  return left < 0 ? 0 : left > 1000 ? 1000 : (int)left;
}

static void turn(struct run *run) {
  struct epoll_event events[EVENTS_PER_CALL];
  int count = epoll_wait(run->epoll_fd, events, EVENTS_PER_CALL,
                         milliseconds_to_wait(run));

  if (count < 0 && errno != EINTR) run->broken = true;
  for (int i = 0; i < count; i++) {
    int what = 0;

    if (events[i].events & EPOLLIN) what |= CURL_CSELECT_IN;
    if (events[i].events & EPOLLOUT) what |= CURL_CSELECT_OUT;
    if (events[i].events & (EPOLLERR | EPOLLHUP)) what |= CURL_CSELECT_ERR;
    act(run, events[i].data.fd, what);
  }
  if (run->deadline_ms >= 0 && run->deadline_ms <= now_ms()) {
    run->deadline_ms = -1;
    act(run, CURL_SOCKET_TIMEOUT, 0);
  }
  finish_what_is_done(run);
}

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void print_figures(const struct run *run, double wall_s) {
  struct rusage usage;

  getrusage(RUSAGE_SELF, &usage);
  printf("{\"requests\":%ld,\"failed\":%ld,\"bytes\":%llu,\"wall_s\":%.6f,"
         "\"user_s\":%.6f,\"sys_s\":%.6f,\"maxrss_kb\":%ld,"
         "\"context_switches\":%ld,\"libcurl\":\"%s\"}\n",
         run->done, run->failed, (unsigned long long)run->bytes, wall_s,
         seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss,
         usage.ru_nvcsw + usage.ru_nivcsw,
         curl_version_info(CURLVERSION_NOW)->version);
}

static bool fetch_all(struct run *run) {
  int64_t begin = now_us();

  for (long i = 0; i < run->connections; i++) start(run, run->slots[i]);
  while (run->done < run->requests && !run->broken) turn(run);
  if (run->broken) return false;
  print_figures(run, (double)(now_us() - begin) / 1e6);
  return true;
}

static bool positive(const char *text, long limit, long *out) {
  char *end;

  errno = 0;
  *out = strtol(text, &end, 10);
  return !errno && *text && !*end && *out > 0 && *out <= limit;
}

int main(int argc, char **argv) {
  struct run run = {.deadline_ms = -1, .epoll_fd = -1};
  bool ran;

  if (argc != 4 || !positive(argv[2], 1000000000L, &run.requests) ||
      !positive(argv[3], MAX_CONNECTIONS, &run.connections)) {
    fprintf(stderr, "usage: plain URL REQUESTS CONNECTIONS\n");
    return 2;
  }
  run.url = argv[1];
  if (curl_global_init(CURL_GLOBAL_DEFAULT)) return 2;
  ran = set_up(&run) && fetch_all(&run);
  if (!ran)
    fprintf(stderr, "plain: out of memory, or a call to libcurl or epoll "
                    "failed\n");
  tear_down(&run);
  curl_global_cleanup();
  return !ran ? 2 : run.failed ? 1 : 0;
}
