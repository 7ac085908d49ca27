// sqlite: tables. Each look-up opens the database read-only, so that a file that was replaced is seen; answers are
// kept as for all live tables. Without SQLite, or with a parameter that is not known here: by this host's postmap(1).
// Source: sqlite_table(5), Postfix global/dict_sqlite.c and global/db_common.c.
#include "tables/types.h"

#ifdef SHORTHOP_WITH_SQLITE

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

#include "tables/domain_list.h"
#include "tables/match_list.h"
#include "tables/open.h"
#include "tables/text/query_template.h"
#include "tables/text/table_file.h"
#include "tables/types/backends.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

constexpr std::size_t max_answer = 1 << 20;

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct EndStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, EndStatement>;

/// What a table file of this type says.
struct SqliteParameters {
  std::string dbpath;
  QueryTemplate query;
  std::size_t expansion_limit = 0;  ///< rows; 0: any number
  std::optional<MatchList> domains{};
};

/// Called by SQLite again and again during a query; not 0 ends it.
int is_over(void* deadline) { return std::chrono::steady_clock::now() >= *static_cast<Deadline*>(deadline) ? 1 : 0; }

/// What the text may not do between quotes: end them. Its length is that of the text, as SQLite's own %q would stop at
/// a NUL.
std::string quoted_for_sql(std::string_view text) {
  std::string result;
  for (const char c : text) result.append(c == '\'' ? 2 : 1, c);
  return result;
}

LookupFailure failure_of(sqlite3* database, std::string_view doing) {
  const int code = sqlite3_errcode(database);
  const std::string what = fmt::format("{}: {}", doing, printable(sqlite3_errmsg(database), 200));
  return {what, code == SQLITE_INTERRUPT ? FailureKind::timeout : FailureKind::unavailable};
}

class SqliteTable final : public Table {
 public:
  SqliteTable(const OpenRequest& request, SqliteParameters parameters)
      : Table(request.table.text()),
        parameters_(std::move(parameters)),
        answers_(request.backends.answers(request.table.text())) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    const std::string asked(key.folded);
    if (asked.contains('\0')) return failed({"a key with a NUL cannot be looked up", FailureKind::bad_data});
    if (!is_utf8(asked)) return std::nullopt;  // as in dict_sqlite_lookup()
    const auto is_here = has_domain_of(asked, deadline);
    if (!is_here) return failed(is_here.error());
    const auto query = *is_here ? parameters_.query.query_for(asked, quoted_for_sql) : std::nullopt;
    if (!query) return std::nullopt;
    Lookup answer = answers_->find(asked, deadline,
                                   [&](const std::string& text, Deadline last) { return ask(text, *query, last); });
    return answer ? answer : failed(answer.error());
  }

 private:
  Lookup failed(const LookupFailure& failure) const {
    return std::unexpected(LookupFailure{name() + ": " + failure.what, failure.kind});
  }

  /// sqlite_table(5) domain: only addresses with a local part and one of these domains are looked up, so no "@domain"
  /// (db_common_check_domain()).
  std::expected<bool, LookupFailure> has_domain_of(const std::string& key, Deadline deadline) const {
    if (!parameters_.domains) return true;
    const std::size_t at = key.rfind('@');
    if (at == key.npos || at == 0) return false;
    return parameters_.domains->matches(std::string_view(key).substr(at + 1), deadline);
  }

  Lookup ask(const std::string& key, const std::string& query, Deadline deadline) const {
    sqlite3* opened = nullptr;
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    const int error = sqlite3_open_v2(parameters_.dbpath.c_str(), &opened, flags, nullptr);
    const Database database(opened);
    if (error != SQLITE_OK)
      return std::unexpected(
          LookupFailure{fmt::format("cannot open {}: {}", printable(parameters_.dbpath, 200), sqlite3_errstr(error))});
    constexpr int instructions = 1000;  // between two looks at the clock
    sqlite3_progress_handler(opened, instructions, is_over, &deadline);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    sqlite3_busy_timeout(opened, static_cast<int>(std::clamp<long long>(left.count(), 0, 60'000)));
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(opened, query.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
      return std::unexpected(failure_of(opened, "the query"));
    }
    const Statement statement(prepared);
    return rows_of(key, opened, prepared);
  }

  Lookup rows_of(const std::string& key, sqlite3* database, sqlite3_stmt* statement) const {
    std::string result;
    std::size_t rows = 0;
    int state = SQLITE_DONE;
    while (statement != nullptr && (state = sqlite3_step(statement)) == SQLITE_ROW) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      if (text == nullptr || !parameters_.query.append_value(text, key, result)) continue;
      if (parameters_.expansion_limit > 0 && ++rows > parameters_.expansion_limit) {
        return std::unexpected(LookupFailure{"the key has more rows than expansion_limit", FailureKind::bad_data});
      }
      if (result.size() > max_answer) return std::unexpected(LookupFailure{"the answer is too long"});
    }
    if (state != SQLITE_DONE) return std::unexpected(failure_of(database, "the query"));
    if (!is_utf8(result)) return std::unexpected(LookupFailure{"the answer is not UTF-8", FailureKind::bad_data});
    if (result.empty()) return std::nullopt;
    return Entry{std::move(result), 0};
  }

  const SqliteParameters parameters_;
  const std::shared_ptr<LiveAnswers> answers_;
};

std::string take(TableParameters& parameters, std::string_view name, std::string otherwise = {}) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::move(otherwise) : std::move(parameters.extract(found).mapped());
}

/// The list of sqlite_table(5) domain: names, files and tables.
MatchList domains_of(const std::string& list, const OpenRequest& request) {
  MatchList domains;
  for (const DomainPattern& pattern : domain_patterns("domain", list, request.files)) {
    if (pattern.kind == DomainPattern::Kind::name) {
      domains.add_name(folded(pattern.text), !pattern.is_excluded);
      continue;
    }
    std::shared_ptr<const Table> table;
    if (pattern.kind == DomainPattern::Kind::table) {
      table = open_table(pattern.text, TextFormat::virtual5, request.files, request.backends, request.problems);
    }
    if (table != nullptr) {
      domains.add_table(std::move(table), !pattern.is_excluded);
    } else {
      domains.add_failure({fmt::format("domain: {} cannot be read", printable(pattern.text, 200))});
    }
  }
  return domains;
}

/// Without a query, it is made of the four old parameters.
std::expected<std::string, std::string> take_query(TableParameters& parameters) {
  std::string query = take(parameters, "query");
  std::array<std::string, 3> old;
  std::ranges::transform(std::array{"table", "select_field", "where_field"}, old.begin(),
                         [&](const char* name) { return take(parameters, name); });
  const std::string conditions = take(parameters, "additional_conditions");
  if (!query.empty()) return query;
  if (std::ranges::any_of(old, &std::string::empty)) return std::unexpected("there is no query");
  return fmt::format("SELECT {} FROM {} WHERE {}='%s' {}", old[1], old[0], old[2], conditions);
}

std::expected<SqliteParameters, std::string> read_parameters(TableParameters& parameters, const OpenRequest& request) {
  auto query = take_query(parameters);
  if (!query) return std::unexpected(query.error());
  auto parsed = QueryTemplate::parse(std::move(*query), take(parameters, "result_format", "%s"));
  if (!parsed) return std::unexpected(parsed.error());
  SqliteParameters result{.dbpath = take(parameters, "dbpath"), .query = std::move(*parsed)};
  if (result.dbpath.empty()) return std::unexpected("there is no dbpath");
  const std::string limit = take(parameters, "expansion_limit", "0");
  const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), result.expansion_limit);
  if (error != std::errc() || end != limit.data() + limit.size()) {
    return std::unexpected(fmt::format("expansion_limit: {} is not a number", excerpt(limit)));
  }
  const std::string domain = take(parameters, "domain");
  if (!domain.empty()) result.domains = domains_of(domain, request);
  return result;
}

std::shared_ptr<const Table> refuse_sqlite(const OpenRequest& request, std::uint32_t line, std::string what) {
  request.problems.push_back({{request.file, line}, std::move(what), {}, Severity::error, ErrorClass::data});
  return nullptr;
}

}  // namespace

std::shared_ptr<const Table> open_sqlite(const OpenRequest& request) {
  if (request.file.empty()) return open_postmap(request);  // its parameters are in main.cf
  const auto text = request.table_file();
  if (!text) return refuse_sqlite(request, 0, "cannot read the table: " + text.error().what);
  auto parameters = parse_table_file(*text);
  if (!parameters) return refuse_sqlite(request, parameters.error().line, parameters.error().what);
  auto known = read_parameters(*parameters, request);
  if (!known) return refuse_sqlite(request, 0, known.error());
  if (!parameters->empty()) return open_postmap(request);
  return std::make_shared<SqliteTable>(request, std::move(*known));
}

}  // namespace shorthop

#else

namespace shorthop {

std::shared_ptr<const Table> open_sqlite(const OpenRequest& request) { return open_postmap(request); }

}  // namespace shorthop

#endif
