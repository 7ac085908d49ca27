// Fields inside the text of a log line, as views into the text.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "tool/discover/log/mail_event.h"

namespace shorthop::tool {

/// Removes from the front of the text: `begin` (which ends in '<'), the address after it, and the closing '>'. A '>'
/// inside a quoted local part (RFC 5321, 4.1.2) does not end the address. False if the text does not begin with these;
/// the text is then unchanged.
bool take_bracketed(std::string_view& text, std::string_view begin, std::string_view& address);

/// "mail.example.org[192.0.2.10]:25", "local", "host[private/dovecot-lmtp]".
PeerText peer_in(std::string_view text);

/// The number at the front; 0: none. A number that is too large is cut to a limit.
std::uint64_t number_at(std::string_view text);

/// Seconds with a fraction: "0.12". At most a year.
std::chrono::milliseconds seconds_at(std::string_view text);

/// The word behind `name`, up to one of `ends`; empty if `name` is absent.
std::string_view word_behind(std::string_view text, std::string_view name, std::string_view ends);

}  // namespace shorthop::tool
