#include "settings/setting_values.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mail/address.h"
#include "mail/address_pattern.h"
#include "mail/host.h"
#include "mail/international.h"
#include "session/relay_hosts.h"
#include "settings/setting_rows.h"
#include "system/ip_address.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/nearest.h"
#include "text/number.h"

namespace shorthop {
namespace {

std::string absolute(std::string_view path, const std::filesystem::path& directory) {
  return path.starts_with('/') ? std::string(path) : (directory / path).lexically_normal().string();
}

/// Removes slashes at the end of a path. Names of files beside a directory are its path and a suffix, so both "/m" and
/// "/m/" must give "/m.generations".
std::string without_slash_at_end(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

bool is_one_word(std::string_view text) { return std::ranges::none_of(text, is_space); }

/// Which sockets a setting accepts, for the advice in its errors.
struct SocketForms {
  std::string_view all;
  bool has_inet = true;
  bool has_other_hosts = true;
};
constexpr SocketForms any_socket{.all = "unix:/PATH or inet:PORT@HOST"};
constexpr SocketForms control_socket{.all = "unix:/PATH, or none", .has_inet = false, .has_other_hosts = false};
constexpr SocketForms metrics_socket{.all = "unix:/PATH or inet:127.0.0.1:PORT, or off", .has_other_hosts = false};

std::unexpected<ValueError> wrong_port(std::string_view type, std::string_view port, const SocketForms& forms) {
  const std::string_view host = forms.has_other_hosts ? "HOST" : type == "inet" ? "127.0.0.1" : "::1";
  return wrong(fmt::format("{} is not a valid port", quoted(port)),
               fmt::format("write {}:PORT@{} with a port from 1 to 65535", type, host));
}

/// What is wrong with the name of a socket.
std::unexpected<ValueError> wrong_socket(std::string_view text, Endpoint::Error error, const SocketForms& forms) {
  const std::string_view type = text.substr(0, text.find(':'));
  const std::string_view name = text.substr(std::min(type.size() + 1, text.size()));
  const std::string_view port = name.substr(0, name.find('@'));
  switch (error) {
    case Endpoint::Error::no_path: return wrong("the socket has no path", "write unix:/PATH");
    case Endpoint::Error::bad_port: return wrong_port(type, port, forms);
    case Endpoint::Error::no_host:
      return wrong("the socket has no host, so every host could connect",
                   fmt::format("write {}:{}@{}", type, port, type == "inet" ? "127.0.0.1" : "::1"));
    case Endpoint::Error::unknown_type: break;
  }
  return wrong(fmt::format("{} is not a valid socket", quoted(text)), fmt::format("write {}", forms.all));
}

ParsedValue<Endpoint> parse_socket_of(std::string_view text, const std::filesystem::path& directory,
                                      const SocketForms& forms) {
  if (!is_one_word(text)) return wrong(fmt::format("{} is more than one word", quoted(text)), "write one socket");
  if (text.starts_with('/')) {
    return wrong(fmt::format("{} has no type", quoted(text)), fmt::format("write unix:{}", printable(text, 120)));
  }
  if (!forms.has_inet && (text.starts_with("inet:") || text.starts_with("inet6:"))) {
    return wrong("the control socket must be a UNIX socket", fmt::format("write {}", forms.all));
  }
  auto socket = Endpoint::parse(text);
  if (!socket) return wrong_socket(text, socket.error(), forms);
  if (!socket->is_unix()) return std::move(*socket);
  socket->path = absolute(socket->path, directory);
  constexpr std::size_t max_length = sizeof(sockaddr_un::sun_path) - 1;
  if (socket->path.size() <= max_length) return std::move(*socket);
  return wrong(fmt::format("the path of the socket has {} bytes, the limit is {}", socket->path.size(), max_length),
               "choose a shorter path");
}

ParsedValue<TableName> parse_table(std::string_view item, const std::filesystem::path& directory) {
  auto table = TableName::parse(item);
  if (!table && item.find_first_of("/.") != item.npos) {
    return wrong(fmt::format("{} is not a valid table", quoted(item)),
                 fmt::format("write text:{}", printable(item, 120)));
  }
  const bool is_type = table && !table->type.empty() && std::ranges::all_of(table->type, [](char c) {
                         return is_letter_or_digit(c) || c == '-' || c == '_';
                       });
  if (!is_type || table->name.empty()) {
    return wrong(fmt::format("{} is not a valid table", quoted(item)), "write TYPE:NAME, such as text:/PATH");
  }
  const TableType* type = find_table_type(table->type);
  if (type != nullptr && type->is_path(table->name)) table->name = absolute(table->name, directory);
  return std::move(*table);
}

ParsedValue<std::string> parse_domain(std::string_view item) {
  if (auto key = to_a_labels(item)) return std::move(*key);
  std::string fix = "write names such as example.org";
  if (item.ends_with('.') && is_domain(item.substr(0, item.size() - 1))) fix = "write it without the final dot";
  if (item.contains('@')) fix = "write the domain only, without user and @";
  if (item.contains(':')) fix = "tables cannot be used here: write the names";
  return wrong(fmt::format("{} is not a valid domain", quoted(item)), std::move(fix));
}

}  // namespace

ParsedValue<std::size_t> parse_word(std::string_view text, std::span<const std::string_view> words) {
  const auto found = std::ranges::find(words, text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const std::string_view nearest = nearest_word(text, words);
  return wrong(fmt::format("{} is not one of {}", quoted(text), fmt::join(words, ", ")),
               fmt::format("write {}", nearest.empty() ? words.front() : nearest));
}

ParsedValue<Endpoint> parse_socket(std::string_view text, const std::filesystem::path& directory) {
  return parse_socket_of(text, directory, any_socket);
}

ParsedValue<std::optional<Endpoint>> parse_control(std::string_view text, const std::filesystem::path& directory) {
  if (text.empty() || text == "none") return std::nullopt;
  auto socket = parse_socket_of(text, directory, control_socket);
  if (!socket) return std::unexpected(std::move(socket.error()));
  return std::move(*socket);
}

ParsedValue<std::optional<Endpoint>> parse_metrics(std::string_view text, const std::filesystem::path& directory) {
  if (text.empty() || text == "off") return std::nullopt;
  // Both forms are accepted: Postfix's, and the one that the other settings for sockets have.
  auto postfix_form = text.contains('@') ? std::nullopt : Endpoint::parse_postfix(text);
  const bool is_postfix_form = postfix_form && !postfix_form->is_unix();
  auto socket = is_postfix_form ? ParsedValue<Endpoint>(std::move(*postfix_form))
                                : parse_socket_of(text, directory, metrics_socket);
  if (!socket) return std::unexpected(std::move(socket.error()));
  if (socket->is_unix() || is_loopback(socket->host)) return std::move(*socket);
  return wrong(fmt::format("{} can be reached from other hosts", quoted(text)),
               "write inet:127.0.0.1:PORT or unix:/PATH, with a proxy in front if other hosts read the metrics");
}

ParsedValue<std::uint32_t> parse_mode_bits(std::string_view text) {
  const auto bits = to_number<std::uint32_t>(text, 8);
  if (bits && *bits <= 0777 && text.size() <= 4) return *bits;
  return wrong(fmt::format("{} is not a valid octal mode", quoted(text)), "write permission bits such as 0660");
}

ParsedValue<std::vector<Override>> parse_overrides(std::string_view text) {
  std::vector<Override> overrides;
  while (!trimmed(text).empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, end);
    const std::size_t arrow = item.find("->");
    const std::string_view from = trimmed(item.substr(0, arrow));
    const std::string_view to = arrow == item.npos ? std::string_view() : trimmed(item.substr(arrow + 2));
    if (from.empty() || to.empty() || !is_one_word(from) || !is_one_word(to)) {
      return wrong(fmt::format("{} is not a valid replacement", quoted(item)), "write FROM -> TO");
    }
    overrides.push_back({std::string(from), std::string(to)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return overrides;
}

ParsedValue<std::optional<unsigned>> parse_percent(std::string_view text) {
  if (text.empty() || text == "none") return std::nullopt;
  const auto share = text.ends_with('%') ? to_number<unsigned>(trimmed(text.substr(0, text.size() - 1))) : std::nullopt;
  if (share && *share <= 100) return *share;
  return wrong(fmt::format("{} is not a valid share", quoted(text)), "write a percentage such as 20%, or none");
}

ParsedValue<SshAccount> parse_ssh_account(std::string_view text) {
  constexpr std::string_view scheme = "ssh://";
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  const auto wrong_place = [&] {
    return wrong(fmt::format("{} is not a valid ssh:// URL", quoted(text)),
                 "write ssh://USER@HOST or ssh://USER@HOST:PORT");
  };
  const std::size_t at = text.find('@');
  if (!text.starts_with(scheme) || at == text.npos) return wrong_place();
  SshAccount account{std::string(text.substr(scheme.size(), at - scheme.size())), std::string(text.substr(at + 1)), 22};
  const bool has_brackets = account.host.starts_with('[');
  const std::size_t colon =
      account.host.find(':', has_brackets ? std::min(account.host.find(']'), account.host.size()) : 0);
  if (colon != account.host.npos) {
    const auto port = to_number<unsigned>(std::string_view(account.host).substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return wrong_place();
    account.port = *port;
    account.host.resize(colon);
  }
  if (has_brackets && account.host.ends_with(']')) account.host = account.host.substr(1, account.host.size() - 2);
  const auto is_word = [&](const std::string& word) {
    return !word.empty() && !word.starts_with('-') && word.find_first_not_of(letters) == word.npos;
  };
  if (!is_word(account.user) || !(is_word(account.host) || (has_brackets && is_ip_address(account.host))))
    return wrong_place();
  return account;
}

ParsedValue<std::size_t> parse_count(std::string_view text) {
  const auto count = to_number<std::size_t>(text);
  if (count && *count >= 1 && *count <= 100) return *count;
  return wrong(fmt::format("{} is not a number from 1 to 100", quoted(text)), "write a number such as 3");
}

namespace {

/// Each domain once; `shown` gives the form in which a valid domain is stored.
template <class Shown>
ParsedValue<std::vector<std::string>> each_domain(std::string_view text, Shown shown) {
  std::vector<std::string> domains;
  for (const std::string& item : list_items(text)) {
    auto key = parse_domain(item);
    if (!key) return std::unexpected(std::move(key.error()));
    std::string domain = shown(item, std::move(*key));
    if (std::ranges::find(domains, domain) == domains.end()) domains.push_back(std::move(domain));
  }
  return domains;
}

}  // namespace

ParsedValue<std::vector<std::string>> parse_domains(std::string_view text) {
  return each_domain(text, [](const std::string&, std::string key) { return key; });
}

ParsedValue<std::vector<std::string>> parse_spelled_domains(std::string_view text) {
  return each_domain(text, [](const std::string& item, const std::string&) { return folded_utf8(item); });
}

ParsedValue<std::vector<std::string>> parse_address_patterns(std::string_view text) {
  std::vector<std::string> patterns;
  for (const std::string& item : list_items(text)) {
    auto pattern = address_pattern(item);
    if (!pattern) {
      return wrong(fmt::format("{} is not a valid address, domain or pattern", quoted(std::string_view(item))),
                   "write user@example.org, example.org or list-*@example.org");
    }
    patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

ParsedValue<std::vector<TableName>> parse_tables(std::string_view text, const std::filesystem::path& directory) {
  if (std::ranges::count(text, '{') != std::ranges::count(text, '}')) {
    return wrong("the braces are not balanced", "write TYPE:{ a=b, c=d }");
  }
  std::vector<TableName> tables;
  for (const std::string& item : list_items(text)) {
    auto table = parse_table(item, directory);
    if (!table) return std::unexpected(std::move(table.error()));
    tables.push_back(std::move(*table));
  }
  return tables;
}

ParsedValue<std::vector<TableName>> parse_srs_tables(std::string_view text) {
  std::vector<TableName> tables;
  for (const std::string& item : list_items(text)) {
    auto table = TableName::parse(item);
    const TableType* type = table ? find_table_type(table->type) : nullptr;
    if (type == nullptr || !type->is_server) {
      return wrong(fmt::format("{} is not a table of an SRS daemon", quoted(std::string_view(item))),
                   "write tcp:HOST:PORT or socketmap:..., as it stands in the primary's recipient_canonical_maps");
    }
    tables.push_back(std::move(*table));
  }
  return tables;
}

ParsedValue<std::string> parse_path(std::string_view text, const std::filesystem::path& directory) {
  if (text.empty()) return std::string();
  if (!is_one_word(text)) return wrong(fmt::format("{} is more than one path", quoted(text)), "write one path");
  constexpr std::string_view type = "text:";
  if (text.starts_with(type)) {
    const std::string_view path = text.substr(type.size());
    const bool is_path = !path.empty() && !path.starts_with(type);
    return wrong(fmt::format("{} is a table, not a path", quoted(text)),
                 is_path ? fmt::format("write {}", printable(path, 120)) : "write a path");
  }
  return without_slash_at_end(absolute(text, directory));
}

ParsedValue<std::string> parse_path_or_none(std::string_view text, const std::filesystem::path& directory) {
  return text == "none" ? ParsedValue<std::string>(std::string()) : parse_path(text, directory);
}

ParsedValue<std::string> parse_path_pattern(std::string_view text, const std::filesystem::path& directory) {
  if (text.empty()) return std::string();
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    if (text.substr(at, 2) != "%u") {
      return wrong(fmt::format("{} has a % that is not %u", quoted(text)), "write %u where the user's name stands");
    }
  }
  if (text.find("%u") != text.rfind("%u")) {
    return wrong(fmt::format("{} has more than one %u", quoted(text)), "write %u once, such as /PATH/%u");
  }
  if (!text.contains("%u")) {
    return wrong(fmt::format("{} has no %u", quoted(text)), "write %u in place of the user's name, such as /PATH/%u");
  }
  return parse_path(text, directory);
}

namespace {

bool is_port(std::string_view text) {
  constexpr std::array names = {"smtp", "smtps", "submission", "submissions"};
  const auto port = to_number<unsigned>(text);
  if (port) return *port >= 1 && *port <= 65535;
  return std::ranges::find(names, text) != names.end();
}

/// Whether the text is a name or an address, with or without brackets and port. The check of the port is needed to
/// reject an entry of transport(5) such as "smtp:[mail.example.org]", whose host would be "smtp" for bare_host().
bool is_host(std::string_view text) {
  const std::string_view host = bare_host(text);
  if (!is_domain(host) && !is_ip_address(host)) return false;
  const bool has_port = text.starts_with('[') ? text.contains("]:") : std::ranges::count(text, ':') == 1;
  if (has_port) return is_port(port_of_host(text));
  return !text.starts_with('[') || text.ends_with(']');
}

}  // namespace

ParsedValue<std::string> parse_host(std::string_view text) {
  if (!is_one_word(text) || text.contains(',')) {
    return wrong(fmt::format("{} is more than one host", quoted(text)), "write one relay file for each primary");
  }
  if (is_host(text)) return std::string(text);
  return wrong(fmt::format("{} is not a valid host", quoted(text)), "write a host name such as mail.example.org");
}

ParsedValue<std::vector<std::string>> parse_hosts(std::string_view text) {
  std::vector<std::string> hosts;
  for (const std::string& item : list_items(text)) {
    if (!is_host(item)) {
      return wrong(fmt::format("{} is not a valid host", quoted(std::string_view(item))),
                   "write a host name such as mail.example.org");
    }
    hosts.push_back(canonical_host(item));
  }
  return hosts;
}

ParsedValue<std::string> parse_delimiters(std::string_view text) {
  const bool good = std::ranges::all_of(
      text, [](char c) { return c > ' ' && c < 0x7f && c != '@' && c != '"' && !is_letter_or_digit(c); });
  if (good) return std::string(text);
  return wrong(fmt::format("{} is not a valid set of delimiters", quoted(text)),
               "write recipient_delimiter's value, such as +");
}

ParsedValue<std::string> parse_group(std::string_view text) {
  if (is_one_word(text)) return std::string(text);
  return wrong(fmt::format("{} is more than one group", quoted(text)), "write one group");
}

}  // namespace shorthop
