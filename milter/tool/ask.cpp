// shorthop status and shorthop reload: find the daemon's control socket in the settings, ask, print the answer.
#include <fmt/core.h>
#include <sysexits.h>

#include <algorithm>
#include <chrono>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "control/control_client.h"
#include "control/control_protocol.h"
#include "settings/setting_rows.h"
#include "settings/setting_values.h"
#include "settings/settings_file.h"
#include "system/endpoint.h"
#include "system/file_reader.h"
#include "text/diagnostic.h"
#include "tool/actions.h"

namespace shorthop::tool {
namespace {

/// The value of `control` in the main settings file; an error with its place if there is none. Only this setting is
/// read: errors in others are for the daemon to report, and must not prevent asking it for its status.
std::expected<Endpoint, Diagnostic> control_socket(const std::string& config) {
  Diagnostic problem{{config, 0}, {}, {}, Severity::error, ErrorClass::settings};
  const auto text = SystemFiles().read(config);
  if (!text) {
    problem.what = text.error().what;
    problem.fix = "--config FILE names another";
    problem.error_class = ErrorClass::missing;
    return std::unexpected(std::move(problem));
  }
  Diagnostics not_for_us;
  const auto assignments = read_assignments(*text, config, not_for_us);
  const auto set = std::ranges::find(assignments, "control", &Assignment::key);
  if (set != assignments.end()) problem.origin.line = set->line;

  std::error_code ignored;
  const auto value =
      parse_control(set != assignments.end() ? set->value : find_setting("control", Section::main)->default_value,
                    std::filesystem::absolute(config, ignored).parent_path());
  if (value && *value) return **value;
  problem.what = value ? "the control socket is disabled" : "control: " + value.error().what;
  problem.fix = value ? "set control to unix:/PATH and restart shorthopd" : value.error().fix;
  return std::unexpected(std::move(problem));
}

/// Returns the daemon's exit status, or 75 if it does not answer.
int ask_and_print(const Invocation& invocation, std::string_view request, std::chrono::seconds max_reply_time,
                  Streams& streams) {
  const auto control = control_socket(invocation.config);
  if (!control) {
    streams.errors.write(control.error().text() + "\n");
    return exit_status({control.error()});
  }
  const auto reply = ask_daemon(*control, request, max_reply_time);
  if (!reply) {
    streams.errors.write(fmt::format("shorthop: {}\n", reply.error()));
    return EX_TEMPFAIL;
  }
  (reply->exit_status == EX_OK ? streams.output : streams.errors).write(reply->text);
  return reply->exit_status;
}

}  // namespace

int status(const Invocation& invocation, Streams& streams) {
  constexpr std::chrono::seconds limit{10};
  return ask_and_print(invocation, invocation.has("json") ? control::status_json : control::status, limit, streams);
}

int reload(const Invocation& invocation, Streams& streams) {
  constexpr std::chrono::seconds limit{120};  // enough for millions of entries, this host's postconf, a slow disk
  const auto relay = invocation.options.find("accept-shrink");
  const std::string request = relay == invocation.options.end()
                                  ? std::string(control::reload)
                                  : std::string(control::accept_shrink).append(relay->second);
  return ask_and_print(invocation, request, limit, streams);
}

}  // namespace shorthop::tool
