#include "tables/types/domain_parameter.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "mail/international.h"
#include "tables/domain_list.h"
#include "tables/open.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

constexpr int max_nesting = 5;  // shorthop's own limit: a table file may name itself

/// Null if the table cannot be opened, which is reported.
std::shared_ptr<const Table> open_named(const std::string& name, const OpenRequest& request) {
  const OpenOptions& options = request.options;
  if (options.open_of_primary) return options.open_of_primary(name);
  if (options.depth >= max_nesting) {
    request.problems.push_back(
        {{request.table.text(), 0},
         fmt::format("domain: table files that name each other are nested more than {} deep", max_nesting),
         {},
         Severity::error,
         ErrorClass::data});
    return nullptr;
  }
  return open_table(name, request.files, request.backends, request.problems, {.depth = options.depth + 1});
}

/// The failure of a pattern that cannot be read. `problems`: what was reported about it.
LookupFailure unreadable_pattern(const DomainPattern& pattern, std::span<const Diagnostic> problems) {
  const bool is_temporary = std::ranges::any_of(
      problems, [](const Diagnostic& problem) { return problem.error_class == ErrorClass::temporary; });
  return {fmt::format("domain: {} cannot be read", printable(pattern.text, 200)),
          is_temporary ? FailureKind::unavailable : FailureKind::not_mirrored};
}

}  // namespace

MatchList domains_of(const std::string& list, const OpenRequest& request) {
  MatchList domains;
  for (const DomainPattern& pattern : domain_patterns("domain", list, request.files)) {
    if (pattern.kind == DomainPattern::Kind::name) {
      domains.add_name(folded_utf8(pattern.text), !pattern.is_excluded);
      continue;
    }
    const std::size_t reported = request.problems.size();
    std::shared_ptr<const Table> table;
    if (pattern.kind == DomainPattern::Kind::table) {
      table = open_named(pattern.text, request);
    }
    if (table != nullptr) {
      domains.add_table(std::move(table), !pattern.is_excluded);
    } else {
      domains.add_failure(unreadable_pattern(pattern, std::span(request.problems).subspan(reported)));
    }
  }
  return domains;
}

std::expected<bool, LookupFailure> has_domain_of(const std::optional<MatchList>& domains, std::string_view key,
                                                 Deadline deadline) {
  if (!domains) return true;
  const std::size_t at = key.rfind('@');
  if (at == key.npos || at == 0) return false;
  return domains->matches(key.substr(at + 1), deadline);
}

}  // namespace shorthop
