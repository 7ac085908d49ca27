// What all SQL tables share: their parameters, the keys that they are asked for, and the value made from the rows.
// Source: mysql_table(5), pgsql_table(5), sqlite_table(5); Postfix global/db_common.c.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "tables/match_list.h"
#include "tables/table.h"
#include "tables/text/query_template.h"
#include "tables/text/table_file.h"
#include "tables/types.h"
#include "tables/types/backends.h"
#include "tables/types/sql/sql_client.h"

namespace shorthop {

/// The parameters that all SQL tables have.
struct SqlQuery {
  QueryTemplate text;
  std::size_t expansion_limit = 0;  ///< values; 0: any number
  std::optional<MatchList> domains{};
};

/// Removes a parameter, and returns its value.
std::string take(TableParameters& parameters, std::string_view name, std::string otherwise = {});
/// As take(), for "yes" and "no"; the error is a sentence.
std::expected<bool, std::string> take_yes_or_no(TableParameters& parameters, std::string_view name, bool otherwise);
/// As take(), for a number; a number below 0 counts as 0.
std::expected<std::size_t, std::string> take_number(TableParameters& parameters, std::string_view name,
                                                    std::string otherwise);

/// Removes the parameters of all SQL tables, and `debuglevel`, which has no effect; the error is a sentence.
/// `function_parameter`: see SqlDialect.
std::expected<SqlQuery, std::string> take_sql_query(TableParameters& parameters, const OpenRequest& request,
                                                    std::string_view function_parameter = {});

/// Makes the value of a key from the values of an answer.
class SqlAnswer final : public SqlRows {
 public:
  SqlAnswer(const SqlQuery& query, std::string_view key) : query_(query), key_(key) {}
  void begin() override;
  bool add(std::optional<std::string_view> value) override;
  /// The result of the look-up, once all values were added.
  Lookup lookup() const;

 private:
  const SqlQuery& query_;
  std::string_view key_;
  std::string result_;
  std::size_t values_ = 0;
};

/// Base of the tables that are asked in SQL. A subclass sends the queries.
class SqlTable : public Table {
 public:
  Lookup find(const LookupKey& key, Deadline deadline) const final;

 protected:
  /// `parameters`: the text of its table file.
  SqlTable(const OpenRequest& request, std::string_view parameters, SqlQuery query);
  const SqlQuery& query() const { return query_; }
  /// Asks the database. The key is UTF-8, without NUL, and has the parts that the query needs.
  virtual Lookup ask(const std::string& key, Deadline deadline) const = 0;

 private:
  const SqlQuery query_;
  const std::shared_ptr<LiveAnswers> answers_;
};

}  // namespace shorthop
