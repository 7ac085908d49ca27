#include "tables/types/pattern_table.h"

#include <fmt/format.h>

#include <utility>

#include "tables/text/logical_lines.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

struct Rule {
  PatternLine::Kind kind = PatternLine::Kind::match;
  std::uint32_t line = 0;
  std::unique_ptr<const CompiledPattern> first{};
  std::unique_ptr<const CompiledPattern> second{};
  bool is_first_negated = false;
  bool is_second_negated = false;
  std::vector<ResultPart> result{};
  std::size_t max_group = 0;
  std::size_t end_if = 0;  ///< index of the rule that ends an if; 0: none does
  std::string refused{};   ///< why the library refuses the pattern
};

class PatternTable final : public Table {
 public:
  PatternTable(const OpenRequest& request, std::vector<Rule> rules)
      : Table(request.table.text(), request.changed), rules_(std::move(rules)) {}

  Lookup find(const LookupKey& key, Deadline) const override {
    const std::string subject(key.text);
    if (subject.contains('\0')) return failure("a key with a NUL cannot be looked up", FailureKind::bad_data);
    // util/dict_utf8.c: such a key is not looked up.
    if (!is_utf8(subject)) return std::nullopt;
    for (std::size_t at = 0; at < rules_.size(); ++at) {
      const Rule& rule = rules_[at];
      if (rule.kind == PatternLine::Kind::end_if) continue;
      std::vector<std::string_view> groups;  // no more than the result uses: if asked for more, glibc finds other texts
      const auto applies = applies_to(rule, subject, groups);
      if (!applies) return failure(applies.error(), FailureKind::bad_data, rule.line);
      if (rule.kind == PatternLine::Kind::match) {
        if (*applies) return value_of(rule, groups);
      } else if (!*applies) {
        if (rule.end_if == 0) return std::nullopt;  // util/dict_regexp.c: an IF without ENDIF
        at = rule.end_if;
      }
    }
    return std::nullopt;
  }
  std::optional<std::size_t> entries() const override { return rules_.size(); }

 private:
  static std::expected<bool, std::string> applies_to(const Rule& rule, const std::string& subject,
                                                     std::vector<std::string_view>& groups) {
    if (!rule.refused.empty()) return std::unexpected(rule.refused);
    if (rule.max_group > 0) groups.resize(rule.max_group + 1);
    auto first = rule.first->matches(subject, groups);
    if (!first) return first;
    if (*first == rule.is_first_negated) return false;
    if (rule.second == nullptr) return true;
    const auto second = rule.second->matches(subject, {});
    if (!second) return second;
    return *second != rule.is_second_negated;
  }

  /// global/maps.c: an empty result is an error of the table.
  Lookup value_of(const Rule& rule, const std::vector<std::string_view>& groups) const {
    std::string value;
    for (const ResultPart& part : rule.result) {
      if (part.group == 0) {
        value += part.text;
      } else {
        value += groups[part.group];
      }
    }
    if (value.empty()) return failure("the result is empty", FailureKind::bad_data, rule.line);
    if (!is_utf8(value)) return failure("the result is not UTF-8", FailureKind::bad_data, rule.line);
    return Entry{std::move(value), rule.line, rule.max_group > 0};
  }

  const std::vector<Rule> rules_;
};

/// Compiles line by line. If an if line is skipped, its endif ends the if around it, as in Postfix.
class RuleReader {
 public:
  RuleReader(const OpenRequest& request, PatternDialect dialect, CompilePattern compile)
      : request_(request), dialect_(dialect), compile_(compile) {}

  std::vector<Rule> read(std::string_view text) && {
    LogicalLines lines(text);
    for (LogicalLine line; lines.next(line);) {
      if (line.is_stray_continuation()) {
        skip(line.number, stray_continuation_error);
        continue;
      }
      auto parsed = parse_pattern_line(line.text, dialect_);
      if (parsed) {
        add(std::move(*parsed), line.number);
      } else {
        skip(line.number, parsed.error());
      }
    }
    for (const std::size_t open : open_) warn(rules_[open].line, "this if has no endif");
    if (fails_always_) remove_working_rules();
    return std::move(rules_);
  }

 private:
  void add(PatternLine&& line, std::uint32_t number) {
    using Kind = PatternLine::Kind;
    if (line.kind == Kind::end_if && open_.empty()) return skip(number, "there is no if before this endif");
    Rule rule{.kind = line.kind, .line = number};
    if (line.kind != Kind::end_if) compile_into(rule, line);
    if (rule.refused.empty() && rule.first != nullptr && line.max_group > rule.first->groups()) {
      return skip(number, fmt::format("the pattern has no group {}", line.max_group));
    }
    // local(8) skips a rule whose result has $1 or the like (DICT_FLAG_NO_REGSUB in global/mail_params.h). The other
    // programs of Postfix use such a rule. So look-ups that get to the rule fail.
    if (line.max_group > 0 && request_.text_format == TextFormat::aliases5) {
      rule.refused = "a result in aliases(5) must not contain $1 or the like";
    }
    if (!rule.refused.empty()) return refuse(std::move(rule));
    if (line.kind == Kind::begin_if) open_.push_back(rules_.size());
    if (line.kind == Kind::end_if) {
      rules_[open_.back()].end_if = rules_.size();
      open_.pop_back();
    }
    rules_.push_back(std::move(rule));
  }

  /// The primary may accept the pattern or skip the line. If the line is an if, it is then not known which endif
  /// belongs to which if, so all look-ups fail.
  void refuse(Rule&& rule) {
    const bool is_if = rule.kind == PatternLine::Kind::begin_if;
    warn(rule.line, rule.refused + (is_if ? ": look-ups fail" : ": look-ups that get to this line fail"));
    rule.kind = PatternLine::Kind::match;
    if (is_if) fails_always_ = true;
    rules_.push_back(std::move(rule));
  }

  /// Keeps only refused rules, so that every look-up gets to one and fails.
  void remove_working_rules() {
    std::erase_if(rules_, [](const Rule& rule) { return rule.refused.empty(); });
  }

  void compile_into(Rule& rule, PatternLine& line) const {
    rule.is_first_negated = line.first.is_negated;
    rule.result = std::move(line.result);
    rule.max_group = line.max_group;
    compile_into(rule.first, line.first, rule.refused);
    if (!line.and_second) return;
    rule.is_second_negated = line.and_second->is_negated;
    compile_into(rule.second, *line.and_second, rule.refused);
  }

  void compile_into(std::unique_ptr<const CompiledPattern>& place, const PatternText& pattern,
                    std::string& refused) const {
    auto compiled = compile_(pattern);
    if (compiled) {
      place = std::move(*compiled);
    } else if (refused.empty()) {
      refused = "invalid pattern " + excerpt(pattern.regex) + ": " + compiled.error();
    }
  }

  void skip(std::uint32_t line, const std::string& why) const {
    request_.problems.push_back(skipped_line(request_, line, why));
  }
  void warn(std::uint32_t line, std::string what) const {
    const std::string& place = request_.file.empty() ? request_.table.name : request_.file;
    request_.problems.push_back({{place, line}, std::move(what), {}, Severity::warning, ErrorClass::data});
  }

  const OpenRequest& request_;
  const PatternDialect dialect_;
  const CompilePattern compile_;
  std::vector<Rule> rules_;
  std::vector<std::size_t> open_;  ///< indexes of ifs
  bool fails_always_ = false;
};

/// The lines of "{ {line}, {line} }".
std::expected<std::string, ReadFailure> inline_lines(std::string_view name) {
  const auto malformed = [](const std::string& what) {
    return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, what});
  };
  const auto inside = inside_braces(name);
  if (!inside) return malformed(inside.error());
  std::string text;
  for (const std::string& item : list_items(*inside)) {
    const auto line = inside_braces(item);
    if (!line) return malformed(line.error());
    text.append(*line).append(1, '\n');
  }
  return text;
}

}  // namespace

std::expected<std::string, ReadFailure> lines_of_table(const OpenRequest& request) {
  return request.file.empty() ? inline_lines(request.table.name) : request.files.read(request.file);
}

Diagnostic skipped_line(const OpenRequest& request, std::uint32_t line, std::string_view why) {
  const std::string& place = request.file.empty() ? request.table.name : request.file;
  return {{place, line}, fmt::format("{}: the line is ignored", why), {}, Severity::warning, ErrorClass::data};
}

std::shared_ptr<const Table> open_patterns(const OpenRequest& request, PatternDialect dialect, CompilePattern compile) {
  const auto text = lines_of_table(request);
  if (!text) return refuse_unreadable(request, text.error());
  return std::make_shared<PatternTable>(request, RuleReader(request, dialect, compile).read(*text));
}

}  // namespace shorthop
