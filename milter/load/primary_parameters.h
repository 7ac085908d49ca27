// The parameters of a Postfix primary that affect its recipients, as rows: defaults, and unsupported ones. No I/O.
#pragma once

#include <array>
#include <string_view>

#include "settings/setting_values.h"
#include "text/ascii.h"

namespace shorthop {

struct Default {
  std::string_view name;
  std::string_view value;
};

// postconf(5). Only parameters used here; for paths the default only has to show that a table is named.
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
    Default{"compatibility_level", "0"},
    Default{"forward_path", "$home/.forward${recipient_delimiter}${extension}, $home/.forward"},
    Default{"virtual_alias_recursion_limit", "1000"},
    Default{"virtual_alias_expansion_limit", "1000"},
    Default{"virtual_alias_address_length_limit", "1000"},
    Default{"config_directory", "/etc/postfix"},
    Default{"data_directory", "/var/lib/postfix"},
    Default{"default_database_type", "hash"},
    // Its default depends on the system; only the file name matters here.
    Default{"alias_database", "hash:/etc/aliases"},
    Default{"allow_percent_hack", "yes"},
    Default{"relayhost", ""},
    Default{"relay_domains", ""},
};

/// A parameter that affects recipients but is not supported.
struct NotFollowed {
  std::string_view name;
  /// Whether a value (expanded as far as possible) has an effect.
  bool (*matters)(std::string_view value);
  std::string_view effect;
};

inline bool is_not_empty(std::string_view value) { return !trimmed(value).empty(); }
inline bool is_no(std::string_view value) { return equal_folded(trimmed(value), "no"); }
inline bool maps_no_addresses(std::string_view value) { return value.contains("no_address_mappings"); }
inline bool is_not_local(std::string_view value) { return trimmed(value.substr(0, value.find(':'))) != "local"; }

/// postconf(5) default_transport: "transport:nexthop". Only smtp(8) without a next hop looks up the DNS for the route.
inline bool leads_elsewhere(std::string_view value) {
  value = trimmed(value);
  const std::size_t colon = value.find(':');
  const std::string_view transport = value.substr(0, colon);
  const bool has_next_hop = colon != value.npos && !trimmed(value.substr(colon + 1)).empty();
  return has_next_hop || (transport != "smtp" && transport != "relay");
}

inline constexpr std::array not_followed = {
    NotFollowed{"canonical_maps", is_not_empty, "rewrites recipients"},
    NotFollowed{"recipient_canonical_maps", is_not_empty, "rewrites recipients"},
    NotFollowed{"relocated_maps", is_not_empty, "refuses recipients that have moved"},
    NotFollowed{"transport_maps", is_not_empty, "may deliver recipients another way"},
    NotFollowed{"smtp_generic_maps", is_not_empty, "rewrites recipients that leave the primary"},
    NotFollowed{"recipient_bcc_maps", is_not_empty, "sends copies"},
    NotFollowed{"sender_bcc_maps", is_not_empty, "sends copies"},
    NotFollowed{"always_bcc", is_not_empty, "sends copies"},
    NotFollowed{"smtpd_command_filter", is_not_empty, "may rewrite recipients"},
    NotFollowed{"append_at_myorigin", is_no, "leaves aliases without a domain as they are"},
    NotFollowed{"receive_override_options", maps_no_addresses, "turns virtual aliases off"},
    NotFollowed{"local_transport", is_not_local, "delivers without aliases(5)"},
    NotFollowed{"default_transport", leads_elsewhere, "may not send mail on to this host"},
    NotFollowed{"relay_transport", leads_elsewhere, "may not send mail on to this host"},
    NotFollowed{"relayhost", is_not_empty, "sends mail to another host than this one"},
    NotFollowed{"sender_dependent_relayhost_maps", is_not_empty, "may send mail to another host than this one"},
    NotFollowed{"sender_dependent_default_transport_maps", is_not_empty, "may not send mail on to this host"},
};

/// Prefixes of Postfix's own parameters, whose defaults are unknown here; others are defined by the postmaster.
inline constexpr std::array own_prefixes = std::to_array<std::string_view>(
    {"alias_", "command_", "daemon_", "default_", "inet_", "lmtp_", "local_", "mail_", "milter_", "multi_instance",
     "my", "process_", "queue_", "relay", "smtp", "virtual_"});

}  // namespace shorthop
