// What stands on the right-hand side of an alias: addresses and special targets (aliases(5), virtual(5), local(8)).
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

/// An address in external form, as written; without a domain it belongs to the primary's myorigin.
struct AddressTarget {
  std::string text;
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
/// "\user": the mailbox of that user on the primary, whatever its aliases say (DESIGN 4).
struct MailboxTarget {
  std::string user;
  bool operator==(const MailboxTarget&) const = default;
};
/// Text that we do not understand as Postfix would: a reason to keep.
struct UnreadableTarget {
  std::string text;
  std::string what;
  bool operator==(const UnreadableTarget&) const = default;
};
/// There are more than so many targets, and those behind were not read: a reason to keep.
struct FurtherTargets {
  std::size_t most = 0;
  bool operator==(const FurtherTargets&) const = default;
};

using Target = std::variant<AddressTarget, CommandTarget, FileTarget, IncludeTarget, MailboxTarget, UnreadableTarget,
                            FurtherTargets>;

/// In virtual(5) every target is an address; in aliases(5), .forward and include files local(8) knows special ones.
enum class Dialect { virtual5, local8 };

inline constexpr std::size_t all_targets = std::numeric_limits<std::size_t>::max();

/// The comma-separated targets of one right-hand side, in order: quoted strings, comments in parentheses and
/// "Name <address>" as RFC 5322, 3.4 has them. Never fails: what cannot be read is an UnreadableTarget. Never empty:
/// a right-hand side without any target is an UnreadableTarget too, so that nobody expands a recipient to nothing. Where
/// there are more than `most`, FurtherTargets is the last.
std::vector<Target> parse_targets(std::string_view right_hand_side, Dialect dialect, std::size_t most = all_targets);

/// The targets of a .forward or include file: a list a line, lines that start with '#' are comments, and no line
/// continues another (local(8), deliver_token_stream in Postfix's local/token.c). Empty for a file without targets. Where
/// there are more than `most`, FurtherTargets is the last.
std::vector<Target> parse_target_lines(std::string_view file, std::size_t most = all_targets);

/// What parse_target_lines cannot read in the file, with its line, from 1: the first so many.
std::vector<std::pair<std::uint32_t, UnreadableTarget>> unreadable_target_lines(std::string_view file,
                                                                                std::size_t most);

/// Whether parse_targets would find addresses without anything special about them, and nothing else: a quick check.
bool only_plain_addresses(std::string_view right_hand_side);

/// The target as the postmaster wrote it, for explanations.
std::string text_of(const Target& target);

}  // namespace shorthop
