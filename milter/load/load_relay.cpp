#include "load/load_relay.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>

#include "load/change_time.h"
#include "load/forward_copies.h"
#include "load/primary_postconf.h"
#include "load/remembered_files.h"
#include "load/setting_values.h"
#include "mail/ascii.h"
#include "mail/host.h"
#include "tables/open.h"

namespace shorthop {
namespace {

using TimePoint = std::chrono::system_clock::time_point;

std::optional<PrimaryFacts> facts_of(const RelaySettings& settings, const FileReader& files, Diagnostics& problems,
                                     Diagnostics& warnings) {
  const Placed<std::string>& path = settings.primary_postconf;
  if (path.value.empty()) return facts_without_postconf(settings);
  const auto text = files.read(path.value);
  if (text) return facts_from_postconf(*text, settings, problems, warnings);
  problems.push_back({path.value, 0, text.error().what,
                      fmt::format("run `postconf -n` on the primary and put its output there, or take primary-postconf "
                                  "out of {}:{}",
                                  path.file, path.line),
                      Severity::error, Trouble::missing});
  return std::nullopt;
}

/// What is set and has no meaning with the profile: a postmaster who set it expects something else.
void report_unused(const RelaySettings& settings, Diagnostics& problems) {
  const auto report = [&](std::string_view name, const Placed<std::string>& setting, std::string_view mend) {
    if (setting.value.empty()) return;
    problems.push_back({setting.file, setting.line, fmt::format("{} has no meaning with this profile", name),
                        std::string(mend), Severity::error, Trouble::settings});
  };
  const Profile profile = settings.profile.value;
  if (profile == Profile::postfix) return;
  report("primary-postconf", settings.primary_postconf, "take it out, and name further domains in primary-domains");
  if (profile == Profile::sendmail) return;
  report("forward-files", settings.forward_files, "take it out: what users forward is in the exported tables");
  report("include-root", settings.include_root, "take it out: the members of lists are in the exported tables");
}

/// Domains that are keys of the primary's virtual alias tables, as the default of virtual_alias_domains has it. Only
/// those that matter here are asked: the relay's, and this host's, which a target may have.
void add_alias_domains(PrimaryFacts& facts, const TableList& tables, const RelaySettings& settings,
                       const std::vector<std::string>& local_domains) {
  for (const std::vector<std::string>* names : {&settings.domains.value, &local_domains}) {
    for (const std::string& domain : *names) {
      const auto is_key = tables.contains(domain);
      if (!is_key) {
        facts.unproven.push_back(is_key.error().what);
      } else if (*is_key && !facts.rules.local_domains.contains(domain)) {
        facts.rules.virtual_alias_domains.insert(domain);
      }
    }
  }
}

/// The file of the table, for "file:line".
std::string place_of(const Found& found) {
  const std::string& name = found.table->name();
  return name.substr(name.find(':') + 1);
}

/// virtual(5): a virtual alias domain has an entry of its own name. Then local(8) aliases do not apply to it.
void report_alias_domains(const TableList& tables, const RelaySettings& settings, Diagnostics& warnings) {
  for (const std::string& domain : settings.domains.value) {
    const auto found = tables.find(domain);
    if (!found || !*found) continue;
    warnings.push_back(
        {place_of(**found), (*found)->entry.line,
         fmt::format("{} has an entry as a virtual alias domain, but is taken for one of mydestination", domain),
         fmt::format("set primary-postconf in {}", settings.file), Severity::warning, Trouble::data});
  }
}

/// Without the primary's delimiter user+ext is looked up whole and then falls to a catch-all, where the primary may
/// find user before it. Without a catch-all such an address is found nowhere, and kept.
void report_catch_all(const TableList& tables, const RelaySettings& settings, Diagnostics& warnings) {
  if (settings.recipient_delimiter || !settings.primary_postconf.value.empty()) return;
  for (const std::string& domain : settings.domains.value) {
    const auto found = tables.find("@" + domain);
    if (!found || !*found) continue;
    warnings.push_back(
        {place_of(**found), (*found)->entry.line,
         fmt::format("@{} takes every user+ext@{} too, as recipient-delimiter is not set", domain, domain),
         fmt::format("set it in {} as it is on the primary; it may be empty", settings.file), Severity::warning,
         Trouble::settings});
  }
}

/// A missing root is no error: who has an include is kept.
void report_missing_include_root(const RelaySettings& settings, Diagnostics& warnings) {
  const Placed<std::string>& root = settings.include_root;
  std::error_code error;
  if (root.value.empty() || std::filesystem::is_directory(root.value, error)) return;
  warnings.push_back({root.file, root.line,
                      fmt::format("include-root: {} is no directory that can be read, so recipients with an include "
                                  "are kept",
                                  printable(root.value, 200)),
                      "copy the include files there, or take the setting out", Severity::warning, Trouble::missing});
}

/// With the first table failing, every look-up fails, and every recipient is kept.
TableList never_proven(const std::vector<std::string>& reasons) {
  return TableList({failing_table("primary-postconf", fmt::to_string(fmt::join(reasons, "; ")))});
}

/// Moves warnings to where they belong; errors stay.
void separate(Diagnostics& mixed, Diagnostics& problems, Diagnostics& warnings) {
  for (Diagnostic& diagnostic : mixed) {
    (diagnostic.severity == Severity::error ? problems : warnings).push_back(std::move(diagnostic));
  }
}

struct FileType {
  std::string_view type;
  std::string_view database_suffix;  ///< empty: the text itself is read
};

constexpr std::array file_types = {FileType{"text", ""},     FileType{"texthash", ""},  FileType{"hash", ".db"},
                                   FileType{"btree", ".db"}, FileType{"lmdb", ".lmdb"}, FileType{"cdb", ".cdb"}};

}  // namespace

std::shared_ptr<Relay> load_relay(const RelaySettings& settings, const std::shared_ptr<const FileReader>& files,
                                  TableOpener& opener, const std::vector<std::string>& local_domains,
                                  Diagnostics& problems, Diagnostics& warnings) {
  Diagnostics found;
  report_unused(settings, found);
  auto facts = facts_of(settings, *files, found, warnings);
  auto relay = std::make_shared<Relay>();
  relay->name = settings.name;
  relay->primary_host = settings.primary.value;
  relay->next_hops = settings.next_hops.value;
  relay->mode = settings.mode;
  relay->excluded = settings.excluded;
  relay->split = settings.split;
  relay->max_age = settings.max_age;
  Primary& primary = relay->primary;
  primary.profile = settings.profile.value;
  const bool is_sendmail = primary.profile == Profile::sendmail;
  primary.virtual_aliases =
      opener.open(settings.virtual_alias_maps, is_sendmail ? TextFormat::virtusertable : TextFormat::virtual5, found);
  primary.aliases =
      opener.open(settings.alias_maps, is_sendmail ? TextFormat::sendmail_aliases : TextFormat::aliases5, found);
  if (!settings.mailboxes.value.empty()) {
    primary.mailboxes = opener.open(settings.mailboxes, TextFormat::first_word, found);
  }
  if (!settings.forward_files.value.empty()) {
    const std::string& pattern = settings.forward_files.value;
    primary.forwards = ForwardFiles{pattern, forward_copies(pattern, *files, found)};
  }
  if (!settings.include_root.value.empty()) {
    primary.includes = IncludeFiles{settings.include_root.value, std::make_shared<RememberedFiles>(files)};
  }
  const bool failed = has_error(found);
  separate(found, problems, warnings);
  if (failed || !facts) return nullptr;

  // Beyond this point every table is open.
  if (facts->alias_domains_are_keys) add_alias_domains(*facts, primary.virtual_aliases, settings, local_domains);
  if (primary.profile == Profile::postfix) {
    if (settings.primary_postconf.value.empty()) report_alias_domains(primary.virtual_aliases, settings, warnings);
    report_catch_all(primary.virtual_aliases, settings, warnings);
  }
  report_missing_include_root(settings, warnings);
  if (!facts->unproven.empty()) primary.virtual_aliases = never_proven(facts->unproven);
  primary.rules = std::move(facts->rules);
  std::vector<std::string> tables = settings.virtual_alias_maps.value;
  tables.insert(tables.end(), settings.alias_maps.value.begin(), settings.alias_maps.value.end());
  relay->data_time = oldest_change(tables);
  if (primary.forwards) {
    relay->data_time = std::min(relay->data_time, last_change_of_forwards(primary.forwards->path_pattern));
  }
  return relay;
}

void find_primaries(const std::vector<std::shared_ptr<Relay>>& relays, const HostAddresses& addresses,
                    Diagnostics& warnings) {
  std::vector<std::string> names;
  std::vector<Relay*> named;
  for (const auto& relay : relays) {
    const std::string host = folded(bare_host(relay->primary_host));
    if (!is_ip_address(host)) {
      relay->client_names = {host};
    }
    names.push_back(host);
    named.push_back(relay.get());
  }
  // A literal is asked as well: the answer is its canonical form, and takes no DNS.
  const auto answers = addresses.of(names);
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (answers[i]) {
      named[i]->client_addresses = *answers[i];
    } else {
      warnings.push_back(
          {named[i]->name + ".conf", 0,
           fmt::format("the addresses of the primary {} are not known: {}", names[i], answers[i].error()),
           "what the primary sends is known by its host name only, until the next reload", Severity::warning,
           Trouble::temporary});
    }
  }
}

TimePoint oldest_change(const std::vector<std::string>& tables) {
  TimePoint oldest = TimePoint::max();
  for (const std::string& table : tables) {
    const std::size_t colon = table.find(':');
    const auto type = std::ranges::find(file_types, std::string_view(table).substr(0, colon), &FileType::type);
    if (type == file_types.end()) continue;
    const std::string path = table.substr(colon + 1);
    std::optional<TimePoint> time = change_time(path + std::string(type->database_suffix));
    // A database that is built again from an old text is no newer than the text.
    if (!type->database_suffix.empty()) {
      const auto source = change_time(path);
      if (source && time) time = std::min(*source, *time);
    }
    oldest = std::min(oldest, time.value_or(TimePoint{}));
  }
  return oldest;
}

}  // namespace shorthop
