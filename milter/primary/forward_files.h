// Finds a .forward or :include: file among the copies of the primary's files that were loaded.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "primary/primary.h"

namespace shorthop {

/// postconf(5) forward_expansion_filter, its default. Another value is not followed.
inline constexpr std::string_view default_expansion_filter =
    "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

struct ForwardFile {
  std::string path;
  std::string text;
  bool has_extension = false;  ///< the file is for USER+EXT: its targets do not inherit the extension
};

/// postconf(5) forward_path: the file for USER+EXT, else the file for USER, if the primary looks for them. Absent if
/// neither exists, or if the primary's mail system refuses the first one that exists. Absent also if USER is not a
/// plain file name ("..", "a/b"): no such user can exist.
std::expected<std::optional<ForwardFile>, LookupFailure> find_forward_file(const ForwardFiles& files,
                                                                           const ForwardPath& searched,
                                                                           std::string_view user,
                                                                           std::string_view extension);

/// The copy of the file that ":include:path" names on the primary; the error says why there is none.
std::expected<const IncludeFile*, std::string> find_include_file(const Primary& primary, const std::string& path);

}  // namespace shorthop
