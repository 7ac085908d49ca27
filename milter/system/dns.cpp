// The only file that includes c-ares. Each call opens a new channel, so that it uses the current /etc/resolv.conf.
#include "system/dns.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <tuple>
#include <utility>

#include "system/deadline.h"
#include "system/file_reader.h"
#include "system/ip_address.h"
#include "text/ascii.h"
#include "text/lines.h"

#define CARES_NO_DEPRECATED  // version 1.18 of Debian 12 lacks the functions that replace the deprecated ones
#include <ares.h>

namespace shorthop {
namespace {

/// A channel to the name servers; it counts open questions.
class Channel {
 public:
  explicit Channel(const std::string& servers) {
    ares_options options{};
    options.timeout = 2000;  // milliseconds for the first try at one server
    options.tries = 2;
    options.sock_state_cb = &Channel::watch;
    options.sock_state_cb_data = this;
    std::string dns_only = "b";  // /etc/hosts is read separately
    options.lookups = dns_only.data();
    constexpr int given = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS;
    is_open_ = ares_init_options(&channel_, &options, given) == ARES_SUCCESS;
    if (is_open_ && !servers.empty()) ares_set_servers_ports_csv(channel_, servers.c_str());
  }
  ~Channel() {
    if (is_open_) ares_destroy(channel_);
  }
  Channel(const Channel&) = delete;
  Channel(Channel&&) = delete;
  Channel& operator=(const Channel&) = delete;
  Channel& operator=(Channel&&) = delete;

  bool is_open() const { return is_open_; }
  ares_channel get() const { return channel_; }
  /// To be called at the end of each question.
  void close_question() { --open_questions_; }

  /// Calls `ask(index)` for each of `count` questions. Only a limited number is open at a time, because a small name
  /// server drops questions beyond its limit. Waits until all have ended, at most until the deadline.
  void run(std::size_t count, const std::function<void(std::size_t)>& ask, Deadline deadline) {
    constexpr std::size_t max_open = 64;
    for (std::size_t next = 0; next < count || open_questions_ > 0;) {
      for (; next < count && open_questions_ < max_open; ++next) {
        ++open_questions_;
        ask(next);
      }
      if (open_questions_ > 0 && !wait(deadline)) break;
    }
    ares_cancel(channel_);
  }

 private:
  static void watch(void* channel, ares_socket_t socket, int readable, int writable) {
    auto& sockets = static_cast<Channel*>(channel)->sockets_;
    if (readable == 0 && writable == 0) {
      sockets.erase(socket);
    } else {
      sockets[socket] = static_cast<short>((readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0));
    }
  }

  /// Waits for events and passes them to c-ares; false at the deadline.
  bool wait(Deadline deadline) {
    const auto left = time_left(deadline).count();
    if (left == 0) return false;
    timeval limit{left / 1000, left % 1000 * 1000};
    timeval sooner{};
    const timeval* time = ares_timeout(channel_, &limit, &sooner);
    std::vector<pollfd> ready;
    ready.reserve(sockets_.size());
    for (const auto& [socket, events] : sockets_) ready.push_back({socket, events, 0});
    ::poll(ready.data(), ready.size(), static_cast<int>(time->tv_sec * 1000 + time->tv_usec / 1000 + 1));
    for (const pollfd& one : ready) {
      const bool is_readable = (one.revents & ~POLLOUT) != 0;  // c-ares notices an error when it reads
      if (one.revents == 0) continue;
      ares_process_fd(channel_, is_readable ? one.fd : ARES_SOCKET_BAD,
                      (one.revents & POLLOUT) != 0 ? one.fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // lets c-ares handle its timeouts
    return true;
  }

  ares_channel channel_ = nullptr;
  bool is_open_ = false;
  std::map<ares_socket_t, short> sockets_;  ///< each with the events that c-ares waits for
  std::size_t open_questions_ = 0;
};

template <class Record>
struct Question {
  Channel* channel;
  DnsAnswer<Record> answer = std::unexpected("the DNS did not answer in time");
};

/// Sets the answer for a status without records. If the time limit was reached, `answer` is not changed.
template <class Record>
void set_without_records(DnsAnswer<Record>& answer, int status) {
  if (status == ARES_ENODATA || status == ARES_ENOTFOUND) {
    answer = std::vector<Record>();
  } else if (status == ARES_EBADRESP) {
    answer = std::unexpected("the answer of the DNS cannot be read");
  } else if (status != ARES_ECANCELLED && status != ARES_EDESTRUCTION) {
    answer = std::unexpected("the DNS does not answer");
  }
}

std::vector<MxRecord> records_of(const ares_mx_reply* list) {
  std::vector<MxRecord> records;
  for (; list != nullptr; list = list->next) records.push_back({list->priority, folded(list->host)});
  std::ranges::sort(records, {}, [](const MxRecord& one) { return std::tie(one.preference, one.host); });
  return records;
}

void add_once(std::vector<std::string>& addresses, const std::optional<IpAddress>& address) {
  if (!address) return;
  std::string text = address->text();
  if (std::ranges::find(addresses, text) == addresses.end()) addresses.push_back(std::move(text));
}

std::vector<std::string> addresses_of(const ares_addrinfo* found) {
  std::vector<std::string> addresses;
  for (const auto* node = found == nullptr ? nullptr : found->nodes; node != nullptr; node = node->ai_next) {
    add_once(addresses, IpAddress::from(*node->ai_addr));
  }
  return addresses;
}

// Callbacks of c-ares, a C library, so they must not throw. If memory runs out, the question stays unanswered.

void take_mx(void* argument, int status, int /*timeouts*/, unsigned char* bytes, int length) try {
  auto& question = *static_cast<Question<MxRecord>*>(argument);
  question.channel->close_question();
  ares_mx_reply* list = nullptr;
  if (status == ARES_SUCCESS) status = ares_parse_mx_reply(bytes, length, &list);
  const std::unique_ptr<ares_mx_reply, decltype(&ares_free_data)> owned(list, &ares_free_data);
  if (status == ARES_SUCCESS) {
    question.answer = records_of(list);
  } else {
    set_without_records(question.answer, status);
  }
} catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
}

void take_addresses(void* argument, int status, int /*timeouts*/, ares_addrinfo* found) try {
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(found, &ares_freeaddrinfo);
  auto& question = *static_cast<Question<std::string>*>(argument);
  question.channel->close_question();
  if (status == ARES_SUCCESS) {
    question.answer = addresses_of(found);
  } else {
    set_without_records(question.answer, status);
  }
} catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
}

void ask_mx(const std::string& domain, Question<MxRecord>& question) {
  constexpr int internet = 1;
  constexpr int mx = 15;  // RFC 1035, 3.2
  ares_query(question.channel->get(), domain.c_str(), internet, mx, &take_mx, &question);
}

void ask_addresses(const std::string& name, int family, Question<std::string>& question) {
  ares_addrinfo_hints hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;
  ares_getaddrinfo(question.channel->get(), name.c_str(), nullptr, &hints, &take_addresses, &question);
}

/// The answers to `count` questions, each asked by `ask(index, question)`.
template <class Record, class AskOne>
std::vector<DnsAnswer<Record>> answers(std::size_t count, const DnsLimits& limits, const AskOne& ask) {
  if (count == 0) return {};
  const auto deadline = std::chrono::steady_clock::now() + limits.time;
  Channel channel(limits.servers);
  if (!channel.is_open()) return {count, std::unexpected("the resolver cannot be set up")};
  std::vector<Question<Record>> questions(count, Question<Record>{&channel});
  channel.run(count, [&](std::size_t i) { ask(i, questions[i]); }, deadline);
  std::vector<DnsAnswer<Record>> result;
  result.reserve(questions.size());
  for (Question<Record>& question : questions) result.push_back(std::move(question.answer));
  return result;
}

/// The addresses of both families. If one family failed, the whole answer is that failure.
AddressAnswer merged_answer(AddressAnswer one, AddressAnswer other) {
  if (!one) return one;
  if (!other) return other;
  one->insert(one->end(), other->begin(), other->end());
  return one;
}

}  // namespace

std::vector<std::string> addresses_in_hosts_file(std::string_view text, std::string_view host) {
  std::vector<std::string> addresses;
  for (std::string_view line : lines_of(text)) {
    line = line.substr(0, line.find('#'));
    const auto address = IpAddress::parse(take_word(line));
    for (auto name = take_word(line); !name.empty(); name = take_word(line)) {
      if (equal_folded(name, host)) add_once(addresses, address);
    }
  }
  return addresses;
}

std::vector<AddressAnswer> SystemHostAddresses::look_up(const std::vector<std::string>& names) const {
  const std::string hosts = SystemFiles().read("/etc/hosts").value_or(std::string());
  std::vector<AddressAnswer> result(names.size());
  std::vector<std::string> to_resolve;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const auto address = IpAddress::parse(names[i])) {
      result[i] = std::vector<std::string>{address->text()};
    } else if (result[i] = addresses_in_hosts_file(hosts, names[i]); result[i]->empty()) {
      to_resolve.push_back(names[i]);
      positions.push_back(i);
    }
  }
  // One question for each address family: for a question about both, c-ares reports success even if only one was
  // answered.
  auto found =
      answers<std::string>(2 * to_resolve.size(), limits_, [&](std::size_t i, Question<std::string>& question) {
        ask_addresses(to_resolve[i / 2], i % 2 == 0 ? AF_INET : AF_INET6, question);
      });
  for (std::size_t i = 0; i < to_resolve.size(); ++i) {
    result[positions[i]] = merged_answer(std::move(found[2 * i]), std::move(found[2 * i + 1]));
  }
  return result;
}

std::vector<MxAnswer> SystemMxLookup::look_up(const std::vector<std::string>& domains) const {
  return answers<MxRecord>(domains.size(), limits_,
                           [&](std::size_t i, Question<MxRecord>& question) { ask_mx(domains[i], question); });
}

}  // namespace shorthop
