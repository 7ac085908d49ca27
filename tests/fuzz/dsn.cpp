// Parses any bytes as the ESMTP arguments of RCPT TO. The result is an error, or parameters that mean the same when
// they are sent again. The first line of the input has the arguments of one recipient, the rest has the arguments of
// another recipient. The first line is also tried as an address.
#include "mail/dsn.h"

#include <string>
#include <string_view>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "text/ascii.h"

namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// Replaces the type utf-8, so that parse_dsn() reads the ORCPT as xtext. A milter sends every ORCPT as xtext, but a
/// client sends an ORCPT of type utf-8 in another form (RFC 6533, 3).
std::string with_xtext_type(std::string orcpt) {
  if (shorthop::starts_with_folded(orcpt, "utf-8;")) orcpt.replace(0, 5, "xtext");
  return orcpt;
}

void must_survive_the_wire(const shorthop::Dsn& dsn) {
  std::vector<std::string> sent;
  if (!dsn.notify.is_absent()) sent.push_back("NOTIFY=" + dsn.notify.text());
  const std::string orcpt = with_xtext_type(dsn.orcpt);
  if (!orcpt.empty()) sent.push_back("ORCPT=" + orcpt);
  for (const auto& word : sent) must(word.find(' ') == std::string::npos, "one word per parameter");
  const auto again = shorthop::parse_dsn({sent.begin(), sent.end()});
  must(again && again->notify == dsn.notify && again->orcpt == orcpt, "what we send is what the client asked for");
}

/// Tries the ORCPT that is sent if the client gave none.
void must_name(std::string_view text) {
  if (const auto address = shorthop::Address::parse(text)) {
    const std::string orcpt = with_xtext_type(shorthop::orcpt_for(*address));
    must(is_printable_line(orcpt) && !orcpt.contains(' '), "an ORCPT is one printable word");
    const std::string argument = "ORCPT=" + orcpt;
    const auto dsn = shorthop::parse_dsn({argument});
    constexpr std::size_t max_length = 500;  // RFC 3461, 4.2
    must(dsn ? dsn->orcpt == orcpt : orcpt.size() > max_length, "the ORCPT for an address is valid");
  }
  const std::string as_given = shorthop::orcpt_as_given(text);
  must(is_printable_line(as_given) && !as_given.contains(' '), "an ORCPT is one printable word");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Input input(data, size);
  const std::string_view line = input.line();
  const auto first = shorthop::parse_dsn(words_of(line));
  const auto second = shorthop::parse_dsn(words_of(input.rest()));
  must_name(line);
  if (first) must_survive_the_wire(*first);
  if (first && second) {
    const auto merged = first->notify.merged(second->notify);
    must(merged.covers(first->notify) && merged.covers(second->notify), "a merged NOTIFY reports what either wanted");
    must(merged == second->notify.merged(first->notify), "merging does not depend on the order");
  }
  return 0;
}
