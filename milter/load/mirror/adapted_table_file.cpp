#include "load/mirror/adapted_table_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mail/host.h"
#include "system/ip_address.h"
#include "tables/domain_list.h"
#include "tables/table_name.h"
#include "tables/text/server_items.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

using Done = std::expected<void, std::string>;

/// Whether this is a loopback address, also an IPv4-mapped one, or the address of all interfaces.
bool is_address_of_itself(std::string_view host) {
  const auto address = IpAddress::parse(host);
  if (!address) return host.starts_with("127.") || host == "0";  // short forms such as 127.1
  const std::string text = address->unmapped().text();
  return text.starts_with("127.") || text == "0.0.0.0" || text == "::1" || text == "::";
}

/// Whether this is "localhost", a loopback address or a local socket, which mean the host that asks. In a URI, the path
/// of a socket has encoded characters ("%2F"), and the name of an abstract socket begins with '@' (libpq, "Connection
/// URIs").
bool means_itself(std::string_view host) {
  const std::string name = folded(bare_host(host));
  constexpr auto names =
      std::to_array<std::string_view>({"", "localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback"});
  return std::ranges::find(names, name) != names.end() || name.starts_with('/') || name.starts_with('@') ||
         name.contains('%') || name.ends_with(".localhost") || name.starts_with("localhost.") ||
         is_address_of_itself(name);
}

constexpr std::string_view local_socket = "/";

/// The host in the parameters of a URI (after '?'), which replaces the host before the path; nullopt: they name no
/// host. The parameter "service" counts as a local socket, because its host is in a file of the host that asks. So does
/// a parameter with an encoded name, because it may be any of these parameters.
std::optional<std::string_view> host_in_parameters(std::string_view parameters) {
  std::optional<std::string_view> host;
  std::optional<std::string_view> address;
  while (!parameters.empty()) {
    const std::string_view parameter = parameters.substr(0, parameters.find('&'));
    parameters.remove_prefix(std::min(parameter.size() + 1, parameters.size()));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view name = parameter.substr(0, equals);
    const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    if (name.contains('%') || name == "service") return local_socket;
    if (name == "host") host = value;
    if (name == "hostaddr") address = value;
  }
  return address ? address : host;
}

/// The host in what follows the scheme of a URI: "user@db:5432/x?connect_timeout=3".
std::string_view host_in_uri(std::string_view rest) {
  const std::size_t query = std::min(rest.find('?'), rest.size());
  if (const auto host = host_in_parameters(rest.substr(std::min(query + 1, rest.size())))) return *host;
  rest = rest.substr(0, std::min(rest.find('/'), query));
  rest.remove_prefix(rest.rfind('@') == rest.npos ? 0 : rest.rfind('@') + 1);
  return rest;
}

/// The host in an item of `hosts` or `server_host`: "db:3306", "inet:db", "ldaps://db:636/", "pgsql://user@db/x".
std::string_view host_in(std::string_view item) {
  if (item.starts_with("unix:")) return local_socket;
  if (item.starts_with("inet:")) item.remove_prefix(5);
  if (const std::size_t scheme = item.find("://"); scheme != item.npos) item = host_in_uri(item.substr(scheme + 3));
  if (item.starts_with('[')) return item.substr(0, std::min(item.find(']'), item.size() - 1) + 1);
  if (std::ranges::count(item, ':') > 1) return item;
  return item.substr(0, item.find(':'));
}

/// `item` with `other` in place of `host`. The port behind the host stays, unless `other` has one. An IPv6
/// address gets brackets where something follows or precedes it.
std::string with_host(const std::string& item, std::string_view host, const std::string& other) {
  const auto at = static_cast<std::size_t>(host.data() - item.data());
  std::size_t size = host.size();
  if (!port_of_host(other).empty() && item.substr(at + size).starts_with(':')) {
    size = std::min(item.find_first_not_of("0123456789", at + size + 1), item.size()) - at;
  }
  const bool needs_brackets = size < item.size() && other.contains(':') && is_ip_address(other);
  return std::string(item).replace(at, size, needs_brackets ? '[' + other + ']' : other);
}

/// Why the item may lead to another server from this host than from the primary; nullopt: it leads to the same one.
/// What a name without a dot means depends on search domains and on the names of containers.
std::optional<std::string_view> doubt_about(const std::string& item) {
  const std::string_view host = host_in(item);
  if (means_itself(host)) return "which is the primary itself";
  const bool has_domain = bare_host(host).contains('.') || is_ip_address(bare_host(host));
  return has_domain ? std::nullopt : std::optional("a name without a domain, which may be another host here");
}

/// The replacement for the item, if host-override names the item or its host; nullopt: it names neither.
std::optional<std::string> overridden_host(const std::string& item, const std::vector<Override>& hosts) {
  for (const Override& override : hosts) {
    if (item == override.from) return override.to;
    const std::string_view host = host_in(item);
    const bool is_it = equal_folded(host, override.from) || equal_folded(bare_host(host), override.from);
    if (host != local_socket && is_it) {
      return with_host(item, host, override.to);
    }
  }
  return std::nullopt;
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

bool has_own(const TableType& type, std::string_view parameter) {
  return std::ranges::find(type.own_parameters, parameter) != type.own_parameters.end();
}

class TableFile {
 public:
  TableFile(TableParameters parameters, const TableOverrides& overrides, const FindPath& find_path,
            const FileReader& files)
      : parameters_(std::move(parameters)), overrides_(overrides), find_path_(find_path), files_(files) {}

  std::expected<AdaptedTableFile, std::string> for_this_host(const TableType& type) && {
    const std::string database(type.database_parameter);
    copies_database_ = !database.empty() && !overridden_path(parameters_[database], overrides_.paths);
    Done done = database.empty() ? set_hosts(std::string(type.servers_parameter)) : require_path(database);
    move_certificates();
    set_own_parameters(type);
    if (done && has_option_file_of_primary()) done = require_path("option_file");
    if (done) done = set_domain();
    if (!done) return std::unexpected(std::move(done.error()));
    return AdaptedTableFile{table_file_text(parameters_), names_tables_, copies_database_};
  }

 private:
  Done set_hosts(const std::string& name) {
    std::string& value = parameters_[name];
    std::string hosts;
    for (const ServerItem& item : server_items(value)) {
      const auto here = overridden_host(item.with_login(), overrides_.hosts);
      const auto doubt = here ? std::nullopt : doubt_about(item.with_login());
      if (doubt) {
        return std::unexpected(
            fmt::format("its {} is {}, {}: host-override must say "
                        "where this host reaches it",
                        name, excerpt(item.shown()), *doubt));
      }
      hosts.append(hosts.empty() ? "" : " ").append(here.value_or(item.with_login()));
    }
    value = std::move(hosts);
    return {};
  }

  /// Replaces the path of a file that the answers of the table depend on; an error if the file is not here.
  Done require_path(const std::string& name) {
    std::string& path = parameters_[name];
    auto here = path_here(path);
    if (!here) {
      return std::unexpected(
          fmt::format("its {} {} is neither in the mirror nor named by path-override", name, excerpt(path)));
    }
    path = std::move(*here);
    return {};
  }

  bool has_option_file_of_primary() const {
    return parameters_.contains("option_file") && !overrides_.parameters.contains("option_file");
  }

  /// A missing certificate is not an error here: the login fails, so no wrong database is asked.
  void move_certificates() {
    for (const char* name : {"tls_key_file", "tls_cert_file", "tls_CAfile", "tls_CApath", "tls_ca_cert_file",
                             "tls_ca_cert_dir", "tls_cert", "tls_key"}) {
      const auto path = parameters_.find(name);
      if (path == parameters_.end()) continue;
      if (auto here = path_here(path->second)) path->second = std::move(*here);
    }
  }

  std::optional<std::string> path_here(const std::string& path) const {
    if (auto here = overridden_path(path, overrides_.paths)) return here;
    return find_path_(path);
  }

  /// Replaces the list files of the primary in the parameter `domain` by what is in them.
  Done set_domain() {
    const auto domain = parameters_.find("domain");
    if (domain == parameters_.end() || domain->second.empty()) return {};
    std::string list;
    for (const DomainPattern& pattern : domain_patterns("domain", domain->second, files_)) {
      const bool is_name = pattern.kind == DomainPattern::Kind::name;
      if (pattern.kind == DomainPattern::Kind::unreadable_file) {
        return std::unexpected(
            fmt::format("its domain: {} cannot be read from the mirror: {}", excerpt(pattern.text), pattern.why));
      }
      // In the list that is written here, a brace would join the name with the items after it.
      if (is_name && pattern.text.find_first_of("{}") != std::string::npos) {
        return std::unexpected(fmt::format("its domain: {} is not a domain", excerpt(pattern.text)));
      }
      names_tables_ = names_tables_ || is_table_of_primary(pattern);
      list.append(list.empty() ? "" : " ").append(pattern.is_excluded ? "!" : "").append(pattern.text);
    }
    constexpr const char* no_domain = "!invalid";  // an empty value would permit every domain
    domain->second = list.empty() ? no_domain : std::move(list);
    return {};
  }

  static bool is_table_of_primary(const DomainPattern& pattern) {
    const TableType* type = type_of_table(pattern.text);
    return pattern.kind == DomainPattern::Kind::table && (type == nullptr || !type->is_its_own_data());
  }

  /// The file of table-parameters may be for several types of tables, so each type takes the parameters that it knows.
  void set_own_parameters(const TableType& type) {
    for (const auto& [name, value] : overrides_.parameters) {
      if (has_own(type, name)) parameters_[name] = value;
    }
  }

  TableParameters parameters_;
  const TableOverrides& overrides_;
  const FindPath& find_path_;
  const FileReader& files_;
  bool names_tables_ = false;
  bool copies_database_ = false;
};

}  // namespace

bool is_own_parameter(std::string_view name) {
  return std::ranges::any_of(table_types(), [&](const TableType& type) { return has_own(type, name); });
}

std::expected<AdaptedTableFile, std::string> adapt_table_file(std::string_view type, std::string_view table_file,
                                                              const TableOverrides& overrides,
                                                              const FindPath& find_path, const FileReader& files) {
  const TableType* row = find_table_type(type);
  if (row == nullptr || (row->servers_parameter.empty() && row->database_parameter.empty())) {
    return std::unexpected(
        fmt::format("a table of type {} must be listed in the mirror: this host cannot ask it", type));
  }
  auto parameters = parse_table_file(table_file);
  if (!parameters) return std::unexpected(fmt::format("line {}: {}", parameters.error().line, parameters.error().what));
  return TableFile(std::move(*parameters), overrides, find_path, files).for_this_host(*row);
}

}  // namespace shorthop
