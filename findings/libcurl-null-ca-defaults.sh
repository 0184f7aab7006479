#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# libcurl 8.22.0, told CURLOPT_CAINFO and CURLOPT_CAPATH of NULL, reads its
# built-in certificates for each connection.  Older versions read none, and nor
# does 8.23.0.
#
# Seen with libcurl4t64 8.22.0-1 of Debian's testing on OpenSSL 3.6; not with
# 7.88.1 and 8.14.1 of Debian 12 and its backports, nor with 8.23.0-1 of sid.
# A program that brings certificates of its own by CURLOPT_SSL_CTX_FUNCTION
# sets both options to NULL, so that libcurl does not read the system's as
# well.  In the callback these versions have an empty store; 8.22.0 has all
# certificates of Debian's bundle in it already, for each connection anew:
# Debian has a default CAPATH, too, with which libcurl does not keep the store.
# That is 5 ms of CPU a connection with OpenSSL 3.6, and 20 with 3.0.  (lariat
# has seen it from 8.17.0 on.)
#
# CURLOPT_CAINFO_BLOB with a single certificate in it takes their place.
#
# usage: findings/libcurl-null-ca-defaults.sh
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
[ -s /etc/ssl/certs/ca-certificates.crt ] || exit 2

version=7.88.1-10+deb12u15
reading=8.22.0-1 # of testing
latest=8.23.0-1  # of sid
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

# Newer systems' libcurl, with all that it needs down to the C library, by lists
# of apt's own: newer SUITE VERSION fills the directory SUITE.
archive=$(apt-get indextargets --no-release-info \
  --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
  awk '$1 ~ /^(bookworm|oldstable|stable)$/ && $2 == "main" {print $3; exit}')
[ -n "$archive" ] || exit 2
suite_apt() { # SUITE ARGUMENT...
  local own=$work/$1
  shift
  apt-get -q -o Dir::Etc::SourceList="$own/list" \
    -o Dir::Etc::SourceParts=- -o Dir::Etc::Preferences=- \
    -o Dir::Etc::PreferencesParts=- -o Dir::State::Lists="$own/lists" \
    -o Dir::State::Status="$own/status" -o Dir::Cache="$own/cache" \
    -o APT::Sandbox::User=root "$@" >/dev/null 2>&1
}
newer() {
  mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/root"
  echo "deb $archive $1 main" >"$1/list"
  : >"$1/status"
  suite_apt "$1" update || exit 2
  suite_apt "$1" install -y --no-install-recommends --download-only \
    "libcurl4t64=$2" || exit 2
  for file in "$1"/cache/archives/*.deb; do dpkg -x "$file" "$1/root"; done
}
newer forky "$reading"
newer sid "$latest"

# Runs a program with a suite's libraries.
with() { # SUITE COMMAND...
  local root=$work/$1/root loader libraries
  shift
  loader=$(find "$root" -name 'ld-linux-*.so.*' | head -n 1)
  libraries=$(dirname "$(find "$root" -name 'libcurl.so.4' | head -n 1)")
  "$loader" --library-path "$libraries" "$@"
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
  -keyout key.pem -out certificate.pem -days 2 -subj /CN=localhost \
  2>/dev/null || exit 2

cat >server.py <<'END'
import socket
import ssl

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate.pem", "key.pem")
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    try:
        context.wrap_socket(listener.accept()[0], server_side=True).close()
    except OSError:
        pass
END

cat >connect.c <<'END'
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* Of the OpenSSL that libcurl has loaded. */
extern void *SSL_CTX_get_cert_store(const void *context);
extern void *X509_STORE_get0_objects(const void *store);
extern int OPENSSL_sk_num(const void *stack);

static int found;

static CURLcode look(CURL *easy, void *context, void *unused) {
  found = OPENSSL_sk_num(
      X509_STORE_get0_objects(SSL_CTX_get_cert_store(context)));
  return CURLE_OK;
}

static long cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec;
}

/* connect URL [PEM]: exit code 0: the store was empty, or has no more than one
 * certificate, for each of three connections; 1: it was full for each; 2:
 * something else. */
int main(int count, char **arguments) {
  static char pem[64 * 1024];
  int full = 0;
  FILE *file = count > 2 ? fopen(arguments[2], "r") : NULL;
  struct curl_blob blob = {pem, file ? fread(pem, 1, sizeof pem, file) : 0, 0};
  CURLM *multi = curl_multi_init();
  for (int i = 0; i < 3; i++) {
    CURL *easy = curl_easy_init();
    CURLMsg *message;
    int running = 1, left;
    curl_easy_setopt(easy, CURLOPT_URL, arguments[1]);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (file) curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, look);
    long before = cpu_us();
    found = -1;
    curl_multi_add_handle(multi, easy);
    do {
      curl_multi_perform(multi, &running);
      curl_multi_poll(multi, NULL, 0, 20, NULL);
    } while (!(message = curl_multi_info_read(multi, &left)));
    printf("  %d certificates, %ld us of CPU, code %d\n", found,
           cpu_us() - before, (int)message->data.result);
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    if (found < 0) return 2;
    full += found > 1;
  }
  return full == 3 ? 1 : full == 0 ? 0 : 2;
}
END
crypto=$(ldd "$library" | awk '/lib(ssl|crypto)[.]so/ {print $3}')
gcc -w -I"$headers" -o connect connect.c "$library" $crypto || exit 2

python3 server.py >port &
server=$!
for _ in $(seq 100); do
  [ -s port ] && break
  sleep 0.1
done
read -r port <port || exit 2

failed=0
# shows WANTED WHAT COMMAND...
shows() {
  local wanted=$1 code=0
  echo "$2"
  shift 2
  "$@" || code=$?
  [ "$code" = "$wanted" ] || failed=1
}
url=https://127.0.0.1:$port/
shows 0 "libcurl ${version%%-*}" \
  env LD_LIBRARY_PATH="$(dirname "$library")" ./connect "$url"
shows 0 "libcurl 8.14.1" env LD_LIBRARY_PATH="$work/later" ./connect "$url"
shows 1 "libcurl ${reading%%-*}" with forky ./connect "$url"
shows 0 "libcurl ${reading%%-*}, CURLOPT_CAINFO_BLOB" \
  with forky ./connect "$url" "$work/certificate.pem"
shows 0 "libcurl ${latest%%-*}" with sid ./connect "$url"
exit $failed
