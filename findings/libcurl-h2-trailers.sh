#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# libcurl 7.88.1 does not show the trailers of an HTTP/2 answer whose length was
# told: it takes the Content-Length for the end of the answer, stops there, and
# resets the stream.  Where no length was told it shows them.
#
# Seen with curl 7.88.1-10+deb12u15 and nginx 1.22.1-9+deb12u11; not with
# libcurl 8.14.1: since 8.6.0 it reads streams to their end.  RFC 9113, 8.1:
# trailers may follow a body, be its length known or not.  The same server sends
# the same two trailers, once with a length and once, compressed, without.
# CURLOPT_IGNORE_CONTENT_LENGTH makes 7.88.1 read on.
#
# usage: findings/libcurl-h2-trailers.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"

mkdir packages root temp
for package in curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
  nginx=1.22.1-9+deb12u11; do
  (cd packages &&
    apt-get -q -o APT::Sandbox::User=root download "$package" >/dev/null) ||
    exit 2
done
for file in packages/*.deb; do dpkg -x "$file" root; done
LD_LIBRARY_PATH=$(dirname "$(find root -name 'libcurl.so.4' | head -n 1)")
export LD_LIBRARY_PATH

# A port of loopback that is free.
port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >nginx.conf <<END
daemon off;
master_process off;
pid $work/pid;
error_log $work/error.log;
events { worker_connections 64; }
http {
  access_log off;
  default_type text/plain;
  gzip on;
  gzip_types text/plain;
  gzip_min_length 0;
  client_body_temp_path $work/temp;
  proxy_temp_path $work/temp;
  fastcgi_temp_path $work/temp;
  uwsgi_temp_path $work/temp;
  scgi_temp_path $work/temp;
  server {
    listen 127.0.0.1:$port http2;
    location / { add_trailer X-Sum 12; return 200 "a body\n"; }
  }
}
END
root/usr/sbin/nginx -p "$work" -c "$work/nginx.conf" 2>/dev/null &
server=$!

# trailers OPTION...: how many there are with these options of curl.
trailers() {
  timeout 20 root/usr/bin/curl -q -s --noproxy '*' --retry 20 \
    --retry-connrefused --retry-delay 1 --http2-prior-knowledge -D - -o body \
    "$@" "http://127.0.0.1:$port/" | grep -ci '^x-sum: 12' || true
}

root/usr/bin/curl --version | head -n 1
told=$(trailers)
untold=$(trailers --header 'Accept-Encoding: gzip')
ignored=$(trailers --ignore-content-length)
echo "trailers shown: $told with a Content-Length, $untold without," \
  "$ignored where it is ignored"
[ "$told $untold $ignored" = "0 1 1" ]
