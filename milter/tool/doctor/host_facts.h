// All facts that shorthop check examines, as data: the settings and what they load, files and sockets, Postfix or
// Sendmail, the DNS. gather.h collects them; checks.h judges them. Facts that could not be determined are absent.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/mirror/pull_record.h"
#include "load/mx_rank.h"
#include "postfix/inbound/differences.h"
#include "postfix/milter_list.h"
#include "postfix/postfix_facts.h"
#include "postfix/relay_domains.h"
#include "session/snapshot.h"
#include "settings/settings.h"
#include "system/dns.h"
#include "text/diagnostic.h"
#include "tool/daemon_state.h"
#include "tool/doctor/survey.h"
#include "tool/setup/find_primary.h"

namespace shorthop::tool {

/// A user with the IDs that the kernel checks.
struct Account {
  std::string name;
  std::uint32_t uid = 0;
  std::vector<std::uint32_t> gids;  ///< all groups
  std::string group = {};           ///< its primary group; empty: unknown
};

/// One part of a path, from stat(2).
struct PathPart {
  std::string path;
  enum class Kind : std::uint8_t { missing, hidden, directory, socket, file, other };
  Kind kind = Kind::missing;  ///< hidden: this user has no access
  std::uint32_t mode = 0;     ///< permission bits
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

/// "/", "/var", ... and the file itself, up to the first part that is missing or hidden.
using PathFacts = std::vector<PathPart>;

/// The result of connect(2).
enum class Connection : std::uint8_t { not_tried, accepted, refused, failed };

struct TableFacts {
  std::string relay;
  std::string name;
  std::optional<std::size_t> entries;  ///< absent: not counted
};

/// How a live table answered when it was asked for a key that does not exist.
struct LiveTableFacts {
  std::string relay;  ///< empty: this host
  std::string name;
  std::chrono::milliseconds taken{0};
  std::optional<std::string> failure;  ///< a sentence
};

/// A copy of a file of the primary.
struct DatedFile {
  std::string path;
  std::chrono::system_clock::time_point changed;
};

/// An entry that no recipient can reach.
struct UnaskedEntry {
  std::string key;
  std::string table;
  std::uint32_t line = 0;  ///< 0: unknown
  std::string_view what;   ///< follows the words "the key"
  std::string_view fix;
};

/// The aliases of one relay, followed to their ends.
struct SurveyFacts {
  std::string relay;
  std::string file;
  std::size_t recipients = 0;
  std::size_t rewritten = 0;
  std::map<std::string, std::size_t> kept;  ///< reason -> number
  std::vector<SurveyedEnd> ends;
  std::vector<std::string> mapped_here;   ///< aliases that this host's own tables rewrite already
  std::vector<std::string> not_surveyed;  ///< tables without a list of keys, or skipped for lack of time: a sentence
  std::vector<UnaskedEntry> unasked;      ///< not counted as recipients
  std::vector<std::string> domains_here;  ///< domains of this host that aliases lead to
  std::vector<std::string> aliases = {};  ///< each recipient that was followed
  std::map<std::string, MissingPart> missing = {};  ///< see Survey::missing()
};

/// What the primary of a relay with a mirror does to mail and this host does not.
struct RelayDifferences {
  std::string relay;
  std::vector<Difference> found;
  std::string host_name = {};  ///< myhostname in the mirror; empty: unknown
};

/// The result of the last `shorthop pull` of a relay.
struct RelayPull {
  std::string relay;
  Origin place;                    ///< where the setting pull is
  std::optional<PullRecord> last;  ///< absent: there was none
};

/// How this host's Postfix would route a relay domain.
struct DomainRoute {
  std::string transport;               ///< the name of the transport
  std::vector<std::string> next_hops;  ///< hosts or domains with their ports, as written; empty: the recipient's domain
  std::optional<std::string> failure;  ///< why it is unknown
};

struct PostfixHost {
  PostfixFacts facts;
  std::string main_cf_path;
  std::string main_cf;  ///< empty: not readable
  std::string master_cf_path;
  std::string master_cf;
  RelayDomains relay_domains;
  std::map<std::string, std::optional<bool>, std::less<>>
      relays;                                              ///< relay domain -> in relay_domains; absent: unknown
  std::map<std::string, DomainRoute, std::less<>> routes;  ///< by relay domain
  MilterMaps milter_maps;
  std::vector<std::string> not_asked;  ///< failed look-ups: a sentence
};

/// A host name without addresses.
struct HostSilence {
  bool is_certain = false;  ///< true: the DNS says that there are none; false: it did not answer
  std::string what;
};

struct DnsFacts {
  std::map<std::string, MxAnswer, std::less<>> exchangers;                 ///< by domain
  std::map<std::string, std::vector<std::string>, std::less<>> addresses;  ///< by host
  std::map<std::string, HostSilence, std::less<>> unknown_hosts;
  std::map<std::string, bool, std::less<>> exists;  ///< foreign domains that look like a local or a relay domain
};

struct HostFacts {
  std::string config;
  std::optional<Settings> settings;
  Diagnostics problems;  ///< problems of settings and tables, including warnings
  std::shared_ptr<const Snapshot> snapshot;
  std::chrono::system_clock::time_point now;
  std::vector<TableFacts> tables;
  std::vector<LiveTableFacts> live_tables;
  std::vector<SurveyFacts> surveys;
  std::vector<RelayDifferences> differences;
  std::vector<RelayPull> pulls;                 ///< one for each relay with the setting pull
  std::string silence_of_daemon;                ///< why the daemon does not answer although it listens; may be empty
  std::string absence_of_daemon = {};           ///< why no daemon listens at its control socket; may be empty
  bool daemon_answers = false;                  ///< the daemon answers at its control socket
  std::string state_failure = {};               ///< why the daemon's last write to `state` failed; empty: it succeeded
  std::vector<CheckedPredictions> predictions;  ///< counts of the running daemon; empty: it does not answer
  std::vector<std::string> other_data;          ///< a sentence for each relay whose data in the daemon differs
  bool has_other_settings = false;              ///< the running daemon has settings that differ from the files
  std::vector<std::string> local_domains;       ///< domains of this host, as far as their names are known

  PathFacts socket;  ///< empty: not a UNIX socket
  Connection connection = Connection::not_tried;
  std::optional<Account> postfix_account;
  std::optional<Account> daemon_account;
  std::vector<PathFacts> data_files;       ///< settings, tables and their directories, which the daemon must read
  std::vector<std::string> ignored_files;  ///< files in relay.d that the daemon does not read: the name is not *.conf
  PathFacts state;                         ///< the directory of the setting state; empty: the setting is "none"
  std::vector<DatedFile> copies;           ///< copies of the primaries' tables and settings

  std::optional<PostfixHost> postfix;
  std::optional<std::string> postfix_failure;  ///< Postfix is installed, but could not be asked
  std::optional<std::string> sendmail_cf;
  std::string sendmail_cf_path;

  OwnNames own;
  std::optional<DnsFacts> dns;  ///< absent: not asked
};

}  // namespace shorthop::tool
