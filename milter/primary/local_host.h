// The questions about this host that must be answered before a recipient is replaced. They are the same for every MTA.
// If a question cannot be answered, the recipient is kept.
#pragma once

#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "primary/resolution.h"
#include "tables/lookup_key.h"
#include "tables/table.h"

namespace shorthop {

/// Where an MTA sends mail: the macros {rcpt_mailer} and {rcpt_host}, or "mailer:next_hop" in transport(5).
struct MailRoute {
  std::string mailer;    ///< empty: the usual one
  std::string next_hop;  ///< empty: the domain of the address
};

class LocalHost {
 public:
  virtual ~LocalHost() = default;
  /// Whether this host is the final destination of the domain (folded, in the spelling given).
  virtual std::expected<bool, LookupFailure> is_local_domain(std::string_view domain, Deadline deadline) const = 0;
  /// Whether mail for this local domain reaches this host, because it is the domain's only best MX.
  virtual std::expected<bool, LookupFailure> is_best_mx(std::string_view domain) const = 0;
  /// Whether a host name or an IP address, without brackets, is known to be this host's. Never true for a loopback
  /// address: on the primary it means the primary.
  virtual bool is_this_host(std::string_view /*host*/) const { return false; }
  /// Whether smtpd(8) here would accept the recipient, whose domain is local to this host.
  virtual std::expected<bool, LookupFailure> has_mailbox(const Address& recipient, Deadline deadline) const = 0;
  /// Whether this host rewrites the address (canonical_maps, virtual_alias_maps, smtp_generic_maps) before
  /// it sends the message on.
  virtual std::expected<bool, LookupFailure> maps_to_another_address(const Address& recipient,
                                                                     Deadline deadline) const = 0;
  /// Whether this host may pass on mail for the address under another address, in the same transaction as the mail for
  /// other recipients of the message.
  virtual std::expected<bool, LookupFailure> may_relay_as_another_address(const Address& recipient,
                                                                          Deadline deadline) const {
    return maps_to_another_address(recipient, deadline);
  }
  /// Whether a mailbox here gets only one copy of a message if several recipients of the message lead to the mailbox.
  virtual bool merges_copies() const { return false; }
  /// Whether what this host does to mail for one of its mailboxes may depend on the other recipients of the message
  /// (access(5) has DISCARD or HOLD for one of them).
  virtual bool acts_on_messages() const { return false; }
  /// Whether tables of this host may map the mailbox to another address, so that the mailbox may share a copy with
  /// that address. True if that is not known.
  virtual bool may_merge_with_another(const Address& /*mailbox*/, Deadline /*deadline*/) const { return false; }
  /// Where this host would send an address; nullopt: unknown, because its MTA is not Postfix. Fails if relocated_maps
  /// has the address, or if the sender may decide.
  virtual std::expected<std::optional<MailRoute>, LookupFailure> route_of(const Address& /*recipient*/,
                                                                          Deadline /*deadline*/) const {
    return std::nullopt;
  }
  /// Whether this host may send the message on under another sender (sender_canonical_maps, smtp_generic_maps).
  virtual std::expected<bool, LookupFailure> rewrites_sender(const Address& /*sender*/, Deadline /*deadline*/) const {
    return false;
  }
  /// The action that this host has for mail from this sender when it comes back from a primary, as a reason to keep a
  /// recipient (access(5), check_sender_access). `path`: the argument of MAIL FROM. nullopt: there is none.
  virtual std::optional<LookupFailure> sender_action(std::string_view /*path*/, Deadline /*deadline*/) const {
    return std::nullopt;
  }
  /// Whether sender_action() may have an action for some sender that is not a refusal. Mail of a sender who is refused
  /// is usually refused on arrival.
  virtual bool asks_about_senders() const { return false; }
  /// Whether this host sends a copy of mail for the recipient elsewhere (recipient_bcc_maps).
  virtual std::expected<bool, LookupFailure> copies(const Address& recipient, Deadline deadline) const = 0;
  /// Why a recipient must not be replaced by this mailbox of this host: an alias of this host forwards it, or may do
  /// so. nullopt if there is no obstacle. `is_only_target`: the mailbox is the only replacement.
  virtual std::optional<Leaf> alias_obstacle(const Address& mailbox, bool is_only_target, Deadline deadline) const = 0;
  /// Why a recipient must not be replaced by all of these addresses: this host's canonical tables may make one address
  /// of two of them. nullopt: nothing prevents it.
  virtual std::optional<Leaf> merging_obstacle(const std::vector<Address>& targets, Deadline deadline) const = 0;
  /// The access, canonical and BCC tables of this host, which its MTA asks about a recipient from a client, but not
  /// about the recipient that a milter adds in its place. The tables live as long as this object.
  virtual std::vector<const TableList*> tables_for_client_recipients() const { return {}; }
};

}  // namespace shorthop
