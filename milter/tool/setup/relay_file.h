// Makes the text of a new relay.d/NAME.conf with commented settings, in observe mode; and tells whether such a file is
// unchanged, so that it may be removed. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shorthop::tool {

struct NewRelay {
  std::string domain;
  std::string primary;
  std::string from;  ///< how the primary was found
  std::vector<std::string> next_hops;
  std::string mirror;  ///< the directory of the mirror
};

/// The text of the file.
std::string relay_file_text(const NewRelay& relay);

/// What fills the mirror and keeps it fresh: a command, and a line for cron.
std::string mirror_command(const NewRelay& relay);

/// Whether the file comes from relay_file_text and was not edited: its first line has a checksum of the others.
bool is_unchanged_relay_file(std::string_view text);

}  // namespace shorthop::tool
