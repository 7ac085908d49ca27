// The text of a new relay.d/NAME.conf: its settings, commented, in observe mode; and whether such a file is still as
// it was written, so that it may be taken away again. Pure.
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
  std::string data_directory;  ///< where the copies of the primary's tables belong
  std::vector<std::string>
      copies;  ///< which of them are there: "virtual", "aliases", "postconf-n", "forward", "include"
};

/// Copies that a relay's file can name.
std::vector<std::string> names_of_copies();

/// Settings whose copies are not there yet are comments.
std::string relay_file_text(const NewRelay& relay);

/// How its copies are kept fresh and whole, with a script to run by cron.
std::string copy_script(const NewRelay& relay);

/// Whether relay_file_text made it and nobody changed it since: its first line has a checksum of the others.
bool is_unchanged_relay_file(std::string_view text);

}  // namespace shorthop::tool
