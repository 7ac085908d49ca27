// What the primary does to mail from other hosts and this host does not: a closed list of named differences. Some of
// them must be accepted before mail may skip the primary. No I/O.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/inbound/inbound_mail.h"

namespace shorthop {

/// What each of the two hosts does, as one line of text.
struct DifferenceSides {
  std::string primary;  ///< something that this host does not do: "content_filter = smtp-amavis:[127.0.0.1]:10024"
  std::string here;     ///< "none", what it does instead, or that it is not known
};

/// One comparison of the two hosts; nullopt if they do not differ.
using DifferenceRule = std::optional<DifferenceSides>(const InboundMail& primary, const InboundMail& here);

struct DifferenceRow {
  std::string_view name;     ///< for accept-difference
  bool harms;                ///< true: nothing is rewritten until the difference is accepted
  std::string_view meaning;  ///< what mail that skips the primary misses
  std::string_view fix;      ///< what to do on this host
  DifferenceRule* rule;
};

/// All rows; those that harm come first.
std::span<const DifferenceRow> difference_rows();

struct Difference {
  const DifferenceRow* row;
  DifferenceSides sides;
};

/// The differences between the two hosts, in the order of the rows. The primary has a check if one of its
/// smtpd(8) services has it; this host has it only if all of its services have it.
std::vector<Difference> differences(const InboundMail& primary, const InboundMail& here);

bool is_accepted(const Difference& difference, const std::vector<std::string>& accepted);

/// The names of the differences that harm and are not accepted, separated by ", "; empty: there are none.
std::string unaccepted_differences(const std::vector<Difference>& differences,
                                   const std::vector<std::string>& accepted);

}  // namespace shorthop
