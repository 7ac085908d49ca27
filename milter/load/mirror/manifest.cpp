#include "load/mirror/manifest.h"

#include <algorithm>

#include "mail/international.h"
#include "tables/table_name.h"
#include "text/ascii.h"
#include "text/lines.h"
#include "text/number.h"
#include "text/utc_time.h"

namespace shorthop {
namespace {

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// Removes the first word and the blank after it, and returns the word.
std::string_view take_field(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

class ManifestReader {
 public:
  void read_line(std::string_view line, std::size_t offset) {
    const std::size_t equals = line.find(" = ");
    if (!result_.sha256.empty()) return fail("there is a line after the hash of the manifest");
    if (equals == line.npos) return fail("the line is not KEY = VALUE");
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 3);
    if (key == "file") return read_file(value);
    if (key == "home") return read_home(value);
    if (key == "count") return read_count(value, result_.counts);
    if (key == "entries") return read_entries(value);
    if (key == "enumerable") return read_enumerable(value);
    if (key == "expires") return read_expiry(value);
    if (key == "not-copied" || key == "not-listed" || key == "not-answered") {
      result_.left_out.emplace_back(value);
      if (key == "not-copied") result_.not_copied.emplace(value.substr(0, value.rfind(": ")));
    } else if (key == "manifest") {
      if (!is_sha256(value)) return fail("the hash of the manifest is not a valid SHA-256");
      result_.sha256 = value;
      result_.hashed_bytes = offset;
    } else {
      read_head(key, value);
    }
  }

  void begin_line() { ++line_; }
  void fail(std::string what) {
    if (!fault_) fault_ = ManifestFault{line_, std::move(what)};
  }
  ParsedManifest take() && { return {std::move(result_), std::move(fault_)}; }

 private:
  void read_head(std::string_view key, std::string_view value) {
    if (key == "time") {
      if (result_.time) return fail("the time is given twice");
      result_.time = parse_utc_time(value);
      if (!result_.time) fail("the time is not of the form 2026-11-28T12:00:00Z");
      return;
    }
    std::string* const field = key == "format"    ? &result_.format
                               : key == "program" ? &result_.program
                               : key == "host"    ? &result_.host
                                                  : nullptr;
    if (field == nullptr) return;
    if (!field->empty()) return fail(std::string(key) + " is given twice");
    *field = value;
  }

  /// Reads "MODE UID:GID NAME" and leaves NAME in `value`; nullopt if it has another form.
  static std::optional<ManifestFile> take_owner_and_mode(std::string_view& value) {
    const auto mode = to_number<mode_t>(take_field(value), 8);
    const std::string_view ids = take_field(value);
    const std::size_t colon = std::min(ids.find(':'), ids.size());
    const auto owner = to_number<uid_t>(ids.substr(0, colon));
    const auto group = to_number<gid_t>(ids.substr(std::min(colon + 1, ids.size())));
    if (!mode || *mode > 07777 || !owner || !group || value.empty()) return std::nullopt;
    return ManifestFile{{}, *mode, *owner, *group};
  }

  /// SHA256 MODE UID:GID PATH
  void read_file(std::string_view value) {
    const std::string_view sha256 = take_field(value);
    auto file = take_owner_and_mode(value);
    if (!file || !is_sha256(sha256)) return fail("the line is not file = SHA256 MODE UID:GID PATH");
    file->sha256 = sha256;
    if (!result_.files.emplace(value, std::move(*file)).second) fail("a file is listed twice");
  }

  /// MODE UID:GID NAME. A user who is listed twice in passwd(5) has two homes: the permissions of both are kept.
  void read_home(std::string_view value) {
    const auto home = take_owner_and_mode(value);
    if (!home) return fail("the line is not home = MODE UID:GID NAME");
    result_.homes[std::string(value)] |= home->mode;
  }

  /// NAME NUMBER
  void read_count(std::string_view value, std::map<std::string, std::size_t, std::less<>>& counts) {
    const std::size_t blank = std::min(value.rfind(' '), value.size());
    const auto count = to_number<std::size_t>(value.substr(std::min(blank + 1, value.size())));
    if (blank == 0 || !count) return fail("the line does not end with a name and a number");
    if (!counts.emplace(value.substr(0, blank), *count).second) fail("a count is given twice");
  }

  void read_entries(std::string_view value) { read_count(value, result_.entries); }

  void read_enumerable(std::string_view value) {
    const auto table = TableName::parse(value);
    if (!table) return fail("the line is not enumerable = TYPE:NAME");
    result_.enumerable.insert(table->text());
  }

  /// TIME KEY
  void read_expiry(std::string_view value) {
    const auto time = parse_utc_time(take_field(value)).value_or(std::chrono::sys_seconds());
    const auto [entry, is_new] = result_.expires.emplace(folded_utf8(value), time);
    if (!is_new) entry->second = std::min(entry->second, time);
  }

  Manifest result_;
  std::optional<ManifestFault> fault_;
  std::uint32_t line_ = 0;
};

}  // namespace

ParsedManifest parse_manifest(std::string_view text) {
  ManifestReader reader;
  for (const std::string_view line : lines_of(text)) {
    reader.begin_line();
    reader.read_line(line, static_cast<std::size_t>(line.data() - text.data()));
  }
  if (!text.empty() && !text.ends_with('\n')) reader.fail("the last line has no newline");
  return std::move(reader).take();
}

Manifest read_manifest(const FileReader& files, const std::filesystem::path& path) {
  const auto text = files.read(path);
  Manifest manifest = parse_manifest(text.value_or(std::string())).manifest;
  const bool is_missing = !text && text.error().kind == ReadFailure::Kind::missing;
  if (!text && !is_missing) manifest.damage = text.error().what;
  // shorthop-export writes the format first and the hash last. A manifest that was written by hand has neither.
  const bool is_truncated =
      text && ((!text->empty() && !text->ends_with('\n')) || (!manifest.format.empty() && manifest.sha256.empty()));
  if (is_truncated) manifest.damage = "it is truncated";
  return manifest;
}

}  // namespace shorthop
