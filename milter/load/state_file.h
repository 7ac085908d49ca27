// Files in the directory of the setting `state`, which the daemon reads again after a restart.
#pragma once

#include <string>
#include <string_view>

#include "system/file_reader.h"

namespace shorthop {

/// The text of the file; empty if there is none, if it cannot be read, or if `directory` is empty.
std::string remembered_text(const std::string& directory, const std::string& name, const FileReader& files);

/// Writes it as a whole. Nothing happens if the directory is empty or is not there; a failure is not an error, because the
/// next start then only has nothing to go on with.
void remember_text(const std::string& directory, const std::string& name, std::string_view text);

}  // namespace shorthop
