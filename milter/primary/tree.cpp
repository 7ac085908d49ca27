#include "primary/tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "mail/ascii.h"

namespace shorthop {

bool Tree::add_step(Step step) {
  if (full_) return false;
  if (result_.steps.size() >= limits_.steps) {
    full_ = true;
    add_leaf(LeafKind::limit, std::move(step.address), fmt::format("more than {} expansions", limits_.steps));
    return false;
  }
  result_.steps.push_back(std::move(step));
  return true;
}

void Tree::add_leaf(LeafKind kind, std::string address, std::string detail) {
  if (has_leaf(kind, address)) return;
  result_.leaves.push_back({kind, std::move(address), std::move(detail)});
}

/// There are seldom more than a few.
bool Tree::has_leaf(LeafKind kind, std::string_view address) const {
  return std::ranges::any_of(result_.leaves, [&](const Leaf& leaf) {
    return leaf.kind == kind && equal_folded(leaf.address, address);
  });
}

void Tree::add_mailbox(const Address& mailbox) {
  std::string address = mailbox.external();
  if (has_leaf(LeafKind::local_mailbox, address)) return;
  result_.leaves.push_back({LeafKind::local_mailbox, std::move(address), {}});
  result_.mailboxes.push_back(mailbox);
}

}  // namespace shorthop
