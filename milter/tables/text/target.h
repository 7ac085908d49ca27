// The right-hand side of an alias: addresses and special targets (aliases(5), virtual(5), local(8)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace shorthop {

/// An address in external form, as written; an address without a domain is in the primary's $myorigin.
struct AddressTarget {
  std::string text;
  /// The target was "user@domain" with quotes around the whole. It is this address only if the MTA looks for an address
  /// inside quotes.
  bool is_quoted = false;
  /// Only white space is between it and the address before or after it. Postfix reads two addresses, Sendmail one.
  bool lacks_comma = false;
  bool operator==(const AddressTarget&) const = default;
};
/// "|command": local(8) runs it.
struct CommandTarget {
  std::string command;
  bool operator==(const CommandTarget&) const = default;
};
/// "/file" or "~/file": local(8) appends to it.
struct FileTarget {
  std::string path;
  bool operator==(const FileTarget&) const = default;
};
/// ":include:/path": the targets in that file.
struct IncludeTarget {
  std::string path;
  bool operator==(const IncludeTarget&) const = default;
};
/// "\user": a name or mailbox on the primary (DESIGN 4). Postfix follows the user's aliases, other MTAs do not.
struct MailboxTarget {
  std::string user;
  bool operator==(const MailboxTarget&) const = default;
};
/// Text that shorthop cannot read, or that may mean something else to Postfix. The recipient is kept.
struct UnreadableTarget {
  std::string text;
  std::string what;
  bool operator==(const UnreadableTarget&) const = default;
};
/// Replaces the targets beyond a limit, which were not read. The recipient is kept.
struct FurtherTargets {
  std::size_t max_targets = 0;
  bool operator==(const FurtherTargets&) const = default;
};

using Target = std::variant<AddressTarget, CommandTarget, FileTarget, IncludeTarget, MailboxTarget, UnreadableTarget,
                            FurtherTargets>;

/// In virtual(5) every target is an address; in aliases(5), .forward and include files, local(8) also has special
/// targets.
enum class Dialect { virtual5, local8 };

inline constexpr std::size_t all_targets = std::numeric_limits<std::size_t>::max();

/// Parses the comma-separated targets of one right-hand side, in order, with quoted strings, comments in parentheses
/// and "Name <address>" as in RFC 5322, 3.4. Never fails: unreadable text becomes an UnreadableTarget. Never empty:
/// without any target the result is an UnreadableTarget, so no recipient ever expands to nothing. If there are more
/// than `max_targets`, FurtherTargets is the last.
std::vector<Target> parse_targets(std::string_view right_hand_side, Dialect dialect,
                                  std::size_t max_targets = all_targets);

/// Parses a .forward or include file: one list per line; lines that start with '#' are comments; there are no
/// continuation lines (local(8), deliver_token_stream in Postfix's local/token.c). Empty for a file without targets. If
/// there are more than `max_targets`, FurtherTargets is the last.
std::vector<Target> parse_target_lines(std::string_view file, std::size_t max_targets = all_targets);

/// The unreadable targets that parse_target_lines finds, each with its line, from 1; at most `max_targets`.
std::vector<std::pair<std::uint32_t, UnreadableTarget>> unreadable_target_lines(std::string_view file,
                                                                                std::size_t max_targets);

/// Whether parse_targets would find only plain addresses; a quick check.
bool only_plain_addresses(std::string_view right_hand_side);

/// The target as the postmaster wrote it, for explanations.
std::string text_of(const Target& target);

}  // namespace shorthop
