#include "load/match_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "mail/international.h"
#include "settings/setting_values.h"
#include "tables/text/items.h"
#include "text/lines.h"

namespace shorthop {
namespace {

constexpr int max_file_depth = 10;  // ours: a list file may name list files

/// util/match_ops.h: what has a colon is a table, unless it begins as an address literal does.
bool is_table(std::string_view item) { return !item.starts_with('[') && item.contains(':'); }

}  // namespace

MatchList::MatchList(std::string_view name, std::string_view text, const FileReader& files, TableOpener& opener,
                     Diagnostics& warnings) {
  add(text, true, 0, {name, files, opener, warnings});
}

void MatchList::add(std::string_view text, bool answer, int depth, const Sources& sources) {
  for (const std::string& written : list_items(text)) {
    if (written.starts_with('#')) return;  // the rest of the line, as Postfix has it
    std::string_view item = written;
    bool item_answer = answer;
    for (; item.starts_with('!'); item.remove_prefix(1)) item_answer = !item_answer;
    if (item.starts_with('/')) {
      add_file(std::string(item), item_answer, depth, sources);
    } else if (is_table(item)) {
      patterns_.push_back(
          {item_answer, sources.opener.open_or_fail(sources.name, {std::string(item)}, sources.warnings)});
    } else if (!item.empty()) {
      patterns_.push_back({item_answer, folded_utf8(item)});
    }
  }
}

void MatchList::add_file(const std::string& path, bool answer, int depth, const Sources& sources) {
  const auto text = sources.files.read(path);
  if (!text || depth >= max_file_depth) {
    const std::string why = text ? "list files are nested too deep" : text.error().what;
    sources.warnings.push_back({{path, 0},
                                fmt::format("this host's {}: {}", sources.name, why),
                                "until it can be read, recipients are kept",
                                Severity::warning,
                                ErrorClass::missing});
    patterns_.push_back({answer, LookupFailure{fmt::format("{}: {}", path, why)}});
    return;
  }
  for (const std::string_view line : lines_of(*text))
    if (!line.starts_with('#')) add(line, answer, depth + 1, sources);
}

std::expected<bool, LookupFailure> MatchList::matches(std::string_view domain, Deadline deadline) const {
  for (const Pattern& pattern : patterns_) {
    if (const auto* name = std::get_if<std::string>(&pattern.what)) {
      if (*name == domain) return pattern.answer;
    } else if (const auto* table = std::get_if<TableList>(&pattern.what)) {
      const auto known = table->contains(domain, deadline);
      if (!known) return std::unexpected(known.error());
      if (*known) return pattern.answer;
    } else {
      return std::unexpected(std::get<LookupFailure>(pattern.what));
    }
  }
  return false;
}

std::vector<std::string> MatchList::names() const {
  std::vector<std::string> result;
  for (const Pattern& pattern : patterns_) {
    const auto* name = std::get_if<std::string>(&pattern.what);
    if (name != nullptr && pattern.answer) result.push_back(*name);
  }
  return result;
}

}  // namespace shorthop
