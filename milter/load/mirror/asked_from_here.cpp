#include "load/mirror/asked_from_here.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tables/table_name.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

using Done = std::expected<void, std::string>;

/// "localhost", loopback addresses and local sockets mean the host whose settings have them.
bool means_itself(std::string_view host) {
  const std::string name = folded(host);
  return name.empty() || name.starts_with('/') || name == "localhost" || name.ends_with(".localhost") ||
         name.starts_with("localhost.") || name.starts_with("127.") || name == "::1" || name.starts_with("[::1]") ||
         name == "0.0.0.0" || name == "0";
}

/// The host in an item of `hosts` or `server_host`: "db:3306", "inet:db", "ldaps://db:636/", "pgsql://user@db/x".
std::string_view host_in(std::string_view item) {
  for (const std::string_view prefix : {"inet:", "unix:", "ldapi://"}) {
    if (item.starts_with(prefix))
      return prefix == "inet:" ? host_in(item.substr(prefix.size())) : std::string_view("/");
  }
  if (const std::size_t scheme = item.find("://"); scheme != item.npos) {
    item.remove_prefix(scheme + 3);
    item = item.substr(0, item.find_first_of("/?"));
    item.remove_prefix(item.rfind('@') == item.npos ? 0 : item.rfind('@') + 1);
  }
  if (item.starts_with('[') || std::ranges::count(item, ':') > 1) return item;
  return item.substr(0, item.find(':'));
}

/// host-override names the host or the whole item; the port behind a host stays.
std::string overridden_host(const std::string& item, const std::vector<Override>& hosts) {
  for (const Override& override : hosts) {
    if (item == override.from) return override.to;
    const std::string_view host = host_in(item);
    if (host != override.from || host == "/") continue;
    const auto at = static_cast<std::size_t>(host.data() - item.data());
    return std::string(item).replace(at, host.size(), override.to);
  }
  return item;
}

std::optional<std::string> overridden_path(const std::string& path, const std::vector<Override>& paths) {
  for (const Override& override : paths) {
    if (path == override.from) return override.to;
    const std::string directory = override.from.ends_with('/') ? override.from : override.from + '/';
    if (!path.starts_with(directory)) continue;
    return override.to + (override.to.ends_with('/') ? "" : "/") + path.substr(directory.size());
  }
  return std::nullopt;
}

/// The parameters that table-parameters may have, and the types that take them (mysql_table(5), pgsql_table(5),
/// ldap_table(5)): how to log in, and what depends on the host that logs in.
struct OwnParameter {
  std::string_view name;
  std::array<std::string_view, 2> types;
};
constexpr OwnParameter own_parameters[] = {
    {"user", {"mysql", "pgsql"}},   {"password", {"mysql", "pgsql"}},
    {"dbname", {"mysql", "pgsql"}}, {"charset", {"mysql"}},
    {"encoding", {"pgsql"}},        {"option_file", {"mysql"}},
    {"option_group", {"mysql"}},    {"tls_key_file", {"mysql"}},
    {"tls_cert_file", {"mysql"}},   {"tls_CAfile", {"mysql"}},
    {"tls_CApath", {"mysql"}},      {"tls_ciphers", {"mysql"}},
    {"tls_verify_cert", {"mysql"}}, {"bind", {"ldap"}},
    {"bind_dn", {"ldap"}},          {"bind_pw", {"ldap"}},
    {"version", {"ldap"}},          {"search_base", {"ldap"}},
    {"timeout", {"ldap"}},          {"dereference", {"ldap"}},
    {"start_tls", {"ldap"}},        {"tls_ca_cert_file", {"ldap"}},
    {"tls_ca_cert_dir", {"ldap"}},  {"tls_cert", {"ldap"}},
    {"tls_key", {"ldap"}},          {"tls_require_cert", {"ldap"}},
    {"tls_random_file", {"ldap"}},  {"tls_cipher_suite", {"ldap"}},
};

bool is_own(std::string_view name, std::string_view type) {
  const auto found = std::ranges::find(own_parameters, name, &OwnParameter::name);
  return found != std::end(own_parameters) && std::ranges::find(found->types, type) != found->types.end();
}

class TableFile {
 public:
  TableFile(TableParameters parameters, const TableOverrides& overrides, const FindPath& find_path)
      : parameters_(std::move(parameters)), overrides_(overrides), find_path_(find_path) {}

  std::expected<FileForHere, std::string> for_this_host(std::string_view type) && {
    const bool is_sql = type == "mysql" || type == "pgsql";
    if (!is_sql && type != "ldap" && type != "sqlite") {
      return std::unexpected(fmt::format("a table of type {} is not asked from a mirror", type));
    }
    Done done = type == "sqlite" ? require_path("dbpath") : set_hosts(is_sql ? "hosts" : "server_host");
    if (done && parameters_.contains("option_file")) done = require_path("option_file");
    if (done) done = set_domain();
    if (!done) return std::unexpected(std::move(done.error()));
    set_own_parameters(type);
    return FileForHere{table_file_text(parameters_), std::move(of_primary_)};
  }

 private:
  Done set_hosts(const std::string& name) {
    std::string& value = parameters_.try_emplace(name, "localhost").first->second;
    std::string hosts;
    for (const std::string& item : list_items(value)) {
      const std::string here = overridden_host(item, overrides_.hosts);
      if (here == item && means_itself(host_in(item))) {
        return std::unexpected(
            fmt::format("its {} is {}, which is the primary itself: host-override must say "
                        "where this host reaches it",
                        name, excerpt(item)));
      }
      hosts.append(hosts.empty() ? "" : " ").append(here);
    }
    value = std::move(hosts);
    return {};
  }

  /// For a file that the answers of the table depend on.
  Done require_path(const std::string& name) {
    std::string& path = parameters_[name];
    auto here = place_of(path);
    if (!here) {
      return std::unexpected(
          fmt::format("its {} {} is neither in the mirror nor named by path-override", name, excerpt(path)));
    }
    path = std::move(*here);
    return {};
  }

  std::optional<std::string> place_of(const std::string& path) const {
    if (auto here = overridden_path(path, overrides_.paths)) return here;
    return find_path_(path);
  }

  /// The list may name files and tables; these are the primary's.
  Done set_domain() {
    const auto domain = parameters_.find("domain");
    if (domain == parameters_.end()) return {};
    std::string list;
    for (const std::string& item : list_items(domain->second)) {
      const auto here = domain_item(item);
      if (!here) return std::unexpected("its domain: " + here.error());
      list.append(list.empty() ? "" : " ").append(*here);
    }
    domain->second = std::move(list);
    return {};
  }

  std::expected<std::string, std::string> domain_item(const std::string& item) {
    const std::size_t begin = std::min(item.find_first_not_of('!'), item.size());
    const std::string excluded = item.substr(0, begin);
    const std::string named = item.substr(begin);
    const auto table = TableName::parse(named);
    const bool is_table = table && !named.starts_with('/');
    if (is_table) return excluded + domain_table(named, *table);
    if (!named.starts_with('/')) return item;
    const auto here = place_of(named);
    if (!here) return std::unexpected(excerpt(named) + " is not in the mirror");
    return excluded + *here;
  }

  /// A table with entries can be read where it is, also by postmap(1).
  std::string domain_table(const std::string& named, const TableName& table) {
    const TableType* type = find_table_type(table.type);
    if (type != nullptr && type->is_its_own_data()) return named;
    if (type != nullptr && type->holds_entries()) {
      const std::string suffix(type->suffix);
      const auto here = place_of(table.name + suffix);
      if (here && here->ends_with(suffix)) return table.type + ":" + here->substr(0, here->size() - suffix.size());
    }
    of_primary_.insert(named);
    return named;
  }

  /// The file may be for tables of several types, so each type takes the parameters that it knows.
  void set_own_parameters(std::string_view type) {
    for (const auto& [name, value] : overrides_.parameters) {
      if (is_own(name, type)) parameters_[name] = value;
    }
  }

  TableParameters parameters_;
  const TableOverrides& overrides_;
  const FindPath& find_path_;
  std::set<std::string, std::less<>> of_primary_;
};

}  // namespace

bool is_own_parameter(std::string_view name) {
  return std::ranges::find(own_parameters, name, &OwnParameter::name) != std::end(own_parameters);
}

std::expected<FileForHere, std::string> asked_from_here(std::string_view type, std::string_view table_file,
                                                        const TableOverrides& overrides, const FindPath& find_path) {
  auto parameters = parse_table_file(table_file);
  if (!parameters) return std::unexpected(fmt::format("line {}: {}", parameters.error().line, parameters.error().what));
  return TableFile(std::move(*parameters), overrides, find_path).for_this_host(type);
}

}  // namespace shorthop
