# Part of ./dev: "did you mean". Sourced.
# shellcheck shell=bash

# distance A B: the edit distance of two words (Levenshtein), computed row by row.
distance() {
  local a="$1" b="$2" i j cost best row=() previous=()
  for ((j = 0; j <= ${#b}; j++)); do previous[j]=$j; done
  for ((i = 1; i <= ${#a}; i++)); do
    row[0]=$i
    for ((j = 1; j <= ${#b}; j++)); do
      [[ "${a:i-1:1}" == "${b:j-1:1}" ]] && cost=0 || cost=1
      best=$((previous[j - 1] + cost))
      ((best <= previous[j] + 1)) || best=$((previous[j] + 1))
      ((best <= row[j - 1] + 1)) || best=$((row[j - 1] + 1))
      row[j]=$best
    done
    previous=("${row[@]}")
  done
  echo "${previous[${#b}]}"
}

# nearest WORD CANDIDATE...: the candidate with the fewest edits.
nearest() {
  local word="$1" candidate edits fewest=1000 found=""
  shift
  for candidate in "$@"; do
    edits="$(distance "$word" "$candidate")"
    ((edits < fewest)) && fewest=$edits found="$candidate"
  done
  echo "$found"
}
