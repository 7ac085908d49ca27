// The generations of a mirror that imports wrote: MIRROR is a link to the one in force, below MIRROR.generations. Each
// generation is complete before it gets its name, so a complete one is in force even after a power failure.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "system/descriptor.h"
#include "text/diagnostic.h"
#include "tool/mirror/bundle.h"
#include "tool/mirror/bundle_check.h"

namespace shorthop::tool {

/// A directory that is removed with the object, unless release() was called.
class NewGeneration {
 public:
  explicit NewGeneration(std::filesystem::path directory) : directory_(std::move(directory)) {}
  ~NewGeneration();
  NewGeneration(NewGeneration&& other) noexcept : directory_(std::exchange(other.directory_, {})) {}
  NewGeneration(const NewGeneration&) = delete;
  NewGeneration& operator=(const NewGeneration&) = delete;
  NewGeneration& operator=(NewGeneration&&) = delete;

  const std::filesystem::path& directory() const { return directory_; }
  void release() { directory_.clear(); }

 private:
  std::filesystem::path directory_;
};

class Generations {
 public:
  /// Makes the directory if it is missing, and locks it for this process: only one import at a time.
  static std::expected<Generations, Diagnostic> open(const std::string& mirror);
  /// Removes the directory if it is empty.
  ~Generations();
  Generations(Generations&&) noexcept = default;
  Generations& operator=(Generations&&) noexcept = delete;
  Generations(const Generations&) = delete;
  Generations& operator=(const Generations&) = delete;

  /// The directory of all generations.
  const std::filesystem::path& directory() const { return directory_; }
  /// Their names, the oldest first.
  std::vector<std::string> names() const;
  /// The name of the one in force; empty: the mirror is not there, or was not imported.
  std::string in_force() const;
  /// The time of the newest data that was ever put in force and is still here; nullopt: there is none. A time in the
  /// future is ignored: it comes from a wrong clock, and no bundle would be newer until then.
  std::optional<std::chrono::sys_seconds> newest_time(std::chrono::system_clock::time_point now) const;

  /// Unpacks a bundle; its stamp is written last, with the time of its manifest. The files belong to this user, and may
  /// be read by whoever may read the directory that holds the mirror.
  std::expected<NewGeneration, Diagnostic> unpack(const Bundle& bundle, const CheckedBundle& checked) const;

  /// Gives a new generation its name, puts it in force, and returns the name.
  std::expected<std::string, Diagnostic> take(NewGeneration generation, std::chrono::sys_seconds time) const;
  std::expected<void, Diagnostic> put_in_force(const std::string& name) const;
  /// Removes the generations that were rolled back, and the oldest beyond the number to keep; the one in force stays.
  /// `before` was in force until now: a generation that is newer than `before`, and older than the one in force, was
  /// rolled back. Returns the names of the removed generations.
  std::vector<std::string> remove_old(std::size_t keep, const std::string& before) const;
  /// Removes all generations, and the mirror if it is a link to one of them.
  std::expected<void, Diagnostic> remove_all() const;

 private:
  Generations(std::filesystem::path mirror, Descriptor lock);
  /// Removes what a killed import or pull has left behind, also a generation that was never in force.
  void remove_unfinished() const;
  std::expected<void, Diagnostic> name_and_put_in_force(NewGeneration generation, const std::string& name) const;

  std::filesystem::path mirror_;
  std::filesystem::path directory_;
  Descriptor lock_;
};

}  // namespace shorthop::tool
