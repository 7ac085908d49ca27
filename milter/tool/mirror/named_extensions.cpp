#include "tool/mirror/named_extensions.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "mail/address.h"
#include "mail/international.h"
#include "primary/sendmail/sendmail_rules.h"
#include "session/refutations.h"

namespace shorthop::tool {
namespace {

class ExtensionCollector {
 public:
  ExtensionCollector(const RelaySettings& settings, std::string_view delimiters)
      : settings_(settings), delimiters_(delimiters) {}

  void add_primary(const Primary& primary) {
    for (const TableList* tables : {&primary.virtual_aliases, &primary.aliases}) add(*tables);
    add_address_tables(primary.address_tables);
    if (primary.sendmail != nullptr) add(primary.sendmail->access);
    if (primary.forwards) add_forwards(*primary.forwards);
  }

  void add(const TableList& tables) {
    const auto use = [this](std::string_view key, std::string_view, std::uint32_t) { add_key(key); };
    for (const auto& table : tables.tables()) {
      if (!is_of_srs(*table) && !table->each_entry(use)) {
        set_unknown(fmt::format("the entries of {} cannot be listed", table->name()));
      }
    }
  }

  /// A wildcard may stand for a part of an extension. The pattern "*" for the whole local part does not.
  void add_excluded(const std::string& pattern) {
    const std::string_view local_part = std::string_view(pattern).substr(0, pattern.rfind('@') + 1);
    if (local_part == "*@") return;
    if (local_part.find_first_of("*?[") != local_part.npos) {
      return set_unknown(fmt::format("exclude has the pattern {}", pattern));
    }
    if (!local_part.empty()) add_key(pattern);
  }

  void add_key(std::string_view key) {
    const std::string_view written = key.substr(0, key.rfind('@'));
    const std::string name = folded_utf8(unquoted_local_part(written).value_or(std::string(written)));
    for (std::size_t at = name.find_first_of(delimiters_, 1); at != name.npos;
         at = name.find_first_of(delimiters_, at + 1)) {
      result_.texts.insert(name.substr(at));
    }
  }

  NamedExtensions take() && { return std::move(result_); }

 private:
  /// Tables of recipients are left out: for smtpd(8), a name in them is known with every extension.
  void add_address_tables(const AddressTables& from) {
    for (const TableList* tables : {&from.recipient_access, &from.recipient_canonical, &from.canonical,
                                    &from.recipient_bcc, &from.transport, &from.relocated, &from.generic}) {
      add(*tables);
    }
    if (from.smtpd_aliases) add(*from.smtpd_aliases);
    if (from.behind_filter != nullptr) add_address_tables(*from.behind_filter);
  }

  /// local(8) looks for .forward+a_b if the extension is a#b (postconf(5) forward_expansion_filter).
  void add_forwards(const ForwardFiles& forwards) {
    for (const std::string& name : forwards.extended_names) {
      add_key(name);
      const std::size_t at = name.find_first_of(delimiters_, 1);
      if (at != name.npos && name.find('_', at) != name.npos) {
        set_unknown(fmt::format("the file .forward of {} is for several extensions", name));
      }
    }
  }

  /// A table of srs-tables has SRS addresses only, for which `shorthop tables` prints no entries.
  bool is_of_srs(const Table& table) const {
    return std::ranges::find(settings_.srs_tables, table.name(), &TableName::text) != settings_.srs_tables.end();
  }

  void set_unknown(std::string why) {
    if (result_.not_known.empty()) result_.not_known = std::move(why);
  }

  const RelaySettings& settings_;
  std::string_view delimiters_;
  NamedExtensions result_;
};

}  // namespace

NamedExtensions named_extensions(const Relay& relay, const RelaySettings& settings, const Snapshot& snapshot,
                                 std::string_view delimiters) {
  ExtensionCollector collector(settings, delimiters);
  collector.add_primary(relay.primary);
  for (const TableList* tables : snapshot.host->tables_for_client_recipients()) collector.add(*tables);
  for (const std::string& pattern : relay.excluded) collector.add_excluded(pattern);
  if (snapshot.refutations != nullptr) {
    for (const Refutation& refuted : snapshot.refutations->all()) collector.add_key(refuted.recipient);
  }
  return std::move(collector).take();
}

}  // namespace shorthop::tool
