#include "load/remembering_host.h"

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace shorthop {
namespace {

class RememberingHost final : public LocalHost {
 public:
  RememberingHost(std::shared_ptr<const LocalHost> host, SteadyClock clock, MemoryLimits limits)
      : host_(std::move(host)), clock_(std::move(clock)), limits_(limits) {}

  std::expected<bool, LookupFailure> is_local_domain(std::string_view domain, Deadline deadline) const override {
    return host_->is_local_domain(domain, deadline);
  }

  std::expected<bool, LookupFailure> is_best_mx(std::string_view domain) const override {
    return host_->is_best_mx(domain);
  }

  std::expected<bool, LookupFailure> has_mailbox(const Address& recipient, Deadline deadline) const override {
    const std::string& key = recipient.key();
    if (auto known = remembered(key, clock_())) return std::move(*known);
    // Asked without the lock: a slow answer for one must not hold up the others. It counts from when it came, so that
    // one that took long is remembered as long as any other.
    auto answer = host_->has_mailbox(recipient, deadline);
    remember(key, answer, clock_());
    return answer;
  }

  std::expected<bool, LookupFailure> rewrites(const Address& recipient, Deadline deadline) const override {
    return host_->rewrites(recipient, deadline);
  }

  std::optional<Leaf> alias_obstacle(const Address& mailbox, bool is_only_target, Deadline deadline) const override {
    return host_->alias_obstacle(mailbox, is_only_target, deadline);
  }

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Answer = std::expected<bool, LookupFailure>;

  std::optional<Answer> remembered(const std::string& key, Time now) const {
    std::lock_guard lock(mutex_);
    if (now - begun_ >= limits_.time) return std::nullopt;
    const auto found = known_.find(key);
    if (found == known_.end()) return std::nullopt;
    return found->second;
  }

  /// All is forgotten at once, when the first of it is too old or when it is too much: no entry needs a time then.
  void remember(const std::string& key, const Answer& answer, Time asked) const {
    std::lock_guard lock(mutex_);
    if (asked - begun_ >= limits_.time || known_.size() >= limits_.recipients) {
      known_.clear();
      begun_ = asked;
    }
    // An answer from before the last forgetting may be older than what is remembered now.
    if (asked >= begun_) known_.insert_or_assign(key, answer);
  }

  std::shared_ptr<const LocalHost> host_;
  SteadyClock clock_;
  MemoryLimits limits_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, Answer> known_;
  mutable Time begun_;  ///< when the first of what is remembered was asked
};

}  // namespace

std::shared_ptr<const LocalHost> remembering_host(std::shared_ptr<const LocalHost> host, SteadyClock clock,
                                                  MemoryLimits limits) {
  return std::make_shared<RememberingHost>(std::move(host), std::move(clock), limits);
}

}  // namespace shorthop
