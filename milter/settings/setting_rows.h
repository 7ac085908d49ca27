// Every setting as a row: the parser's keys and defaults, `shorthop config` and the check of config/ come from them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace shorthop {

/// Where a setting may stand. `both`: the relay's own value wins, the main file's is the default for all relays.
enum class Section : std::uint8_t { main, relay, both };

/// Whether `shorthop reload` is enough after a change.
enum class OnChange : std::uint8_t { reload, restart };

struct SettingRow {
  std::string_view name;
  Section section;
  std::string_view unit;           ///< what the value is: "socket", "duration", "observe | rewrite"
  std::string_view default_value;  ///< as it would be written; empty: not set
  OnChange on_change;
  std::string_view meaning;
};

/// All settings, in the order in which they are documented.
std::span<const SettingRow> setting_rows();

/// Whether the setting may stand in files of this kind (`main` or `relay`).
bool belongs_to(const SettingRow& row, Section file);

/// The row that holds in files of this kind; null if there is none.
const SettingRow* find_setting(std::string_view name, Section file);

/// The setting of such files that a mistyped name is most likely meant to be; empty if none is near.
std::string_view nearest_setting(std::string_view name, Section file);

std::string_view name_of(Section section);
std::string_view name_of(OnChange on_change);

}  // namespace shorthop
