#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# c-ares 1.18.1 says ARES_ECONNREFUSED ("Could not contact DNS servers") of a
# name server that was reached and has answered SERVFAIL or REFUSED.
#
# Seen with libc-ares2 1.18.1 of Debian 12.  ares_query(3) has ARES_ESERVFAIL
# ("the query completed but the server claims that it experienced a failure")
# and ARES_EREFUSED for these; they come only with ARES_FLAG_NOCHECKRESP, which
# also leaves out the other servers.  So who tells "no network" from "the zone
# is broken" by the status is misled.
#
# usage: findings/cares-servfail-unreachable.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C.UTF-8
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"

mkdir packages root
for package in libc-ares2=1.18.1-3 libc-ares-dev=1.18.1-3; do
  (cd packages &&
    apt-get -q -o APT::Sandbox::User=root download "$package" >/dev/null) ||
    exit 2
done
for file in packages/*.deb; do dpkg -x "$file" root; done
libraries=$(dirname "$(find root -name 'libcares.so.2' | head -n 1)")

cat >ask.c <<'C'
#include <ares.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>

static void answered(void *name, int status, int timeouts, unsigned char *bytes,
                     int length) {
  (void)timeouts, (void)bytes, (void)length;
  printf("%s: %d %s\n", (char *)name, status, ares_strerror(status));
}

static void ask(const char *servers, const char *name, int flags) {
  struct ares_options options = {.flags = flags, .timeout = 1000, .tries = 1};
  ares_channel channel;
  ares_init_options(&channel, &options,
                    ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  ares_set_servers_ports_csv(channel, servers);
  ares_query(channel, name, 1, 1, answered, (void *)name);
  for (;;) {
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    int count = ares_fds(channel, &in, &out);
    struct timeval most = {2, 0}, time;
    if (count == 0) break;
    select(count, &in, &out, NULL, ares_timeout(channel, &most, &time));
    ares_process(channel, &in, &out);
  }
  ares_destroy(channel);
}

int main(int argc, char **argv) {
  (void)argc;
  printf("c-ares %s\n", ares_version(NULL));
  ask(argv[1], "servfail.test", 0);
  ask(argv[1], "refused.test", 0);
  ask(argv[1], "servfail.test", ARES_FLAG_NOCHECKRESP);
  return 0;
}
C
gcc -I root/usr/include -o ask ask.c "$libraries/libcares.so.2" || exit 2

# A name server: SERVFAIL (2) of servfail.test, REFUSED (5) of all else.
cat >server.py <<'P'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
for _ in range(10):
    m, peer = s.recvfrom(512)
    code = 2 if b"servfail" in m else 5
    s.sendto(m[:2] + bytes([0x81, 0x80 | code]) + m[4:], peer)
P
python3 server.py >port &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s port ] || sleep 0.2; done
[ -s port ] || exit 2
LD_LIBRARY_PATH=$work/$libraries ./ask "127.0.0.1:$(cat port)" | tee said

cat >wanted <<'W'
servfail.test: 11 Could not contact DNS servers
refused.test: 11 Could not contact DNS servers
servfail.test: 3 DNS server returned general failure
W
if tail -n +2 said | cmp -s - wanted; then exit 0; fi
echo "it has changed"
exit 1
