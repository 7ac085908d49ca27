#include "load/host_addresses.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "mail/ascii.h"

namespace shorthop {
namespace {

using Clock = std::chrono::steady_clock;

/// The questions. The resolver's thread writes to them, so that they may only be freed when it is done.
struct Questions {
  explicit Questions(const std::vector<std::string>& asked) : names(asked), requests(asked.size()) {
    hints.ai_socktype = SOCK_STREAM;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      requests[i].ar_name = names[i].c_str();
      requests[i].ar_request = &hints;
      pointers.push_back(&requests[i]);
    }
  }
  ~Questions() {
    for (gaicb& request : requests) {
      if (request.ar_result != nullptr) freeaddrinfo(request.ar_result);
    }
  }
  Questions(const Questions&) = delete;
  Questions(Questions&&) = delete;
  Questions& operator=(const Questions&) = delete;
  Questions& operator=(Questions&&) = delete;

  bool all_done() {
    return std::ranges::all_of(requests, [](gaicb& request) { return gai_error(&request) != EAI_INPROGRESS; });
  }

  std::vector<std::string> names;
  addrinfo hints{};
  std::vector<gaicb> requests;
  std::vector<gaicb*> pointers;
};

/// Keeps questions that cannot be taken back (a dead DNS) until their thread is done, or the process ends.
void park(std::unique_ptr<Questions> questions) {
  static std::mutex mutex;
  static auto* const parked = new std::vector<std::unique_ptr<Questions>>;  // never destroyed: the threads may live on
  std::lock_guard lock(mutex);
  std::erase_if(*parked, [](const auto& earlier) { return earlier->all_done(); });
  parked->push_back(std::move(questions));
}

void wait_for(Questions& questions, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (!questions.all_done()) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - Clock::now()).count();
    if (left <= 0) return;
    const timespec timeout{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    gai_suspend(questions.pointers.data(), static_cast<int>(questions.pointers.size()), &timeout);
  }
}

std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  } else if (address->sa_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  }
  if (bytes == nullptr || inet_ntop(address->sa_family, bytes, text.data(), text.size()) == nullptr) return {};
  return text.data();
}

HostAddresses::Answer answer_of(gaicb& request) {
  const int error = gai_error(&request);
  if (error == EAI_INPROGRESS || error == EAI_CANCELED) return std::unexpected("the DNS did not answer in time");
  if (error != 0) return std::unexpected(folded(gai_strerror(error)));
  std::vector<std::string> addresses;
  for (const addrinfo* info = request.ar_result; info != nullptr; info = info->ai_next) {
    std::string address = text_of(info->ai_addr);
    if (!address.empty() && std::ranges::find(addresses, address) == addresses.end()) {
      addresses.push_back(std::move(address));
    }
  }
  return addresses;
}

}  // namespace

std::vector<HostAddresses::Answer> SystemHostAddresses::of(const std::vector<std::string>& names) const {
  if (names.empty()) return {};
  auto questions = std::make_unique<Questions>(names);
  const int error =
      getaddrinfo_a(GAI_NOWAIT, questions->pointers.data(), static_cast<int>(questions->pointers.size()), nullptr);
  if (error != 0) return std::vector<Answer>(names.size(), std::unexpected(folded(gai_strerror(error))));
  wait_for(*questions, limit_);
  std::vector<Answer> answers;
  bool is_free = true;
  for (gaicb& request : questions->requests) {
    if (gai_cancel(&request) == EAI_NOTCANCELED) is_free = false;
    answers.push_back(answer_of(request));
  }
  if (!is_free) park(std::move(questions));
  return answers;
}

}  // namespace shorthop
