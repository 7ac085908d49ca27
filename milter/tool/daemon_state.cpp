#include "tool/daemon_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "control/control_client.h"
#include "control/control_protocol.h"
#include "settings/setting_rows.h"
#include "settings/setting_values.h"
#include "settings/settings_file.h"
#include "system/file_reader.h"
#include "text/lines.h"
#include "text/number.h"
#include "text/utc_time.h"

namespace shorthop::tool {
namespace {

/// "NAME<tab>NANOSECONDS<tab>WHY"; nullopt for any other line.
std::optional<DataInForce> data_in(std::string_view line) {
  const std::size_t first = line.find('\t');
  const std::size_t second = first == line.npos ? first : line.find('\t', first + 1);
  if (second == line.npos) return std::nullopt;
  const auto time = to_number<std::int64_t>(line.substr(first + 1, second - first - 1));
  if (!time) return std::nullopt;
  const std::chrono::nanoseconds since_1970(*time);
  return DataInForce{std::string(line.substr(0, first)),
                     std::chrono::system_clock::time_point(
                         std::chrono::duration_cast<std::chrono::system_clock::duration>(since_1970)),
                     std::string(line.substr(second + 1))};
}

/// "NAME<tab>CONFIRMED<tab>REFUTED<tab>OPEN<tab>MISSED<tab>KEPT<tab>CONFIRMED-SINCE"; nullopt for any other line.
std::optional<CheckedPredictions> predictions_in(std::string_view line) {
  std::size_t tab = line.find('\t');
  CheckedPredictions checked;
  checked.relay = line.substr(0, tab);
  for (std::uint64_t* count : {&checked.confirmed, &checked.refuted, &checked.open, &checked.missed,
                               &checked.kept_as_refuted, &checked.confirmed_since}) {
    if (tab == line.npos) return std::nullopt;
    line.remove_prefix(tab + 1);
    tab = line.find('\t');
    const auto number = to_number<std::uint64_t>(line.substr(0, tab));
    if (!number) return std::nullopt;
    *count = *number;
  }
  return checked;
}

constexpr std::chrono::seconds max_wait_for_state{2};  // the daemon's main loop answers, and waits for nothing

/// The lines of the daemon's answer; none if it does not answer.
std::vector<std::string> answer_of_daemon(const std::string& config, std::string_view request) {
  std::vector<std::string> lines;
  const auto control = control_socket(config);
  if (!control) return lines;
  const auto reply = ask_daemon(*control, request, max_wait_for_state);
  if (!reply || reply->exit_status != 0) return lines;
  for (const std::string_view line : lines_of(reply->text)) lines.emplace_back(line);
  return lines;
}

}  // namespace

std::expected<Endpoint, Diagnostic> control_socket(const std::string& config) {
  Diagnostic problem{{config, 0}, {}, {}, Severity::error, ErrorClass::settings};
  const auto text = SystemFiles().read(config);
  if (!text) {
    problem.what = text.error().what;
    problem.fix = "name another with --config FILE";
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

std::vector<DataInForce> data_of_daemon(const std::string& config) {
  std::vector<DataInForce> result;
  for (const std::string& line : answer_of_daemon(config, control::generations)) {
    if (auto data = data_in(line)) result.push_back(std::move(*data));
  }
  return result;
}

std::string silence_of_daemon(const std::string& config) {
  const auto control = control_socket(config);
  if (!control) return {};
  const auto reply = ask_daemon(*control, control::settings, max_wait_for_state);
  return !reply && reply.error().is_silent ? reply.error().what : std::string();
}

std::string absence_of_daemon(const std::string& config) {
  const auto control = control_socket(config);
  if (!control) return {};
  const auto reply = ask_daemon(*control, control::settings, max_wait_for_state);
  return !reply && reply.error().is_gone ? reply.error().what : std::string();
}

std::string state_failure_of_daemon(const std::string& config) {
  const std::vector<std::string> answer = answer_of_daemon(config, control::state_failure);
  return answer.empty() ? std::string() : answer.front();
}

bool daemon_answers(const std::string& config) { return !answer_of_daemon(config, control::settings).empty(); }

bool has_other_settings(const Settings& settings) {
  const std::vector<std::string> answer = answer_of_daemon(settings.file, control::settings);
  return answer.size() == 1 && answer.front() != settings.fingerprint;
}

std::vector<CheckedPredictions> predictions_of_daemon(const std::string& config) {
  std::vector<CheckedPredictions> relays;
  for (const std::string& line : answer_of_daemon(config, control::predictions)) {
    if (auto checked = predictions_in(line)) relays.push_back(std::move(*checked));
  }
  return relays;
}

std::vector<std::string> other_data(const Snapshot& snapshot, const std::vector<DataInForce>& of_daemon) {
  std::vector<std::string> sentences;
  for (const DataInForce& data : of_daemon) {
    const auto relay = std::ranges::find_if(snapshot.relay_by_domain,
                                            [&](const auto& named) { return named.second->name == data.relay; });
    if (relay == snapshot.relay_by_domain.end()) continue;
    const bool is_same =
        relay->second->newest.time == data.time && relay->second->held_back.empty() == data.why.empty();
    if (is_same) continue;
    sentences.push_back(
        fmt::format("{}: shorthopd has {} in force{}", data.relay,
                    data.time == DataInForce::no_data
                        ? "no data"
                        : "the data of " + utc_time_text(std::chrono::floor<std::chrono::seconds>(data.time)),
                    data.why.empty() ? "" : ": " + data.why));
  }
  return sentences;
}

}  // namespace shorthop::tool
