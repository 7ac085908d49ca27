#include "primary/departure.h"

namespace shorthop {

void depart(const Address& address, const LocalHost& host, Tree& tree) {
  const auto is_ours = is_local_domain(host, address);
  if (!is_ours) return tree.add_leaf(LeafKind::lookup_failed, address.external(), is_ours.error().what);
  if (!*is_ours) return tree.add_leaf(LeafKind::foreign_target, address.external());
  const auto known = host.knows(address);
  if (!known) return tree.add_leaf(LeafKind::lookup_failed, address.external(), known.error().what);
  if (!*known) return tree.add_leaf(LeafKind::local_unknown, address.external());
  tree.add_mailbox(address);
}

}  // namespace shorthop
