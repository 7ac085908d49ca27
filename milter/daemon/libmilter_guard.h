// Guards against input on the milter socket that libmilter does not handle: malformed macros, incomplete packets, peers
// that do not read answers, more connections than descriptors.
// Replaces three functions that libmilter calls (libmilter_guard.cpp); this needs no header of libmilter.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace shorthop {

/// Maximum time from the first byte of a packet to its last, in either direction. A thread is occupied during that
/// time.
/// Postfix sends its MAIL and RCPT events in pieces of 4096 bytes, regardless of packet boundaries, and the rest when
/// DATA requires an answer (its milter8.c). So half a packet may wait until the SMTP client sends its next command, for
/// which smtpd_timeout (postconf(5)) allows 300 s.
inline constexpr std::chrono::seconds packet_time{600};

/// The bits of a negotiation packet as the MTA sent them. libmilter replaces zero by SMFI_V1_ACTS and SMFI_V1_PROT
/// before it calls xxfi_negotiate (engine.c, st_optionneg).
struct Offer {
  unsigned long actions = 0;  // SMFIF_*
  unsigned long steps = 0;    // SMFIP_*
};

/// The actions and steps that the MTA offered in the last negotiation packet of this thread, for xxfi_negotiate.
/// nullopt if libmilter was linked so that its functions are not replaced; then malformed macros can also crash it.
std::optional<Offer> last_offer();

enum class ConnectionFault : std::uint8_t {
  macros,      ///< a packet of macros that are not name-value pairs; its connection is closed
  connection,  ///< all available descriptors are in use; a new connection was closed
};

/// Refuses a connection whose descriptor would be `max_descriptors` or higher, so that some stay free for files and the
/// control socket. Without a free descriptor, libmilter would call accept(2) in an endless loop. `packet_limit`:
/// packet_time, or a shorter time in tests. `report` is called in libmilter's threads. Call this before libmilter runs.
void guard_libmilter(int max_descriptors, std::chrono::milliseconds packet_limit, void (*report)(ConnectionFault what));

/// Whether macros are pairs of NUL-terminated strings. `packet` is the letter of a step followed by the macros.
bool are_pairs(std::string_view packet);

}  // namespace shorthop
