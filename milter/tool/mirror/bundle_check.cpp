#include "tool/mirror/bundle_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "text/ascii.h"
#include "tool/mirror/sha256.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_manifest = std::size_t{256} << 20;  // bytes; a million files take half of it
constexpr std::uint64_t block_size = 4096;                    // of most file systems
constexpr std::size_t max_directories = 100'000;
constexpr std::string_view all_directories = "directories";  // in a "count" line of the manifest, in place of a folder

std::unexpected<std::string> because(std::string what) { return std::unexpected(std::move(what)); }

/// What is compared with the manifest for each file.
struct SeenFile {
  std::string sha256 = {};
  std::uint64_t lines = 0;
  mode_t mode = 0;
  uid_t owner = 0;
  gid_t group = 0;
};

class BundleReading {
 public:
  std::expected<void, std::string> use(const BundleMember& member, const NextPart& next) {
    const bool is_new = !files_.contains(member.path) && !directories_.contains(member.path);
    if (!is_new) return because(excerpt(member.path) + " is in the bundle twice");
    if (!count_directories(member)) return because(fmt::format("it has more than {} directories", max_directories));
    note_order(member.path);
    if (auto parent = parent_file(member.path)) return because(excerpt(*parent) + " is a file and a directory");
    if (member.is_directory) {
      if (directories_.empty()) first_directory_ = member;
      has_odd_directory_ = has_odd_directory_ || !is_like_first(member);
      directories_.insert(member.path);
      return {};
    }
    if (has_file_below(member.path)) return because(excerpt(member.path) + " is a file and a directory");
    SeenFile seen{.mode = member.mode, .owner = member.owner, .group = member.group};
    const bool is_manifest = member.path == "manifest";
    if (is_manifest && member.size > max_manifest) return because("its manifest is too large");
    auto read = read_contents(next, seen, is_manifest ? &manifest_text_ : nullptr);
    if (!read) return read;
    bytes_ += member.size;
    blocks_ += (member.size + block_size - 1) / block_size;
    is_stamp_empty_ = is_stamp_empty_ && (member.path != "stamp" || member.size == 0);
    files_.emplace(member.path, std::move(seen));
    return {};
  }

  /// The manifest, if all files are as it says.
  std::expected<CheckedBundle, std::string> checked() const {
    if (!files_.contains("manifest")) return because("it has no manifest: it was not written by shorthop-export");
    if (!files_.contains("stamp") || !is_stamp_empty_) return because("it has no stamp, which is an empty file");
    auto [manifest, fault] = parse_manifest(manifest_text_);
    if (fault) return because(fmt::format("line {} of its manifest: {}", fault->line, fault->what));
    if (auto why = fault_of_head(manifest); !why.empty()) return because(std::move(why));
    if (auto why = fault_of_files(manifest); !why.empty()) return because(std::move(why));
    if (auto why = fault_of_counts(manifest); !why.empty()) return because(std::move(why));
    if (auto why = fault_of_members(manifest); !why.empty()) return because(std::move(why));
    const std::uint64_t inodes = files_.size() + directory_hashes_.size();
    return CheckedBundle{std::move(manifest), files_.size(), bytes_, (blocks_ + inodes) * block_size, inodes};
  }

 private:
  static std::expected<void, std::string> read_contents(const NextPart& next, SeenFile& seen, std::string* text) {
    Sha256 sha256;
    for (;;) {
      const auto part = next();
      if (!part) return std::unexpected(part.error());
      if (part->empty()) break;
      sha256.add(*part);
      seen.lines += static_cast<std::uint64_t>(std::ranges::count(*part, '\n'));
      if (text != nullptr) text->append(*part);
    }
    seen.sha256 = sha256.digits();
    return {};
  }

  /// shorthop-export writes members in the order of their names, and then the manifest and the stamp.
  void note_order(const std::string& path) {
    const int rank = path == "stamp" ? 2 : path == "manifest" ? 1 : 0;
    is_in_order_ = is_in_order_ && std::pair(last_rank_, last_path_) < std::pair(rank, path);
    last_rank_ = rank;
    last_path_ = path;
  }

  /// Whether a directory is like the first one: shorthop-export gives all of them the same mode, owner and time.
  bool is_like_first(const BundleMember& directory) const {
    const BundleMember& first = first_directory_;
    return directory.mode == first.mode && directory.owner == first.owner && directory.group == first.group &&
           directory.changed == first.changed;
  }

  /// Counts the directories that unpacking would make: one for each part of a path, so a few members may need very
  /// many. False: there are too many.
  bool count_directories(const BundleMember& member) {
    const std::string_view path = member.path;
    for (std::size_t at = member.is_directory ? path.size() : path.rfind('/'); at != path.npos && at > 0;
         at = path.rfind('/', at - 1)) {
      if (!directory_hashes_.insert(std::hash<std::string_view>()(path.substr(0, at))).second) break;
    }
    return directory_hashes_.size() <= max_directories;
  }

  /// A file above the path; nullopt: there is none.
  std::optional<std::string> parent_file(const std::string& path) const {
    for (std::size_t at = path.find('/'); at != path.npos; at = path.find('/', at + 1)) {
      if (files_.contains(path.substr(0, at))) return path.substr(0, at);
    }
    return std::nullopt;
  }

  bool has_file_below(const std::string& path) const {
    const auto below = files_.lower_bound(path + '/');
    return below != files_.end() && below->first.starts_with(path + '/');
  }

  std::string fault_of_head(const Manifest& manifest) const {
    if (manifest.format != "1") {
      return fmt::format("the format of its manifest is {}, and this program supports 1", excerpt(manifest.format));
    }
    Sha256 sha256;
    sha256.add(std::string_view(manifest_text_).substr(0, manifest.hashed_bytes));
    if (manifest.sha256.empty()) return "its manifest is truncated: the last line, with its hash, is missing";
    if (manifest.sha256 != sha256.digits()) return "its manifest is damaged: it has another hash";
    if (manifest.host.empty() || !manifest.time) return "its manifest names no host, or no time";
    return {};
  }

  /// A sentence about a file that the manifest does not name, that differs from it, or that is missing; empty: none.
  std::string fault_of_files(const Manifest& manifest) const {
    for (const auto& [path, seen] : files_) {
      if (path == "manifest" || path == "stamp") continue;
      const auto named = manifest.files.find(path);
      if (named == manifest.files.end()) return excerpt(path) + " is not in its manifest";
      const ManifestFile& file = named->second;
      if (file.sha256 != seen.sha256) return excerpt(path) + " is damaged: the manifest has another hash";
      if (file.mode != seen.mode || file.owner != seen.owner || file.group != seen.group) {
        return excerpt(path) + " has another mode or owner than the manifest says";
      }
    }
    for (const auto& [path, file] : manifest.files) {
      if (!files_.contains(path)) return excerpt(path) + " is missing, and its manifest names it";
    }
    return {};
  }

  std::string fault_of_counts(const Manifest& manifest) const {
    for (const auto& [folder, count] : manifest.counts) {
      if (folder == all_directories) continue;
      const std::string prefix = folder + '/';
      const auto is_below = [&](const auto& named) { return named.first.starts_with(prefix); };
      const auto found = static_cast<std::size_t>(std::ranges::count_if(files_, is_below));
      if (found != count)
        return fmt::format("{} has {} files, and the manifest says {}", excerpt(folder), found, count);
    }
    for (const auto& [name, count] : manifest.entries) {
      const auto listing = files_.find("listed/" + name);
      const std::uint64_t found = listing == files_.end() ? 0 : listing->second.lines;
      if (listing == files_.end() || found != count) {
        return fmt::format("listed/{} has {} lines, and the manifest says {}", printable(name, 100), found, count);
      }
    }
    return {};
  }

  /// The manifest has no lines for directories. A damaged directory shows in the files below it, in the number of
  /// directories, or in the order of all members. Only a folder of the mirror may be empty.
  std::string fault_of_members(const Manifest& manifest) const {
    const auto count = manifest.counts.find(all_directories);
    if (count == manifest.counts.end()) return {};
    if (count->second != directories_.size()) {
      return fmt::format("it has {} directories, and the manifest says {}", directories_.size(), count->second);
    }
    for (const std::string& directory : directories_) {
      if (directory.contains('/') && !has_file_below(directory)) {
        return fmt::format("the directory {} has no file", excerpt(directory));
      }
    }
    if (has_odd_directory_) return "its directories differ in mode, owner or time";
    return is_in_order_ ? std::string() : "its members are not in the order of their names";
  }

  std::map<std::string, SeenFile> files_;
  std::set<std::string> directories_;
  std::unordered_set<std::size_t> directory_hashes_;  ///< of the paths of all directories, to save memory
  std::string manifest_text_;
  std::uint64_t bytes_ = 0;
  std::uint64_t blocks_ = 0;  ///< of the contents of files
  bool is_stamp_empty_ = true;
  int last_rank_ = 0;
  std::string last_path_;
  bool is_in_order_ = true;
  BundleMember first_directory_;
  bool has_odd_directory_ = false;
};

}  // namespace

std::expected<CheckedBundle, Diagnostic> check_bundle(const Bundle& bundle) {
  BundleReading reading;
  const auto use = [&](const BundleMember& member, const NextPart& next) { return reading.use(member, next); };
  if (auto read = bundle.each_member(use); !read) return std::unexpected(read.error());
  auto checked = reading.checked();
  if (!checked) return std::unexpected(bundle.refused(checked.error()));
  return std::move(*checked);
}

}  // namespace shorthop::tool
