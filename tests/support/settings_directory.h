// A temporary directory with settings, and the diagnostics of reading them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/temporary_directory.h"
#include "text/diagnostic.h"

namespace shorthop::test {

inline std::string text_of(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += diagnostic.text() + "\n";
  return text;
}

/// Whether the text may be logged: lines of printable ASCII.
inline bool is_printable(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); });
}

/// A directory with files. shown() replaces its path by "DIR" in a text.
class SettingsDirectory {
 public:
  void put(const std::string& name, const std::string& text) const {
    const auto path = directory_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::filesystem::path operator/(const std::string& name) const { return directory_.path() / name; }
  std::string path() const { return directory_.path().string(); }
  std::string shown(std::string text) const {
    for (std::size_t at = 0; (at = text.find(path(), at)) != text.npos;) text.replace(at, path().size(), "DIR");
    return text;
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace shorthop::test
