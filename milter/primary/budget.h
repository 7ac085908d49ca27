// The limit of work for all recipients of one message together. Following their chains uses it up.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "tables/lookup_key.h"

namespace shorthop {

inline constexpr const char* budget_is_used_up =
    "the recipients of this message need more look-ups than one message may use";

/// Once the steps, the targets or the look-ups are used up, the whole budget is used up: recipients that are not
/// decided yet are kept with the reason `limit`. The limits are shorthop's own and above any legitimate use. Postfix
/// accepts at most 1000 recipients in one message (postconf(5) smtpd_recipient_limit); each of them may be an alias
/// with 100 members, or a chain of 20 aliases. The limits allow about one second of work.
class Budget {
 public:
  struct Amounts {
    std::size_t steps = 20'000;                           ///< expansions
    std::size_t targets = 100'000;                        ///< targets of all these expansions
    std::size_t look_ups = 400'000;                       ///< addresses and names that are looked up in tables
    Deadline::duration time = Deadline::duration::max();  ///< counted while the clock runs; limits look-ups that wait
  };

  Budget() = default;
  explicit Budget(Amounts amounts) : left_(amounts) {}

  bool is_used_up() const { return is_used_up_; }
  /// False if less is left than the step takes.
  bool take_step(std::size_t targets) { return take(left_.steps, 1) && take(left_.targets, targets); }
  bool take_look_up() { return take(left_.look_ups, 1); }

  /// The clock runs only while a recipient is decided, so a client that is slow to send the next recipient costs
  /// nothing. When the time is used up, look-ups that would have to wait fail; the rest of the budget is not affected.
  void start_clock(Deadline now) {
    if (left_.time != Deadline::duration::max()) deadline_ = now + left_.time;
  }
  void stop_clock(Deadline now) {
    if (deadline_ != no_deadline) left_.time = std::max(deadline_ - now, Deadline::duration::zero());
    deadline_ = no_deadline;
  }
  /// The deadline for look-ups of the current recipient.
  Deadline deadline() const { return deadline_; }

 private:
  bool take(std::size_t& left, std::size_t amount) {
    is_used_up_ = is_used_up_ || amount > left;
    if (!is_used_up_) left -= amount;
    return !is_used_up_;
  }

  Amounts left_;
  Deadline deadline_ = no_deadline;
  bool is_used_up_ = false;
};

}  // namespace shorthop
