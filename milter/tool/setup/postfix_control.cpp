#include "tool/setup/postfix_control.h"

#include <chrono>

#include "system/child_output.h"

namespace shorthop::tool {
namespace {

std::expected<std::string, ChildFailure> postfix(const std::string& directory, const std::string& command) {
  const std::string program = find_program("postfix");
  if (program.empty()) {
    return std::unexpected(ChildFailure{ChildFailure::Kind::not_found, "postfix not found on this host"});
  }
  ChildLimits limits;
  limits.time = std::chrono::seconds(60);  // "postfix reload" checks its directories first
  return child_output(program, {"-c", directory, command}, limits);
}

}  // namespace

bool SystemPostfixControl::is_running() const { return postfix(directory_, "status").has_value(); }

std::expected<void, std::string> SystemPostfixControl::reload() const {
  const auto done = postfix(directory_, "reload");
  if (!done) return std::unexpected(done.error().what);
  return {};
}

}  // namespace shorthop::tool
