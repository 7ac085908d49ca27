#include "tables/types/ldap/ldap_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

constexpr int max_dereference = 3;  // "always" in ldap_table(5), the largest value

using Wrong = std::unexpected<std::string>;

/// Takes parameters one by one. Only the first error is kept; after an error the values must not be used.
class Taker {
 public:
  explicit Taker(TableParameters& parameters) : parameters_(parameters) {}

  std::optional<std::string> text(const char* name) {
    const auto found = parameters_.find(name);
    if (found == parameters_.end()) return std::nullopt;
    return std::move(parameters_.extract(found).mapped());
  }
  std::string text(const char* name, std::string otherwise) { return text(name).value_or(std::move(otherwise)); }

  /// A text that Postfix refuses if it is empty.
  std::string word(const char* name, std::string otherwise) {
    std::string result = text(name, std::move(otherwise));
    if (result.empty()) refuse(fmt::format("{} is empty", name));
    return result;
  }

  std::size_t number(const char* name, std::size_t otherwise, std::size_t least = 0) {
    const auto given = text(name);
    if (!given) return otherwise;
    const std::optional<int> result = number_of_parameter(*given);
    if (!result || *result < 0 || static_cast<std::size_t>(*result) < least) {
      refuse(fmt::format("{}: {} is not a number of at least {}", name, excerpt(*given), least));
      return otherwise;
    }
    return static_cast<std::size_t>(*result);
  }

  bool is_yes(const char* name) {
    const std::string given = folded(word(name, "no"));
    if (given != "yes" && given != "no") refuse(fmt::format("{}: {} is not yes or no", name, excerpt(given)));
    return given == "yes";
  }

  std::vector<std::string> list(const char* name, const char* otherwise = "") {
    return list_items(text(name, otherwise));
  }

  void refuse(std::string what) {
    if (!wrong_) wrong_ = std::move(what);
  }
  const std::optional<std::string>& wrong() const { return wrong_; }

 private:
  TableParameters& parameters_;
  std::optional<std::string> wrong_;
};

bool has_scheme(const std::string& server) {
  return std::ranges::any_of(std::array{"ldap://", "ldaps://", "ldapi://"},
                             [&](const char* scheme) { return starts_with_folded(server, scheme); });
}

/// A host without a scheme gets server_port, unless it has a port.
std::vector<std::string> take_servers(Taker& take) {
  const std::size_t port = take.number("server_port", 389);
  std::vector<std::string> servers = list_items(take.word("server_host", "localhost"));
  if (servers.empty()) take.refuse("server_host is empty");
  for (std::string& server : servers) {
    if (has_scheme(server)) continue;
    if (!server.contains(':')) server += fmt::format(":{}", port);
    server.insert(0, "ldap://");
  }
  return servers;
}

/// TLS and sockets need version 3 of the protocol, and Postfix then uses it.
int take_version(Taker& take, const std::vector<std::string>& servers, bool has_start_tls) {
  const bool is_three = take.number("version", 2, 2) == 3;
  const auto needs_three = [](const std::string& server) { return !starts_with_folded(server, "ldap://"); };
  return is_three || has_start_tls || std::ranges::any_of(servers, needs_three) ? 3 : 2;
}

enum class Bind : std::uint8_t { no, simple, sasl };

Bind take_bind(Taker& take) {
  const std::string given = folded(take.word("bind", "yes"));
  if (given == "no" || given == "none") return Bind::no;
  if (given == "sasl") return Bind::sasl;
  if (given != "yes" && given != "simple") take.refuse(fmt::format("bind: {} is not known", excerpt(given)));
  return Bind::simple;
}

/// Postfix accepts yes and no; some table files have "demand", libldap's word for yes.
bool take_require_cert(Taker& take, TableParameters& parameters) {
  const auto given = parameters.find("tls_require_cert");
  if (given != parameters.end() && equal_folded(given->second, "demand")) given->second = "yes";
  return take.is_yes("tls_require_cert");
}

LdapLogin take_login(Taker& take, TableParameters& parameters, const std::vector<std::string>& servers) {
  LdapLogin login;
  login.start_tls = take.is_yes("start_tls");
  login.version = take_version(take, servers, login.start_tls);
  login.bind_dn = take.text("bind_dn", "");
  login.bind_password = take.text("bind_pw", "");
  login.dereference = static_cast<int>(take.number("dereference", 0));
  if (login.dereference > max_dereference) login.dereference = 0;  // as Postfix, which warns
  login.requires_certificate = take_require_cert(take, parameters);
  login.tls_ca_cert_file = take.text("tls_ca_cert_file", "");
  login.tls_ca_cert_dir = take.text("tls_ca_cert_dir", "");
  login.tls_cert = take.text("tls_cert", "");
  login.tls_key = take.text("tls_key", "");
  login.tls_cipher_suite = take.text("tls_cipher_suite", "");
  return login;
}

LdapScope take_scope(Taker& take) {
  const std::string given = folded(take.word("scope", "sub"));
  if (given == "one") return LdapScope::one;
  return given == "base" ? LdapScope::base : LdapScope::sub;  // Postfix warns of other words, and takes sub
}

LdapAttributes take_attributes(Taker& take) {
  LdapAttributes attributes;
  const auto append = [&](std::vector<std::string> names) {
    std::ranges::move(names, std::back_inserter(attributes.names));
    return attributes.names.size();
  };
  attributes.terminal = append(take.list("terminal_result_attribute"));
  attributes.leaf = append(take.list("leaf_result_attribute")) - attributes.terminal;
  attributes.ordinary = append(take.list("result_attribute", "maildrop"));
  append(take.list("special_result_attribute"));
  return attributes;
}

LdapLimits take_limits(Taker& take) {
  LdapLimits limits;
  limits.recursion = take.number("recursion_limit", limits.recursion, 1);
  limits.expansion = take.number("expansion_limit", 0);
  limits.size = take.number("size_limit", limits.expansion);
  return limits;
}

/// Removes two parameters that Postfix does not have, and those that change no answer. Returns a sentence about each
/// that is set and ignored.
std::vector<std::string> take_ignored(Taker& take) {
  std::vector<std::string> notes;
  for (const char* name : {"search_filter", "search_timeout"}) {
    if (take.text(name)) notes.push_back(fmt::format("{} is ignored: Postfix has no such parameter", name));
  }
  for (const char* name : {"debuglevel", "cache", "cache_expiry", "cache_size", "tls_random_file"}) {
    const std::string value = take.text(name, "0");
    if (value != "0" && value != "no") notes.push_back(fmt::format("{} is ignored", name));
  }
  return notes;
}

/// Postfix reads the older result_filter only if result_format is missing or empty.
std::string take_format(Taker& take) {
  std::string format = take.text("result_format", "");
  if (format.empty()) return take.word("result_filter", "%s");
  take.text("result_filter");
  return format;
}

QueryTemplate take_template(Taker& take, const char* name, std::string text, const std::string& format) {
  auto parsed = QueryTemplate::parse(std::move(text), format);
  if (parsed) return std::move(*parsed);
  take.refuse(fmt::format("{}: {}", name, parsed.error()));
  return {};
}

}  // namespace

std::expected<std::optional<LdapParameters>, std::string> take_ldap_parameters(TableParameters& parameters) {
  Taker take(parameters);
  const Bind bind = take_bind(take);
  if (bind == Bind::sasl || take.is_yes("chase_referrals")) return std::nullopt;
  LdapParameters result;
  result.servers = take_servers(take);
  result.login = take_login(take, parameters, result.servers);
  result.login.has_bind = bind == Bind::simple;
  const std::string format = take_format(take);
  result.search_base = take_template(take, "search_base", take.text("search_base", ""), format);
  const std::string filter = take.text("query_filter", "(mailacceptinggeneralid=%s)");
  result.filter = take_template(take, "query_filter", filter, format);
  result.results = {take_attributes(take), take_limits(take), result.filter};
  result.scope = take_scope(take);
  result.timeout = std::chrono::seconds(take.number("timeout", 10, 1));
  result.domain = take.text("domain", "");
  result.notes = take_ignored(take);
  if (take.wrong()) return Wrong(*take.wrong());
  return result;
}

}  // namespace shorthop
