// Random alias graphs compared with a model: a recipient is replaced if and only if its whole expansion is provably
// local (model.h).
// RC_PARAMS="seed=N max_success=M" (rapidcheck's own) repeats or lengthens a run; each run prints its seed.
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "primary/resolve.h"
#include "session/session.h"
#include "support/catch.h"
#include "support/world.h"
#include "unit/session/model.h"

namespace shorthop::test {
namespace {

bool is_provable(const Ends& ends) {
  return std::ranges::none_of(ends, [](const std::string& end) { return end.starts_with('?'); });
}

std::string joined(const Names& targets) {
  std::string text;
  for (const auto& target : targets) text += (text.empty() ? "" : ", ") + target;
  return text;
}

std::shared_ptr<const Snapshot> modelled_snapshot(const World& world, bool split = false) {
  std::map<std::string, std::string, std::less<>> virtual_aliases;
  std::map<std::string, std::string, std::less<>> aliases;
  for (const auto& [key, targets] : world.virtual_aliases) virtual_aliases[key] = joined(targets);
  for (const auto& [key, targets] : world.aliases) aliases[key] = joined(targets);
  auto snapshot = test::snapshot_of(primary_of(std::move(virtual_aliases), std::move(aliases)));
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  relay->split = split;
  snapshot->relay_by_domain["example.org"] = relay;
  return snapshot;
}

Decision decided(const std::string& recipient, const Snapshot& snapshot, Trace trace = Trace::on) {
  return decide(*Address::parse(recipient), {}, snapshot, std::chrono::system_clock::now(), trace);
}

/// A decision without its resolution.
std::string shown(const Decision& decision) {
  std::string text(name_of(decision.reason));
  text.append(" ").append(decision.detail);
  for (const auto& to : decision.to) text += " " + to.internal();
  return text;
}

/// A resolution without its steps.
std::string shown(const Resolution& resolution) {
  std::string text = std::to_string(resolution.step_count);
  for (const auto& leaf : resolution.leaves) {
    text.append("\n").append(name_of(leaf.kind)).append(" ").append(leaf.address).append(" ").append(leaf.detail);
  }
  return text;
}

Ends keys_of(const std::vector<Address>& addresses) {
  Ends keys;
  for (const auto& address : addresses) keys.insert(address.key());
  return keys;
}

/// The envelope after the edits, and the edits themselves.
struct Edited {
  Names recipients;
  Names added;
  Names deleted;
  bool additions_first = true;
};

Edited edited(const Names& recipients, std::shared_ptr<const Snapshot> snapshot) {
  Session session(
      {}, [snapshot] { return snapshot; }, {&std::chrono::system_clock::now, &std::chrono::steady_clock::now},
      Trace::off);
  session.mail({});
  for (const auto& recipient : recipients) {
    const bool is_local = recipient.ends_with("@example.com");
    session.rcpt({"<" + recipient + ">", {}, {is_local ? "local" : "relay", {}, {}}, "Postfix 3.7.11"});
  }
  Edited result;
  std::optional<Outcome> outcome = session.data();
  if (!outcome) outcome = session.end_of_message();
  for (const Edit& edit : outcome->edits) {
    if (const auto* add = std::get_if<AddRecipient>(&edit)) {
      result.additions_first = result.additions_first && result.deleted.empty();
      result.added.push_back(add->path.substr(1, add->path.size() - 2));
    } else {
      const std::string& text = std::get<DeleteRecipient>(edit).text;
      result.deleted.push_back(text.substr(1, text.size() - 2));
    }
  }
  for (const auto& recipient : recipients) {
    if (std::ranges::find(result.deleted, recipient) == result.deleted.end()) result.recipients.push_back(recipient);
  }
  result.recipients.insert(result.recipients.end(), result.added.begin(), result.added.end());
  return result;
}

rc::Gen<Names> any_envelope() {
  Names possible = virtual_keys();
  std::erase(possible, "@example.org");
  possible.emplace_back("A@example.org");
  possible.emplace_back("ann@example.com");
  return rc::gen::resize(6, rc::gen::nonEmpty(rc::gen::container<Names>(rc::gen::elementOf(possible))));
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), ascii_lower);
  return text;
}

Ends folded_set(const Names& addresses) {
  Ends folded;
  for (const auto& address : addresses) folded.insert(lower(address));
  return folded;
}

Ends ends_of(const Names& recipients, const World& world) {
  Ends all;
  for (const auto& recipient : recipients) {
    const Ends ends = Model(world).ends_of(lower(recipient));
    all.insert(ends.begin(), ends.end());
  }
  return all;
}

/// The secondary's own mailboxes are ends: its tables have no aliases here.
Ends ends_here(const Names& recipients, const World& world) {
  Names relayed;
  Ends ends;
  for (const auto& recipient : recipients) {
    if (recipient.ends_with("@example.com")) {
      ends.insert(recipient);
    } else {
      relayed.push_back(recipient);
    }
  }
  ends.merge(ends_of(relayed, world));
  return ends;
}

}  // namespace

TEST_CASE("DESIGN 2.2: a recipient is rewritten if and only if the model proves every end, and then to these ends",
          "[session][model]") {
  int seen = 0;  // runs that test the property: without any, the result would mean nothing
  CHECK(rc::check([&seen] {
    const World world = *any_world();
    const auto snapshot = modelled_snapshot(world);
    for (const auto& name : names) {
      const std::string recipient = name + "@example.org";
      const Decision decision = decided(recipient, *snapshot);
      const Ends ends = Model(world).ends_of(recipient);
      RC_LOG() << recipient << ": " << name_of(decision.reason) << '\n';
      if (ends.contains(loop)) continue;
      RC_ASSERT((decision.verdict == Verdict::rewrite) == is_provable(ends));
      if (decision.verdict == Verdict::rewrite) {
        ++seen;
        RC_ASSERT(keys_of(decision.to) == ends);
      }
      RC_ASSERT(decision.resolution.step_count <= Limits().steps);
    }
  }));
  CHECK(seen > 10);
}

TEST_CASE("a decision is the same with and without recorded steps", "[session][model]") {
  CHECK(rc::check([] {
    const World world = *any_world();
    const auto snapshot = modelled_snapshot(world, *rc::gen::arbitrary<bool>());
    for (int time = 0; time < 2; ++time) {
      for (const auto& name : names) {
        const std::string recipient = name + "@example.org";
        const Decision decision = decided(recipient, *snapshot, Trace::off);
        const Decision recorded = decided(recipient, *snapshot);
        RC_ASSERT(shown(decision) == shown(recorded));
        // A chain kept for its first obstacle need not be followed to its end.
        const bool is_cut = decision.verdict == Verdict::keep;
        RC_ASSERT(decision.resolution.step_count <= recorded.resolution.step_count);
        RC_ASSERT(is_cut || decision.resolution.step_count == recorded.resolution.step_count);
        RC_ASSERT(decision.resolution.leaves.empty());
      }
    }
  }));
}

TEST_CASE("a chain has the same ends with and without a trace, up to its first obstacle", "[session][model]") {
  CHECK(rc::check([] {
    const World world = *any_world();
    const auto snapshot = modelled_snapshot(world);
    const Primary& primary = snapshot->relay_by_domain.at("example.org")->primary;
    for (const Trace trace : {Trace::off, Trace::until_obstacle}) {
      for (const auto& name : names) {
        const Address recipient = *Address::parse(name + "@example.org");
        const Resolution found = resolve(recipient, primary, *snapshot->host, trace);
        const Resolution recorded = resolve(recipient, primary, *snapshot->host, Trace::on);
        if (trace == Trace::off) RC_ASSERT(shown(found) == shown(recorded));
        // Up to the first obstacle the ends are the same, in the same order.
        const auto is_obstacle = [](const Leaf& leaf) { return leaf.kind != LeafKind::local_mailbox; };
        const auto last = std::ranges::find_if(recorded.leaves, is_obstacle);
        const auto count = static_cast<std::size_t>(last - recorded.leaves.begin()) + (last != recorded.leaves.end());
        Resolution until{{},
                         found.step_count,
                         {recorded.leaves.begin(), recorded.leaves.begin() + static_cast<std::ptrdiff_t>(count)},
                         {}};
        if (trace == Trace::until_obstacle) RC_ASSERT(shown(found) == shown(until));
      }
    }
  }));
}

TEST_CASE("DESIGN 4, split: the replacements of a recipient lead to exactly its ends", "[session][model]") {
  int seen = 0;  // runs that test the property: without any, the result would mean nothing
  CHECK(rc::check([&seen] {
    const World world = *any_world();
    const auto snapshot = modelled_snapshot(world, true);
    for (const auto& name : names) {
      const Decision decision = decided(name + "@example.org", *snapshot);
      if (decision.reason != Reason::split) continue;
      Names targets;
      for (const Address& to : decision.to) targets.push_back(to.key());
      ++seen;
      const Ends ends = ends_of({name + "@example.org"}, world);
      if (!ends.contains(loop)) RC_ASSERT(ends_here(targets, world) == ends);
    }
  }));
  CHECK(seen > 10);
}

TEST_CASE("DESIGN 2.1, 2.3: edits keep every end, additions come first, and no addition is deleted",
          "[session][model]") {
  int seen = 0;  // envelopes with an edit: without any, the result would mean nothing
  CHECK(rc::check([&seen] {
    const World world = *any_world();
    const Names recipients = *any_envelope();
    const Edited result = edited(recipients, modelled_snapshot(world, *rc::gen::arbitrary<bool>()));
    seen += result.added.empty() ? 0 : 1;
    RC_ASSERT(result.additions_first);
    for (const auto& added : result.added) {
      for (const auto& deleted : result.deleted) RC_ASSERT(lower(added) != lower(deleted));
    }
    const Ends ends = ends_here(recipients, world);
    if (ends.contains(loop)) return;
    RC_ASSERT(ends_here(result.recipients, world) == ends);
    // Another milter may have deleted anything meanwhile: replacements must not depend on recipients that stay.
    const Ends owed = ends_here(result.deleted, world);
    const Ends given = ends_here(result.added, world);
    RC_ASSERT(std::ranges::includes(given, owed));
  }));
  CHECK(seen > 10);
}

TEST_CASE("DESIGN 2.1: the order of recipients does not matter, and a second pass changes nothing",
          "[session][model]") {
  int seen = 0;  // envelopes with an edit: without any, the result would mean nothing
  CHECK(rc::check([&seen] {
    const World world = *any_world();
    const Names recipients = *any_envelope();
    const auto snapshot = modelled_snapshot(world, *rc::gen::arbitrary<bool>());
    const Edited first = edited(recipients, snapshot);
    Names turned = recipients;
    std::ranges::reverse(turned);
    const Edited second = edited(turned, snapshot);
    // If two spellings stay, the addition may use either: Postfix's duplicate filter ignores case.
    RC_ASSERT(folded_set(first.added) == folded_set(second.added));
    RC_ASSERT(Ends(first.deleted.begin(), first.deleted.end()) == Ends(second.deleted.begin(), second.deleted.end()));
    const Edited again = edited(first.recipients, snapshot);
    seen += first.added.empty() ? 0 : 1;
    RC_ASSERT(again.added.empty());
    RC_ASSERT(again.deleted.empty());
  }));
  CHECK(seen > 10);
}

}  // namespace shorthop::test
