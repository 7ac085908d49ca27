// A bundle of shorthop-export(1): one uncompressed tar, which can be read several times. Every name in it is checked
// before anything is written, so that no file is written outside of the mirror.
// Not here: whether the contents are what the manifest says (bundle_check.h).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "system/descriptor.h"
#include "text/diagnostic.h"

namespace shorthop::tool {

/// A file or directory of a bundle.
struct BundleMember {
  std::string path;  ///< below the mirror: no ".." and no empty part
  bool is_directory = false;
  std::uint64_t size = 0;
  mode_t mode = 0;  ///< permission bits
  uid_t owner = 0;
  gid_t group = 0;
  std::time_t changed = 0;  ///< when the contents changed; not in the manifest
};

/// Returns the next part of a member's contents; empty at its end. An error is a sentence.
using NextPart = std::function<std::expected<std::string_view, std::string>()>;
/// Uses a member. An error is a sentence, and ends the reading.
using UseMember = std::function<std::expected<void, std::string>(const BundleMember& member, const NextPart& next)>;

/// A bundle is stored under a name that begins with this; a moment later the name is removed.
constexpr std::string_view stored_bundle = ".bundle-";

/// How many bytes may be stored in a directory: half of the free space of its disk, because mail needs room too.
std::uint64_t room_in(const std::string& directory);
/// How many files may be made there, half of what the disk permits; nullopt: the disk has no limit.
std::optional<std::uint64_t> room_for_files_in(const std::string& directory);

class Bundle {
 public:
  using Progress = std::function<void(std::uint64_t bytes)>;

  /// Reads all of the input once, and refuses what tar_layout.h refuses. Input that is not a regular file is copied to
  /// a file without a name in `directory`, which may use half of the free space. The wait for input is bounded.
  static std::expected<Bundle, Diagnostic> open(Descriptor input, const std::string& name, const std::string& directory,
                                                const Progress& progress);

  /// Calls `use` with every member, in their order. An error names the bundle.
  std::expected<void, Diagnostic> each_member(const UseMember& use) const;

  Diagnostic refused(const std::string& what) const;

 private:
  Bundle(Descriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  Descriptor file_;
  std::string name_;
};

}  // namespace shorthop::tool
