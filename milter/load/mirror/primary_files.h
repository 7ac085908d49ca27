// The files and tables that a primary's settings name, as far as they are on this host.
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
  /// The table that the primary names so ("proxy:hash:/etc/postfix/virtual"), under `parameter`. One that is not here
  /// fails every look-up as not mirrored, and is reported.
  virtual std::shared_ptr<const Table> open(const std::string& table, std::string_view parameter) = 0;
  /// From now on the source text of these tables is that of aliases(5), whatever parameter names them.
  virtual void read_as_aliases(const std::vector<std::string>& tables) = 0;
  /// Reads files by their paths on the primary.
  virtual const FileReader& reader() const = 0;
  /// Whether the whole of what the settings name is meant to be here.
  virtual bool is_mirror() const = 0;
};

}  // namespace shorthop
