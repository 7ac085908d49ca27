#include "system/private_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "system/descriptor.h"
#include "system/system_error.h"

namespace shorthop {

std::expected<std::unique_ptr<const PrivateFile>, std::string> PrivateFile::make(std::string_view text) {
  const char* runtime = std::getenv("RUNTIME_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): nothing here changes it
  std::error_code ignored;
  const std::filesystem::path directory =
      runtime != nullptr ? std::filesystem::path(runtime) : std::filesystem::temp_directory_path(ignored);
  std::string path = (directory / "shorthop-table-XXXXXX").string();
  const Descriptor file(mkostemp(path.data(), O_CLOEXEC));  // mode 0600
  if (!file.is_open()) return std::unexpected(path + ": " + error_text(errno));
  std::unique_ptr<const PrivateFile> made(new PrivateFile(std::move(path)));
  if (!write_all(file.get(), text)) return std::unexpected(made->path() + ": " + error_text(errno));
  return made;
}

PrivateFile::~PrivateFile() { ::unlink(path_.c_str()); }

}  // namespace shorthop
