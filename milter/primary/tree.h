// The resolution under construction: what both halves of a primary, cleanup(8) and local(8), add their findings to.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

class Tree {
 public:
  explicit Tree(const Limits& limits) : limits_(limits) {}

  /// Records an expansion; false (and a `limit` leaf) once there are more than Limits::steps.
  bool add_step(Step step);
  /// Records an end, unless it is there already.
  void add_leaf(LeafKind kind, std::string address, std::string detail = {});
  void add_mailbox(const Address& mailbox);

  /// No more work is worth while: the total limit is reached.
  bool is_full() const { return full_; }

  Resolution take() && { return std::move(result_); }

 private:
  bool has_leaf(LeafKind kind, std::string_view address) const;

  const Limits& limits_;
  Resolution result_;
  bool full_ = false;
};

}  // namespace shorthop
