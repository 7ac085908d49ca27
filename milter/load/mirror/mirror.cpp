#include "load/mirror/mirror.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "load/copied_tables.h"
#include "load/mirror/mirror_tables.h"
#include "load/mirror/primary_parameters.h"
#include "tables/open.h"
#include "tables/text/logical_lines.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/lines.h"

namespace shorthop {
namespace {

/// Whether the name of the table has other tables in braces (DATABASE_README).
bool is_made_of_tables(const TableName& table) {
  const TableType* type = find_table_type(table.type);
  return type != nullptr && type->is_composed;
}

bool has_logical_line(std::string_view text) {
  LogicalLine line;
  return LogicalLines(text).next(line);
}

/// Whether a database has less than half of the entries of its text. postmap(1) writes a database in place, so a copy
/// that is made meanwhile may be a valid file that lacks entries.
bool lacks_entries_of(const Table& database, const Table* text) {
  const auto here = database.entries();
  const auto wanted = text == nullptr ? std::nullopt : text->entries();
  return here && wanted && *here < *wanted - *wanted / 2;
}

}  // namespace

MirrorFiles::MirrorFiles(MirrorDirectory mirror, const FileReader& files, TableOpener& opener, Diagnostics& warnings)
    : directory_(std::move(mirror)),
      files_(files),
      rooted_(files, directory_ / "files"),
      counted_(rooted_),
      opener_(opener),
      warnings_(warnings) {
  manifest_ = read_manifest(files_, directory_ / "manifest");
}

void MirrorFiles::read_as_aliases(const std::vector<std::string>& tables) {
  for (const std::string& text : tables) {
    if (auto table = TableName::parse(text)) aliases_.insert(std::move(table->name));
  }
}

void MirrorFiles::read_as_sendmail() {
  table_format_ = TextFormat::virtusertable;
  alias_format_ = TextFormat::sendmail_aliases;
}

std::shared_ptr<const Table> MirrorFiles::open(const std::string& written, std::string_view parameter) {
  const auto table = TableName::parse(written);
  const std::string name = table ? table->text() : written;
  if (parameter == "recipient_canonical_maps" && srs_tables_.contains(name)) return srs_table(name);
  const auto known = opened_.find(name);
  if (known != opened_.end()) return known->second;
  // If the `domain` of the table's file leads back to the table, open() is called for it again and finds this entry.
  opened_[name] = failing_table(name, "its domain leads to itself", FailureKind::not_mirrored);
  const bool is_removed = written == removed_value;
  Opened found = table        ? find(*table, parameter)
                 : is_removed ? std::unexpected("the value of a parameter is not in the mirror")
                              : std::unexpected("it is not of the form type:name");
  if (found && *found == nullptr) found = std::unexpected("it cannot be read");
  std::shared_ptr<const Table> result = found.value_or(nullptr);
  if (!found) {
    result = failing_table(name, found.error(), FailureKind::not_mirrored);
    warnings_.push_back({{directory_.root.native(), 0},
                         fmt::format("the primary's {} names {}: {}; recipients that may be in it are kept", parameter,
                                     printable(name, 100), found.error()),
                         std::string(fix_of_missing(written)),
                         Severity::warning,
                         ErrorClass::missing,
                         Subject::mirror});
  }
  opened_[name] = result;
  return result;
}

MirrorFiles::Opened MirrorFiles::find(const TableName& table, std::string_view parameter) {
  if (is_made_of_tables(table)) return joined(table, parameter);
  if (auto found = listed(table)) return std::move(*found);
  const TableType* type = find_table_type(table.type);
  if (table.type == "unix") {
    if (table.text() != users_table) return std::unexpected("its accounts are not listed in the mirror");
    auto all = users();
    return all ? all : users_with_forward_files(directory_ / "forward");
  }
  const TextFormat format = format_of(table, parameter);
  if (is_whole_in_name(table)) return open_here(table, format);
  if (type == nullptr || !type->has_path)
    return std::unexpected(fmt::format("listed/{} is not in the mirror", printable(table.text(), 100)));
  const auto has_file = [this](const std::string& path) { return rooted_.local_path(path).has_value(); };
  const auto read = redirect_at_primary(table, main_cf_, has_file);
  return read ? rooted(*read, format) : std::unexpected(read.error());
}

std::shared_ptr<const Table> MirrorFiles::users() {
  if (auto found = listed(*TableName::parse(users_table))) return found->value_or(nullptr);
  const auto passwd = rooted_.local_path("/etc/passwd");
  return passwd ? open_here({"text", *passwd}, TextFormat::first_word) : nullptr;
}

/// "unionmap:{ table, table }" and "pipemap:{ table, table }".
MirrorFiles::Opened MirrorFiles::joined(const TableName& table, std::string_view parameter) {
  const auto inside = inside_braces(table.name);
  if (!inside) return std::unexpected(inside.error());
  std::vector<std::shared_ptr<const Table>> members;
  for (const std::string& member : list_items(*inside)) {
    const auto name = TableName::parse(member);
    if (name && is_made_of_tables(*name)) return std::unexpected("a union or pipe within another is not followed");
    members.push_back(open(member, parameter));
  }
  if (members.empty()) return std::unexpected("it has no table");
  return table.type == "pipemap" ? pipe_table(table.text(), std::move(members))
                                 : union_table(table.text(), std::move(members));
}

std::optional<MirrorFiles::Opened> MirrorFiles::listed(const TableName& table) const {
  const RootedFiles listings(files_, directory_ / "listed");
  const auto path = listings.local_path(table.text());
  if (!path) {
    if (path.error().kind == ReadFailure::Kind::missing) return std::nullopt;
    return std::unexpected(fmt::format("listed/{}: {}", printable(table.text(), 100), path.error().what));
  }
  const auto text = files_.read(*path);
  if (!text) return std::unexpected(fmt::format("{}: {}", *path, text.error().what));
  const auto has_separator = [](std::string_view line) { return line.contains('\t') || line.contains(' '); };
  if (!text->empty() && (!text->ends_with('\n') || !std::ranges::all_of(lines_of(*text), has_separator))) {
    return std::unexpected(fmt::format("{}: a line is incomplete, or is not a key, a tab and a value", *path));
  }
  const bool is_complete = manifest_.enumerable.contains(table.text());
  return listed_table(table.text(), *text, is_complete, files_.stamp(*path).modified, manifest_.expires);
}

/// The format of the text of a table. Values that are addresses are checked; other values may be anything.
TextFormat MirrorFiles::format_of(const TableName& table, std::string_view parameter) const {
  constexpr std::array of_addresses = std::to_array<std::string_view>(
      {"virtual_alias_maps", "canonical_maps", "recipient_canonical_maps", "sender_canonical_maps"});
  if (aliases_.contains(table.name)) return alias_format_;
  const bool has_addresses = std::ranges::find(of_addresses, parameter) != of_addresses.end();
  return has_addresses || table_format_ != TextFormat::virtual5 ? table_format_ : TextFormat::texthash;
}

MirrorFiles::Opened MirrorFiles::rooted(const TableName& table, TextFormat format) {
  const TableType& type = *find_table_type(table.type);
  if (type.is_live && !table.name.starts_with('/')) return named_in_main_cf(table);
  if (!table.name.starts_with('/')) return std::unexpected("its name is not an absolute path");
  const auto text = rooted_.local_path(table.name);
  const std::string made = table.name + std::string(type.suffix);
  const auto database =
      type.suffix.empty() ? std::unexpected(ReadFailure{ReadFailure::Kind::missing, {}}) : rooted_.local_path(made);
  for (const auto* path : {&text, &database}) {
    if (!*path && path->error().kind != ReadFailure::Kind::missing) return std::unexpected(path->error().what);
  }
  if (!text && !database)
    return std::unexpected(fmt::format("files{} is not in the mirror", printable(table.name, 100)));
  // Its text may have changed since the database was made.
  if (!database && manifest_.not_copied.contains(made)) return std::unexpected("its database was not copied");
  if (type.is_live) return live_from_file(table, text.value_or(""));
  if (!type.holds_entries()) return open_here({table.type, text.value_or("")}, format);
  return database_or_text(table, database.value_or(""), text.value_or(""), format);
}

/// A database that is a live table; `path`: its table file on this host.
MirrorFiles::Opened MirrorFiles::live_from_file(const TableName& table, const std::string& path) {
  const auto text = files_.read(path);
  if (!text) return std::unexpected(text.error().what);
  return live_from_text({table.type, path}, *text, "files" + table.name);
}

/// "ldap:aliases" has the parameters aliases_server_host and so on.
MirrorFiles::Opened MirrorFiles::named_in_main_cf(const TableName& table) {
  const std::string prefix = table.name + '_';
  TableParameters parameters;
  for (const auto& [name, written] : main_cf_.explicit_values()) {
    if (!name.starts_with(prefix)) continue;
    // Many of Postfix's own parameters have the prefix of `ldap:virtual`, such as virtual_alias_maps.
    if (is_own_name(name) && !is_table_parameter(name.substr(prefix.size()))) continue;
    auto value = main_cf_.expanded(name);
    if (!value) return std::unexpected(fmt::format("{}: {} is not known", name, value.error()));
    if (value->contains('\n')) return std::unexpected(name + " has more than one line");
    parameters[name.substr(prefix.size())] = std::move(*value);
  }
  if (parameters.empty())
    return std::unexpected(fmt::format("postconf has no parameters {}...", printable(prefix, 60)));
  const std::string place = "postconf:" + table.name;
  return live_from_text({table.type, (directory_ / place).native()}, table_file_text(parameters), place);
}

/// `table`: its name on this host. `place`: where its parameters are in the mirror.
MirrorFiles::Opened MirrorFiles::live_from_text(const TableName& table, std::string_view table_file,
                                                const std::string& place) {
  const auto find_copy = [this](const std::string& path) -> std::optional<std::string> {
    auto here = rooted_.local_path(path);
    return here ? std::optional(std::move(*here)) : std::nullopt;
  };
  auto here = adapt_table_file(table.type, table_file, overrides_, find_copy, rooted_);
  if (!here) return std::unexpected(here.error());
  if (first_live_.empty()) first_live_ = table.text();
  OpenOptions options{.instead_of_file = std::move(here->text),
                      .kept_as = table.type + ':' + (directory_.named / place).native(),
                      .copies_database = here->copies_database};
  if (here->names_tables_of_primary) {
    options.open_of_primary = [&](const std::string& name) { return open(name, "domain of " + table.text()); };
  }
  const auto first_new = static_cast<std::ptrdiff_t>(warnings_.size());
  if (auto opened = opener_.open_instead(table, std::move(options), warnings_)) return opened;
  const auto why =
      std::ranges::find(warnings_.begin() + first_new, warnings_.end(), Severity::warning, &Diagnostic::severity);
  return std::unexpected("it cannot be asked from this host" + (why == warnings_.end() ? "" : ": " + why->what));
}

/// `database` and `text`: their paths on this host; empty: the mirror lacks the file.
MirrorFiles::Opened MirrorFiles::database_or_text(const TableName& table, const std::string& database,
                                                  const std::string& text, TextFormat format) {
  const TableType& type = *find_table_type(table.type);
  const bool is_source_text = type.holds_entries() && !type.own_format;
  const TableName text_table{is_source_text ? "text" : table.type, text};
  if (database.empty()) {
    auto opened = open_here(text_table, format);
    // The text may be one for postmap(1), because a table of alias_maps may also be in virtual_alias_maps.
    if (is_source_text && format == TextFormat::aliases5 && opened != nullptr && opened->entries() == 0 &&
        has_logical_line(files_.read(text).value_or(std::string()))) {
      return std::unexpected("its text does not have the form of aliases(5), so only its database shows its entries");
    }
    return opened;
  }
  const std::string path = database.substr(0, database.size() - type.suffix.size());
  auto opened = type.open == nullptr ? nullptr : open_here({table.type, path}, format);
  if (opened != nullptr && text.empty()) return opened;
  const bool is_text_newer = files_.stamp(text).modified > files_.stamp(database).modified;
  if (opened != nullptr) {
    auto source = open_here(text_table, format);
    if (!is_text_newer && lacks_entries_of(*opened, source.get())) {
      return std::unexpected(
          "its database has less than half of the entries of its text, although the text is not newer: the database "
          "may have been copied while it was being written");
    }
    return with_lines_of(std::move(opened), std::move(source));
  }
  if (text.empty()) return std::unexpected("its database cannot be read");
  if (is_text_newer) {
    return std::unexpected("its database cannot be read, and its text is newer");
  }
  return open_here(text_table, format);
}

/// Null, with a warning, if the file cannot be read.
std::shared_ptr<const Table> MirrorFiles::open_here(const TableName& table, TextFormat format) {
  return opener_.open_or_null(table.text(), format, warnings_);
}

}  // namespace shorthop
