#include "primary/tree.h"

#include <fmt/format.h>

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
  if (!seen_.emplace(kind, folded(address)).second) return;
  result_.leaves.push_back({kind, std::move(address), std::move(detail)});
}

void Tree::add_mailbox(const Address& mailbox) {
  if (!seen_.emplace(LeafKind::local_mailbox, mailbox.key()).second) return;
  result_.leaves.push_back({LeafKind::local_mailbox, mailbox.external(), {}});
  result_.mailboxes.push_back(mailbox);
}

}  // namespace shorthop
