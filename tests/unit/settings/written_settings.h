// Reads settings that a test writes: the result, or the messages.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "settings/settings.h"
#include "support/settings_directory.h"

namespace shorthop::test {

struct Read {
  std::optional<Settings> settings;
  std::string said;  ///< errors, then warnings, with DIR for the directory
  int status = 0;
};

inline Read read(const SettingsDirectory& directory) {
  Diagnostics warnings;
  auto settings = read_settings(directory / "shorthop.conf", SystemFiles(), warnings);
  Read result;
  if (settings) {
    result.settings = std::move(*settings);
  } else {
    result.said = text_of(settings.error());
    result.status = exit_status(settings.error());
  }
  result.said = directory.shown(result.said + text_of(warnings));
  return result;
}

constexpr const char* good_relay = "domains = example.org\nprimary = mail.example.org\n";

/// The messages for a main file with one good relay file.
inline std::string said_of_main(const std::string& text) {
  SettingsDirectory directory;
  directory.put("shorthop.conf", text);
  directory.put("relay.d/example.org.conf", good_relay);
  return read(directory).said;
}

inline std::string said_of_relay(const std::string& text) {
  SettingsDirectory directory;
  directory.put("shorthop.conf", "");
  directory.put("relay.d/r.conf", text);
  return read(directory).said;
}

}  // namespace shorthop::test
