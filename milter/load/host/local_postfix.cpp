#include "load/host/local_postfix.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "load/mirror/primary_facts.h"
#include "mail/host.h"
#include "mail/international.h"
#include "postfix/inbound/access_tables.h"
#include "postfix/parameters.h"
#include "tables/access.h"
#include "tables/match_list.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/number.h"

namespace shorthop {
namespace {

/// Whether any service drops a recipient that comes a second time. Without original recipients, or without ORCPT, the
/// copies for several aliases of a mailbox look alike (cleanup(8)). A content filter may drop ORCPT.
bool drops_copies(const Parameters& parameters) {
  return std::ranges::any_of(parameters, [](const auto& parameter) {
    const std::string_view name = name_without_service(parameter.first);
    const std::string_view value = trimmed(parameter.second);
    return (name == "enable_original_recipient" && equal_folded(value, "no")) ||
           ((name == "content_filter" || name == "smtpd_proxy_filter") && !value.empty()) ||
           (name == "smtpd_discard_ehlo_keywords" && may_discard_dsn(value, {})) ||
           (name == "smtpd_discard_ehlo_keyword_address_maps" && may_discard_dsn({}, value));
  });
}

/// Reads the parameters of this host's Postfix, and opens the tables that they name.
class LocalPostfixReader {
 public:
  LocalPostfixReader(const Parameters& parameters, const FileReader& files, TableOpener& opener, Diagnostics& warnings)
      : parameters_(parameters), files_(files), opener_(opener), warnings_(warnings) {}

  LocalPostfix read() {
    postfix_.myorigin = origin();
    if (equal_folded(trimmed(text_of("append_dot_mydomain")), "yes")) {
      postfix_.dot_domain = folded_utf8(trimmed(text_of("mydomain")));
    }
    postfix_.delimiters = value("recipient_delimiter");
    postfix_.merges_copies = drops_copies(parameters_);
    postfix_.owner_request_special = value("owner_request_special") != "no";
    read_recipients();
    read_rewriting();
    read_routes();
    return std::move(postfix_);
  }

 private:
  void read_recipients() {
    postfix_.mydestination = list("mydestination");
    postfix_.virtual_alias_domains = list("virtual_alias_domains");
    postfix_.virtual_mailbox_domains = list("virtual_mailbox_domains");
    postfix_.local_recipients = tables("local_recipient_maps");
    postfix_.virtual_mailboxes = tables("virtual_mailbox_maps");
    postfix_.virtual_aliases = tables("virtual_alias_maps");
    read_limit("virtual_alias_recursion_limit", postfix_.limits.virtual_recursion);
    read_limit("virtual_alias_expansion_limit", postfix_.limits.virtual_expansion);
    read_limit("virtual_alias_address_length_limit", postfix_.limits.address_length);
    postfix_.aliases = tables("alias_maps");
    RecipientChecks checks = recipient_checks(parameters_);
    postfix_.recipient_access = access_tables("check_recipient_access", checks.tables, checks.ignorable_lists());
    postfix_.sender_access =
        access_tables("check_sender_access", sender_access_tables(parameters_), checks.ignorable_lists());
    postfix_.refusals = std::move(checks.refusals);
    postfix_.refuses_shared_bounces = refuses_shared_bounces(parameters_);
    postfix_.acts_on_messages = checks.asks_lone_recipients || may_act_on_messages(postfix_.recipient_access);
  }

  TableList access_tables(std::string_view restriction, const std::vector<std::string>& names,
                          const ListTest& is_ignorable) {
    std::vector<std::shared_ptr<const Table>> opened = opener_.open_or_fail(restriction, names, warnings_).tables();
    for (auto& table : opened) table = ignore_lists(std::move(table), is_ignorable);
    return TableList(std::move(opened));
  }

  void read_rewriting() {
    postfix_.canonical = tables("canonical_maps");
    postfix_.maps_recipients = has_recipient_class("canonical_classes", true);
    postfix_.recipient_canonical = tables("recipient_canonical_maps");
    postfix_.maps_recipients_alone = has_recipient_class("recipient_canonical_classes", true);
    postfix_.propagate = propagation_in(value("propagate_unmatched_extensions"));
    postfix_.sender_canonical = tables("sender_canonical_maps");
    postfix_.generic = tables("smtp_generic_maps");
    postfix_.masquerade_domains = masquerade_domains_in(value("masquerade_domains"));
    postfix_.masquerades_recipients = has_recipient_class("masquerade_classes", false);
    postfix_.recipient_bcc = tables("recipient_bcc_maps");
  }

  void read_routes() {
    postfix_.transport = tables("transport_maps");
    const std::vector<std::string> with_parents = list_items(value("parent_domain_matches_subdomains"));
    postfix_.has_bare_transport_parents = std::ranges::find(with_parents, "transport_maps") != with_parents.end();
    postfix_.relocated = tables("relocated_maps");
    UsualRoutes& routes = postfix_.routes;
    routes.relay_domains = list_of_this_host("relay_domains", text_of("relay_domains"), files_, opener_, warnings_);
    routes.relays_subdomains = std::ranges::find(with_parents, "relay_domains") != with_parents.end();
    routes.local_transport = route_from(text_of("local_transport"));
    routes.virtual_transport = route_from(text_of("virtual_transport"));
    routes.relay_transport = route_from(text_of("relay_transport"));
    routes.default_transport = route_from(text_of("default_transport"));
    routes.relayhost = trimmed(text_of("relayhost"));
    routes.has_relayhosts_by_sender = !trimmed(text_of("sender_dependent_relayhost_maps")).empty();
    routes.has_transports_by_sender = !trimmed(text_of("sender_dependent_default_transport_maps")).empty();
  }

  std::string value(std::string_view name) {
    postfix_.read.emplace(name);
    return std::string(text_of(name));
  }

  /// A value that is not a number counts as 0, so that no alias is within the limit.
  void read_limit(std::string_view name, std::size_t& limit) {
    if (parameters_.contains(name)) limit = to_number<std::size_t>(trimmed(value(name))).value_or(0);
  }

  /// Whether a `*_classes` parameter lists envelope_recipient; `otherwise` is the answer if it is not set.
  bool has_recipient_class(std::string_view name, bool otherwise) {
    return parameters_.contains(name) ? has_word(value(name), "envelope_recipient") : otherwise;
  }

  std::string_view text_of(std::string_view name) const { return text_or_empty(parameters_, name); }

  /// Debian's Postfix reads myorigin from a file if it is a path.
  std::string origin() {
    const std::string origin = value("myorigin");
    return folded_utf8(origin.starts_with('/') ? first_line_in(files_, origin) : origin);
  }

  MatchList list(std::string_view name) { return list_of_this_host(name, value(name), files_, opener_, warnings_); }
  TableList tables(std::string_view name) { return opener_.open_or_fail(name, list_items(value(name)), warnings_); }

  const Parameters& parameters_;
  const FileReader& files_;
  TableOpener& opener_;
  Diagnostics& warnings_;
  LocalPostfix postfix_;
};

}  // namespace

MatchList list_of_this_host(std::string_view name, std::string_view text, const FileReader& files, TableOpener& opener,
                            Diagnostics& warnings) {
  const auto open = [&](const std::string& table) {
    return opener.open_or_fail(name, {table}, warnings).tables().front();
  };
  const auto report = [&](const std::string& file, const std::string& why) {
    warnings.push_back({{file, 0},
                        fmt::format("this host's {}: {}; recipients that may be in it are kept", name, why),
                        "let the user of shorthopd read it",
                        Severity::warning,
                        ErrorClass::missing,
                        Subject::tables_of_this_host});
  };
  return read_match_list(name, text, {files, open, FailureKind::unavailable, report});
}

bool has_masqueraded_domain(const Address& address, const LocalPostfix& postfix) {
  return is_below_any(address.key_domain(), postfix.masquerade_domains);
}

std::vector<const TableList*> canonical_of_recipients(const LocalPostfix& postfix) {
  std::vector<const TableList*> tables;
  if (postfix.maps_recipients_alone) tables.push_back(&postfix.recipient_canonical);
  if (postfix.maps_recipients) tables.push_back(&postfix.canonical);
  return tables;
}

std::expected<AddressClass, LookupFailure> class_of(std::string_view domain, const LocalPostfix& postfix,
                                                    Deadline deadline) {
  const std::pair<const MatchList*, AddressClass> lists[] = {
      {&postfix.mydestination, AddressClass::local},
      {&postfix.virtual_alias_domains, AddressClass::virtual_alias},
      {&postfix.virtual_mailbox_domains, AddressClass::virtual_mailbox}};
  for (const auto& [list, its_class] : lists) {
    const auto matches = list->matches(domain, deadline);
    if (!matches) return std::unexpected(matches.error());
    if (*matches) return its_class;
  }
  const UsualRoutes& routes = postfix.routes;
  const auto is_relayed = routes.relay_domains.matches_subdomain(domain, routes.relays_subdomains, deadline);
  if (!is_relayed) return std::unexpected(is_relayed.error());
  return *is_relayed ? AddressClass::relay : AddressClass::other;
}

std::expected<MailRoute, LookupFailure> route_of(AddressClass its_class, const std::optional<MailRoute>& entry,
                                                 const UsualRoutes& routes) {
  if (its_class == AddressClass::virtual_alias) return MailRoute{"error", {}};  // not even transport_maps is asked
  if (entry && !entry->mailer.empty()) return *entry;
  if (its_class == AddressClass::local) return routes.local_transport;
  if (its_class == AddressClass::virtual_mailbox) return joined_route(entry, routes.virtual_transport, {});
  const bool is_relayed = its_class == AddressClass::relay;
  if (routes.has_relayhosts_by_sender || (routes.has_transports_by_sender && !is_relayed)) {
    return std::unexpected(
        LookupFailure{"sender_dependent_* of this host may route it by its sender", FailureKind::not_followed});
  }
  return joined_route(entry, is_relayed ? routes.relay_transport : routes.default_transport, routes.relayhost);
}

LocalPostfix local_postfix(const Parameters& parameters, const FileReader& files, TableOpener& opener,
                           Diagnostics& warnings) {
  return LocalPostfixReader(parameters, files, opener, warnings).read();
}

}  // namespace shorthop
