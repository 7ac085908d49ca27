#include "tables/types/backends.h"

namespace shorthop {

std::optional<DatabaseCopy> copy_database(const std::string& file, Diagnostics& problems) {
  auto copy = DatabaseCopy::of(file);
  if (copy) return std::move(*copy);
  const bool missing = copy.error().error_class == ErrorClass::missing;
  problems.push_back({file, 0, "cannot read the table: " + copy.error().what,
                      missing ? "is the path right, was postmap(1) run, and may this user read it?" : "",
                      Severity::error, copy.error().error_class});
  return std::nullopt;
}

std::shared_ptr<const Table> damaged_database(const std::string& file, std::string_view what, Diagnostics& problems) {
  problems.push_back({file, 0, "the table is damaged or of another type: " + std::string(what),
                      "build it again with postmap(1) or postalias(1)", Severity::error, ErrorClass::data});
  return nullptr;
}

std::shared_ptr<const Table> missing_library(std::string name, std::string_view library, Diagnostics& problems) {
  problems.push_back({std::move(name), 0, "this program was built without " + std::string(library),
                      "build it with " + std::string(library) + ", or give the table as text:", Severity::error,
                      ErrorClass::settings});
  return nullptr;
}

}  // namespace shorthop
