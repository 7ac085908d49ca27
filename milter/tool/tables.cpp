// shorthop tables: prints static Postfix tables that do what the daemon would do.
#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <chrono>
#include <expected>
#include <map>
#include <optional>
#include <string>

#include "load/entry_counts.h"
#include "postfix/relay_domains.h"
#include "session/decision.h"
#include "tables/open.h"
#include "tables/types/backends.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/utc_time.h"
#include "tool/actions.h"
#include "tool/load_all.h"
#include "tool/mirror/static_tables.h"
#include "tool/setup/setup_facts.h"

namespace shorthop::tool {
namespace {

constexpr int some_differ = 1;  // as diff(1)

/// Why there is no table, and the exit status for it.
struct Failure {
  int status = EX_OK;
  std::string what;
};

/// recipient_delimiter of this host, as the loader finds it.
std::expected<std::string, Failure> delimiters_of_host(const Settings& settings) {
  if (settings.recipient_delimiter) return settings.recipient_delimiter->value;
  if (settings.postfix_config.empty()) return "+";
  const auto parameters = tool_sources().postconf.ask(settings.postfix_config);
  if (!parameters) return std::unexpected(Failure{EX_TEMPFAIL, parameters.error().what});
  const auto found = parameters->find("recipient_delimiter");
  return found == parameters->end() ? std::string() : found->second;
}

/// Why no table may be made from a relay's data: an empty table would replace the one that is in use.
std::optional<Failure> why_no_data(const Relay& relay, const RelaySettings& settings,
                                   std::chrono::system_clock::time_point now) {
  if (const auto& unproven = relay.primary.unproven) {
    return Failure{unproven->kind == FailureKind::not_mirrored ? EX_NOINPUT : EX_DATAERR, unproven->text()};
  }
  // The daemon, too, only observes a relay without a stamp: in an unfinished copy, aliases may lack targets.
  if (relay.lacks_stamp) return Failure{EX_NOINPUT, settings.mirror.value + ": the mirror has no stamp"};
  if (std::string why = why_unusable(relay, now); !why.empty()) return Failure{EX_TEMPFAIL, std::move(why)};
  return std::nullopt;
}

/// Entries for the domains that this host relays without a relay file. They are needed because smtpd(8) refuses every
/// address of relay_domains that is not in relay_recipient_maps. No key of that table matches all subdomains of a
/// domain.
struct OtherDomains {
  StaticEntries entries;
  std::string head;  ///< comments about these domains
  std::string note;  ///< what the postmaster must know before the table is used; may be empty
};

OtherDomains domains_without_relay(const RelayDomains& relayed, const Settings& settings) {
  OtherDomains others;
  for (const RelayDomain& domain : relayed.domains) {
    // Postfix compares spellings: a U-label in relay_domains is not covered by a relay file, which has A-labels.
    const bool is_of_relay = std::ranges::any_of(settings.relays, [&](const RelaySettings& relay) {
      return std::ranges::find(relay.domains.value, domain.name) != relay.domains.value.end();
    });
    const auto key = is_of_relay ? std::nullopt : TableKey::of_domain(domain.name);
    if (!key) continue;
    others.entries.emplace(*key, "OK");
    others.head +=
        fmt::format("#\n# every address of {} is accepted, because no file in relay.d has this spelling of it\n",
                    printable(domain.name));
  }
  return others;
}

std::expected<OtherDomains, Failure> other_domains_of_host(const Settings& settings) {
  if (settings.postfix_config.empty()) {
    return OtherDomains{{},
                        "#\n# this host's relay_domains is not known: add \"@DOMAIN OK\" for each domain in it that "
                        "is not in relay.d\n",
                        {}};
  }
  const auto postfix = ask_postfix_facts(settings.postfix_config);
  if (!postfix) return std::unexpected(Failure{EX_TEMPFAIL, postfix.error().what});
  const RelayDomains relayed = relay_domains_in(postfix->value("relay_domains"), local_names(*postfix),
                                                SystemPostfixTables(settings.postfix_config), SystemFiles());
  if (!relayed.not_named.empty()) {
    return std::unexpected(Failure{
        EX_CONFIG,
        relayed.not_named.front() +
            " (relay_recipient_maps needs an entry for each relay domain: name every domain in relay_domains)"});
  }
  OtherDomains others = domains_without_relay(relayed, settings);
  // By default Postfix relays subdomains too. Mail for a subdomain is rare, so a note to the postmaster is enough.
  const auto with_subdomains = list_items(postfix->value("parent_domain_matches_subdomains"));
  if (std::ranges::find(with_subdomains, "relay_domains") != with_subdomains.end()) {
    others.note =
        "this host relays the subdomains of its relay_domains too, and with this table it refuses every address there: "
        "if a subdomain gets mail, add it to relay_domains, and make the table again";
    others.head += fmt::format("#\n# {}\n", others.note);
  }
  return others;
}

std::string utc_now() {
  return utc_time_text(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

/// The comments about one relay: which data it has, and what is not in the table.
std::string head_of(const Relay& relay, const StaticTable& table) {
  std::string text = fmt::format("#\n# {}: {}, from {}\n", printable(relay.name), counted_entries(table.entries.size()),
                                 relay.newest.file.empty() ? "its tables" : printable(relay.newest.file, 200));
  for (const std::string& domain : table.domains_not_listed) {
    text += "#   every address of the domain is accepted: " + printable(domain) + "\n";
  }
  for (const auto& [why, number] : table.left_out)
    text += fmt::format("#   left out: {} ({})\n", printable(why), number);
  return text;
}

std::string whole_head(std::string_view form) {
  return fmt::format(
      "# Made by shorthop tables --form {} at {}.\n"
      "# Make it again whenever the primary's aliases change.\n",
      form, utc_now());
}

std::string text_of(const StaticEntries& entries) {
  std::string text;
  for (const auto& [key, value] : entries) text += fmt::format("{}\t{}\n", key.text(), value);
  return text;
}

/// Prints lines "- OLD" and "+ NEW"; returns the exit status of diff(1).
int print_difference(const std::string& file, const StaticEntries& made, Streams& streams) {
  Diagnostics problems;
  Backends backends;
  const auto table = open_table("text:" + file, SystemFiles(), backends, problems);
  // If the table could be opened, the only problems are lines that postmap(1) skips too: the status is not used.
  const int status = report(problems, streams);
  if (table == nullptr) return status;
  std::map<std::string, std::string> old;
  std::map<std::string, std::string> entries;
  for (const auto& [key, value] : made) entries.emplace(key.text(), value);
  table->each_entry([&](std::string_view key, std::string_view value, std::uint32_t) {
    old.emplace(std::string(key), std::string(value));
  });
  std::string text;
  for (const auto& [key, value] : old) {
    const auto now = entries.find(key);
    if (now == entries.end() || now->second != value) text += fmt::format("- {}\t{}\n", key, value);
  }
  for (const auto& [key, value] : entries) {
    const auto before = old.find(key);
    if (before == old.end() || before->second != value) text += fmt::format("+ {}\t{}\n", key, value);
  }
  streams.output.write(text);
  return text.empty() ? EX_OK : some_differ;
}

struct WholeTable {
  StaticEntries entries;
  std::string head;  ///< comments about each relay and the other domains
  std::string note;  ///< as in OtherDomains
};

/// The table for all relays; fails if one of them has no data in force.
std::expected<WholeTable, Failure> whole_table(StaticForm form, const LoadedAll& loaded) {
  const auto now = std::chrono::system_clock::now();
  const auto delimiters = delimiters_of_host(loaded.settings);
  if (!delimiters) return std::unexpected(delimiters.error());
  WholeTable whole;
  for (const RelaySettings& settings : loaded.settings.relays) {
    const Relay& relay = *loaded.snapshot->relay_by_domain.at(settings.domains.value.front());
    if (auto failure = why_no_data(relay, settings, now)) {
      return std::unexpected(Failure{failure->status, fmt::format("{}: {}", relay.name, failure->what)});
    }
    StaticTable table = static_table(form, *loaded.snapshot, relay, settings, *delimiters);
    whole.head += head_of(relay, table);
    whole.entries.merge(table.entries);
  }
  if (form == StaticForm::virtual_aliases) return whole;
  auto others = other_domains_of_host(loaded.settings);
  if (!others) return std::unexpected(others.error());
  whole.head += others->head;
  whole.note = std::move(others->note);
  whole.entries.merge(others->entries);
  return whole;
}

}  // namespace

int tables(const Invocation& invocation, Streams& streams) {
  constexpr std::string_view virtual_form = "virtual";
  constexpr std::string_view recipients_form = "relay-recipients";
  const std::string_view form = text_or_empty(invocation.options, "form");
  if (form != virtual_form && form != recipients_form) {
    return report_usage("tables needs the form of the table", "write --form virtual or --form relay-recipients",
                        streams.errors);
  }
  const auto loaded = load_all(invocation.config, streams, !invocation.has("no-dns"));
  if (!loaded) return loaded.error();
  const auto kind = form == virtual_form ? StaticForm::virtual_aliases : StaticForm::relay_recipients;
  auto made = whole_table(kind, *loaded);
  if (!made) {
    streams.errors.write(fmt::format("shorthop: no table was made: {}\n", printable(made.error().what, 500)));
    return made.error().status;
  }
  if (!made->note.empty()) streams.errors.write("shorthop: note: " + made->note + "\n");
  if (const std::string* file = invocation.value("diff")) return print_difference(*file, made->entries, streams);
  streams.output.write(whole_head(form) + made->head);
  streams.output.write_safe(text_of(made->entries));  // a key may be a domain in U-labels
  return EX_OK;
}

}  // namespace shorthop::tool
