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

write_nginx_conf() { # PORT
  if [ "$(id -u)" = 0 ]; then
    echo "user root;"
  fi
  cat <<CONF
worker_processes 1;
pid $scratch/nginx.pid;
error_log $scratch/error.log warn;
worker_rlimit_nofile $(ulimit -Hn);
events { worker_connections 8192; multi_accept on; }
http {
  access_log off;
  default_type text/plain;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path $scratch/temp;
  proxy_temp_path $scratch/temp1;
  fastcgi_temp_path $scratch/temp2;
  uwsgi_temp_path $scratch/temp3;
  scgi_temp_path $scratch/temp4;
  server {
    listen 127.0.0.1:$1 backlog=4096;
    location / { return 200 "$page"; }
  }
}
CONF
}

# Starts an nginx with one worker that answers everything with 200 bytes; its
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

# Builds the programs of a release, unless a build directory was given.
build_release() {
  if [ -z "$build" ]; then
    build=$root/build/release
    if [ ! -f "$build/CMakeCache.txt" ]; then
      (cd "$root" && cmake --preset release) >&2
    fi
    cmake --build "$build" --target plain bench-path -j 2 >&2
  fi
  for program in plain bench-path; do
    [ -x "$build/$program" ] || die "there is no $program in $build"
  done
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
