// shorthop setup: shows the exact changes that this host needs; --apply makes them, --undo reverts them.
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "system/write_file.h"
#include "text/lines.h"
#include "tool/actions.h"
#include "tool/load_all.h"
#include "tool/printed_command.h"
#include "tool/setup/main_cf_change.h"
#include "tool/setup/setup_facts.h"
#include "tool/setup/setup_steps.h"

namespace shorthop::tool {
namespace {

void print_milter_of_sendmail(const Settings& settings, Output& output) {
  output.write(
      fmt::format("for Sendmail, add this line to sendmail.mc after every other INPUT_MAIL_FILTER; then rebuild "
                  "sendmail.cf and restart Sendmail:\n\n"
                  "  {}\n\n"
                  "it has no F=, so that mail is relayed to the primary when shorthopd does not run\n",
                  sendmail_filter_line(settings)));
}

int without_postfix(const NoPostfix& why, const Settings& settings, Streams& streams) {
  if (has_sendmail()) {
    print_milter_of_sendmail(settings, streams.output);
    return EX_OK;
  }
  streams.output.write(fmt::format("Postfix cannot be set up: {}\n", why.what));
  if (why.is_absent) print_milter_of_sendmail(settings, streams.output);
  return EX_UNAVAILABLE;
}

std::string indented(std::string_view text) {
  std::string result;
  for (const std::string_view line : lines_of(text)) result += fmt::format("{}{}\n", line.empty() ? "" : "    ", line);
  return result;
}

void print_remarks(const SetupPlan& plan, Output& output) {
  for (const std::string& remark : plan.remarks) output.write(fmt::format("note: {}\n", remark));
  for (const Obstacle& obstacle : plan.obstacles) {
    output.write(fmt::format("cannot be done: {} (fix: {})\n", obstacle.what, obstacle.fix));
  }
  for (const Question& question : plan.questions) {
    output.write(fmt::format("to be decided: {} ({})\n", question.what, question.answer));
  }
}

bool has_backup(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(backup_of(path), error);
}

/// `apply_command` makes the changes.
void print_plan(const SetupPlan& plan, const SetupFacts& facts, const std::string& apply_command, Output& output) {
  for (const NewFile& file : plan.files) {
    output.write(fmt::format("would write {}: {}\n{}\n{}\n", file.path, file.why, indented(file.text), file.next));
  }
  if (!plan.files.empty()) output.write("would make shorthopd reload, if it runs\n");
  if (plan.main_cf) {
    const std::string& path = plan.main_cf->path;
    output.write(fmt::format("would change {}{}:\n{}would run postfix -c {} reload, if it runs\n", path,
                             has_backup(path) ? "" : ", after a copy to " + backup_of(path),
                             difference(plan.main_cf->before, plan.main_cf->after), facts.postfix.directory));
  }
  print_remarks(plan, output);
  output.write(plan.is_empty() ? "nothing to change\n"
                               : fmt::format("nothing was changed: {} makes these changes\n", apply_command));
}

/// The exit status, with and without --apply: it says whether a part of the plan cannot be carried out.
int status_of(const SetupPlan& plan) { return plan.obstacles.empty() ? EX_OK : EX_UNAVAILABLE; }

class Setup {
 public:
  Setup(const SetupFacts& facts, const SetupPlan& plan, Streams& streams)
      : facts_(facts), plan_(plan), streams_(streams) {}

  int apply() {
    print_remarks(plan_, streams_.output);
    if (const int status = add_relays(); status != EX_OK) {
      remove_written();
      return status;
    }
    if (plan_.main_cf) {
      if (const auto changed = add_milter(*plan_.main_cf); !changed) return stop(changed.error(), EX_CANTCREAT);
    }
    if (plan_.is_empty()) say("nothing to change");
    return status_of(plan_);
  }

 private:
  void say(const std::string& line) { streams_.output.write(line + "\n"); }

  int stop(const std::string& why, int status) {
    const std::string_view fix = ::geteuid() == 0 ? "" : " (run it as root)";
    streams_.errors.write(fmt::format("shorthop: {}{}\n", why, fix));
    return status;
  }

  /// Writes the relay files. They stay only if the settings can be read with them, and a running daemon takes them.
  int add_relays() {
    if (plan_.files.empty()) return EX_OK;
    for (const NewFile& file : plan_.files) {
      if (const auto written = create_file(file.path, file.text); !written) return stop(written.error(), EX_CANTCREAT);
      written_.push_back(file.path);
      say(fmt::format("wrote {}: {}\n{}", file.path, file.why, file.next));
    }
    Diagnostics warnings;
    const auto settings = read_settings(facts_.settings.file, SystemFiles(), warnings);
    if (!settings) return report(settings.error(), streams_);
    const auto reloaded = reload_daemon(facts_.settings, streams_.output);
    return reloaded ? EX_OK : stop(reloaded.error() + "Postfix was not changed", EX_CONFIG);
  }

  void remove_written() {
    for (const std::string& path : written_) {
      const auto removed = remove_file(path);
      say(removed ? "removed " + path : removed.error());
    }
  }

  /// A backup from an earlier --apply is the file before any change by setup, so it is not replaced.
  std::expected<void, std::string> copy_once(const TextEdit& edit) {
    if (has_backup(edit.path)) return {};
    const std::string backup = backup_of(edit.path);
    if (auto copied = copy_file(backup, edit.before, edit.path); !copied) return copied;
    say(fmt::format("copied {} to {}", edit.path, backup));
    return {};
  }

  std::expected<void, std::string> add_milter(const TextEdit& edit) {
    if (auto copied = copy_once(edit); !copied) return copied;
    const auto is_ours = leads_to_shorthop(facts_.settings, std::string(facts_.postfix.value("queue_directory")));
    const auto check = [&](const PostfixFacts& before, const PostfixFacts& after) -> std::expected<void, std::string> {
      const auto entries = milter_entries(after.value("smtpd_milters"));
      if (entries.empty() || !is_ours(entries.back())) {
        return std::unexpected("postconf does not read shorthop as the last of smtpd_milters");
      }
      return check_only_milters_changed(before, after);
    };
    return change_main_cf(edit, asking(facts_.postfix.directory), check, SystemPostfixControl(facts_.postfix.directory),
                          streams_.output);
  }

  const SetupFacts& facts_;
  const SetupPlan& plan_;
  Streams& streams_;
  std::vector<std::string> written_;  ///< the relay files of this run
};

std::string option(const Invocation& invocation, std::string_view name) {
  return std::string(text_or_empty(invocation.options, name));
}

int report_unknown_panel(const std::string& name, Output& errors) {
  const std::string_view nearest = nearest_panel(name);
  std::vector<std::string_view> names;
  for (const Panel& panel : panels()) names.push_back(panel.name);
  return report_usage(fmt::format("no panel is named \"{}\"{}", printable(name),
                                  nearest.empty() ? "" : fmt::format(", did you mean \"{}\"?", nearest)),
                      fmt::format("name one of {}", fmt::join(names, ", ")), errors);
}

}  // namespace

int setup(const Invocation& invocation, Streams& streams) {
  const std::string panel_name = option(invocation, "primary-is");
  const Panel* panel = find_panel(panel_name);
  if (panel == nullptr && invocation.has("primary-is")) return report_unknown_panel(panel_name, streams.errors);
  const SetupOptions options{option(invocation, "postfix-config"), !invocation.has("no-dns"), panel};
  if (invocation.has("apply") && invocation.has("undo")) {
    return report_usage("setup takes --apply or --undo, not both", "leave out one of them", streams.errors);
  }
  if (invocation.has("undo")) return undo_setup(invocation.config, options, invocation.has("dry-run"), streams);
  Diagnostics warnings;
  const auto settings = read_settings(invocation.config, SystemFiles(), warnings);
  if (!settings) return report(settings.error(), streams);
  const auto facts = setup_facts(*settings, options);
  if (!facts) return without_postfix(facts.error(), *settings, streams);
  const SetupPlan plan = plan_setup(*facts);
  if (invocation.has("apply") && !invocation.has("dry-run")) return Setup(*facts, plan, streams).apply();
  print_plan(plan, *facts, command(invocation, "setup --apply"), streams.output);
  return status_of(plan);
}

}  // namespace shorthop::tool
