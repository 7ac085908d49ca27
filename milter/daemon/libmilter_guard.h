// What libmilter does not guard against itself, although whoever reaches the milter socket can bring it about:
// malformed macros, half packets, answers that the MTA does not read, more connections than descriptors.
// Three functions that libmilter calls are ours (libmilter_guard.cpp). No header of libmilter is needed for that.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace shorthop {

/// How long a packet may take from its first byte to its last, in either direction; a thread waits for it meanwhile.
/// Postfix sends what it has to say about MAIL and RCPT in pieces of 4096 bytes, without regard to the borders of
/// packets, and the rest when DATA asks for an answer (its milter8.c): half a packet waits until the SMTP client sends its
/// next command, for which smtpd_timeout (postconf(5)) gives it 300 s.
inline constexpr std::chrono::seconds packet_time{600};

/// The bits of a negotiation packet as the MTA sent them. libmilter puts SMFI_V1_ACTS and SMFI_V1_PROT in the place of
/// a zero before it calls xxfi_negotiate (engine.c, st_optionneg).
struct Offer {
  unsigned long actions = 0;  // SMFIF_*
  unsigned long steps = 0;    // SMFIP_*
};

/// The actions and steps that the MTA offered in the last negotiation packet of this thread; for
/// xxfi_negotiate. Nothing if libmilter was linked
/// in a way in which its functions are not ours: then malformed macros can crash it, too.
std::optional<Offer> last_offer();

enum class Refused : std::uint8_t {
  macros,      ///< a packet of macros that are not pairs of name and value; its connection is closed
  connection,  ///< there are as many connections as descriptors allow; a new one was closed
};

/// Refuses connections beyond this number of descriptors, so that the rest is left for files and the control socket,
/// and libmilter never runs out of them: it would call accept(2) in an endless loop. Packets may take `for_a_packet`.
/// `report` is called in libmilter's threads. Before libmilter runs.
void guard_libmilter(int max_descriptors, std::chrono::milliseconds for_a_packet, void (*report)(Refused what));

/// Whether macros are pairs of strings, each with its NUL at the end. `packet` is the letter of a step and the macros.
bool are_pairs(std::string_view packet);

}  // namespace shorthop
