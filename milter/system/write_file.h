// Files written whole or not at all, and on the disk before they take their name.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace shorthop {

/// Why it could not be done: a sentence with the path.
using Written = std::expected<void, std::string>;

/// A new file that everybody may read; a file of that name is an error and stays as it is. Its directory is made.
Written create_file(const std::string& path, std::string_view text);

/// In place of the file of that name, with its owner and permissions.
Written replace_file(const std::string& path, std::string_view text);

/// `copy` gets the text, and owner and permissions of `like`; what was there is replaced.
Written copy_file(const std::string& copy, std::string_view text, const std::string& like);

/// No error if it is not there.
Written remove_file(const std::string& path);

}  // namespace shorthop
