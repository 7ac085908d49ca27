// shorthop graph: the alias graph, for Graphviz.
#include <fmt/core.h>
#include <sysexits.h>

#include <chrono>

#include "mail/rcpt.h"
#include "session/decision.h"
#include "text/ascii.h"
#include "tool/actions.h"
#include "tool/doctor/gather/gather.h"
#include "tool/graph/alias_graph.h"
#include "tool/load_all.h"

namespace shorthop::tool {
namespace {

/// The time limit for collecting the keys of all tables.
constexpr std::chrono::seconds survey_limit{30};

/// Every alias of every relay, as `shorthop check` finds them. Prints which tables cannot be listed.
std::vector<std::string> all_aliases(const Invocation& invocation, std::shared_ptr<const Snapshot> snapshot,
                                     Streams& streams) {
  HostFacts facts;
  Diagnostics warnings;
  auto settings = read_settings(invocation.config, SystemFiles(), warnings);
  if (!settings) return {};  // load_all() has just read the same file without an error
  facts.settings = std::move(*settings);
  facts.snapshot = std::move(snapshot);
  gather_surveys(facts, survey_limit);
  std::vector<std::string> aliases;
  for (SurveyFacts& survey : facts.surveys) {
    for (const std::string& table : survey.not_surveyed) {
      streams.errors.write(fmt::format("shorthop: note: {}: {}\n", survey.relay, table));
    }
    aliases.insert(aliases.end(), survey.aliases.begin(), survey.aliases.end());
  }
  return aliases;
}

/// Whether all words are addresses; reports the first that is not. A name without a domain is not an address: the graph
/// would show it as a mailbox of no host.
bool are_addresses(const std::vector<std::string>& words, Streams& streams) {
  for (const std::string& word : words) {
    const auto address = parse_rcpt_path(word);
    if (address && !address->domain().empty()) continue;
    report_usage(fmt::format("{} is not an address", excerpt(word)), "write user@domain", streams.errors);
    return false;
  }
  return true;
}

/// Adds the recipients to the graph. False if a look-up failed temporarily.
bool add_all(const std::vector<std::string>& recipients, const Snapshot& snapshot, AliasGraph& graph,
             Streams& streams) {
  bool all_decided = true;
  for (const std::string& recipient : recipients) {
    const auto address = parse_rcpt_path(recipient);
    if (!address) {
      streams.errors.write(fmt::format("shorthop: {}: {}\n", excerpt(recipient), address.error().what));
      continue;
    }
    Budget budget = running_budget(snapshot, std::chrono::steady_clock::now());
    const Decision decision = decide_address(*address, snapshot, {std::chrono::system_clock::now(), Trace::on, budget});
    if (decision.reason == Reason::lookup_failed) all_decided = false;
    graph.add(address->external(), decision);
  }
  return all_decided;
}

}  // namespace

int graph(const Invocation& invocation, Streams& streams) {
  if (!are_addresses(invocation.arguments, streams)) return EX_USAGE;
  const auto loaded = load_all(invocation.config, streams, !invocation.has("no-dns"));
  if (!loaded) return loaded.error();
  const auto recipients =
      invocation.arguments.empty() ? all_aliases(invocation, loaded->snapshot, streams) : invocation.arguments;
  AliasGraph drawing;
  const bool all_decided = add_all(recipients, *loaded->snapshot, drawing, streams);
  streams.output.write(drawing.dot());
  if (drawing.left_out() > 0) {
    streams.errors.write(fmt::format(
        "shorthop: note: {} recipients are left out, because the graph would be too large\n", drawing.left_out()));
  }
  return all_decided ? EX_OK : EX_TEMPFAIL;
}

}  // namespace shorthop::tool
