#include "tool/relay_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace shorthop::tool {
namespace {

struct CopyRow {
  std::string_view copy;     ///< below the data directory
  std::string_view setting;  ///< with "=", aligned
  std::string_view before;   ///< of the path
  std::string_view after;
  std::string_view meaning;
};

constexpr CopyRow copy_rows[] = {
    {"virtual", "virtual-alias-maps =", "text:", "", "the primary's /etc/postfix/virtual"},
    {"aliases", "alias-maps         =", "text:", "", "the primary's /etc/aliases"},
    {"forward", "forward-files      =", "", "/%u", "the users' .forward files, each by the user's name"},
    {"include", "include-root       =", "", "", "the files that aliases name as :include:"},
    {"postconf-n", "primary-postconf   =", "", "", "what `postconf -n` prints on the primary"},
};

constexpr std::string_view first_words =
    "# Written by shorthop setup; setup --undo takes it away while it is unchanged: ";

/// FNV-1a: tells an edited file from an unedited one, no more.
std::string checksum(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

std::string settings_text(const NewRelay& relay) {
  std::string text = fmt::format("# {} is relayed to {} (from {}).\n\n", relay.domain, relay.primary, relay.from);
  text += fmt::format("domains            = {}\nprimary            = {}\n", relay.domain, relay.primary);
  if (!relay.next_hops.empty()) text += fmt::format("next-hops          = {}\n", fmt::join(relay.next_hops, " "));
  text += "\n# Copies of the primary's tables, kept fresh. A line counts once its copy is there and the '#' is gone.\n";
  for (const CopyRow& row : copy_rows) {
    const bool is_there = std::ranges::find(relay.copies, row.copy) != relay.copies.end();
    text += fmt::format("# {}:\n{}{} {}{}/{}{}\n", row.meaning, is_there ? "" : "#", row.setting, row.before,
                        relay.data_directory, row.copy, row.after);
  }
  text +=
      "\n# The primary's recipient_delimiter; not needed with primary-postconf:\n#recipient-delimiter = +\n"
      "\n# Alias data older than this is not acted on.\nmax-age            = 48h\n"
      "\n# observe: decide, log and count, change nothing. rewrite: replace recipients too.\nmode               = "
      "observe\n";
  return text;
}

}  // namespace

std::vector<std::string> names_of_copies() {
  std::vector<std::string> names;
  for (const CopyRow& row : copy_rows) names.emplace_back(row.copy);
  return names;
}

std::string relay_file_text(const NewRelay& relay) {
  const std::string text = settings_text(relay);
  return fmt::format("{}{}\n{}", first_words, checksum(text), text);
}

bool is_unchanged_relay_file(std::string_view text) {
  if (!text.starts_with(first_words)) return false;
  text.remove_prefix(first_words.size());
  const std::size_t end = text.find('\n');
  return end != text.npos && text.substr(0, end) == checksum(text.substr(end + 1));
}

}  // namespace shorthop::tool
