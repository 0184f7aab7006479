#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The time in a line of the format "combined" is when the request ended, if
# nginx has written it, and when it began, if Apache has.
#
# Seen with nginx 1.22.1 and Apache 2.4.71 of Debian 12.  Apache's
# documentation says of %t "time the request was received"; nginx's says of
# $time_local no more than "local time in the Common Log Format" (of $msec, not
# in "combined": "at the time of the log write").  So a log of nginx that is
# replayed by its times sends each request late by as much as it took, and a
# quick one before a slow one that came first; a log of Apache, whose lines are
# written at the end, too, is right but not sorted.
#
# usage: findings/combined-two-instants.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C.UTF-8 TZ=UTC
work=$(mktemp -d)
servers=
trap '[ -z "$servers" ] || kill $servers 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$work"

mkdir packages root logs
for package in nginx=1.22.1-9+deb12u11 apache2-bin=2.4.71-1~deb12u1 \
  libapr1=1.7.2-3+deb12u1 libaprutil1=1.6.3-1+deb12u1 liblua5.3-0=5.3.6-2; do
  (cd packages &&
    apt-get -q -o APT::Sandbox::User=root download "$package" >/dev/null) ||
    exit 2
done
for file in packages/*.deb; do dpkg -x "$file" root; done
libraries=$(dirname "$(find "$work/root" -name 'libapr-1.so.0' | head -n 1)")
modules=$work/root/usr/lib/apache2/modules

# A server that begins to answer after 4 seconds, and three free ports.
cat >slow.py <<'PYTHON'
import http.server, sys, time
class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(4)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Slow) \
    .serve_forever()
PYTHON
read -r slow nginx apache < <(python3 -c '
import socket
all = [socket.create_server(("127.0.0.1", 0)) for i in range(3)]
print(*[one.getsockname()[1] for one in all])')
python3 slow.py "$slow" &
servers=$!

cat >nginx.conf <<CONF
daemon off;
pid $work/nginx.pid;
error_log $work/logs/nginx.error;
events {}
http {
  client_body_temp_path $work/a; proxy_temp_path $work/b;
  fastcgi_temp_path $work/c; uwsgi_temp_path $work/d; scgi_temp_path $work/e;
  access_log $work/logs/nginx combined;
  server {
    listen 127.0.0.1:$nginx;
    location / { proxy_pass http://127.0.0.1:$slow; }
  }
}
CONF
root/usr/sbin/nginx -e "$work/logs/nginx.error" -c "$work/nginx.conf" &
servers="$servers $!"

cat >apache.conf <<CONF
ServerName localhost
ServerRoot $work
PidFile $work/apache.pid
DefaultRuntimeDir $work
ErrorLog $work/logs/apache.error
Listen 127.0.0.1:$apache
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule proxy_module $modules/mod_proxy.so
LoadModule proxy_http_module $modules/mod_proxy_http.so
LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\"" \
  combined
CustomLog $work/logs/apache combined
ProxyPass / http://127.0.0.1:$slow/
CONF
[ "$(id -u)" != 0 ] || printf 'User nobody\nGroup nogroup\n' >>apache.conf
LD_LIBRARY_PATH=$libraries root/usr/sbin/apache2 -D FOREGROUND \
  -f "$work/apache.conf" &
servers="$servers $!"
chmod 755 "$work"

# Asks at the port $1, and prints the seconds from then to the time in the log
# $2.
ask() {
  local began line at i
  for i in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && break
    sleep 0.1
  done
  sleep 0.5
  began=$(date +%s)
  curl -s --max-time 30 -o /dev/null "http://127.0.0.1:$1/asked" || return 1
  for i in $(seq 100); do
    line=$(grep /asked "logs/$2" || true)
    [ -z "$line" ] || break
    sleep 0.1
  done
  echo "$line" >&2
  at=${line#*[}
  at=${at%% *}     # 30/Nov/2026:14:41:37
  at=${at//\// }   # 30 Nov 2026:14:41:37
  at=${at/:/ }
  echo $(($(date -d "$at" +%s) - began))
}

root/usr/sbin/nginx -v 2>&1
LD_LIBRARY_PATH=$libraries root/usr/sbin/apache2 -v | head -n 1
of_nginx=$(ask "$nginx" nginx) || exit 2
of_apache=$(ask "$apache" apache) || exit 2
echo "a request that takes 4 s: nginx logs the time $of_nginx s after its" \
  "start, Apache $of_apache s"
[ "$of_nginx" -ge 3 ] && [ "$of_apache" -le 2 ]
