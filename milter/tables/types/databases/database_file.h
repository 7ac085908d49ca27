// What the openers of hash:, btree:, lmdb:, cdb: and sqlite: share: a copy of the file, or the messages if there is
// none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tables/types.h"
#include "tables/types/databases/database_reader.h"

namespace shorthop {

/// A private copy of a file of the table, or nothing and the reason in the request's problems.
std::optional<DatabaseCopy> copy_database(const OpenRequest& request, const std::string& file);
/// A private copy of the file with the table's data.
inline std::optional<DatabaseCopy> copy_database(const OpenRequest& request) {
  return copy_database(request, request.file);
}

/// Returns null, and reports that the file is not valid for the library.
std::shared_ptr<const Table> damaged_database(const OpenRequest& request, std::string_view what);

/// Returns null, and reports that this program was built without the library.
std::shared_ptr<const Table> missing_library(const OpenRequest& request, std::string_view library);

}  // namespace shorthop
