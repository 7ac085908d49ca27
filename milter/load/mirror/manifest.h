// The manifest of a mirror, as shorthop-export(1) writes it: lines "KEY = VALUE" about the primary and each file. No
// I/O except through FileReader.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "system/file_reader.h"

namespace shorthop {

/// A line "file = SHA256 MODE UID:GID PATH"; mode and owner are those on the primary.
struct ManifestFile {
  std::string sha256;  ///< 64 hexadecimal digits, small letters
  mode_t mode = 0;     ///< permission bits
  uid_t owner = 0;
  gid_t group = 0;
};

/// The values of the lines. Unknown keys are ignored, so that a later exporter may add some.
struct Manifest {
  std::string format;  ///< "1"
  std::string program;
  std::string host;                                         ///< the primary's myhostname
  std::optional<std::chrono::sys_seconds> time;             ///< when the export began
  std::map<std::string, std::size_t, std::less<>> counts;   ///< folder of the mirror -> number of its files
  std::map<std::string, std::size_t, std::less<>> entries;  ///< path below listed/ -> number of its lines
  std::set<std::string, std::less<>> enumerable;            ///< tables whose listing has every key
  /// Folded key of a listed table -> when its entry expires; 1970 if the time is not readable.
  std::map<std::string, std::chrono::sys_seconds, std::less<>> expires;
  std::vector<std::string> left_out;  ///< the values of not-copied, not-listed and not-answered, in their order
  std::set<std::string, std::less<>> not_copied;           ///< files of the primary that the export could not copy
  std::map<std::string, ManifestFile, std::less<>> files;  ///< path in the mirror -> its line
  std::map<std::string, mode_t, std::less<>> homes;        ///< user -> permission bits of the home directory
  /// The last line, "manifest = SHA256": the hash of everything before it, and how many bytes that is.
  std::string sha256;
  std::size_t hashed_bytes = 0;
  std::string damage;  ///< set by read_manifest(): why lines may be missing; empty: none is missing
};

/// A line that does not have the form of its key, is given twice, or follows the line "manifest".
struct ManifestFault {
  std::uint32_t line = 0;
  std::string what;
};

struct ParsedManifest {
  Manifest manifest;
  std::optional<ManifestFault> fault;  ///< the first; `manifest` has the lines without a fault
};

ParsedManifest parse_manifest(std::string_view text);

/// The manifest in this file, without its faulty lines; empty if there is no such file.
Manifest read_manifest(const FileReader& files, const std::filesystem::path& path);

}  // namespace shorthop
