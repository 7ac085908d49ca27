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
  std::string data_directory;       ///< where the copies of the primary's tables belong
  std::vector<std::string> copies;  ///< those present: "virtual", "aliases", "postconf-n", "forward", "include"
};

/// All copies that a relay file can name.
std::vector<std::string> names_of_copies();

/// The text of the file; settings whose copies are missing are commented out.
std::string relay_file_text(const NewRelay& relay);

/// A script for cron that keeps the copies fresh and complete.
std::string copy_script(const NewRelay& relay);

/// Whether the file comes from relay_file_text and was not edited: its first line has a checksum of the others.
bool is_unchanged_relay_file(std::string_view text);

}  // namespace shorthop::tool
