// A temporary file for a child process; only this user can read it. The destructor removes it.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace shorthop {

class PrivateFile {
 public:
  /// Creates the file in the runtime directory of systemd (systemd.exec(5), RuntimeDirectory=), else in the directory
  /// for temporary files. The error is a sentence.
  static std::expected<std::unique_ptr<const PrivateFile>, std::string> make(std::string_view text);
  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile(PrivateFile&&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;
  PrivateFile& operator=(PrivateFile&&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit PrivateFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace shorthop
