#include "postfix/parameter_owners.h"

#include <algorithm>
#include <array>

namespace shorthop {
namespace {

/// The one program that reads a parameter. A name that ends with '_' stands for all names that begin with it.
struct ParameterOwner {
  std::string_view parameter;
  std::string_view program;
};

// Parameters that decide about recipients, and that only one program reads.
constexpr std::array parameter_owners = std::to_array<ParameterOwner>({
    {"smtpd_client_restrictions", "smtpd"},
    {"smtpd_command_filter", "smtpd"},
    {"smtpd_data_restrictions", "smtpd"},
    {"smtpd_end_of_data_restrictions", "smtpd"},
    {"smtpd_helo_restrictions", "smtpd"},
    {"smtpd_recipient_restrictions", "smtpd"},
    {"smtpd_reject_unlisted_recipient", "smtpd"},
    {"smtpd_relay_restrictions", "smtpd"},
    {"smtpd_restriction_classes", "smtpd"},
    {"smtpd_sender_restrictions", "smtpd"},
    {"soft_bounce", "smtpd"},  // others read it too, for their bounces
    {"unknown_local_recipient_reject_code", "smtpd"},
    {"unknown_relay_recipient_reject_code", "smtpd"},
    {"unknown_virtual_alias_reject_code", "smtpd"},
    {"unknown_virtual_mailbox_reject_code", "smtpd"},
    {"virtual_mailbox_maps", "smtpd"},
    {"local_recipient_maps", "smtpd"},
    {"relay_recipient_maps", "smtpd"},
    {"always_bcc", "cleanup"},
    {"canonical_", "cleanup"},
    {"enable_original_recipient", "cleanup"},
    {"masquerade_", "cleanup"},
    {"recipient_bcc_maps", "cleanup"},
    {"recipient_canonical_", "cleanup"},
    {"sender_bcc_maps", "cleanup"},
    {"sender_canonical_", "cleanup"},
    {"virtual_alias_address_length_limit", "cleanup"},
    {"virtual_alias_expansion_limit", "cleanup"},
    {"virtual_alias_maps", "cleanup"},
    {"virtual_alias_recursion_limit", "cleanup"},
    {"allow_percent_hack", "trivial-rewrite"},
    {"default_transport", "trivial-rewrite"},
    {"empty_address_", "trivial-rewrite"},
    {"local_transport", "trivial-rewrite"},
    {"relay_transport", "trivial-rewrite"},
    {"relayhost", "trivial-rewrite"},
    {"relocated_maps", "trivial-rewrite"},
    {"resolve_dequoted_address", "trivial-rewrite"},
    {"sender_dependent_", "trivial-rewrite"},
    {"transport_maps", "trivial-rewrite"},
    {"virtual_alias_domains", "trivial-rewrite"},
    {"virtual_mailbox_domains", "trivial-rewrite"},
    {"alias_maps", "local"},
    {"fallback_transport", "local"},
    {"fallback_transport_", "local"},
    {"forward_expansion_filter", "local"},
    {"forward_path", "local"},
    {"luser_relay", "local"},
    {"mailbox_transport", "local"},
    {"mailbox_transport_", "local"},
    {"reset_owner_alias", "local"},
    {"disable_dns_lookups", "smtp"},
    {"smtp_always_send_ehlo", "smtp"},
    {"smtp_discard_ehlo_", "smtp"},
    {"smtp_dns_support_level", "smtp"},
    {"smtp_generic_maps", "smtp"},
    {"smtp_host_lookup", "smtp"},
    {"smtp_never_send_ehlo", "smtp"},
    {"smtp_reply_filter", "smtp"},
    {"smtp_tcp_port", "smtp"},
});

// Parameters that several programs read. Each parameter must have the same value for all of these programs.
constexpr std::array shared_parameters = std::to_array<std::string_view>({"allow_min_user",
                                                                          "append_at_myorigin",
                                                                          "append_dot_mydomain",
                                                                          "compatibility_level",
                                                                          "config_directory",
                                                                          "double_bounce_sender",
                                                                          "inet_interfaces",
                                                                          "mydestination",
                                                                          "mydomain",
                                                                          "myhostname",
                                                                          "myorigin",
                                                                          "owner_request_special",
                                                                          "parent_domain_matches_subdomains",
                                                                          "propagate_unmatched_extensions",
                                                                          "proxy_interfaces",
                                                                          "recipient_delimiter",
                                                                          "relay_domains",
                                                                          "rewrite_service_name",
                                                                          "smtputf8_enable",
                                                                          "virtual_maps"});

// Shared parameters that change where or how smtp(8) sends mail. smtp(8) uses the others only to search
// smtp_generic_maps, and myhostname also as its HELO name.
constexpr std::array shared_by_smtp =
    std::to_array<std::string_view>({"config_directory", "inet_interfaces", "proxy_interfaces", "smtputf8_enable"});

constexpr std::array references = std::to_array<DefaultReference>({{"virtual_alias_domains", "virtual_alias_maps"},
                                                                   {"virtual_mailbox_domains", "virtual_mailbox_maps"},
                                                                   {"local_recipient_maps", "alias_maps"}});

bool is_named(std::string_view parameter, std::string_view pattern) {
  return pattern.ends_with('_') ? parameter.starts_with(pattern) : parameter == pattern;
}

}  // namespace

bool is_read_alone_by(std::string_view program, std::string_view parameter) {
  return std::ranges::any_of(parameter_owners, [&](const ParameterOwner& row) {
    return row.program == program && is_named(parameter, row.parameter);
  });
}

bool is_shared_parameter(std::string_view parameter) {
  return std::ranges::find(shared_parameters, parameter) != shared_parameters.end();
}

bool is_always_shared_by_smtp(std::string_view parameter) {
  return std::ranges::find(shared_by_smtp, parameter) != shared_by_smtp.end();
}

bool is_followed_parameter(std::string_view parameter) {
  return is_shared_parameter(parameter) || std::ranges::any_of(parameter_owners, [&](const ParameterOwner& row) {
           return is_named(parameter, row.parameter);
         });
}

std::span<const DefaultReference> default_references() { return references; }

}  // namespace shorthop
