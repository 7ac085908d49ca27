// Files in the directory of the setting `state`, which the daemon reads again after a restart.
#pragma once

#include <string>
#include <string_view>

#include "system/file_reader.h"

namespace shorthop {

/// The text of the file; empty if there is none, if it cannot be read, or if `directory` is empty.
std::string remembered_text(const std::string& directory, const std::string& name, const FileReader& files);

/// Writes the file as a whole; false if that failed, or if `directory` is empty or does not exist. A failure is not an
/// error: the next start then finds no text, or an older one.
bool remember_text(const std::string& directory, const std::string& name, std::string_view text);

}  // namespace shorthop
