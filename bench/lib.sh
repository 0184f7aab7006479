# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154,SC3045
# What the scripts of this directory have in common: to be read with `.`, with
# `root` set to the top of the checkout.  (Every sh of note has ulimit -H and -n.)

scratch=
nginx_pid_file=

die() {
  echo "${0##*/}: $*" >&2
  exit 2
}

# The end of every script, however it comes.
clean_up() {
  if [ -n "$nginx_pid_file" ] && [ -s "$nginx_pid_file" ]; then
    nginx_pid=$(cat "$nginx_pid_file")
    kill "$nginx_pid" 2>/dev/null || true
    tries=0
    while kill -0 "$nginx_pid" 2>/dev/null && [ "$tries" -lt 100 ]; do
      sleep 0.05
      tries=$((tries + 1))
    done
  fi
  nginx_pid_file=
  [ -z "$scratch" ] || rm -rf "$scratch"
  scratch=
}

make_scratch() {
  ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
  scratch=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

is_number() {
  case $1 in
  '' | *[!0-9]* | 0*) return 1 ;;
  esac
  [ "${#1}" -le 9 ]
}

find_nginx() {
  for nginx in "$(command -v nginx || true)" /usr/sbin/nginx \
    /usr/local/sbin/nginx; do
    [ -z "$nginx" ] || [ ! -x "$nginx" ] || return 0
  done
  die "nginx is not installed"
}

# What a server of nginx's answers, in one line each.
write_pages() {
  cat <<CONF
    location = /status { stub_status; }
    location /close { keepalive_timeout 0; return 200 "$page"; }
    location /files/ { alias $scratch/files/; gzip_static on; }
    location / { return 200 "$page"; }
CONF
}

# The addresses that a server listens on: 127.0.0.1, and with nginx_hosts=N
# 127.0.1.1 and so on, N in all, 250 in each net.
write_listens() { # PORT OPTIONS
  awk -v port="$1" -v options="$2" -v hosts="${nginx_hosts:-0}" 'BEGIN {
    print "    listen 127.0.0.1:" port " " options ";"
    for (i = 0; i < hosts; i++)
      printf "    listen 127.0.%d.%d:%d %s;\n", i / 250 + 1, i % 250 + 1, port,
        options
  }'
}

# A certificate that signed itself, for a day: for 127.0.0.1, and for all names
# under bench.localhost, which libcurl takes for this machine by itself.  What
# signs it is in ca.pem, and with the system's certificates in roots.pem.
make_certificate() {
  names=IP:127.0.0.1,DNS:bench.localhost,DNS:*.bench.localhost
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -days 1 -subj /CN=127.0.0.1 \
    -addext "subjectAltName=$names" \
    -keyout "$scratch/key.pem" -out "$scratch/ca.pem" \
    2>"$scratch/openssl.err" ||
    die "openssl cannot make a certificate"
  cat "$scratch/ca.pem" "$scratch/key.pem" >"$scratch/server.pem"
  cp "$scratch/ca.pem" "$scratch/roots.pem"
  roots=/etc/ssl/certs/ca-certificates.crt
  [ ! -r "$roots" ] || cat "$roots" >>"$scratch/roots.pem"
  nginx_tls=$scratch/server.pem
}

# Four more servers, for nginx_tls=FILE, a certificate with its key, on the next
# ports: HTTP/1.1, HTTP/2, HTTP/1.1 with sessions to resume, and HTTP/1.1 for
# the names under bench.localhost.  Only the third ever resumes a session.
write_tls_servers() { # PORT
  write_tls_server "127.0.0.1:$(($1 + 1)) ssl" off
  write_tls_server "127.0.0.1:$(($1 + 2)) ssl http2" off
  write_tls_server "127.0.0.1:$(($1 + 3)) ssl" "shared:bench:16m"
  write_tls_server "127.0.0.1:$(($1 + 4)) ssl" off "[::1]:$(($1 + 4)) ssl"
}

write_tls_server() { # LISTEN SESSION_CACHE [LISTEN]
  echo "  server {"
  echo "    listen $1 backlog=4096;"
  # libcurl tries ::1 first for such names.
  if [ -n "${3-}" ] && grep -qs '^0\{31\}1 ' /proc/net/if_inet6; then
    echo "    listen $3 backlog=4096;"
  fi
  cat <<CONF
    ssl_certificate $nginx_tls;
    ssl_certificate_key $nginx_tls;
    ssl_session_cache $2;
    ssl_session_tickets $([ "$2" = off ] && echo off || echo on);
CONF
  # One line of two bytes for each request: whether its session was resumed.
  [ "$2" = off ] || echo "    access_log $scratch/resumed.log resumed;"
  write_pages
  echo "  }"
}

write_nginx_conf() { # PORT
  if [ "$(id -u)" = 0 ]; then
    echo "user root;"
  fi
  cat <<CONF
worker_processes ${nginx_workers:-1};
pid $scratch/nginx.pid;
error_log $scratch/error.log warn;
worker_rlimit_nofile $(ulimit -Hn);
events { worker_connections $(nginx_connections); multi_accept on; }
http {
  access_log off;
  log_format resumed \$ssl_session_reused;
  default_type text/plain;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path $scratch/temp;
  proxy_temp_path $scratch/temp1;
  fastcgi_temp_path $scratch/temp2;
  uwsgi_temp_path $scratch/temp3;
  scgi_temp_path $scratch/temp4;
  server {
CONF
  write_listens "$1" "backlog=4096$(
    [ "${nginx_workers:-1}" = 1 ] || echo " reuseport"
  )"
  write_pages
  echo "  }"
  if [ -n "${nginx_tls-}" ]; then
    write_tls_servers "$1"
  fi
  echo "}"
}

# As many as the descriptors allow, up to 32768, since nginx takes memory for
# each.
nginx_connections() {
  limit=$(ulimit -Hn)
  if [ "$limit" = unlimited ] || [ "$limit" -gt 33000 ]; then
    limit=33000
  fi
  echo $((limit - 200))
}

# Starts an nginx that answers everything but a few paths with 200 bytes; its
# address is in `url` then.  Ports are tried until one is free.
start_nginx() {
  find_nginx
  page=$(awk 'BEGIN { while (n++ < 10) printf "%s", "twenty bytes a piece" }')
  tries=0
  while [ "$tries" -lt 20 ]; do
    tries=$((tries + 1))
    port=$(awk -v seed="$$$tries" \
      'BEGIN { srand(seed + srand()); print 15000 + int(17000 * rand()) }')
    write_nginx_conf "$port" >"$scratch/nginx.conf"
    if "$nginx" -p "$scratch" -c "$scratch/nginx.conf" \
      -e "$scratch/error.log" 2>"$scratch/nginx.err"; then
      nginx_pid_file=$scratch/nginx.pid
      url=http://127.0.0.1:$port/
      wait_for_file "$nginx_pid_file"
      return 0
    fi
  done
  cat "$scratch/nginx.err" >&2
  die "nginx cannot be started"
}

wait_for_file() { # FILE
  tries=0
  while [ ! -s "$1" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || die "$1 does not appear"
    sleep 0.05
  done
}

# Builds those programs in a release, unless a build directory was given.
build_programs() { # PROGRAM...
  if [ -z "$build" ]; then
    build=$root/build/release
    if [ ! -f "$build/CMakeCache.txt" ]; then
      (cd "$root" && cmake --preset release) >&2
    fi
    cmake --build "$build" --target "$@" -j 2 >&2
  fi
  for program in "$@"; do
    [ -x "$build/$program" ] || die "there is no $program in $build"
  done
}

build_release() {
  build_programs plain bench-path
}

# The load tester, and the server that knows the truth.
build_load() {
  ours=$build
  build_programs truthd bench-measure
  [ -n "$ours" ] || cmake --build "$build" --target lariat_tool -j 2 >&2
  [ -x "$build/lariat" ] || die "there is no lariat in $build"
}

# The crawler, and the web that it is measured on.
build_crawl() {
  ours=$build
  build_programs synthweb bench-measure
  [ -n "$ours" ] || cmake --build "$build" --target lariat_tool -j 2 >&2
  [ -x "$build/lariat" ] || die "there is no lariat in $build"
}

# All that the benches need; Go's program only where there is a Go.
build_benches() {
  ours=$build
  build_programs plain bench-path bench-easy bench-measure bench-mailbox \
    bench-hop bench-timers bench-histogram bench-await micro lariat-origin
  # The program, by the name of its target.
  [ -n "$ours" ] || cmake --build "$build" --target lariat_tool -j 2 >&2
  if [ -z "$ours" ] && command -v go >/dev/null; then
    GO111MODULE=off GOCACHE="$build/go-cache" go build -o "$build/nethttp" \
      "$root/bench/rivals/nethttp.go" >&2 || echo "Go's program: no" >&2
  fi
}

# The number under KEY in a line of JSON.
number_in() { # LINE KEY
  echo "$1" | sed -n "s/.*\"$2\":\\([-0-9.e+]*\\).*/\\1/p"
}

print_machine() {
  model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
  echo "machine    ${model:-$(uname -m)}, $(nproc) CPUs, $(uname -sr)"
  echo "load       $(cut -d ' ' -f 1-3 /proc/loadavg) at the start"
  echo "origin     $("$nginx" -v 2>&1 | sed 's/.*: //'), one worker, $url"
}
