#include "tool/setup/relay_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace shorthop::tool {
namespace {

struct CopyRow {
  std::string_view copy;     ///< below the data directory
  std::string_view setting;  ///< with "=", aligned
  std::string_view before;   ///< of the path, as in the value
  std::string_view after;
  std::string_view meaning;
};

constexpr CopyRow copy_rows[] = {
    {"postconf-n", "primary-postconf   =", "", "", "what `postconf -n` prints on the primary"},
    {"virtual", "virtual-alias-maps =", "text:", "", "the primary's /etc/postfix/virtual"},
    {"aliases", "alias-maps         =", "text:", "", "the primary's /etc/aliases"},
    {"forward", "forward-files      =", "", "/%u", "the users' .forward files, each under the user's name"},
    {"include", "include-root       =", "", "", "the files that aliases name as :include:"},
};

constexpr std::string_view first_words =
    "# Written by shorthop setup; setup --undo takes it away while it is unchanged: ";

/// FNV-1a: only distinguishes an edited file from an unedited one.
std::string checksum(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

std::string settings_text(const NewRelay& relay) {
  std::string text = fmt::format("# {} is relayed to {} (from {}).\n\n", relay.domain, relay.primary, relay.from);
  text += fmt::format("domains            = {}\nprimary            = {}\n", relay.domain, relay.primary);
  if (!relay.next_hops.empty()) text += fmt::format("next-hops          = {}\n", fmt::join(relay.next_hops, " "));
  text +=
      "\n# Copies of what the primary has; shorthop-tables(5) says how to keep them fresh. Take the '#' away once the\n"
      "# copy is there. Without primary-postconf recipients are kept. A copy of a table has the file name that the\n"
      "# table has on the primary; name every table of its virtual_alias_maps and alias_maps.\n";
  for (const CopyRow& row : copy_rows) {
    const bool is_there = std::ranges::find(relay.copies, row.copy) != relay.copies.end();
    text += fmt::format("# {}:\n{}{} {}{}/{}{}\n", row.meaning, is_there ? "" : "#", row.setting, row.before,
                        relay.data_directory, row.copy, row.after);
  }
  text +=
      "\n# If the newest copy is older than this, no recipient is replaced.\nmax-age            = 48h\n"
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

std::string copy_script(const NewRelay& relay) {
  const std::string script = fmt::format("/usr/local/bin/shorthop-copy-{}", relay.domain);
  return fmt::format(
      "keep the copies of {primary} fresh: make this script {script}, and run it by cron as a user who may log in "
      "there "
      "by ssh and write to {directory}:\n\n"
      "    #!/bin/sh\n"
      "    set -e\n"
      "    cd {directory}\n"
      "    rsync -a {primary}:/etc/postfix/virtual :/etc/aliases .\n"
      "    ssh {primary} postconf -n > postconf-n.new\n"
      "    mv postconf-n.new postconf-n\n\n"
      "    */15 * * * * {script}\n\n"
      "postconf-n is renamed last, and only if all went well: its time is that of the data, from which max-age counts. "
      "Use neither rsync --inplace nor anything else that writes into a copy. shorthopd loads new copies by itself, "
      "within seconds.\n",
      fmt::arg("primary", relay.primary), fmt::arg("script", script), fmt::arg("directory", relay.data_directory));
}

bool is_unchanged_relay_file(std::string_view text) {
  if (!text.starts_with(first_words)) return false;
  text.remove_prefix(first_words.size());
  const std::size_t end = text.find('\n');
  return end != text.npos && text.substr(0, end) == checksum(text.substr(end + 1));
}

}  // namespace shorthop::tool
