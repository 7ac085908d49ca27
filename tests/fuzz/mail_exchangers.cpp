// Any bytes as an answer of the DNS: an error, or MX records that are the same when they are answered again.
#include "system/mx_lookup.h"

#include <arpa/nameser.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "fuzz/must.h"
#include "text/ascii.h"

namespace {

using Bytes = std::vector<unsigned char>;

void append_16(Bytes& bytes, std::size_t number) {
  bytes.push_back(static_cast<unsigned char>(number >> 8));
  bytes.push_back(static_cast<unsigned char>(number & 0xff));
}

/// A name as it stands in an answer, without compression (RFC 1035, 3.1).
Bytes packed(const std::string& host) {
  std::array<unsigned char, NS_MAXCDNAME> name{};
  must(ns_name_pton(host.c_str(), name.data(), name.size()) >= 0, "a host is a name of the DNS");
  const unsigned char* end = name.data();
  must(ns_name_skip(&end, name.data() + name.size()) == 0, "a name has an end");
  return {static_cast<const unsigned char*>(name.data()), end};
}

/// An answer with these records, of the root (RFC 1035, 4.1).
Bytes answer_with(const std::vector<shorthop::MxRecord>& exchangers) {
  Bytes answer;
  for (const std::size_t number :
       {std::size_t{1}, std::size_t{0x8180}, std::size_t{0}, exchangers.size(), std::size_t{0}, std::size_t{0}}) {
    append_16(answer, number);
  }
  for (const auto& [preference, host] : exchangers) {
    const Bytes name = packed(host);
    answer.push_back(0);
    for (const std::size_t number : {std::size_t{ns_t_mx}, std::size_t{ns_c_in}, std::size_t{0}, std::size_t{60},
                                     name.size() + 2, std::size_t{preference}}) {
      append_16(answer, number);
    }
    answer.insert(answer.end(), name.begin(), name.end());
  }
  return answer;
}

void must_be_sound(const shorthop::MxRecord& exchanger) {
  must(exchanger.host.size() < NS_MAXDNAME, "a host is as long as a name of the DNS");
  must(is_printable_line(exchanger.host), "a host is printable");
  must(exchanger.host == shorthop::folded(exchanger.host), "a host is folded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto answer = shorthop::mx_records_in(std::span(data, size));
  if (!answer) {
    must(is_printable_line(answer.error()) && !answer.error().empty(), "an error is a sentence");
    return 0;
  }
  constexpr std::size_t min_record = 14;
  must(answer->size() <= size / min_record, "a record takes its bytes");
  const auto order = [](const auto& one) { return std::tie(one.preference, one.host); };
  must(std::ranges::is_sorted(*answer, {}, order), "the records are sorted");
  std::ranges::for_each(*answer, must_be_sound);
  const Bytes again = answer_with(*answer);
  if (again.size() > NS_MAXMSG) return 0;
  must(shorthop::mx_records_in(again) == answer, "records survive being answered again");
  return 0;
}
