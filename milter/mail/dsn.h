// The DSN parameters of RCPT TO (RFC 3461): what the client asked for must survive the replacement of a recipient.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"

namespace shorthop {

/// NOTIFY (RFC 3461, 4.1): absent, NEVER, or a set of SUCCESS, FAILURE, DELAY.
class Notify {
 public:
  static std::expected<Notify, AddressError> parse(std::string_view value);

  bool absent() const { return !given_; }
  bool is_never() const { return given_ && bits_ == 0; }
  /// "NEVER" or "SUCCESS,FAILURE,DELAY" or a part of it; empty if absent.
  std::string text() const;
  /// Whether a delivery under `this` reports everything that one under `other` would; an absent NOTIFY stands for
  /// FAILURE and DELAY, as RFC 3461, 4.1 leaves it to the MTA and Postfix does.
  bool covers(const Notify& other) const;
  /// What one delivery for both must report. Two absent ones stay absent: SUCCESS is never invented.
  Notify merged(const Notify& other) const;

  bool operator==(const Notify&) const = default;

 private:
  enum : std::uint8_t { success = 1, failure = 2, delay = 4 };
  std::uint8_t effective() const { return given_ ? bits_ : static_cast<std::uint8_t>(failure | delay); }

  bool given_ = false;
  std::uint8_t bits_ = 0;  // none set and given: NEVER
};

/// The parameters that we pass on with an added recipient.
struct Dsn {
  Notify notify;
  std::string orcpt;  ///< "rfc822;xtext" as the client sent it; empty if absent
};

/// The ESMTP arguments behind the address in RCPT TO. A parameter that is malformed, given twice or unknown is an
/// error: what we cannot pass on we must not drop, so such a recipient is kept.
std::expected<Dsn, AddressError> parse_dsn(const std::vector<std::string_view>& arguments);

/// The ORCPT that a DSN shall name for an address: "rfc822;" ("utf-8;" for one beyond ASCII) and the address in xtext
/// (RFC 3461, 4 and 4.2).
std::string orcpt_for(const Address& address);

/// The ORCPT that Postfix itself takes where the client gave none: the argument of RCPT TO as written, less its angle
/// brackets. Empty where that has control characters, is not UTF-8 or is too long: then use that of the address.
std::string orcpt_as_given(std::string_view rcpt_argument);

/// xtext (RFC 3461, 4): '+', '=', and what is not printable as +HH.
void append_xtext(std::string& out, std::string_view text);

}  // namespace shorthop
