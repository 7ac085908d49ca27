// The :include: files named in a relay's tables. They are read and parsed when the snapshot is built, so a message sees
// one version, and a recipient never causes a file to be read.
#pragma once

#include <memory>
#include <string>

#include "load/forward_copies.h"
#include "primary/primary.h"
#include "settings/settings.h"
#include "system/file_reader.h"
#include "text/diagnostic.h"

namespace shorthop {

/// Reads, below include-root, the file of each ":include:" in the alias tables, in the .forward files (`forwards` may
/// be null), and in these files themselves. The result has an error in place of a file that is missing, unreadable or
/// rejected by the primary, or whose last line has no line end. There is also a warning. The number of the files and
/// their size are limited: every further file is an error.
std::shared_ptr<const IncludeFiles> include_copies(const RelaySettings& relay, const TableList& aliases,
                                                   const ForwardCopies* forwards, const FileReader& files,
                                                   Diagnostics& warnings);

/// Warns if include-root is not a directory. Then only recipients with an include are kept.
void report_missing_include_root(const RelaySettings& relay, Diagnostics& warnings);

}  // namespace shorthop
