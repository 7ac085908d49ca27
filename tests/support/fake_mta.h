// An MTA as seen by a milter: it negotiates, sends the events of SMTP sessions and macros, waits for a reply exactly
// when one is due, and collects the edits. It delivers nothing; lossless.h tells what the edits would do. Sources:
// libmilter/mfdef.h, Postfix milter8(3).
#pragma once

#include "support/milter_wire.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shorthop::test {

using Macros = std::map<std::string, std::string>;
using Arguments = std::vector<std::string>;  // argv of MAIL or RCPT: the address, then ESMTP parameters

/// Converts flags of <libmilter/mfdef.h>, which are of type long there, to the 32-bit word that is sent.
constexpr std::uint32_t bits(unsigned long mask) { return static_cast<std::uint32_t>(mask); }

/// The abilities that an MTA offers. The default is everything in protocol version 6.
struct Offer {
  std::uint32_t version = 6;
  std::uint32_t actions = 0x1ff;                   // SMFIF_*, libmilter/mfapi.h
  std::uint32_t steps = 0x1fffff;                  // SMFIP_*, libmilter/mfdef.h
  static Offer of_version(std::uint32_t version);  // 2, 3, 4 or 6, as Postfix's milter_protocol
};

/// Stages for which a milter may choose the macros (SMFIM_* of libmilter/mfapi.h).
enum class Stage : std::uint32_t {
  connect = 0,
  helo = 1,
  mail = 2,
  rcpt = 3,
  data = 4,
  end_of_message = 5,
  end_of_headers = 6
};

struct Negotiated {
  std::uint32_t version = 0;
  std::uint32_t actions = 0;
  std::uint32_t steps = 0;
  std::map<Stage, std::string> macros;  // only stages for which the milter chose macros
};

/// 'c'ontinue, 'a'ccept, 'r'eject, 't'empfail, 'd'iscard, 's'kip, or 'y' with the text of an SMTP reply.
struct Verdict {
  char code = 0;
  std::string text;
  bool operator==(const Verdict&) const = default;
};

struct Recipient {
  Arguments argv;
  Macros macros;  // for this recipient, in place of the session's macros
};

struct Message {
  Arguments sender = {"<sender@example.net>", "SIZE=10240"};
  std::vector<Recipient> recipients;
  std::vector<std::pair<std::string, std::string>> header = {{"Subject", "test"}};
  std::string body = "Subject: test\r\n\r\ntext\r\n";
};

/// The milter's result for a message.
struct Treatment {
  std::vector<Packet> edits;               // in the order of arrival
  char verdict = 0;                        // of the last step with a verdict
  std::vector<std::string> refused;        // the replies to recipients that it refused
  bool accepted_at_data = false;           // accepted at DATA: no later step was sent
  std::vector<std::string> lines() const;  // the edits in the form of described()
};

/// An edit as text: "add <a@b> ORCPT=…", "delete <a@b>", or its command and length.
std::string described(const Packet& edit);

/// The milter violated the negotiated protocol.
struct ProtocolError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class FakeMta {
 public:
  /// Connects and negotiates. Throws WireError or ProtocolError.
  explicit FakeMta(const std::string& milter, const Offer& offer = {},
                   std::chrono::milliseconds time_limit = std::chrono::seconds(20), int receive_buffer = 0);

  const Negotiated& negotiated() const { return negotiated_; }
  Wire& wire() { return wire_; }

  /// Macros of the session: "v", "{client_addr}", … They are sent at the stages chosen by the MTA or the milter.
  Macros macros;

  // One step each; nullopt if the step is not negotiated, or no reply is due.
  std::optional<Verdict> connect(std::string_view host = "client.example.net", std::string_view address = "192.0.2.99");
  std::optional<Verdict> helo(std::string_view name = "client.example.net");
  std::optional<Verdict> mail(const Arguments& argv);
  std::optional<Verdict> rcpt(const Recipient& recipient);
  std::optional<Verdict> data();
  std::optional<Verdict> header(std::string_view name, std::string_view value);
  std::optional<Verdict> end_of_headers();
  std::optional<Verdict> body(std::string_view chunk);
  std::optional<Verdict> unknown(std::string_view command);
  Verdict end_of_message();
  void abort();
  void quit_new_connection();
  /// Sends QUIT and reads until the milter closes. Detects superfluous replies, whenever they came.
  void quit();

  /// The edits of the last end_of_message(), even if it was interrupted.
  const std::vector<Packet>& edits() const { return edits_; }
  /// RCPT and later steps are no longer sent: the milter accepted or refused the message.
  bool done_with_message() const { return done_with_message_; }

  /// Sends connect and HELO, once for a session.
  void greet();
  /// MAIL to end of message. After a rejected recipient, the next one is sent.
  Treatment send(const Message& message);

 private:
  void negotiate(const Offer& offer);
  void send_macros(Stage stage, char command, const Macros& more = {});
  std::optional<Verdict> step(char command, std::string_view data, std::uint32_t not_wanted, std::uint32_t no_reply);
  Verdict reply();
  bool is_sent(std::uint32_t not_wanted) const;

  Wire wire_;
  Offer offer_;
  Negotiated negotiated_;
  std::vector<Packet> edits_;
  bool connection_accepted_ = false;
  bool done_with_message_ = false;
  std::uint32_t skipped_step_ = 0;  // after SMFIR_SKIP: the SMFIP_NO* bit of that step
  std::size_t messages_ = 0;
};

}  // namespace shorthop::test
