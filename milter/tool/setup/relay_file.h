// Makes the text of a new relay.d/NAME.conf with commented settings, in observe mode. Tells whether a file from setup
// was edited: if not, it may be removed. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tool/setup/panels.h"

namespace shorthop::tool {

struct NewRelay {
  std::string domain;
  std::string primary;
  std::string from;  ///< how the primary was found
  std::vector<std::string> next_hops;
  std::string mirror;            ///< the directory of the mirror
  const Panel* panel = nullptr;  ///< the panel of the primary; null: none was named
  std::string config;            ///< the main settings file
};

/// The text of the file.
std::string relay_file_text(const NewRelay& relay);

/// The commands that fill the mirror and keep it fresh, with words that introduce them.
std::string mirror_instructions(const NewRelay& relay);

/// Whether the file comes from relay_file_text and was not edited, see is_as_written.
bool is_unchanged_relay_file(std::string_view text);

/// `text` with a new first line: the mark, and a checksum of all lines of `text` except those that set mode or max-age.
std::string marked_relay_file(std::string_view mark, std::string_view text);

/// Whether the file comes from marked_relay_file with this mark, and only mode and max-age were changed since.
bool is_as_written(std::string_view mark, std::string_view file);

/// Whether the line sets that setting.
bool sets_key(std::string_view line, std::string_view name);

}  // namespace shorthop::tool
