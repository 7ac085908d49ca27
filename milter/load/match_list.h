// Postfix's match lists for domains (postconf(5) mydestination, virtual_alias_domains): names, !pattern,
// /file/name, type:table; the first matching pattern decides. Parent domains do not match in these lists.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "load/table_opener.h"
#include "system/file_reader.h"
#include "tables/table.h"
#include "text/diagnostic.h"

namespace shorthop {

class MatchList {
 public:
  MatchList() = default;
  /// `text` is the expanded value of the parameter `name`. Unreadable tables and files are warnings, and every look-up
  /// that reaches them fails.
  MatchList(std::string_view name, std::string_view text, const FileReader& files, TableOpener& opener,
            Diagnostics& warnings);

  /// `domain` is folded.
  std::expected<bool, LookupFailure> matches(std::string_view domain, Deadline deadline) const;

  /// The names given directly in the list.
  std::vector<std::string> names() const;

 private:
  struct Pattern {
    bool answer = true;  ///< false: "!pattern"
    std::variant<std::string, TableList, LookupFailure> what;
  };

  std::vector<Pattern> patterns_;
};

}  // namespace shorthop
