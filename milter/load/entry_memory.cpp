#include "load/entry_memory.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "system/write_file.h"
#include "text/lines.h"

namespace shorthop {
namespace {

std::filesystem::path file_of(const std::string& directory, const std::string& relay) {
  return std::filesystem::path(directory) / (relay + ".entries");
}

}  // namespace

EntryCounts remembered_entries(const std::string& directory, const std::string& relay, const FileReader& files) {
  EntryCounts entries;
  if (directory.empty()) return entries;
  const auto text = files.read(file_of(directory, relay));
  for (const std::string_view line : lines_of(text ? *text : std::string_view())) {
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), count);
    if (error == std::errc() && end != line.data() + line.size() && *end == ' ') {
      entries[std::string(end + 1, line.data() + line.size())] = count;
    }
  }
  return entries;
}

void remember_entries(const std::string& directory, const std::string& relay, const EntryCounts& entries) {
  std::error_code error;
  if (directory.empty() || !std::filesystem::is_directory(directory, error)) return;
  std::string text;
  for (const auto& [table, count] : entries) text += fmt::format("{} {}\n", count, table);
  const std::string path = file_of(directory, relay).native();
  static_cast<void>(std::filesystem::exists(path, error) ? replace_file(path, text) : create_file(path, text));
}

}  // namespace shorthop
