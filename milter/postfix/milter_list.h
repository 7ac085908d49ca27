// Postfix's list of milters (postconf(5) smtpd_milters; MILTER_README, "Advanced policy for individual milters"): its
// entries with their places in the text, and which of them is a given socket. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/endpoint.h"

namespace shorthop {

struct MilterEntry {
  std::string text;                                            ///< as it stands in the list
  std::string milter;                                          ///< the same without braces and attributes
  std::optional<Endpoint> endpoint;                            ///< absent: not known, such as that of a $name
  std::map<std::string, std::string, std::less<>> attributes;  ///< those in braces: default_action=accept
  std::size_t begin = 0;                                       ///< where it stands in the value
  std::size_t end = 0;

  /// The attribute's value; empty if it is not set.
  std::string_view attribute(std::string_view name) const;
};

/// Entries are separated by white space and commas, except within braces.
std::vector<MilterEntry> milter_entries(std::string_view value);

/// A socket as Postfix shall name it: one on all addresses by loopback; a path below the queue directory relative to it,
/// where a chrooted smtpd(8) finds it too.
Endpoint endpoint_for_postfix(const Endpoint& socket, std::string_view queue_directory);

/// Whether an entry is that socket, by whatever path a chrooted or plain smtpd(8) could mean it.
bool leads_to(const MilterEntry& entry, const Endpoint& socket, std::string_view queue_directory);

/// The milters that stand beside the one at this socket in lists that have it, each once, as written.
std::vector<std::string> milters_beside(const Endpoint& socket, const std::vector<std::string>& lists,
                                        std::string_view queue_directory);

}  // namespace shorthop
