#include "tool/setup/setup_steps.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "postfix/main_cf.h"
#include "settings/setting_rows.h"
#include "system/write_file.h"
#include "tool/load_all.h"
#include "tool/setup/main_cf_change.h"
#include "tool/setup/relay_file.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

using Done = std::expected<void, std::string>;

/// The default settings, used if the settings file is missing or wrong.
Settings default_settings(const std::string& config) {
  Settings settings;
  settings.file = config;
  settings.socket = Endpoint::parse(find_setting("socket", Section::main)->default_value).value();
  settings.control = Endpoint::parse(find_setting("control", Section::main)->default_value).value();
  settings.postfix_config = find_setting("postfix-config", Section::main)->default_value;
  return settings;
}

/// A missing file is normal after the package was removed; wrong settings are reported.
Settings settings_or_defaults(const std::string& config, Streams& streams) {
  Diagnostics warnings;
  auto settings = read_settings(config, SystemFiles(), warnings);
  if (settings) return std::move(*settings);
  std::error_code error;
  if (fs::exists(config, error)) {
    report(settings.error(), streams);
    streams.errors.write("shorthop: note: the default socket and directories are assumed\n");
  }
  return default_settings(config);
}

/// Whether the list of milters differs from the list in the backup.
bool has_other_milters(std::string_view main_cf, std::string_view backup) {
  const auto now = parameter_in(main_cf, "smtpd_milters");
  const auto before = parameter_in(backup, "smtpd_milters");
  return (now ? now->value : "") != (before ? before->value : "");
}

std::optional<std::string> text_of(const std::string& path) {
  auto text = SystemFiles().read(path);
  return text ? std::optional(std::move(*text)) : std::nullopt;
}

/// The files in relay.d, sorted by name: files that setup wrote and that were not edited since, and all others.
struct OwnFiles {
  std::vector<std::string> unchanged;
  std::vector<std::string> others;
};

OwnFiles own_files(const std::string& directory) {
  OwnFiles files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const std::string path = entry->path().string();
    if (!path.ends_with(".conf")) continue;
    (is_unchanged_relay_file(text_of(path).value_or("")) ? files.unchanged : files.others).push_back(path);
  }
  std::ranges::sort(files.unchanged);
  std::ranges::sort(files.others);
  return files;
}

class Undo {
 public:
  Undo(Settings settings, std::string directory, bool dry_run, Streams& streams)
      : settings_(std::move(settings)), directory_(std::move(directory)), dry_run_(dry_run), streams_(streams) {}

  int run() {
    if (const auto done = restore_main_cf(); !done) {
      streams_.errors.write(fmt::format("shorthop: {}\n", done.error()));
      return EX_CANTCREAT;
    }
    const int status = remove_relay_files();
    return status == EX_OK && is_entry_unknown_ ? EX_UNAVAILABLE : status;
  }

 private:
  void say(const std::string& line) {
    is_empty_ = false;
    streams_.output.write(line + "\n");
  }

  Done restore_main_cf() {
    const std::string path = main_cf_in(directory_);
    const auto main_cf = text_of(path);
    if (!main_cf) return {};
    const std::string backup = backup_of(path);
    const auto saved = text_of(backup);
    const TextEdit edit{path, *main_cf, without_shorthop(*main_cf, saved, settings_, queue_directory())};
    if (edit.before != edit.after) {
      if (dry_run_) {
        say(fmt::format("would change {}\n{}", path, difference(edit.before, edit.after)));
      } else if (auto changed = change(edit); !changed) {
        return changed;
      }
    }
    if (!saved) return {};
    if (edit.before == edit.after && has_other_milters(*main_cf, *saved)) {
      is_entry_unknown_ = true;
      say(
          fmt::format("{0} stays, because its smtpd_milters differs from the smtpd_milters of {1}, which has no milter "
                      "at {2}: remove the entry "
                      "that setup added to {1}, then remove {0}",
                      backup, path, settings_.socket.text()));
      return {};
    }
    say(fmt::format("{} {}", dry_run_ ? "would remove" : "removed", backup));
    return dry_run_ ? Done() : remove_file(backup);
  }

  /// If postconf is gone, only the text is restored.
  Done change(const TextEdit& edit) {
    is_empty_ = false;
    if (find_program("postconf").empty()) {
      say(fmt::format("changed {}\n{}", edit.path, difference(edit.before, edit.after)));
      return replace_file(edit.path, edit.after);
    }
    return change_main_cf(edit, asking(directory_), check_only_milters_changed, SystemPostfixControl(directory_),
                          streams_.output);
  }

  int remove_relay_files() {
    const OwnFiles files = own_files(relay_directory_of(settings_));
    for (const std::string& path : files.unchanged) {
      if (const auto removed = dry_run_ ? Done() : remove_file(path); !removed) {
        streams_.errors.write(fmt::format("shorthop: {}\n", removed.error()));
        return EX_CANTCREAT;
      }
      say(fmt::format("{} {}", dry_run_ ? "would remove" : "removed", path));
    }
    for (const std::string& path : files.others) {
      streams_.output.write(
          fmt::format("note: {} stays: setup did not write it, or it was edited; remove it by hand\n", path));
    }
    if (!files.unchanged.empty() && !dry_run_) {
      const auto reloaded = reload_daemon(settings_, streams_.output);
      if (!reloaded) streams_.errors.write(fmt::format("shorthop: {}\n", reloaded.error()));
    }
    if (is_empty_) streams_.output.write("nothing to undo\n");
    return EX_OK;
  }

  std::string queue_directory() const {
    const auto facts = ask_postfix_facts(directory_);
    return facts ? std::string(facts->value("queue_directory")) : "/var/spool/postfix";
  }

  Settings settings_;
  std::string directory_;
  bool dry_run_;
  Streams& streams_;
  bool is_empty_ = true;
  bool is_entry_unknown_ = false;  ///< main.cf may have an entry with the socket of earlier settings
};

}  // namespace

int undo_setup(const std::string& config, const SetupOptions& options, bool dry_run, Streams& streams) {
  Settings settings = settings_or_defaults(config, streams);
  std::string directory = postfix_directory(settings, options);
  return Undo(std::move(settings), std::move(directory), dry_run, streams).run();
}

}  // namespace shorthop::tool
