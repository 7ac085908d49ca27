// Puts this host together: explicit settings first, and what its Postfix says where they leave something open.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/postconf.h"
#include "load/settings.h"
#include "load/table_opener.h"
#include "primary/primary.h"
#include "tables/diagnostic.h"
#include "tables/file_reader.h"

namespace shorthop {

struct LoadedHost {
  std::shared_ptr<const LocalHost> host;  ///< null after an error
  std::vector<std::string> domains;       ///< those that are known by name (others may be in tables), folded
};

/// With explicit domains and users Postfix is asked only if its main.cf is there (its aliases count all the same),
/// and a failure is a warning; otherwise it is an error.
LoadedHost load_local_host(const Settings& settings, const FileReader& files, const Postconf& postconf,
                           TableOpener& opener, Diagnostics& problems, Diagnostics& warnings);

}  // namespace shorthop
