#include "tables/text/table_file.h"

#include <algorithm>
#include <vector>

#include "tables/text/logical_lines.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/number.h"

namespace shorthop {

std::expected<TableParameters, BadTableLine> parse_table_file(std::string_view text) {
  TableParameters parameters;
  LogicalLines lines(text);
  for (LogicalLine line; lines.next(line);) {
    if (line.is_stray_continuation()) continue;  // util/readlline.c skips it
    const std::size_t equals = line.text.find('=');
    const std::string_view name = trimmed(line.text.substr(0, equals));
    if (equals == line.text.npos) return std::unexpected(BadTableLine{line.number, "expected name = value"});
    if (name.empty() || std::ranges::any_of(name, is_space) || line.text.contains('\0')) {
      return std::unexpected(BadTableLine{line.number, "the name of a parameter is one word"});
    }
    parameters[std::string(name)] = trimmed(line.text.substr(equals + 1));
  }
  return parameters;
}

bool is_table_parameter(std::string_view name) {
  constexpr std::string_view names =
      "additional_conditions bind bind_dn bind_pw cache cache_expiry cache_size charset chase_referrals "
      "dbname dbpath debuglevel dereference domain encoding expansion_limit hosts idle_interval "
      "leaf_result_attribute option_file option_group password query query_filter recursion_limit "
      "require_result_set result_attribute result_filter result_format retry_interval sasl_authz_id "
      "sasl_mechs sasl_minssf sasl_realm scope search_base select_field select_function server_host "
      "server_port size_limit special_result_attribute start_tls table terminal_result_attribute timeout "
      "tls_CAfile tls_CApath tls_ca_cert_dir tls_ca_cert_file tls_cert tls_cert_file tls_cipher_suite "
      "tls_ciphers tls_key tls_key_file tls_random_file tls_require_cert tls_verify_cert user version "
      "where_field";
  const std::vector<std::string> all = list_items(names);
  return std::ranges::find(all, name) != all.end();
}

std::optional<int> number_of_parameter(std::string_view value) {
  if (value.starts_with('+') && !value.starts_with("+-")) value.remove_prefix(1);
  return to_number<int>(value);
}

std::string table_file_text(const TableParameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) text.append(name).append(" = ").append(value).append(1, '\n');
  return text;
}

}  // namespace shorthop
