// The settings as read from the files and checked, with defaults filled in. Tables are not opened here.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/snapshot.h"
#include "settings/setting_values.h"
#include "system/endpoint.h"
#include "system/file_reader.h"
#include "tables/table_name.h"
#include "text/diagnostic.h"

namespace shorthop {

enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// A value and where it was set, for error messages.
template <class T>
struct Located {
  T value{};
  Origin origin;  ///< without a file: the default
};

using LocatedTables = Located<std::vector<TableName>>;

/// relay.d/NAME.conf. Settings that the main file may have too are already filled in from there.
struct RelaySettings {
  std::string name;  ///< the file's name without ".conf"
  std::string file;
  Located<std::vector<std::string>> domains;  ///< as to_a_labels()
  Located<std::string> primary;
  Located<std::vector<std::string>> next_hops;  ///< as canonical_host()
  Located<Profile> profile;
  Located<std::vector<std::string>> primary_domains;  ///< folded, as spelled; domains that are local to the primary
  std::vector<std::string> arrives_here;              ///< domains with A-labels whose mail comes here in any case
  Located<std::string> mirror;                        ///< an absolute directory; empty: single copies
  std::size_t keep_generations = 3;                   ///< how many generations of a mirror `shorthop import` keeps
  std::optional<Located<SshAccount>> pull;            ///< where `shorthop pull` fetches bundles
  std::string pull_keys;                              ///< a directory: id_ed25519, known_hosts
  std::vector<Override> host_overrides;               ///< host-override
  std::vector<Override> path_overrides;               ///< path-override
  Located<std::string> table_parameters;              ///< a file; empty: none
  bool trust_forward_files = false;
  std::vector<TableName> srs_tables;  ///< tables of an SRS daemon in the primary's recipient_canonical_maps
  Located<std::vector<std::string>> accepted_differences;
  LocatedTables virtual_alias_maps;  ///< paths are absolute
  LocatedTables alias_maps;
  Located<std::string> forward_files;  ///< a path with %u; empty: unknown
  Located<std::string> include_root;
  Located<std::string> primary_postconf;
  LocatedTables mailboxes;  ///< tables of the users with a mailbox on the primary; empty: not known
  std::optional<Located<std::string>> recipient_delimiter;  ///< absent: from primary-postconf, else none
  std::optional<std::chrono::seconds> max_age;              ///< absent: no limit
  std::optional<unsigned> max_shrink;                       ///< percent; absent: no limit
  bool has_max_age = false;                                 ///< max-age is set, even if to none
  std::vector<std::string> excluded;                        ///< as address_pattern()
  std::vector<std::string> rewrite_only;                    ///< as address_pattern(); empty: all recipients
  unsigned control = 0;                                     ///< the control sample: percent of the messages
  bool split = false;
  bool reject_unknown = false;
  Mode mode = Mode::observe;
};

/// shorthop.conf and relay.d/*.conf in the same directory.
struct Settings {
  std::string file;
  Endpoint socket;                                  ///< the milter's socket
  std::optional<std::uint32_t> socket_mode;         ///< permission bits
  std::string socket_group;                         ///< empty: unchanged
  std::optional<Endpoint> control;                  ///< a UNIX socket; absent: none
  std::string postfix_config;                       ///< directory of this host's main.cf; empty: explicit settings only
  Located<std::vector<std::string>> local_domains;  ///< folded; empty: from Postfix
  LocatedTables local_recipients;                   ///< empty: from Postfix
  LocatedTables local_aliases;                      ///< this host's own; only for Sendmail
  std::optional<Located<std::string>> recipient_delimiter;  ///< this host's; absent: from Postfix, else "+"
  std::vector<std::string> relay_transports;
  std::optional<bool> other_milters_edit;  ///< other-milters-edit-recipients; absent: not decided
  std::chrono::seconds settle_time{2};
  std::chrono::seconds lookup_timeout{5};
  std::chrono::seconds cache_ttl{60};
  std::string state;  ///< a directory; empty: nothing is remembered over a restart
  std::chrono::seconds return_time{3600};
  std::optional<Endpoint> metrics;  ///< absent: off
  LogFormat log_format = LogFormat::text;
  bool log_recipients = true;
  LogLevel log_level = LogLevel::info;
  std::vector<RelaySettings> relays;
  /// A hash of all settings except those that need a restart. If it is the same for the files and for the daemon, a
  /// reload would change no setting.
  std::string fingerprint;
};

/// Whether this is one of the relay's domains, spelled with U-labels or A-labels.
bool has_domain(const RelaySettings& relay, std::string_view domain);

/// The words after "shorthop" that pair this host with the primary of a relay.
std::string pair_words(const RelaySettings& relay);

/// The line of sendmail.mc that adds shorthop, with time limits. It has no F=: Sendmail then relays mail to the primary
/// while shorthopd does not run.
std::string sendmail_filter_line(const Settings& settings);

/// Reads the main file and relay.d/*.conf in the same directory (sorted by name). Reports all problems, not only
/// the first; for an unknown key it suggests the nearest one. Warnings are added to `warnings`.
std::expected<Settings, Diagnostics> read_settings(const std::filesystem::path& main_file, const FileReader& files,
                                                   Diagnostics& warnings);

}  // namespace shorthop
