#include "tool/pair/pull_timer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "system/write_file.h"
#include "tool/install_paths.h"
#include "tool/printed_command.h"
#include "tool/setup/setup_plan.h"
#include "tool/subcommand.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

std::string unit_of(const std::string& relay, std::string_view suffix) {
  return fmt::format("shorthop-pull@{}.{}", relay, suffix);
}

/// The directory of the service's drop-in files: systemd.unit(5).
fs::path drop_ins_of(const std::string& relay) { return "/etc/systemd/system/" + unit_of(relay, "service") + ".d"; }
constexpr const char* drop_in_name = "mirror.conf";

bool succeeds(const std::vector<std::string>& words) { return output_of_program("systemctl", words, "").has_value(); }

PairStep write_drop_in(const RelaySettings& relay) {
  const std::string text = drop_in_for(relay.mirror.value);
  const std::string file = drop_ins_of(relay.name) / drop_in_name;
  std::error_code error;
  if (text.empty()) return {};
  const auto written = fs::exists(file, error) ? replace_file(file, text) : create_file(file, text);
  if (!written) return std::unexpected(fault(file, written.error(), as_root));
  const auto read = output_of_program("systemctl", {"daemon-reload"}, as_root);
  return read ? PairStep() : std::unexpected(read.error());
}

void remove_drop_in(const std::string& relay) {
  const fs::path directory = drop_ins_of(relay);
  std::error_code error;
  if (!fs::remove(directory / drop_in_name, error)) return;
  fs::remove(directory, error);  // fails if the postmaster has files there
  static_cast<void>(succeeds({"daemon-reload"}));
}

}  // namespace

bool has_pull_timer(const Settings& settings) {
  std::error_code error;
  return settings.file == default_config && fs::is_directory("/run/systemd/system", error);  // sd_booted(3)
}

std::string drop_in_for(const std::string& mirror) {
  const fs::path parent = fs::path(mirror).lexically_normal().parent_path();
  const fs::path usual(data_directory);
  if (std::ranges::mismatch(usual, parent).in1 == usual.end()) return {};
  std::string text = "# Written by shorthop pair.\n[Service]\nReadWritePaths=\"";
  for (const char c : parent.native()) {
    if (c == '"' || c == '\\') text += '\\';
    text += c == '%' ? "%%" : std::string(1, c);
  }
  return text + "\"\n";
}

PairStep start_pull_timer(const RelaySettings& relay) {
  if (auto written = write_drop_in(relay); !written) return written;
  const std::string service = unit_of(relay.name, "service");
  if (const auto ran = output_of_program("systemctl", {"start", service}, "journalctl -u " + service + " says why");
      !ran) {
    return std::unexpected(ran.error());
  }
  const std::string timer = unit_of(relay.name, "timer");
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
    // Each command may fail, for example if the timer is disabled or stopped already.
    static_cast<void>(succeeds(words));
  }
  remove_drop_in(relay);
  return was_enabled;
}

std::string cron_file(const std::string& relay) { return crontab_of("shorthop-pull", relay); }

std::string cron_line(const Settings& settings, const std::string& relay) {
  return "*/15 * * * * root " + command_for(settings.file, "pull " + relay, command_with_path("shorthop"));
}

}  // namespace shorthop::tool
