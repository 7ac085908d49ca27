// Access to the files and tables that a primary's settings name, if they are on this host.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "system/file_reader.h"
#include "tables/table.h"

namespace shorthop {

class PrimaryFiles {
 public:
  virtual ~PrimaryFiles() = default;
  /// The table of this name ("proxy:hash:/etc/postfix/virtual") in `parameter` of the primary. A table that is not on
  /// this host fails every look-up as not mirrored, and is reported.
  virtual std::shared_ptr<const Table> open(const std::string& table, std::string_view parameter) = 0;
  /// Makes open() read these tables in the format of aliases(5), even if another parameter names them.
  virtual void read_as_aliases(const std::vector<std::string>& tables) = 0;
  /// Reads files by their paths on the primary.
  virtual const FileReader& reader() const = 0;
  /// Whether the files come from a mirror, which should have everything that the settings name.
  virtual bool is_mirror() const = 0;
};

}  // namespace shorthop
