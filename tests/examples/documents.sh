#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Does what README.md and docs/tutorial.md tell a newcomer to do, in an empty
# directory, with lariat installed where README.md says for those without root
# (its block ```sh own-prefix): a block that begins with ```c NAME.c is
# typed into that file, and the commands of each ```console block are run, in
# the order in which they are on the page.
#
# What a command prints must be what the page shows, line for line, in any
# order; the sign … stands for anything.  The port 8080 stands for the
# origin's.
# usage: documents.sh BUILD_DIRECTORY
# shellcheck source=tests/examples/origin.bash
. "$(dirname "$0")/origin.bash"

from_cache() {
  sed -n "s/^$1:[^=]*=//p" "$build/CMakeCache.txt"
}

# Runs the block in this shell: what it exports is for the sessions.
install_lariat() {
  mkdir "$scratch/home"
  ln -s "$build" "$scratch/home/build"
  sed -n '/^```sh own-prefix$/,/^```$/{/^```/!p}' "$source/README.md" \
    >"$scratch/home/block"
  [ "$(wc -l <"$scratch/home/block")" -ge 2 ]
  export HOME=$scratch/home
  cd "$HOME"
  # shellcheck source=/dev/null
  . ./block >"$scratch/log"
}

# The compiler under the name that the pages use, with what this build needs.
set_compiler() {
  local sanitize flags="-Wall -Wextra -Werror"
  sanitize=$(from_cache LARIAT_SANITIZE)
  [ -z "$sanitize" ] || flags+=" -fsanitize=$sanitize"
  mkdir "$scratch/bin"
  printf '#!/bin/sh\nexec %s %s "$@"\n' "$(from_cache CMAKE_C_COMPILER)" \
    "$flags" >"$scratch/bin/cc"
  chmod +x "$scratch/bin/cc"
  export PATH=$scratch/bin:$PATH
}

# Takes a page apart: its programs into the present directory, its sessions
# into session.1, session.2, ...
take_apart() {
  sed "s/\b8080\b/$port/g" "$1" | awk '
    /^```c [a-z_]+\.c$/ { file = $2; programs++; next }
    /^```console$/ { file = "session." ++sessions; next }
    /^```/ { if (file) close(file); file = ""; next }
    file { print > file }
    END { print programs + 0, sessions + 0 }'
}

# same EXPECTED ACTUAL: as the page says.
same() {
  local pattern line found
  local -a rest
  mapfile -t rest <<<"$2"
  while IFS= read -r pattern; do
    found=
    for line in "${!rest[@]}"; do
      # shellcheck disable=SC2053 # the right side is a pattern
      if [[ ${rest[$line]} == $pattern ]]; then
        unset "rest[$line]"
        found=yes
        break
      fi
    done
    [ "$found" ] || return 1
  done < <(sed 's/[][*?\\]/\\&/g; s/…/*/g' <<<"$1")
  [ ${#rest[@]} = 0 ]
}

# The exit code of what a page runs is not looked at: some of it shall fail.
check_command() {
  local actual
  actual=$(timeout 60 bash -c "$1" 2>&1 </dev/null) || true
  commands=$((commands + 1))
  same "$2" "$actual" && return
  printf '%s\n$ %s\nshould print:\n%s\nprints:\n%s\n' "$page" "$1" "$2" \
    "$actual"
  exit 1
}

# A session is commands, each after "$ " (and going on after "\" in the next
# line), with what they print.
run_session() {
  local line command='' expected=
  while IFS= read -r line; do
    if [[ $command == *\\ ]]; then
      command=${command%\\}$line
    elif [[ $line == '$ '* ]]; then
      [ -z "$command" ] || check_command "$command" "${expected%$'\n'}"
      command=${line#'$ '}
      expected=
    else
      expected+=$line$'\n'
    fi
  done <"$1"
  check_command "$command" "${expected%$'\n'}"
}

install_lariat
set_compiler
for page in ${PAGES-README.md docs/tutorial.md}; do
  commands=0
  mkdir "$scratch/try"
  cd "$scratch/try"
  ln -s "$source/docs" docs
  read -r programs sessions < <(take_apart "$source/$page")
  for ((i = 1; i <= sessions; i++)); do
    run_session "session.$i"
  done
  echo "$page: $programs programs, $commands commands"
  [ "$programs" -gt 0 ] && [ "$commands" -gt 0 ]
  cd "$scratch"
  rm -r "$scratch/try"
done
