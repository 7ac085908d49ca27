// Writes files completely or not at all: the data is on disk before the file gets its name.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "system/descriptor.h"

namespace shorthop {

/// The error is a sentence with the path.
using Written = std::expected<void, std::string>;

/// Creates a file that everybody may read, and its directory. If the file exists already, it is not changed, and an
/// error is returned.
Written create_file(const std::string& path, std::string_view text);

/// Replaces the file of that name, keeping its owner and permissions. If the name is a symbolic link, the file to which
/// it leads is replaced.
Written replace_file(const std::string& path, std::string_view text);

/// Writes the text to the file `copy`, with the owner and permissions of the file `like`. Replaces an existing file.
Written copy_file(const std::string& copy, std::string_view text, const std::string& like);

/// A missing file is not an error.
Written remove_file(const std::string& path);

/// Locks a directory until the descriptor is closed. The error is errno; EWOULDBLOCK: another process has locked it.
std::expected<Descriptor, int> lock_directory(const std::filesystem::path& directory);

/// Writes a directory to the disk, so that a new name in it survives a power failure. Returns errno, or 0. The
/// functions that write a file do this too, and ignore a failure: the file is complete by then.
int sync_directory(const std::filesystem::path& directory);

}  // namespace shorthop
