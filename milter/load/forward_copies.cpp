#include "load/forward_copies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "load/rejected_files.h"
#include "system/system_error.h"
#include "tables/text/line_formats.h"
#include "tables/text/target.h"
#include "text/ascii.h"
#include "text/number.h"

namespace shorthop {
namespace {

constexpr std::size_t max_forward_files = 1'000'000;
constexpr std::size_t size_limit = 1U << 20;        // bytes of one file
constexpr std::size_t max_forward_size = 1U << 28;  // bytes of all
constexpr std::size_t max_warnings = 100'000;

class Copies final : public ForwardCopies {
 public:
  using Text = std::expected<std::string, ReadFailure>;

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    const auto found = texts_.find(path.native());
    if (found != texts_.end()) return found->second;
    if (!limit_.empty()) return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, limit_});
    return std::unexpected(ReadFailure{ReadFailure::Kind::missing, "no such file"});
  }

  void each_text(const std::function<void(std::string_view)>& use) const override {
    for (const auto& [path, text] : texts_) {
      if (text) use(*text);
    }
  }

  const std::vector<std::string>& extended_names() const override { return extended_names_; }
  void add_extended_name(std::string_view name) { extended_names_.emplace_back(name); }

  /// False once a limit is exceeded; from then on a file without a copy is a failure, not an absence.
  bool add(const std::string& path, Text text) {
    size_ += text ? text->size() : 0;
    if (texts_.size() >= max_forward_files) limit_ = fmt::format("more than {} .forward files", max_forward_files);
    if (size_ > max_forward_size) limit_ = fmt::format("more than {} MiB of .forward files", max_forward_size >> 20);
    if (limit_.empty()) texts_.emplace(path, std::move(text));
    return limit_.empty();
  }

  /// The limit that is exceeded; empty: no limit is.
  const std::string& limit() const { return limit_; }

 private:
  std::unordered_map<std::string, Text> texts_;
  std::vector<std::string> extended_names_;
  std::size_t size_ = 0;
  std::string limit_;
};

/// The pattern cut at the path component that has its "%u": "/home/" "%u" "/.forward", "/dir/" "f-%u.txt" "".
struct Pattern {
  explicit Pattern(std::string_view text) {
    const std::size_t place = text.find("%u");
    const std::size_t begin = text.rfind('/', place) + 1;
    const std::size_t end = std::min(text.find('/', place), text.size());
    directory = text.substr(0, begin);
    prefix = text.substr(begin, place - begin);
    suffix = text.substr(place + 2, end - place - 2);
    rest = text.substr(end);
  }

  /// The path of the file for a directory entry; empty if it does not match.
  std::string path_of(std::string_view entry) const {
    const bool fits =
        entry.size() > prefix.size() + suffix.size() && entry.starts_with(prefix) && entry.ends_with(suffix);
    return fits ? directory + std::string(entry) + rest : std::string();
  }

  /// The user (with an extension) that a directory entry belongs to.
  std::string_view user_of(std::string_view entry) const {
    return entry.substr(prefix.size(), entry.size() - prefix.size() - suffix.size());
  }

  /// Whether the file lies in the user's home or below it.
  bool is_in_home() const { return !rest.empty(); }

  std::string directory;
  std::string prefix;
  std::string suffix;
  std::string rest;
};

/// Warns of lines that cannot be read. Users write these files, and every line of a file may be wrong, so the number of
/// warnings is limited.
void report_unreadable(const std::string& path, std::string_view text, Diagnostics& warnings) {
  const std::size_t most = max_warnings - std::min(max_warnings, warnings.size());
  for (const auto& [line, target] : unreadable_target_lines(text, most)) {
    warnings.push_back(
        {{path, line},
         fmt::format("cannot read {}: {}, so a recipient that leads here is kept", excerpt(target.text), target.what),
         "correct or remove this target",
         Severity::warning,
         ErrorClass::data});
  }
}

/// The user ID in a line of passwd(5), as unix:passwd.byname has it (util/dict_unix.c), or without the name
/// ("x:1000:1000:..."); nullopt if it has another form.
std::optional<uid_t> user_id_in(std::string_view value) {
  constexpr std::ptrdiff_t colons_with_name = 6;
  if (std::ranges::count(value, ':') == colons_with_name) value.remove_prefix(value.find(':') + 1);
  const std::size_t password = value.find(':');
  if (password == value.npos) return std::nullopt;
  const std::string_view rest = value.substr(password + 1);
  const std::string_view digits = rest.substr(0, rest.find(':'));
  return digits.size() == rest.size() ? std::nullopt : to_number<uid_t>(digits);
}

/// Reads all copies of one relay.
class ForwardLoader {
 public:
  ForwardLoader(const RelaySettings& relay, const TableList* mailboxes, const FileReader& files, Diagnostics& warnings,
                const HomeModes& homes)
      : relay_(relay),
        mailboxes_(mailboxes),
        files_(files),
        warnings_(warnings),
        homes_(homes),
        parts_(relay.forward_files.value) {}

  std::shared_ptr<const ForwardCopies> load() {
    auto copies = std::make_shared<Copies>();
    static_cast<void>(files_.stamp(parts_.directory));  // so that later additions and removals are noticed
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(parts_.directory, error); !error && entry != end(entry);
         entry.increment(error)) {
      const std::string name = entry->path().filename().native();
      const std::string path = parts_.path_of(name);
      if (path.empty()) continue;
      auto text = read(path, parts_.user_of(name));
      if (!text && text.error().kind == ReadFailure::Kind::missing) continue;
      if (text) report_unreadable(path, *text, warnings_);
      const std::string_view user = parts_.user_of(name);
      if (user.find_first_of(delimiters(), 1) != user.npos) copies->add_extended_name(user);
      if (!copies->add(path, std::move(text))) {
        warn(parts_.directory, copies->limit() + ": recipients whose file was not read are kept",
             "remove some of them");
        break;
      }
    }
    if (error) {
      warn(parts_.directory,
           "cannot list the .forward files: " + error_text(error.value()) +
               ", so recipients whose name is not an alias are kept",
           "let the user of shorthopd read this directory");
    }
    return copies;
  }

 private:
  Copies::Text read(const std::string& path, std::string_view user) {
    constexpr auto missing = ReadFailure::Kind::missing;
    const FileStamp stamp = files_.stamp(path);
    const auto owner = owner_of(user);
    const bool is_unsure = !relay_.mirror.value.empty() && !relay_.trust_forward_files && !owner;
    if (stamp.exists && is_unsure) {
      return unreadable(path,
                        "the primary follows it only if it belongs to the user, whose ID the mirror does not list");
    }
    std::optional<std::string> refusal = relay_.trust_forward_files && !stamp.is_link
                                             ? std::nullopt
                                             : why_forward_rejected(stamp, relay_.profile.value, owner);
    if (!refusal && stamp.exists && parts_.is_in_home()) refusal = why_links_rejected(path, parts_.directory, files_);
    if (!refusal) refusal = why_home_rejected(mode_of_home(path, user), relay_.profile.value);
    if (refusal) {
      warn(path, fmt::format("the primary ignores this file, so its user's recipients are kept: {}", *refusal),
           "copy the files with their modes and owners (rsync -a)");
      return std::unexpected(ReadFailure{ReadFailure::Kind::refused, std::move(*refusal)});
    }
    if (stamp.size > static_cast<off_t>(size_limit)) return unreadable(path, "it is larger than 1 MiB");
    auto text = files_.read(path);
    if (!text && text.error().kind != missing) return unreadable(path, text.error().what);
    if (text && !text->empty() && !text->ends_with('\n')) {
      return unreadable(path, "the last line has no newline: the copy may be incomplete");
    }
    return text;
  }

  std::unexpected<ReadFailure> unreadable(const std::string& path, std::string what) {
    warn(path, what + "; its user's recipients are kept", "copy the file again, whole and readable for shorthopd");
    return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, std::move(what)});
  }

  /// The name in a file name, with and without its extension: either may be the name of the user.
  std::array<std::string_view, 2> names_of(std::string_view user) const {
    return {user, user.substr(0, user.find_first_of(delimiters(), 1))};
  }

  /// The permission bits of the user's home directory on the primary; 0 if they are not known.
  mode_t mode_of_home(const std::string& path, std::string_view user) const {
    if (parts_.is_in_home()) return files_.stamp(std::filesystem::path(path).parent_path()).mode;
    for (const std::string_view name : names_of(user)) {
      if (const auto found = homes_.find(name); found != homes_.end()) return found->second;
    }
    return 0;
  }

  /// The user ID that should own the file; nullopt if unknown.
  std::optional<uid_t> owner_of(std::string_view user) const {
    if (mailboxes_ == nullptr) return std::nullopt;
    for (const std::string_view name : names_of(user)) {
      const auto found = mailboxes_->find(folded(name), no_deadline);
      if (found && *found) return user_id_in((*found)->entry.value);
    }
    return std::nullopt;
  }

  std::string delimiters() const { return relay_.recipient_delimiter ? relay_.recipient_delimiter->value : "+"; }

  void warn(const std::string& file, std::string what, std::string fix) {
    if (warnings_.size() < max_warnings) {
      warnings_.push_back({{file, 0}, std::move(what), std::move(fix), Severity::warning, ErrorClass::missing});
    }
  }

  const RelaySettings& relay_;
  const TableList* mailboxes_;
  const FileReader& files_;
  Diagnostics& warnings_;
  const HomeModes& homes_;
  Pattern parts_;
};

}  // namespace

std::shared_ptr<const ForwardCopies> forward_copies(const RelaySettings& relay, const TableList* mailboxes,
                                                    const FileReader& files, Diagnostics& warnings,
                                                    const HomeModes& homes) {
  return ForwardLoader(relay, mailboxes, files, warnings, homes).load();
}

}  // namespace shorthop
