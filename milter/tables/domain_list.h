// Parses a list of domains (postconf(5) mydestination, relay_domains) into its patterns: names, !pattern, /file/name
// and type:table. Not here: whether a domain matches (match_list.h). Tables are not opened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "system/file_reader.h"

namespace shorthop {

struct DomainPattern {
  enum class Kind : std::uint8_t { name, table, unreadable_file };

  Kind kind = Kind::name;
  bool is_excluded = false;  ///< "!pattern"
  std::string text;          ///< as written: a name, "type:name" or the path of a file
  std::string from;          ///< the parameter or the file that contains the pattern
  std::string why;           ///< why the file cannot be read
};

/// The patterns of a parameter's value. The patterns in a file replace the name of the file.
std::vector<DomainPattern> domain_patterns(std::string_view parameter, std::string_view value, const FileReader& files);

}  // namespace shorthop
