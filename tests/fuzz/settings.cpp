// Any bytes as shorthop.conf: settings, or errors that have a place and a sentence.
#include "load/settings.h"

#include <filesystem>
#include <string>
#include <string_view>

#include "fuzz/must.h"

namespace {

struct OneFile final : shorthop::FileReader {
  explicit OneFile(std::string_view bytes) : text(bytes) {}
  std::expected<std::string, shorthop::ReadFailure> read(const std::filesystem::path& path) const override {
    if (path == name) return text;
    return std::unexpected(shorthop::ReadFailure{shorthop::ReadFailure::Kind::missing, "no such file"});
  }
  std::filesystem::path name = "/nonexistent/shorthop.conf";
  std::string text;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const OneFile file({reinterpret_cast<const char*>(data), size});
  shorthop::Diagnostics warnings;
  const auto settings = shorthop::read_settings(file.name, file, warnings);
  must(!shorthop::has_error(warnings), "a warning is no error");
  if (settings) return 0;
  must(shorthop::has_error(settings.error()), "no settings without an error");
  for (const auto& problem : settings.error()) must(!problem.what.empty(), "an error says what");
  return 0;
}
