#include "tables/types.h"

#include <algorithm>
#include <array>

#include "text/items.h"

namespace shorthop {
namespace {

constexpr auto mysql_own = std::to_array<std::string_view>(
    {"user", "password", "dbname", "charset", "option_file", "option_group", "tls_key_file", "tls_cert_file",
     "tls_CAfile", "tls_CApath", "tls_ciphers", "tls_verify_cert"});
constexpr auto pgsql_own = std::to_array<std::string_view>({"user", "password", "dbname", "encoding"});
constexpr auto ldap_own = std::to_array<std::string_view>(
    {"bind", "bind_dn", "bind_pw", "version", "search_base", "timeout", "dereference", "start_tls", "tls_ca_cert_file",
     "tls_ca_cert_dir", "tls_cert", "tls_key", "tls_require_cert", "tls_random_file", "tls_cipher_suite"});

constexpr std::array rows = {
    TableType{.name = "text",
              .open = open_text,
              .has_path = true,
              .meaning = "the source text itself, so that every decision can name its line: aliases(5) under "
                         "`alias-maps`, virtual(5) under `virtual-alias-maps`, the first word of each line under "
                         "`local-recipients` and `mailboxes`."},
    TableType{.name = "texthash",
              .open = open_text,
              .has_path = true,
              .is_listable = true,
              .own_format = TextFormat::texthash,
              .meaning = "a text file of keys and values in the format of virtual(5), whichever setting names it."},
    TableType{.name = "inline",
              .open = open_inline,
              .is_listable = true,
              .meaning = "the entries are in the name: `inline:{ {KEY=VALUE}, {KEY=VALUE} }`."},
    TableType{.name = "static",
              .open = open_static,
              .is_constant = true,
              .meaning = "the rest of the name is the value of every key."},
    TableType{.name = "unix",
              .open = open_unix,
              .is_live = true,
              .meaning = "`unix:passwd.byname` and `unix:group.byname`: the users and groups of this host."},
    TableType{.name = "hash",
              .open = open_hash,
              .has_path = true,
              .suffix = ".db",
              .is_listable = true,
              .meaning = "a Berkeley DB hash file that postmap(1) or postalias(1) made; the path is without `.db`."},
    TableType{.name = "btree",
              .open = open_btree,
              .has_path = true,
              .suffix = ".db",
              .is_listable = true,
              .meaning = "a Berkeley DB btree file that postmap(1) or postalias(1) made; the path is without `.db`."},
    TableType{.name = "lmdb",
              .open = open_lmdb,
              .has_path = true,
              .suffix = ".lmdb",
              .is_listable = true,
              .meaning = "an LMDB file that postmap(1) or postalias(1) made; the path is without `.lmdb`."},
    TableType{.name = "cdb",
              .open = open_cdb,
              .has_path = true,
              .suffix = ".cdb",
              .meaning = "a tinycdb file that postmap(1) or postalias(1) made; the path is without `.cdb`."},
    TableType{.name = "pcre",
              .open = open_pcre,
              .has_path = true,
              .is_pattern = true,
              .encloses_patterns = true,
              .meaning = "patterns, see pcre_table(5)."},
    TableType{.name = "regexp",
              .open = open_regexp,
              .has_path = true,
              .is_pattern = true,
              .encloses_patterns = true,
              .meaning = "patterns, see regexp_table(5)."},
    TableType{.name = "cidr",
              .open = open_cidr,
              .has_path = true,
              .is_pattern = true,
              .meaning = "networks, see cidr_table(5)."},
    TableType{.name = "sqlite",
              .open = open_sqlite,
              .has_path = true,
              .is_live = true,
              .database_parameter = "dbpath",
              .meaning = "SQLite; the path names a parameter file, see sqlite_table(5)."},
    TableType{.name = "mysql",
              .open = open_mysql,
              .has_path = true,
              .is_live = true,
              .servers_parameter = "hosts",
              .own_parameters = mysql_own,
              .meaning = "MySQL or MariaDB; the path names a parameter file, see mysql_table(5)."},
    TableType{.name = "pgsql",
              .open = open_pgsql,
              .has_path = true,
              .is_live = true,
              .servers_parameter = "hosts",
              .own_parameters = pgsql_own,
              .meaning = "PostgreSQL; the path names a parameter file, see pgsql_table(5)."},
    TableType{.name = "ldap",
              .open = open_ldap,
              .has_path = true,
              .is_live = true,
              .servers_parameter = "server_host",
              .own_parameters = ldap_own,
              .meaning = "an LDAP directory; the path names a parameter file, see ldap_table(5)."},
    // Asked through this host's postmap(1).
    TableType{.name = "dbm",
              .open = open_postmap,
              .has_path = true,
              .suffix = ".pag",
              .is_listable = true,
              .meaning = "a dbm file that postmap(1) made; the path is without `.pag`."},
    TableType{.name = "sdbm",
              .open = open_postmap,
              .has_path = true,
              .suffix = ".pag",
              .is_listable = true,
              .meaning = "an sdbm file that postmap(1) made; the path is without `.pag`."},
    TableType{.name = "mongodb",
              .open = open_postmap,
              .has_path = true,
              .is_live = true,
              .meaning = "MongoDB; the path names a parameter file, see mongodb_table(5)."},
    TableType{.name = "memcache",
              .open = open_postmap,
              .has_path = true,
              .is_live = true,
              .meaning = "memcached; the path names a parameter file, see memcache_table(5)."},
    TableType{.name = "nis", .open = open_nis, .is_live = true, .meaning = "a NIS map, such as `nis:mail.aliases`."},
    TableType{
        .name = "nisplus", .open = open_postmap, .is_live = true, .meaning = "a NIS+ table, see nisplus_table(5)."},
    TableType{.name = "tcp",
              .open = open_postmap,
              .is_live = true,
              .is_pattern = true,
              .is_server = true,
              .meaning = "a server for the protocol of tcp_table(5): `tcp:HOST:PORT`."},
    TableType{.name = "socketmap",
              .open = open_postmap,
              .is_live = true,
              .is_pattern = true,
              .is_server = true,
              .meaning = "a server for the protocol of socketmap_table(5): `socketmap:unix:PATH:NAME`."},
    TableType{.name = "randmap",
              .open = open_postmap,
              .is_live = true,
              .is_pattern = true,
              .is_random = true,
              .meaning = "a random one of the values in the name: `randmap:{VALUE, ...}`. With several values, each "
                         "look-up fails, because the primary may choose another one."},
    TableType{.name = "unionmap",
              .open = open_postmap,
              .is_live = true,
              .is_composed = true,
              .meaning = "the values of all tables in the name that have the key: `unionmap:{TYPE:NAME, ...}`."},
    TableType{.name = "pipemap",
              .open = open_postmap,
              .is_live = true,
              .is_composed = true,
              .meaning = "the value of each table in the name is the key for the next: `pipemap:{TYPE:NAME, ...}`."},
};

}  // namespace

ErrorClass error_class_of(ReadFailure::Kind kind) {
  const bool has_no_input = kind == ReadFailure::Kind::missing || kind == ReadFailure::Kind::denied;
  return has_no_input ? ErrorClass::missing : ErrorClass::data;
}

std::string advice_for(ReadFailure::Kind kind, std::string_view if_missing) {
  switch (kind) {
    case ReadFailure::Kind::missing: return std::string(if_missing);
    case ReadFailure::Kind::denied: return "let this user read it";
    case ReadFailure::Kind::unreadable:
    case ReadFailure::Kind::refused: return {};
  }
  return {};
}

std::shared_ptr<const Table> refuse_unreadable(const OpenRequest& request, const ReadFailure& failure) {
  request.problems.push_back({{request.file.empty() ? request.table.text() : request.file, 0},
                              "cannot read the table: " + failure.what,
                              advice_for(failure.kind, "correct the path"),
                              Severity::error,
                              error_class_of(failure.kind)});
  return nullptr;
}

std::shared_ptr<const Table> refuse_parameters(const OpenRequest& request, std::uint32_t line, std::string what) {
  request.problems.push_back({{request.file, line}, std::move(what), {}, Severity::error, ErrorClass::data});
  return nullptr;
}

std::span<const TableType> table_types() { return rows; }

const TableType* find_table_type(std::string_view name) {
  const auto found = std::ranges::find(rows, name, &TableType::name);
  return found == rows.end() ? nullptr : &*found;
}

const TableType* type_of_table(std::string_view table) {
  const auto name = TableName::parse(table);
  return name ? find_table_type(name->type) : nullptr;
}

bool is_pattern_table(const TableName& table) {
  constexpr int max_nesting = 10;  // of unions; each level copies the rest of the name
  std::optional<TableName> name = table;
  for (int level = 0; name && level < max_nesting; ++level) {
    const TableType* type = find_table_type(name->type);
    if (type == nullptr || !type->is_composed) return type != nullptr && type->is_pattern;
    const auto members = list_items(inside_braces(name->name).value_or(std::string_view()));
    name = members.empty() ? std::nullopt : TableName::parse(members.front());
  }
  return false;
}

std::string supported_table_types() {
  std::string names;
  for (const TableType& type : rows) {
    if (type.open != nullptr) names.append(names.empty() ? "" : ", ").append(type.name);
  }
  return names;
}

std::optional<std::string> file_of_table(const TableName& table) {
  const TableType* type = find_table_type(table.type);
  if (type == nullptr || type->open == nullptr || !type->is_path(table.name)) return std::nullopt;
  return table.name + std::string(type->suffix);
}

std::string file_of_live_table(const Table& table) {
  const auto name = TableName::parse(table.name());
  const TableType* type = type_of_table(table.name());
  if (type == nullptr || !type->is_live) return {};
  return file_of_table(*name).value_or(std::string());
}

}  // namespace shorthop
