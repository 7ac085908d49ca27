// Facts about a primary: the settings that shape its expansion, and its tables.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "primary/resolution.h"
#include "system/file_reader.h"
#include "tables/access.h"
#include "tables/match_list.h"
#include "tables/search.h"
#include "tables/table.h"
#include "tables/text/target.h"
#include "text/ascii.h"

namespace shorthop {

struct SendmailRules;

/// postconf(5) propagate_unmatched_extensions, the supported classes.
struct ExtensionPropagation {
  bool canonical = true;
  bool virtual_aliases = true;
  bool aliases = false;
  bool forwards = false;
  bool includes = false;
};

struct Limits {
  std::size_t virtual_recursion = 1000;  ///< postconf(5) virtual_alias_recursion_limit
  std::size_t virtual_expansion = 1000;  ///< postconf(5) virtual_alias_expansion_limit
  std::size_t address_length = 1000;     ///< postconf(5) virtual_alias_address_length_limit
  std::size_t local_nesting = 100;       ///< local(8) treats deeper nesting of aliases as a loop (local/alias.c)
  std::size_t steps = 10'000;            ///< shorthop's own: expansions for one recipient, of all tables
  std::size_t targets = 100'000;         ///< shorthop's own: targets of all these expansions
  std::size_t leaves = 1000;             ///< shorthop's own: ends of one recipient's chain
};

/// postconf(5) forward_path: which files of its default value local(8) looks for; neither: users have no .forward.
struct ForwardPath {
  bool with_extension = true;  ///< ~/.forward+ext
  bool plain = true;           ///< ~/.forward
};

/// Domains, folded, spelled as in the primary's settings.
using DomainSet = std::set<std::string, std::less<>>;

/// How a primary expands addresses (DESIGN 4).
enum class Profile : std::uint8_t { postfix, sendmail, flat };

/// The settings of a primary that affect how it expands an address; most defaults are Postfix's.
struct PrimaryRules {
  MatchList local_domains;          ///< mydestination: local(8) delivers these
  bool has_unknown_name = false;    ///< local_domains lacks the primary's own name, which is not known
  MatchList virtual_alias_domains;  ///< every address is an alias or unknown
  /// virtual_alias_domains contains $virtual_alias_maps (the default): a domain that is a key in those tables is a
  /// virtual alias domain.
  bool alias_domains_are_keys = false;
  MatchList virtual_mailbox_domains;  ///< mailboxes on the primary
  /// Domains, with A-labels, whose class is unknown unless they are listed above. Without primary-postconf, these are
  /// the relay's domains and the primary's own names. With it, there is only the primary's name, and only if myhostname
  /// is not set.
  DomainSet unsure_domains;
  MatchList relayed_domains;  ///< relay_domains: smtpd(8) accepts these and their subdomains
  /// parent_domain_matches_subdomains contains relay_domains: "example.org" in relay_domains includes its subdomains.
  /// Otherwise only ".example.org" does.
  bool relays_subdomains = true;
  bool has_bare_transport_parents = false;  ///< parent_domain_matches_subdomains contains transport_maps
  /// Domains of the relay, with A-labels, that must be in a list above; empty if the lists are not known. If no list
  /// has the domain as the address spells it, the recipient is kept: either the primary rejects it, or a list was not
  /// copied completely.
  DomainSet domains_to_be_listed;
  /// The names of all transports that run smtp(8) and send mail by MX records.
  std::set<std::string, std::less<>> smtp_transports = {"smtp", "relay"};
  std::string myorigin;           ///< completes an address without a domain; folded; empty: no_origin says why
  bool has_local_origin = false;  ///< myorigin is not known, but it is in mydestination
  LookupFailure no_origin = {"the primary's myorigin is not known", FailureKind::not_mirrored};
  /// Appended to a domain without a dot (append_dot_mydomain = yes, mydomain), folded. If it is empty, these domains
  /// are not changed.
  std::string dot_domain;
  std::string delimiters = "+";  ///< recipient_delimiter
  bool owner_request_special = true;
  /// reset_owner_alias: an alias that a .forward or :include: file lists has no owner.
  bool resets_owner = false;
  bool looks_into_quotes = true;  ///< resolve_dequoted_address: "user@domain" in quotes may be that address
  bool percent_hack = false;      ///< allow_percent_hack is known to be on: user%domain is user@domain
  ExtensionPropagation propagate;
  ForwardPath forward_path;
  /// cleanup(8) replaces a subdomain of these by the domain itself in recipients (masquerade_domains); folded.
  std::vector<std::string> masquerade_domains;
  /// Two recipients of a message that end in one mailbox get one copy: Postfix with enable_original_recipient = no.
  bool merges_copies = false;
  bool loses_orcpt = false;  ///< smtp(8) might drop ORCPT (smtp_discard_ehlo_keywords, smtp_never_send_ehlo)
  /// A rule of header_checks(5) or access(5) may pass mail to a filter after aliases are expanded.
  bool filters_by_rule = false;
  std::string double_bounce = "double-bounce";  ///< double_bounce_sender: qmgr(8) discards local mail for it; folded
  bool allows_min_user = false;                 ///< allow_min_user: an address may begin with '-'
  bool takes_utf8 = true;                       ///< it takes and sends mail with SMTPUTF8 (RFC 6531)
  /// The local part of address_verify_sender; folded. Postfix may append a time (address_verify_sender_ttl).
  std::string probe_sender = {};
  bool has_changing_probes = false;  ///< address_verify_sender_ttl is not 0: the sender of probes ends with a time
  bool luser_relay = false;          ///< luser_relay is set: mail for a name without a mailbox is forwarded
  bool other_mailboxes = false;      ///< mailbox_transport, fallback_transport or their maps may know more names
  Limits limits;

  /// Whether one of the lists of domains above contains the domain (folded, in the spelling given). The keys of alias
  /// tables are not asked (alias_domains_are_keys).
  std::expected<bool, LookupFailure> lists(std::string_view domain, Deadline deadline) const;
};

/// The .forward files: their location and reader.
struct ForwardFiles {
  std::string path_pattern;  ///< "%u" is replaced by USER+EXT, which is tried first, or USER
  std::shared_ptr<const FileReader> reader;
  std::vector<std::string> extended_names = {};  ///< USER+EXT of each file that is for one extension only
};

/// The contents of one :include: file.
struct IncludeFile {
  std::vector<Target> targets;
  bool has_backslash = false;  ///< somewhere in its text
};

/// The :include: files that the primary's tables name, by their paths on the primary; the error says why a file has no
/// copy here.
using IncludeFiles = std::map<std::string, std::expected<IncludeFile, std::string>, std::less<>>;

/// A content filter of a Postfix primary, which returns the mail to the primary.
struct ContentFilter {
  bool sees_mapped = false;       ///< addresses are mapped before the filter
  bool maps_again = false;        ///< addresses are mapped again behind the filter
  bool is_command = false;        ///< an address that needs quotes may come back as another one
  TableList generic = {};         ///< smtp_generic_maps on the way to the filter
  bool checks_recipients = true;  ///< the smtpd(8) behind the filter refuses recipients that its recipient tables lack
};

/// Tables that a Postfix primary asks about an address on its way, each in the order of its list; empty: not set.
struct AddressTables {
  TableList recipient_access;           ///< the table of every check_recipient_access restriction
  std::vector<AccessRefusal> refusals;  ///< restrictions that refuse recipients which none of these tables permits
  TableList recipient_canonical;        ///< recipient_canonical_maps, if its classes contain envelope_recipient
  TableList canonical;                  ///< canonical_maps, if canonical_classes contains envelope_recipient
  TableList recipient_bcc;              ///< recipient_bcc_maps
  TableList transport;                  ///< transport_maps
  TableList relocated;                  ///< relocated_maps
  TableList generic;                    ///< smtp_generic_maps
  // The tables of recipients of each class; absent: unknown, or every name is accepted.
  std::optional<TableList> local_recipients;    ///< local_recipient_maps
  std::optional<TableList> mailbox_recipients;  ///< virtual_mailbox_maps
  std::optional<TableList> relay_recipients;    ///< relay_recipient_maps
  /// virtual_alias_maps of smtpd(8), if cleanup(8) has others: smtpd(8) refuses recipients that these tables lack.
  std::optional<TableList> smtpd_aliases;
  /// What the smtpd(8) behind a content filter asks about recipients: its recipient_access and the tables of
  /// recipients; null: there is none.
  std::shared_ptr<const AddressTables> behind_filter;
  bool asks_lone_recipients = false;  ///< smtpd(8) asks some of recipient_access only if the message has one recipient
  bool refuses_unlisted = true;       ///< smtpd(8) permanently refuses every name that the tables of recipients lack
  bool has_own_canonical = false;     ///< smtpd(8) has other canonical maps than cleanup(8)
  ContentFilter filter = {};
  DomainSet smtpd_doubts = {};  ///< domains in which smtpd(8) might not know the users that local(8) knows
};

/// The tables that a Postfix primary asks about the sender of a message.
struct SenderTables {
  TableList canonical;   ///< sender_canonical_maps, canonical_maps if canonical_classes contains envelope_sender
  TableList bcc;         ///< sender_bcc_maps
  TableList transports;  ///< sender_dependent_default_transport_maps
  TableList relayhosts;  ///< sender_dependent_relayhost_maps
  std::vector<std::string> masquerade_domains;  ///< if masquerade_classes contains envelope_sender; folded
  std::string null_transport_key = "<>";  ///< for the null sender: empty_address_default_transport_maps_lookup_key
  std::string null_relayhost_key = "<>";  ///< empty_address_relayhost_maps_lookup_key

  /// reject_multi_recipient_bounce: smtpd(8) may refuse mail from the null sender if it has several recipients.
  bool refuses_shared_bounces = false;
  bool are_left_out = false;  ///< Sendmail removes the sender from the recipients (option MeToo is off)

  bool empty() const { return bcc.empty() && transports.empty() && relayhosts.empty(); }
};

/// Why mail of a class is not followed: a transport setting that is not Postfix's default. Absent: the default.
struct NotFollowed {
  std::optional<LookupFailure> local;       ///< local_transport: mail for mydestination
  std::optional<Detour> relay;              ///< relayhost, relay_transport: mail for relay_domains
  std::optional<Detour> outbound;           ///< relayhost, default_transport: all other mail
  std::optional<LookupFailure> without_mx;  ///< smtp(8) does not look up MX records, or connects to another port
  std::vector<std::string> own_addresses;   ///< inet_interfaces, proxy_interfaces: smtp(8) sends no mail to these
  bool has_other_default_port = false;      ///< smtp_tcp_port: a next hop without a port is not on the SMTP port
  std::optional<LookupFailure> forwarded;   ///< mail from local(8), which passes another cleanup(8) than received mail
};

struct Primary {
  Profile profile = Profile::postfix;
  PrimaryRules rules;
  TableList virtual_aliases;  ///< with the profile sendmail: its virtusertable
  TableList aliases;
  std::optional<ForwardFiles> forwards;          ///< absent: the primary's home directories are unknown
  std::shared_ptr<const IncludeFiles> includes;  ///< null: include-root is not set
  std::optional<TableList> mailboxes;  ///< users with a mailbox on the primary; absent: unknown, any name may have one
  std::shared_ptr<const SendmailRules> sendmail;  ///< with the profile sendmail; null: its sendmail.cf is not known
  AddressTables address_tables;
  SenderTables senders;
  NotFollowed not_followed;
  std::optional<LookupFailure> unproven;  ///< why every recipient is kept; absent: each is decided separately
  DomainSet arrives_here;  ///< with A-labels: domains of this host that the primary sends here, whatever the DNS says
};

}  // namespace shorthop
