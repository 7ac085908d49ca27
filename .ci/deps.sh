# Part of ./dev: installs missing packages and nothing else. Sourced; needs die().
# shellcheck shell=bash

# wanted LIST...: prints one "PACKAGE why" per line, from package lists. If a package has two lines, the first one
# counts.
wanted() {
  sed -E '/^[[:space:]]*(#|$)/d; s/[[:space:]]*#[[:space:]]*/ /' "$@" | awk '!seen[$1]++'
}

# missing LIST...: the lines of wanted() of which no alternative is installed. Reads dpkg's records only.
missing() {
  local names why name
  local -A installed=()
  while read -r name; do installed[$name]=1; done < <(
    dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
  while read -r names why; do
    for name in ${names//|/ }; do
      [[ -n "${installed[$name]:-}" ]] && continue 2
    done
    echo "$names $why"
  done < <(wanted "$@")
}

become_root=()
((EUID == 0)) || become_root=(sudo)

# may_become_root: succeeds if root is available.
may_become_root() { ((EUID == 0)) || command -v sudo >/dev/null; }

as_root() {
  may_become_root || die 77 "this needs root, and there is no sudo: as root, run: $*"
  "${become_root[@]}" "$@"
}

# Never asks a question, as there may be no user. Waits for another apt-get (unattended-upgrades).
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# available A|B: the first of the alternatives that apt can install here.
available() {
  local name
  for name in ${1//|/ }; do
    if [[ "$(apt-cache policy "$name" 2>/dev/null)" == *"Candidate: "[^\(]* ]]; then
      echo "$name"
      return
    fi
  done
  die 69 "apt knows no package ${1//|/ or }: shorthop is built on Debian 12 and 13; is 'main' in the apt sources?"
}

# install_missing LIST...: says what is missing and why, and installs it; silent if nothing is missing.
install_missing() {
  command -v dpkg-query >/dev/null || die 69 "this is not Debian: install the packages listed in .ci/packages/ by hand"
  local lines names why package packages=()
  lines="$(missing "$@")"
  [[ -n "$lines" ]] || return 0
  echo "== these packages are missing; apt-get will install them:"
  while read -r names why; do printf '   %-30s %s\n' "$names" "$why"; done <<<"$lines"
  apt_get update || die 69 "apt-get update failed: is the network up?"
  while read -r names why; do
    package="$(available "$names")" || exit
    packages+=("$package")
  done <<<"$lines"
  apt_get install --no-install-recommends "${packages[@]}" || die 69 "apt-get install failed: its last lines say why"
}
