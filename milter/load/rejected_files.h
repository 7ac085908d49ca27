// Files that the primary's mail system rejects because of their owner or mode, if the copy shows these. Source: Postfix
// local/dotforward.c and local/include.c; Sendmail's cf/README, DontBlameSendmail, and safefile.c.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "primary/primary.h"
#include "system/file_reader.h"

namespace shorthop {

/// Why the primary ignores a .forward file with this stamp; nullopt if it does not, or if there is no file. `owner`:
/// the user who should own the file, if known.
std::optional<std::string> why_forward_rejected(const FileStamp& stamp, Profile profile, std::optional<uid_t> owner);

/// Why the primary ignores a .forward file because of the mode of its directory; nullopt if it does not.
std::optional<std::string> why_home_rejected(mode_t home, Profile profile);

/// Why a copy below `root` may be a different file than on the primary: the copy, or a directory on its path, is a
/// symbolic link, which may lead elsewhere on this host.
std::optional<std::string> why_links_rejected(const std::filesystem::path& file, const std::filesystem::path& root,
                                              const FileReader& files);

/// Why the primary does not deliver to the members of an :include: file with this stamp; nullopt if it may do so.
std::optional<std::string> why_include_rejected(const FileStamp& stamp, Profile profile);

}  // namespace shorthop
