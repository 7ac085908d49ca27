#include "postfix/milter_list.h"

#include <algorithm>
#include <filesystem>

#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

namespace fs = std::filesystem;

bool is_separator(char c) { return is_space(c) || c == ','; }

/// The end of the entry that begins at `begin`.
std::size_t end_of_entry(std::string_view value, std::size_t begin) {
  std::size_t depth = 0;
  std::size_t at = begin;
  for (; at < value.size() && (depth > 0 || !is_separator(value[at])); ++at) {
    if (value[at] == '{') ++depth;
    if (value[at] == '}' && depth > 0) --depth;
  }
  return at;
}

/// "name=value"; the braces around a pair ("{ name = value }") are dropped.
void add_attribute(MilterEntry& entry, std::string_view pair) {
  const auto inside = inside_braces(pair);
  const std::string_view text = inside ? *inside : pair;
  const std::size_t equals = text.find('=');
  if (equals == text.npos) return;
  entry.attributes.emplace(trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1)));
}

MilterEntry parsed_entry(std::string_view text, std::size_t begin) {
  MilterEntry entry{std::string(text), std::string(text), {}, {}, begin, begin + text.size()};
  if (const auto inside = inside_braces(text)) {
    const std::vector<std::string> words = list_items(*inside);
    entry.milter = words.empty() ? std::string() : words.front();
    for (std::size_t i = 1; i < words.size(); ++i) add_attribute(entry, words[i]);
  }
  entry.endpoint = Endpoint::parse_postfix(entry.milter);
  return entry;
}

}  // namespace

std::string_view MilterEntry::attribute(std::string_view name) const { return text_or_empty(attributes, name); }

std::vector<MilterEntry> milter_entries(std::string_view value) {
  std::vector<MilterEntry> entries;
  for (std::size_t at = 0; at < value.size();) {
    if (is_separator(value[at])) {
      ++at;
      continue;
    }
    const std::size_t end = end_of_entry(value, at);
    entries.push_back(parsed_entry(value.substr(at, end - at), at));
    at = end;
  }
  return entries;
}

Endpoint endpoint_for_postfix(const Endpoint& socket, std::string_view queue_directory) {
  if (!socket.is_unix()) return socket.seen_by_clients();
  const fs::path path = fs::path(socket.path).lexically_normal();
  const fs::path below = path.lexically_relative(fs::path(queue_directory).lexically_normal());
  const bool is_below = !queue_directory.empty() && !below.empty() && *below.begin() != ".." && *below.begin() != ".";
  return Endpoint::unix_socket((is_below ? below : path).string());
}

bool leads_to(const MilterEntry& entry, const Endpoint& socket, std::string_view queue_directory) {
  if (!entry.endpoint) return false;
  if (!entry.endpoint->is_unix()) return reach_same_socket(*entry.endpoint, socket.seen_by_clients());
  const fs::path path(entry.endpoint->path);
  if (path.is_absolute() && reach_same_socket(*entry.endpoint, socket)) return true;
  const fs::path in_queue = fs::path(queue_directory) / path.relative_path();
  return reach_same_socket(Endpoint::unix_socket(in_queue.string()), socket);
}

bool MappedMilters::disables_all() const { return equal_folded(trimmed(milters), "disable"); }

std::vector<std::string> milter_map_tables(const Parameters& parameters) {
  std::vector<std::string> tables;
  for (const auto& [name, value] : parameters) {
    if (name_without_service(name) != "smtpd_milter_maps") continue;
    for (std::string& table : list_items(value)) {
      if (std::ranges::find(tables, table) == tables.end()) tables.push_back(std::move(table));
    }
  }
  return tables;
}

std::vector<std::string> milters_beside(const Endpoint& socket, const Parameters& parameters, const MilterMaps& maps) {
  const std::string queue_directory(text_or_empty(parameters, "queue_directory"));
  const auto is_at_socket = [&](const MilterEntry& entry) { return leads_to(entry, socket, queue_directory); };
  std::vector<std::string> others;
  const auto add_from = [&](std::string_view list) {
    const auto entries = milter_entries(list);
    if (std::ranges::none_of(entries, is_at_socket)) return;
    for (const MilterEntry& entry : entries) {
      const bool is_known = std::ranges::find(others, entry.milter) != others.end();
      if (!is_at_socket(entry) && !is_known) others.push_back(entry.milter);
    }
  };
  for (const auto& [name, value] : parameters) {
    const std::string_view parameter = name_without_service(name);
    if (parameter == "smtpd_milters" || parameter == "non_smtpd_milters") add_from(value);
  }
  for (const MappedMilters& list : maps.lists) add_from(list.milters);
  for (const std::string& table : maps.unlisted) others.push_back("the milters of " + table);
  return others;
}

}  // namespace shorthop
