// The parts of a Received field (RFC 5321, 4.4): the host that added it, the queue ID of the message there, the client.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

struct TraceField {
  std::string by;  ///< the host that received the message
  std::string id;  ///< its queue ID
  /// The client as that host saw it, from the comment after FROM; empty: unknown, or the message was submitted there.
  std::string from_name = {};  ///< empty too if that host calls the name forged
  std::string from_address = {};
  bool has_from = false;  ///< the message came from a client, known or not
  bool operator==(const TraceField&) const = default;
};

/// `value` is the text after "Received:", with its folded lines. nullopt if it lacks BY or ID, or is longer than any
/// mail system writes. Only the comment after FROM is read: a sender can write anything into the other comments.
std::optional<TraceField> parse_received(std::string_view value);

/// The identifier in a Message-ID field (RFC 5322, 3.6.4) with its angle brackets, or the trimmed text if it has no
/// brackets. Empty if the text is empty or too long.
std::string_view parse_message_id(std::string_view value);

/// The fields of a header that show the way and the identity of a message.
struct TraceHeader {
  /// Postfix returns mail with more than 50 Received fields (postconf(5) hopcount_limit).
  static constexpr std::size_t max_fields = 100;

  std::vector<TraceField> received;
  std::string message_id;  ///< empty: none yet

  /// Takes one header field; most are ignored.
  void take(std::string_view name, std::string_view value);
};

}  // namespace shorthop
