#include "primary/expansion_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "text/ascii.h"

namespace shorthop {
bool ExpansionBuilder::count_step(const Address& address, std::size_t targets) {
  if (full_) return false;
  result_.target_count += targets;
  result_.has_branches = result_.has_branches || targets > 1;
  if (result_.step_count >= limits_.steps || result_.target_count > limits_.targets) {
    end_at_limit(address.external(),
                 fmt::format("more than {} expansions or {} targets", limits_.steps, limits_.targets));
  } else if (!budget_.take_step(targets)) {
    end_at_limit(address.external(), budget_is_used_up);
  } else {
    ++result_.step_count;
  }
  return !full_;
}

void ExpansionBuilder::count_look_up(const Address& address) {
  if (!full_ && !budget_.take_look_up()) end_at_limit(address.external(), budget_is_used_up);
}

// A linear search is enough: there are seldom more than a few ends, at most Limits::leaves.
Leaf* ExpansionBuilder::find_leaf(LeafKind kind, std::string_view address) {
  for (Expanded::End& end : result_.ends) {
    auto* const leaf = std::get_if<Leaf>(&end);
    if (leaf != nullptr && leaf->kind == kind && equal_folded(leaf->address, address)) return leaf;
  }
  return nullptr;
}

void ExpansionBuilder::add_leaf(LeafKind kind, std::string address, std::string detail, bool concerns_message) {
  if (full_ || find_leaf(kind, address) != nullptr || !count_end(address)) return;
  result_.ends.emplace_back(Leaf{kind, std::move(address), std::move(detail), concerns_message});
  if (trace_ == Trace::until_obstacle) full_ = true;
}

void ExpansionBuilder::mark_of_message() {
  for (Expanded::End& end : result_.ends) {
    if (auto* const leaf = std::get_if<Leaf>(&end)) leaf->concerns_message = true;
  }
}

void ExpansionBuilder::add_undeliverable(const std::string& address, std::string detail) {
  add_leaf(LeafKind::unknown_recipient, address, std::move(detail));
  // No leaf was added if the expansion is full.
  if (Leaf* const leaf = find_leaf(LeafKind::unknown_recipient, address)) leaf->is_accepted = true;
}

void ExpansionBuilder::add_outbound(const Address& address, std::optional<Detour> detour, bool is_forwarded) {
  if (full_) return;
  for (Expanded::End& end : result_.ends) {
    auto* known = std::get_if<Expanded::Outbound>(&end);
    if (known == nullptr || known->address != address) continue;
    known->is_forwarded = known->is_forwarded && is_forwarded;
    return;
  }
  if (!count_end(address.external())) return;
  result_.ends.emplace_back(Expanded::Outbound{address, std::move(detour), is_forwarded});
}

bool ExpansionBuilder::count_end(std::string_view address) {
  if (result_.ends.size() < limits_.leaves) return true;
  end_at_limit(std::string(address), fmt::format("more than {} ends", limits_.leaves));
  return false;
}

void ExpansionBuilder::end_at_limit(std::string address, std::string detail) {
  full_ = true;
  result_.ends.emplace_back(Leaf{LeafKind::limit, std::move(address), std::move(detail)});
}

}  // namespace shorthop
