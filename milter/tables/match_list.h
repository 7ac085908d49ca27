// Matches a domain against the patterns of a list (postconf(5) mydestination, virtual_alias_domains): names, !pattern
// and type:table. The first pattern that matches decides. domain_list.h parses the text of a list into patterns.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

#include "system/file_reader.h"
#include "tables/table.h"

namespace shorthop {

class MatchList {
 public:
  MatchList() = default;
  MatchList(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) add_name(name);
  }

  /// Appends a pattern. `answer`: the result of a match; false for "!pattern". `name` must be folded.
  void add_name(std::string_view name, bool answer = true);
  void add_table(std::shared_ptr<const Table> table, bool answer = true);
  /// A pattern that cannot be read: every look-up that reaches it fails.
  void add_failure(LookupFailure failure);

  /// `domain` is folded.
  std::expected<bool, LookupFailure> matches(std::string_view domain, Deadline deadline) const;
  /// As matches(), but a pattern also matches if it has a parent domain of `domain` (util/match_ops.c,
  /// match_hostname()): as "parent" if `parents_match`, else as ".parent" (postconf(5)
  /// parent_domain_matches_subdomains).
  std::expected<bool, LookupFailure> matches_subdomain(std::string_view domain, bool parents_match,
                                                       Deadline deadline) const;

  /// Whether the domain matches by a name that precedes every table and every failure in the list.
  bool has_name(std::string_view domain) const;
  bool empty() const { return patterns_.empty(); }
  /// The names given directly in the list, without "!name".
  std::vector<std::string> names() const;
  /// Whether names() has every domain that can match.
  bool has_only_names() const;

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  using Names = std::unordered_set<std::string, NameHash, std::equal_to<>>;

  struct Pattern {
    bool answer = true;
    std::variant<Names, TableList, LookupFailure> what;  ///< names that follow each other are one set
  };

  Pattern& add(bool answer);
  template <class HasOne>
  std::expected<bool, LookupFailure> first_match(HasOne has_one) const;
  /// `pattern` is not a failure. Pattern tables are not asked about parent domains.
  static std::expected<bool, LookupFailure> has_key(const Pattern& pattern, std::string_view key, bool is_parent,
                                                    Deadline deadline);

  std::vector<Pattern> patterns_;
};

/// Opens what a match list names. `open` never returns null. A file that cannot be read becomes a failure of the kind
/// in `unreadable`, and is passed to `report` with the reason.
struct MatchListSource {
  const FileReader& files;
  std::function<std::shared_ptr<const Table>(const std::string& table)> open;
  FailureKind unreadable = FailureKind::unavailable;
  std::function<void(const std::string& file, const std::string& why)> report;
};

/// Reads a match list of this host's or of the primary's Postfix. `text` is the expanded value of the parameter `name`.
MatchList read_match_list(std::string_view name, std::string_view text, const MatchListSource& source);

}  // namespace shorthop
