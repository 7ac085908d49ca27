// A table whose module is not installed or cannot be used: this host's postmap(1) is asked.
#pragma once

#include <memory>
#include <string_view>

#include "tables/types.h"
#include "tables/types/module.h"

namespace shorthop {

/// A table that asks this host's postmap(1). The request's problems get a note that names the package shorthop-NAME, or
/// a warning that says why an installed module cannot be used.
std::shared_ptr<const Table> open_without_module(const OpenRequest& request, std::string_view module,
                                                 const ModuleFailure& failure);

}  // namespace shorthop
