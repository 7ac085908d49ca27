#include "tables/text/query_template.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace shorthop {

/// An address as db_common_expand() splits it, at the last '@'.
struct QueryTemplate::Parts {
  std::string_view whole;
  std::string_view user;                   ///< all of it if there is no '@'
  std::optional<std::string_view> domain;  ///< after the '@'

  explicit Parts(std::string_view text) : whole(text), user(text) {
    const std::size_t at = text.rfind('@');
    if (at == text.npos) return;
    user = text.substr(0, at);
    domain = text.substr(at + 1);
  }
  bool has_domain() const { return domain && !domain->empty(); }
  bool has_user() const { return !domain || !user.empty(); }

  /// The labels of the domain, the last label first, without empty labels (util/argv_split.c).
  std::vector<std::string_view> labels() const {
    std::vector<std::string_view> result;
    std::string_view rest = domain.value_or(std::string_view());
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('.'), rest.size());
      if (end > 0) result.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    std::ranges::reverse(result);
    return result;
  }
};

namespace {

bool is_digit_of_label(char c) { return c >= '1' && c <= '9'; }

/// Calls `put` with each literal text and `use` with each letter after a '%'.
template <class Put, class Use>
void each_part(std::string_view text, Put put, Use use) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%' || at + 1 == text.size()) {
      put(text[at]);
    } else if (text[++at] == '%') {
      put('%');
    } else {
      use(text[at]);
    }
  }
}

}  // namespace

std::expected<QueryTemplate, std::string> QueryTemplate::parse(std::string query, std::string result_format) {
  QueryTemplate result;
  if (auto wrong = result.scan(query, true)) return std::unexpected("query: " + *wrong);
  if (auto wrong = result.scan(result_format, false)) return std::unexpected("result_format: " + *wrong);
  result.query_ = std::move(query);
  result.result_format_ = std::move(result_format);
  return result;
}

/// Finds the parts that the text needs, like db_common_parse(). Returns an error, if there is one.
std::optional<std::string> QueryTemplate::scan(std::string_view text, bool is_query) {
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 2)) {
    const char letter = at + 1 < text.size() ? text[at + 1] : '\0';
    if (is_query && letter != '%') depends_on_key_ = true;
    if (letter == 'u') (is_query ? needs_key_user_ : needs_value_user_) = true;
    if (letter == 'd') (is_query ? needs_key_domain_ : needs_value_domain_) = true;
    if (letter == 'U') needs_key_user_ = true;
    if (letter == 'D' || is_digit_of_label(letter)) needs_key_domain_ = true;
    if (is_digit_of_label(letter)) labels_ = std::max(labels_, static_cast<std::size_t>(letter - '0'));
    const bool is_known = std::string_view("%usdSUD").contains(letter) && letter != '\0';
    if (!is_known && !is_digit_of_label(letter)) return "unknown letter after '%'; \"%%\" is a percent sign";
  }
  return std::nullopt;
}

bool QueryTemplate::has_needed_parts(const Parts& key) const {
  return (!needs_key_domain_ || key.has_domain()) && (!needs_key_user_ || key.has_user()) &&
         (labels_ == 0 || key.labels().size() >= labels_);
}

std::optional<std::string> QueryTemplate::query_for(std::string_view text, const Quote& quote) const {
  const Parts key(text);
  if (text.empty() || !has_needed_parts(key)) return std::nullopt;
  std::string result;
  const auto use = [&](char letter) {
    if (is_digit_of_label(letter)) {
      result += quote(key.labels()[static_cast<std::size_t>(letter - '1')]);
    } else if (letter == 'd' || letter == 'D') {
      result += quote(key.domain.value_or(std::string_view()));
    } else {
      result += quote(letter == 'u' || letter == 'U' ? key.user : key.whole);
    }
  };
  each_part(query_, [&](char c) { result += c; }, use);
  return result;
}

bool QueryTemplate::append_value(std::string_view text, std::string_view key_text, std::string& result) const {
  const Parts value(text);
  const Parts key(key_text);
  if (text.empty() || !has_needed_parts(key)) return false;
  if ((needs_value_domain_ && !value.has_domain()) || (needs_value_user_ && !value.has_user())) return false;
  if (!result.empty()) result += ',';
  const auto use = [&](char letter) {
    if (is_digit_of_label(letter)) {
      result += key.labels()[static_cast<std::size_t>(letter - '1')];
      return;
    }
    const Parts& from = letter == 'S' || letter == 'U' || letter == 'D' ? key : value;
    if (letter == 's' || letter == 'S') result += from.whole;
    if (letter == 'u' || letter == 'U') result += from.user;
    if (letter == 'd' || letter == 'D') result += from.domain.value_or(std::string_view());
  };
  each_part(result_format_, [&](char c) { result += c; }, use);
  return true;
}

}  // namespace shorthop
