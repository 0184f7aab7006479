#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Looks at docs/recipes: what is a script parses, what is YAML does where there
# is a reader of it, and the program takes the options of each line that runs it
# (in files, and in blocks ```sh of pages): a load test shows its plan, and a
# crawl only finds that its directory cannot be made.  Nothing is sent.
# usage: recipes.sh BUILD_DIRECTORY
set -euo pipefail
export LC_ALL=C
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../../docs/recipes"
[ -x "$build/lariat" ] || exit 77 # built without the program
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

wrong() {
  printf '%s: %s\n' "$1" "$2" >&2
  failed=1
}

# ---- Files ----

check_syntax() {
  local file
  for file in ssh/* slurm/* object-storage/*; do
    bash -n "$file" || wrong "$file" "does not parse"
  done
  /usr/bin/python3 -c 'import yaml' 2>"$scratch/said" || {
    echo "YAML: left out, there is no yaml for python3"
    return 0
  }
  for file in kubernetes/*.yaml; do
    /usr/bin/python3 -c 'import sys, yaml
for document in yaml.safe_load_all(sys.stdin):
    document["apiVersion"], document["kind"], document["metadata"]["name"]' \
      <"$file" || wrong "$file" "does not parse"
  done
}

# ---- Command lines ----

# Prints the commands of a file, one a line, from the word that is the program.
list_commands() {
  awk -v page="$1" '
    page ~ /\.md$/ {
      if (/^```/) { inside = /^```sh$/; next }
      if (!inside) next
    }
    /^[ \t]*#/ { next }
    {
      text = text $0
      if (sub(/\\$/, "", text)) next
      if (match(text, /(^|[ \/=])lariat(-load-mpi)? +[a-z-]/)) {
        command = substr(text, RSTART)
        sub(/^[ \/=]/, "", command)
        print command
      }
      text = ""
    }' "$1"
}

# What the shell, GNU parallel, Kubernetes, Slurm and systemd put in.
# shellcheck disable=SC2034 # the commands use them
fill_in() {
  JOB_COMPLETION_INDEX=0 SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_JOB_ID=1
  START_AT=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
  LARIAT_START=$START_AT start=$START_AT
  RATE=1000 DURATION=10s URL=http://127.0.0.1:1/
  name=part parts=4 part=0 CRAWL_DIRECTORY=/dev/null/crawl
}

# Takes a line apart as a shell does, into the array `words`: without what the
# shell itself does with it, and without the rest of a text in quotes.
take_apart() {
  local text quotes
  # shellcheck disable=SC2016 # what the recipes say
  text=$(sed -E 's/ #.*//; s/ ?[0-9]*>.*//; s/\{\}/1/g; s/ (\||&).*//
    s/%i/site/g; s/ (&&|\|\|) .*//; s/\$PWD/./
    s/--config [^ ]+/--config x.conf/; s/"\$[23]"/site/' <<<"$1")
  quotes=${text//[!\']/}
  [ $((${#quotes} % 2)) = 0 ] || text=${text%%\'*}
  fill_in
  set -- http://127.0.0.1:1/
  eval "words=($text)"
}

# Prints the words with a directory that cannot be made, a database that cannot
# be reached and the present configuration; without reports, which a plan has
# none of.
harmless() {
  local word before=
  for word in "${words[@]}"; do
    if [ "$word" = --json ] || [ "$before" = --json ]; then
      before=$word
      continue
    fi
    before=$word
    case $word in
      /data/* | /var/lib/* | crawl/* | site) word=/dev/null/$word ;;
      postgres://*) word="postgres:///crawl?host=/dev/null" ;;
      *.conf) word=$scratch/crawl.conf ;;
    esac
    printf '%s\0' "$word"
  done
}

run() {
  (cd "$scratch" && timeout 60 "$@" >"$scratch/out" 2>"$scratch/said" \
    </dev/null) && code=0 || code=$?
}

tell_wrong() {
  wrong "$file" "$command: $(head -n 1 "$scratch/said")"
}

# Runs a command so that it does nothing but read its options.
check_command() {
  local file=$1 command=$2 code=0 program
  local -a words=()
  take_apart "$command"
  mapfile -d '' words < <(harmless)
  program=$build/${words[0]}
  [ -x "$program" ] || {
    echo "$file: left out, this build has no ${words[0]}"
    return 0
  }
  case "${words[*]:0:3}" in
    "lariat load merge"*)
      run "$program" "${words[@]:1}"
      ! grep -q '^Try ' "$scratch/said" || tell_wrong
      ;;
    "lariat load "* | lariat-load-mpi*)
      run "$program" "${words[@]:1}" --plan
      [ "$code" = 0 ] || tell_wrong
      ;;
    *)
      run "$program" "${words[@]:1}"
      [ "$code" != 2 ] || tell_wrong
      ;;
  esac
  commands=$((commands + 1))
}

check_commands() {
  local file line before
  for file in *.md */*; do
    before=$commands
    while IFS= read -r line; do
      check_command "$file" "$line"
    done < <(list_commands "$file")
    echo "$file: $((commands - before)) commands"
  done
}

# Each configuration is that of the commands, in turn.
take_configuration() { # FILE
  sed -n '/^ *crawl.conf: |$/,/^ *seeds.txt: |$/{/: |$/!s/^    //p}' "$1" \
    >"$scratch/crawl.conf"
  [ -s "$scratch/crawl.conf" ] || cp "$1" "$scratch/crawl.conf"
  echo http://127.0.0.1:1/ >"$scratch/seeds.txt"
  sed -i "s|^frontier = .*|frontier = postgres:///crawl?host=/dev/null|
    s|^input = .*|input = $scratch/seeds.txt|" "$scratch/crawl.conf"
}

check_syntax
commands=0
for file in kubernetes/crawl-workers.yaml systemd/crawl.conf; do
  take_configuration "$file"
  check_commands
done
echo "$commands commands"
[ "$commands" -ge 20 ] || wrong recipes "only $commands commands"
exit $failed
