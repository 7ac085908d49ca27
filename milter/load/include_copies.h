// The :include: files that a relay's tables name, read and parsed when the snapshot is built: a message sees one version,
// and no recipient makes anybody read a file.
#pragma once

#include <memory>
#include <string>

#include "load/forward_copies.h"
#include "primary/primary.h"
#include "settings/settings.h"
#include "system/file_reader.h"
#include "text/diagnostic.h"

namespace shorthop {

/// The files behind every ":include:" in the alias tables, in .forward files (null: there are none) and in these files
/// themselves, from below include-root. One that is missing, cannot be read, is refused by the primary or whose last line
/// is not terminated is an error in the result, and a warning. Bounded in number and size: beyond it every further file
/// is an error.
std::shared_ptr<const IncludeFiles> include_copies(const RelaySettings& relay, const TableList& aliases,
                                                   const ForwardCopies* forwards, const FileReader& files,
                                                   Diagnostics& warnings);

}  // namespace shorthop
