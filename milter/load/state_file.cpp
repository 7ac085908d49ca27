#include "load/state_file.h"

#include <filesystem>
#include <system_error>

namespace shorthop {
namespace {

std::filesystem::path path_of(const std::string& directory, const std::string& name) {
  return std::filesystem::path(directory) / name;
}

}  // namespace

std::string remembered_text(const std::string& directory, const std::string& name, const FileReader& files) {
  if (directory.empty()) return {};
  return files.read(path_of(directory, name)).value_or(std::string());
}

Written remember_text(const std::string& directory, const std::string& name, std::string_view text) {
  std::error_code error;
  if (directory.empty()) return {};
  if (!std::filesystem::is_directory(directory, error)) return std::unexpected(directory + " is not a directory");
  const std::string path = path_of(directory, name).native();
  return std::filesystem::exists(path, error) ? replace_file(path, text) : create_file(path, text);
}

Written forget_text(const std::string& directory, const std::string& name) {
  return directory.empty() ? Written() : remove_file(path_of(directory, name).native());
}

}  // namespace shorthop
