// Postfix's list of milters (postconf(5) smtpd_milters; MILTER_README, "Advanced policy for individual milters"): its
// entries, their positions in the text, and which of them refer to a given socket. No I/O.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/parameters.h"
#include "system/endpoint.h"

namespace shorthop {

struct MilterEntry {
  std::string text;                  ///< as written in the list
  std::string milter;                ///< the text without braces and attributes
  std::optional<Endpoint> endpoint;  ///< absent: unknown, for example a $name
  TextByName attributes;             ///< those in braces: default_action=accept
  std::size_t begin = 0;             ///< its position in the value
  std::size_t end = 0;

  /// The attribute's value; empty if it is not set.
  std::string_view attribute(std::string_view name) const;
};

/// Entries are separated by white space and commas, except within braces.
std::vector<MilterEntry> milter_entries(std::string_view value);

/// The socket as smtpd(8) connects to it. A socket on all addresses becomes one on loopback. A path below the queue
/// directory becomes relative to that directory, so that a chrooted smtpd(8) finds it too.
Endpoint endpoint_for_postfix(const Endpoint& socket, std::string_view queue_directory);

/// Whether an entry names that socket, by any path that smtpd(8) could use for it, chrooted or not.
bool leads_to(const MilterEntry& entry, const Endpoint& socket, std::string_view queue_directory);

/// A list of milters in a table of smtpd_milter_maps.
struct MappedMilters {
  std::string table;
  std::string client;
  std::string milters;
  /// "DISABLE": no milter is asked for the client.
  bool disables_all() const;
};

/// postconf(5) smtpd_milter_maps: the lists for single clients, which replace smtpd_milters.
struct MilterMaps {
  std::vector<MappedMilters> lists;
  std::vector<std::string> unlisted;  ///< tables whose entries cannot be listed
};

/// The tables of smtpd_milter_maps, each once. `parameters`: as for milters_beside().
std::vector<std::string> milter_map_tables(const Parameters& parameters);

/// The milters that are beside this socket in a list of this Postfix, each once, without braces and attributes. Lists
/// without the socket are left out. A table that cannot be listed counts as a milter. `parameters` has the parameters
/// of main.cf, and the values of services under names such as "smtp/inet/smtpd_milters".
std::vector<std::string> milters_beside(const Endpoint& socket, const Parameters& parameters, const MilterMaps& maps);

}  // namespace shorthop
