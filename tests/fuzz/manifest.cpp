// Parses any bytes as the manifest of a bundle, and as the record of a pull. Every value that is read occurs in the
// text and is within its limits, and each fault has its line.
#include "load/mirror/manifest.h"

#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "load/mirror/pull_record.h"
#include "text/utc_time.h"

namespace {

using namespace shorthop;

void must_be_a_file(const std::string& path, const ManifestFile& file, std::string_view text) {
  must(!path.empty() && text.contains(path), "a path is in the manifest");
  must(file.sha256.size() == 64 && text.contains(file.sha256), "a hash has 64 digits, as written");
  must(file.mode <= 07777, "a mode is permission bits");
}

void must_survive(std::chrono::sys_seconds time) {
  const std::string text = utc_time_text(time);
  must(parse_utc_time(text) == time, "a time survives being written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  const auto [manifest, fault] = parse_manifest(text);
  for (const auto& [path, file] : manifest.files) must_be_a_file(path, file, text);
  for (const std::string& line : manifest.left_out)
    must(text.contains(line), "a line about a file that was left out is as written");
  for (const std::string& path : manifest.not_copied)
    must(text.contains(path), "the path of a file that was not copied is as written");
  for (const auto& [key, time] : manifest.expires) must_survive(time);
  must(text.contains(manifest.host) && text.contains(manifest.format), "host and format are as written");
  must(manifest.hashed_bytes <= text.size(), "the hash covers a part of the text");
  must(manifest.sha256.empty() || text.substr(manifest.hashed_bytes).starts_with("manifest = "),
       "the hash covers the text before its line");
  if (fault) {
    must(fault->line >= 1 && fault->line <= lines_in(text), "a fault is in a line of the text");
    must(!fault->what.empty() && is_printable_line(fault->what), "a fault has a printable sentence");
  }
  if (manifest.time) must_survive(*manifest.time);
  if (const auto record = parse_pull_record(text)) {
    must(is_printable_line(record->failure), "the reason why a pull failed is one printable line");
  }
  return 0;
}
