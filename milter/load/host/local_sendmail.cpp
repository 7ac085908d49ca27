#include "load/host/local_sendmail.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>
#include <variant>

#include "load/mirror/primary_sendmail.h"
#include "load/mirror/sendmail_cf.h"
#include "primary/budget.h"
#include "primary/profiles.h"
#include "tables/open.h"
#include "tables/table_name.h"
#include "tables/types.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

// shorthop's own limits for the aliases of this host; with more, the recipient is kept.
constexpr Limits limits_here = [] {
  Limits limits;
  limits.steps = 100;
  limits.targets = 1000;
  limits.leaves = 100;
  return limits;
}();

/// The maps of this host. Sendmail reads their databases. If the daemon cannot read a database (often only root can),
/// it reads the text, unless the text is newer than the database.
class OwnFiles final : public PrimaryFiles {
 public:
  OwnFiles(const FileReader& files, TableOpener& opener, Diagnostics& warnings)
      : files_(files), opener_(opener), warnings_(warnings) {}

  std::shared_ptr<const Table> open(const std::string& written, std::string_view parameter) override {
    const auto name = TableName::parse(written);
    auto table = name ? found(*name) : nullptr;
    if (table != nullptr) return table;
    warnings_.push_back({{own_sendmail_cf, 0},
                         fmt::format("{}: {} cannot be read, or is not up to date: recipients that lead to this host "
                                     "are kept",
                                     parameter, printable(written, 100)),
                         "let the user of shorthopd read its text and its database, and run makemap or newaliases",
                         Severity::warning,
                         ErrorClass::data,
                         Subject::tables_of_this_host});
    return failing_table(written, written + " of this host cannot be read", FailureKind::not_followed);
  }

  void read_as_aliases(const std::vector<std::string>& tables) override {
    aliases_.insert(tables.begin(), tables.end());
  }
  const FileReader& reader() const override { return files_; }
  bool is_mirror() const override { return false; }

 private:
  /// Null: the entries that Sendmail uses are not known.
  std::shared_ptr<const Table> found(const TableName& name) const {
    const TableType* type = find_table_type(name.type);
    if (type == nullptr || type->suffix.empty()) return nullptr;
    const bool has_aliases = aliases_.contains(name.text());
    const TextFormat format = has_aliases ? TextFormat::sendmail_aliases : TextFormat::virtusertable;
    const FileStamp database = files_.stamp(name.name + std::string(type->suffix));
    const FileStamp text = files_.stamp(name.name);
    // Without a database, Sendmail reads the text of aliases (sendmail/map.c, impl_map_open). If neither file exists,
    // the map counts as an optional one (-o), which is empty.
    const bool is_text_used =
        database.exists ? text.modified <= database.modified : has_aliases && database.is_missing();
    if (database.is_missing() && text.is_missing()) {
      return text_table(name.text(), name.name, "", format, warnings_);
    }
    Diagnostics unreadable;
    auto opened = database.exists ? opener_.open_or_null(name.text(), format, unreadable) : nullptr;
    if (opened != nullptr || !text.exists || !is_text_used) return opened;
    return opener_.open_or_null("text:" + name.name, format, warnings_);
  }

  const FileReader& files_;
  TableOpener& opener_;
  Diagnostics& warnings_;
  std::set<std::string, std::less<>> aliases_;
};

/// The users of this host by their names, out of the tables of local-recipients. An entry is a name, or an address that
/// the virtusertable lacks. A table that is a file of aliases has no users.
class UsersHere final : public Table {
 public:
  UsersHere(const TableList& recipients, const Primary& host, std::vector<std::string> domains)
      : Table("local-recipients"), virtual_users_(host.virtual_aliases), domains_(std::move(domains)) {
    for (const auto& table : recipients.tables()) {
      const auto is_same_file = [&](const auto& other) { return path_of(other->name()) == path_of(table->name()); };
      if (std::ranges::none_of(host.aliases.tables(), is_same_file)) tables_.push_back(table);
    }
  }

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    for (const auto& table : tables_) {
      Lookup found = table->find(key, deadline);
      for (std::size_t i = 0; found && !*found && i < domains_.size(); ++i) {
        const std::string address = fmt::format("{}@{}", key.folded, domains_[i]);
        const auto is_virtual = virtual_users_.contains(address, deadline);
        if (!is_virtual) return std::unexpected(is_virtual.error());
        if (!*is_virtual) found = table->find(LookupKey(address), deadline);
      }
      if (!found || *found) return found;
    }
    return std::nullopt;
  }

 private:
  static std::string_view path_of(std::string_view table) { return table.substr(table.find(':') + 1); }

  TableList virtual_users_;
  std::vector<std::shared_ptr<const Table>> tables_;
  std::vector<std::string> domains_;
};

void warn_of(const std::string& what, Diagnostics& warnings) {
  warnings.push_back({{own_sendmail_cf, 0},
                      what + ": every recipient is kept",
                      {},
                      Severity::warning,
                      ErrorClass::data,
                      Subject::tables_of_this_host});
}

Budget budget_until(Deadline deadline) {
  Budget::Amounts amounts;
  if (deadline == no_deadline) return Budget(amounts);
  const Deadline now = Deadline::clock::now();
  amounts.time = std::max(deadline - now, Deadline::duration::zero());
  Budget budget(amounts);
  budget.start_clock(now);
  return budget;
}

/// Why one end of an expansion is an obstacle; nullopt: it is a delivery on this host.
std::optional<Leaf> obstacle_at(const Leaf& end, const Address& mailbox) {
  const auto with_detail = [&](LeafKind kind, std::string detail) {
    return Leaf{kind, mailbox.external(), std::move(detail)};
  };
  const std::string where = log_field(end.address, 100);
  switch (end.kind) {
    case LeafKind::local_mailbox:
    case LeafKind::primary_mailbox:
    case LeafKind::command_target:
    case LeafKind::file_target: return std::nullopt;
    case LeafKind::loop: return with_detail(end.kind, "aliases of this host lead in a circle, at " + where);
    case LeafKind::lookup_failed: return with_detail(end.kind, end.detail);
    case LeafKind::foreign_target:
    case LeafKind::include_target:
    case LeafKind::owner_alias:
    case LeafKind::unknown_recipient:
    case LeafKind::local_unknown:
    case LeafKind::limit:
    case LeafKind::not_mirrored:
    case LeafKind::not_followed:
    case LeafKind::copied_elsewhere:
    case LeafKind::invalid_address:
      return with_detail(
          LeafKind::not_followed,
          fmt::format("the expansion of {} by this host's Sendmail is not followed ({})", where, name_of(end.kind)));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Primary> local_sendmail(const std::vector<std::string>& local_domains, const TableList& recipients,
                                      const FileReader& files, TableOpener& opener, Diagnostics& warnings) {
  const auto text = files.read(own_sendmail_cf);
  if (!text && text.error().kind == ReadFailure::Kind::missing) return std::nullopt;
  Primary host;
  host.profile = Profile::sendmail;
  if (!text) {
    host.unproven = LookupFailure{fmt::format("{}: {}", own_sendmail_cf, text.error().what), FailureKind::not_followed};
    warn_of(text.error().what, warnings);
    return host;
  }
  RelaySettings own;
  own.domains.value = local_domains;
  const FindCopy read = [&](std::string_view path) { return files.read(path); };
  Diagnostics of_a_primary;  // not reported, because the texts are about a primary
  OwnFiles maps(files, opener, warnings);
  const SendmailCf cf = parse_sendmail_cf(*text);
  SendmailFacts facts = facts_from_sendmail_cf(cf, own_sendmail_cf, own, read, of_a_primary);
  if (std::ranges::find(cf.rules, "check_compat", &CfRule::ruleset) != cf.rules.end()) {
    // Its rules see the sender and the recipient of each delivery; what they do to several recipients is not modelled.
    facts.sendmail.obstacles.push_back({SendmailConcern::every_address, LeafKind::not_followed,
                                        "check_compat of this host may discard mail for some senders"});
  }
  apply_sendmail_facts(std::move(facts), maps, host);
  for (const std::string& domain : host.rules.domains_to_be_listed) host.rules.local_domains.add_name(domain);
  host.rules.domains_to_be_listed.clear();
  host.rules.limits = limits_here;
  host.mailboxes = TableList({std::make_shared<UsersHere>(recipients, host, local_domains)});
  const auto& obstacles = host.sendmail->obstacles;
  if (std::ranges::find(obstacles, SendmailConcern::every_address, &SendmailObstacle::concern) != obstacles.end()) {
    warn_of("a setting concerns every address, and is not followed", warnings);
  }
  return host;
}

// Sendmail expands an added recipient at once. If the expansion leads back to an address that is then deleted, the mail
// is lost (FACTS, Sendmail). Sendmail asks check_rcpt about mail that comes back from the primary, but not about an
// added recipient.
std::optional<Leaf> sendmail_obstacle(const Primary& host, const Address& mailbox, Deadline deadline) {
  Budget budget = budget_until(deadline);
  for (const Expanded::End& end : expand_sendmail(mailbox, host, Trace::off, budget).ends) {
    if (const auto* outbound = std::get_if<Expanded::Outbound>(&end)) {
      return Leaf{LeafKind::loop, mailbox.external(),
                  fmt::format("this host's Sendmail sends it on to {}, which may lead back",
                              log_field(outbound->address.external(), 100))};
    }
    if (auto obstacle = obstacle_at(std::get<Leaf>(end), mailbox)) return obstacle;
  }
  return std::nullopt;
}

bool has_alias_here(const Primary& host, const Address& mailbox, Deadline deadline) {
  Budget budget = budget_until(deadline);
  const Expanded expanded = expand_sendmail(mailbox, host, Trace::off, budget);
  const Leaf* end = expanded.ends.size() == 1 ? std::get_if<Leaf>(&expanded.ends.front()) : nullptr;
  return end == nullptr || end->kind != LeafKind::primary_mailbox || end->address != mailbox.external();
}

bool sends_elsewhere(const Primary& host, const Address& address, Deadline deadline) {
  Budget budget = budget_until(deadline);
  return std::ranges::any_of(expand_sendmail(address, host, Trace::off, budget).ends, [&](const Expanded::End& end) {
    const auto* outbound = std::get_if<Expanded::Outbound>(&end);
    return outbound != nullptr ? outbound->address != address : obstacle_at(std::get<Leaf>(end), address).has_value();
  });
}

}  // namespace shorthop
