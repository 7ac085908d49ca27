// shorthop pair: the way from a primary to its mirror, set up on this host, and the one command for the primary.
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "mail/host.h"
#include "system/child_output.h"
#include "system/write_file.h"
#include "text/ascii.h"
#include "text/lines.h"
#include "tool/accounts.h"
#include "tool/actions.h"
#include "tool/load_all.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view user_on_primary = "shorthop-export";
constexpr std::string_view mark = "# Written by shorthop pair; pair --undo takes this line and the next away.";
constexpr const char* scripts = "/usr/share/shorthop";

Diagnostic fault(std::string place, std::string what, std::string fix, ErrorClass error_class) {
  return {{std::move(place), 0}, std::move(what), std::move(fix), Severity::error, error_class};
}

/// Runs a program that must succeed; its output.
std::expected<std::string, Diagnostic> run(const std::string& name, const std::vector<std::string>& words) {
  const std::string program = find_program(name);
  if (program.empty()) {
    return std::unexpected(
        fault(name, "there is no such program", "install it (openssh-client, systemd)", ErrorClass::missing));
  }
  auto output = child_output(program, words, {std::chrono::seconds(60), 1 << 20});
  if (!output) return std::unexpected(fault(name, output.error().what, "try it by hand", ErrorClass::temporary));
  return std::move(*output);
}

/// The settings file of a relay without the lines that pair added.
std::string without_pull(const std::string& text) {
  std::string rest;
  bool is_ours = false;
  for (const std::string_view line : lines_of(text)) {
    if (!is_ours && line != mark) rest.append(line).append("\n");
    is_ours = !is_ours && line == mark;
  }
  return rest;
}

class Pairing {
 public:
  Pairing(RelaySettings relay, std::string host, Streams& streams)
      : relay_(std::move(relay)), host_(std::move(host)), streams_(streams) {}

  int pair(const std::optional<std::string>& host_key) {
    for (const auto& step : {make_key(), add_pull()}) {
      if (!step) return report({step.error()}, streams_);
    }
    std::error_code error;
    if (fs::exists(known_hosts(), error)) return explain_rest();
    const auto keys = run("ssh-keyscan", {"-t", "ed25519", "--", host_});
    if (!keys) return report({keys.error()}, streams_);
    const auto fingerprint = fingerprint_of(*keys);
    if (!fingerprint) return report({fingerprint.error()}, streams_);
    if (!host_key) return show_command(*fingerprint);
    if (*host_key != *fingerprint) {
      return report({fault(host_, fmt::format("its host key is {}, and not {}", *fingerprint, printable(*host_key)),
                           "compare it with what the command printed on the primary", ErrorClass::data)},
                    streams_);
    }
    if (const auto written = write_known_hosts(*keys); !written) return report({written.error()}, streams_);
    streams_.output.write(fmt::format("pinned    {} of {}\n", *fingerprint, host_));
    return explain_rest();
  }

  int undo() {
    const std::string timer = fmt::format("shorthop-pull@{}.timer", relay_.name);
    // Not on every host; one that is not enabled is no failure.
    static_cast<void>(run("systemctl", {"disable", "--now", timer}));
    const std::string text = SystemFiles().read(relay_.file).value_or(std::string());
    if (const std::string rest = without_pull(text); rest != text) {
      if (const auto written = replace_file(relay_.file, rest); !written) {
        return report({fault(relay_.file, written.error(), "run it as root", ErrorClass::temporary)}, streams_);
      }
      streams_.output.write(fmt::format("changed   {}: pull was taken out\n", relay_.file));
    }
    std::error_code error;
    if (fs::remove_all(relay_.pull_keys, error) > 0 && !error) {
      streams_.output.write(fmt::format("removed   {}\n", relay_.pull_keys));
    }
    streams_.output.write(
        fmt::format("on the primary:\n\n    ssh root@{} shorthop-export-setup --undo\n\n"
                    "The mirror stays, and is kept for max-age.\n",
                    host_));
    return EX_OK;
  }

 private:
  using Step = std::expected<void, Diagnostic>;

  std::string key_file() const { return relay_.pull_keys + "/id_ed25519"; }
  std::string known_hosts() const { return relay_.pull_keys + "/known_hosts"; }

  /// The directory belongs to whoever pulls: the owner of the directory that holds the mirror.
  Step make_key() const {
    std::error_code error;
    fs::create_directories(relay_.pull_keys, error);
    if (error)
      return std::unexpected(fault(relay_.pull_keys, error.message(), "run it as root", ErrorClass::temporary));
    fs::permissions(relay_.pull_keys, fs::perms::owner_all, error);
    if (!fs::exists(key_file(), error)) {
      const auto made = run("ssh-keygen", {"-q", "-t", "ed25519", "-N", "", "-C", "shorthop", "-f", key_file()});
      if (!made) return std::unexpected(made.error());
      streams_.output.write(fmt::format("made      {}\n", key_file()));
    }
    return give_away();
  }

  Step give_away() const {
    const auto owner = writer_below(fs::path(relay_.mirror.value).parent_path());
    if (!owner) return {};
    std::error_code error;
    std::vector<fs::path> paths = {relay_.pull_keys};
    for (fs::directory_iterator entry(relay_.pull_keys, error), end; !error && entry != end; entry.increment(error)) {
      paths.push_back(entry->path());
    }
    for (const fs::path& path : paths) {
      if (::lchown(path.c_str(), owner->uid, owner->gids.front()) == 0) continue;
      return std::unexpected(
          fault(path.native(), "it cannot be given to the user that pulls", "run it as root", ErrorClass::temporary));
    }
    return {};
  }

  Step add_pull() const {
    if (relay_.pull) return {};
    const auto text = SystemFiles().read(relay_.file);
    if (!text) return std::unexpected(fault(relay_.file, text.error().what, "run it as root", ErrorClass::missing));
    const std::string more =
        fmt::format("{}{}\npull = ssh://{}@{}\n", text->ends_with('\n') ? "" : "\n", mark, user_on_primary, host_);
    if (const auto written = replace_file(relay_.file, *text + more); !written) {
      return std::unexpected(fault(relay_.file, written.error(), "run it as root", ErrorClass::temporary));
    }
    streams_.output.write(fmt::format("changed   {}: pull was added\n", relay_.file));
    return {};
  }

  /// "SHA256:..." of the only key.
  std::expected<std::string, Diagnostic> fingerprint_of(const std::string& keys) const {
    const std::string program = find_program("ssh-keygen");
    const auto ran = run_child(program, {"-l", "-f", "-"}, keys, {std::chrono::seconds(10), 1 << 16});
    const std::string text = ran ? ran->output : std::string();
    const std::size_t begin = text.find("SHA256:");
    if (begin != text.npos) return text.substr(begin, text.find(' ', begin) - begin);
    return std::unexpected(
        fault(host_, "it has shown no host key of type ed25519", "does sshd run there?", ErrorClass::temporary));
  }

  int show_command(const std::string& fingerprint) const {
    const auto key = SystemFiles().read(key_file() + ".pub");
    if (!key)
      return report({fault(key_file() + ".pub", key.error().what, "remove the key", ErrorClass::missing)}, streams_);
    streams_.output.write(fmt::format(
        "\n1. This installs on {0} a timer that writes a bundle, and a user whose key may only print it. Read\n"
        "   {1}/shorthop-export-setup before you run it:\n\n"
        "    tar -C {1} -c shorthop-export shorthop-export-setup | ssh root@{0} 'd=$(mktemp -d) &&\n"
        "      tar -x -C \"$d\" && sh \"$d/shorthop-export-setup\" --key \"{2}\"; rm -r \"$d\"'\n\n"
        "2. It prints the host keys of {0}. If the one of ED25519 is {3}:\n\n"
        "    shorthop pair --host-key {3} {0}\n",
        host_, scripts, trimmed(*key), fingerprint));
    return EX_OK;
  }

  Step write_known_hosts(const std::string& keys) const {
    std::string text;
    for (const std::string_view line : lines_of(keys)) {
      if (!line.starts_with('#')) text.append(line).append("\n");
    }
    if (const auto written = create_file(known_hosts(), text); !written) {
      return std::unexpected(fault(known_hosts(), written.error(), "run it as root", ErrorClass::temporary));
    }
    return give_away();
  }

  int explain_rest() const {
    streams_.output.write(
        fmt::format("paired    with {0}. Next:\n\n    shorthop pull {1}\n    systemctl enable --now "
                    "shorthop-pull@{1}.timer\n    shorthop check\n",
                    host_, relay_.name));
    return EX_OK;
  }

  RelaySettings relay_;
  std::string host_;
  Streams& streams_;
};

}  // namespace

int pair(const Invocation& invocation, Streams& streams) {
  Diagnostics warnings;
  auto settings = read_settings(invocation.config, SystemFiles(), warnings);
  if (!settings) return report(settings.error(), streams);
  const std::string host = folded(invocation.arguments.front());
  const auto is_primary = [&](const RelaySettings& relay) { return folded(bare_host(relay.primary.value)) == host; };
  const auto found = std::ranges::find_if(settings->relays, is_primary);
  if (found == settings->relays.end() || found->mirror.value.empty()) {
    return report({fault(settings->file, fmt::format("no relay has the primary {} and a mirror", excerpt(host)),
                         "shorthop setup --apply writes the file", ErrorClass::settings)},
                  streams);
  }
  Pairing pairing(*found, host, streams);
  const auto key = invocation.options.find("host-key");
  if (invocation.has("undo")) return pairing.undo();
  return pairing.pair(key == invocation.options.end() ? std::nullopt : std::optional(key->second));
}

}  // namespace shorthop::tool
