// cidr: tables: the value of the first network that contains the address.
// Source: cidr_table(5), Postfix util/dict_cidr.c.
#include <utility>
#include <vector>

#include "tables/text/cidr_table5.h"
#include "tables/text/logical_lines.h"
#include "tables/types/pattern_table.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

struct NetworkRule {
  CidrLine line;
  std::uint32_t number = 0;
  std::size_t end_if = 0;  ///< of an if: the index of its endif; 0: it has none
};

class CidrTable final : public Table {
 public:
  CidrTable(const OpenRequest& request, std::vector<NetworkRule> rules)
      : Table(request.table.text(), request.changed), rules_(std::move(rules)) {}

  Lookup find(const LookupKey& key, Deadline) const override {
    const auto address = IpAddress::parse(key.text);
    if (!address) return std::nullopt;
    for (std::size_t at = 0; at < rules_.size(); ++at) {
      const NetworkRule& rule = rules_[at];
      if (rule.line.kind == CidrLine::Kind::end_if) continue;
      const bool applies = rule.line.pattern->matches(*address);
      if (rule.line.kind == CidrLine::Kind::match) {
        if (applies) return value_of(rule);
      } else if (!applies) {
        if (rule.end_if == 0) return std::nullopt;
        at = rule.end_if;
      }
    }
    return std::nullopt;
  }
  /// The keys are the patterns.
  bool each_entry(const UseEntry& use) const override {
    for (const NetworkRule& rule : rules_) {
      if (rule.line.kind == CidrLine::Kind::match) use(rule.line.written, rule.line.value, rule.number);
    }
    return true;
  }
  std::optional<std::size_t> entries() const override { return rules_.size(); }

 private:
  Lookup value_of(const NetworkRule& rule) const {
    if (is_utf8(rule.line.value)) return Entry{rule.line.value, rule.number};
    return failure("the value is not UTF-8", FailureKind::bad_data);
  }

  const std::vector<NetworkRule> rules_;
};

std::vector<NetworkRule> network_rules(const OpenRequest& request, std::string_view text) {
  std::vector<NetworkRule> rules;
  std::vector<std::size_t> open;  // indexes of ifs
  LogicalLines lines(text);
  for (LogicalLine line; lines.next(line);) {
    auto parsed = line.is_stray_continuation() ? std::unexpected<std::string>(stray_continuation_error)
                                               : parse_cidr_line(line.text);
    if (parsed && parsed->kind == CidrLine::Kind::end_if && open.empty()) {
      parsed = std::unexpected("there is no if before this endif");
    }
    if (!parsed) {
      request.problems.push_back(skipped_line(request, line.number, parsed.error()));
      continue;
    }
    if (parsed->kind == CidrLine::Kind::begin_if) open.push_back(rules.size());
    if (parsed->kind == CidrLine::Kind::end_if) {
      rules[open.back()].end_if = rules.size();
      open.pop_back();
    }
    rules.push_back({std::move(*parsed), line.number});
  }
  return rules;
}

}  // namespace

std::shared_ptr<const Table> open_cidr(const OpenRequest& request) {
  const auto text = lines_of_table(request);
  if (!text) return refuse_unreadable(request, text.error());
  return std::make_shared<CidrTable>(request, network_rules(request, *text));
}

}  // namespace shorthop
