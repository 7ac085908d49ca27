// One line that says what is being done, if standard error is a terminal.
#pragma once

#include <chrono>
#include <string_view>

namespace shorthop::tool {

class Progress {
 public:
  Progress();
  /// Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress& operator=(Progress&&) = delete;

  void begin(std::string_view what);
  /// Shows the line with an amount, at most a few times a second.
  void show(std::string_view what, std::size_t megabytes);

 private:
  bool is_terminal_;
  std::chrono::steady_clock::time_point shown_{};
};

}  // namespace shorthop::tool
