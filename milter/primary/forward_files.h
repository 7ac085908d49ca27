// Finds a .forward or :include: file among the copies of the primary's files that were read at load.
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
/// if there is neither, or if the primary's mail system refuses the first that is there. A name that is no plain file name ("..", "a/b") has none: no such user can exist.
std::expected<std::optional<ForwardFile>, LookupFailure> find_forward_file(const ForwardFiles& files,
                                                                           const ForwardPath& searched,
                                                                           std::string_view user,
                                                                           std::string_view extension);

/// The file that ":include:path" names on the primary; an error says why it is not here.
std::expected<const IncludeFile*, std::string> find_include_file(const Primary& primary, const std::string& path);

}  // namespace shorthop
