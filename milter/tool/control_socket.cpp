#include "tool/control_socket.h"

#include <algorithm>
#include <filesystem>

#include "settings/setting_rows.h"
#include "settings/setting_values.h"
#include "settings/settings_file.h"
#include "system/file_reader.h"

namespace shorthop::tool {

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

}  // namespace shorthop::tool
