#include "tool/setup/relay_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "tool/own_places.h"

namespace shorthop::tool {
namespace {

constexpr std::string_view first_words =
    "# Written by shorthop setup; setup --undo takes it away while it is unchanged: ";

/// FNV-1a: only distinguishes an edited file from an unedited one.
std::string checksum(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

/// cron(8) ignores files of /etc/cron.d with a dot in their names.
std::string cron_name(std::string domain) {
  std::ranges::replace(domain, '.', '-');
  return domain;
}

/// shorthop-mirror copies files, shorthop-export lists databases too.
bool is_exported(const NewRelay& relay) { return relay.panel != nullptr && !relay.panel->listing.empty(); }

std::string settings_text(const NewRelay& relay) {
  std::string text = fmt::format("# {} is relayed to {} (from {}).\n\n", relay.domain, relay.primary, relay.from);
  text += fmt::format("domains   = {}\nprimary   = {}\n", relay.domain, relay.primary);
  if (!relay.next_hops.empty()) text += fmt::format("next-hops = {}\n", fmt::join(relay.next_hops, " "));
  text += fmt::format(
      "\n# Everything of the primary that decides about its recipients. {} fills it. Recipients are\n"
      "# kept until then, and if a part that may concern them is missing.\nmirror    = {}\n"
      "{}\n# If the mirror's stamp is older than this, no recipient is replaced.\nmax-age   = 48h\n"
      "\n# observe: decide, log and count, change nothing. rewrite: replace recipients too.\nmode      = observe\n",
      is_exported(relay) ? "shorthop-export" : "shorthop-mirror", relay.mirror,
      relay.panel == nullptr ? "" : "\n" + panel_settings(*relay.panel, relay.primary, relay.domain));
  return text;
}

std::string export_command(const NewRelay& relay) {
  return fmt::format(
      "fill the mirror of {} with what shorthop-export writes there, as importing.md says:\n\n"
      "    scp {}/shorthop-export root@{}:\n"
      "    {}\n\n"
      "panels/{}.md says more about {}.\n",
      relay.primary, scripts_directory(), relay.primary,
      panel_export_command(*relay.panel, relay.primary, relay.domain), relay.panel->name, relay.panel->title);
}

}  // namespace

std::string relay_file_text(const NewRelay& relay) {
  const std::string text = settings_text(relay);
  return fmt::format("{}{}\n{}", first_words, checksum(text), text);
}

std::string mirror_command(const NewRelay& relay) {
  if (is_exported(relay)) return export_command(relay);
  const std::string command =
      fmt::format("{} root@{} {}", command_with_path("shorthop-mirror"), relay.primary, relay.mirror);
  return fmt::format(
      "fill the mirror of {}, as a user who may log in there by ssh and write to {}, and let cron repeat it:\n\n"
      "    mkdir -p {}\n"
      "    {}\n"
      "    echo '*/15 * * * * root {}' > /etc/cron.d/shorthop-mirror-{}\n\n"
      "It copies only the files of the parameters that decide about recipients, and touches the stamp last. shorthopd "
      "loads the mirror within seconds after that.\n",
      relay.primary, relay.mirror, relay.mirror, command, command, cron_name(relay.domain));
}

bool is_unchanged_relay_file(std::string_view text) {
  if (!text.starts_with(first_words)) return false;
  text.remove_prefix(first_words.size());
  const std::size_t end = text.find('\n');
  return end != text.npos && text.substr(0, end) == checksum(text.substr(end + 1));
}

}  // namespace shorthop::tool
