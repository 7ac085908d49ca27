// Writes the files of a bundle below a new directory.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "text/diagnostic.h"
#include "tool/mirror/bundle.h"
#include "tool/mirror/bundle_check.h"

namespace shorthop::tool {

/// The error has the bundle or a path as its place. What was written so far stays. Files and directories are readable
/// for those who may read the directory `like`, and writable for nobody else.
std::expected<void, Diagnostic> unpack_below(const std::filesystem::path& root, const Bundle& bundle,
                                             const CheckedBundle& checked, const std::filesystem::path& like);

/// A failed system call, as an error that another try may not have; nothing was changed.
Diagnostic failed_for_now(const std::filesystem::path& path, int error);

}  // namespace shorthop::tool
