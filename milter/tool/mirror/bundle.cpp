#include "tool/mirror/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include "system/system_error.h"
#include "text/ascii.h"
#include "tool/mirror/tar_layout.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t part_size = 256 * 1024;
constexpr int max_wait = 300'000;  // milliseconds without a byte: a primary may run slow queries
constexpr std::size_t max_path = 1024;
constexpr std::size_t max_name = 255;  // of one part of a path: path_resolution(7)
constexpr const char* unchanged = "; the mirror is unchanged";

Diagnostic fault_at(const std::string& name, std::string what, std::string fix, ErrorClass error_class) {
  return {{name, 0}, std::move(what), std::move(fix), Severity::error, error_class};
}

Diagnostic system_fault(const std::string& name, const std::string& what, int error) {
  return fault_at(name, what + ": " + error_text(error) + unchanged, {}, ErrorClass::temporary);
}

/// Reads whole blocks, except at the end. An error is a sentence.
class Input {
 public:
  explicit Input(int fd) : fd_(fd), buffer_(part_size) {}

  /// Empty at the end.
  std::expected<std::string_view, std::string> next() {
    std::size_t size = 0;
    while (size < buffer_.size()) {
      if (!wait()) return std::unexpected("nothing came for five minutes");
      const ssize_t got = ::read(fd_, buffer_.data() + size, buffer_.size() - size);
      if (got == 0) break;
      if (got > 0) size += static_cast<std::size_t>(got);
      if (got < 0 && errno != EINTR && errno != EAGAIN)
        return std::unexpected("it cannot be read: " + error_text(errno));
    }
    return std::string_view(buffer_.data(), size);
  }

 private:
  bool wait() const {
    pollfd waiting{fd_, POLLIN, 0};
    int ready = 0;
    do {
      ready = ::poll(&waiting, 1, max_wait);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
  }

  int fd_;
  std::vector<char> buffer_;
};

bool is_regular_file(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/// Passes the whole input to the layout, and to `copy` if it is open. An error is a sentence.
std::expected<void, std::string> pass(int from, const Descriptor& copy, TarLayout& layout,
                                      const Bundle::Progress& progress) {
  Input input(from);
  std::uint64_t bytes = 0;
  for (;;) {
    const auto part = input.next();
    if (!part) return std::unexpected(part.error());
    if (part->empty()) break;
    for (std::size_t at = 0; at < part->size(); at += TarLayout::block_size) {
      if (!layout.add(part->substr(at, TarLayout::block_size))) return std::unexpected(layout.fault());
    }
    if (copy.is_open() && !write_all(copy.get(), *part))
      return std::unexpected("it cannot be stored: " + error_text(errno));
    progress(bytes += part->size());
  }
  if (!layout.finish()) return std::unexpected(layout.fault());
  return {};
}

/// The folders of a mirror, and the files beside them (load/mirror).
constexpr std::string_view folders[] = {"files", "listed", "forward", "include", "answers"};
constexpr std::string_view top_files[] = {"stamp", "manifest", "postconf", "master", "sendmail.cf", "local-host-names"};

std::vector<std::string_view> parts_of_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= path.size(); at += parts.back().size() + 1) {
    parts.push_back(path.substr(at, path.find('/', at) - at));
  }
  return parts;
}

/// Why a member must not be part of a mirror; empty: it may.
std::string refusal_of_path(std::string_view path, bool is_directory) {
  if (path.size() > max_path) return "the name of a member is too long";
  const auto parts = parts_of_path(path);
  const auto is_bad = [](std::string_view part) {
    return part.empty() || part == "." || part == ".." || part.size() > max_name;
  };
  if (std::ranges::any_of(parts, is_bad)) return excerpt(path) + " is not a name below a mirror";
  const auto is_odd = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f || c == '\\'; };
  if (std::ranges::any_of(path, is_odd)) return excerpt(path) + " has a control character or a backslash";
  const bool is_in_folder = std::ranges::find(folders, parts.front()) != std::end(folders);
  const bool is_beside = std::ranges::find(top_files, path) != std::end(top_files);
  if (!is_in_folder && !is_beside) return excerpt(path) + " is not a part of a mirror";
  const bool is_folder = is_in_folder && parts.size() == 1;
  if (is_directory ? is_beside : is_folder) return excerpt(path) + " is of the wrong kind";
  return {};
}

std::expected<BundleMember, std::string> member_of(struct archive_entry* entry) {
  const char* const name = archive_entry_pathname(entry);
  if (name == nullptr) return std::unexpected("the name of a member cannot be read");
  BundleMember member{.path = name,
                      .is_directory = archive_entry_filetype(entry) == AE_IFDIR,
                      .size = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0)),
                      .mode = archive_entry_perm(entry),
                      .owner = static_cast<uid_t>(archive_entry_uid(entry)),
                      .group = static_cast<gid_t>(archive_entry_gid(entry)),
                      .changed = archive_entry_mtime(entry)};
  const bool is_file = archive_entry_filetype(entry) == AE_IFREG;
  if (archive_entry_hardlink(entry) != nullptr || (!is_file && !member.is_directory)) {
    return std::unexpected(fmt::format("{} is neither a file nor a directory", excerpt(member.path)));
  }
  if (archive_entry_sparse_count(entry) > 0) return std::unexpected(excerpt(member.path) + " is sparse");
  if (member.is_directory && member.path.ends_with('/')) member.path.pop_back();
  if (auto why = refusal_of_path(member.path, member.is_directory); !why.empty()) return std::unexpected(why);
  return member;
}

using Archive = std::unique_ptr<struct archive, decltype(&archive_read_free)>;

/// The next part of the member that was read last, which has `size` bytes.
NextPart parts_of(struct archive* archive, std::uint64_t size) {
  return [archive, size, so_far = std::uint64_t{0}]() mutable -> std::expected<std::string_view, std::string> {
    const void* data = nullptr;
    std::size_t length = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(archive, &data, &length, &offset);
    if (result == ARCHIVE_EOF && so_far == size) return std::string_view();
    if (result != ARCHIVE_OK || static_cast<std::uint64_t>(offset) != so_far) {
      return std::unexpected("the contents of a member are damaged");
    }
    so_far += length;
    return std::string_view(static_cast<const char*>(data), length);
  };
}

std::expected<void, std::string> use_members(struct archive* archive, const UseMember& use) {
  for (;;) {
    struct archive_entry* entry = nullptr;
    const int result = archive_read_next_header(archive, &entry);
    if (result == ARCHIVE_EOF) return {};
    // A warning: the locale lacks some characters. The name still has the bytes of the header.
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return std::unexpected("the header of a member is damaged");
    const auto member = member_of(entry);
    if (!member) return std::unexpected(member.error());
    if (auto used = use(*member, parts_of(archive, member->size)); !used) return used;
  }
}

}  // namespace

std::uint64_t room_in(const std::string& directory) {
  struct statvfs status{};
  if (::statvfs(directory.c_str(), &status) != 0) return 0;
  return std::uint64_t{status.f_bavail} * status.f_frsize / 2;
}

std::optional<std::uint64_t> room_for_files_in(const std::string& directory) {
  struct statvfs status{};
  if (::statvfs(directory.c_str(), &status) != 0) return 0;
  return status.f_files == 0 ? std::nullopt : std::optional(std::uint64_t{status.f_favail} / 2);
}

std::expected<Bundle, Diagnostic> Bundle::open(Descriptor input, const std::string& name, const std::string& directory,
                                               const Progress& progress) {
  TarLimits limits;
  limits.bytes = std::min(limits.bytes, room_in(directory));
  TarLayout layout(limits);
  const bool is_file = is_regular_file(input.get());
  Descriptor copy = is_file ? Descriptor() : nameless_file(fmt::format("{}/{}", directory, stored_bundle));
  if (!is_file && !copy.is_open()) return std::unexpected(system_fault(name, "it cannot be stored", errno));
  const auto passed = pass(input.get(), copy, layout, progress);
  Bundle bundle(is_file ? std::move(input) : std::move(copy), name);
  if (passed) return bundle;
  if (layout.is_too_large() && limits.bytes < TarLimits().bytes) {
    return std::unexpected(
        fault_at(name,
                 fmt::format("there is no room for it: {} bytes are free in {}, and the bundle needs "
                             "twice its size{}",
                             2 * limits.bytes, directory, unchanged),
                 "make room on that disk", ErrorClass::temporary));
  }
  const bool is_refused = !layout.fault().empty();
  if (is_refused) return std::unexpected(bundle.refused(passed.error()));
  return std::unexpected(fault_at(name, passed.error() + unchanged, {}, ErrorClass::temporary));
}

std::expected<void, Diagnostic> Bundle::each_member(const UseMember& use) const {
  if (::lseek(file_.get(), 0, SEEK_SET) != 0) return std::unexpected(system_fault(name_, "it cannot be read", errno));
  const Archive archive(archive_read_new(), archive_read_free);
  if (archive == nullptr) throw std::bad_alloc();
  const bool is_ready = archive_read_support_format_tar(archive.get()) == ARCHIVE_OK &&
                        archive_read_open_fd(archive.get(), file_.get(), part_size) == ARCHIVE_OK;
  if (!is_ready) return std::unexpected(refused("it cannot be read as a tar"));
  const auto used = use_members(archive.get(), use);
  if (!used) return std::unexpected(refused(used.error()));
  return {};
}

Diagnostic Bundle::refused(const std::string& what) const {
  return fault_at(name_, what + unchanged, "export the primary again", ErrorClass::data);
}

}  // namespace shorthop::tool
