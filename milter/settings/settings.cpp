#include "settings/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <system_error>
#include <tuple>

#include "mail/host.h"
#include "mail/international.h"
#include "postfix/inbound/differences.h"
#include "settings/duration_values.h"
#include "settings/setting_rows.h"
#include "settings/setting_values.h"
#include "settings/settings_reader.h"
#include "system/system_error.h"
#include "text/ascii.h"
#include "text/hash.h"
#include "text/items.h"
#include "text/nearest.h"

namespace shorthop {
namespace {

namespace fs = std::filesystem;

// The words of each closed set, in the order of its enumeration.
constexpr std::array<std::string_view, 2> no_yes_words = {"no", "yes"};
constexpr std::array<std::string_view, 2> mode_words = {"observe", "rewrite"};
constexpr std::array<std::string_view, 2> log_format_words = {"text", "json"};
constexpr std::array<std::string_view, 4> log_level_words = {"debug", "info", "warning", "error"};

auto words(std::span<const std::string_view> allowed) {
  return [allowed](std::string_view text) { return parse_word(text, allowed); };
}

auto below(const fs::path& directory, auto parse) {
  return [&directory, parse](std::string_view text) { return parse(text, directory); };
}

ParsedValue<std::vector<std::string>> parse_words(std::string_view text) { return list_items(text); }

/// Names of difference_rows(), each once.
ParsedValue<std::vector<std::string>> parse_difference_names(std::string_view text) {
  std::vector<std::string_view> names;
  for (const DifferenceRow& row : difference_rows()) names.push_back(row.name);
  std::vector<std::string> accepted;
  for (std::string& word : list_items(text)) {
    if (std::ranges::find(names, word) == names.end()) {
      const std::string_view nearest = nearest_word(word, names);
      return std::unexpected(
          ValueError{fmt::format("\"{}\" is not the name of a difference", printable(word, 80)),
                     nearest.empty() ? "write a name that `shorthop check` prints" : fmt::format("write {}", nearest)});
    }
    if (std::ranges::find(accepted, word) == accepted.end()) accepted.push_back(std::move(word));
  }
  return accepted;
}

/// no or yes, or nullopt: not decided.
ParsedValue<std::optional<bool>> parse_decision(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto word = parse_word(text, no_yes_words);
  if (!word) return std::unexpected(word.error());
  return *word == 1;
}

ParsedValue<Profile> parse_profile(std::string_view text) {
  constexpr std::array<std::string_view, 3> profiles = {"postfix", "sendmail", "flat"};  // in the order of Profile
  if (const auto word = parse_word(text, profiles)) return static_cast<Profile>(*word);
  return std::unexpected(
      ValueError{fmt::format("\"{}\" is not a valid profile", printable(text, 80)), "write postfix, sendmail or flat"});
}

std::optional<Located<std::string>> delimiter_if_set(SettingsReader& reader) {
  if (!reader.is_set("recipient-delimiter")) return std::nullopt;
  return reader.get("recipient-delimiter", parse_delimiters);
}

/// Values of the main file that apply to all relays.
struct RelayDefaults {
  Mode mode = Mode::observe;
  std::optional<std::chrono::seconds> max_age;
  std::optional<unsigned> max_shrink;
  std::vector<std::string> excluded;
  std::vector<std::string> rewrite_only;
  bool split = false;
  bool has_max_age = false;
};

bool read_split(SettingsReader& reader) { return reader.get("split", words(no_yes_words)).value == 1; }

RelayDefaults relay_defaults(SettingsReader& reader) {
  return {.mode = static_cast<Mode>(reader.get("mode", words(mode_words)).value),
          .max_age = reader.get("max-age", parse_duration).value,
          .max_shrink = reader.get("max-shrink", parse_percent).value,
          .excluded = reader.get("exclude", parse_address_patterns).value,
          .rewrite_only = reader.get("rewrite-only", parse_address_patterns).value,
          .split = read_split(reader),
          .has_max_age = reader.has_value("max-age")};
}

/// The base for relative paths in a settings file.
fs::path directory_of(const fs::path& file) {
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error);
  return error ? file.parent_path() : absolute.parent_path();
}

Settings read_main(SettingsReader& reader, const fs::path& file) {
  const fs::path directory = directory_of(file);
  Settings settings;
  settings.file = file.string();
  settings.socket = reader.get("socket", below(directory, parse_socket)).value;
  settings.socket_mode = reader.get("socket-mode", parse_mode_bits).value;
  settings.socket_group = reader.get("socket-group", parse_group).value;
  settings.control = reader.get("control", below(directory, parse_control)).value;
  settings.postfix_config = reader.get("postfix-config", below(directory, parse_path_or_none)).value;
  settings.local_domains = reader.get("local-domains", parse_domains);
  settings.local_recipients = reader.get("local-recipients", below(directory, parse_tables));
  settings.local_aliases = reader.get("local-aliases", below(directory, parse_tables));
  settings.recipient_delimiter = delimiter_if_set(reader);
  settings.relay_transports = reader.get("relay-transports", parse_words).value;
  settings.other_milters_edit = reader.get("other-milters-edit-recipients", parse_decision).value;
  settings.settle_time = reader.get("settle-time", parse_duration_or_zero).value;
  settings.lookup_timeout = reader.get("lookup-timeout", parse_lookup_timeout).value;
  settings.cache_ttl = reader.get("cache-ttl", parse_duration_or_zero).value;
  settings.state = reader.get("state", below(directory, parse_path_or_none)).value;
  settings.return_time = reader.get("return-time", parse_return_time).value;
  settings.metrics = reader.get("metrics", below(directory, parse_metrics)).value;
  settings.log_recipients = reader.get("log-recipients", words(no_yes_words)).value == 1;
  settings.log_format = static_cast<LogFormat>(reader.get("log-format", words(log_format_words)).value);
  settings.log_level = static_cast<LogLevel>(reader.get("log-level", words(log_level_words)).value);
  return settings;
}

/// Reports settings whose data is in the mirror too: it would be unclear which of the two is used.
void report_copies_beside_mirror(SettingsReader& reader, const std::string& file, Diagnostics& problems) {
  for (const char* name : {"virtual-alias-maps", "alias-maps", "forward-files", "include-root", "primary-postconf",
                           "mailboxes", "primary-domains"}) {
    if (!reader.has_value(name)) continue;
    problems.push_back(setting_error(file, reader.line_of(name), fmt::format("{} and mirror are both set", name),
                                     fmt::format("remove {}: the mirror has it", name)));
  }
}

/// Where the mirror is, how it is filled, and how its tables are read on this host.
void read_mirror(SettingsReader& reader, const fs::path& directory, RelaySettings& relay) {
  const auto path = below(directory, parse_path);
  relay.mirror = reader.get("mirror", path);
  if (reader.has_value("pull")) relay.pull = reader.get("pull", parse_ssh_account);
  relay.pull_keys = reader.get("pull-keys", path).value;
  if (relay.pull_keys.empty()) relay.pull_keys = (directory.parent_path() / "pull" / relay.name).string();
  relay.keep_generations = reader.get("keep-generations", parse_count).value;
  relay.host_overrides = reader.get("host-override", parse_overrides).value;
  relay.path_overrides = reader.get("path-override", parse_overrides).value;
  relay.table_parameters = reader.get("table-parameters", path);
  relay.trust_forward_files = reader.get("trust-forward-files", words(no_yes_words)).value == 1;
  relay.srs_tables = reader.get("srs-tables", parse_srs_tables).value;
  relay.accepted_differences = reader.get("accept-difference", parse_difference_names);
}

/// Single copies of the primary's files, in place of a mirror.
void read_copies(SettingsReader& reader, const fs::path& directory, RelaySettings& relay) {
  const auto tables = below(directory, parse_tables);
  const auto path = below(directory, parse_path);
  relay.virtual_alias_maps = reader.get("virtual-alias-maps", tables);
  relay.alias_maps = reader.get("alias-maps", tables);
  relay.forward_files = reader.get("forward-files", below(directory, parse_path_pattern));
  relay.include_root = reader.get("include-root", path);
  relay.primary_postconf = reader.get("primary-postconf", path);
  relay.mailboxes = reader.get("mailboxes", tables);
  relay.recipient_delimiter = delimiter_if_set(reader);
}

/// Reads the settings for which the main file may have a default.
void read_with_defaults(SettingsReader& reader, const RelayDefaults& defaults, RelaySettings& relay) {
  relay.max_age = reader.is_set("max-age") ? reader.get("max-age", parse_duration).value : defaults.max_age;
  relay.max_shrink = reader.is_set("max-shrink") ? reader.get("max-shrink", parse_percent).value : defaults.max_shrink;
  relay.has_max_age = reader.has_value("max-age") || defaults.has_max_age;
  relay.excluded = reader.is_set("exclude") ? reader.get("exclude", parse_address_patterns).value : defaults.excluded;
  relay.rewrite_only =
      reader.is_set("rewrite-only") ? reader.get("rewrite-only", parse_address_patterns).value : defaults.rewrite_only;
  relay.split = reader.is_set("split") ? read_split(reader) : defaults.split;
  relay.mode = reader.is_set("mode") ? static_cast<Mode>(reader.get("mode", words(mode_words)).value) : defaults.mode;
}

RelaySettings read_relay(SettingsReader& reader, const fs::path& file, const RelayDefaults& defaults) {
  const fs::path directory = directory_of(file);
  reader.require("domains", "EXAMPLE.ORG, the domains that this host relays to the primary");
  const bool has_primary = reader.require("primary", "MAIL.EXAMPLE.ORG, the host that is responsible for the domains");
  RelaySettings relay;
  relay.name = file.stem().string();
  relay.file = file.string();
  relay.domains = reader.get("domains", parse_domains);
  if (has_primary) relay.primary = reader.get("primary", parse_host);
  relay.next_hops = reader.get("next-hops", parse_hosts);
  relay.profile = reader.get("profile", parse_profile);
  relay.primary_domains = reader.get("primary-domains", parse_spelled_domains);
  relay.arrives_here = reader.get("arrives-here", parse_domains).value;
  read_mirror(reader, directory, relay);
  read_copies(reader, directory, relay);
  read_with_defaults(reader, defaults, relay);
  relay.control = reader.get("control", parse_percent).value.value_or(0);
  relay.reject_unknown = reader.get("reject-unknown", words(no_yes_words)).value == 1;
  return relay;
}

/// relay.d/*.conf, sorted by name as in a shell.
std::vector<fs::path> relay_files(const fs::path& main_file, Diagnostics& problems, Diagnostics& warnings) {
  const fs::path directory = main_file.parent_path() / "relay.d";
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.extension() == ".conf" && !path.filename().string().starts_with('.')) files.push_back(path);
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    problems.push_back({{directory.string(), 0},
                        error_text(error.value()),
                        error == std::errc::permission_denied ? "let this user read it: it contains the relay files"
                                                              : "make it a directory: it contains the relay files",
                        Severity::error,
                        ErrorClass::missing});
  } else if (files.empty()) {
    warnings.push_back({{directory.string(), 0},
                        "no file matches *.conf, so every recipient is kept",
                        "write one file for each primary",
                        Severity::warning,
                        ErrorClass::settings});
  }
  std::ranges::sort(files);
  return files;
}

/// Two relays cannot both serve a domain: their tables may differ.
void report_domains_of_two_relays(const std::vector<RelaySettings>& relays, Diagnostics& problems) {
  std::map<std::string_view, const RelaySettings*> owner;
  for (const RelaySettings& relay : relays) {
    for (const std::string& domain : relay.domains.value) {
      const auto [first, is_new] = owner.emplace(domain, &relay);
      if (is_new) continue;
      problems.push_back(
          setting_error(relay.file, relay.domains.origin.line,
                        fmt::format("{} is already a domain of {}", domain, first->second->domains.origin.text()),
                        "name each domain in one relay file only"));
    }
  }
}

/// Two primaries cannot share a mirror: the copy of one would replace the copy of the other, and would be used for
/// domains of the other.
void report_mirror_of_two_primaries(const std::vector<RelaySettings>& relays, Diagnostics& problems) {
  std::map<fs::path, const RelaySettings*> owner;
  for (const RelaySettings& relay : relays) {
    if (relay.mirror.value.empty()) continue;
    const auto [first, is_new] = owner.emplace(fs::path(relay.mirror.value).lexically_normal(), &relay);
    const RelaySettings& other = *first->second;
    if (is_new || host_key(other.primary.value) == host_key(relay.primary.value)) continue;
    problems.push_back(setting_error(
        relay.file, relay.mirror.origin.line,
        fmt::format("{} is already the mirror of {}, which has another primary", printable(relay.mirror.value, 200),
                    other.mirror.origin.text()),
        "name another directory; if both relays have the same primary, write its name alike in both files"));
  }
}

/// Two listeners cannot share one socket.
void report_shared_sockets(const SettingsReader& reader, const Settings& settings, Diagnostics& problems) {
  std::vector<std::pair<std::string_view, const Endpoint*>> sockets = {{"socket", &settings.socket}};
  if (settings.control) sockets.emplace_back("control", &*settings.control);
  if (settings.metrics) sockets.emplace_back("metrics", &*settings.metrics);
  for (auto one = sockets.begin(); one != sockets.end(); ++one) {
    for (auto other = std::next(one); other != sockets.end(); ++other) {
      if (!reach_same_socket(*one->second, *other->second)) continue;
      problems.push_back(
          setting_error(settings.file, reader.line_of(reader.is_set(other->first) ? other->first : one->first),
                        fmt::format("{} and {} are the same socket, {}", one->first, other->first, one->second->text()),
                        "give each setting its own socket"));
    }
  }
}

/// Sorts the problems of one file, from `begin` on, by line.
void sort_by_line(Diagnostics& problems, std::size_t begin) {
  std::ranges::sort(problems.begin() + static_cast<std::ptrdiff_t>(begin), problems.end(), {},
                    [](const Diagnostic& problem) { return std::tie(problem.origin.line, problem.what); });
}

Diagnostic unreadable(const fs::path& file, const ReadFailure& failure, std::string fix) {
  return {{file.string(), 0}, failure.what, std::move(fix), Severity::error, ErrorClass::missing};
}

/// Adds what is set in the file to `fingerprint`.
RelaySettings read_relay_file(const fs::path& file, std::string_view text, const RelayDefaults& defaults,
                              std::uint64_t& fingerprint, Diagnostics& problems) {
  const std::size_t begin = problems.size();
  SettingsReader reader(file.string(), Section::relay, problems);
  reader.take(text);
  RelaySettings relay = read_relay(reader, file, defaults);
  if (reader.has_value("pull") && !reader.has_value("mirror")) {
    problems.push_back(setting_error(file.string(), reader.line_of("pull"), "pull is set, and mirror is not",
                                     "write mirror = DIRECTORY, where the bundle is unpacked"));
  }
  if (reader.has_value("mirror")) report_copies_beside_mirror(reader, file.string(), problems);
  fingerprint = fnv1a(relay.name + '\n' + reader.reloaded_text(), fingerprint);
  sort_by_line(problems, begin);
  return relay;
}

}  // namespace

bool has_domain(const RelaySettings& relay, std::string_view domain) {
  const std::string key = to_a_labels(domain).value_or(std::string());
  return std::ranges::find(relay.domains.value, key) != relay.domains.value.end();
}

std::string pair_words(const RelaySettings& relay) {
  const std::vector<std::string>& domains = relay.domains.value;
  return fmt::format("pair {} {}", relay.primary.value, domains.empty() ? "DOMAIN" : domains.front());
}

std::string sendmail_filter_line(const Settings& settings) {
  return fmt::format("INPUT_MAIL_FILTER(`shorthop', `S={}, T=C:5s;S:10s;R:10s;E:30s')", settings.socket.text());
}

std::expected<Settings, Diagnostics> read_settings(const fs::path& main_file, const FileReader& files,
                                                   Diagnostics& warnings) {
  const auto main_text = files.read(main_file);
  if (!main_text) {
    return std::unexpected(
        Diagnostics{unreadable(main_file, main_text.error(), "name another main file with --config FILE")});
  }
  Diagnostics problems;
  SettingsReader main(main_file.string(), Section::main, problems);
  main.take(*main_text);
  Settings settings = read_main(main, main_file);
  const RelayDefaults defaults = relay_defaults(main);
  report_shared_sockets(main, settings, problems);
  std::uint64_t fingerprint = fnv1a(main.reloaded_text());
  sort_by_line(problems, 0);
  for (const fs::path& file : relay_files(main_file, problems, warnings)) {
    const auto text = files.read(file);
    if (!text) {
      problems.push_back(unreadable(file, text.error(), "make each relay.d/*.conf readable"));
      continue;
    }
    settings.relays.push_back(read_relay_file(file, *text, defaults, fingerprint, problems));
  }
  settings.fingerprint = fmt::format("{:016x}", fingerprint);
  report_domains_of_two_relays(settings.relays, problems);
  report_mirror_of_two_primaries(settings.relays, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return settings;
}

}  // namespace shorthop
