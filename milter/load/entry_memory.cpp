#include "load/entry_memory.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "load/state_file.h"
#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

std::string file_of(const std::string& relay) { return relay + ".entries"; }

}  // namespace

EntryCounts remembered_entries(const std::string& directory, const std::string& relay, const FileReader& files) {
  EntryCounts entries;
  const std::string text = remembered_text(directory, file_of(relay), files);
  for (const std::string_view line : lines_of(text)) {
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), count);
    if (error == std::errc() && end != line.data() + line.size() && *end == ' ') {
      entries[std::string(end + 1, line.data() + line.size())] = count;
    }
  }
  return entries;
}

void remember_entries(const std::string& directory, const std::string& relay, const EntryCounts& entries) {
  std::string text;
  for (const auto& [table, count] : entries) text += fmt::format("{} {}\n", count, table);
  remember_text(directory, file_of(relay), text);
}

std::string counted_entries(std::size_t count) { return count == 1 ? "1 entry" : std::to_string(count) + " entries"; }

std::string shrunk_tables(const EntryCounts& before, const EntryCounts& now, unsigned max_shrink) {
  constexpr std::size_t few = 10;
  std::string text;
  for (const auto& [table, old_count] : before) {
    const auto found = now.find(table);
    if (found == now.end() || found->second >= old_count) continue;
    const std::size_t lost = old_count - found->second;
    const bool is_empty = found->second == 0;
    if (!is_empty && (lost <= few || lost * 100 <= old_count * max_shrink)) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} has {}, and had {}", printable(table, 200), counted_entries(found->second), old_count);
  }
  return text;
}

}  // namespace shorthop
