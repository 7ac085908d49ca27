# Part of ./dev: runs the layers of tests and counts their outcomes. Sourced after deps.sh; needs build().
# shellcheck shell=bash disable=SC2154  # deps.sh sets become_root

# shellcheck disable=SC2034  # for dev
readonly layers=(structure unit case wire tool oracle install panels fuzz san live export mta)
# These mostly wait for servers. In a run of all layers, they begin in the background.
readonly waiting=(live export mta)
# shellcheck disable=SC2034  # too long for every run: only on request
readonly long_layers=(packages)
passed=0 failed=0 skipped=0
failures=()  # a text for each failed program
preset=release  # the preset of the plain layers; --preset changes it

# print_header TEXT
print_header() { printf '\n== %s\n' "$*"; }

# tally PASSED FAILED SKIPPED
tally() {
  passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# skip LAYER WHY: prints the reason, and counts one skipped test.
skip() {
  printf '\n!! SKIPPED: the layer %s: %s\n' "$1" "$2"
  tally 0 0 1
}

# number WORDS TEXT: the number before WORDS in TEXT, or 0.
number() {
  [[ "$2" =~ ([0-9]+)\ $1 ]] && echo "${BASH_REMATCH[1]}" || echo 0
}

# outcome FILE: "PASSED FAILED SKIPPED" from the last summary in a program's output: Catch2's, or the closing line of
# our own runners. Without a summary: no output and status 1.
outcome() {
  local last
  last="$(grep -E '^All tests passed \(|^test cases: |^[0-9]+ passed, [0-9]+ failed' "$1" |
    tail -n 1 | tr -s ' ')"
  case "$last" in
    'All tests passed'*) echo "$(number 'test case' "$last") 0 0" ;;
    'test cases:'* | [0-9]*)
      # "failed as expected" counts as passed.
      echo "$(($(number passed "$last") + $(number 'failed as expected' "$last")))" \
        "$(number 'failed( \||,|$)' "$last")" "$(number skipped "$last")"
      ;;
    *) return 1 ;;
  esac
}

# remember_failure LOG COMMAND: keeps the lines about failures, which close_tests shows again at the end. The runners
# and Catch2 all print FAIL; without that word, as after a crash, the last lines are kept.
remember_failure() {
  local about
  about="$(grep -E -B 3 -A 20 'FAIL' "$1" | head -n 100)" || true
  failures+=("$(printf -- '-- %s\n%s\n' "$2" "${about:-$(tail -n 20 "$1")}")")
}

# run_counted LIMIT COMMAND...: shows the output and counts the outcome. A program that crashes, hangs beyond LIMIT (in
# the form of timeout(1)) or prints no result is a failed test.
run_counted() {
  local limit="$1" log status=0 p=0 f=0 s=0
  shift
  log="$(mktemp)"
  printf -- '-- %s\n' "${*/#"$PWD/"/}"
  timeout --foreground --kill-after=20 "$limit" "$@" </dev/null 2>&1 | tee "$log" || status="${PIPESTATUS[0]}"
  if ! read -r p f s < <(outcome "$log"); then
    p=0 f=1 s=0
    echo "!! no summary of tests in the output (exit status $status)"
  elif ((status != 0 && f == 0)); then
    f=1
    echo "!! exit status $status although no test failed$( ((status == 124)) && echo ": it took longer than $limit")"
  fi
  ((f == 0)) || remember_failure "$log" "$*"
  rm -f "$log"
  tally "$p" "$f" "$s"
}

# with_sanitizers PRESET COMMAND...: sets options so that a finding ends the program with a failure status.
with_sanitizers() {
  local kind="$1"
  shift
  export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
  export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"
  export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1"
  # TSan of GCC 12 crashes at random with the address randomisation of newer kernels (vm.mmap_rnd_bits > 28).
  if [[ "$kind" == tsan ]] && setarch --addr-no-randomize true 2>/dev/null; then
    "$1" "$2" setarch --addr-no-randomize "${@:3}"
  else
    "$@"
  fi
}

# escaped NAME: escapes characters that are special in Catch2's patterns, for use as part of a title.
# shellcheck disable=SC2001  # ${1//...} cannot keep the character that it replaces
escaped() { sed 's/[][,\\]/\\&/g' <<<"$1"; }

# has_test PROGRAM TITLE: whether a test case of the program matches; works with Catch2 v2 and v3.
has_test() { [[ $'\n'"$("$1" --list-tests "$2")" != *$'\n''0 matching test cases'* ]]; }

# run_binaries PRESET NAME PROGRAM...: runs Catch2 programs; NAME selects the test cases with it in their title.
run_binaries() {
  local kind="$1" title="${2:+"*$(escaped "$2")*"}" program
  shift 2
  for program in "$@"; do
    if [[ ! -x "$program" ]]; then
      echo "!! there is no $program: does it have sources?"
      tally 0 1 0
    elif [[ -z "$title" ]] || has_test "$program" "$title"; then
      with_sanitizers "$kind" run_counted 10m "$PWD/$program" ${title:+"$title"}
    fi
  done
}

# programs_of PRESET LAYER [NAME]: the paths of the layer's test programs; unit has one for each folder of milter/.
programs_of() {
  local bin="build/$1/bin"
  case "$2" in
    unit) if [[ -n "${3:-}" && -x "$bin/unit-${3:-}" ]]; then echo "$bin/unit-$3"; else printf '%s\n' "$bin"/unit-*; fi ;;
    *) echo "$bin/$2" ;;
  esac
}

# catch_layer PRESET LAYER [NAME]: NAME is a folder of milter/ (unit) or part of a test's title.
catch_layer() {
  local programs name="${3:-}"
  mapfile -t programs < <(programs_of "$1" "$2" "$name")
  [[ "${programs[*]}" == "build/$1/bin/unit-$name" ]] && name=""
  run_binaries "$1" "$name" "${programs[@]}"
}

layer_structure() { run_counted 5m python3 tests/structure/run.py --bin "build/$preset/bin" "$@"; }
layer_unit() { catch_layer "$preset" unit "$@"; }
layer_case() { catch_layer "$preset" case "$@"; }
layer_wire() { catch_layer "$preset" wire "$@"; }

# why_no_hosts: prints why no private Postfix can run here, or nothing if one can. A private Postfix needs root and
# namespaces; a container or a chroot may have neither.
why_no_hosts() {
  if ! may_become_root; then
    echo "it needs root, and there is no sudo"
  elif ! as_root unshare --mount --net --uts true 2>/dev/null; then
    echo "this system gives no network and mount namespaces (unshare --mount --net --uts failed)"
  fi
}

# set_command LAYER: sets layer_command to the command that runs its tests.
set_command() {
  case "$1" in
    live) layer_command=(python3 tests/live/run.py --bin "build/$preset/bin" --seed "${SHORTHOP_SEED:-1}") ;;
    *)
      layer_command=("${become_root[@]}" env PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
        SHORTHOP_SEED="${SHORTHOP_SEED:-1}" SHORTHOP_SYNC_SECONDS="${SHORTHOP_SYNC_SECONDS:-20}"
        python3 "tests/$1/run.py" --bin "$PWD/build/$preset/bin")
      [[ "$1" != mta ]] || layer_command+=(--at-once 2)
      ;;
  esac
}

# run_or_await LAYER LIMIT [NAME]: runs its tests; if they run in the background already, waits for them.
run_or_await() {
  local layer_command
  if [[ -n "${pid_of[$1]:-}" ]]; then
    await "$1" "$2"
  else
    set_command "$1"
    run_counted "$2" "${layer_command[@]}" "${@:3}"
  fi
}

# run_on_private_hosts LAYER LIMIT [NAME]
run_on_private_hosts() {
  local why
  why="$(why_no_hosts)"
  if [[ -n "$why" ]]; then skip "$1" "$why"; else run_or_await "$@"; fi
}

declare -A log_of=() pid_of=()  # of each layer that runs in the background

# begin LAYER COMMAND...: runs the command in the background, in its own session, so that all its processes can be ended
# at once.
begin() {
  local layer="$1"
  shift
  log_of[$layer]="$(mktemp)"
  setsid "$@" </dev/null >"${log_of[$layer]}" 2>&1 &
  pid_of[$layer]=$!
  trap 'for pid in "${pid_of[@]}"; do kill -- "-$pid" 2>/dev/null || true; done' EXIT
}

# await LAYER LIMIT: shows the output of a layer that has begun, and counts its outcome.
await() {
  local before=$failed
  run_counted "$2" tail --lines=+1 --follow --pid="${pid_of[$1]}" "${log_of[$1]}"
  if ! wait "${pid_of[$1]}" && ((failed == before)); then
    echo "!! $1 ended with an error although no test failed"
    tally 0 1 0
  fi
  rm -f "${log_of[$1]}"
  unset "pid_of[$1]"  # a new process may get this ID, and must not be killed at the end
}

# begin_waiting: begins the layers that mostly wait for servers.
begin_waiting() {
  local layer layer_command
  print_header "${waiting[*]} begin in the background"
  for layer in "${waiting[@]}"; do
    [[ "$layer" == live || -z "$(why_no_hosts)" ]] || continue
    set_command "$layer"
    begin "$layer" "${layer_command[@]}"
  done
}

layer_live() { run_or_await live 20m "$@"; }
layer_mta() { run_on_private_hosts mta 30m "$@"; }
layer_export() { run_on_private_hosts export 20m "$@"; }
layer_panels() { run_on_private_hosts panels 15m "$@"; }

layer_tool() { run_counted 5m python3 tests/tool/run.py --bin "build/$preset/bin" "$@"; }
layer_install() { run_counted 5m python3 tests/install/run.py --bin "build/$preset/bin" "$@"; }
layer_oracle() { run_counted 10m python3 tests/oracle/run.py --bin "build/$preset/bin" "$@"; }

# begin_fuzzing: builds what layer_fuzz and layer_san need, then fuzzes, with low priority. If one of these builds
# fails, layer_san repeats it and reports the failure.
begin_fuzzing() {
  local threaded
  print_header "the builds for the sanitizers, and fuzz, begin in the background"
  mapfile -t threaded < <(threaded_programs)
  # shellcheck disable=SC2016  # the parameters are of the inner shell
  begin fuzz nice -n 19 bash -c '{ ./dev build asan; ./dev build tsan "${@:2}"; } >/dev/null 2>&1
    exec python3 tests/fuzz/run.py --seconds "$1"' fuzzing "${FUZZ_SECONDS:-10}" "${threaded[@]}" wire
}

# layer_fuzz [TARGET]: replays earlier findings, then searches for more for a short time, which proves that the targets
# still run. `./dev fuzz` and `./dev soak` search for longer.
layer_fuzz() {
  local target="${1:+fuzz-$1}"
  [[ -z "${1:-}" || -d "tests/fuzz/corpus/$1" ]] || return 0
  replay_corpora "$preset" "$@"
  if [[ -n "${pid_of[fuzz]:-}" ]]; then
    await fuzz 60m
  elif (build asan "${target:-all-fuzz}"); then
    run_counted 60m python3 tests/fuzz/run.py --seconds "${FUZZ_SECONDS:-10}" "$@"
  else
    echo "!! the build of the fuzz targets failed"
    tally 0 1 0
  fi
}

# Makes whole systems with debootstrap and boots them: this needs root, and a kernel that permits it.
layer_packages() {
  if ! may_become_root; then
    skip packages "it needs root, and there is no sudo"
  elif ! as_root unshare --mount --net --uts --pid --fork true 2>/dev/null; then
    skip packages "this system gives no namespaces (unshare --mount --net --uts --pid failed)"
  else
    run_counted 120m "${become_root[@]}" env PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
      python3 tests/packages/run.py "$@"
  fi
}

# replay_corpora PRESET [TARGET]: replays the seeds and earlier findings of fuzzing.
replay_corpora() {
  local corpus target
  for corpus in tests/fuzz/corpus/${2:-*}; do
    target="fuzz-${corpus##*/}"
    with_sanitizers "$1" run_counted 5m "$PWD/build/$1/bin/$target" "$corpus"
  done
}

# The sanitizers: wire, unit and case run with asan, which finds memory errors. Programs with threads also run with
# tsan. NAME is a folder of milter/, which selects its unit tests, or part of a test's title.
layer_san() {
  local title="${1:-}" programs=(wire tests/unit/*/ case) threaded
  if [[ -n "$title" && -d "tests/unit/$title" ]]; then
    programs=("tests/unit/$title/")
    title=""
  fi
  programs=("${programs[@]%/}")
  programs=("${programs[@]/#tests\/unit\//unit-}")
  run_sanitized asan "$title" "${programs[@]}"
  mapfile -t threaded < <(printf '%s\n' "${programs[@]}" | grep -Fx -f <(echo wire; threaded_programs))
  ((${#threaded[@]} == 0)) || run_sanitized tsan "$title" "${threaded[@]}"
}

# run_sanitized PRESET TITLE PROGRAM...: builds the programs, and runs their tests: those with TITLE in their titles, or
# all tests if TITLE is empty.
run_sanitized() {
  local programs=("${@:3}")
  if (build "$1" "${programs[@]}"); then
    print_header "san: $1"
    run_at_once "$1" "$2" "${programs[@]/#/build/$1/bin/}"
  else
    echo "!! the build of $1 failed"
    tally 0 1 0
  fi
}

# threaded_programs: the unit tests of the folders whose code or tests start threads.
threaded_programs() {
  local folder
  for folder in tests/unit/*/; do
    folder="$(basename "$folder")"
    ! grep -qrE 'std::(j?thread|async)' "milter/$folder" "tests/unit/$folder" || echo "unit-$folder"
  done
}

# run_at_once PRESET TITLE PROGRAM...: like run_binaries, with as many programs in parallel as there are processors. The
# outputs are shown one after the other.
run_at_once() {
  local kind="$1" title="$2" folder program n=0
  shift 2
  folder="$(mktemp -d)"
  ( # in a shell of its own, which has no other layers in the background to wait for
    for program in "$@"; do
      ((n < $(nproc))) || { wait -n || true; }
      run_one_of_many "$folder/$n" "$kind" "$title" "$program" &
      n=$((n + 1))
    done
    wait
  )
  collect "$folder" "$#"
  rm -r "$folder"
}

# run_one_of_many FILE PRESET NAME PROGRAM: writes its output to FILE.log, and its counts to FILE.counts.
run_one_of_many() {
  passed=0 failed=0 skipped=0
  run_binaries "${@:2}" >"$1.log" 2>&1
  echo "$passed $failed $skipped" >"$1.counts"
}

# collect FOLDER N: shows and adds up the results of N programs in it. A program without counts has failed.
collect() {
  local i p f s
  for ((i = 0; i < $2; i++)); do
    cat "$1/$i.log"
    read -r p f s <"$1/$i.counts" || { p=0 f=1 s=0; }
    ((f == 0)) || remember_failure "$1/$i.log" "$(head -n 1 "$1/$i.log")"
    tally "$p" "$f" "$s"
  done
}

# cmake_target_of LAYER|all [NAME]: the CMake target to build for the layer.
cmake_target_of() {
  case "$1" in
    fuzz) echo all-fuzz ;;
    unit) [[ -n "${2:-}" && -d "tests/unit/$2" ]] && echo "unit-$2" || echo unit-tests ;;
    case | wire) echo "$1" ;;
    *) echo all ;;
  esac
}

# has_layer LAYER: whether it has tests.
has_layer() {
  case "$1" in
    oracle) [[ -f tests/oracle/run.py ]] ;;
    *) true ;;
  esac
}

# run_layer LAYER [NAME]
run_layer() {
  local p=$passed f=$failed s=$skipped begin=$SECONDS
  print_header "layer $1${2:+: $2}"
  "layer_$1" "${@:2}"
  printf -- '-- layer %s: %d passed, %d failed, %d skipped in %d s\n' \
    "$1" $((passed - p)) $((failed - f)) $((skipped - s)) $((SECONDS - begin))
}

# close_tests: prints what failed and the closing line. Its status is 0 if tests passed and none failed.
close_tests() {
  ((passed + failed + skipped > 0)) || echo "!! no test has that name"
  if ((${#failures[@]} > 0)); then
    print_header "what failed"
    printf '%s\n' "${failures[@]}"
  fi
  printf '\n'
  if ((skipped > 0)); then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  ((failed == 0 && passed > 0))
}
