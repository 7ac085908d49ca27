// The expansion under construction: what both halves of a primary, cleanup(8) and local(8), add their findings to.
#pragma once

#include <forward_list>
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

  /// Whether steps are recorded: if not, what describes them need not be made.
  bool records_steps() const { return trace_ == Trace::on; }

  /// Counts an expansion of `address` into so many targets, and records what `describe()`, a Step, says of it where the
  /// chain is wanted. False (and a `limit` leaf) once there are more than Limits::steps or Limits::targets, or the
  /// message's budget is used up.
  template <class Describe>
  bool add_step(const Address& address, std::size_t targets, const Describe& describe) {
    if (!count_step(address, targets)) return false;
    if (records_steps()) result_.steps.push_back(describe());
    return true;
  }

  /// Counts that an address or a name is looked up in tables; the tree is full once the message's budget is used up.
  void count_look_up(const Address& address);

  /// For every look-up that the expansion makes.
  Deadline deadline() const { return budget_.deadline(); }

  /// Records an end, unless it is there already. Beyond Limits::leaves the one that says so is the last.
  void add_leaf(LeafKind kind, std::string address, std::string detail = {});
  /// The end that a look-up is which failed at this address.
  void add_failure(const Address& address, LookupFailure failure) {
    add_leaf(leaf_kind_of(failure.kind), address.external(), std::move(failure.what));
  }
  /// The same of an address that leaves the primary.
  void add_outbound(const Address& address);

  /// Keeps an address that a step has made, so that lists and sets may point to it until the expansion is done. For
  /// what is followed: Limits::targets bounds it.
  const Address& keep(Address address) { return addresses_.emplace_front(std::move(address)); }

  /// No more work is worth while: a limit of the whole is reached, or the end that was asked for.
  bool is_full() const { return full_; }

  Expanded take() && { return std::move(result_); }

 private:
  bool count_step(const Address& address, std::size_t targets);
  /// Whether there is no room for an end at this address; the limit's leaf takes the last place.
  bool is_beyond_limit(std::string_view address);
  /// Ends the tree with a `limit` leaf.
  void end_at_limit(std::string address, std::string detail);

  const Limits& limits_;
  Trace trace_;
  Budget& budget_;
  Expanded result_;
  std::forward_list<Address> addresses_;
  std::size_t target_count_ = 0;
  bool full_ = false;
};

}  // namespace shorthop
