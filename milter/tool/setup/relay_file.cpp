#include "tool/setup/relay_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "text/ascii.h"
#include "text/hash.h"
#include "text/lines.h"
#include "tool/install_paths.h"
#include "tool/printed_command.h"

namespace shorthop::tool {
namespace {

constexpr std::string_view mark_of_setup =
    "# Written by shorthop setup; setup --undo removes this file if only mode and max-age were changed. Checksum: ";

/// Of all lines except mode and max-age.
std::string checksum_of(std::string_view text) {
  std::uint64_t hash = fnv1a("");
  for (const std::string_view line : lines_of(text)) {
    if (sets_key(line, "mode") || sets_key(line, "max-age")) continue;
    hash = fnv1a("\n", fnv1a(line, hash));
  }
  return fmt::format("{:016x}", hash);
}

/// Whether shorthop-export must fill the mirror: it can also list tables in databases, but shorthop-mirror can only
/// copy files.
bool is_exported(const NewRelay& relay) { return relay.panel != nullptr && !relay.panel->listing.empty(); }

std::string_view filling_commands(const NewRelay& relay) {
  if (!is_exported(relay)) return "shorthop pull or shorthop-mirror";
  return relay.panel->shell.empty() ? "shorthop pull or import" : "shorthop import";
}

std::string settings_text(const NewRelay& relay) {
  std::string text = fmt::format("# {} is relayed to {} (from {}).\n\n", relay.domain, relay.primary, relay.from);
  text += fmt::format("domains   = {}\nprimary   = {}\n", relay.domain, relay.primary);
  if (!relay.next_hops.empty()) text += fmt::format("next-hops = {}\n", fmt::join(relay.next_hops, " "));
  text += fmt::format(
      "\n# The mirror: everything of the primary that decides about its recipients. {} fills the mirror.\n"
      "# While a part of it is missing, the recipients that this part may concern are kept.\nmirror    = {}\n"
      "{}\n# If the mirror's stamp is older than this, no recipient is replaced.\nmax-age   = 48h\n"
      "\n# observe: decide, log and count, change nothing. rewrite: replace recipients too.\nmode      = observe\n",
      filling_commands(relay), relay.mirror,
      relay.panel == nullptr ? "" : "\n" + panel_settings(*relay.panel, relay.primary, relay.domain));
  return text;
}

/// For primaries where shorthop pair cannot install its timer, and for postmasters who do not want it.
std::string export_command(const NewRelay& relay) {
  std::string commands;
  const std::string text =
      panel_export_commands(*relay.panel, relay.primary, command_for(relay.config, "import " + relay.domain));
  for (const std::string_view line : lines_of(text)) commands += fmt::format("    {}\n", line);
  return fmt::format("fill the mirror of {} with the output of shorthop-export, as importing.md says:\n\n{}\n",
                     relay.primary, commands);
}

std::string copy_command(const NewRelay& relay) {
  const std::string command =
      fmt::format("{} root@{} {}", command_with_path("shorthop-mirror"), relay.primary, relay.mirror);
  return fmt::format(
      "fill the mirror of {}, as a user who may log in there by ssh and may write to {} here; let cron repeat it:\n\n"
      "    mkdir -p {}\n"
      "    {}\n"
      "    echo '*/15 * * * * root {}' > {}\n\n"
      "shorthop-mirror copies only the files that the parameters about recipients name, and touches the stamp last. "
      "shorthopd loads the mirror within seconds after that.\n",
      relay.primary, relay.mirror, relay.mirror, command, command, crontab_of("shorthop-mirror", relay.domain));
}

std::string pair_instructions(const NewRelay& relay) {
  const std::string options =
      is_exported(relay)
          ? fmt::format("; add --options '{}' to the command that it prints for the primary", relay.panel->listing)
          : std::string();
  return fmt::format("set up the mirror of {} with shorthop pair{}:\n\n    {}\n\nOr, without pair, ", relay.primary,
                     options, command_for(relay.config, fmt::format("pair {} {}", relay.primary, relay.domain)));
}

}  // namespace

std::string relay_file_text(const NewRelay& relay) { return marked_relay_file(mark_of_setup, settings_text(relay)); }

std::string mirror_instructions(const NewRelay& relay) {
  if (!is_exported(relay)) return pair_instructions(relay) + copy_command(relay);
  const std::string page = fmt::format("panels/{}.md says more about {}.\n", relay.panel->name, relay.panel->title);
  // The timer that pair installs runs on the primary's host, outside the container of Postfix.
  return (relay.panel->shell.empty() ? pair_instructions(relay) : std::string()) + export_command(relay) + page;
}

bool is_unchanged_relay_file(std::string_view text) { return is_as_written(mark_of_setup, text); }

std::string marked_relay_file(std::string_view mark, std::string_view text) {
  return fmt::format("{}{}\n{}", mark, checksum_of(text), text);
}

bool is_as_written(std::string_view mark, std::string_view file) {
  if (!file.starts_with(mark)) return false;
  file.remove_prefix(mark.size());
  const std::size_t end = file.find('\n');
  return end != file.npos && file.substr(0, end) == checksum_of(file.substr(end + 1));
}

bool sets_key(std::string_view line, std::string_view name) {
  return line.starts_with(name) && trimmed(line.substr(name.size())).starts_with('=');
}

}  // namespace shorthop::tool
