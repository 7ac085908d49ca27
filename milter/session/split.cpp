#include "session/split.h"

#include <algorithm>
#include <string>

#include "primary/resolve.h"
#include "session/relay_hosts.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

// Each end costs a resolution or more; larger lists go to the primary unsplit.
constexpr std::size_t max_ends = 50;
constexpr std::size_t max_resolutions = 200;

/// Whether the primary can deliver to an end of this kind under another address. The other kinds are not deliveries.
bool can_stay(LeafKind kind) {
  switch (kind) {
    case LeafKind::primary_mailbox:
    case LeafKind::foreign_target:
    case LeafKind::command_target:
    case LeafKind::file_target: return true;
    case LeafKind::local_mailbox:
    case LeafKind::include_target:
    case LeafKind::owner_alias:
    case LeafKind::unknown_recipient:
    case LeafKind::local_unknown:
    case LeafKind::loop:
    case LeafKind::limit:
    case LeafKind::lookup_failed:
    case LeafKind::not_mirrored:
    case LeafKind::not_followed:
    case LeafKind::copied_elsewhere:
    case LeafKind::invalid_address: return false;
  }
  return false;
}

/// A mailbox or an address of a third host is the same for every address that leads to it. A command, a file and a
/// `\user` belong to the alias or .forward that names them, so only the address of that step can replace them.
bool belongs_to_its_step(const Leaf& leaf) {
  return leaf.kind == LeafKind::command_target || leaf.kind == LeafKind::file_target ||
         !Address::parse(leaf.address).has_value();
}

class Split {
 public:
  Split(const Address& recipient, const Resolution& resolution, const Relay& relay, const Snapshot& snapshot,
        Budget& budget)
      : recipient_(recipient), resolution_(resolution), relay_(relay), snapshot_(snapshot), budget_(budget) {}

  std::optional<Address> address_for(const Leaf& leaf) {
    const bool only_its_step = belongs_to_its_step(leaf);
    if (!only_its_step) {
      if (auto address = accepted(leaf.address, leaf)) return address;
    }
    const Step* owner = nullptr;
    for (const Step& step : resolution_.steps) {
      if (std::ranges::find(step.to, leaf.address) == step.to.end()) continue;
      if (owner != nullptr && only_its_step) return std::nullopt;  // ambiguous: two steps name it
      owner = &step;
    }
    if (owner == nullptr) return std::nullopt;
    return accepted(owner->address, leaf);
  }

 private:
  /// The text as an address, if the primary expands it to exactly this end, and this host would send its mail to the
  /// primary.
  std::optional<Address> accepted(const std::string& text, const Leaf& leaf) {
    auto address = Address::parse(text);
    if (!address || snapshot_.relay_for(*address) != &relay_ || ++resolutions_ > max_resolutions) return std::nullopt;
    const auto rewritten_here = snapshot_.host->maps_to_another_address(*address, budget_.deadline());
    if (!rewritten_here || *rewritten_here) return std::nullopt;
    // If routes are not known, the MTA has still named that of the recipient, which its domain decides.
    const bool has_same_domain = address->a_label_domain() == recipient_.a_label_domain();
    const auto is_sent_there = is_sent_to_primary(*address, relay_, snapshot_, budget_.deadline());
    if (!is_sent_there.value_or(has_same_domain)) return std::nullopt;
    const Resolution own = resolve(*address, relay_.primary, *snapshot_.host, Trace::off, budget_);
    const bool is_exactly_that = own.leaves.size() == 1 && own.leaves.front().kind == leaf.kind &&
                                 equal_folded(own.leaves.front().address, leaf.address);
    if (!is_exactly_that) return std::nullopt;
    return std::move(*address);
  }

  const Address& recipient_;
  const Resolution& resolution_;
  const Relay& relay_;
  const Snapshot& snapshot_;
  Budget& budget_;
  std::size_t resolutions_ = 0;
};

}  // namespace

std::optional<std::vector<Address>> split_targets(const Address& recipient, const Resolution& resolution,
                                                  const Relay& relay, const Snapshot& snapshot, Budget& budget) {
  if (resolution.mailboxes.empty() || resolution.leaves.size() > max_ends) return std::nullopt;
  std::vector<Address> targets = resolution.mailboxes;
  Split split(recipient, resolution, relay, snapshot, budget);
  for (const Leaf& leaf : resolution.leaves) {
    if (leaf.kind == LeafKind::local_mailbox) continue;
    if (!can_stay(leaf.kind)) return std::nullopt;
    auto address = split.address_for(leaf);
    if (!address) return std::nullopt;
    if (std::ranges::find(targets, *address) == targets.end()) targets.push_back(std::move(*address));
  }
  return targets;
}

}  // namespace shorthop
