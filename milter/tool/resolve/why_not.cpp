#include "tool/resolve/why_not.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "text/ascii.h"
#include "text/nearest.h"

namespace shorthop::tool {
namespace {

const ReasonRow& row_of(Reason reason) { return reason_rows[static_cast<std::size_t>(reason)]; }

/// "text:/var/lib/…/virtual:12"
std::string step_place(const Step& step) {
  return one_line(step.line == 0 ? step.table : fmt::format("{}:{}", step.table, step.line));
}

const Step* step_of(std::string_view address, const std::vector<Step>& steps) {
  const auto found = std::ranges::find_if(steps, [&](const Step& step) { return equal_folded(step.address, address); });
  return found == steps.end() ? nullptr : &*found;
}

/// The step that has the address among its targets.
const Step* step_before(std::string_view address, const std::vector<Step>& steps) {
  const auto found = std::ranges::find_if(steps, [&](const Step& step) {
    return std::ranges::any_of(step.to, [&](const std::string& target) { return equal_folded(target, address); });
  });
  return found == steps.end() ? nullptr : &*found;
}

/// "user@example.com: local-mailbox", with the detail if there is one.
std::string end_text(const Leaf& leaf) {
  const std::string detail = leaf.detail.empty() ? std::string() : " (" + one_line(leaf.detail) + ")";
  return fmt::format("{}: {}{}", one_line(leaf.address), name_of(leaf.kind), detail);
}

/// Whether the chain may go on after this end, in a way that is not known here.
bool hides_more(LeafKind kind) {
  switch (kind) {
    case LeafKind::include_target:
    case LeafKind::owner_alias:
    case LeafKind::limit:
    case LeafKind::lookup_failed:
    case LeafKind::not_mirrored:
    case LeafKind::not_followed: return true;
    case LeafKind::local_mailbox:
    case LeafKind::primary_mailbox:
    case LeafKind::foreign_target:
    case LeafKind::command_target:
    case LeafKind::file_target:
    case LeafKind::unknown_recipient:
    case LeafKind::local_unknown:
    case LeafKind::loop:
    case LeafKind::copied_elsewhere:
    case LeafKind::invalid_address: break;
  }
  return false;
}

/// The text for a chain that does end at the target. Says why the recipient is kept, if it is.
std::string ends_there(std::string_view target, const Decision& decision) {
  std::string text = fmt::format("  it does: {} is one of its ends\n", target);
  if (decision.verdict == Verdict::rewrite) return text;
  const auto& leaves = decision.resolution.leaves;
  const auto is_reason = [&](const Leaf& leaf) { return reason_of(leaf.kind) == decision.reason; };
  if (std::ranges::none_of(leaves, is_reason)) {
    const ReasonRow& row = row_of(decision.reason);
    return text + fmt::format("  but the recipient is kept: {} ({})\n", row.name, row.meaning);
  }
  for (const Leaf& leaf : leaves) {
    if (leaf.kind == LeafKind::local_mailbox) continue;
    text += fmt::format("  but the recipient is kept because of {}\n", end_text(leaf));
  }
  return text;
}

/// A line about an address of the chain that looks like a misspelling of the target; empty if there is none.
std::string similar_in(std::string_view target, const Resolution& resolution) {
  std::vector<std::string_view> addresses;
  for (const Step& step : resolution.steps) addresses.insert(addresses.end(), step.to.begin(), step.to.end());
  const std::string_view near = nearest_word(target, addresses);
  const Step* step = near.empty() ? nullptr : step_before(near, resolution.steps);
  if (step == nullptr) return {};
  return fmt::format("  {} is similar: is there a typing mistake in {}?\n", one_line(near), step_place(*step));
}

/// Lines with every end, and the entry that leads there.
std::string ends_elsewhere(std::string_view target, const Resolution& resolution) {
  std::string text = fmt::format("  no entry leads to {}; the chain ends elsewhere:\n", target);
  for (const Leaf& leaf : resolution.leaves) {
    const Step* step = step_before(leaf.address, resolution.steps);
    text += fmt::format("    {}{}\n", end_text(leaf), step == nullptr ? "" : ", by " + step_place(*step));
  }
  return text;
}

}  // namespace

std::string why_not(std::string_view recipient, std::string_view target, const Decision& decision) {
  const Resolution& resolution = decision.resolution;
  const std::string shown = one_line(target);
  std::string text = fmt::format("why {} does not end at {}:\n", one_line(recipient), shown);
  if (resolution.leaves.empty()) {
    const ReasonRow& row = row_of(decision.reason);
    return text + fmt::format("  its chain is not followed: {} ({})\n", row.name, row.meaning);
  }
  const auto is_target = [&](const Leaf& leaf) { return equal_folded(leaf.address, target); };
  if (std::ranges::any_of(resolution.leaves, is_target)) return text + ends_there(shown, decision);
  if (const Step* step = step_of(target, resolution.steps)) {
    return text + fmt::format("  the chain reaches {}, and {} leads on to {}\n", shown, step_place(*step),
                              one_line(fmt::format("{}", fmt::join(step->to, ", "))));
  }
  for (const Leaf& leaf : resolution.leaves) {
    if (hides_more(leaf.kind)) text += fmt::format("  what follows this end is not known here: {}\n", end_text(leaf));
  }
  return text + similar_in(target, resolution) + ends_elsewhere(shown, resolution);
}

}  // namespace shorthop::tool
