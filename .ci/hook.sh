# Part of ./dev: installs the pre-commit hook. Sourced; needs die().
# shellcheck shell=bash

# This line marks a hook as ours. The commands themselves are in the tree, so that they match the checked-out commit.
readonly hook_mark="# Made by ./dev hook of shorthop."

hook_text() {
  cat <<END
#!/bin/sh
$hook_mark
cd "\$(git rev-parse --show-toplevel)" || exit
[ ! -x .ci/pre-commit ] || exec .ci/pre-commit
END
}

# is_our_hook FILE
is_our_hook() { [[ -f "$1" ]] && grep -qxF "$hook_mark" "$1"; }

hook() {
  local file done_what=installed
  file="$(git rev-parse --git-path hooks/pre-commit 2>/dev/null)" ||
    die 69 "this is not a git repository, so there is no place for a hook"
  if [[ -e "$file" || -L "$file" ]]; then
    is_our_hook "$file" ||
      die 73 "$file exists and was not made by ./dev hook, so it was not changed; let it call .ci/pre-commit"
    if [[ -x "$file" && "$(<"$file")" == "$(hook_text)" ]]; then
      echo "$file is installed already"
      return
    fi
    done_what=updated
  fi
  mkdir -p "$(dirname "$file")"
  hook_text >"$file"
  chmod 755 "$file"
  echo "$file $done_what: before each commit it checks the format of the staged C++ files (if clang-format-19 is"
  echo "installed) and the rules of tests/structure; git commit --no-verify skips it"
}
