#include "load/read_match_list.h"

#include <fmt/format.h>

#include "mail/international.h"
#include "tables/domain_list.h"

namespace shorthop {

MatchList read_match_list(std::string_view name, std::string_view text, const MatchListSource& source) {
  MatchList list;
  for (const DomainPattern& pattern : domain_patterns(name, text, source.files)) {
    const bool answer = !pattern.is_excluded;
    switch (pattern.kind) {
      case DomainPattern::Kind::name: list.add_name(folded_utf8(pattern.text), answer); break;
      case DomainPattern::Kind::table: list.add_table(source.open(pattern.text), answer); break;
      case DomainPattern::Kind::unreadable_file:
        if (source.report) source.report(pattern.text, pattern.why);
        list.add_failure({fmt::format("{}: {}", pattern.text, pattern.why), source.unreadable});
        break;
    }
  }
  return list;
}

}  // namespace shorthop
