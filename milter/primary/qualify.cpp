#include "primary/qualify.h"

#include <fmt/format.h>

#include <string>
#include <variant>

namespace shorthop {
namespace {

/// Whether there is an '@' outside of quotes.
bool has_domain(std::string_view external) {
  bool quoted = false;
  for (std::size_t i = 0; i < external.size(); ++i) {
    if (external[i] == '\\') {
      ++i;
    } else if (external[i] == '"') {
      quoted = !quoted;
    } else if (external[i] == '@' && !quoted) {
      return true;
    }
  }
  return false;
}

using Qualified = std::expected<Address, QualifyError>;

std::unexpected<QualifyError> invalid(std::string what) {
  return std::unexpected(QualifyError{LeafKind::invalid_address, std::move(what)});
}

Qualified with_origin(std::string_view origin, std::string_view external, const PrimaryRules& rules) {
  auto local_part = unquoted_local_part(external);
  if (!local_part) return invalid(std::move(local_part.error().what));
  // trivial-rewrite(8), allow_percent_hack: the last '%' becomes the missing '@'.
  const std::size_t percent = local_part->rfind('%');
  const bool is_routed = local_part->contains('@') || local_part->contains('!');
  const bool has_percent = rules.percent_hack && !is_routed && percent != local_part->npos && percent > 0;
  if (!has_percent && origin.empty()) {
    return std::unexpected(
        QualifyError{leaf_kind_of(rules.no_origin.kind), "it has no domain, and " + rules.no_origin.text()});
  }
  const std::string_view text = *local_part;
  auto address = has_percent ? Address::from_parts(text.substr(0, percent), text.substr(percent + 1))
                             : Address::from_parts(text, origin);
  if (!address) return invalid(std::move(address.error().what));
  return std::move(*address);
}

Qualified parsed(std::string_view origin, std::string_view external, const PrimaryRules& rules) {
  if (!has_domain(external)) return with_origin(origin, external, rules);
  // trivial-rewrite(8): "Strip trailing dot at end of domain", but not two.
  if (external.ends_with('.') && !external.ends_with("..") && !external.ends_with("@.")) external.remove_suffix(1);
  auto address = Address::parse(external);
  if (!address) return invalid(std::move(address.error().what));
  return std::move(*address);
}

/// The leaf of each kind of target; nullopt for targets that are followed.
struct LeafOfTarget {
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
    return leaf(LeafKind::limit, fmt::format("more than {} targets", further.max_targets));
  }
};

}  // namespace

Qualified qualified(std::string_view external, std::string_view extension, const PrimaryRules& rules) {
  return qualified_at(rules.myorigin, external, extension, rules);
}

Qualified qualified_at(std::string_view origin, std::string_view external, std::string_view extension,
                       const PrimaryRules& rules) {
  auto address = parsed(origin, external, rules);
  if (!address) return address;
  if (address->has_routing_operator()) return invalid("the local part has a routing operator (one of % ! @)");
  // trivial-rewrite(8) completes a domain before it strips the dot at its end, so "example." is not completed.
  const bool ends_with_dot = external.ends_with('.') && has_domain(external);
  const bool completes = !rules.dot_domain.empty() && !address->domain().contains('.') && !ends_with_dot;
  if (extension.empty() && !completes) return address;
  std::string domain(address->domain());
  if (completes) domain.append(1, '.').append(rules.dot_domain);
  auto completed = Address::from_parts(std::string(address->local_part()).append(extension), domain);
  if (!completed) return invalid(std::move(completed.error().what));
  return std::move(*completed);
}

std::optional<Leaf> end_of(const Target& target) { return std::visit(LeafOfTarget{target}, target); }

}  // namespace shorthop
