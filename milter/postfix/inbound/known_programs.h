// Programs that postmasters name in content_filter, smtpd_milters and check_policy_service. They are recognised by
// their usual names and ports, so "localhost:11332" on one host and "unix:/run/rspamd/milter.sock" on another are the
// same program. No I/O.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace shorthop {

enum class ProgramTask : std::uint8_t {
  filter,        ///< spam, viruses
  routine,       ///< greylisting, SPF, DKIM, DMARC, quotas, rates: what it decides does not depend on the alias
  sender_rules,  ///< who may write to an alias
  archive,       ///< keeps copies of mail
};

struct KnownProgram {
  std::string_view name;
  ProgramTask task;
  /// Lower-case beginnings of words in the text of a socket or transport. In capital letters: a whole word, because
  /// other words begin with it. A number: the whole port at the end of the text.
  std::span<const std::string_view> marks;
};

/// The program at "smtp-amavis:[127.0.0.1]:10024", "inet:localhost:8891", "unix:private/policyd-spf"; null if the text
/// has no mark of a known program.
const KnownProgram* find_known_program(std::string_view text);

}  // namespace shorthop
