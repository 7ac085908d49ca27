#include "primary/tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "mail/ascii.h"

namespace shorthop {

bool Tree::count_step(const Address& address, std::size_t targets) {
  if (full_) return false;
  target_count_ += targets;
  full_ = result_.step_count >= limits_.steps || target_count_ > limits_.targets;
  if (!full_) {
    ++result_.step_count;
    return true;
  }
  result_.leaves.push_back({LeafKind::limit, address.external(),
                            fmt::format("more than {} expansions or {} targets", limits_.steps, limits_.targets)});
  return false;
}

void Tree::add_leaf(LeafKind kind, std::string address, std::string detail) {
  if (full_ || has_leaf(kind, address)) return;
  append_leaf(kind, std::move(address), std::move(detail));
}

void Tree::append_leaf(LeafKind kind, std::string address, std::string detail) {
  if (result_.leaves.size() >= limits_.leaves) {
    full_ = true;
    kind = LeafKind::limit;
    detail = fmt::format("more than {} ends", limits_.leaves);
  }
  result_.leaves.push_back({kind, std::move(address), std::move(detail)});
}

/// There are seldom more than a few, and Limits::leaves bounds them.
bool Tree::has_leaf(LeafKind kind, std::string_view address) const {
  return std::ranges::any_of(
      result_.leaves, [&](const Leaf& leaf) { return leaf.kind == kind && equal_folded(leaf.address, address); });
}

void Tree::add_mailbox(const Address& mailbox) {
  std::string address = mailbox.external();
  if (full_ || has_leaf(LeafKind::local_mailbox, address)) return;
  append_leaf(LeafKind::local_mailbox, std::move(address), {});
  if (!full_) result_.mailboxes.push_back(mailbox);
}

}  // namespace shorthop
