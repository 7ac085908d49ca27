// Random alias graphs, and a model of the delivery of mail in them: a plain recursion over virtual(5) and aliases(5),
// independent of the program's code.
#pragma once

#include <rapidcheck.h>

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace shorthop::test {

using Names = std::vector<std::string>;
using Ends = std::set<std::string>;
using Graph = std::map<std::string, Names, std::less<>>;

/// The primary's tables. Keys are "name@example.org" in virtual_aliases, and "name" in aliases.
struct World {
  Graph virtual_aliases;
  Graph aliases;
};

inline void showValue(const World& world, std::ostream& out) {
  for (const auto* graph : {&world.virtual_aliases, &world.aliases}) {
    for (const auto& [key, targets] : *graph) {
      out << key << " ->";
      for (const auto& target : targets) out << ' ' << target;
      out << '\n';
    }
  }
}

inline const Names names = {"a", "b", "c", "d", "e", "f", "g"};

/// Mostly names and local mailboxes, so that many chains are long and many are provable.
inline rc::Gen<std::string> target(bool special) {
  std::vector<std::pair<std::size_t, rc::Gen<std::string>>> choices;
  choices.emplace_back(8,
                       rc::gen::map(rc::gen::elementOf(names), [](std::string name) { return name + "@example.org"; }));
  choices.emplace_back(2, rc::gen::elementOf(names));
  choices.emplace_back(8, rc::gen::element<std::string>("user@example.com", "ann@example.com", "bob@example.com"));
  choices.emplace_back(1, rc::gen::element<std::string>("nobody@example.com", "someone@example.net"));
  if (special)
    choices.emplace_back(1, rc::gen::element<std::string>("\"|command\"", "/var/file", ":include:/list", "\\a"));
  // With a small size the range would only give its smallest numbers.
  const auto pick = rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(0, special ? 20 : 19));
  return rc::gen::mapcat(pick, [choices](std::size_t at) {
    std::size_t i = 0;
    for (; at >= choices[i].first; ++i) at -= choices[i].first;
    return choices[i].second;
  });
}

inline rc::Gen<Graph> graph(const Names& keys, bool special) {
  const auto targets = rc::gen::resize(3, rc::gen::nonEmpty(rc::gen::container<Names>(target(special))));
  return rc::gen::container<Graph>(rc::gen::elementOf(keys), targets);
}

inline Names virtual_keys() {
  Names keys;
  for (const auto& name : names) keys.push_back(name + "@example.org");
  keys.emplace_back("@example.org");
  keys.emplace_back("user@example.com");
  return keys;
}

inline Names alias_keys() {
  Names keys = names;
  keys.emplace_back("owner-a");
  return keys;
}

inline rc::Gen<World> any_world() {
  return rc::gen::construct<World>(rc::gen::resize(5, graph(virtual_keys(), false)),
                                   rc::gen::resize(7, graph(alias_keys(), true)));
}

/// The end of a chain that runs in a cycle. virtual(5) ends some cycles (an address expands into itself once, in the
/// order of its list). The model does not: it gives up, and the tests skip this case.
inline const std::string loop = "?loop";

class Model {
 public:
  explicit Model(const World& world) : world_(world) {}

  /// Where the mail is delivered; "?..." if it is unknown or not a delivery.
  Ends ends_of(const std::string& address) {
    Ends ends;
    enter(address, 0, ends);
    return ends;
  }

 private:
  static constexpr int too_deep = 60;

  void enter(const std::string& address, int depth, Ends& ends) {
    if (depth > too_deep || ++steps_ > 20'000) {
      ends.insert(loop);
      return;
    }
    const auto* targets = find_virtual(address);
    if (targets == nullptr) return route(address, depth, ends);
    for (const auto& written : *targets) {
      const std::string next = written.contains('@') ? written : written + "@example.org";
      if (next == address) {
        route(address, depth, ends);
      } else {
        enter(next, depth + 1, ends);
      }
    }
  }

  const Names* find_virtual(const std::string& address) const {
    const std::string catch_all = address.substr(address.find('@'));
    for (const auto& key : {address, catch_all}) {
      if (const auto found = world_.virtual_aliases.find(key); found != world_.virtual_aliases.end())
        return &found->second;
    }
    return nullptr;
  }

  void route(const std::string& address, int depth, Ends& ends) {
    const std::size_t at = address.find('@');
    const std::string name = address.substr(0, at);
    const std::string domain = address.substr(at + 1);
    if (domain == "example.org") return deliver(name, "", depth, ends);
    const bool is_known = domain == "example.com" && (name == "user" || name == "ann" || name == "bob");
    ends.insert(is_known ? address : "?" + address);
  }

  void deliver(const std::string& name, const std::string& from, int depth, Ends& ends) {
    const auto found = world_.aliases.find(name);
    if (depth > too_deep || ++steps_ > 20'000) {
      ends.insert(loop);
    } else if (name == from || found == world_.aliases.end()) {
      ends.insert("?mailbox of " + name);
    } else if (world_.aliases.contains("owner-" + name)) {
      ends.insert("?owner of " + name);
    } else {
      for (const auto& written : found->second) follow(written, name, depth + 1, ends);
    }
  }

  void follow(const std::string& written, const std::string& from, int depth, Ends& ends) {
    if (std::string("\"/:\\").contains(written.front())) {
      ends.insert("?" + written);
    } else if (!written.contains('@')) {
      deliver(written, from, depth, ends);
    } else if (written.ends_with("@example.org")) {
      deliver(written.substr(0, written.find('@')), from, depth, ends);
    } else {
      enter(written, depth, ends);
    }
  }

  const World& world_;
  int steps_ = 0;
};

}  // namespace shorthop::test
