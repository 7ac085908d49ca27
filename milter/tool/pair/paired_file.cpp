#include "tool/pair/paired_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "text/lines.h"
#include "tool/setup/relay_file.h"

namespace shorthop::tool {
namespace {

constexpr std::string_view mark_of_file =
    "# Written by shorthop pair; pair --undo removes this file if only mode and max-age were changed. Checksum: ";
constexpr std::string_view mark_of_pull = "# Written by shorthop pair; pair --undo removes this line and the next.";
constexpr std::string_view mark_of_mirror =
    "# Written by shorthop pair; pair --undo removes this line, the next and the mirror.";

}  // namespace

std::string bracketed_host(const SshAccount& account) {
  return account.host.contains(':') ? fmt::format("[{}]", account.host) : account.host;
}

std::string text_of(const SshAccount& account) {
  return fmt::format("ssh://{}@{}{}", account.user, bracketed_host(account),
                     account.port == 22 ? "" : fmt::format(":{}", account.port));
}

std::string option_of_port(const SshAccount& account) {
  return account.port == 22 ? std::string() : fmt::format("-p {} ", account.port);
}

std::string new_relay_text(const std::vector<std::string>& domains, const std::string& primary,
                           const std::string& mirror) {
  const std::string text = fmt::format(
      "domains = {}\nprimary = {}\n"
      "\n# The mirror: everything of the primary that decides about its recipients. shorthop pull fills the mirror.\n"
      "mirror  = {}\n"
      "\n# If the data is older than this, no recipient is replaced.\nmax-age = 48h\n"
      "\n# observe: decide, log and count, change nothing. rewrite: replace recipients too.\nmode    = observe\n",
      fmt::join(domains, " "), primary, mirror);
  return marked_relay_file(mark_of_file, text);
}

bool is_new_relay_text(std::string_view text) { return is_as_written(mark_of_file, text); }

std::string with_pull(std::string text, const SshAccount& account, bool makes_mirror) {
  if (!text.ends_with('\n')) text += '\n';
  return fmt::format("{}{}\npull = {}\n", text, makes_mirror ? mark_of_mirror : mark_of_pull, text_of(account));
}

WithoutPull without_pull(std::string_view text) {
  WithoutPull rest;
  bool is_behind_mark = false;
  for (const std::string_view line : lines_of(text)) {
    const bool is_mark = line == mark_of_pull || line == mark_of_mirror;
    // A postmaster may have removed the line and left the mark.
    if (!is_mark && !(is_behind_mark && sets_key(line, "pull"))) rest.text.append(line).append("\n");
    rest.has_changed = rest.has_changed || is_mark;
    rest.made_mirror = rest.made_mirror || line == mark_of_mirror;
    is_behind_mark = is_mark;
  }
  return rest;
}

}  // namespace shorthop::tool
