#include "tables/types/sql/sql_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tables/types/domain_parameter.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

constexpr std::size_t max_answer = 1 << 20;

/// The parameter `query`; without it, a query made of older parameters: of select_function (pgsql_table(5)), else of
/// table, select_field, where_field and additional_conditions.
std::expected<std::string, std::string> take_query(TableParameters& parameters, std::string_view function_parameter) {
  std::string query = take(parameters, "query");
  const std::string function = function_parameter.empty() ? "" : take(parameters, function_parameter);
  std::array<std::string, 3> old;
  std::ranges::transform(std::array{"table", "select_field", "where_field"}, old.begin(),
                         [&](const char* name) { return take(parameters, name); });
  const std::string conditions = take(parameters, "additional_conditions");
  if (!query.empty()) return query;
  if (!function.empty()) return fmt::format("SELECT {}('%s')", function);
  if (std::ranges::any_of(old, &std::string::empty)) return std::unexpected("there is no query");
  return fmt::format("SELECT {} FROM {} WHERE {}='%s' {}", old[1], old[0], old[2], conditions);
}

/// Quotes nothing. With it, query_for() shows before any connection whether the key has the parts that query and result
/// need.
std::string unquoted(std::string_view text) { return std::string(text); }

}  // namespace

std::string take(TableParameters& parameters, std::string_view name, std::string otherwise) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::move(otherwise) : std::move(parameters.extract(found).mapped());
}

std::expected<bool, std::string> take_yes_or_no(TableParameters& parameters, std::string_view name, bool otherwise) {
  const std::string word = folded(take(parameters, name, otherwise ? "yes" : "no"));
  if (word != "yes" && word != "no")
    return std::unexpected(fmt::format("{}: {} is not yes or no", name, excerpt(word)));
  return word == "yes";
}

std::expected<std::size_t, std::string> take_number(TableParameters& parameters, std::string_view name,
                                                    std::string otherwise) {
  const std::string text = take(parameters, name, std::move(otherwise));
  const std::optional<int> number = number_of_parameter(text);
  if (!number) return std::unexpected(fmt::format("{}: {} is not a number", name, excerpt(text)));
  return static_cast<std::size_t>(std::max(*number, 0));
}

std::expected<SqlQuery, std::string> take_sql_query(TableParameters& parameters, const OpenRequest& request,
                                                    std::string_view function_parameter) {
  take(parameters, "debuglevel");
  auto query = take_query(parameters, function_parameter);
  if (!query) return std::unexpected(query.error());
  std::string format = take(parameters, "result_format", "%s");
  if (format.empty()) return std::unexpected("result_format is empty");
  auto parsed = QueryTemplate::parse(std::move(*query), std::move(format));
  if (!parsed) return std::unexpected(parsed.error());
  const auto limit = take_number(parameters, "expansion_limit", "0");
  if (!limit) return std::unexpected(limit.error());
  SqlQuery result{.text = std::move(*parsed), .expansion_limit = *limit};
  const std::string domain = take(parameters, "domain");
  if (!domain.empty()) result.domains = domains_of(domain, request);
  return result;
}

void SqlAnswer::begin() {
  result_.clear();
  values_ = 0;
}

bool SqlAnswer::add(std::optional<std::string_view> value) {
  if (value && query_.text.append_value(*value, key_, result_)) ++values_;
  return (query_.expansion_limit == 0 || values_ <= query_.expansion_limit) && result_.size() <= max_answer;
}

Lookup SqlAnswer::lookup() const {
  const auto wrong = [](const char* what) { return std::unexpected(LookupFailure{what, FailureKind::bad_data}); };
  if (query_.expansion_limit > 0 && values_ > query_.expansion_limit) {
    return wrong("the key has more values than expansion_limit");
  }
  if (result_.size() > max_answer) return wrong("the answer is too long");
  if (!is_utf8(result_)) return wrong("the answer is not UTF-8");
  if (result_.empty()) return std::nullopt;
  return Entry{result_, 0};
}

SqlTable::SqlTable(const OpenRequest& request, std::string_view parameters, SqlQuery query)
    : Table(request.table.text()),
      query_(std::move(query)),
      answers_(request.backends.answers(request.kept_as(), parameters)) {}

Lookup SqlTable::find(const LookupKey& key, Deadline deadline) const {
  const std::string key_text(key.folded);
  if (key_text.contains('\0')) return failure("a key with a NUL cannot be looked up", FailureKind::bad_data);
  if (!is_utf8(key_text)) return std::nullopt;  // as in Postfix util/dict_utf8.c
  const auto is_here = has_domain_of(query_.domains, key_text, deadline);
  if (!is_here) return failure(is_here.error());
  if (!*is_here || !query_.text.query_for(key_text, unquoted)) return std::nullopt;
  Lookup answer =
      answers_->find(key_text, deadline, [this](const std::string& text, Deadline last) { return ask(text, last); });
  if (!answer) return failure(answer.error());
  return answer;
}

}  // namespace shorthop
