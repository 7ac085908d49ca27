// The DSN parameters of RCPT TO (RFC 3461); the client's request must survive the replacement of a recipient.
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

  bool is_absent() const { return !given_; }
  bool is_never() const { return given_ && bits_ == 0; }
  /// "NEVER", or a non-empty subset of "SUCCESS,FAILURE,DELAY"; empty if absent.
  std::string text() const;
  /// Whether a delivery under `this` sends every report that a delivery under `other` would. An absent NOTIFY counts as
  /// FAILURE and DELAY: RFC 3461, 4.1 leaves this to the MTA, and Postfix reports both.
  bool covers(const Notify& other) const;
  /// The NOTIFY of one delivery that replaces a delivery under `this` and one under `other`: the reports of both. If
  /// both are absent, the result is absent. SUCCESS is in the result only if one of them has it.
  Notify merged(const Notify& other) const;
  /// What cleanup(8) passes on to the members of an alias that has several members: everything but SUCCESS, which
  /// cleanup(8) reports itself (RFC 3461, 5.2.7).
  Notify of_members() const;

  bool operator==(const Notify&) const = default;

 private:
  enum : std::uint8_t { success = 1, failure = 2, delay = 4 };
  std::uint8_t effective() const { return given_ ? bits_ : static_cast<std::uint8_t>(failure | delay); }

  bool given_ = false;
  std::uint8_t bits_ = 0;  // NOTIFY is given and no bit is set: NEVER
};

/// The parameters to pass on with an added recipient.
struct Dsn {
  Notify notify;
  /// "rfc822;xtext" as the client sent it; empty if absent. An ORCPT of type utf-8 (RFC 6533, 3) is in xtext too,
  /// because MTAs read every ORCPT of a milter as xtext.
  std::string orcpt;
};

/// Parses the ESMTP arguments after the address in RCPT TO. A malformed, duplicate or unknown parameter is an error: it
/// cannot be passed on and must not be lost, so the caller keeps the recipient.
std::expected<Dsn, AddressError> parse_dsn(const std::vector<std::string_view>& arguments);

/// The ORCPT for an address: "rfc822;" ("utf-8;" for a non-ASCII one) and the address in xtext (RFC 3461, 4 and 4.2).
std::string orcpt_for(const Address& address);

/// The ORCPT that Postfix sets if the client gave none: the argument of RCPT TO as written, without angle brackets.
/// Empty if the argument has control characters, is not UTF-8 or is too long: then use orcpt_for() instead.
std::string orcpt_as_given(std::string_view rcpt_argument);

/// The key is equal for two ORCPTs that Postfix treats as the same original recipient: Postfix decodes xtext, drops
/// white space at the end, and ignores case. "rfc822;ann" and "RFC822;+41nn+20" have the same key.
std::string orcpt_key(std::string_view orcpt);

/// Appends as xtext (RFC 3461, 4): '+', '=' and unprintable bytes become +HH.
void append_xtext(std::string& out, std::string_view text);

}  // namespace shorthop
