#include "tool/setup/setup_steps.h"

#include <fmt/format.h>
#include <sysexits.h>

#include "control/control_client.h"

namespace shorthop::tool {

std::string backup_of(const std::string& main_cf_path) { return main_cf_path + ".before-shorthop"; }

AskPostfix asking(const std::string& directory) {
  return [directory]() -> std::expected<PostfixFacts, std::string> {
    auto facts = ask_postfix_facts(directory);
    if (!facts) return std::unexpected(std::move(facts.error().what));
    return std::move(*facts);
  };
}

std::expected<void, std::string> reload_daemon(const Settings& settings, Output& output) {
  constexpr std::chrono::seconds limit{120};
  if (!settings.control) {
    output.write("shorthopd has no control socket: restart it, so that it reads the new files\n");
    return {};
  }
  const auto reply = ask_daemon(*settings.control, control::reload, limit);
  if (!reply) {
    output.write(fmt::format("shorthopd was not asked to reload: {}\n", reply.error().text()));
    return {};
  }
  if (reply->exit_status == EX_CONFIG) return std::unexpected("shorthopd keeps its old settings: " + reply->text);
  output.write(reply->exit_status == EX_OK ? "shorthopd has reloaded\n" : reply->text);
  return {};
}

}  // namespace shorthop::tool
