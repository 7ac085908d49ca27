// The .forward files at one moment. They are read when the snapshot is built, so a message sees a single version, and a
// recipient's name never causes a file to be opened.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.h"
#include "system/file_reader.h"
#include "tables/table.h"
#include "text/diagnostic.h"

namespace shorthop {

/// User -> permission bits of the home directory on the primary.
using HomeModes = std::map<std::string, mode_t, std::less<>>;

class ForwardCopies : public FileReader {
 public:
  /// Calls `use` with the text of each readable copy.
  virtual void each_text(const std::function<void(std::string_view text)>& use) const = 0;
  /// The names with an extension ("user+ext") that have a copy, readable or not.
  virtual const std::vector<std::string>& extended_names() const = 0;
};

/// Reads the files of `forward-files` ("/dir/%u", "/home/%u/.forward"): lists the directory before the "%u", and reads
/// a file for each of its entries. A file that the primary's mail system rejects for its mode or owner is rejected here
/// too, with a warning. The owner is checked if `mailboxes` has lines of passwd(5). The mode of the home directory is
/// checked if the file lies in it or `homes` has the user. A file that cannot be read, or whose last line has no line
/// end, stays unreadable in this snapshot. If the directory cannot be listed, there is a warning, and names that are
/// not an alias count as mailboxes on the primary. The number of the files and their size are limited.
std::shared_ptr<const ForwardCopies> forward_copies(const RelaySettings& relay, const TableList* mailboxes,
                                                    const FileReader& files, Diagnostics& warnings,
                                                    const HomeModes& homes = {});

}  // namespace shorthop
