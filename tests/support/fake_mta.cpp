#include "support/fake_mta.h"

#include <libmilter/mfdef.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace shorthop::test {
namespace {

// postconf(5), milter_*_macros: sent by Postfix if the milter does not ask for others.
constexpr std::array<std::string_view, 7> default_macros = {
    "j {daemon_name} {daemon_addr} v _",                                  // connect
    "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",  // helo
    "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
    "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
    "i",  // data
    "i",  // end of message
    "i",  // end of headers
};

std::string terminated(std::string_view text) { return std::string(text) + '\0'; }

std::string joined(const Arguments& argv) {
  std::string all;
  for (const auto& argument : argv) all += terminated(argument);
  return all;
}

std::vector<std::string> at_zero_bytes(std::string_view data) {
  std::vector<std::string> parts;
  while (!data.empty()) {
    const auto end = std::min(data.find('\0'), data.size());
    parts.emplace_back(data.substr(0, end));
    data.remove_prefix(std::min(end + 1, data.size()));
  }
  return parts;
}

bool is_verdict(char command) { return std::string_view("cartdys").find(command) != std::string_view::npos; }

bool is_edit(char command) { return std::string_view("+-2beihmq").find(command) != std::string_view::npos; }

}  // namespace

Offer Offer::of_version(std::uint32_t version) {
  Offer offer;
  offer.version = version;
  if (version < 6) {
    offer.actions = bits(SMFI_V2_ACTS);
    offer.steps = bits(SMFI_V1_PROT | SMFIP_NOEOH);
    if (version >= 3) offer.steps |= bits(SMFIP_NOUNKNOWN);
    if (version >= 4) offer.steps |= bits(SMFIP_NODATA);
  }
  return offer;
}

std::vector<std::string> Treatment::lines() const {
  std::vector<std::string> all;
  std::transform(edits.begin(), edits.end(), std::back_inserter(all), described);
  return all;
}

std::string described(const Packet& edit) {
  const auto parts = at_zero_bytes(edit.data);
  const std::string first = parts.empty() ? "" : parts.front();
  switch (edit.command) {
    case SMFIR_ADDRCPT: return "add-plain " + first;
    case SMFIR_ADDRCPT_PAR: return "add " + first + (parts.size() > 1 ? " " + parts[1] : "");
    case SMFIR_DELRCPT: return "delete " + first;
    default: return std::string("edit ") + edit.command + " of " + std::to_string(edit.data.size()) + " bytes";
  }
}

FakeMta::FakeMta(const std::string& milter, const Offer& offer, std::chrono::milliseconds time_limit,
                 int receive_buffer)
    : macros{{"v", "Postfix 3.7.11"},
             {"j", "mail.example.com"},
             {"{daemon_name}", "mail.example.com"},
             {"{client_addr}", "192.0.2.99"},
             {"{client_name}", "client.example.net"}},
      wire_(milter, time_limit, receive_buffer),
      offer_(offer) {
  negotiate(offer);
}

void FakeMta::negotiate(const Offer& offer) {
  wire_.put(SMFIC_OPTNEG, network_long(offer.version) + network_long(offer.actions) + network_long(offer.steps));
  const Packet answer = wire_.get();
  if (answer.command != SMFIC_OPTNEG || answer.data.size() < 3 * sizeof(std::uint32_t))
    throw ProtocolError(std::string("expected an option packet, not ") + answer.command);
  std::string_view rest = answer.data;
  const auto next_long = [&rest] {
    const std::uint32_t value = host_long(rest);
    rest.remove_prefix(sizeof(std::uint32_t));
    return value;
  };
  negotiated_.version = next_long();
  negotiated_.actions = next_long();
  negotiated_.steps = next_long();
  while (rest.size() >= sizeof(std::uint32_t)) {
    const Stage stage{next_long()};
    const auto end = std::min(rest.find('\0'), rest.size());
    negotiated_.macros[stage] = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (negotiated_.version > offer.version) throw ProtocolError("the milter wants a newer protocol than was offered");
  if ((negotiated_.actions & ~offer.actions) != 0)
    throw ProtocolError("the milter wants actions that were not offered");
  if ((negotiated_.steps & ~offer.steps) != 0) throw ProtocolError("the milter wants steps that were not offered");
}

void FakeMta::send_macros(Stage stage, char command, const Macros& more) {
  const auto asked = negotiated_.macros.find(stage);
  std::istringstream names(asked != negotiated_.macros.end()
                               ? asked->second
                               : std::string(default_macros.at(static_cast<std::size_t>(stage))));
  std::string data(1, command);
  for (std::string name; names >> name;) {
    auto value = more.find(name);
    if (value == more.end()) {
      value = macros.find(name);
      if (value == macros.end()) continue;
    }
    data += terminated(name) + terminated(value->second);
  }
  wire_.put(SMFIC_MACRO, data);
}

bool FakeMta::is_sent(std::uint32_t not_wanted) const {
  return (negotiated_.steps & not_wanted) == 0 && skipped_step_ != not_wanted;
}

std::optional<Verdict> FakeMta::step(char command, std::string_view data, std::uint32_t not_wanted,
                                     std::uint32_t no_reply) {
  if (not_wanted != 0 && !is_sent(not_wanted)) return std::nullopt;
  skipped_step_ = 0;
  wire_.put(command, data);
  if ((negotiated_.steps & no_reply) != 0) return std::nullopt;
  Verdict verdict = reply();
  if (verdict.code == SMFIR_SKIP) skipped_step_ = not_wanted;
  return verdict;
}

Verdict FakeMta::reply() {
  for (;;) {
    Packet packet = wire_.get();
    if (packet.command == SMFIR_PROGRESS) continue;
    if (!is_verdict(packet.command)) throw ProtocolError("an edit outside end of message: " + described(packet));
    return {packet.command, std::move(packet.data)};
  }
}

std::optional<Verdict> FakeMta::connect(std::string_view host, std::string_view address) {
  done_with_message_ = false;
  connection_accepted_ = false;
  send_macros(Stage::connect, SMFIC_CONNECT);
  const char family = address.find(':') == std::string_view::npos ? SMFIA_INET : SMFIA_INET6;
  const std::string port("\x30\x39", 2);
  auto verdict = step(SMFIC_CONNECT, terminated(host) + family + port + terminated(address), bits(SMFIP_NOCONNECT),
                      bits(SMFIP_NR_CONN));
  if (verdict && verdict->code != SMFIR_CONTINUE) connection_accepted_ = true;
  return verdict;
}

std::optional<Verdict> FakeMta::helo(std::string_view name) {
  if (connection_accepted_) return std::nullopt;
  send_macros(Stage::helo, SMFIC_HELO);
  auto verdict = step(SMFIC_HELO, terminated(name), bits(SMFIP_NOHELO), bits(SMFIP_NR_HELO));
  if (verdict && verdict->code != SMFIR_CONTINUE) connection_accepted_ = true;
  return verdict;
}

std::optional<Verdict> FakeMta::mail(const Arguments& argv) {
  if (connection_accepted_) return std::nullopt;
  done_with_message_ = false;
  edits_.clear();
  macros.erase("i");  // no queue file yet, so there is no queue ID
  send_macros(Stage::mail, SMFIC_MAIL);
  auto verdict = step(SMFIC_MAIL, joined(argv), bits(SMFIP_NOMAIL), bits(SMFIP_NR_MAIL));
  if (verdict && verdict->code != SMFIR_CONTINUE) done_with_message_ = true;
  return verdict;
}

std::optional<Verdict> FakeMta::rcpt(const Recipient& recipient) {
  if (connection_accepted_ || done_with_message_) return std::nullopt;
  send_macros(Stage::rcpt, SMFIC_RCPT, recipient.macros);
  auto verdict = step(SMFIC_RCPT, joined(recipient.argv), bits(SMFIP_NORCPT), bits(SMFIP_NR_RCPT));
  if (verdict && (verdict->code == SMFIR_ACCEPT || verdict->code == SMFIR_DISCARD)) done_with_message_ = true;
  if (!macros.contains("i")) macros["i"] = "4XyZ" + std::to_string(messages_);  // Postfix: from the second recipient on
  return verdict;
}

std::optional<Verdict> FakeMta::data() {
  if (connection_accepted_ || done_with_message_) return std::nullopt;
  send_macros(Stage::data, SMFIC_DATA);
  if (offer_.version < 4) return std::nullopt;  // this step was added in version 4
  auto verdict = step(SMFIC_DATA, "", bits(SMFIP_NODATA), bits(SMFIP_NR_DATA));
  if (verdict && verdict->code != SMFIR_CONTINUE) done_with_message_ = true;
  return verdict;
}

std::optional<Verdict> FakeMta::header(std::string_view name, std::string_view value) {
  if (connection_accepted_ || done_with_message_) return std::nullopt;
  return step(SMFIC_HEADER, terminated(name) + terminated(value), bits(SMFIP_NOHDRS), bits(SMFIP_NR_HDR));
}

std::optional<Verdict> FakeMta::end_of_headers() {
  if (connection_accepted_ || done_with_message_) return std::nullopt;
  if (is_sent(bits(SMFIP_NOEOH))) send_macros(Stage::end_of_headers, SMFIC_EOH);
  auto verdict = step(SMFIC_EOH, "", bits(SMFIP_NOEOH), bits(SMFIP_NR_EOH));
  if (verdict && verdict->code != SMFIR_CONTINUE) done_with_message_ = true;
  return verdict;
}

std::optional<Verdict> FakeMta::body(std::string_view chunk) {
  if (connection_accepted_ || done_with_message_) return std::nullopt;
  return step(SMFIC_BODY, chunk, bits(SMFIP_NOBODY), bits(SMFIP_NR_BODY));
}

std::optional<Verdict> FakeMta::unknown(std::string_view command) {
  if (connection_accepted_ || done_with_message_ || offer_.version < 3) return std::nullopt;
  return step(SMFIC_UNKNOWN, terminated(command), bits(SMFIP_NOUNKNOWN), bits(SMFIP_NR_UNKN));
}

Verdict FakeMta::end_of_message() {
  edits_.clear();
  send_macros(Stage::end_of_message, SMFIC_BODYEOB);
  wire_.put(SMFIC_BODYEOB);
  for (;;) {
    Packet packet = wire_.get();
    if (packet.command == SMFIR_PROGRESS) continue;
    if (is_verdict(packet.command)) return {packet.command, std::move(packet.data)};
    if (!is_edit(packet.command)) throw ProtocolError(std::string("no such reply: ") + packet.command);
    edits_.push_back(std::move(packet));
  }
}

void FakeMta::abort() {
  done_with_message_ = false;
  wire_.put(SMFIC_ABORT);
}

void FakeMta::quit_new_connection() {
  done_with_message_ = false;
  connection_accepted_ = false;
  wire_.put(SMFIC_QUIT_NC);
}

void FakeMta::quit() {
  wire_.put(SMFIC_QUIT);
  const std::string left_over = wire_.drain();
  if (!left_over.empty())
    throw ProtocolError("the milter sent " + std::to_string(left_over.size()) + " bytes that nobody waited for");
}

void FakeMta::greet() {
  connect(macros["{client_name}"], macros["{client_addr}"]);
  helo();
}

Treatment FakeMta::send(const Message& message) {
  ++messages_;
  Treatment result;
  const auto note = [&result](const std::optional<Verdict>& verdict) {
    if (verdict) result.verdict = verdict->code;
  };
  note(mail(message.sender));
  for (const auto& recipient : message.recipients) {
    const auto verdict = rcpt(recipient);
    if (verdict && verdict->code == SMFIR_REPLYCODE)
      result.refused.push_back(verdict->text.substr(0, verdict->text.find('\0')));
    note(verdict);
  }
  const bool open_before_data = !done_with_message_;
  note(data());
  result.accepted_at_data = open_before_data && done_with_message_;
  if (!done_with_message_ && !connection_accepted_) {
    for (const auto& [name, value] : message.header) note(header(name, value));
    note(end_of_headers());
    if (done_with_message_) return result;
    note(body(message.body));
    note(end_of_message());
    result.edits = edits_;
  }
  return result;
}

}  // namespace shorthop::test
