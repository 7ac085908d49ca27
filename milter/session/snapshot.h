// Everything that decisions depend on, at one moment: built once, const, shared (DESIGN 2.6).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "primary/local_host.h"
#include "primary/primary.h"
#include "text/by_name.h"

namespace shorthop {

/// `control`: the recipient would be replaced, but its message goes to the primary to check the prediction.
enum class Mode : std::uint8_t { observe, rewrite, control };
constexpr std::string_view name_of(Mode mode) {
  constexpr std::array<std::string_view, 3> names = {"observe", "rewrite", "control"};
  return names[static_cast<std::size_t>(mode)];
}

/// The newest file of a relay's data; the age of the data counts from its time.
struct NewestData {
  std::chrono::system_clock::time_point time;  ///< 1970 if no file has a plausible time
  std::string file;                            ///< empty if there is none
};

/// One primary and the domains this host relays to it.
struct Relay {
  std::string name;                           ///< name of the settings file without ".conf"
  std::vector<std::string> client_names;      ///< host names of the primary as an SMTP client, made by host_key()
  std::vector<std::string> client_addresses;  ///< IP addresses in the form of inet_ntop(3)
  std::vector<std::string> next_hops;         ///< further hosts on the way to the primary, made by canonical_host()
  Mode mode = Mode::observe;
  std::vector<std::string> excluded;      ///< recipients to keep: patterns (mail/address_pattern.h)
  std::vector<std::string> rewrite_only;  ///< the recipients to which mode rewrite applies, as patterns; empty: to all
  unsigned control = 0;                   ///< percent of the messages that still go to the primary in mode rewrite
  bool split = false;                     ///< whether a recipient that leads here and elsewhere is replaced as well
  bool refuses_unknown = false;           ///< reject-unknown: recipients that the primary does not know are refused
  std::string why_incomplete;             ///< why the data may lack recipients of the primary; empty: it lacks none
  Primary primary;
  bool copies_merge_here = false;  ///< LocalHost::merges_copies()
  /// What the primary or this host does to mail for one recipient may depend on the other recipients of the message. If
  /// one recipient of the primary is kept, all recipients of this primary in the message are kept.
  bool all_or_none = false;
  std::optional<std::chrono::seconds> max_age;
  NewestData newest;
  std::string held_back;      ///< why this data must not be used for rewriting (reason stale); empty: it may be used
  std::string held_back_fix;  ///< what the postmaster can do about held_back
  /// Why the primary's addresses are unknown, so that clients and next hops cannot be compared with them; empty if they
  /// are known, or if the primary is set by its address.
  std::string unknown_addresses;
  /// Domain of the relay, with A-labels -> its best MX host, if that is certainly neither the primary nor one of
  /// next_hops.
  TextByName other_exchangers;
  /// The names of the differences that can harm and that accept-difference does not name. A difference is something
  /// that the primary does to mail and this host does not. Empty: there are none.
  std::string unaccepted;
  std::string
      client_action;  ///< what access tables and header_checks of this host do to mail of the primary; empty: nothing
  /// client_action leaves out a FILTER of these tables, because accept-difference accepts it.
  bool skips_client_filter = false;
  bool lacks_stamp = false;     ///< its mirror has no stamp, so it is not known whether the copy is complete
  std::string held_in_observe;  ///< why the mode is observe regardless of the settings; empty: the settings apply
  std::chrono::system_clock::time_point loaded;  ///< when its data was activated
  std::string pending;                           ///< why newer data on disk is not in force; empty if there is none
  std::string fingerprint;  ///< does not change as long as the data stays the same, even over a restart
  std::map<std::string, std::size_t> entries;  ///< table, or kind of file -> number of its entries
};

class Refutations;

using RelayMap = std::map<std::string, std::shared_ptr<const Relay>, std::less<>>;

struct Snapshot {
  RelayMap relay_by_domain;                          ///< relay domain with A-labels, folded -> its primary
  std::vector<std::shared_ptr<const Relay>> relays;  ///< each once; a relay may have thousands of domains
  std::shared_ptr<const LocalHost> host;
  /// Transports by which the MTA relays ({rcpt_mailer}); compared as prefixes, so "smtp-slow" matches too.
  std::vector<std::string> relay_transports = {"smtp", "relay", "esmtp", "dsmtp"};
  /// Transports that do not relay to the SMTP port of another host, whatever their names are.
  std::set<std::string, std::less<>> other_transports;
  std::chrono::milliseconds lookup_timeout{5000};  ///< the longest time that a message waits for all tables together

  std::shared_ptr<const Refutations> refutations;  ///< predictions that were refuted; null: there are none
  bool checks_predictions = false;                 ///< whether some mail of a relay still goes to the primary
  /// Name of a relay -> its live tables. The name "" stands for this host.
  std::map<std::string, std::vector<std::shared_ptr<const Table>>> live_tables{};

  const Relay* relay_for(const Address& recipient) const {
    const auto found = relay_by_domain.find(recipient.a_label_domain());
    return found == relay_by_domain.end() ? nullptr : found->second.get();
  }
};

}  // namespace shorthop
