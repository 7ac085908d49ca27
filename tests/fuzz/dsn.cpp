// Any bytes as the ESMTP arguments of RCPT TO: an error, or parameters that mean the same when sent again.
#include "mail/dsn.h"

#include <string>
#include <string_view>
#include <vector>

#include "fuzz/must.h"

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

void must_survive_the_wire(const shorthop::Dsn& dsn) {
  std::vector<std::string> sent;
  if (!dsn.notify.absent()) sent.push_back("NOTIFY=" + dsn.notify.text());
  if (!dsn.orcpt.empty()) sent.push_back("ORCPT=" + dsn.orcpt);
  for (const auto& word : sent) must(word.find(' ') == std::string::npos, "one word a parameter");
  const auto again = shorthop::parse_dsn({sent.begin(), sent.end()});
  must(again && again->notify == dsn.notify && again->orcpt == dsn.orcpt, "what we send is what the client asked for");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = shorthop::parse_dsn(words_of(text.substr(0, text.find('\n'))));
  const auto rest = text.find('\n') == std::string_view::npos ? std::string_view() : text.substr(text.find('\n') + 1);
  const auto second = shorthop::parse_dsn(words_of(rest));
  if (first) must_survive_the_wire(*first);
  if (first && second) {
    const auto merged = first->notify.merged(second->notify);
    must(merged.covers(first->notify) && merged.covers(second->notify), "a merged NOTIFY reports what either wanted");
    must(merged == second->notify.merged(first->notify), "merging knows no order");
  }
  return 0;
}
