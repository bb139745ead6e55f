# What the test scripts share. Sourced, not run.
# shellcheck shell=bash

# Outside the clone, so that it outlives it: compiled code, the Compose plugin, root file systems.
cache=${QUARTERDECK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/quarterdeck-tests}
compose_version=$(sed -n "s|.*github.com/docker/compose/v2 ||p" "${BASH_SOURCE[0]%/*}/docker/compose/go.mod" | cut -d" " -f1)
# shellcheck disable=SC2034 # used by who sources this
compose=$cache/bin/compose-$compose_version
export PATH=$PATH:/usr/sbin:/sbin

# need PROGRAM:PACKAGE…: installs the Debian packages of programs that are missing, or says which.
need() {
  local pair missing=()
  for pair; do command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}"); done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "missing here: ${missing[*]} (Debian's names); install them, or run as root" >&2
    return 1
  fi
  {
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}" ||
      { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"; }
  } >"${TMPDIR:-/tmp}/quarterdeck-apt.$$" 2>&1 || { cat "${TMPDIR:-/tmp}/quarterdeck-apt.$$" >&2; rm -f "${TMPDIR:-/tmp}/quarterdeck-apt.$$"; return 1; }
  rm -f "${TMPDIR:-/tmp}/quarterdeck-apt.$$"
}

# Where the programs of one Go module of the test cluster are: named by what its module files say.
kubernetes_bin() {
  local folder=${BASH_SOURCE[0]%/*}/kubernetes/$1
  echo "$cache/bin/$1-$(cat "$folder/go.mod" "$folder/go.sum" | sha256sum | cut -c1-12)"
}
