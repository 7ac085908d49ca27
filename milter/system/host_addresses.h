// The addresses of host names, all at once and within a time limit. The one seam to the DNS.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

namespace shorthop {

class HostAddresses {
 public:
  virtual ~HostAddresses() = default;
  using Answer = std::expected<std::vector<std::string>, std::string>;
  /// For each name its addresses as inet_ntop(3) writes them, each once, or why there are none.
  virtual std::vector<Answer> of(const std::vector<std::string>& names) const = 0;
};

/// getaddrinfo(3).
class SystemHostAddresses final : public HostAddresses {
 public:
  explicit SystemHostAddresses(std::chrono::milliseconds limit = std::chrono::seconds(2)) : limit_(limit) {}
  std::vector<Answer> of(const std::vector<std::string>& names) const override;

 private:
  std::chrono::milliseconds limit_;
};

}  // namespace shorthop
