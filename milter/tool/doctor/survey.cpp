#include "tool/doctor/survey.h"

#include <algorithm>

#include "text/ascii.h"

namespace shorthop {
namespace {

/// The step that has this end among its targets; the last step if none has the same text ("user" for
/// "user@example.org").
const Step* step_to(const Leaf& leaf, const std::vector<Step>& steps) {
  const auto leads_there = [&](const Step& step) {
    return std::ranges::any_of(step.to, [&](const std::string& target) { return equal_folded(target, leaf.address); });
  };
  const auto found = std::ranges::find_if(steps, leads_there);
  if (found != steps.end()) return &*found;
  return steps.empty() ? nullptr : &steps.back();
}

}  // namespace

void Survey::add(const Address& recipient, const Resolution& resolution, std::string_view kept_for) {
  if (!seen_.insert(recipient.key()).second) return;
  if (kept_for.empty()) {
    ++rewritten_;
  } else {
    ++kept_[std::string(kept_for)];
  }
  for (const Leaf& leaf : resolution.leaves) note_end(leaf, resolution, recipient.internal());
  note_missing(resolution.leaves, recipient.internal());
}

/// A recipient counts once for each part, however many of its ends need it.
void Survey::note_missing(const std::vector<Leaf>& leaves, const std::string& recipient) {
  std::set<std::string_view> parts;
  for (const Leaf& leaf : leaves) {
    if (leaf.kind == LeafKind::not_mirrored) parts.insert(leaf.detail);
  }
  for (const std::string_view part : parts) {
    MissingPart& missing = missing_[std::string(part)];
    if (missing.recipients++ == 0) missing.first = recipient;
  }
}

void Survey::note_end(const Leaf& leaf, const Resolution& resolution, const std::string& recipient) {
  if (leaf.kind == LeafKind::local_mailbox || leaf.kind == LeafKind::primary_mailbox) return;
  const Step* step = step_to(leaf, resolution.steps);
  SurveyedEnd end{leaf.kind, leaf.address, leaf.detail, recipient, {}, 0};
  if (step != nullptr) {
    end.table = step->table;
    end.line = step->line;
  }
  if (noted_.emplace(end.kind, folded(end.address), end.table, end.line).second) ends_.push_back(std::move(end));
}

}  // namespace shorthop
