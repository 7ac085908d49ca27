// Where the text of a .forward or :include: file comes from: the copies of the primary's files on this host.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "primary/primary.h"

namespace shorthop {

struct ForwardFile {
  std::string path;
  std::string text;
  bool has_extension = false;  ///< it is the file of USER+EXT: the extension is not inherited by its targets
};

/// postconf(5) forward_path: the file of USER+EXT, then that of USER, those of them that the primary looks for; absent
/// if there is neither. A name that is no plain file name ("..", "a/b") has none: no such user can exist.
std::expected<std::optional<ForwardFile>, LookupFailure> find_forward_file(const ForwardFiles& files,
                                                                           const ForwardPath& searched,
                                                                           std::string_view user,
                                                                           std::string_view extension);

/// The text of the file that ":include:path" names on the primary. Every reason not to have it is a failure.
std::expected<std::string, LookupFailure> read_include_file(const std::optional<IncludeFiles>& files,
                                                            std::string_view path);

}  // namespace shorthop
