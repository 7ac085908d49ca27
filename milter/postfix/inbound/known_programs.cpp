#include "postfix/inbound/known_programs.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "text/ascii.h"

namespace shorthop {
namespace {

template <std::size_t N>
using Marks = std::array<std::string_view, N>;

// KnownProgram::marks. Numbers are default ports.
constexpr Marks<3> iredapd{"iredapd", "7777", "listfilter"};
constexpr Marks<5> archivers{"archiv", "mailarch", "piler", "bcc", "journal"};
constexpr Marks<2> amavis{"amavis", "10024"};
constexpr Marks<3> rspamd{"rspamd", "11332", "rmilter"};
constexpr Marks<2> clamav{"clam", "7357"};
constexpr Marks<2> spamassassin{"spamass", "spamd"};
constexpr Marks<1> mimedefang{"mimedefang"};
// Distributions and panels start postgrey on 10023, 10030 or 60000.
constexpr Marks<7> greylisting{"postgrey", "10023", "10030", "60000", "greylist", "sqlgrey", "2501"};
constexpr Marks<7> spf{"SPF", "spfd", "spfmilter", "spfpolicy", "spfcheck", "tumgreyspf", "pyspf"};
constexpr Marks<6> dkim{"opendkim", "dkim", "8891", "8892", "12301", "openarc"};
constexpr Marks<3> dmarc{"opendmarc", "dmarc", "8893"};
constexpr Marks<2> quota{"quota", "12340"};
constexpr Marks<3> rate{"RATE", "ratelimit", "ratepolicy"};
// policyd-weight adds up the answers of DNS lists about the client.
constexpr Marks<2> weight{"weight", "12525"};

// Sender rules and archives come first: a name that has one of their marks is never taken for something harmless.
constexpr std::array programs = {
    KnownProgram{"sender rules", ProgramTask::sender_rules, iredapd},
    KnownProgram{"an archive", ProgramTask::archive, archivers},
    KnownProgram{"amavis", ProgramTask::filter, amavis},
    KnownProgram{"rspamd", ProgramTask::filter, rspamd},
    KnownProgram{"clamav", ProgramTask::filter, clamav},
    KnownProgram{"spamassassin", ProgramTask::filter, spamassassin},
    KnownProgram{"mimedefang", ProgramTask::filter, mimedefang},
    KnownProgram{"greylisting", ProgramTask::routine, greylisting},
    KnownProgram{"spf", ProgramTask::routine, spf},
    KnownProgram{"dkim", ProgramTask::routine, dkim},
    KnownProgram{"dmarc", ProgramTask::routine, dmarc},
    KnownProgram{"quota", ProgramTask::routine, quota},
    KnownProgram{"rate limit", ProgramTask::routine, rate},
    KnownProgram{"policyd-weight", ProgramTask::routine, weight},
};

bool is_of_word(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

std::vector<std::string_view> alphanumeric_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_of_word(text[end])) ++end;
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// The number at the end of "inet:localhost:8891"; empty if there is none. Numbers elsewhere, as in an IPv6 address or
/// a path, are not ports.
std::string_view port_at_end(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_digit(text[begin - 1])) --begin;
  return begin == 0 || text[begin - 1] == ':' ? text.substr(begin) : std::string_view();
}

bool is_mark_of(std::string_view mark, std::string_view word) {
  const bool is_whole_word = mark.front() >= 'A' && mark.front() <= 'Z';
  return is_whole_word ? equal_folded(mark, word) : word.starts_with(mark);
}

}  // namespace

const KnownProgram* find_known_program(std::string_view text) {
  const std::string lower = folded(text);
  const auto words = alphanumeric_words(lower);
  const std::string_view port = port_at_end(lower);
  const auto has_mark = [&](const KnownProgram& program) {
    return std::ranges::any_of(program.marks, [&](std::string_view mark) {
      if (is_digit(mark.front())) return mark == port;
      return std::ranges::any_of(words, [&](std::string_view word) { return is_mark_of(mark, word); });
    });
  };
  const auto found = std::ranges::find_if(programs, has_mark);
  return found == programs.end() ? nullptr : &*found;
}

}  // namespace shorthop
