// Tables and hosts as maps: test doubles for the interfaces of tables/ and primary/.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "primary/local_host.h"
#include "primary/primary.h"
#include "session/snapshot.h"
#include "support/map_table.h"
#include "tables/table.h"

namespace shorthop::test {

/// A table from a map that counts look-ups.
class CountingTable final : public Table {
 public:
  explicit CountingTable(std::map<std::string, std::string, std::less<>> entries)
      : Table("map:counting"), entries_(std::move(entries)) {}
  Lookup find(const LookupKey& key, Deadline deadline) const override {
    ++lookups;
    return entries_.find(key, deadline);
  }
  mutable int lookups = 0;

 private:
  MapTable entries_;
};

inline TableList table_of(std::map<std::string, std::string, std::less<>> entries) {
  return TableList({std::make_shared<MapTable>(std::move(entries))});
}

/// A host that is the destination of example.com and knows the given users.
class FixedHost final : public LocalHost {
 public:
  explicit FixedHost(std::set<std::string, std::less<>> users) : users_(std::move(users)) {}
  std::expected<bool, LookupFailure> is_local_domain(std::string_view domain, Deadline) const override {
    return domain == "example.com";
  }
  std::expected<bool, LookupFailure> is_best_mx(std::string_view) const override {
    if (!mx_failure.empty()) return std::unexpected(LookupFailure{mx_failure, FailureKind::unavailable});
    return best_mx;
  }
  std::expected<bool, LookupFailure> has_mailbox(const Address& recipient, Deadline) const override {
    if (broken) return std::unexpected(LookupFailure{"the users cannot be read", FailureKind::unavailable});
    return users_.contains(recipient.key_local_part());
  }
  std::expected<bool, LookupFailure> maps_to_another_address(const Address& recipient, Deadline) const override {
    return rewritten.contains(recipient.key());
  }
  std::expected<bool, LookupFailure> copies(const Address& recipient, Deadline) const override {
    return copied.contains(recipient.key());
  }
  bool may_merge_with_another(const Address& mailbox, Deadline) const override {
    return aliased.contains(mailbox.key());
  }
  std::optional<Leaf> merging_obstacle(const std::vector<Address>&, Deadline) const override { return std::nullopt; }
  std::optional<Leaf> alias_obstacle(const Address& mailbox, bool is_only_target, Deadline) const override {
    if (aliases_are_unreadable && !is_only_target)
      return Leaf{LeafKind::not_followed, mailbox.external(), "unreadable"};
    const auto found = alias_obstacles.find(mailbox.key());
    if (found == alias_obstacles.end()) return std::nullopt;
    return Leaf{found->second, mailbox.external(), "an alias of this host"};
  }
  std::expected<std::optional<MailRoute>, LookupFailure> route_of(const Address& recipient, Deadline) const override {
    const auto found = routes.find(recipient.key());
    return found == routes.end() ? std::nullopt : std::optional(found->second);
  }
  void add_user(std::string user) { users_.insert(std::move(user)); }
  std::set<std::string, std::less<>> rewritten;
  std::set<std::string, std::less<>> copied;
  std::set<std::string, std::less<>> aliased;                    ///< keys of mailboxes with an alias here
  std::map<std::string, LeafKind, std::less<>> alias_obstacles;  ///< key of a mailbox -> what its alias here leads to
  std::map<std::string, MailRoute, std::less<>> routes;          ///< key of an address -> its entry in transport_maps
  bool aliases_are_unreadable = false;
  bool broken = false;
  bool best_mx = true;
  std::string mx_failure;  ///< why the look-up of MX records fails; empty: it succeeds

 private:
  std::set<std::string, std::less<>> users_;
};

inline Primary primary_of(std::map<std::string, std::string, std::less<>> virtual_aliases,
                          std::map<std::string, std::string, std::less<>> aliases) {
  Primary primary;
  primary.rules.local_domains = {"example.org"};
  primary.rules.myorigin = "example.org";
  primary.virtual_aliases = table_of(std::move(virtual_aliases));
  primary.aliases = table_of(std::move(aliases));
  return primary;
}

inline std::shared_ptr<Snapshot> snapshot_of(Primary primary, Mode mode = Mode::rewrite) {
  Relay relay;
  relay.name = "example.org";
  relay.client_names = {"mail.example.org"};
  relay.client_addresses = {"192.0.2.1"};
  relay.mode = mode;
  relay.primary = std::move(primary);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->relay_by_domain["example.org"] = std::make_shared<const Relay>(std::move(relay));
  snapshot->host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user", "ann", "bob"});
  return snapshot;
}

}  // namespace shorthop::test
