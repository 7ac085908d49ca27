// For shorthop check: asks each live table for a key that does not exist. All tables are asked at once, each with the
// time limit of a message.
#include <thread>

#include "tool/doctor/gather/gather.h"

namespace shorthop::tool {
namespace {

/// An address in a domain of the relay, or of this host. For an address in another domain, a table with the parameter
/// `domain` would not ask its server.
std::string probe_for(const HostFacts& facts, const std::string& relay) {
  std::string domain = facts.local_domains.empty() ? "localhost" : facts.local_domains.front();
  for (const RelaySettings& settings : facts.settings->relays) {
    if (settings.name == relay && !settings.domains.value.empty()) domain = settings.domains.value.front();
  }
  return "shorthop-check@" + domain;
}

void ask(const Table& table, const std::string& probe, std::chrono::milliseconds longest, LiveTableFacts& facts) {
  const auto begun = std::chrono::steady_clock::now();
  const Lookup answer = table.find(LookupKey(probe), begun + longest);
  facts.taken = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  if (!answer) facts.failure = answer.error().why;  // the finding names the table as its place
}

}  // namespace

void gather_live_tables(HostFacts& facts) {
  if (!facts.snapshot) return;
  std::vector<std::shared_ptr<const Table>> tables;
  for (const auto& [relay, of_relay] : facts.snapshot->live_tables) {
    for (const auto& table : of_relay) {
      facts.live_tables.push_back({relay, table->name(), {}, {}});
      tables.push_back(table);
    }
  }
  std::vector<std::jthread> questions;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    LiveTableFacts& result = facts.live_tables[i];
    questions.emplace_back([&facts, &result, table = tables[i]] {
      ask(*table, probe_for(facts, result.relay), facts.snapshot->lookup_timeout, result);
    });
  }
}

}  // namespace shorthop::tool
