// Reads any bytes as shorthop.conf. The result is settings, or errors with a place and a sentence.
#include "settings/settings.h"

#include <filesystem>
#include <string>
#include <string_view>

#include "fuzz/input.h"
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
  const OneFile file(text_in(data, size));
  shorthop::Diagnostics warnings;
  const auto settings = shorthop::read_settings(file.name, file, warnings);
  must(!shorthop::has_error(warnings), "a warning is not an error");
  must_be_well_formed(warnings, lines_in(file.text));
  if (settings) return 0;
  must(shorthop::has_error(settings.error()), "no settings without an error");
  must_be_well_formed(settings.error(), lines_in(file.text));
  return 0;
}
