#include "load/load_relay.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "load/copied_settings.h"
#include "load/copied_tables.h"
#include "load/forward_copies.h"
#include "load/include_copies.h"
#include "load/mirror/load_mirror.h"
#include "load/mirror/primary_postconf.h"
#include "load/table_opener.h"
#include "tables/open.h"
#include "tables/types.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// Detects truncated copies: the last line of a whole file has a line end.
class WholeFiles final : public FileReader {
 public:
  explicit WholeFiles(const FileReader& files) : files_(files) {}

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    auto text = files_.read(path);
    if (text && !text->empty() && !text->ends_with('\n') && unterminated_.empty()) unterminated_ = path.native();
    return text;
  }
  FileStamp stamp(const std::filesystem::path& path) const override { return files_.stamp(path); }

  /// The first file whose last line has no line end; empty: there is none.
  const std::string& unterminated() const { return unterminated_; }

 private:
  const FileReader& files_;
  mutable std::string unterminated_;
};

/// Reports settings that have no meaning with the profile.
void report_unused(const RelaySettings& settings, Diagnostics& problems) {
  const auto report = [&](std::string_view name, const Located<std::string>& setting, std::string_view fix) {
    if (setting.value.empty()) return;
    problems.push_back({setting.origin, fmt::format("{} has no meaning with this profile", name), std::string(fix),
                        Severity::error, ErrorClass::settings});
  };
  const Profile profile = settings.profile.value;
  if (profile == Profile::postfix) return;
  report("primary-postconf", settings.primary_postconf, "remove it, and name further domains in primary-domains");
  if (profile == Profile::sendmail) return;
  report("forward-files", settings.forward_files, "remove it: what users forward is in the exported tables");
  report("include-root", settings.include_root, "remove it: the members of lists are in the exported tables");
}

/// virtual(5): a domain with an entry for its name is a virtual alias domain, and aliases(5) does not apply to it.
void report_alias_domains(const TableList& tables, const RelaySettings& settings, Diagnostics& warnings) {
  for (const std::string& domain : settings.primary_domains.value) {
    const auto found = tables.find(domain, no_deadline);
    if (!found || !*found) continue;
    warnings.push_back(
        {{origin_file_of((*found)->table->name()), (*found)->entry.line},
         fmt::format("{} is named in primary-domains, but has an entry as a virtual alias domain", domain),
         fmt::format("remove it from primary-domains, or set primary-postconf in {}", settings.file),
         Severity::warning,
         ErrorClass::data});
  }
}

/// Without the primary's delimiter, user+ext is looked up only as a whole. Then it matches a catch-all, although the
/// primary may find user first. Without a catch-all, user+ext is not found at all, and the recipient is kept.
void report_catch_all(const TableList& tables, const RelaySettings& settings, Diagnostics& warnings) {
  if (settings.recipient_delimiter || !settings.primary_postconf.value.empty()) return;
  for (const std::string& domain : settings.domains.value) {
    const auto found = tables.find("@" + domain, no_deadline);
    if (!found || !*found) continue;
    warnings.push_back(
        {{origin_file_of((*found)->table->name()), (*found)->entry.line},
         fmt::format("@{} takes every user+ext@{} too, because recipient-delimiter is not set", domain, domain),
         fmt::format("set it in {} as it is on the primary; it may be empty", settings.file),
         Severity::warning,
         ErrorClass::settings});
  }
}

/// The tables of a primary that were copied one by one. Any other table that its settings name is not on this host.
class SingleCopies final : public PrimaryFiles {
 public:
  SingleCopies(const RelaySettings& settings, TableOpener& opener, Diagnostics& warnings)
      : settings_(settings), opener_(opener), warnings_(warnings) {}

  std::shared_ptr<const Table> open(const std::string& written, std::string_view parameter) override {
    const auto table = TableName::parse(written);
    if (table && is_whole_in_name(*table)) {
      if (auto opened = opener_.open_or_null(table->text(), TextFormat::virtual5, warnings_)) return opened;
    }
    warnings_.push_back(
        {{settings_.primary_postconf.value, 0},
         fmt::format("the primary's {} names {}, which is not on this host: recipients "
                     "that may be in it are kept",
                     parameter, printable(written, 100)),
         "set mirror, which has every table; or, if no domain of the relay or of this host needs this table, "
         "remove it from this file",
         Severity::warning,
         ErrorClass::data});
    return failing_table(table ? table->text() : written, "this table of the primary is not on this host",
                         FailureKind::not_mirrored);
  }
  void read_as_aliases(const std::vector<std::string>&) override {}
  const FileReader& reader() const override { return no_files_; }
  bool is_mirror() const override { return false; }

 private:
  struct NoFiles final : FileReader {
    std::expected<std::string, ReadFailure> read(const std::filesystem::path&) const override {
      return std::unexpected(ReadFailure{ReadFailure::Kind::missing, "it is on the primary"});
    }
  };

  const RelaySettings& settings_;
  TableOpener& opener_;
  Diagnostics& warnings_;
  NoFiles no_files_;
};

/// A copy that the primary's settings do not name: its entries are uncertain, other keys are absent.
class UnlistedCopy final : public Table {
 public:
  explicit UnlistedCopy(std::shared_ptr<const Table> copy)
      : Table(copy->name(), copy->changed()), copy_(std::move(copy)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    const Lookup found = copy_->find(key, deadline);
    if (found && !*found) return std::nullopt;
    return failure("the primary's list does not name this table", FailureKind::not_mirrored);
  }
  std::optional<std::size_t> entries() const override { return copy_->entries(); }

 private:
  std::shared_ptr<const Table> copy_;
};

/// Loads one relay; the members are filled step by step.
class RelayLoader {
 public:
  RelayLoader(const RelaySettings& settings, const FileReader& files, Backends& backends)
      : settings_(settings), tracked_(files, result_.files), whole_(tracked_), opener_(whole_, backends) {}

  LoadedRelay load() && {
    result_.relay = std::make_shared<Relay>();
    copy_settings(settings_, *result_.relay);
    primary().profile = settings_.profile.value;
    primary().arrives_here.insert(settings_.arrives_here.begin(), settings_.arrives_here.end());
    report_unused(settings_, result_.diagnostics);
    PrimaryFacts facts = read_facts();
    open_tables(facts);
    read_forwards();
    read_includes();
    count_entries();
    result_.live_tables = opener_.live_tables();
    // Beyond this point nothing reads a file.
    if (primary().profile == Profile::postfix) report_doubtful_settings();
    primary().rules = std::move(facts.rules);
    primary().address_tables = std::move(facts.address_tables);
    primary().senders = std::move(facts.senders);
    primary().not_followed = std::move(facts.not_followed);
    if (!facts.unproven.empty()) primary().unproven = std::move(facts.unproven.front());
    if (!whole_.unterminated().empty()) {
      result_.torn = fmt::format("{}: the last line has no newline: the copy may be incomplete", whole_.unterminated());
    }
    return std::move(result_);
  }

 private:
  Primary& primary() { return result_.relay->primary; }

  PrimaryFacts read_facts() {
    const Located<std::string>& path = settings_.primary_postconf;
    if (path.value.empty() || settings_.profile.value != Profile::postfix) return facts_without_postconf(settings_);
    const auto text = whole_.read(path.value);
    if (text) {
      SingleCopies copies(settings_, opener_, result_.diagnostics);
      return facts_from_postconf({path.value, *text, std::nullopt}, settings_, copies, result_.diagnostics);
    }
    PrimaryFacts facts = facts_without_postconf(settings_);
    facts.unproven.push_back({fmt::format("{}: {}", path.value, text.error().what), FailureKind::not_mirrored});
    result_.diagnostics.push_back(
        {{path.value, 0},
         fmt::format("{}: every recipient of this relay is kept", text.error().what),
         fmt::format("run `postconf -n` on the primary and put its output there, or remove primary-postconf from {}",
                     path.origin.text()),
         Severity::error,
         ErrorClass::missing});
    return facts;
  }

  void open_tables(const PrimaryFacts& facts) {
    const bool is_sendmail = primary().profile == Profile::sendmail;
    primary().virtual_aliases = listed(settings_.virtual_alias_maps, facts.virtual_alias_maps, "virtual_alias_maps",
                                       is_sendmail ? TextFormat::virtusertable : TextFormat::virtual5);
    primary().aliases = listed(settings_.alias_maps, facts.alias_maps, "alias_maps",
                               is_sendmail ? TextFormat::sendmail_aliases : TextFormat::aliases5);
    if (!settings_.mailboxes.value.empty()) {
      primary().mailboxes = opener_.open(settings_.mailboxes, TextFormat::first_word, result_.diagnostics);
    }
  }

  /// Whether the copy is read in the format of the original: postalias(1) reads "name: targets", and texthash: reads
  /// "name targets" (DATABASE_README).
  static bool is_read_alike(const ListedTable& table) {
    const auto has_own_format = [](const std::optional<TableName>& name) {
      const TableType* type = name ? find_table_type(name->type) : nullptr;
      return type != nullptr && type->own_format.has_value();
    };
    return has_own_format(TableName::parse(table.primary_name)) == has_own_format(table.copy);
  }

  /// The tables of alias_maps without primary-postconf: tables of patterns fail every look-up.
  TableList without_patterns(const LocatedTables& copies) {
    std::vector<std::shared_ptr<const Table>> tables;
    for (const TableName& copy : copies.value) {
      tables.push_back(is_pattern_table(copy)
                           ? pattern_of_names(copies, copy)
                           : opener_.open_one(copy, copies, TextFormat::aliases5, result_.diagnostics));
    }
    return TableList(std::move(tables));
  }

  /// smtpd(8) looks up the whole address (local_recipient_maps), and refuses it if the only match is a pattern for the
  /// bare name. Only a mirror has the tables that show this, so here a pattern table of aliases fails.
  std::shared_ptr<const Table> pattern_of_names(const LocatedTables& copies, const TableName& copy) {
    result_.diagnostics.push_back(
        {copies.origin,
         printable(copy.text(), 100) + ": the primary may refuse names that match only this table of patterns: "
                                       "recipients that may be in it are kept",
         "set mirror, whose tables show which names the primary accepts", Severity::warning, ErrorClass::data});
    return failing_table(copy.text(), "only a mirror shows whether smtpd(8) of the primary knows its names",
                         FailureKind::not_mirrored);
  }

  /// The tables of a list in the primary's order, if known; a table without a copy fails every look-up.
  TableList listed(const LocatedTables& copies, const std::optional<std::vector<std::string>>& primary,
                   std::string_view parameter, TextFormat format) {
    const bool is_postfix = settings_.profile.value == Profile::postfix;
    if (settings_.primary_postconf.value.empty() || !is_postfix) {
      return is_postfix && format == TextFormat::aliases5 ? without_patterns(copies)
                                                          : opener_.open(copies, format, result_.diagnostics);
    }
    if (!primary) return with_unknown_default(copies, parameter, format);
    const ListedTables matched = match_copies(*primary, copies.value);
    std::vector<std::shared_ptr<const Table>> tables;
    for (const TableName& copy : matched.left_over) {
      report_left_over(copies, copy, parameter);
      tables.push_back(std::make_shared<UnlistedCopy>(opener_.open_one(copy, copies, format, result_.diagnostics)));
    }
    for (const ListedTable& table : matched.tables) tables.push_back(open_listed(table, copies, parameter, format));
    return TableList(std::move(tables));
  }

  std::shared_ptr<const Table> open_listed(const ListedTable& table, const LocatedTables& copies,
                                           std::string_view parameter, TextFormat format) {
    const bool are_aliases = format == TextFormat::aliases5;
    if (table.copy && are_aliases && is_pattern_table(*table.copy)) return pattern_of_names(copies, *table.copy);
    if (table.copy && (!are_aliases || is_read_alike(table))) {
      return opener_.open_one(*table.copy, copies, format, result_.diagnostics);
    }
    report_missing(copies, table.primary_name, parameter);
    return failing_table(table.primary_name, "this table of the primary is not on this host",
                         FailureKind::not_mirrored);
  }

  /// The tables of a parameter that primary-postconf does not have, and whose default is not the same in every Postfix.
  TableList with_unknown_default(const LocatedTables& copies, std::string_view parameter, TextFormat format) {
    std::vector<std::shared_ptr<const Table>> tables;
    for (const TableName& copy : copies.value) {
      tables.push_back(opener_.open_one(copy, copies, format, result_.diagnostics));
    }
    tables.push_back(failing_table(std::string(parameter),
                                   "it is not in primary-postconf, and its default is not known",
                                   FailureKind::not_mirrored));
    if (!copies.value.empty()) {
      result_.diagnostics.push_back({{settings_.primary_postconf.value, 0},
                                     fmt::format("{} is not set, and its default is not the same in every Postfix: "
                                                 "recipients that may be aliases are kept",
                                                 parameter),
                                     fmt::format("add the line that `postconf {}` prints on the primary", parameter),
                                     Severity::warning,
                                     ErrorClass::data});
    }
    return TableList(std::move(tables));
  }

  void report_missing(const LocatedTables& copies, const std::string& table, std::string_view parameter) {
    result_.diagnostics.push_back(
        {copies.origin.file.empty() ? Origin{settings_.file, 0} : copies.origin,
         fmt::format("the primary's {} names {}, which has no copy here: recipients that may be in it are kept",
                     parameter, printable(table, 100)),
         "copy it under the same file name, and name the copy here", Severity::warning, ErrorClass::data});
  }

  void report_left_over(const LocatedTables& copies, const TableName& table, std::string_view parameter) {
    result_.diagnostics.push_back(
        {copies.origin,
         fmt::format("{} is not a copy of a table in the primary's {}: recipients that it names are kept",
                     printable(table.text(), 100), parameter),
         "give the copy the file name that the table has on the primary, or remove it here", Severity::warning,
         ErrorClass::data});
  }

  void read_forwards() {
    if (settings_.forward_files.value.empty()) return;
    const TableList* mailboxes = primary().mailboxes ? &*primary().mailboxes : nullptr;
    forwards_ = forward_copies(settings_, mailboxes, tracked_, result_.diagnostics);
    primary().forwards = ForwardFiles{settings_.forward_files.value, forwards_, forwards_->extended_names()};
  }

  void read_includes() {
    if (settings_.include_root.value.empty()) return;
    report_missing_include_root(settings_, result_.diagnostics);
    primary().includes = include_copies(settings_, primary().aliases, forwards_.get(), tracked_, result_.diagnostics);
  }

  void count_entries() {
    std::vector<const TableList*> lists = {&primary().virtual_aliases, &primary().aliases};
    if (primary().mailboxes) lists.push_back(&*primary().mailboxes);
    for (const TableList* list : lists) {
      for (const auto& table : list->tables()) {
        result_.entries[table->name()] = table->entries();
      }
    }
    if (forwards_ == nullptr) return;
    std::size_t forwards = 0;
    forwards_->each_text([&](std::string_view) { ++forwards; });
    result_.entries[settings_.forward_files.value] = forwards;
  }

  void report_doubtful_settings() {
    if (settings_.primary_postconf.value.empty()) {
      report_alias_domains(primary().virtual_aliases, settings_, result_.diagnostics);
    }
    report_catch_all(primary().virtual_aliases, settings_, result_.diagnostics);
  }

  const RelaySettings& settings_;
  LoadedRelay result_;
  TrackedFiles tracked_;
  WholeFiles whole_;
  TableOpener opener_;
  std::shared_ptr<const ForwardCopies> forwards_;
};

}  // namespace

LoadedRelay load_relay(const RelaySettings& settings, const FileReader& files, Backends& backends) {
  if (!settings.mirror.value.empty()) return load_mirror(settings, files, backends);
  return RelayLoader(settings, files, backends).load();
}

NewestData newest_data_of(const LoadedRelay& data) {
  using SystemTime = std::chrono::system_clock::time_point;
  DataFiles files = data.files;
  files.remove(data.parameters_file);
  const Primary& primary = data.relay->primary;
  const FileStamp::Time now = std::chrono::system_clock::now();
  std::vector<const TableList*> lists;
  if (!data.is_stamped) lists = {&primary.virtual_aliases, &primary.aliases};
  if (!data.is_stamped && primary.mailboxes) lists.push_back(&*primary.mailboxes);
  for (const TableList* list : lists) {
    for (const auto& table : list->tables()) files.remove(file_of_live_table(*table));
  }
  auto newest = files.newest(now);
  for (const TableList* list : lists) {
    for (const auto& table : list->tables()) {
      const auto& changed = table->changed();
      const bool is_newer = changed && is_plausible(*changed, now) && (!newest || *changed > newest->modified);
      if (is_newer) newest = {origin_file_of(table->name()), *changed};
    }
  }
  if (newest) return {std::chrono::time_point_cast<SystemTime::duration>(newest->modified), newest->path};
  return {files.has_regular_file() ? SystemTime() : SystemTime::max(), {}};
}

}  // namespace shorthop
