#include "load/entry_counts.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "load/state_file.h"
#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

std::string file_of(const std::string& relay) { return relay + ".entries"; }

/// Whether these are fewer entries than max-shrink allows.
bool is_shrunk(std::size_t before, std::size_t now, unsigned max_shrink) {
  constexpr std::size_t few = 10;
  if (now >= before) return false;
  const std::size_t lost = before - now;
  return now == 0 || (lost > few && lost * 100 > before * max_shrink);
}

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
  for (const auto& [table, count] : entries) {
    if (count) text += fmt::format("{} {}\n", *count, table);
  }
  // The daemon reports the failure when it writes its other files to the directory (RememberedState).
  static_cast<void>(remember_text(directory, file_of(relay), text));
}

Written forget_entries(const std::string& directory, const std::string& relay) {
  return forget_text(directory, file_of(relay));
}

EntryCounts last_known_entries(const EntryCounts& before, const EntryCounts& now) {
  EntryCounts known = now;
  for (auto& [table, count] : known) {
    const auto old = before.find(table);
    if (!count && old != before.end()) count = old->second;
  }
  return known;
}

std::string counted_entries(std::size_t count) { return count == 1 ? "1 entry" : std::to_string(count) + " entries"; }

std::string shrunk_tables(const EntryCounts& before, const EntryCounts& now, unsigned max_shrink) {
  std::string text;
  for (const auto& [table, old_count] : before) {
    const auto found = now.find(table);
    const bool is_counted = found != now.end() && found->second && old_count;
    if (!is_counted || !is_shrunk(*old_count, *found->second, max_shrink)) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} has {}, and had {}", printable(table, 200), counted_entries(*found->second), *old_count);
  }
  return text;
}

std::string dropped_tables(const EntryCounts& before, const EntryCounts& now, unsigned max_shrink) {
  std::string text;
  std::size_t lost = 0;
  std::size_t gained = 0;
  for (const auto& [table, count] : before) {
    if (now.contains(table) || count.value_or(0) == 0) continue;
    lost += *count;
    if (!text.empty()) text += ", ";
    text += fmt::format("the primary no longer names {}, which had {}", printable(table, 200), counted_entries(*count));
  }
  for (const auto& [table, count] : now) {
    if (before.contains(table)) continue;
    if (!count) return {};  // it may have all the missing entries
    gained += *count;
  }
  return is_shrunk(lost, gained, max_shrink) ? text : std::string();
}

}  // namespace shorthop
