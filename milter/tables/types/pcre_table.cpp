// pcre: tables, matched by PCRE2 with limits, so that no key can take long. Without PCRE2, this host's postmap(1) is
// asked.
// Source: pcre_table(5), Postfix util/dict_pcre.c.
#include "tables/types.h"

#ifdef SHORTHOP_WITH_PCRE

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <new>

#include "tables/types/pattern_table.h"

namespace shorthop {
namespace {

// Far below PCRE2's own limits, with which a message could wait for seconds. A match of an address needs less.
constexpr std::uint32_t max_matches = 100'000;
constexpr std::uint32_t max_match_depth = 100'000;
constexpr std::uint32_t max_heap = 20'000;  // KiB

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Code = std::unique_ptr<pcre2_code, FreeWith<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, FreeWith<pcre2_match_data_free>>;
using MatchLimits = std::unique_ptr<pcre2_match_context, FreeWith<pcre2_match_context_free>>;

std::string text_of_pcre_error(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return {text.begin(), std::ranges::find(text, 0)};
}

MatchLimits match_limits() {
  MatchLimits limits(pcre2_match_context_create(nullptr));
  if (limits == nullptr) throw std::bad_alloc();
  pcre2_set_match_limit(limits.get(), max_matches);
  pcre2_set_depth_limit(limits.get(), max_match_depth);
  pcre2_set_heap_limit(limits.get(), max_heap);
  return limits;
}

class PcrePattern final : public CompiledPattern {
 public:
  explicit PcrePattern(Code code) : code_(std::move(code)), limits_(match_limits()) {}

  std::size_t groups() const override {
    std::uint32_t count = 0;
    pcre2_pattern_info(code_.get(), PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
  }

  std::expected<bool, std::string> matches(const std::string& subject,
                                           std::span<std::string_view> found) const override {
    const MatchData data(pcre2_match_data_create_from_pattern(code_.get(), nullptr));
    if (data == nullptr) throw std::bad_alloc();
    const auto* text = reinterpret_cast<PCRE2_SPTR>(subject.data());
    const int result = pcre2_match(code_.get(), text, subject.size(), 0, 0, data.get(), limits_.get());
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result < 0) return std::unexpected(text_of_pcre_error(result));
    const PCRE2_SIZE* places = pcre2_get_ovector_pointer(data.get());
    for (std::size_t group = 0; group < std::min(found.size(), static_cast<std::size_t>(result)); ++group) {
      const PCRE2_SIZE begin = places[2 * group];
      const PCRE2_SIZE end = places[2 * group + 1];
      const bool is_there = begin != PCRE2_UNSET && begin <= end;  // "\K" can put the beginning after the end
      if (is_there) found[group] = std::string_view(subject).substr(begin, end - begin);
    }
    return true;
  }

 private:
  Code code_;
  MatchLimits limits_;
};

/// Each flag toggles a default: without 'i', case is ignored; without 's', '.' matches a line end.
std::uint32_t pcre_options_of(std::string_view flags) {
  std::uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL;
  for (const char flag : flags) {
    if (flag == 'i') options ^= PCRE2_CASELESS;
    if (flag == 'm') options ^= PCRE2_MULTILINE;
    if (flag == 's') options ^= PCRE2_DOTALL;
    if (flag == 'x') options ^= PCRE2_EXTENDED;
    if (flag == 'A') options ^= PCRE2_ANCHORED;
    if (flag == 'E') options ^= PCRE2_DOLLAR_ENDONLY;
    if (flag == 'U') options ^= PCRE2_UNGREEDY;  // 'X' means nothing to PCRE2, and Postfix ignores it
  }
  return options;
}

CompiledOr compile_pcre(const PatternText& pattern) {
  int error = 0;
  PCRE2_SIZE place = 0;
  const auto* text = reinterpret_cast<PCRE2_SPTR>(pattern.regex.data());
  Code code(pcre2_compile(text, pattern.regex.size(), pcre_options_of(pattern.flags), &error, &place, nullptr));
  if (code == nullptr) return std::unexpected(text_of_pcre_error(error));
  return std::make_unique<PcrePattern>(std::move(code));
}

}  // namespace

std::shared_ptr<const Table> open_pcre(const OpenRequest& request) {
  return open_patterns(request, PatternDialect::pcre, compile_pcre);
}

}  // namespace shorthop

#else

namespace shorthop {

std::shared_ptr<const Table> open_pcre(const OpenRequest& request) { return open_postmap(request); }

}  // namespace shorthop

#endif
