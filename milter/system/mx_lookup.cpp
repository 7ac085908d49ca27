#include "system/mx_lookup.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>

#include "text/ascii.h"

namespace shorthop {
namespace {

/// The resolver's state, with short waits: a name server that is down must not hold up a postmaster.
class Resolver {
 public:
  Resolver() : is_open_(res_ninit(&state_) == 0) {
    state_.retrans = 2;  // seconds for one server
    state_.retry = 2;
  }
  Resolver(const Resolver&) = delete;
  Resolver(Resolver&&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  Resolver& operator=(Resolver&&) = delete;
  ~Resolver() {
    if (is_open_) res_nclose(&state_);
  }

  MxAnswer ask(const std::string& domain) {
    if (!is_open_) return std::unexpected("the resolver cannot be set up");
    std::array<unsigned char, NS_MAXMSG> answer{};
    // With the final dot nothing is appended to the name.
    const int length = res_nquery(&state_, (domain + ".").c_str(), ns_c_in, ns_t_mx, answer.data(), answer.size());
    if (length >= 0) return mx_records_in(std::span(answer).first(std::min(std::size_t(length), answer.size())));
    switch (state_.res_h_errno) {
      case HOST_NOT_FOUND:
      case NO_DATA: return std::vector<MxRecord>();
      default: return std::unexpected("the DNS does not answer");
    }
  }

 private:
  struct __res_state state_{};
  bool is_open_;
};

}  // namespace

MxAnswer mx_records_in(std::span<const unsigned char> answer) {
  const std::unexpected<std::string> unreadable("the answer of the DNS cannot be read");
  ns_msg message;
  if (ns_initparse(answer.data(), static_cast<int>(answer.size()), &message) != 0) return unreadable;
  std::vector<MxRecord> exchangers;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) return unreadable;
    if (ns_rr_type(record) != ns_t_mx || ns_rr_rdlen(record) < 3) continue;  // a CNAME on the way
    std::array<char, NS_MAXDNAME> host{};
    const unsigned char* data = ns_rr_rdata(record);
    const int used = dn_expand(answer.data(), answer.data() + answer.size(), data + 2, host.data(), host.size());
    if (used < 0 || used + 2 != ns_rr_rdlen(record)) return unreadable;
    exchangers.push_back({static_cast<std::uint16_t>(data[0] << 8 | data[1]), folded(host.data())});
  }
  std::ranges::sort(exchangers, {}, [](const MxRecord& one) { return std::tie(one.preference, one.host); });
  return exchangers;
}

std::vector<MxAnswer> SystemMailExchangers::of(const std::vector<std::string>& domains) const {
  std::vector<MxAnswer> answers;
  Resolver resolver;
  const auto deadline = std::chrono::steady_clock::now() + limit_;
  for (const std::string& domain : domains) {
    if (std::chrono::steady_clock::now() < deadline) {
      answers.push_back(resolver.ask(domain));
    } else {
      answers.emplace_back(std::unexpected("the DNS did not answer in time"));
    }
  }
  return answers;
}

}  // namespace shorthop
