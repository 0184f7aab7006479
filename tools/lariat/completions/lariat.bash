# SPDX-License-Identifier: MIT
# Completion of the program lariat for bash.

_lariat_fetch_options="--input --output --save --reactors --concurrency
  --per-host --rate --rate-per-host --delay --placement --timeout --connect-timeout --retries --retry-status
  --retry-budget --retry-all-methods --idle-timeout --max-body --max-redirects
  --memory --method --header --data --upload-file --cacert --insecure --http --resume --quiet --verbose --help --version"

_lariat() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "fetch --help --version" -- "$current")
    return
  fi
  case $previous in
    -i | --input | -o | --output | -T | --upload-file | --cacert)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      compopt -o filenames
      ;;
    --save)
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      compopt -o filenames
      ;;
    --placement)
      mapfile -t COMPREPLY < <(compgen -W "host spread" -- "$current")
      ;;
    --http)
      mapfile -t COMPREPLY < <(compgen -W "auto 1.1 2" -- "$current")
      ;;
    -X | --method)
      mapfile -t COMPREPLY < <(
        compgen -W "GET HEAD POST PUT PATCH DELETE OPTIONS" -- "$current"
      )
      ;;
    -r | --reactors | -c | --concurrency | --per-host | --rate | \
      --rate-per-host | --delay | --timeout | \
      --connect-timeout | --idle-timeout | --retries | --retry-status | \
      --retry-budget | --max-body | \
      --max-redirects | --memory | -H | --header | -d | --data) ;;
    *)
      mapfile -t COMPREPLY < <(
        compgen -W "$_lariat_fetch_options" -- "$current"
      )
      ;;
  esac
}

complete -F _lariat lariat
