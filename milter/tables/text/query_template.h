// The query of an SQL or LDAP table and the format of its result, with %s, %u, %d and so on. Source: mysql_table(5),
// "QUERY" and result_format; Postfix global/db_common.c.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace shorthop {

class QueryTemplate {
 public:
  /// Escapes a text for use between the quotes of a query.
  using Quote = std::function<std::string(std::string_view)>;

  /// The error is a sentence: a '%' with an unknown letter.
  static std::expected<QueryTemplate, std::string> parse(std::string query, std::string result_format);

  /// Whether the query contains any part of the key.
  bool depends_on_key() const { return depends_on_key_; }

  /// nullopt if the key lacks a part that the query or the result format needs: then the key is absent.
  std::optional<std::string> query_for(std::string_view key, const Quote& quote) const;

  /// Appends one value, after a comma unless it is the first. False if the value is skipped: it is empty, or lacks a
  /// part that the result format needs.
  bool append_value(std::string_view value, std::string_view key, std::string& result) const;

 private:
  struct Parts;
  std::optional<std::string> scan(std::string_view text, bool is_query);
  bool has_needed_parts(const Parts& key) const;

  std::string query_;
  std::string result_format_;
  bool depends_on_key_ = false;
  bool needs_key_user_ = false;
  bool needs_key_domain_ = false;
  bool needs_value_user_ = false;
  bool needs_value_domain_ = false;
  std::size_t labels_ = 0;  ///< how many labels the key's domain must have
};

}  // namespace shorthop
