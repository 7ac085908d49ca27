// The output of a program, started without a shell and with limits for time and size.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

struct ChildLimits {
  std::chrono::milliseconds time{10'000};
  std::size_t bytes = 4 << 20;
};

struct ChildFailure {
  enum class Kind { not_found, failed, timed_out };
  Kind kind = Kind::failed;
  std::string what;                  ///< a sentence with the program's name
  std::optional<int> exit_status{};  ///< if it exited by itself
  bool has_error_message = false;    ///< standard error had a line that is not a warning of Postfix
};

/// A program that exited by itself within the limits, with any status.
struct ChildRun {
  int exit_status = 0;
  std::string output;
  std::string errors;  ///< standard error
};

/// The path of an executable file of that name, in PATH or in the usual directories for commands; empty if there is
/// none.
std::string find_program(std::string_view name);

/// Standard output of a program that exits with status 0 within the limits; otherwise the reason, which quotes its
/// standard error. At a limit the program is killed, with its children. `program` is an absolute path.
std::expected<std::string, ChildFailure> child_output(const std::string& program,
                                                      const std::vector<std::string>& arguments,
                                                      const ChildLimits& limits = {});

/// As child_output(), but standard output is written to the descriptor `output`.
std::expected<void, ChildFailure> child_output_to(int output, const std::string& program,
                                                  const std::vector<std::string>& arguments, const ChildLimits& limits);

/// Runs a program with `input` as its standard input, in `directory` (empty: the directory of this process). Any exit
/// status is a result. It is a failure if the program was not started, reached a limit, or was ended by a signal.
std::expected<ChildRun, ChildFailure> run_child(const std::string& program, const std::vector<std::string>& arguments,
                                                std::string_view input, const ChildLimits& limits,
                                                const std::string& directory = {});

}  // namespace shorthop
