#include "postfix/inbound/inbound_mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "postfix/inbound/check_rules.h"
#include "postfix/inbound/restrictions.h"
#include "tables/table_name.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

namespace fs = std::filesystem;

struct InboundDefault {
  std::string_view name;
  std::string_view value;
};

// postconf(5): defaults that are the same in every version. The output of `postconf -n` lacks them. All other
// parameters that are read here are empty by default.
constexpr std::array inbound_defaults = {
    InboundDefault{"cleanup_service_name", "cleanup"},
    InboundDefault{"config_directory", "/etc/postfix"},
    InboundDefault{"header_checks", ""},
    InboundDefault{"message_size_limit", "10240000"},
    InboundDefault{"mime_header_checks", "$header_checks"},
    InboundDefault{"nested_header_checks", "$header_checks"},
};

// header_checks(5), and milter_header_checks of postconf(5).
constexpr std::array check_parameters = std::to_array<std::string_view>(
    {"header_checks", "mime_header_checks", "nested_header_checks", "body_checks", "milter_header_checks"});

/// "{ {rule}, {rule} }" as lines (regexp_table(5), "INLINE SPECIFICATION").
std::string lines_in_braces(std::string_view name) {
  std::string lines;
  for (const std::string& rule : list_items(inside_braces(name).value_or(""))) {
    lines.append(inside_braces(rule).value_or(rule)).append(1, '\n');
  }
  return lines;
}

/// The text with the rules of a table; nothing if it cannot be read, or if the table is live (mysql:).
std::optional<std::string> text_of_check_table(const std::string& text, const FileReader& files, const fs::path& root) {
  const auto table = TableName::parse(text);
  const TableType* type = table ? find_table_type(table->type) : nullptr;
  if (type == nullptr || type->is_live) return std::nullopt;
  if (type->is_its_own_data()) return table->name;
  if (type->is_pattern && table->name.starts_with('{')) return lines_in_braces(table->name);
  const fs::path path(table->name);
  if (!path.is_absolute()) return std::nullopt;
  auto content = files.read(root / path.relative_path());
  return content ? std::optional(std::move(*content)) : std::nullopt;
}

/// The members of a unionmap: or pipemap:, because any of them may have the result. For another type: the table itself.
std::vector<std::string> tables_within(const std::string& text) {
  const auto table = TableName::parse(text);
  const TableType* type = table ? find_table_type(table->type) : nullptr;
  if (type == nullptr || !type->is_composed) return {text};
  return list_items(inside_braces(table->name).value_or(""));
}

}  // namespace

bool InboundMail::has_postscreen() const {
  return std::ranges::any_of(
      services, [](const MasterService& service) { return service.type == "inet" && service.command == "postscreen"; });
}

const std::string* InboundMail::check_table(std::string_view name) const { return find_value(check_tables, name); }

InboundMail inbound_mail(Parameters values, std::vector<MasterService> services, const FileReader& files,
                         const fs::path& root) {
  InboundMail mail;
  mail.values = std::move(values);
  mail.services = std::move(services);
  for (const InboundServer& server : all_servers_of(mail)) {
    std::vector<std::string> tables = check_tables_of(server);
    std::ranges::move(access_tables_of(server), std::back_inserter(tables));
    for (const std::string& table : tables) {
      if (auto text = text_of_check_table(table, files, root)) mail.check_tables.emplace(table, std::move(*text));
    }
  }
  return mail;
}

InboundMail unknown_inbound_mail(std::string why) {
  InboundMail mail;
  mail.unknown = std::move(why);
  return mail;
}

InboundServer::InboundServer(const InboundMail& mail, const MasterService* smtpd) : mail_(&mail), smtpd_(smtpd) {
  const std::string name = value("cleanup_service_name");
  const auto cleanup = std::ranges::find(mail.services, name + "/unix", &MasterService::postconf_name);
  if (cleanup != mail.services.end()) cleanup_ = &*cleanup;
}

std::string InboundServer::value_for(const MasterService* service, std::string_view parameter) const {
  const auto value_of = [&](std::string_view name) -> std::optional<std::string> {
    if (service != nullptr) {
      if (auto own = service->override_of(name)) return own;
      const auto own = mail_->values.find(fmt::format("{}/{}", service->postconf_name(), name));
      if (own != mail_->values.end()) return own->second;
    }
    if (const auto found = mail_->values.find(name); found != mail_->values.end()) return found->second;
    const auto row = std::ranges::find(inbound_defaults, name, &InboundDefault::name);
    return row == inbound_defaults.end() ? std::nullopt : std::optional(std::string(row->value));
  };
  return std::string(trimmed(expanded_by_postfix(value_of(parameter).value_or(std::string()), value_of)));
}

std::vector<InboundServer> servers_of(const InboundMail& mail) {
  std::vector<InboundServer> servers;
  for (const MasterService& service : mail.services) {
    if (is_public_smtpd(service)) servers.emplace_back(mail, &service);
  }
  if (servers.empty()) servers.emplace_back(mail, nullptr);
  return servers;
}

std::vector<InboundServer> all_servers_of(const InboundMail& mail) {
  std::vector<InboundServer> servers = servers_of(mail);
  const bool has_filter = std::ranges::any_of(servers, [](const InboundServer& server) {
    return !server.value("content_filter").empty() || !server.value("smtpd_proxy_filter").empty();
  });
  if (!has_filter) return servers;
  for (const MasterService& service : mail.services) {
    if (!is_private_smtpd(service)) continue;
    // An smtpd(8) with its own content_filter takes mail from the first filter and passes it to a second one.
    const bool is_behind = InboundServer(mail, &service).value("content_filter").empty();
    if (is_behind || service.override_of("content_filter")) servers.emplace_back(mail, &service);
  }
  return servers;
}

std::vector<std::string> check_tables_of(const InboundServer& server) {
  std::vector<std::string> tables;
  for (const std::string_view parameter : check_parameters) {
    for (std::string& table : list_items(server.cleanup_value(parameter))) {
      if (std::ranges::find(tables, table) == tables.end()) tables.push_back(std::move(table));
    }
  }
  return tables;
}

bool may_filter_by_rule(const InboundMail& mail, const FileReader& files, const fs::path& root) {
  const auto may_filter = [&](const std::string& name) {
    const auto table = TableName::parse(name);
    const auto text = text_of_check_table(name, files, root);
    if (!table || !text) return true;
    return has_access_rule(*table, *text,
                           [](const CheckRule& rule) { return rule.action == "FILTER" || rule.asks_table; });
  };
  return std::ranges::any_of(servers_of(mail), [&](const InboundServer& server) {
    return std::ranges::any_of(check_tables_of(server), may_filter) ||
           std::ranges::any_of(restrictions_of(server), [&](const Restriction& restriction) {
             return restriction.is_access_check() && may_filter(restriction.argument);
           });
  });
}

std::vector<std::string> access_tables_of(const InboundServer& server) {
  std::vector<std::string> tables;
  for (const Restriction& restriction : restrictions_of(server)) {
    if (!restriction.asks_access_table()) continue;
    std::vector<std::string> named = tables_within(restriction.argument);
    std::ranges::move(named, std::back_inserter(tables));
  }
  return tables;
}

}  // namespace shorthop
