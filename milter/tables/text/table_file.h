// A table file of Postfix: the parameters of a live table, as "name = value" lines (mysql_table(5), ldap_table(5),
// sqlite_table(5)). Source: Postfix util/dict.c, dict_load_fp(); util/split_nameval.c.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace shorthop {

using TableParameters = std::map<std::string, std::string, std::less<>>;

struct BadTableLine {
  std::uint32_t line = 0;
  std::string what;  ///< a sentence
};

/// Of two lines with the same name, the last is used. "$name" in a value is not expanded, as in Postfix.
std::expected<TableParameters, BadTableLine> parse_table_file(std::string_view text);

/// Whether the manual page of mysql:, pgsql:, sqlite: or ldap: names the parameter.
bool is_table_parameter(std::string_view name);

/// The value as a number, which may have a sign; nullopt if it is not an int (Postfix global/cfg_parser.c).
std::optional<int> number_of_parameter(std::string_view value);

/// The parameters as the text of a table file. No value may contain a line end.
std::string table_file_text(const TableParameters& parameters);

}  // namespace shorthop
