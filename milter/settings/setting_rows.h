// Every setting as a row, used for the parser's keys and defaults, `shorthop config` and the check of config/.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace shorthop {

/// Which files may have a setting. `both`: the value in the main file is the default for relays without a value.
enum class Section : std::uint8_t { main, relay, both };

/// Whether a change takes effect on `shorthop reload` or needs a restart.
enum class OnChange : std::uint8_t { reload, restart };

struct SettingRow {
  std::string_view name;
  Section section;
  std::string_view unit;           ///< the form of the value: "socket", "duration", "observe | rewrite"
  std::string_view default_value;  ///< as written in a file; empty: not set
  OnChange on_change;
  std::string_view meaning;
};

/// All settings, in the order in which they are documented.
std::span<const SettingRow> setting_rows();

/// Whether files of this kind (`main` or `relay`) may have the setting.
bool belongs_to(const SettingRow& row, Section file);

/// The row for files of this kind; null if there is none.
const SettingRow* find_setting(std::string_view name, Section file);

/// The setting of files of this kind whose name is most similar to a mistyped name; empty if no name is similar.
std::string_view nearest_setting(std::string_view name, Section file);

std::string_view name_of(Section section);
std::string_view name_of(OnChange on_change);

}  // namespace shorthop
