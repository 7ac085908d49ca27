#include "tool/setup/setup_facts.h"

#include <chrono>
#include <filesystem>
#include <system_error>

#include "load/host/load_local_host.h"
#include "mail/international.h"
#include "settings/setting_values.h"
#include "system/dns.h"
#include "tables/types/backends.h"
#include "text/ascii.h"
#include "text/items.h"
#include "tool/setup/relay_file.h"
#include "tool/setup/routes.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view not_asked = "the DNS is not asked (--no-dns)";
constexpr std::chrono::seconds max_dns_time{20};  // total, as the user is waiting

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  return names;
}

void add_names(std::vector<std::string>& names, std::string_view list) {
  for (const std::string& item : list_items(list)) names.push_back(folded(item));
}

/// Finds the primary of a domain. The time limit for the DNS is for all domains together.
class PrimaryFinder {
 public:
  PrimaryFinder(const PostfixFacts& postfix, const PostfixTables& tables, bool use_dns)
      : postfix_(postfix), tables_(tables), asks_dns_(use_dns), own_(own_names(&postfix)) {}

  std::expected<PrimaryFound, std::string> primary_of(const std::string& domain) const {
    RouteFacts facts;
    facts.domain = domain;
    TransportAnswer transport = transport_of(domain, postfix_, tables_);
    facts.transport = std::move(transport.entry);
    facts.transport_table = std::move(transport.table);
    facts.transport_failure = std::move(transport.failure);
    facts.relay_transport = postfix_.value("relay_transport");
    facts.relayhost = postfix_.value("relayhost");
    facts.exchangers = exchangers_of(domain);
    facts.own = own_;
    facts.addresses_of = [this](const std::string& host) { return addresses_of(host); };
    facts.exchangers_of = [this](const std::string& name) { return exchangers_of(name); };
    return find_primary(facts);
  }

 private:
  MxAnswer exchangers_of(const std::string& listed) const {
    const std::string domain = to_a_labels(listed).value_or(listed);
    if (!asks_dns_) return std::unexpected(std::string(not_asked));
    const auto known = answers_.find(domain);
    if (known != answers_.end()) return known->second;
    if (is_late()) return std::unexpected("the DNS did not answer in time");
    return answers_[domain] = exchangers_.look_up({domain}).front();
  }

  std::vector<std::string> addresses_of(const std::string& host) const {
    if (!asks_dns_) return {};
    return addresses_.look_up({host}).front().value_or(std::vector<std::string>());
  }

  bool is_late() const { return std::chrono::steady_clock::now() > deadline_; }

  const PostfixFacts& postfix_;
  const PostfixTables& tables_;
  bool asks_dns_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::now() + max_dns_time;
  OwnNames own_;
  SystemMxLookup exchangers_;
  SystemHostAddresses addresses_;
  mutable std::map<std::string, MxAnswer, std::less<>> answers_;
};

}  // namespace

std::string postfix_directory(const Settings& settings, const SetupOptions& options) {
  if (!options.postfix_config.empty()) return options.postfix_config;
  return settings.postfix_config.empty() ? "/etc/postfix" : settings.postfix_config;
}

std::expected<SetupFacts, NoPostfix> setup_facts(const Settings& settings, const SetupOptions& options) {
  const std::string directory = postfix_directory(settings, options);
  auto postfix = ask_postfix_facts(directory);
  if (!postfix) {
    return std::unexpected(
        NoPostfix{postfix.error().kind == ChildFailure::Kind::not_found, std::move(postfix.error().what)});
  }
  SetupFacts facts;
  facts.settings = settings;
  facts.panel = options.panel;
  facts.relay_directory = relay_directory_of(settings);
  facts.present_files = names_in(facts.relay_directory);
  facts.postfix = std::move(*postfix);
  facts.main_cf_path = main_cf_in(directory);
  const SystemFiles files;
  const auto main_cf = files.read(facts.main_cf_path);
  if (!main_cf) return std::unexpected(NoPostfix{false, facts.main_cf_path + ": " + main_cf.error().what});
  facts.main_cf = *main_cf;
  const SystemPostfixTables tables(directory);
  facts.relay_domains =
      relay_domains_in(facts.postfix.value("relay_domains"), local_names(facts.postfix), tables, files);
  facts.milter_maps = read_milter_maps(facts.postfix, directory);
  const PrimaryFinder finder(facts.postfix, tables, options.use_dns);
  for (const RelayDomain& domain : facts.relay_domains.domains) {
    facts.primaries.emplace(domain.name, finder.primary_of(domain.name));
  }
  return facts;
}

MilterMaps read_milter_maps(const PostfixFacts& postfix, const std::string& directory) {
  const SystemFiles files;
  Backends backends;
  backends.use({{}, directory});
  TableOpener opener(files, backends);
  return milter_maps_of(postfix.values, opener);
}

std::string relay_directory_of(const Settings& settings) {
  std::error_code error;
  return (fs::absolute(settings.file, error).parent_path() / "relay.d").string();
}

std::string main_cf_in(const std::string& directory) {
  const fs::path path = fs::path(directory) / "main.cf";
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? path.string() : real.string();
}

std::vector<std::string> local_names(const PostfixFacts& postfix) {
  std::vector<std::string> names;
  for (const std::string_view list : {"mydestination", "virtual_alias_domains", "virtual_mailbox_domains"}) {
    add_names(names, postfix.value(list));
  }
  return names;
}

bool has_sendmail() {
  std::error_code error;
  return fs::exists("/etc/mail/sendmail.cf", error) || fs::exists("/etc/mail/sendmail.mc", error);
}

}  // namespace shorthop::tool
