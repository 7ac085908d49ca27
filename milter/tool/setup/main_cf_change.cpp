#include "tool/setup/main_cf_change.h"

#include <fmt/format.h>

#include "system/file_reader.h"
#include "system/write_file.h"
#include "text/ascii.h"

namespace shorthop::tool {
namespace {

using Done = std::expected<void, std::string>;

/// Fails if another program changed the file after the plan was made.
Done check_unchanged(const std::string& path, const std::string& text) {
  const auto now = SystemFiles().read(path);
  if (!now) return std::unexpected(fmt::format("{}: {}", path, now.error().what));
  if (*now != text) return std::unexpected(fmt::format("{} was changed meanwhile: run this again", path));
  return {};
}

Done check_result(const PostfixFacts& before, const AskPostfix& ask, const CheckFacts& check) {
  const auto after = ask();
  if (!after) return std::unexpected(after.error());
  return check(before, *after);
}

Done reload_postfix(const PostfixControl& control, Output& output) {
  if (!control.is_running()) {
    output.write("Postfix does not run: the change takes effect when it starts\n");
    return {};
  }
  const auto done = control.reload();
  if (done) output.write("reloaded Postfix\n");
  return done;
}

/// Restores the old text. Returns `why`, with what failed while restoring.
std::unexpected<std::string> put_back(const TextEdit& edit, const PostfixControl& control, bool was_reloaded,
                                      std::string why) {
  const auto restored = replace_file(edit.path, edit.before);
  if (!restored) why += fmt::format("; and the old file could not be restored: {}", restored.error());
  if (restored && was_reloaded && control.is_running()) {
    if (const auto reloaded = control.reload(); !reloaded) {
      why += fmt::format("; Postfix could not be reloaded: {}", reloaded.error());
    }
  }
  return std::unexpected(restored ? why + fmt::format("; {} is as it was", edit.path) : why);
}

}  // namespace

Done change_main_cf(const TextEdit& edit, const AskPostfix& ask, const CheckFacts& check, const PostfixControl& control,
                    Output& output) {
  const auto before = ask();
  if (!before) return std::unexpected(before.error());
  if (auto same = check_unchanged(edit.path, edit.before); !same) return same;
  if (auto written = replace_file(edit.path, edit.after); !written) return written;
  output.write(fmt::format("changed {}\n{}", edit.path, difference(edit.before, edit.after)));
  if (const auto good = check_result(*before, ask, check); !good) return put_back(edit, control, false, good.error());
  if (const auto done = reload_postfix(control, output); !done) return put_back(edit, control, true, done.error());
  return {};
}

Done check_only_milters_changed(const PostfixFacts& before, const PostfixFacts& after) {
  for (const auto& [name, value] : before.values) {
    // Lists that contain $smtpd_milters change with it; process_id and process_name are postconf's own.
    if (name.ends_with("_milters") || name.starts_with("process_") || value == after.value(name)) continue;
    return std::unexpected(fmt::format("postconf reads a different value of {} than before ({}, not {})", name,
                                       printable(after.value(name)), printable(value)));
  }
  if (before.values.size() > after.values.size()) return std::unexpected("postconf reads fewer parameters than before");
  return {};
}

}  // namespace shorthop::tool
