// Imports one bundle, for `shorthop import` and `shorthop pull`.
#pragma once

#include <string>

#include "system/descriptor.h"
#include "tool/mirror/mirrored_relay.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

struct ImportOptions {
  bool is_json = false;
  bool is_dry_run = false;       ///< verify and print only
  bool accepts_shrink = false;   ///< although tables shrank beyond max-shrink
  bool accepts_host = false;     ///< although the settings or the mirror in force name another host
  bool accepts_answers = false;  ///< although the primary's own answers differ from shorthop's
  bool uses_dns = true;
  bool skips_known = false;  ///< a bundle with the time of the newest generation is not an error
};

/// The exit status, after everything was printed. `name`: the name of the input, for messages.
int import_bundle(const MirroredRelay& relay, Descriptor input, const std::string& name, const ImportOptions& options,
                  Streams& streams);

}  // namespace shorthop::tool
