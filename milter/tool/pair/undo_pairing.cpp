#include "tool/pair/undo_pairing.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <filesystem>
#include <system_error>

#include "load/entry_counts.h"
#include "load/mirror/pull_record.h"
#include "system/write_file.h"
#include "tool/load_all.h"
#include "tool/mirror/generations.h"
#include "tool/pair/paired_file.h"
#include "tool/pair/primary_name.h"
#include "tool/pair/pull_keys.h"
#include "tool/pair/pull_timer.h"
#include "tool/setup/setup_steps.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

class Unpairing {
 public:
  Unpairing(const Settings& settings, const RelaySettings& relay, WithoutPull rest, Streams& streams)
      : settings_(settings),
        relay_(relay),
        rest_(std::move(rest)),
        removes_file_(is_new_relay_text(rest_.text)),
        streams_(streams) {}

  PairStep run() {
    const PullKeys keys(relay_);
    const auto key = keys.public_key();
    // The timer is stopped first, so that no pull begins meanwhile.
    if (has_pull_timer(settings_) && stop_pull_timer(relay_.name)) {
      say("disabled", fmt::format("shorthop-pull@{}.timer", relay_.name));
    }
    // The file that names the keys is removed last, and the keys before it, so that a failed command can be repeated.
    if (const auto removed = remove_mirror(); !removed) return removed;
    const auto removed = keys.remove();
    if (!removed) return std::unexpected(removed.error());
    if (*removed) say("removed", keys.directory());
    if (const auto forgotten = forget_relay(); !forgotten) return forgotten;
    if (const auto restored = restore_file(); !restored) return restored;
    explain_rest(key.value_or(std::string()));
    return {};
  }

 private:
  void say(std::string_view verb, std::string_view what) {
    streams_.output.write(fmt::format("{:<9} {}\n", verb, what));
  }

  PairStep remove_mirror() {
    std::error_code error;
    if (!fs::is_directory(relay_.mirror.value + ".generations", error)) return {};
    const ActingAs writer(writer_below(fs::path(relay_.mirror.value).parent_path()));
    const auto generations = Generations::open(relay_.mirror.value);
    if (!generations) return std::unexpected(generations.error());
    if (const auto forgotten = forget_pulls(relay_.mirror.value); !forgotten) {
      return std::unexpected(fault(relay_.mirror.value, forgotten.error(), as_root));
    }
    if (!rest_.made_mirror || generations->names().empty()) return {};
    if (const auto removed = generations->remove_all(); !removed) return removed;
    say("removed", relay_.mirror.value + " and its generations");
    return {};
  }

  /// What the daemon remembers of this relay for max-shrink must not hold back a later relay of the same name. The
  /// totals stay: they count what was done, and only grow.
  PairStep forget_relay() {
    if (!removes_file_) return {};
    const ActingAs writer(writer_below(settings_.state));
    if (const auto forgotten = forget_entries(settings_.state, relay_.name); !forgotten) {
      return std::unexpected(fault(settings_.state, forgotten.error(), as_root));
    }
    return {};
  }

  PairStep restore_file() {
    const auto written = removes_file_ ? remove_file(relay_.file) : replace_file(relay_.file, rest_.text);
    if (!written) return std::unexpected(fault(relay_.file, written.error(), as_root));
    say(removes_file_ ? "removed" : "changed", removes_file_ ? relay_.file : relay_.file + ": pull was removed");
    if (const auto reloaded = reload_daemon(settings_, streams_.output); !reloaded) {
      streams_.errors.write(fmt::format("shorthop: {}\n", reloaded.error()));
    }
    return {};
  }

  void explain_rest(const std::string& key) {
    std::error_code error;
    if (!removes_file_) {
      say("left", fmt::format("{}: pair did not write it, or it was edited; remove it by hand", relay_.file));
      say("", rest_.made_mirror ? "without a mirror all its recipients are kept"
                                : "the mirror was there before pair; it is used until it is older than max-age");
    }
    if (fs::exists(cron_file(relay_.name), error)) say("left", cron_file(relay_.name) + ": remove it by hand");
    const std::string option = key.empty() ? "" : fmt::format(" --key \"{}\"", key);
    streams_.output.write(fmt::format("\non the primary:\n\n    ssh {}root@{} '{} --undo{}'\n", port_option(), host(),
                                      setup_on_primary, option));
  }

  std::string port_option() const { return relay_.pull ? option_of_port(relay_.pull->value) : std::string(); }
  std::string host() const { return relay_.pull ? relay_.pull->value.host : relay_.primary.value; }

  const Settings& settings_;
  const RelaySettings& relay_;
  WithoutPull rest_;
  bool removes_file_;
  Streams& streams_;
};

int say_nothing_to_undo(const std::string& why, Streams& streams) {
  streams.output.write(fmt::format("nothing to undo: {}\n", why));
  return EX_OK;
}

}  // namespace

int undo_pairing(const Settings& settings, const std::string& primary, const std::vector<std::string>& domains,
                 Streams& streams) {
  const auto found = relay_of_primary(settings, primary, domains);
  if (!found) return report({found.error()}, streams);
  const RelaySettings* relay = *found;
  if (relay == nullptr) {
    const std::string why = fmt::format("no relay has the primary {}", primary);
    const std::string near = near_primary(settings, primary);
    if (near.empty()) return say_nothing_to_undo(why, streams);
    return report(
        {fault(settings.file, why + near, "name the primary whose pairing is to be undone", ErrorClass::settings)},
        streams);
  }
  const auto text = SystemFiles().read(relay->file);
  if (!text) return report({fault(relay->file, text.error().what, as_root)}, streams);
  WithoutPull rest = without_pull(*text);
  if (!rest.has_changed) return say_nothing_to_undo(relay->file + " has nothing that pair wrote", streams);
  const auto undone = Unpairing(settings, *relay, std::move(rest), streams).run();
  return undone ? EX_OK : report({undone.error()}, streams);
}

}  // namespace shorthop::tool
