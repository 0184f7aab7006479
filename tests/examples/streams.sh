#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/byte_stream.md against a server of OpenSSL's on
# loopback, which turns each line round.
# usage: streams.sh BUILD_DIRECTORY
set -euo pipefail
export LC_ALL=C
program=$1/examples/reverse_lines

if ! command -v openssl >/dev/null; then
  echo "skipped: there is no openssl"
  exit 77
fi
scratch=$(mktemp -d)
server_PID=
trap 'kill "$server_PID" 2>/dev/null || true; rm -rf "$scratch"' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -subj /CN=test -addext subjectAltName=IP:127.0.0.1 -days 2 \
  -keyout "$scratch/key" -out "$scratch/certificate" 2>"$scratch/log"

# The server ends with its standard output's reader, or by the trap.
coproc server {
  exec openssl s_server -rev -accept 127.0.0.1:0 -cert "$scratch/certificate" \
    -key "$scratch/key" 2>&1
}
port=
while [ -z "$port" ]; do
  read -r -t 20 -u "${server[0]}" word address || exit 1
  [ "$word" = ACCEPT ] && port=${address##*:}
done

# says CODE WANTED ARGUMENT...: the exit code, and all of the output.
says() {
  local wanted=$1 text=$2 code=0 out
  shift 2
  out=$(timeout 60 "$program" "$@" 2>&1) || code=$?
  [ "$code" = "$wanted" ] && [ "$out" = "$text" ] && return
  printf '%s: exit code %s, and says:\n%s\n' "$*" "$code" "$out" >&2
  return 1
}

url=https://127.0.0.1:$port
says 0 'dlrow ,olleh
2' "$url" "$scratch/certificate" 'hello, world' 2
says 0 '' "$url" "$scratch/certificate"

# Another certificate, another name, nobody at all.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -subj /CN=test -days 2 -keyout "$scratch/key2" -out "$scratch/certificate2" \
  2>"$scratch/log"
code=0
timeout 60 "$program" "$url" "$scratch/certificate2" x 2>"$scratch/out" ||
  code=$?
grep -q 'certificate is not trusted' "$scratch/out"
[ "$code" = 1 ]
code=0
timeout 60 "$program" https://127.0.0.1:1 "$scratch/certificate" x \
  2>"$scratch/out" || code=$?
grep -q 'no connection' "$scratch/out"
[ "$code" = 1 ]
says 2 'usage: reverse_lines HTTPS_URL CA_FILE LINE...'
