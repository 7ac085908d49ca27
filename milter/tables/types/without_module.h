// Opens a table through this host's postmap(1), if its module is not installed or cannot be used, or if it has
// parameters that are not known here.
#pragma once

#include <memory>
#include <string_view>

#include "tables/text/table_file.h"
#include "tables/types.h"
#include "tables/types/module.h"

namespace shorthop {

/// A table that asks this host's postmap(1). The request's problems get a note that names the package shorthop-NAME, or
/// a warning that says why an installed module cannot be used.
std::shared_ptr<const Table> open_without_module(const OpenRequest& request, std::string_view module,
                                                 const ModuleFailure& failure);

/// As open_without_module(), for a table file with parameters that are not known here. If postmap(1) cannot be asked
/// either, the problem names the first of these parameters.
std::shared_ptr<const Table> open_with_unknown_parameters(const OpenRequest& request, const TableParameters& unknown);

}  // namespace shorthop
