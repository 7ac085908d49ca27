#include "tool/mirror/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <string>

namespace shorthop::tool {
namespace {

constexpr std::chrono::milliseconds between_lines{200};

void put_on_terminal(std::string_view text) {
  // Whether it could be written does not matter.
  [[maybe_unused]] const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Progress::Progress() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { begin(""); }

void Progress::begin(std::string_view what) {
  if (is_terminal_) put_on_terminal(fmt::format("\r\033[K{}", what));
}

void Progress::show(std::string_view what, std::size_t megabytes) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_terminal_ || now - shown_ < between_lines) return;
  shown_ = now;
  begin(fmt::format("{}: {} MB", what, megabytes));
}

}  // namespace shorthop::tool
