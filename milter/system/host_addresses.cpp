#include "system/host_addresses.h"

#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "system/ip_address.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// Asks, for as long as the resolver takes; AI_NUMERICHOST asks nobody.
HostAddresses::Answer ask(const std::string& name, int flags) try {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(list, &freeaddrinfo);
  if (error != 0) return std::unexpected(folded(gai_strerror(error)));
  std::vector<std::string> addresses;
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
    const auto address = IpAddress::from(*info->ai_addr);
    if (!address) continue;
    std::string text = address->text();
    if (std::ranges::find(addresses, text) == addresses.end()) addresses.push_back(std::move(text));
  }
  return addresses;
} catch (const std::bad_alloc&) {  // in a thread of its own there is nobody else to catch it
  return std::unexpected("out of memory");
}

/// What is being asked: shared with the threads that ask, for nothing makes a resolver give up before its time.
struct Questions {
  std::mutex mutex;
  std::condition_variable answered;
  std::vector<std::optional<HostAddresses::Answer>> answers;

  void answer(std::size_t question, HostAddresses::Answer answer) {
    const std::lock_guard lock(mutex);
    answers[question] = std::move(answer);
    answered.notify_one();
  }
  bool are_answered() const {
    return std::ranges::all_of(answers, [](const auto& answer) { return answer.has_value(); });
  }
};

}  // namespace

// A thread for each name, not getaddrinfo_a: the threads that libc makes itself are unknown to ThreadSanitizer.
std::vector<HostAddresses::Answer> SystemHostAddresses::of(const std::vector<std::string>& names) const {
  const auto questions = std::make_shared<Questions>();
  questions->answers.resize(names.size());
  const auto deadline = std::chrono::steady_clock::now() + limit_;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (auto literal = ask(names[i], AI_NUMERICHOST)) {
      questions->answer(i, std::move(literal));
    } else {
      std::thread([questions, i, name = names[i]] { questions->answer(i, ask(name, 0)); }).detach();
    }
  }
  std::unique_lock lock(questions->mutex);
  questions->answered.wait_until(lock, deadline, [&] { return questions->are_answered(); });
  std::vector<Answer> answers;
  for (auto& answer : questions->answers) {
    answers.push_back(answer ? std::move(*answer) : std::unexpected("the DNS did not answer in time"));
  }
  return answers;
}

}  // namespace shorthop
