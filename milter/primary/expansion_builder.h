// An expansion under construction: steps, ends and limits. Filled by the code of every profile.
#pragma once

#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "primary/budget.h"
#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

class ExpansionBuilder {
 public:
  ExpansionBuilder(const Limits& limits, Trace trace, Budget& budget)
      : limits_(limits), trace_(trace), budget_(budget) {}

  /// Whether steps are recorded; if not, callers need not build their descriptions.
  bool records_steps() const { return trace_ == Trace::on; }

  /// Counts an expansion of `address` into `targets` targets and, if steps are recorded, records the Step that
  /// `describe()` returns. False (and a `limit` leaf) once Limits::steps, Limits::targets or the budget of the message
  /// is exceeded.
  template <class Describe>
  bool add_step(const Address& address, std::size_t targets, const Describe& describe) {
    if (!count_step(address, targets)) return false;
    if (records_steps()) result_.steps.push_back(describe());
    return true;
  }

  /// Counts a table look-up of an address or a name. is_full() is true once the budget of the message is used up.
  void count_look_up(const Address& address);

  /// The deadline for every look-up of the expansion.
  Deadline deadline() const { return budget_.deadline(); }

  /// Records an end unless it is already there. The end that exceeds Limits::leaves becomes a `limit` leaf, which is
  /// the last leaf.
  void add_leaf(LeafKind kind, std::string address, std::string detail = {}, bool concerns_message = false);
  /// Records an unknown recipient that smtpd(8) accepts.
  void add_undeliverable(const std::string& address, std::string detail = {});
  /// Records a failed look-up at this address as an end.
  void add_failure(const Address& address, const LookupFailure& failure) {
    add_leaf(leaf_kind_of(failure.kind), address.external(), failure.text(), failure.concerns_message);
  }
  /// Marks all leaves so far as leaves that may concern the whole message (Leaf::concerns_message).
  void mark_of_message();
  /// Records an address that leaves the primary, and why its mail might not come here (Expanded::Outbound). An address
  /// that is added several times counts as forwarded only if it was forwarded each time.
  void add_outbound(const Address& address, std::optional<Detour> detour = std::nullopt, bool is_forwarded = false);

  /// Stores an address made by a step until the expansion is done, so that lists and sets may point to it. Only for
  /// addresses that are followed: Limits::targets bounds their number.
  const Address& keep(Address address) { return addresses_.emplace_front(std::move(address)); }

  /// Whether the expansion is finished early: at a limit, or with Trace::until_obstacle at an obstacle.
  bool is_full() const { return full_; }

  Expanded take() && { return std::move(result_); }

 private:
  bool count_step(const Address& address, std::size_t targets);
  /// The end of this kind at the address; null if there is none.
  Leaf* find_leaf(LeafKind kind, std::string_view address);
  /// Whether another end is permitted. If not, a `limit` leaf at this address is added as the last one.
  bool count_end(std::string_view address);
  /// Ends the expansion with a `limit` leaf.
  void end_at_limit(std::string address, std::string detail);

  const Limits& limits_;
  Trace trace_;
  Budget& budget_;
  Expanded result_;
  std::forward_list<Address> addresses_;
  bool full_ = false;
};

}  // namespace shorthop
