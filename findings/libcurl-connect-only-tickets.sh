#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# libcurl 8.14.1 closes a connection of CURLOPT_CONNECT_ONLY that nobody has
# used yet, if a TLS 1.3 server has sent its session tickets on it, as nearly
# all do behind the handshake.
#
# Seen with libcurl4 8.14.1 of Debian 12's backports, on OpenSSL 3.0; not with
# 7.88.1 of Debian 12.  Two handles of one multi handle connect, one after the
# other, each with CURLOPT_CONNECT_ONLY.  The second one's connecting has
# libcurl look for dead connections, at most once a second: an idle one with
# bytes to be read is taken for one, and here the bytes are tickets.  Then the
# first has no CURLINFO_ACTIVESOCKET any more, and curl_easy_send says
# CURLE_UNSUPPORTED_PROTOCOL.  Its own transfer had succeeded, and nothing
# tells.
#
# It is kept if the server sends no tickets, or if one curl_easy_recv was made
# before (which says CURLE_AGAIN, and attaches the connection to its handle).
#
# usage: findings/libcurl-connect-only-tickets.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
server=
finish() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || :; fi
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
command -v python3 >/dev/null || exit 2
command -v openssl >/dev/null || exit 2

version=7.88.1-10+deb12u15
mkdir packages root
for package in libcurl4 libcurl4-openssl-dev; do
  (cd packages &&
    apt-get -q -o APT::Sandbox::User=root download "$package=$version" \
      >/dev/null) || exit 2
done
for file in packages/*.deb; do dpkg -x "$file" root; done
library=$(find "$work/root" -name 'libcurl.so.4' | head -n 1)
headers=$(dirname "$(dirname "$(find root -name curl.h | head -n 1)")")
bash "$here/script/libcurl" "$work/later" >/dev/null || exit 2
[ -e later/libcurl.so.4 ] || exit 2

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
  -keyout key.pem -out certificate.pem -days 2 -subj /CN=localhost \
  2>/dev/null || exit 2

cat >server.py <<'END'
import socket
import ssl
import sys
import threading


def listen(tickets):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = tickets
    context.load_cert_chain("certificate.pem", "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(plain):
        try:
            with context.wrap_socket(plain, server_side=True) as connection:
                while connection.recv(4096):
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        except OSError:
            pass

    def accept():
        while True:
            plain = listener.accept()[0]
            threading.Thread(target=serve, args=(plain,), daemon=True).start()

    threading.Thread(target=accept).start()
    return listener.getsockname()[1]


print(listen(2), listen(0), flush=True)
END

cat >connect.c <<'END'
#include <curl/curl.h>
#include <stdio.h>
#include <unistd.h>

static CURL *begin(CURLM *multi, const char *url) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_multi_add_handle(multi, easy);
  return easy;
}

static CURLcode end(CURLM *multi) {
  int running, left;
  CURLMsg *message;
  for (;;) {
    curl_multi_perform(multi, &running);
    message = curl_multi_info_read(multi, &left);
    if (message) return message->data.result;
    curl_multi_poll(multi, NULL, 0, 100, NULL);
  }
}

/* connect URL [receive]: exit code 0: the first connection is kept, 1: it is
 * lost, 2: something else. */
int main(int count, char **arguments) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  CURLM *multi = curl_multi_init();
  curl_socket_t socket = CURL_SOCKET_BAD;
  size_t length;
  char byte;
  CURL *first = begin(multi, arguments[1]);
  if (end(multi) != CURLE_OK) return 2;
  if (count > 2) curl_easy_recv(first, &byte, 1, &length);
  sleep(2);
  begin(multi, arguments[1]);
  if (end(multi) != CURLE_OK) return 2;
  curl_easy_getinfo(first, CURLINFO_ACTIVESOCKET, &socket);
  CURLcode code = curl_easy_send(first, request, sizeof request - 1, &length);
  if (code == CURLE_OK && socket != CURL_SOCKET_BAD) return 0;
  return code == CURLE_UNSUPPORTED_PROTOCOL && socket == CURL_SOCKET_BAD ? 1
                                                                         : 2;
}
END
gcc -w -I"$headers" -o connect connect.c "$library"

python3 server.py >ports &
server=$!
for _ in $(seq 100); do
  [ -s ports ] && break
  sleep 0.1
done
read -r tickets none <ports || exit 2

failed=0
# shows WANTED DIRECTORY WHAT PORT [receive]
shows() {
  local wanted=$1 directory=$2 what=$3 port=$4 code=0
  shift 4
  LD_LIBRARY_PATH=$directory ./connect "https://127.0.0.1:$port/" "$@" ||
    code=$?
  case $code in
    0) code=kept ;;
    1) code=lost ;;
    *) code="neither kept nor lost" ;;
  esac
  echo "  $what: $code"
  [ "$code" = "$wanted" ] || failed=1
}
first=$(dirname "$library")
echo "libcurl ${version%%-*}"
shows kept "$first" "with tickets" "$tickets"
echo "libcurl $(strings -a later/libcurl.so.4 |
  sed -n 's,^libcurl/\([0-9.]*\)$,\1,p' | head -n 1)"
shows lost "$work/later" "with tickets" "$tickets"
shows kept "$work/later" "without tickets" "$none"
shows kept "$work/later" "with tickets, after curl_easy_recv" "$tickets" receive
exit $failed
