#include "load/host/local_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "load/host/local_sendmail.h"
#include "load/host/own_aliases.h"
#include "load/host/sender_access.h"
#include "mail/international.h"
#include "primary/routing.h"
#include "primary/sendmail/sendmail_obstacles.h"
#include "tables/access.h"
#include "tables/search.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

using Answer = std::expected<bool, LookupFailure>;

class SettingsHost final : public LocalHost {
 public:
  explicit SettingsHost(LocalHostParts parts) : parts_(std::move(parts)) {
    if (parts_.recipients) {
      explicit_search_ = {
          parts_.delimiters, !parts_.postfix || parts_.postfix->owner_request_special,
          [this](std::string_view domain, Deadline deadline) { return takes_bare_names(domain, deadline); }};
    }
    if (parts_.postfix) {
      postfix_search_ = {parts_.postfix->delimiters, parts_.postfix->owner_request_special,
                         [this](std::string_view domain, Deadline deadline) { return is_own(domain, deadline); }};
    }
  }

  Answer is_local_domain(std::string_view domain, Deadline deadline) const override {
    if (is_implicitly_local(domain)) return false;
    if (parts_.domains) return is_set(domain);
    if (!parts_.postfix) return unknown();
    const LocalPostfix& postfix = *parts_.postfix;
    for (const MatchList* list :
         {&postfix.mydestination, &postfix.virtual_alias_domains, &postfix.virtual_mailbox_domains}) {
      const Answer matches = list->matches(domain, deadline);
      if (!matches || *matches) return matches;
    }
    return false;
  }

  Answer is_best_mx(std::string_view domain) const override {
    return std::unexpected(
        LookupFailure{fmt::format("the MX records of {} were not looked up", domain), FailureKind::unavailable});
  }

  // smtpd(8) accepts every key of its canonical or virtual alias tables, whatever the class of the domain. About any
  // other address, the tables of the class decide (check_rcpt_maps in smtpd/smtpd_check.c).
  Answer has_mailbox(const Address& recipient, Deadline deadline) const override {
    const Answer local = is_local_domain(recipient.key_domain(), deadline);
    if (!local || !*local) return local;
    const Answer copied = is_copied(recipient, deadline);
    if (!copied) return copied;
    if (*copied) return copy_would_be_missing();
    std::optional<LookupFailure> failure;
    if (parts_.postfix) {
      const LocalPostfix& postfix = *parts_.postfix;
      const Answer rewritten = any_has({&postfix.recipient_canonical, &postfix.canonical, &postfix.virtual_aliases},
                                       recipient, LetterCase::lower, deadline);
      if (!rewritten) {
        failure = rewritten.error();
      } else if (*rewritten) {
        return passes_restrictions(recipient, deadline);
      }
    }
    Answer known = parts_.recipients
                       ? knows_address(*parts_.recipients, recipient, LetterCase::lower, explicit_search_, deadline)
                       : known_to_postfix(recipient, deadline);
    // A failed look-up matters only if no other table knows the recipient.
    if (known && !*known && failure) return std::unexpected(std::move(*failure));
    if (known && *known && parts_.postfix) return passes_restrictions(recipient, deadline);
    return known;
  }

  Answer maps_to_another_address(const Address& recipient, Deadline deadline) const override {
    if (parts_.postfix_failure) return std::unexpected(*parts_.postfix_failure);
    if (!parts_.postfix) return false;
    if (has_masqueraded_domain(recipient, *parts_.postfix)) return true;
    std::vector<const TableList*> tables = canonical_of_recipients(*parts_.postfix);
    tables.insert(tables.end(), {&parts_.postfix->virtual_aliases, &parts_.postfix->generic});
    return any_has(tables, recipient, LetterCase::as_written, deadline);
  }

  // Postfix sends mail that its aliases(5) forward as a separate message, but Sendmail expands all aliases at once.
  Answer may_relay_as_another_address(const Address& recipient, Deadline deadline) const override {
    if (parts_.postfix || parts_.postfix_failure) return maps_to_another_address(recipient, deadline);
    const bool may_be_local = is_local_domain(recipient.key_domain(), deadline).value_or(true);
    if (may_be_local && sendmail_alias_obstacle(recipient, deadline)) return true;
    return parts_.sendmail && sends_elsewhere(*parts_.sendmail, recipient, deadline);
  }

  bool merges_copies() const override {
    const bool has_sendmail = parts_.sendmail || !parts_.sendmail_aliases.empty();
    return parts_.postfix ? parts_.postfix->merges_copies : has_sendmail;
  }

  bool acts_on_messages() const override {
    if (parts_.sendmail) return parts_.sendmail->sendmail && may_act_on_messages(*parts_.sendmail->sendmail);
    return parts_.postfix && parts_.postfix->acts_on_messages;
  }

  bool may_merge_with_another(const Address& mailbox, Deadline deadline) const override {
    if (parts_.postfix_failure) return true;
    if (parts_.postfix) return !is_unchanged_here(mailbox, *parts_.postfix, postfix_search_, deadline).value_or(false);
    if (sendmail_alias_obstacle(mailbox, deadline)) return true;
    if (!parts_.sendmail) return false;
    // Sendmail takes the mailboxes of one user in two of its domains for one recipient (recipient.c: sameaddr).
    return mailbox.a_label_domain() != parts_.main_domain || has_alias_here(*parts_.sendmail, mailbox, deadline);
  }

  Answer rewrites_sender(const Address& sender, Deadline deadline) const override {
    if (parts_.postfix_failure) return std::unexpected(*parts_.postfix_failure);
    if (!parts_.postfix) return false;
    const LocalPostfix& postfix = *parts_.postfix;
    if (has_masqueraded_domain(sender, postfix)) return true;
    return any_has({&postfix.sender_canonical, &postfix.canonical, &postfix.generic}, sender, LetterCase::as_written,
                   deadline);
  }

  std::optional<LookupFailure> sender_action(std::string_view path, Deadline deadline) const override {
    if (!parts_.postfix) return std::nullopt;
    if (parts_.postfix->refuses_shared_bounces && path == "<>") {
      return LookupFailure{"reject_multi_recipient_bounce of this host may refuse mail that comes back",
                           FailureKind::not_followed};
    }
    return action_for_sender(parts_.postfix->sender_access, path, postfix_search_, deadline);
  }

  bool asks_about_senders() const override {
    return parts_.postfix && !only_pass_or_refuse(parts_.postfix->sender_access);
  }

  std::expected<std::optional<MailRoute>, LookupFailure> route_of(const Address& recipient,
                                                                  Deadline deadline) const override {
    if (!parts_.postfix) return std::nullopt;
    const LocalPostfix& postfix = *parts_.postfix;
    const Answer has_moved = any_has({&postfix.relocated}, recipient, LetterCase::as_written, deadline);
    if (!has_moved) return std::unexpected(has_moved.error());
    if (*has_moved) {
      return std::unexpected(LookupFailure{"relocated_maps of this host has the address", FailureKind::not_followed});
    }
    const auto its_class = class_of(recipient.key_domain(), postfix, deadline);
    if (!its_class) return std::unexpected(its_class.error());
    const auto found =
        find_transport(recipient, postfix.transport, postfix.has_bare_transport_parents, postfix_search_, deadline);
    if (!found) return std::unexpected(found.error());
    const auto entry = *found ? std::optional(route_from((*found)->entry.value)) : std::nullopt;
    return shorthop::route_of(*its_class, entry, postfix.routes);
  }

  Answer copies(const Address& recipient, Deadline deadline) const override {
    if (parts_.postfix_failure) return std::unexpected(*parts_.postfix_failure);
    return is_copied(recipient, deadline);
  }

  std::optional<Leaf> alias_obstacle(const Address& mailbox, bool is_only_target, Deadline deadline) const override {
    if (auto obstacle = postfix_alias_obstacle(mailbox, is_only_target, deadline)) return obstacle;
    if (auto obstacle = sendmail_alias_obstacle(mailbox, deadline)) return obstacle;
    return parts_.sendmail ? sendmail_obstacle(*parts_.sendmail, mailbox, deadline) : std::nullopt;
  }

  // If two added recipients have the same canonical address, cleanup(8) drops one: two copies would become one.
  std::optional<Leaf> merging_obstacle(const std::vector<Address>& targets, Deadline deadline) const override {
    if (targets.size() < 2 || !parts_.postfix) return std::nullopt;
    std::set<std::string> keys;
    for (const Address& target : targets) {
      const auto canonical = canonical_here(target, *parts_.postfix, postfix_search_, deadline);
      if (!canonical) return failure_at(target, canonical.error());
      if (*canonical && keys.insert((*canonical)->key()).second) continue;
      return Leaf{LeafKind::not_followed, target.external(),
                  "canonical tables or masquerading of this host may make one address of two targets"};
    }
    return std::nullopt;
  }

  std::vector<const TableList*> tables_for_client_recipients() const override {
    if (!parts_.postfix) return {};
    const LocalPostfix& postfix = *parts_.postfix;
    return {&postfix.recipient_access, &postfix.recipient_canonical, &postfix.canonical, &postfix.recipient_bcc};
  }

 private:
  /// A failed look-up matters only if no other table has the address.
  Answer any_has(const std::vector<const TableList*>& lists, const Address& address, LetterCase letter_case,
                 Deadline deadline) const {
    std::optional<LookupFailure> failure;
    for (const TableList* tables : lists) {
      if (tables->empty()) continue;
      Answer known = knows_address(*tables, address, letter_case, postfix_search_, deadline);
      if (known && *known) return true;
      if (!known) failure = std::move(known.error());
    }
    if (failure) return std::unexpected(std::move(*failure));
    return false;
  }

  static std::unexpected<LookupFailure> unknown() {
    return std::unexpected(LookupFailure{"the domains and users of this host are not known", FailureKind::unavailable});
  }

  /// A target that an alias of this host forwards elsewhere is not a mailbox here. If the alias leads to the primary,
  /// the primary gets the message for a different set of recipients, and may defer all of them together. If there are
  /// several targets, the primary may also send to the other targets again, because the message lacks the Delivered-To
  /// field that the primary would have added. So with several targets, a table of aliases that cannot be read is an
  /// obstacle too. A temporary failure is always an obstacle.
  std::optional<Leaf> postfix_alias_obstacle(const Address& mailbox, bool is_only_target, Deadline deadline) const {
    if (!parts_.postfix) return std::nullopt;
    const auto is_own_domain = [this](std::string_view domain) { return parts_.domains && is_set(domain); };
    const Answer stays = stays_here(mailbox, *parts_.postfix, postfix_search_, is_own_domain, deadline);
    if (!stays) {
      const bool may_work_later = leaf_kind_of(stays.error().kind) == LeafKind::lookup_failed;
      if (is_only_target && !may_work_later) return std::nullopt;
      return failure_at(mailbox, stays.error());
    }
    if (*stays) return std::nullopt;
    return Leaf{LeafKind::foreign_target, mailbox.external(),
                "an alias of this host may forward " + log_field(mailbox.external(), 100) + " elsewhere"};
  }

  /// A name in local-aliases may lead back to the recipient that it replaces: see sendmail_obstacle().
  std::optional<Leaf> sendmail_alias_obstacle(const Address& mailbox, Deadline deadline) const {
    if (parts_.sendmail_aliases.empty()) return std::nullopt;
    const std::string name(mailbox.key_local_part());
    const std::string user = name.substr(0, name.find('+'));
    for (const std::string& key : {name, user + "+*", user}) {
      const Answer is_alias = parts_.sendmail_aliases.contains(key, deadline);
      if (!is_alias) return failure_at(mailbox, is_alias.error());
      if (*is_alias) {
        return Leaf{LeafKind::loop, mailbox.external(), key + " is an alias of this host, which may lead back"};
      }
    }
    return std::nullopt;
  }

  static Leaf failure_at(const Address& mailbox, const LookupFailure& failure) {
    return {leaf_kind_of(failure.kind), mailbox.external(), failure.text()};
  }

  // cleanup(8) asks recipient_bcc_maps about the canonical address of a client's recipient. It does not ask about a
  // recipient that a milter adds, so a copy would be missing. A recipient whose canonical address is not known counts
  // as copied.
  Answer is_copied(const Address& recipient, Deadline deadline) const {
    if (!parts_.postfix || parts_.postfix->recipient_bcc.empty()) return false;
    const auto canonical = canonical_here(recipient, *parts_.postfix, postfix_search_, deadline);
    if (!canonical) return std::unexpected(canonical.error());
    if (!*canonical) return true;
    return knows_address(parts_.postfix->recipient_bcc, **canonical, LetterCase::as_written, postfix_search_, deadline);
  }

  /// True if the restrictions let the recipient pass, otherwise a failure; never false. There are two failures: a table
  /// of check_recipient_access has an action for the recipient; a restriction refuses every recipient that no table
  /// before it permits. smtpd(8) checks a client's recipients in this way, but not those that a milter adds.
  Answer passes_restrictions(const Address& recipient, Deadline deadline) const {
    const LocalPostfix& postfix = *parts_.postfix;
    const auto action = find_access(postfix.recipient_access, recipient, postfix_search_, deadline);
    if (!action) return std::unexpected(action.error());
    if (*action) return not_followed(fmt::format("check_recipient_access of this host: {}", printable(**action, 60)));
    const auto refusal = find_refusal(postfix.recipient_access, postfix.refusals, recipient, postfix_search_, deadline);
    if (!refusal) return std::unexpected(refusal.error());
    if (*refusal) {
      return not_followed(fmt::format("{} of this host: no table before it permits the address", **refusal));
    }
    return true;
  }

  static std::unexpected<LookupFailure> not_followed(std::string what) {
    return std::unexpected(LookupFailure{std::move(what), FailureKind::not_followed});
  }

  static std::unexpected<LookupFailure> copy_would_be_missing() {
    return std::unexpected(LookupFailure{"recipient_bcc_maps of this host sends copies, but not for added recipients",
                                         FailureKind::copied_elsewhere});
  }

  /// Whether Postfix looks up bare user names for the domain (virtual(5), TABLE SEARCH ORDER).
  Answer is_own(std::string_view domain, Deadline deadline) const {
    const std::string& origin = parts_.postfix->myorigin;
    if (domain == origin) return true;
    Answer is_listed = parts_.postfix->mydestination.matches(domain, deadline);
    if (!is_listed || *is_listed || !origin.empty()) return is_listed;
    // The file that myorigin names, such as /etc/mailname, cannot be read.
    return std::unexpected(LookupFailure{"an entry without a domain may apply: the myorigin of this host is not known",
                                         FailureKind::not_followed});
  }

  /// Whether the settings name the domain (folded), in either spelling.
  bool is_set(std::string_view domain) const {
    return is_ascii(domain) ? parts_.domains->contains(domain)
                            : parts_.domains->contains(to_a_labels(domain).value_or(std::string()));
  }

  Answer takes_bare_names(std::string_view domain, Deadline deadline) const {
    if (parts_.domains) return is_set(domain);
    return parts_.postfix ? is_own(domain, deadline) : false;
  }

  // Asks the recipient table of the address's class; the classes are tried in the order of trivial-rewrite(8). Without
  // a recipient table, smtpd(8) accepts names without a mailbox too, so every address counts as unknown.
  Answer known_to_postfix(const Address& recipient, Deadline deadline) const {
    if (!parts_.postfix) return unknown();
    const LocalPostfix& postfix = *parts_.postfix;
    const std::string_view domain = recipient.key_domain();
    const Answer is_local = postfix.mydestination.matches(domain, deadline);
    if (!is_local) return is_local;
    if (*is_local) {
      return knows_address(postfix.local_recipients, recipient, LetterCase::lower, postfix_search_, deadline);
    }
    const Answer is_alias_domain = postfix.virtual_alias_domains.matches(domain, deadline);
    if (!is_alias_domain) return is_alias_domain;
    if (*is_alias_domain) return false;  // the virtual alias tables were checked before
    const Answer is_mailbox_domain = postfix.virtual_mailbox_domains.matches(domain, deadline);
    if (!is_mailbox_domain || !*is_mailbox_domain) return is_mailbox_domain;
    return knows_address(postfix.virtual_mailboxes, recipient, LetterCase::lower, postfix_search_, deadline);
  }

  LocalHostParts parts_;
  SearchRules explicit_search_;
  SearchRules postfix_search_;
};

}  // namespace

bool is_implicitly_local(std::string_view domain) {
  return !domain.contains('.') || domain.starts_with("localhost.") || domain.ends_with(".localdomain");
}

std::shared_ptr<const LocalHost> local_host(LocalHostParts parts) {
  return std::make_shared<SettingsHost>(std::move(parts));
}

}  // namespace shorthop
