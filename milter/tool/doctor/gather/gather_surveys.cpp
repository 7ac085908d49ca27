// Follows the aliases of each relay for shorthop check: the keys of its tables, and where each of them ends.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "mail/international.h"
#include "postfix/postfix_tables.h"
#include "session/decision.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "tool/doctor/gather/gather.h"
#include "tool/doctor/unasked_key.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t max_recipients = 200'000;  // of one relay: a sufficient sample, in well under a minute

/// Follows the aliases of one relay as recipients, up to a limit of number and time.
class RelaySurvey {
 public:
  RelaySurvey(const Relay& relay, const RelaySettings& settings, const HostFacts& facts, Clock::time_point deadline)
      : relay_(relay), facts_(facts), deadline_(deadline) {
    result_.relay = relay.name;
    result_.file = settings.file;
    for (const std::string& domain : settings.domains.value) {
      if (relay.primary.rules.local_domains.matches(domain, no_deadline).value_or(false)) local_domain_ = domain;
      if (!local_domain_.empty()) break;
    }
  }

  SurveyFacts run(const RelaySettings& settings) && {
    walk(relay_.primary.virtual_aliases, KeyRole::virtual_alias, [this](std::string_view key) { add_virtual(key); });
    walk(relay_.primary.aliases, KeyRole::local_alias, [this](std::string_view key) { add_name(key); });
    add_forwards(settings.forward_files.value);
    if (is_cut_) result_.not_surveyed.push_back(fmt::format("only {} aliases were followed", survey_.recipients()));
    result_.recipients = survey_.recipients();
    result_.rewritten = survey_.rewritten();
    for (const auto& [reason, count] : survey_.kept()) result_.kept.emplace(reason, count);
    result_.ends = survey_.ends();
    result_.missing = survey_.missing();
    return std::move(result_);
  }

 private:
  template <class Use>
  void walk(const TableList& tables, KeyRole role, Use use) {
    for (const auto& table : tables.tables()) {
      const KeyContext context{role, relay_.primary.profile, is_database(table->name())};
      const auto take = [&](std::string_view key, std::string_view, std::uint32_t line) {
        if (is_asked(key, line, *table, context)) use(key);
      };
      if (table->each_entry(take)) continue;
      // If the table has no copy here, postmap(1) must not be asked: this host may have a table of the same name.
      if (const Lookup answer = table->find(LookupKey("postmaster")); !answer) {
        result_.not_surveyed.push_back(answer.error().text());
        continue;
      }
      // postmap(1) may list a table that cannot list its own keys.
      const std::string directory = facts_.postfix ? facts_.postfix->facts.directory : "/etc/postfix";
      const auto keys = SystemPostfixTables(directory).keys(table->name());
      if (!keys) {
        result_.not_surveyed.push_back(fmt::format("{}: {}", table->name(), keys.error()));
        continue;
      }
      for (const std::string& key : *keys) take(key, {}, 0);
    }
  }

  /// Whether the table is a database that postmap(1) or another program made from a text.
  static bool is_database(std::string_view table) {
    const TableType* type = type_of_table(table);
    return type != nullptr && !type->suffix.empty();
  }

  /// Whether the key can match a recipient. If not, adds the entry to `unasked`, unless postalias(1) made it.
  bool is_asked(std::string_view key, std::uint32_t line, const Table& table, const KeyContext& context) {
    constexpr std::size_t enough = 1000;  // more than anybody reads
    if (context.is_database && is_added_by_postalias(key)) return false;
    auto reason = why_never_asked(key, context);
    if (!reason && context.role == KeyRole::virtual_alias && is_column_name(key)) {
      const auto found = table.find(folded_utf8(key));
      if (found && *found && is_head_line(key, (*found)->value)) {
        reason = UnaskedReason{"is the name of a column", "export the table without its header line"};
      }
    }
    if (!reason) return true;
    if (result_.unasked.size() < enough) {
      result_.unasked.push_back({std::string(key), table.name(), line, reason->what, reason->fix});
    }
    return false;
  }

  bool is_enough() {
    is_cut_ = is_cut_ || survey_.recipients() >= max_recipients || Clock::now() > deadline_;
    return is_cut_;
  }

  void add(const std::string& text) {
    const auto address = Address::parse(text);
    if (!address || is_enough() || facts_.snapshot->relay_for(*address) != &relay_) return;
    if (facts_.snapshot->host->maps_to_another_address(*address, no_deadline).value_or(false)) {
      result_.mapped_here.push_back(address->internal());
    } else if (survey_.is_new(*address)) {
      follow(*address);
    }
  }

  /// The daemon's own decision, as if the tables were fresh; their age is reported elsewhere.
  void follow(const Address& recipient) {
    Budget budget;
    const Decision decision = decide_address(recipient, *facts_.snapshot, {relay_.newest.time, Trace::on, budget});
    const bool is_kept = decision.verdict == Verdict::keep;
    for (const Leaf& leaf : decision.resolution.leaves) note_domain(leaf);
    result_.aliases.push_back(recipient.external());
    survey_.add(recipient, decision.resolution, is_kept ? name_of(decision.reason) : std::string_view());
  }

  /// Records a domain of this host that an alias leads to.
  void note_domain(const Leaf& leaf) {
    const auto address = Address::parse(leaf.address);
    if (!address || std::ranges::find(result_.domains_here, address->a_label_domain()) != result_.domains_here.end())
      return;
    if (!facts_.snapshot->host->is_local_domain(address->key_domain(), no_deadline).value_or(false)) return;
    result_.domains_here.emplace_back(address->a_label_domain());
  }

  /// virtual(5): user@domain, or user for the primary's own domains; @domain is not a recipient.
  void add_virtual(std::string_view key) {
    const std::size_t at = key.rfind('@');
    if (at == 0) return;
    if (at != key.npos) {
      add(std::string(key));
    } else if (!key.contains('.')) {  // else it is the entry of a domain
      add_name(key);
    }
  }

  void add_name(std::string_view name) {
    const bool is_owner = starts_with_folded(name, "owner-");
    if (!local_domain_.empty() && !is_owner) add(fmt::format("{}@{}", name, local_domain_));
  }

  void add_forwards(const std::string& pattern) {
    if (pattern.empty() || !pattern.ends_with("/%u")) return;
    std::error_code error;
    for (fs::directory_iterator entry(fs::path(pattern).parent_path(), error), end; !error && entry != end;
         entry.increment(error)) {
      add_name(entry->path().filename().string());
    }
  }

  const Relay& relay_;
  const HostFacts& facts_;
  Clock::time_point deadline_;
  std::string local_domain_;
  Survey survey_;
  SurveyFacts result_;
  bool is_cut_ = false;
};

}  // namespace

void gather_surveys(HostFacts& facts, std::chrono::seconds limit) {
  if (!facts.snapshot) return;
  const auto deadline = Clock::now() + limit;
  for (const RelaySettings& settings : facts.settings->relays) {
    const auto found = facts.snapshot->relay_by_domain.find(settings.domains.value.front());
    if (found == facts.snapshot->relay_by_domain.end()) continue;
    RelaySurvey survey(*found->second, settings, facts, deadline);
    facts.surveys.push_back(std::move(survey).run(settings));
  }
}

}  // namespace shorthop::tool
