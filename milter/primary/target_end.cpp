#include "primary/target_end.h"

#include <fmt/format.h>

#include <string>
#include <variant>

namespace shorthop {
namespace {

struct Visitor {
  const Target& target;

  std::optional<Leaf> leaf(LeafKind kind, std::string detail = {}) const {
    return Leaf{kind, text_of(target), std::move(detail)};
  }
  std::optional<Leaf> operator()(const AddressTarget&) const { return std::nullopt; }
  std::optional<Leaf> operator()(const IncludeTarget&) const { return std::nullopt; }
  std::optional<Leaf> operator()(const CommandTarget&) const { return leaf(LeafKind::command_target); }
  std::optional<Leaf> operator()(const FileTarget&) const { return leaf(LeafKind::file_target); }
  std::optional<Leaf> operator()(const MailboxTarget&) const { return leaf(LeafKind::primary_mailbox); }
  std::optional<Leaf> operator()(const UnreadableTarget& unreadable) const {
    return leaf(LeafKind::invalid_address, unreadable.what);
  }
  std::optional<Leaf> operator()(const FurtherTargets& further) const {
    return leaf(LeafKind::limit, fmt::format("more than {} targets", further.most));
  }
};

}  // namespace

std::optional<Leaf> end_of(const Target& target) { return std::visit(Visitor{target}, target); }

}  // namespace shorthop
