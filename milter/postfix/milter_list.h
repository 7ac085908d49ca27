// Postfix's list of milters (postconf(5) smtpd_milters; MILTER_README, "Advanced policy for individual milters"): its
// entries with their places in the text, and which of them is a given socket. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

struct MilterEntry {
  std::string text;                                            ///< as it stands in the list
  std::string endpoint;                                        ///< "unix:path" or "inet:host:port"; of a $name: that
  std::map<std::string, std::string, std::less<>> attributes;  ///< those in braces: default_action=accept
  std::size_t begin = 0;                                       ///< where it stands in the value
  std::size_t end = 0;

  /// The attribute's value; empty if it is not set.
  std::string_view attribute(std::string_view name) const;
};

/// Entries are separated by white space and commas, except within braces.
std::vector<MilterEntry> milter_entries(std::string_view value);

/// The socket that a setting names (smfi_setconn(3): "unix:/path", "inet:port@host") as Postfix writes it
/// ("inet:host:port"); a path below the queue directory becomes relative to it, where a chrooted smtpd(8) finds it too.
std::string postfix_endpoint(std::string_view socket, std::string_view queue_directory);

/// Whether an entry's endpoint is that socket, by whatever path a chrooted or plain smtpd(8) could mean it.
bool is_same_endpoint(std::string_view endpoint, std::string_view socket, std::string_view queue_directory);

}  // namespace shorthop
