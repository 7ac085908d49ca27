// The tables of a mirror of a primary (DESIGN 5), by the names that the primary's settings give them.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/mirror/adapted_table_file.h"
#include "load/mirror/manifest.h"
#include "load/mirror/mirror_directory.h"
#include "load/mirror/parameter_values.h"
#include "load/mirror/primary_files.h"
#include "load/table_opener.h"
#include "system/file_reader.h"
#include "text/diagnostic.h"

namespace shorthop {

/// The tables of a mirror: listed/TYPE:NAME, or files/ with the table's own path. If there is a database, its entries
/// are used; the text beside it gives line numbers.
class MirrorFiles final : public PrimaryFiles {
 public:
  MirrorFiles(MirrorDirectory mirror, const FileReader& files, TableOpener& opener, Diagnostics& warnings);

  std::shared_ptr<const Table> open(const std::string& table, std::string_view parameter) override;
  void read_as_aliases(const std::vector<std::string>& tables) override;
  /// Makes open() read texts in the formats of Sendmail's makemap(8) and newaliases(1).
  void read_as_sendmail();
  const FileReader& reader() const override { return counted_; }
  bool is_mirror() const override { return true; }

  const Manifest& manifest() const { return manifest_; }
  /// Every table that was opened, by the name that the settings give it. A table that cannot be read fails every
  /// look-up.
  using Tables = std::map<std::string, std::shared_ptr<const Table>, std::less<>>;
  const Tables& opened() const { return opened_; }
  /// The lists that reader() has read, such as /etc/postfix/domains, and how many items each has.
  const std::map<std::string, std::size_t, std::less<>>& lists() const { return counted_.counts(); }
  /// The first live table of a database; empty: there is none.
  const std::string& first_live() const { return first_live_; }

  /// How this host reaches the databases that the mirror's table files name.
  void ask_with(TableOverrides overrides) { overrides_ = std::move(overrides); }

  /// Makes these tables of recipient_canonical_maps the tables of an SRS daemon (srs_table()).
  void declare_srs_tables(const std::vector<TableName>& tables) {
    for (const TableName& table : tables) srs_tables_.insert(table.text());
  }

  /// The primary's main.cf, for databases whose parameters are in it (ldap_table(5), "main.cf parameters").
  void read_parameters(Parameters main_cf) { main_cf_ = ParameterValues(std::move(main_cf)); }

  /// The users of the primary (users_table); null: the mirror has no list of them.
  std::shared_ptr<const Table> users();

 private:
  /// The error says why the table cannot be used. Null: it cannot be read, and the warnings already say why.
  using Opened = std::expected<std::shared_ptr<const Table>, std::string>;

  Opened find(const TableName& table, std::string_view parameter);
  Opened joined(const TableName& table, std::string_view parameter);
  std::optional<Opened> listed(const TableName& table) const;
  TextFormat format_of(const TableName& table, std::string_view parameter) const;
  Opened rooted(const TableName& table, TextFormat format);
  Opened named_in_main_cf(const TableName& table);
  Opened live_from_file(const TableName& table, const std::string& path);
  Opened live_from_text(const TableName& table, std::string_view table_file, const std::string& place);
  Opened database_or_text(const TableName& table, const std::string& database, const std::string& text,
                          TextFormat format);
  std::shared_ptr<const Table> open_here(const TableName& table, TextFormat format);

  MirrorDirectory directory_;
  const FileReader& files_;
  RootedFiles rooted_;
  CountedFiles counted_;
  TableOpener& opener_;
  Diagnostics& warnings_;
  TableOverrides overrides_;
  std::set<std::string, std::less<>> srs_tables_;
  ParameterValues main_cf_;
  Manifest manifest_;                           ///< empty if there is none
  std::set<std::string, std::less<>> aliases_;  ///< paths of tables whose text has the form of aliases(5)
  TextFormat table_format_ = TextFormat::virtual5;
  TextFormat alias_format_ = TextFormat::aliases5;
  Tables opened_;
  std::string first_live_;
};

}  // namespace shorthop
