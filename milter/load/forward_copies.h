// The .forward files as they were at one moment: read when the snapshot is built, so that a message sees one version
// and a recipient's name never opens a file.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "settings/settings.h"
#include "system/file_reader.h"
#include "tables/table.h"
#include "text/diagnostic.h"

namespace shorthop {

class ForwardCopies : public FileReader {
 public:
  /// Calls `use` with the text of each copy that can be read.
  virtual void each_text(const std::function<void(std::string_view text)>& use) const = 0;
};

/// Every file that `forward-files` ("/dir/%u", "/home/%u/.forward") names for an entry of the directory before its "%u".
/// A file that the primary's mail system refuses for its mode or owner is refused here too, with a warning; the owner is
/// looked at where `mailboxes` holds lines of passwd(5). A file that cannot be read, or whose last line is not
/// terminated, stays unreadable. A missing directory is a warning: without a .forward file a name is kept. Bounded in
/// number and size.
std::shared_ptr<const ForwardCopies> forward_copies(const RelaySettings& relay, const TableList* mailboxes,
                                                    const FileReader& files, Diagnostics& warnings);

}  // namespace shorthop
