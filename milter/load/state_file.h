// Files in the directory of the setting `state`, which the daemon reads again after a restart.
#pragma once

#include <string>
#include <string_view>

#include "system/file_reader.h"
#include "system/write_file.h"

namespace shorthop {

/// The text of the file; empty if there is none, if it cannot be read, or if `directory` is empty.
std::string remembered_text(const std::string& directory, const std::string& name, const FileReader& files);

/// Writes the file as a whole; nothing if `directory` is empty. After a failure, for example because the directory does
/// not exist, the next start finds no text, or an older one.
[[nodiscard]] Written remember_text(const std::string& directory, const std::string& name, std::string_view text);

/// Removes the file, if there is one.
[[nodiscard]] Written forget_text(const std::string& directory, const std::string& name);

}  // namespace shorthop
