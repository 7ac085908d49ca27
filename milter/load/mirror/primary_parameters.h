// The defaults of the parameters of a Postfix primary that affect its recipients, as rows. No I/O.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "primary/forward_files.h"
#include "tables/table.h"

namespace shorthop {

struct Default {
  std::string_view name;
  std::string_view value;
  /// Whether the result of a pattern may have $1, $2 ... (in Postfix, maps_create() without DICT_FLAG_NO_REGSUB).
  bool allows_substitution = true;
};

// postconf(5). Only parameters used here, and only defaults that are the same in every version.
inline constexpr std::array defaults = {
    Default{"mydestination", "$myhostname, localhost.$mydomain, localhost"},
    Default{"myorigin", "$myhostname"},
    Default{"recipient_delimiter", ""},
    Default{"virtual_alias_domains", "$virtual_alias_maps"},
    Default{"virtual_alias_maps", "$virtual_maps"},
    Default{"virtual_maps", ""},
    Default{"virtual_mailbox_domains", "$virtual_mailbox_maps"},
    Default{"virtual_mailbox_maps", ""},
    Default{"propagate_unmatched_extensions", "canonical, virtual"},
    Default{"owner_request_special", "yes"},
    Default{"reset_owner_alias", "no"},
    Default{"compatibility_level", "0"},
    Default{"forward_path", "$home/.forward${recipient_delimiter}${extension}, $home/.forward"},
    Default{"forward_expansion_filter", default_expansion_filter},
    Default{"virtual_alias_recursion_limit", "1000"},
    Default{"virtual_alias_expansion_limit", "1000"},
    Default{"virtual_alias_address_length_limit", "1000"},
    Default{"config_directory", "/etc/postfix"},
    Default{"data_directory", "/var/lib/postfix"},
    Default{"default_database_type", "hash"},
    // Its default depends on the system; only the file name matters here.
    Default{"alias_database", "hash:/etc/aliases"},
    Default{"allow_min_user", "no"},
    Default{"allow_percent_hack", "yes"},
    Default{"append_at_myorigin", "yes"},
    Default{"resolve_dequoted_address", "yes"},
    Default{"relayhost", ""},
    Default{"relay_domains", "${{$compatibility_level} <level {2} ? {$mydestination} : {}}"},
    Default{"parent_domain_matches_subdomains",
            "debug_peer_list, fast_flush_domains, mynetworks, permit_mx_backup_networks, qmqpd_authorized_clients, "
            "relay_domains, smtpd_access_maps"},
    Default{"canonical_maps", ""},
    Default{"canonical_classes", "envelope_sender, envelope_recipient, header_sender, header_recipient"},
    Default{"recipient_canonical_maps", ""},
    Default{"recipient_canonical_classes", "envelope_recipient, header_recipient"},
    Default{"sender_canonical_maps", ""},
    Default{"sender_canonical_classes", "envelope_sender, header_sender"},
    Default{"enable_original_recipient", "yes"},
    Default{"smtpd_discard_ehlo_keywords", ""},
    Default{"smtpd_discard_ehlo_keyword_address_maps", ""},
    Default{"smtp_discard_ehlo_keywords", ""},
    Default{"smtp_discard_ehlo_keyword_address_maps", ""},
    Default{"smtp_always_send_ehlo", "yes"},
    Default{"smtp_never_send_ehlo", "no"},
    Default{"smtp_reply_filter", ""},
    Default{"masquerade_domains", ""},
    Default{"masquerade_classes", "envelope_sender, header_sender, header_recipient"},
    Default{"recipient_bcc_maps", ""},
    Default{"sender_bcc_maps", ""},
    Default{"always_bcc", ""},
    Default{"transport_maps", "", false},
    Default{"relocated_maps", ""},
    Default{"smtp_generic_maps", ""},
    Default{"smtpd_command_filter", ""},
    Default{"receive_override_options", ""},
    Default{"local_transport", "local:$myhostname"},
    Default{"relay_transport", "relay"},
    Default{"disable_dns_lookups", "no"},
    Default{"smtp_dns_support_level", ""},
    Default{"smtp_host_lookup", "dns"},
    Default{"smtp_tcp_port", "smtp"},
    Default{"inet_interfaces", "all"},
    Default{"proxy_interfaces", ""},
    Default{"master_service_disable", ""},
    Default{"default_transport", "smtp"},
    Default{"sender_dependent_relayhost_maps", "", false},
    Default{"sender_dependent_default_transport_maps", "", false},
    Default{"local_recipient_maps", "proxy:unix:passwd.byname $alias_maps"},
    Default{"relay_recipient_maps", ""},
    Default{"luser_relay", ""},
    Default{"mailbox_transport", ""},
    Default{"mailbox_transport_maps", ""},
    Default{"fallback_transport", ""},
    Default{"fallback_transport_maps", ""},
    Default{"smtpd_restriction_classes", ""},
    Default{"smtpd_reject_unlisted_recipient", "yes"},
    Default{"soft_bounce", "no"},
    Default{"unknown_local_recipient_reject_code", "550"},
    Default{"unknown_relay_recipient_reject_code", "550"},
    Default{"unknown_virtual_alias_reject_code", "550"},
    Default{"unknown_virtual_mailbox_reject_code", "550"},
    Default{"double_bounce_sender", "double-bounce"},
    Default{"smtputf8_enable", "${{$compatibility_level} <level {1} ? {no} : {yes}}"},
    Default{"empty_address_default_transport_maps_lookup_key", "<>"},
    Default{"empty_address_relayhost_maps_lookup_key", "<>"},
};

/// A parameter that acts on every recipient if it is set.
struct KeepsAll {
  std::string_view parameter;
  std::string_view effect;
  FailureKind kind;
  std::string_view fix;
};

inline constexpr std::array keep_all_if_set = {
    KeepsAll{"smtpd_command_filter", "may rewrite recipients at the primary", FailureKind::not_followed,
             "remove it on the primary, or remove the relay file here"},
    // It may also remove a keyword of EHLO, such as DSN or SMTPUTF8.
    KeepsAll{"smtp_reply_filter", "of the primary may turn a reply of this host into another one",
             FailureKind::not_followed, "remove it on the primary, or remove the relay file here"},
    KeepsAll{"always_bcc", "sends a copy of all mail at the primary", FailureKind::copied_elsewhere,
             "deliver such a copy on this host too, or remove the relay file"},
};

/// Whether Postfix skips a line of this parameter's pattern tables if its result has $1, $2 ...
constexpr bool forbids_substitution(std::string_view parameter) {
  const auto found = std::ranges::find(defaults, parameter, &Default::name);
  return found != defaults.end() && !found->allows_substitution;
}

/// A parameter without a row above counts as one of Postfix's own, with an unknown default, if its name begins with one
/// of these prefixes. Any other parameter counts as one that the postmaster defines.
inline constexpr std::array own_prefixes = std::to_array<std::string_view>(
    {"alias_", "command_", "daemon_", "default_", "inet_", "lmtp_", "local_", "mail_", "milter_", "multi_instance",
     "my", "process_", "queue_", "relay", "smtp", "virtual_"});

/// Whether the name counts as one of Postfix's own parameters: it has a row, or one of the prefixes.
constexpr bool is_own_name(std::string_view name) {
  return std::ranges::any_of(own_prefixes, [&](std::string_view own) { return name.starts_with(own); }) ||
         std::ranges::find(defaults, name, &Default::name) != defaults.end();
}

}  // namespace shorthop
