// A hash that is the same in every process, to detect changes of short texts; std::hash does not promise that.
#pragma once

#include <cstdint>
#include <string_view>

namespace shorthop {

/// FNV-1a with 64 bits. It detects edits, not forgeries. To hash several texts as one, pass the hash of the earlier
/// texts as `hash`.
constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = 0xcbf29ce484222325) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace shorthop
