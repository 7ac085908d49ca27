// Reads a match list of this host's or of the primary's Postfix, and opens its tables.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "system/file_reader.h"
#include "tables/match_list.h"

namespace shorthop {

/// `open` never returns null. A file that cannot be read becomes a failure of the kind in `unreadable`, and is passed
/// to `report` with the reason.
struct MatchListSource {
  const FileReader& files;
  std::function<std::shared_ptr<const Table>(const std::string& table)> open;
  FailureKind unreadable = FailureKind::unavailable;
  std::function<void(const std::string& file, const std::string& why)> report;
};

/// `text` is the expanded value of the parameter `name`.
MatchList read_match_list(std::string_view name, std::string_view text, const MatchListSource& source);

}  // namespace shorthop
