// regexp: tables, matched by the C library, like Postfix's.
// Source: regexp_table(5), Postfix util/dict_regexp.c.
#include <regex.h>

#include <algorithm>
#include <array>

#include "tables/types/pattern_table.h"

namespace shorthop {
namespace {

std::string text_of_error(int error, const regex_t& pattern) {
  std::array<char, 256> text{};
  regerror(error, &pattern, text.data(), text.size());
  return text.data();
}

class RegexpPattern final : public CompiledPattern {
 public:
  explicit RegexpPattern(const regex_t& compiled) : compiled_(compiled) {}
  ~RegexpPattern() override { regfree(&compiled_); }
  RegexpPattern(const RegexpPattern&) = delete;
  RegexpPattern(RegexpPattern&&) = delete;
  RegexpPattern& operator=(const RegexpPattern&) = delete;
  RegexpPattern& operator=(RegexpPattern&&) = delete;

  std::size_t groups() const override { return compiled_.re_nsub; }

  std::expected<bool, std::string> matches(const std::string& subject,
                                           std::span<std::string_view> found) const override {
    std::vector<regmatch_t> places(found.size());
    const int error = regexec(&compiled_, subject.c_str(), places.size(), places.data(), 0);
    if (error == REG_NOMATCH) return false;
    if (error != 0) return std::unexpected(text_of_error(error, compiled_));
    std::ranges::transform(places, found.begin(), [&](const regmatch_t& place) {
      if (place.rm_so < 0) return std::string_view();
      return std::string_view(subject).substr(static_cast<std::size_t>(place.rm_so),
                                              static_cast<std::size_t>(place.rm_eo - place.rm_so));
    });
    return true;
  }

 private:
  regex_t compiled_;
};

/// Each flag toggles a default: without 'i', case is ignored.
int options_of(std::string_view flags) {
  int options = REG_EXTENDED | REG_ICASE;
  for (const char flag : flags) {
    if (flag == 'i') options ^= REG_ICASE;
    if (flag == 'm') options ^= REG_NEWLINE;
    if (flag == 'x') options ^= REG_EXTENDED;
  }
  return options;
}

CompiledOr compile_regexp(const PatternText& pattern) {
  regex_t compiled{};
  const int error = regcomp(&compiled, pattern.regex.c_str(), options_of(pattern.flags));
  if (error != 0) return std::unexpected(text_of_error(error, compiled));
  return std::make_unique<RegexpPattern>(compiled);
}

}  // namespace

std::shared_ptr<const Table> open_regexp(const OpenRequest& request) {
  return open_patterns(request, PatternDialect::regexp, compile_regexp);
}

}  // namespace shorthop
