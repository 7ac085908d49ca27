// ldap: tables. The search is Postfix's; connections and answers are kept as for all live tables. Without the module,
// or with a parameter that is not supported, this host's postmap(1) is asked.
// Source: ldap_table(5); Postfix global/dict_ldap.c and global/db_common.c.
#include "tables/types/ldap/ldap_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tables/text/ldap_text.h"
#include "tables/types/backends.h"
#include "tables/types/domain_parameter.h"
#include "tables/types/ldap/ldap_connections.h"
#include "tables/types/ldap/ldap_parameters.h"
#include "tables/types/ldap/ldap_values.h"
#include "tables/types/module.h"
#include "tables/types/without_module.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

using Kind = LdapFailure::Kind;

/// A failed search concerns only its key if the key is not valid or has too many results; else it concerns the server.
LookupFailure failure_of(const LdapFailure& failure) {
  FailureKind kind = FailureKind::unavailable;
  if (failure.kind == Kind::timed_out) kind = FailureKind::timeout;
  if (failure.kind == Kind::rejected) kind = FailureKind::bad_data;
  return {printable(failure.what, 300), kind};
}

class LdapTable final : public Table {
 public:
  /// `text`: the text of the table file.
  LdapTable(const OpenRequest& request, std::string_view text, LdapParameters parameters,
            std::optional<MatchList> domains, std::shared_ptr<LdapConnections> connections)
      : Table(request.table.text()),
        parameters_(std::move(parameters)),
        domains_(std::move(domains)),
        connections_(std::move(connections)),
        answers_(request.backends.answers(request.kept_as(), text)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    const std::string key_text(key.folded);
    if (key_text.contains('\0')) return failure("a key with a NUL cannot be looked up", FailureKind::bad_data);
    if (!is_utf8(key_text)) return std::nullopt;  // as in dict_ldap_lookup()
    const auto is_here = has_domain_of(domains_, key_text, deadline);
    if (!is_here) return failure(is_here.error());
    const auto search = *is_here ? search_for(key_text) : std::nullopt;
    if (!search) return std::nullopt;
    Lookup answer = answers_->find(key_text, deadline,
                                   [&](const std::string& text, Deadline last) { return ask(text, *search, last); });
    if (!answer) return failure(answer.error());
    return answer;
  }

 private:
  /// nullopt if the key lacks a part that the search needs.
  std::optional<LdapSearch> search_for(const std::string& key) const {
    auto base = parameters_.search_base.query_for(key, quoted_for_dn);
    auto filter = parameters_.filter.query_for(key, quoted_for_filter);
    if (!base || !filter) return std::nullopt;
    const LdapResultRules& results = parameters_.results;
    return LdapSearch{std::move(*base), parameters_.scope, std::move(filter), results.attributes.names,
                      results.limits.size};
  }

  Lookup ask(const std::string& key, const LdapSearch& search, Deadline deadline) const {
    deadline = std::min(deadline, std::chrono::steady_clock::now() + parameters_.timeout);
    const LdapClient& client = connections_->client();
    const auto search_on = [&](LdapConnection& connection, Deadline last) {
      return LdapValues(parameters_.results, client, connection, key, last).find(search);
    };
    auto found = connections_->ask(search_on, deadline);
    const bool is_missing_base = !found && found.error().kind == Kind::no_such_object;
    // A missing base that depends on the key means that the key is absent; another missing base is a mistake.
    if (is_missing_base && parameters_.search_base.depends_on_key()) return std::nullopt;
    if (is_missing_base) found.error().what = fmt::format("search_base {}: {}", search.base, found.error().what);
    return entry_of(found);
  }

  static Lookup entry_of(const LdapValues::Result& found) {
    if (!found) return std::unexpected(failure_of(found.error()));
    if (!is_utf8(*found)) return std::unexpected(LookupFailure{"the answer is not UTF-8", FailureKind::bad_data});
    if (found->empty()) return std::nullopt;
    return Entry{*found, 0};
  }

  const LdapParameters parameters_;
  const std::optional<MatchList> domains_;
  const std::shared_ptr<LdapConnections> connections_;
  const std::shared_ptr<LiveAnswers> answers_;
};

std::expected<std::vector<LdapServer>, std::string> servers_of(const LdapClient& client,
                                                               const std::vector<std::string>& urls) {
  std::vector<LdapServer> servers;
  for (const std::string& url : urls) {
    auto server = ldap_server(client, url);
    if (!server) return std::unexpected(fmt::format("server_host: {}: {}", excerpt(url), server.error()));
    servers.push_back(std::move(*server));
  }
  return servers;
}

std::shared_ptr<LdapConnections> connections_of(const LdapClient& client, const OpenRequest& request,
                                                const std::vector<LdapServer>& servers, const LdapLogin& login) {
  std::shared_ptr<LdapConnections> result;
  request.backends.connections(request.kept_as(), [&](const std::shared_ptr<Connections>& before) {
    result = std::dynamic_pointer_cast<LdapConnections>(before);
    if (result == nullptr || !result->serves(servers, login)) {
      result = std::make_shared<LdapConnections>(client, servers, login);
    }
    return result;
  });
  return result;
}

std::shared_ptr<const Table> table_of(const LdapClient& client, const OpenRequest& request, std::string_view text,
                                      LdapParameters parameters) {
  const auto servers = servers_of(client, parameters.servers);
  if (!servers) return refuse_parameters(request, 0, servers.error());
  for (std::string& note : parameters.notes) {
    request.problems.push_back({{request.file, 0}, std::move(note), {}, Severity::note, ErrorClass::data});
  }
  std::optional<MatchList> domains;
  if (!parameters.domain.empty()) domains = domains_of(parameters.domain, request);
  auto connections = connections_of(client, request, *servers, parameters.login);
  return std::make_shared<LdapTable>(request, text, std::move(parameters), std::move(domains), std::move(connections));
}

}  // namespace

std::shared_ptr<const Table> open_ldap_with(const LdapClient& client, const OpenRequest& request) {
  if (request.file.empty()) return open_postmap(request);  // its parameters are in main.cf
  const auto text = request.table_file();
  if (!text) return refuse_unreadable(request, text.error());
  auto parameters = parse_table_file(*text);
  if (!parameters) return refuse_parameters(request, parameters.error().line, parameters.error().what);
  auto known = take_ldap_parameters(*parameters);
  if (!known) return refuse_parameters(request, 0, known.error());
  if (!*known) return open_postmap(request);
  if (!parameters->empty()) return open_with_unknown_parameters(request, *parameters);
  return table_of(client, request, *text, std::move(**known));
}

std::shared_ptr<const Table> open_ldap(const OpenRequest& request) {
  const auto client = find_module<LdapClient>("ldap");
  return client ? open_ldap_with(**client, request) : open_without_module(request, "ldap", client.error());
}

}  // namespace shorthop
