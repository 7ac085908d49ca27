// shorthop import: verifies a bundle of the primary, shows what it changes, and puts it in force.
#include <fcntl.h>
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>

#include "control/control_client.h"
#include "control/control_protocol.h"
#include "load/entry_counts.h"
#include "system/system_error.h"
#include "tool/accounts.h"
#include "tool/actions.h"
#include "tool/load_all.h"
#include "tool/mirror/bundle.h"
#include "tool/mirror/bundle_check.h"
#include "tool/mirror/generations.h"
#include "tool/mirror/import.h"
#include "tool/mirror/import_checks.h"
#include "tool/mirror/import_report.h"
#include "tool/mirror/mirrored_relay.h"
#include "tool/mirror/progress.h"
#include "tool/printed_command.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

int fail(const Diagnostic& problem, Streams& streams) { return report({problem}, streams); }

/// Opens the bundle; the name "-" is standard input.
std::expected<Descriptor, Diagnostic> open_input(const std::string& name, Streams& streams) {
  const bool is_standard_input = name == "-";
  Descriptor input(is_standard_input ? ::fcntl(streams.input, F_DUPFD_CLOEXEC, 3)
                                     : ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (input.is_open() && !(is_standard_input && ::isatty(input.get()) == 1)) return input;
  const std::string what = input.is_open() ? "a bundle cannot be read from a terminal" : error_text(errno);
  return std::unexpected(
      Diagnostic{{name, 0}, what, "name the file that shorthop-export wrote", Severity::error, ErrorClass::missing});
}

/// A running daemon compares the number of entries with the number that it remembers, so it must accept the shrink too.
/// If the daemon does not answer, a note tells the postmaster the command.
void accept_in_daemon(const Settings& settings, const std::string& relay, Streams& streams) {
  constexpr std::chrono::seconds limit{120};
  const std::string request = std::string(control::accept_shrink).append(relay);
  if (settings.control && ask_daemon(*settings.control, request, limit)) return;
  streams.errors.write(fmt::format("shorthop: note: shorthopd does not answer; once it runs again, run: {}\n",
                                   command_for(settings.file, "reload --accept-shrink " + relay)));
}

class Importing {
 public:
  Importing(const MirroredRelay& relay, const ImportOptions& options, Streams& streams)
      : relay_(relay.relay), settings_(relay.settings), options_(options), streams_(streams) {}

  int run(Descriptor input, const std::string& name) {
    auto generations = Generations::open(relay_.mirror.value);
    if (!generations) return fail(generations.error(), streams_);
    const auto show = [this](std::uint64_t bytes) { progress_.show("reading the bundle", bytes >> 20); };
    const auto bundle = Bundle::open(std::move(input), name, generations->directory().native(), show);
    if (!bundle) return fail(bundle.error(), streams_);
    progress_.begin("checking the bundle");
    auto checked = check_bundle(*bundle);
    if (!checked) return fail(checked.error(), streams_);
    const auto now = std::chrono::system_clock::now();
    const KnownBefore before = known_before(*generations, now);
    if (options_.skips_known && before.newest && *checked->manifest.time == *before.newest) return nothing_new();
    if (const auto fault = fault_of_bundle(checked->manifest, relay_, before, now)) return fail(*fault, streams_);
    progress_.begin("unpacking");
    auto generation = generations->unpack(*bundle, *checked);
    if (!generation) return fail(generation.error(), streams_);
    report_.manifest = std::move(checked->manifest);
    return compare_and_take(*generations, std::move(*generation));
  }

 private:
  int nothing_new() {
    streams_.output.write(fmt::format("{}: the primary has no newer bundle\n", relay_.name));
    return EX_OK;
  }

  KnownBefore known_before(const Generations& generations, std::chrono::system_clock::time_point now) const {
    const auto text = SystemFiles().read(fs::path(relay_.mirror.value) / "manifest");
    return {parse_manifest(text.value_or(std::string())).manifest.host, generations.newest_time(now),
            options_.accepts_host};
  }

  int compare_and_take(const Generations& generations, NewGeneration generation) {
    progress_.begin("loading what is in force");
    std::optional<LoadedMirror> in_force;
    std::error_code error;
    if (fs::exists(relay_.mirror.value, error)) {
      auto loaded = load(relay_.mirror.value);
      if (!loaded) return loaded.error();
      in_force = std::move(*loaded);
    }
    progress_.begin("loading the bundle");
    const auto unpacked = load(generation.directory());
    if (!unpacked) return unpacked.error();
    const LoadedMirror* const old = in_force ? &*in_force : nullptr;
    const EntryCounts remembered = remembered_entries(settings_.state, relay_.name, SystemFiles());
    if (const auto fault = fault_of_generation(old, remembered, *unpacked, options_.accepts_shrink)) {
      return fail(*fault, streams_);
    }
    progress_.begin("comparing");
    report_.relay = relay_.name;
    report_.before = generations.in_force();
    report_.changes = changes_between(old, *unpacked);
    report_.answers = compare_answers(generation.directory(), *unpacked->data);
    report_.warnings = unpacked->diagnostics.size();
    if (const auto fault = fault_of_answers()) {
      streams_.errors.write(different_answers_text(report_.answers));
      return fail(*fault, streams_);
    }
    return take(generations, std::move(generation));
  }

  std::expected<LoadedMirror, int> load(const fs::path& directory) {
    auto loaded = load_generation(settings_, relay_, directory, tool_sources(options_.uses_dns));
    if (!loaded) return std::unexpected(report(loaded.error(), streams_));
    return std::move(*loaded);
  }

  /// A live table may have changed since the export, so it is not an error if its answer differs.
  std::optional<Diagnostic> fault_of_answers() const {
    const ComparedAnswers& answers = report_.answers;
    const Origin origin{relay_.mirror.value, 0};
    if (!answers.fault.empty()) return Diagnostic{origin, answers.fault, "export the primary again"};
    if (answers.different_of_fixed == 0 || options_.accepts_answers) return std::nullopt;
    return Diagnostic{
        origin,
        fmt::format("the primary answers differently for {} of its keys: the mirror is unchanged", answers.different),
        "export the primary again, because its tables may have changed meanwhile; if answers differ again, report it, "
        "and import the bundle with --accept-answers"};
  }

  int take(const Generations& generations, NewGeneration generation) {
    if (!options_.is_dry_run) {
      auto name = generations.take(std::move(generation), *report_.manifest.time);
      if (!name) return fail(name.error(), streams_);
      report_.now = std::move(*name);
      generations.remove_old(relay_.keep_generations, report_.before);
    }
    progress_.begin("");
    streams_.output.write(options_.is_json ? report_json(report_) : report_text(report_));
    if (options_.accepts_shrink && !options_.is_dry_run) accept_in_daemon(settings_, relay_.name, streams_);
    return EX_OK;
  }

  const RelaySettings& relay_;
  const Settings& settings_;
  ImportOptions options_;
  Streams& streams_;
  Progress progress_;
  ImportReport report_;
};

/// Puts the generation before the present one in force. The postmaster asked for it, so max-shrink must not keep the
/// daemon from using it, even if it has fewer entries.
int roll_back(const MirroredRelay& mirrored, bool is_dry_run, Streams& streams) {
  const RelaySettings& relay = mirrored.relay;
  const auto generations = Generations::open(relay.mirror.value);
  if (!generations) return fail(generations.error(), streams);
  const std::string present = generations->in_force();
  std::string earlier;
  for (const std::string& name : generations->names()) {
    if (name < present) earlier = name;
  }
  if (earlier.empty()) {
    return fail({{generations->directory().native(), 0},
                 "there is no generation before the one in force",
                 "set keep-generations to keep more of them from now on",
                 Severity::error,
                 ErrorClass::missing},
                streams);
  }
  if (is_dry_run) {
    streams.output.write(fmt::format("in force    as before, {}; --rollback goes back to {}\n", present, earlier));
    return EX_OK;
  }
  if (const auto put = generations->put_in_force(earlier); !put) return fail(put.error(), streams);
  streams.output.write(fmt::format("in force    {}, before: {}\n", earlier, present));
  accept_in_daemon(mirrored.settings, relay.name, streams);
  return EX_OK;
}

/// Whether the command line names no bundle, and no option about bundles.
bool is_rollback_alone(const Invocation& invocation) {
  constexpr std::array about_bundle =
      std::to_array<std::string_view>({"json", "accept-shrink", "accept-host", "accept-answers"});
  const auto is_given = [&](std::string_view option) { return invocation.has(option); };
  return invocation.arguments.size() == 1 && std::ranges::none_of(about_bundle, is_given);
}

}  // namespace

int import_bundle(const MirroredRelay& relay, Descriptor input, const std::string& name, const ImportOptions& options,
                  Streams& streams) {
  return Importing(relay, options, streams).run(std::move(input), name);
}

int import_command(const Invocation& invocation, Streams& streams) {
  const std::string name = invocation.arguments.size() > 1 ? invocation.arguments[1] : "-";
  const bool is_rollback = invocation.has("rollback");
  if (is_rollback && !is_rollback_alone(invocation)) {
    return report_usage("import --rollback takes no bundle, and no option of an import except --dry-run",
                        "leave out the bundle and the other options", streams.errors);
  }
  const auto relay = mirrored_relay(invocation, streams);
  if (!relay) return relay.error();
  std::optional<Descriptor> input;
  if (!is_rollback) {
    auto opened = open_input(name, streams);
    if (!opened) return fail(opened.error(), streams);
    input = std::move(*opened);
  }
  const ActingAs writer(writer_below(fs::path(relay->relay.mirror.value).parent_path()));
  if (!input) return roll_back(*relay, invocation.has("dry-run"), streams);
  const ImportOptions options{.is_json = invocation.has("json"),
                              .is_dry_run = invocation.has("dry-run"),
                              .accepts_shrink = invocation.has("accept-shrink"),
                              .accepts_host = invocation.has("accept-host"),
                              .accepts_answers = invocation.has("accept-answers"),
                              .uses_dns = !invocation.has("no-dns")};
  return import_bundle(*relay, std::move(*input), name == "-" ? "stdin" : name, options, streams);
}

}  // namespace shorthop::tool
