// shorthop tables: static Postfix tables that do what the daemon would do.
#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "load/entry_memory.h"
#include "session/decision.h"
#include "tables/open.h"
#include "tables/types/backends.h"
#include "text/ascii.h"
#include "text/utc_time.h"
#include "tool/actions.h"
#include "tool/load_all.h"
#include "tool/mirror/static_tables.h"

namespace shorthop::tool {
namespace {

using Entries = std::map<std::string, std::string>;

constexpr int some_differ = 1;  // as diff(1)

/// recipient_delimiter of this host, as the loader finds it.
std::expected<std::string, std::string> delimiters_of_host(const Settings& settings) {
  if (settings.recipient_delimiter) return settings.recipient_delimiter->value;
  if (settings.postfix_config.empty()) return "+";
  const auto parameters = tool_sources().postconf.ask(settings.postfix_config);
  if (!parameters) return std::unexpected(parameters.error().what);
  const auto found = parameters->find("recipient_delimiter");
  return found == parameters->end() ? std::string() : found->second;
}

std::string utc_now() {
  return utc_time_text(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

/// The comments about one relay: which data it has, and what is not in the table.
std::string head_of(const Relay& relay, const StaticTable& table, std::chrono::system_clock::time_point now) {
  std::string text = fmt::format("#\n# {}: {}, from {}\n", printable(relay.name), counted_entries(table.entries.size()),
                                 relay.newest.file.empty() ? "its tables" : printable(relay.newest.file, 200));
  if (const std::string why = staleness(relay, now); !why.empty()) text += "#   not in use: " + why + "\n";
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

std::string text_of(const Entries& entries) {
  std::string text;
  for (const auto& [key, value] : entries) text += fmt::format("{}\t{}\n", key, value);
  return text;
}

/// Prints lines "- OLD" and "+ NEW"; returns the exit status of diff(1).
int print_difference(const std::string& file, const Entries& entries, Streams& streams) {
  Diagnostics problems;
  Backends backends;
  const auto table = open_table("text:" + file, TextFormat::virtual5, SystemFiles(), backends, problems);
  if (table == nullptr) return report(problems, streams);
  Entries old;
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

}  // namespace

int tables(const Invocation& invocation, Streams& streams) {
  constexpr std::string_view virtual_form = "virtual";
  constexpr std::string_view recipients_form = "relay-recipients";
  const auto form = invocation.options.find("form");
  if (form == invocation.options.end() || (form->second != virtual_form && form->second != recipients_form)) {
    streams.errors.write("shorthop: tables needs --form virtual or --form relay-recipients\n");
    return EX_USAGE;
  }
  const auto loaded = load_all(invocation.config, streams, !invocation.has("no-dns"));
  if (!loaded) return loaded.error();
  const auto kind = form->second == virtual_form ? StaticForm::virtual_aliases : StaticForm::relay_recipients;
  const auto now = std::chrono::system_clock::now();
  const Settings& settings = loaded->settings;
  const auto delimiters = delimiters_of_host(settings);
  if (!delimiters) {
    streams.errors.write(fmt::format("shorthop: {}\n", delimiters.error()));
    return EX_TEMPFAIL;
  }
  Entries entries;
  std::string head = whole_head(form->second);
  for (const RelaySettings& relay_settings : settings.relays) {
    const Relay& relay = *loaded->snapshot->relay_by_domain.at(relay_settings.domains.value.front());
    StaticTable table = static_table(kind, *loaded->snapshot, relay, relay_settings, *delimiters);
    head += head_of(relay, table, now);
    entries.merge(table.entries);
  }
  const auto file = invocation.options.find("diff");
  if (file != invocation.options.end()) return print_difference(file->second, entries, streams);
  streams.output.write(head + text_of(entries));
  return EX_OK;
}

}  // namespace shorthop::tool
