#include "primary/profiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "primary/expansion_builder.h"
#include "primary/forward_files.h"
#include "primary/qualify.h"
#include "primary/routing.h"
#include "primary/sendmail/sendmail_obstacles.h"
#include "primary/sendmail/sendmail_rules.h"
#include "primary/sendmail/virtusertable.h"
#include "tables/text/target.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

constexpr std::size_t virtual_recursion_limit = 20;  // Sendmail's MaxRuleRecursion is 50; a step takes two or more

/// Whether the local part has only characters that are not operators to Sendmail, and that mean the same quoted or
/// unquoted, in upper or lower case. How Sendmail treats other characters is not modelled.
bool is_plain(std::string_view local_part) {
  const auto plain = [](char c) { return is_letter_or_digit(c) || std::string_view("._-=+").contains(c); };
  return !local_part.starts_with('+') && std::ranges::all_of(local_part, plain);
}

class SendmailExpansion {
 public:
  SendmailExpansion(const Primary& primary, Trace trace, Budget& budget)
      : primary_(primary),
        rules_(primary.sendmail == nullptr ? without_cf_ : *primary.sendmail),
        tree_(primary.rules.limits, trace, budget) {}

  Expanded run(const Address& recipient) && {
    if (primary_.unproven) {
      tree_.add_failure(recipient, *primary_.unproven);
    } else if (recipient.has_routing_operator() && has_recipient_actions(primary_)) {
      tree_.add_leaf(LeafKind::invalid_address, recipient.external(),
                     "Sendmail may look up another address because of a routing operator (one of % ! @)", true);
    } else if (!ends_here(recipient, recipient_obstacle(recipient, is_local(recipient), rules_, tree_.deadline()))) {
      enter(recipient, 0);
    }
    return std::move(tree_).take();
  }

 private:
  /// Rulesets 3 and 0, which process every address with a domain, including targets of aliases and files.
  void enter(const Address& written, std::size_t level) {
    if (level > rules_.alias_recursion) return end_as_too_deep(written);
    if (!written.is_ascii()) return end_as_unclear(written);
    Address address = written;
    for (std::size_t depth = 0;; ++depth) {
      if (ends_here(address, address_obstacle(address, rules_, tree_.deadline()))) return;
      if (!is_local(address) && !is_virtual_domain(rules_, address.key_domain())) return leave(address);
      if (!is_plain(address.local_part())) return end_as_unclear(address);
      if (depth == virtual_recursion_limit) {
        return tree_.add_leaf(LeafKind::loop, address.external(), "the virtusertable leads back to itself");
      }
      tree_.count_look_up(address);
      const auto found = find_virtual_user(primary_.virtual_aliases, address, tree_.deadline());
      if (!found) return tree_.add_failure(address, found.error());
      if (!*found) return is_local(address) ? deliver_here(address, level) : leave(address);
      if (!take_virtual_user(address, **found, level)) return;
    }
  }

  /// An address that Sendmail passes on to another host.
  void leave(const Address& address) {
    // Canonify2 replaces localhost by $j, and completes a name without a dot by the DNS.
    const std::string_view domain = address.key_domain();
    if (!domain.contains('.') || domain.starts_with("localhost.")) {
      return tree_.add_leaf(LeafKind::not_followed, address.external(), "Sendmail replaces or completes its domain");
    }
    if (primary_.rules.domains_to_be_listed.contains(address.a_label_domain())) {
      return tree_.add_leaf(LeafKind::not_mirrored, address.external(),
                            "the domain is missing from the primary's class w");
    }
    if (!ends_here(address, outbound_obstacle(address, rules_, tree_.deadline()))) tree_.add_outbound(address);
  }

  /// An address in a domain of class w that the virtusertable does not have.
  void deliver_here(const Address& address, std::size_t level) {
    if (!is_taken(address, {SendmailConcern::local_address})) deliver(address, level);
  }

  /// Replaces the address by its right-hand side if that is a single address with a domain. False if the branch ends
  /// here, or has continued as a local name, to which the virtusertable does not apply.
  bool take_virtual_user(Address& address, const VirtualUser& user, std::size_t level) {
    const Entry& entry = user.found.entry;
    const auto step = [&] {
      return Step{address.external(), "virtual-alias-maps", user.found.table->name(), entry.line, {user.value}};
    };
    if (!tree_.add_step(address, 1, step)) return false;
    if (starts_with_folded(user.value, "error:")) {
      tree_.add_leaf(LeafKind::unknown_recipient, address.external(), user.value);
      return false;
    }
    const auto targets = parse_targets(user.value, Dialect::local8);
    if (targets.size() != 1 || user.value.find_first_of("\\,;") != user.value.npos) {
      tree_.add_leaf(LeafKind::invalid_address, user.value,
                     "the right-hand side of a virtusertable must be one address");
      return false;
    }
    const Destination destination = destination_of(targets.front());
    if (const auto* next = std::get_if<Address>(&destination)) {
      address = *next;
      return true;
    }
    if (const auto* name = std::get_if<LocalName>(&destination)) {
      deliver(name->address, level);
    } else if (std::holds_alternative<IncludeTarget>(destination)) {
      tree_.add_leaf(LeafKind::include_target, user.value, "a virtusertable cannot include");
    } else {
      end_at(std::get<Leaf>(destination), address);
    }
    return false;
  }

  /// Delivery by the local mailer: aliases, plussed ones too, then .forward, then the mailbox.
  void deliver(const Address& address, std::size_t level) {
    if (!is_plain(address.local_part())) return end_as_unclear(address);
    const std::string name(address.key_local_part());
    if (std::ranges::find(path_, name) != path_.end()) {
      // Sendmail delivers a name that lists itself to the user of that name. It accepts a longer cycle only if nothing
      // better is found, so such a cycle is a loop here.
      if (path_.back() == name) return end_at_user(address, name, level);
      return tree_.add_leaf(LeafKind::loop, address.external(), "the chain leads back to this name");
    }
    // A name reached before is expanded again only if this path is longer: it may exceed the limit.
    const auto before = reached_.find(name);
    if (tree_.is_full() || (before != reached_.end() && before->second >= level)) return;
    reached_[name] = level;
    path_.push_back(name);
    expand(address, name, level);
    path_.pop_back();
  }

  /// user+detail is looked up unchanged, then as user+*, then as user; each counts as a level.
  void expand(const Address& address, const std::string& name, std::size_t level) {
    if (expand_alias(address, name, level)) return;
    if (is_taken(address, {SendmailConcern::not_whole_alias})) return;
    const std::size_t plus = name.find('+');
    const std::string user = name.substr(0, plus);
    if (plus != name.npos) {
      if (is_taken(address, {SendmailConcern::plus_detail})) return;
      if (expand_alias(address, user + "+*", level + 1) || expand_alias(address, user, level + 2)) return;
      level += 3;
    }
    end_at_user(address, name, level);
  }

  /// There is no (further) alias: the user's .forward, or the mailbox.
  void end_at_user(const Address& address, const std::string& name, std::size_t level) {
    if (level > rules_.alias_recursion) return end_as_too_deep(address);
    if (is_taken(address, {SendmailConcern::not_alias})) return;
    const bool is_own_user = rules_.own_users.contains(name);
    if (!is_own_user && is_taken(address, {SendmailConcern::not_own_user})) return;
    const std::size_t plus = name.find('+');
    const std::string user = name.substr(0, plus);
    const bool has_list = primary_.mailboxes && rules_.checks_users;
    if (has_list) {
      auto known = primary_.mailboxes->contains(user, tree_.deadline());
      if (!known) return tree_.add_failure(address, known.error());
      if (!*known && !is_own_user && is_taken(address, {SendmailConcern::not_user})) return;
      if (!*known) return tree_.add_leaf(LeafKind::unknown_recipient, address.external());
    }
    // A .forward that names its own user means the mailbox.
    const bool is_forwarding = std::ranges::find(forwarding_, user) != forwarding_.end();
    const std::string detail = plus == name.npos ? std::string() : name.substr(plus);
    if (!is_forwarding && expand_forward(address, user, detail, level)) return;
    // Without a list of users, only a .forward shows that the name is a user.
    if (!has_list && !is_own_user && is_taken(address, {SendmailConcern::not_user})) return;
    tree_.add_leaf(LeafKind::primary_mailbox, address.external());
  }

  /// Expands the alias `key`. False if there is none; true also if the branch ends here (a limit, a failed look-up).
  bool expand_alias(const Address& address, const std::string& key, std::size_t level) {
    if (level > rules_.alias_recursion) return end(LeafKind::limit, address, "aliases nest too deeply");
    tree_.count_look_up(address);
    auto found = primary_.aliases.find(key, tree_.deadline());
    if (!found) return fail(address, found.error());
    if (!*found) return false;
    if (has_owner(address, key)) return true;
    const Entry& entry = (*found)->entry;
    follow(address, {"alias-maps", (*found)->table->name(), entry.line},
           parse_targets(entry.value, Dialect::local8, primary_.rules.limits.leaves), entry.value.contains('\\'),
           level + 1);
    return true;
  }

  /// aliases(5): mail to the targets of NAME has owner-NAME as its sender; a recipient edit here would not change the
  /// sender.
  bool has_owner(const Address& address, const std::string& key) {
    const std::string owner = key.starts_with("owner-") ? "owner-owner" : "owner-" + key;
    auto known = primary_.aliases.contains(owner, tree_.deadline());
    if (!known) return fail(address, known.error());
    return *known && end(LeafKind::owner_alias, address, owner);
  }

  bool expand_forward(const Address& address, const std::string& user, const std::string& detail, std::size_t level) {
    if (!primary_.forwards || !rules_.checks_users) return false;
    auto file = find_forward_file(*primary_.forwards, primary_.rules.forward_path, user, detail);
    if (!file) return fail(address, file.error());
    if (!*file) return false;
    const auto targets = parse_target_lines((*file)->text, primary_.rules.limits.leaves);
    if (targets.empty()) return false;
    path_.push_back(user);
    forwarding_.push_back(user);
    follow(address, {"forward-files", (*file)->path, 0}, targets, (*file)->text.contains('\\'), level + 1);
    forwarding_.pop_back();
    path_.pop_back();
    return true;
  }

  void expand_include(const std::string& path, const Address& address, std::size_t level) {
    if (level > rules_.alias_recursion) {
      return tree_.add_leaf(LeafKind::limit, ":include:" + path, "aliases nest too deeply");
    }
    const std::string name = ":include:" + path;
    // A file that includes itself is read once.
    if (std::ranges::find(path_, name) != path_.end()) return;
    const auto before = reached_.find(name);
    if (before != reached_.end() && before->second >= level) return;
    reached_[name] = level;
    const auto file = find_include_file(primary_, path);
    if (!file) return tree_.add_leaf(LeafKind::include_target, name, file.error());
    path_.push_back(name);
    follow(address, {"include-root", name, 0}, (*file)->targets, (*file)->has_backslash, level + 1);
    path_.pop_back();
  }

  /// Where targets were found.
  struct Source {
    std::string_view by;
    std::string table;
    std::uint32_t line = 0;
  };

  /// A name without a domain, which goes to the local mailer directly.
  struct LocalName {
    Address address;
  };
  using Destination = std::variant<Address, LocalName, IncludeTarget, Leaf>;

  /// Records the step, then follows its targets.
  void follow(const Address& address, const Source& source, const std::vector<Target>& targets, bool has_backslash,
              std::size_t level) {
    std::vector<Destination> destinations;
    destinations.reserve(targets.size());
    for (const Target& target : targets) {
      // If a text has a backslash anywhere, it is not modelled how Sendmail reads the names in it. The exception is
      // "\name", which is a MailboxTarget.
      const bool is_clear = !has_backslash || !std::holds_alternative<AddressTarget>(target);
      destinations.push_back(is_clear ? destination_of(target)
                                      : Leaf{LeafKind::invalid_address, text_of(target), "a list with a backslash"});
    }
    const auto step = [&] {
      Step made{address.external(), source.by, source.table, source.line, {}};
      for (std::size_t i = 0; i < targets.size(); ++i) made.to.push_back(shown(destinations[i], targets[i]));
      return made;
    };
    // A name expanded again by a longer path already has its step.
    const bool is_new = steps_.insert(address.key() + '\n' + source.table + '\n' + std::to_string(source.line)).second;
    if (is_new && !tree_.add_step(address, targets.size(), step)) return;
    for (const Destination& destination : destinations) {
      if (const auto* next = std::get_if<Address>(&destination)) {
        enter(*next, level);
      } else if (const auto* name = std::get_if<LocalName>(&destination)) {
        deliver(name->address, level);
      } else if (const auto* include = std::get_if<IncludeTarget>(&destination)) {
        expand_include(include->path, address, level);
      } else {
        end_at(std::get<Leaf>(destination), address);
      }
    }
  }

  /// A target that is an end. If there is a hub or a relay, it may take "\user" too, so "\user" is not certainly a
  /// mailbox.
  void end_at(const Leaf& leaf, const Address& address) {
    const auto taken = obstacle_for(
        address, rules_, {SendmailConcern::not_own_user, SendmailConcern::not_user, SendmailConcern::not_whole_alias});
    if (leaf.kind != LeafKind::primary_mailbox) return add(leaf);
    if (taken) return tree_.add_leaf(taken->kind, leaf.address, taken->detail);
    std::string name = folded(leaf.address);
    std::erase(name, '\\');
    const auto known = is_user(name.substr(0, name.find_first_of("@+")));
    if (!known) return tree_.add_failure(address, known.error());
    if (!*known) return tree_.add_leaf(LeafKind::not_followed, leaf.address, "it is not a user");
    add(leaf);
  }

  /// Whether the list of users has the name. True if there is no list.
  std::expected<bool, LookupFailure> is_user(const std::string& name) {
    if (!primary_.mailboxes || !rules_.checks_users || rules_.own_users.contains(name)) return true;
    return primary_.mailboxes->contains(name, tree_.deadline());
  }

  Destination destination_of(const Target& target) const {
    if (auto end = end_of(target)) return std::move(*end);
    if (const auto* include = std::get_if<IncludeTarget>(&target)) return *include;
    const std::string& written = std::get<AddressTarget>(target).text;
    if (std::get<AddressTarget>(target).lacks_comma) {
      return Leaf{LeafKind::invalid_address, written, "Sendmail reads addresses without a comma between them as one"};
    }
    const bool has_domain = written.contains('@');
    auto address = Address::parse(has_domain ? written : written + '@' + primary_.rules.myorigin);
    if (!address) return Leaf{LeafKind::invalid_address, written, std::move(address.error().what)};
    if (!is_plain(address->local_part()) || !address->is_ascii()) {
      return Leaf{LeafKind::invalid_address, written, "a local part that may be special to Sendmail"};
    }
    if (has_domain) return std::move(*address);
    return LocalName{std::move(*address)};
  }

  static std::string shown(const Destination& destination, const Target& target) {
    if (const auto* address = std::get_if<Address>(&destination)) return address->external();
    if (const auto* name = std::get_if<LocalName>(&destination)) return name->address.external();
    return text_of(target);
  }

  /// Whether a setting of sendmail.cf takes the address, which ends the branch.
  bool is_taken(const Address& address, std::initializer_list<SendmailConcern> concerns) {
    return ends_here(address, obstacle_for(address, rules_, concerns));
  }
  bool ends_here(const Address& address, Obstacle obstacle) {
    if (!obstacle) return fail(address, obstacle.error());
    if (*obstacle) add(**obstacle);
    return obstacle->has_value();
  }

  bool is_local(const Address& address) const { return primary_.rules.local_domains.has_name(address.key_domain()); }

  void add(const Leaf& leaf) { tree_.add_leaf(leaf.kind, leaf.address, leaf.detail); }
  void end_as_unclear(const Address& address) {
    tree_.add_leaf(LeafKind::invalid_address, address.external(), "a local part that may be special to Sendmail");
  }
  void end_as_too_deep(const Address& address) { end(LeafKind::limit, address, "aliases nest too deeply"); }

  /// Always true: the branch ends here.
  bool end(LeafKind kind, const Address& address, std::string detail) {
    tree_.add_leaf(kind, address.external(), std::move(detail));
    return true;
  }
  bool fail(const Address& address, const LookupFailure& failure) {
    tree_.add_failure(address, failure);
    return true;
  }

  const Primary& primary_;
  const SendmailRules without_cf_;
  const SendmailRules& rules_;
  ExpansionBuilder tree_;
  std::vector<std::string> path_;               ///< names and ":include:" files being expanded, outermost first
  std::vector<std::string> forwarding_;         ///< users whose .forward is being followed
  std::map<std::string, std::size_t> reached_;  ///< each name reached -> length of the longest path to it
  std::set<std::string> steps_;                 ///< keys of the steps already recorded
};

}  // namespace

Expanded expand_sendmail(const Address& recipient, const Primary& primary, Trace trace, Budget& budget) {
  return SendmailExpansion(primary, trace, budget).run(recipient);
}

}  // namespace shorthop
