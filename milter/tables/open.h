// Opens a table by Postfix's name for it, "type:name" (DATABASE_README).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "system/file_reader.h"
#include "tables/table.h"
#include "tables/text/text_table.h"
#include "text/diagnostic.h"

namespace shorthop {

class Backends;

/// A table of the type that the name says (tables/types.h); `text_format` is that of text:. Null, with the reason and
/// the fix in `problems`, if the file is missing or unreadable, or if this build does not read the type. Threads and
/// connections are taken from `backends`. `instead_of_file`: see OpenRequest.
std::shared_ptr<const Table> open_table(std::string_view name, TextFormat text_format, const FileReader& files,
                                        Backends& backends, Diagnostics& problems,
                                        std::optional<std::string> instead_of_file = {});

/// A table that fails every look-up with this sentence. It replaces a table that cannot be used, so that recipients
/// that depend on it are kept and all others are not affected.
std::shared_ptr<const Table> failing_table(std::string name, std::string what, FailureKind kind);

}  // namespace shorthop
