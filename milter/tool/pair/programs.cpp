#include "tool/pair/programs.h"

#include <chrono>

#include "system/child_output.h"

namespace shorthop::tool {

Diagnostic fault(std::string place, std::string what, std::string fix, ErrorClass error_class) {
  return {{std::move(place), 0}, std::move(what), std::move(fix), Severity::error, error_class};
}

Diagnostic program_missing(const std::string& name) {
  return fault(name, "the program is missing", "install openssh-client", ErrorClass::missing);
}

std::expected<std::string, Diagnostic> output_of_program(const std::string& name, const std::vector<std::string>& words,
                                                         std::string_view fix) {
  const std::string program = find_program(name);
  if (program.empty()) {
    return std::unexpected(program_missing(name));
  }
  // Long enough for `systemctl start` of a pull over a slow network.
  auto output = child_output(program, words, {std::chrono::hours(2), 1 << 20});
  if (!output) return std::unexpected(fault(name, output.error().what, std::string(fix)));
  return std::move(*output);
}

}  // namespace shorthop::tool
