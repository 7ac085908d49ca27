#include "tables/types/databases/database_file.h"

namespace shorthop {

std::optional<DatabaseCopy> copy_database(const OpenRequest& request, const std::string& file) {
  auto copy = DatabaseCopy::make(file);
  if (copy) return std::move(*copy);
  DatabaseCopy::Failure& failure = copy.error();
  request.problems.push_back({{file, 0},
                              "cannot read the table: " + failure.what,
                              std::move(failure.fix),
                              Severity::error,
                              failure.error_class});
  return std::nullopt;
}

std::shared_ptr<const Table> damaged_database(const OpenRequest& request, std::string_view what) {
  request.problems.push_back({{request.file, 0},
                              "the table is damaged or of another type: " + std::string(what),
                              "build it again with postmap(1) or postalias(1)",
                              Severity::error,
                              ErrorClass::data});
  return nullptr;
}

std::shared_ptr<const Table> missing_library(const OpenRequest& request, std::string_view library) {
  request.problems.push_back({{request.table.text(), 0},
                              "this program was built without " + std::string(library),
                              "build it with " + std::string(library) + ", or use a text: table",
                              Severity::error,
                              ErrorClass::settings});
  return nullptr;
}

}  // namespace shorthop
