#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# libcurl 7.88.1, driven by events, does not go on with a name's next address
# when two in a row fail at once: it waits until half of the time for a
# connection is over.
#
# Seen with libcurl4 7.88.1-10+deb12u15 of Debian 12; not with 8.14.1.  A name
# has three addresses, and CURLOPT_OPENSOCKETFUNCTION refuses each of them, as
# a guard against internal addresses does (connect() that fails at once, where
# there is no route, is the same).  The first two are asked for at once, and
# then neither a descriptor nor a timer is left but that for the connection:
# with CURLOPT_CONNECTTIMEOUT_MS 3000 the third is asked for after 1.5 seconds.
# The default of 300 seconds makes that 150.
#
# usage: findings/libcurl-refused-address.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

version=7.88.1-10+deb12u15
mkdir packages root
for package in libcurl4 libcurl4-openssl-dev; do
  (cd packages &&
    apt-get -q -o APT::Sandbox::User=root download "$package=$version" \
      >/dev/null) || exit 2
done
for file in packages/*.deb; do dpkg -x "$file" root; done
library=$(find root -name 'libcurl.so.4' | head -n 1)
headers=$(dirname "$(dirname "$(find root -name curl.h | head -n 1)")")

cat >refuse.c <<'END'
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>

static struct pollfd watched[16];
static nfds_t count;
static long wait_ms = -1;
static int asked;

static curl_socket_t refuse(void *context, curlsocktype purpose,
                            struct curl_sockaddr *address) {
  asked++;
  return CURL_SOCKET_BAD;
}

static int watch(CURL *easy, curl_socket_t fd, int what, void *context,
                 void *unused) {
  nfds_t i = 0;
  while (i < count && watched[i].fd != fd) i++;
  if (what == CURL_POLL_REMOVE) {
    if (i < count) watched[i] = watched[--count];
    return 0;
  }
  if (i == count) count++;
  watched[i].fd = fd;
  watched[i].events = (what & CURL_POLL_IN ? POLLIN : 0) |
                      (what & CURL_POLL_OUT ? POLLOUT : 0);
  return 0;
}

static int set_timer(CURLM *multi, long ms, void *context) {
  wait_ms = ms;
  return 0;
}

int main(void) {
  curl_global_init(CURL_GLOBAL_ALL);
  CURLM *multi = curl_multi_init();
  CURL *easy = curl_easy_init();
  struct curl_slist *addresses = curl_slist_append(
      NULL, "name.test:1:127.0.0.1,127.0.0.2,127.0.0.3");
  CURLMsg *message = NULL;
  int running, left;
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
  curl_easy_setopt(easy, CURLOPT_URL, "http://name.test:1/");
  curl_easy_setopt(easy, CURLOPT_RESOLVE, addresses);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, refuse);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 3000L);
  curl_multi_add_handle(multi, easy);
  while (!message) {
    curl_socket_t fd = CURL_SOCKET_TIMEOUT;
    if (poll(watched, count, wait_ms < 0 ? 10000 : (int)wait_ms) > 0)
      for (nfds_t i = 0; i < count; i++)
        if (watched[i].revents) fd = watched[i].fd;
    curl_multi_socket_action(multi, fd, 0, &running);
    message = curl_multi_info_read(multi, &left);
  }
  curl_off_t us = 0;
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &us);
  printf("%d addresses refused, code %d, after %ld ms\n", asked,
         (int)message->data.result, (long)us / 1000);
  return us < 1000000;
}
END
gcc -w -I"$headers" -o refuse refuse.c "$library"
export LD_LIBRARY_PATH="$work/$(dirname "$library")"
dpkg-deb -f packages/libcurl4_*.deb Package Version
./refuse
