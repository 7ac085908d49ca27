// Whether a bundle is exactly what its manifest says, byte for byte. Writes nothing.
// Not here: whether it is the next bundle of this primary (import_checks.h).
#pragma once

#include <cstddef>
#include <expected>

#include "load/mirror/manifest.h"
#include "text/diagnostic.h"
#include "tool/mirror/bundle.h"

namespace shorthop::tool {

struct CheckedBundle {
  Manifest manifest;
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_on_disk = 0;  ///< when it is unpacked: each file and directory takes whole blocks
  std::uint64_t inodes = 0;         ///< files and directories
};

std::expected<CheckedBundle, Diagnostic> check_bundle(const Bundle& bundle);

}  // namespace shorthop::tool
