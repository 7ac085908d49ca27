#include "tool/pair/pull_timer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "tool/own_places.h"
#include "tool/subcommand.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

std::string unit_of(const std::string& relay, std::string_view suffix) {
  return fmt::format("shorthop-pull@{}.{}", relay, suffix);
}

bool succeeds(const std::vector<std::string>& words) { return output_of_program("systemctl", words, "").has_value(); }

}  // namespace

bool has_pull_timer(const Settings& settings) {
  std::error_code error;
  return settings.file == default_config && fs::is_directory("/run/systemd/system", error);  // sd_booted(3)
}

PairStep start_pull_timer(const std::string& relay) {
  const std::string service = unit_of(relay, "service");
  if (const auto ran = output_of_program("systemctl", {"start", service}, "journalctl -u " + service + " says why");
      !ran) {
    return std::unexpected(ran.error());
  }
  const std::string timer = unit_of(relay, "timer");
  const auto enabled =
      output_of_program("systemctl", {"enable", "--now", timer}, "systemctl status " + timer + " says why");
  if (!enabled) return std::unexpected(enabled.error());
  return {};
}

bool stop_pull_timer(const std::string& relay) {
  const std::string timer = unit_of(relay, "timer");
  const bool was_enabled = succeeds({"is-enabled", timer});
  for (const auto& words : {std::vector<std::string>{"disable", "--now", timer},
                            {"stop", unit_of(relay, "service")},
                            {"reset-failed", timer, unit_of(relay, "service")}}) {
    // It is not a failure if the timer is not enabled, is not running, or did not fail.
    static_cast<void>(succeeds(words));
  }
  return was_enabled;
}

std::string cron_file(const std::string& relay) {
  std::string name = relay;
  std::ranges::replace(name, '.', '-');  // cron(8) ignores files of /etc/cron.d with a dot in their names
  return "/etc/cron.d/shorthop-pull-" + name;
}

std::string cron_line(const Settings& settings, const std::string& relay) {
  const std::string config = settings.file == default_config ? "" : " --config " + settings.file;
  return fmt::format("*/15 * * * * root {}{} pull {}", command_with_path("shorthop"), config, relay);
}

}  // namespace shorthop::tool
