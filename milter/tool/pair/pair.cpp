// shorthop pair: sets up this host to pull bundles from a primary, and prints the command that sets up the primary.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sysexits.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "system/write_file.h"
#include "tool/actions.h"
#include "tool/doctor/checks.h"
#include "tool/doctor/gather/gather.h"
#include "tool/install_paths.h"
#include "tool/load_all.h"
#include "tool/mirror/mirrored_relay.h"
#include "tool/pair/paired_file.h"
#include "tool/pair/primary_name.h"
#include "tool/pair/pull_keys.h"
#include "tool/pair/pull_timer.h"
#include "tool/pair/undo_pairing.h"
#include "tool/printed_command.h"
#include "tool/setup/setup_facts.h"
#include "tool/setup/setup_steps.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

/// What the command line asks for.
struct Wish {
  PrimaryName primary;
  std::vector<std::string> domains;
  std::optional<std::string> host_key;
};

class PairingWithPrimary {
 public:
  PairingWithPrimary(const Invocation& invocation, Settings settings, Wish wish, Streams& streams)
      : invocation_(invocation), settings_(std::move(settings)), wish_(std::move(wish)), streams_(streams) {}

  int pair() {
    const auto planned = plan();
    if (!planned) return report({planned.error()}, streams_);
    // If the host does not answer, or shows another host key, nothing is changed.
    const auto shown = scan_host_key(account_);
    if (!shown) return report({shown.error()}, streams_);
    if (wish_.host_key && *wish_.host_key != shown->fingerprint) return report({other_host_key(*shown)}, streams_);
    for (const auto& step :
         {&PairingWithPrimary::write_relay, &PairingWithPrimary::add_pull, &PairingWithPrimary::make_key}) {
      if (const auto done = (this->*step)(); !done) return report({done.error()}, streams_);
    }
    return wish_.host_key ? finish(*shown) : show_command(*shown);
  }

 private:
  /// The command that pairs with that primary.
  std::string pair_again(std::string_view words) const { return command(invocation_, fmt::format("pair {}", words)); }

  void say(std::string_view verb, std::string_view what) {
    streams_.output.write(fmt::format("{:<9} {}\n", verb, what));
  }

  // --- The plan ---

  /// Finds the relay, or plans a new one, and the account from which its bundles are pulled.
  PairStep plan() {
    const auto relay = relay_of_primary(settings_, wish_.primary.name, wish_.domains);
    if (!relay) return std::unexpected(relay.error());
    const auto planned = *relay == nullptr ? plan_relay() : take_relay(**relay);
    if (!planned) return planned;
    account_ = {std::string(user_on_primary), wish_.primary.name, wish_.primary.port.value_or(22)};
    const std::string mirror = is_new_ ? new_mirror() : relay_.mirror.value;
    if (auto missing = missing_parent_of_mirror(mirror)) return std::unexpected(std::move(*missing));
    if (relay_.pull) return plan_pull(relay_.pull->value);
    return {};
  }

  std::string new_mirror() const { return fmt::format("{}/{}", data_directory, relay_.name); }

  PairStep take_relay(const RelaySettings& relay) {
    relay_ = relay;
    for (const std::string& domain : wish_.domains) {
      if (has_domain(relay, domain)) continue;
      return std::unexpected(fault(relay.file, fmt::format("{} is not among its domains", domain),
                                   fmt::format("to add it, write: domains = {} {}; to replace them, first run {}",
                                               fmt::join(relay.domains.value, " "), domain,
                                               command_for(invocation_.config, "pair --undo " + wish_.primary.name)),
                                   ErrorClass::settings));
    }
    if (!relay.mirror.value.empty()) return {};
    return std::unexpected(fault(relay.file, "mirror is not set",
                                 fmt::format("write mirror = {}/{}", data_directory, relay.name),
                                 ErrorClass::settings));
  }

  PairStep plan_relay() {
    if (wish_.domains.empty()) {
      return std::unexpected(fault(
          settings_.file,
          fmt::format("no relay has the primary {}{}", wish_.primary.name, near_primary(settings_, wish_.primary.name)),
          "name the domains that this host relays to it: " + pair_again(wish_.primary.name + " DOMAIN..."),
          ErrorClass::settings));
    }
    for (const RelaySettings& relay : settings_.relays) {
      for (const std::string& domain : wish_.domains) {
        if (!has_domain(relay, domain)) continue;
        return std::unexpected(fault(
            relay.file, fmt::format("{} is relayed to {}, not to {}", domain, relay.primary.value, wish_.primary.name),
            command_for(invocation_.config, "pair " + relay.primary.value), ErrorClass::settings));
      }
    }
    is_new_ = true;
    relay_.name = wish_.domains.front();
    relay_.file = fmt::format("{}/{}.conf", relay_directory_of(settings_), relay_.name);
    return {};
  }

  /// For a relay that already has `pull`. If an earlier run wrote that line, it may change. If the postmaster wrote it,
  /// it stays.
  PairStep plan_pull(const SshAccount& account) {
    if (!wish_.primary.port || *wish_.primary.port == account.port) {
      account_ = account;
      return {};
    }
    const auto text = SystemFiles().read(relay_.file);
    changes_port_ = text && without_pull(*text).has_changed;
    if (changes_port_) return {};
    return std::unexpected(
        fault(relay_.file, fmt::format("pull has the port {}", account.port), "change it there", ErrorClass::settings));
  }

  Diagnostic other_host_key(const HostKey& shown) const {
    return fault(wish_.primary.name,
                 fmt::format("its host key is {}, and not {}", shown.fingerprint, excerpt(*wish_.host_key)),
                 "compare it with the host keys that the first command printed on the primary", ErrorClass::data);
  }

  // --- The steps ---

  PairStep write_relay() {
    if (!is_new_) return {};
    const auto written =
        create_file(relay_.file, new_relay_text(wish_.domains, wish_.primary.bracketed(), new_mirror()));
    if (!written) return std::unexpected(fault(relay_.file, written.error(), as_root));
    Diagnostics warnings;
    auto settings = read_settings(invocation_.config, SystemFiles(), warnings);
    if (!settings) {
      if (const auto removed = remove_file(relay_.file); !removed) say("left", removed.error());
      return std::unexpected(settings.error().front());
    }
    settings_ = std::move(*settings);
    relay_ = *std::ranges::find(settings_.relays, relay_.file, &RelaySettings::file);
    say("wrote", relay_.file + ": mode = observe");
    return {};
  }

  PairStep add_pull() {
    if (relay_.pull && !changes_port_) return {};
    const auto text = SystemFiles().read(relay_.file);
    if (!text) return std::unexpected(fault(relay_.file, text.error().what, as_root, ErrorClass::missing));
    std::error_code error;
    const WithoutPull before = without_pull(*text);
    const bool makes_mirror = before.made_mirror || !fs::exists(fs::symlink_status(relay_.mirror.value, error));
    const auto written = replace_file(relay_.file, with_pull(before.text, account_, makes_mirror));
    if (!written) return std::unexpected(fault(relay_.file, written.error(), as_root));
    relay_.pull = Located<SshAccount>{account_, {relay_.file, 0}};
    say("changed", relay_.file + ": pull was added");
    return {};
  }

  PairStep make_key() {
    const PullKeys keys(relay_);
    const auto made = keys.make();
    if (!made) return std::unexpected(made.error());
    if (*made) say("made", keys.key_file());
    return {};
  }

  /// Warns of domains whose mail Postfix does not relay, so that shorthop never sees it.
  void warn_of_domains() {
    HostFacts facts;
    facts.settings = settings_;
    facts.settings->relays = {relay_};
    gather_mta(facts, settings_.postfix_config);
    Findings findings;
    check_postfix(facts, findings);
    for (const Finding& finding : findings.all()) {
      if (finding.code == "not-relayed") say("warning", fmt::format("{} (fix: {})", finding.what, finding.fix));
    }
  }

  int show_command(const HostKey& shown) {
    const PullKeys keys(relay_);
    const auto key = keys.public_key();
    if (!key) return report({key.error()}, streams_);
    warn_of_domains();
    if (const std::string pinned = keys.pinned(); !pinned.empty() && pinned != shown.fingerprint) {
      say("note", fmt::format("the pinned host key is {}, and {} shows another one now", pinned, wish_.primary.name));
    }
    std::vector<std::string> names = {wish_.primary.name};
    names.insert(names.end(), wish_.domains.begin(), wish_.domains.end());
    streams_.output.write(fmt::format(
        "\n1. This installs on {0} a timer that writes a bundle, and a user whose key may only print it. Read\n"
        "   {1}/shorthop-export-setup before you run it:\n\n"
        "    tar -C {1} -c shorthop-export shorthop-export-setup | ssh {2}root@{0} 'd=$(mktemp -d) &&\n"
        "      tar -x -C \"$d\" && sh \"$d/shorthop-export-setup\" --key \"{3}\"; s=$?; rm -r \"$d\"; exit $s'\n\n"
        "2. The first command prints the host keys of {0}. If its ED25519 key is {4}, run:\n\n"
        "    {5}\n",
        account_.host, scripts_directory(), option_of_port(account_), *key, shown.fingerprint,
        pair_again(fmt::format("--host-key {} {}", shown.fingerprint, fmt::join(names, " ")))));
    return EX_OK;
  }

  /// Pins the host key and does everything that follows from it.
  int finish(const HostKey& shown) {
    if (const auto pinned = PullKeys(relay_).pin(shown); !pinned) return report({pinned.error()}, streams_);
    say("pinned", fmt::format("{} of {}", shown.fingerprint, wish_.primary.name));
    const Invocation named{invocation_.config, {}, {relay_.name}};
    if (const int status = pull(named, streams_); status != EX_OK) {
      streams_.errors.write(
          fmt::format("shorthop: no bundle was pulled (fix: make sure that the first command, the one for {}, ran "
                      "without an error; solve the problem named above; then repeat this command)\n",
                      wish_.primary.name));
      return status;
    }
    if (const auto reloaded = reload_daemon(settings_, streams_.output); !reloaded) {
      streams_.errors.write(fmt::format("shorthop: {}\n", reloaded.error()));
      return EX_CONFIG;
    }
    if (const auto scheduled = schedule_pulls(); !scheduled) return report({scheduled.error()}, streams_);
    streams_.output.write("\nshorthop check:\n");
    // A finding of check is not a failure of pair: the postmaster acts on it next.
    check(Invocation{invocation_.config, {}, {}}, streams_);
    return EX_OK;
  }

  PairStep schedule_pulls() {
    if (has_pull_timer(settings_)) {
      const auto started = start_pull_timer(relay_);
      if (started) say("enabled", fmt::format("shorthop-pull@{}.timer", relay_.name));
      return started;
    }
    streams_.output.write(fmt::format("no timer is started; let cron repeat the pull:\n\n    echo '{}' > {}\n",
                                      cron_line(settings_, relay_.name), cron_file(relay_.name)));
    return {};
  }

  const Invocation& invocation_;
  Settings settings_;
  Wish wish_;
  Streams& streams_;
  RelaySettings relay_;
  SshAccount account_;
  bool is_new_ = false;        ///< there is no relay file yet
  bool changes_port_ = false;  ///< the line `pull` gets another port
};

ParsedValue<std::vector<std::string>> domains_of(const Invocation& invocation) {
  if (invocation.arguments.size() == 1) return std::vector<std::string>();
  return parse_domains(fmt::format("{}", fmt::join(invocation.arguments.begin() + 1, invocation.arguments.end(), " ")));
}

}  // namespace

int pair(const Invocation& invocation, Streams& streams) {
  auto host = parse_primary(invocation.arguments.front());
  if (!host) return report_usage(host.error().what, host.error().fix, streams.errors);
  auto domains = domains_of(invocation);
  if (!domains) return report_usage(domains.error().what, domains.error().fix, streams.errors);
  auto key = find_text(invocation.options, "host-key");
  if (key && !is_fingerprint(*key)) {
    return report_usage(fmt::format("{} is not the fingerprint of a host key", excerpt(*key)),
                        "run shorthop pair without --host-key: it prints the fingerprint, SHA256: and 43 characters",
                        streams.errors);
  }
  Diagnostics warnings;
  auto settings = read_settings(invocation.config, SystemFiles(), warnings);
  if (!settings) return report(settings.error(), streams);
  if (invocation.has("undo")) return undo_pairing(*settings, host->name, *domains, streams);
  Wish wish{std::move(*host), std::move(*domains), std::move(key)};
  return PairingWithPrimary(invocation, std::move(*settings), std::move(wish), streams).pair();
}

}  // namespace shorthop::tool
