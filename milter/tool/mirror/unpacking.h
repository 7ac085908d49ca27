// Writes the files of a bundle below a new directory.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "text/diagnostic.h"
#include "tool/mirror/bundle.h"
#include "tool/mirror/bundle_check.h"

namespace shorthop::tool {

/// An error names the bundle or a path; what was written so far stays. Files and directories are readable for
/// everybody who may read the directory `like`, and writable only for their owner.
std::expected<void, Diagnostic> unpack_below(const std::filesystem::path& root, const Bundle& bundle,
                                             const CheckedBundle& checked, const std::filesystem::path& like);

/// The diagnostic for a system call that failed: a temporary error, and the mirror is unchanged.
Diagnostic failed_temporarily(const std::filesystem::path& path, int error);

}  // namespace shorthop::tool
