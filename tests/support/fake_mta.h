// An MTA, as far as a milter can see one: it negotiates, shows the steps of SMTP sessions, sends macros, waits for
// a reply exactly where one is due, and collects the edits. It delivers nothing. What an MTA would make of the edits
// is in lossless.h. Sources: libmilter/mfdef.h, Postfix milter8(3).
#pragma once

#include "support/milter_wire.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop::test {

using Macros = std::map<std::string, std::string>;
using Arguments = std::vector<std::string>;  // argv of MAIL or RCPT: the address, then ESMTP parameters

/// What an MTA says it can do. The default is everything that protocol version 6 knows.
struct Offer {
  std::uint32_t version = 6;
  std::uint32_t actions = 0x1ff;                   // SMFIF_*, libmilter/mfapi.h
  std::uint32_t steps = 0x1fffff;                  // SMFIP_*, libmilter/mfdef.h
  static Offer of_version(std::uint32_t version);  // 2, 3, 4 or 6, as Postfix's milter_protocol
};

/// Stages for which a milter may name the macros that it wants (SMFIM_* of libmilter/mfapi.h).
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
  std::map<Stage, std::string> macros;  // only those stages that the milter spoke of
};

/// 'c'ontinue, 'a'ccept, 'r'eject, 't'empfail, 'd'iscard, 's'kip, or 'y' with the text of an SMTP reply.
struct Verdict {
  char code = 0;
  std::string text;
  bool operator==(const Verdict&) const = default;
};

struct Recipient {
  Arguments argv;
  Macros macros;  // for this recipient, over those of the session
};

struct Message {
  Arguments sender = {"<sender@example.net>", "SIZE=10240"};
  std::vector<Recipient> recipients;
  std::string body = "Subject: test\r\n\r\ntext\r\n";
};

/// What the milter made of a message.
struct Treatment {
  std::vector<Packet> edits;               // in the order of arrival
  char verdict = 0;                        // of the last step that had one
  bool left_at_data = false;               // accepted at DATA: nothing after it was sent
  std::vector<std::string> lines() const;  // the edits, each as described() has it
};

/// An edit as text: "add <a@b> ORCPT=…", "delete <a@b>", or its command and length.
std::string described(const Packet& edit);

/// The milter did what the negotiated protocol forbids.
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

  /// Macros of the session: "v", "{client_addr}", … They are sent at the stages where the MTA, or the milter, wants
  /// them.
  Macros macros;

  // One step each; nothing if the step is negotiated away, or no reply is due.
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
  /// QUIT, then all until the milter closes. A reply that nobody waited for anywhere in the session shows here.
  void quit();

  /// The edits of the last end_of_message(), also when that was cut short.
  const std::vector<Packet>& edits() const { return edits_; }
  /// RCPT and further steps are not shown any more: the milter accepted or refused the message.
  bool done_with_message() const { return done_with_message_; }

  /// connect and HELO, once for a session.
  void greet();
  /// MAIL to end of message. Rejected recipients are not left out: every one was shown.
  Treatment send(const Message& message);

 private:
  void negotiate(const Offer& offer);
  void send_macros(Stage stage, char command, const Macros& more = {});
  std::optional<Verdict> step(char command, std::string_view data, std::uint32_t not_wanted, std::uint32_t no_reply);
  Verdict reply();
  bool is_shown(std::uint32_t not_wanted) const;

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
