#include "daemon/bridge.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "daemon/bridge_faults.h"
#include "daemon/client_name.h"
#include "daemon/edit_gate.h"
#include "daemon/libmilter_guard.h"
#include "daemon/log/message_log.h"
#include "mail/trace_field.h"
#include "session/refusal.h"
#include "session/savings.h"
#include "session/session.h"

namespace shorthop {
namespace {

constexpr int backlog = 256;  // pending connections during a burst of the MTA's processes

// Maximum silence of the MTA between two packets, in seconds. The MTA keeps its connection while its SMTP client is
// idle. After DATA it is silent until it has the whole message, for as long as the client takes to send it.
// smtpd_timeout and Timeout.datablock do not limit that time as a whole. A message of Postfix's message_size_limit
// (10,240,000 bytes, postconf(5)) takes 2.8 hours at 1,000 bytes a second. libmilter would close the connection before
// that by its default limit of 7,210 s. A silent connection costs a descriptor but no thread; packet_time limits the
// waits that occupy a thread.
constexpr int max_silence = 6 * 3600;

constexpr unsigned long edits_needed = SMFIF_ADDRCPT | SMFIF_DELRCPT;
constexpr unsigned long actions_used = edits_needed | SMFIF_ADDRCPT_PAR | SMFIF_SETSYMLIST;

// Flags (SMFIP_NO...) by which the MTA leaves out steps. omit_unused: steps that are never needed. omit_header: the
// header is not needed if no prediction is checked. CONNECT is not needed if the client's name and address come as
// macros at RCPT.
constexpr unsigned long omit_unused = SMFIP_NOHELO | SMFIP_NOBODY | SMFIP_NOUNKNOWN;
constexpr unsigned long omit_header = SMFIP_NOHDRS | SMFIP_NOEOH;
constexpr unsigned long omit_all =
    omit_unused | omit_header | SMFIP_NOCONNECT | SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NODATA;
// Steps to which shorthop sends no reply. RCPT gets a reply only if a relay has reject-unknown. If the MTA still waits
// for a reply, libmilter sends one (engine.c, st_optionneg: fake_pflags). So these flags may be requested from every
// MTA, and the callbacks of these steps return SMFIS_NOREPLY.
constexpr unsigned long unanswered = SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR;

const FilterParts* parts = nullptr;  // set once, before libmilter runs
EditGate gate;

/// One connection of the MTA. Its callbacks run one after another, though on different threads.
struct Connection {
  explicit Connection(MtaAbilities known)
      : abilities(known),
        session(
            known, [] { return parts->snapshots.get(); },
            {&std::chrono::system_clock::now, &std::chrono::steady_clock::now},
            parts->log.shows(LogLevel::debug) ? Trace::on : Trace::off) {}

  MtaAbilities abilities;
  Session session;
  Client client;                           ///< the client at CONNECT; empty if that step is omitted
  bool is_tainted = false;                 ///< the state of this message is unreliable: no edits until the next MAIL
  bool uses_header = false;                ///< predictions were checked at the negotiation, so the header is used
  TraceHeader header;                      ///< the header of the current message, as far as it has come
  std::optional<Outcome> waiting_outcome;  ///< the outcome of a message without edits, while its header is awaited
};

// The result of the last negotiation. After SMFIC_QUIT_NC, the connection goes on with the next SMTP session, without a
// negotiation: this result then applies. If a different MTA negotiated last, libmilter rejects the actions that were
// not negotiated on this connection.
std::atomic<bool> last_mta_edits_recipients = true;
std::atomic<bool> last_mta_adds_parameters = true;
std::atomic<bool> last_mta_asks_at_rcpt = false;

Connection& open_connection(SMFICTX* ctx, MtaAbilities abilities) {
  auto connection = std::make_unique<Connection>(abilities);
  if (smfi_setpriv(ctx, connection.get()) != MI_SUCCESS) throw std::runtime_error("smfi_setpriv failed");
  parts->counters.add(Count::connections);
  return *connection.release();
}

Connection& connection_of(SMFICTX* ctx) {
  if (auto* connection = static_cast<Connection*>(smfi_getpriv(ctx))) return *connection;
  Connection& connection =
      open_connection(ctx, {last_mta_edits_recipients, last_mta_adds_parameters, last_mta_asks_at_rcpt});
  connection.is_tainted = true;  // earlier recipients may have been missed; no edits until the next MAIL
  return connection;
}

std::string_view macro(SMFICTX* ctx, const char* name) {
  const char* value = smfi_getsymval(ctx, const_cast<char*>(name));
  return value == nullptr ? std::string_view() : std::string_view(value);
}

BridgeFaults faults() { return {parts->counters, parts->log}; }

void report_connection_fault(ConnectionFault what) noexcept { faults().report_connection_fault(what); }

/// The border to C: no exception crosses it.
template <auto Step, class... Args>
sfsistat guarded(const char* step, sfsistat otherwise, SMFICTX* ctx, Args... args) noexcept {
  try {
    return Step(ctx, args...);
  } catch (const std::exception& bug) {
    faults().report_exception(macro(ctx, "i"), step, bug.what());
  } catch (...) {
    faults().report_exception(macro(ctx, "i"), step, "an unknown exception");
  }
  if (auto* connection = static_cast<Connection*>(smfi_getpriv(ctx))) connection->is_tainted = true;
  return otherwise;
}

sfsistat close_connection(SMFICTX* ctx) noexcept {
  const std::unique_ptr<Connection> connection(static_cast<Connection*>(smfi_getpriv(ctx)));
  if (connection) parts->counters.add(Count::connections_ended);
  smfi_setpriv(ctx, nullptr);
  return SMFIS_CONTINUE;
}

std::vector<std::string_view> arguments_after_address(char** argv) {
  std::vector<std::string_view> arguments;
  if (argv != nullptr && *argv != nullptr)
    while (*++argv != nullptr) arguments.emplace_back(*argv);
  return arguments;
}

// --- negotiation

void ask_for_macros(SMFICTX* ctx, bool edits) {
  char version[] = "v";  // an empty list would select the MTA's own, longer one (Postfix, milter.c)
  for (const int stage : {SMFIM_CONNECT, SMFIM_HELO, SMFIM_ENVFROM}) smfi_setsymlist(ctx, stage, version);
  char recipient[] = "{rcpt_mailer} {rcpt_host} {rcpt_addr} {client_addr} {client_name} i v";
  smfi_setsymlist(ctx, SMFIM_ENVRCPT, edits ? recipient : version);
  char message[] = "i j";  // the queue ID, and this host's name in Received fields
  for (const int stage : {SMFIM_DATA, SMFIM_EOM}) smfi_setsymlist(ctx, stage, message);
}

/// The actions that the MTA offers, and the steps and replies that it can leave out. libmilter replaces zero flags by
/// its defaults (libmilter_guard.h). Replies that libmilter sends for us (SMFIP_NR_...) count as offered.
Offer real_offer(unsigned long actions, unsigned long steps) {
  const auto offer = last_offer().value_or(Offer{actions == SMFI_V1_ACTS ? 0 : actions, steps});
  return {actions & offer.actions, steps & (offer.steps | unanswered)};
}

/// The flags to request, out of those that the MTA offers. `macros`: the MTA sends the macros that it is asked for.
/// `header`: predictions are checked, so the header is needed.
unsigned long flags_to_request(unsigned long offered, const MtaAbilities& mta, bool macros, bool header) {
  if (!mta.edits_recipients) return offered & (omit_all | unanswered);
  const unsigned long connect = macros ? SMFIP_NOCONNECT : 0;  // else CONNECT provides the client's name
  constexpr unsigned long unanswered_except_rcpt = unanswered & ~static_cast<unsigned long>(SMFIP_NR_RCPT);
  return offered & (omit_unused | connect | (header ? 0 : omit_header) |
                    (mta.asks_at_rcpt ? unanswered_except_rcpt : unanswered));
}

sfsistat negotiate(SMFICTX* ctx, unsigned long actions, unsigned long steps, unsigned long* wanted_actions,
                   unsigned long* wanted_steps) {
  const bool edits = (actions & edits_needed) == edits_needed;
  const bool macros = (actions & SMFIF_SETSYMLIST) != 0;
  const bool header = edits && parts->snapshots.get()->checks_predictions;
  const MtaAbilities abilities{edits, (actions & SMFIF_ADDRCPT_PAR) != 0, edits && may_refuse(*parts->snapshots.get())};
  *wanted_actions = edits ? actions & actions_used : actions & SMFIF_SETSYMLIST;
  *wanted_steps = flags_to_request(steps, abilities, macros, header);
  last_mta_asks_at_rcpt = abilities.asks_at_rcpt;
  last_mta_edits_recipients = abilities.edits_recipients;
  last_mta_adds_parameters = abilities.adds_parameters;
  if (!last_offer()) faults().report_no_guard();
  if (macros) ask_for_macros(ctx, edits);
  if (!edits) faults().report_cannot_edit(actions);
  close_connection(ctx);  // if the MTA negotiates twice
  open_connection(ctx, abilities).uses_header = header;
  return SMFIS_CONTINUE;
}

sfsistat on_negotiate(SMFICTX* ctx, unsigned long actions, unsigned long steps, unsigned long, unsigned long,
                      unsigned long* wanted_actions, unsigned long* wanted_steps, unsigned long* more,
                      unsigned long* still_more) noexcept {
  const Offer offer = real_offer(actions, steps);
  // The result if anything below fails: no actions, and none of the steps and replies that the MTA can leave out.
  *wanted_actions = 0;
  *wanted_steps = offer.steps & (omit_all | unanswered);
  *more = 0;
  *still_more = 0;
  return guarded<negotiate>("negotiation", SMFIS_CONTINUE, ctx, offer.actions, offer.steps, wanted_actions,
                            wanted_steps);
}

// --- the steps of a message

sfsistat connect(SMFICTX* ctx, char* name, _SOCK_ADDR* address) {
  connection_of(ctx).client = client_from(name, address);
  return SMFIS_NOREPLY;
}

sfsistat mail(SMFICTX* ctx, char** argv) {
  Connection& connection = connection_of(ctx);
  connection.is_tainted = false;
  connection.header = {};
  connection.waiting_outcome.reset();
  const bool has_sender = argv != nullptr && *argv != nullptr;  // an odd packet may have none
  connection.session.mail(arguments_after_address(argv), has_sender ? *argv : "");
  return SMFIS_NOREPLY;
}

/// The answer to RCPT if the recipient is not refused.
sfsistat accepted(const Connection& connection) {
  return connection.abilities.asks_at_rcpt ? SMFIS_CONTINUE : SMFIS_NOREPLY;
}

/// The only reply that refuses a recipient. RFC 3463, X.1.1: bad destination mailbox address.
sfsistat refuse(SMFICTX* ctx, const RecipientReport& report) {
  char code[] = "550";
  char status[] = "5.1.1";
  char text[] = "Recipient address rejected: user unknown at the primary MX";
  if (smfi_setreply(ctx, code, status, text) != MI_SUCCESS) throw std::runtime_error("smfi_setreply failed");
  parts->counters.add_refused(report);
  log_refusal(parts->log, macro(ctx, "i"), report);
  return SMFIS_REJECT;
}

sfsistat rcpt(SMFICTX* ctx, char** argv) {
  Connection& connection = connection_of(ctx);
  if (!connection.abilities.edits_recipients || argv == nullptr || *argv == nullptr) return accepted(connection);
  std::string address(macro(ctx, "{client_addr}"));
  address = address.empty() ? connection.client.address : plain_address(address);
  std::string_view name = macro(ctx, "{client_name}");
  if (name.empty()) name = connection.client.name;
  const auto refused = connection.session.rcpt(
      {.argument = *argv,
       .esmtp_arguments = arguments_after_address(argv),
       .facts = {macro(ctx, "{rcpt_mailer}"), address, name, macro(ctx, "{rcpt_host}"), macro(ctx, "{rcpt_addr}")},
       .mta_version = macro(ctx, "v")});
  return refused && !connection.is_tainted ? refuse(ctx, *refused) : accepted(connection);
}

/// Counts and logs the message, compares it with earlier predictions, and remembers the new predictions about its
/// recipients.
void record(SMFICTX* ctx, Outcome& outcome, const TraceHeader& header) {
  credit_savings(outcome);
  parts->counters.add_message(outcome);
  log_message(parts->log, macro(ctx, "i"), outcome);
  parts->returns.take({macro(ctx, "i"), macro(ctx, "j")}, outcome, header, *parts->snapshots.get());
}

sfsistat data(SMFICTX* ctx) {
  Connection& connection = connection_of(ctx);
  if (!connection.abilities.edits_recipients) return SMFIS_ACCEPT;
  if (connection.is_tainted) {
    connection.session.abort();
    return SMFIS_ACCEPT;
  }
  std::optional<Outcome> outcome = connection.session.data(macro(ctx, "i"));
  if (!outcome) return SMFIS_CONTINUE;
  // The MTA sends the header when it has the whole message. If the MTA refuses the message before that, the message
  // goes nowhere, and is neither counted nor awaited.
  if (connection.uses_header && parts->returns.wants_header(*outcome)) {
    connection.waiting_outcome = std::move(outcome);
    return SMFIS_CONTINUE;
  }
  record(ctx, *outcome, {});
  return SMFIS_ACCEPT;
}

sfsistat header(SMFICTX* ctx, char* name, char* value) {
  Connection& connection = connection_of(ctx);
  if (connection.uses_header && name != nullptr && value != nullptr) connection.header.take(name, value);
  return SMFIS_NOREPLY;
}

/// The body is not needed: a message without edits is accepted here.
sfsistat end_of_header(SMFICTX* ctx) {
  Connection& connection = connection_of(ctx);
  std::optional<Outcome> waiting_outcome = std::exchange(connection.waiting_outcome, std::nullopt);
  if (!waiting_outcome) return SMFIS_CONTINUE;
  record(ctx, *waiting_outcome, connection.header);
  return SMFIS_ACCEPT;
}

struct EditSender {
  SMFICTX* ctx;
  bool operator()(AddRecipient& add) const {
    const int result = add.parameters.empty() ? smfi_addrcpt(ctx, add.path.data())
                                              : smfi_addrcpt_par(ctx, add.path.data(), add.parameters.data());
    return result == MI_SUCCESS;
  }
  bool operator()(DeleteRecipient& removal) const { return smfi_delrcpt(ctx, removal.text.data()) == MI_SUCCESS; }
};

/// Sends the edits in order, additions first, and stops at the first failure: no deletion follows a failed addition.
/// Returns the number sent; 0 if the daemon is stopping.
std::size_t send_edits(SMFICTX* ctx, std::vector<Edit>& edits) {
  const EditGate::Pass pass(gate);
  std::size_t sent = 0;
  if (!pass) return sent;
  while (sent < edits.size() && std::visit(EditSender{ctx}, edits[sent])) ++sent;
  return sent;
}

void report_failed_edits(SMFICTX* ctx, std::size_t sent, Outcome& outcome) {
  for (auto& report : outcome.reports) report.applied = false;
  if (sent == 0 && gate.is_shut()) return faults().report_stopping(macro(ctx, "i"));
  faults().report_unsent_edit(macro(ctx, "i"), sent, outcome.edits.size());
}

sfsistat end_of_message(SMFICTX* ctx) {
  Connection& connection = connection_of(ctx);
  if (!connection.abilities.edits_recipients) return SMFIS_CONTINUE;
  if (connection.is_tainted) {
    connection.session.abort();
    return SMFIS_CONTINUE;
  }
  if (connection.waiting_outcome) return end_of_header(ctx);  // the MTA did not say where the header ends
  Outcome outcome = connection.session.end_of_message(macro(ctx, "i"));
  const std::size_t sent = outcome.edits.empty() ? 0 : send_edits(ctx, outcome.edits);
  // No edit is sent beyond this point, so logging cannot delay any.
  if (sent < outcome.edits.size()) {
    report_failed_edits(ctx, sent, outcome);
  } else if (sent > 0) {
    parts->counters.add(Count::edits_sent);
  }
  record(ctx, outcome, connection.header);
  return SMFIS_CONTINUE;
}

sfsistat abort_message(SMFICTX* ctx) {
  if (auto* connection = static_cast<Connection*>(smfi_getpriv(ctx))) {
    connection->session.abort();
    connection->waiting_outcome.reset();
  }
  return SMFIS_CONTINUE;
}

// --- callbacks for libmilter

sfsistat on_connect(SMFICTX* ctx, char* name, _SOCK_ADDR* address) noexcept {
  return guarded<connect>("CONNECT", SMFIS_NOREPLY, ctx, name, address);
}
sfsistat on_mail(SMFICTX* ctx, char** argv) noexcept { return guarded<mail>("MAIL", SMFIS_NOREPLY, ctx, argv); }
sfsistat on_rcpt(SMFICTX* ctx, char** argv) noexcept {
  const auto* connection = static_cast<const Connection*>(smfi_getpriv(ctx));
  const bool asks = connection != nullptr ? connection->abilities.asks_at_rcpt : last_mta_asks_at_rcpt.load();
  return guarded<rcpt>("RCPT", asks ? SMFIS_CONTINUE : SMFIS_NOREPLY, ctx, argv);
}
sfsistat on_data(SMFICTX* ctx) noexcept { return guarded<data>("DATA", SMFIS_CONTINUE, ctx); }
sfsistat on_header(SMFICTX* ctx, char* name, char* value) noexcept {
  return guarded<header>("header", SMFIS_NOREPLY, ctx, name, value);
}
sfsistat on_end_of_header(SMFICTX* ctx) noexcept {
  return guarded<end_of_header>("end of header", SMFIS_CONTINUE, ctx);
}
sfsistat on_end(SMFICTX* ctx) noexcept { return guarded<end_of_message>("end of message", SMFIS_CONTINUE, ctx); }
sfsistat on_abort(SMFICTX* ctx) noexcept { return guarded<abort_message>("ABORT", SMFIS_CONTINUE, ctx); }
sfsistat on_close(SMFICTX* ctx) noexcept { return close_connection(ctx); }  // also frees the connection

smfiDesc description(char* name) {
  smfiDesc filter{};
  filter.xxfi_name = name;
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_flags = actions_used;
  filter.xxfi_connect = on_connect;
  filter.xxfi_envfrom = on_mail;
  filter.xxfi_envrcpt = on_rcpt;
  filter.xxfi_data = on_data;
  filter.xxfi_header = on_header;
  filter.xxfi_eoh = on_end_of_header;
  filter.xxfi_eom = on_end;
  filter.xxfi_abort = on_abort;
  filter.xxfi_close = on_close;
  filter.xxfi_negotiate = on_negotiate;
  return filter;
}

}  // namespace

bool open_filter(const FilterParts& filter_parts, const Endpoint& socket, int max_descriptors) {
  static std::optional<FilterParts> kept;
  parts = &kept.emplace(filter_parts);
  guard_libmilter(max_descriptors, packet_time, report_connection_fault);
  char name[] = "shorthopd";
  std::string connection = socket.text();
  return smfi_setconn(connection.data()) == MI_SUCCESS && smfi_register(description(name)) == MI_SUCCESS &&
         smfi_setbacklog(backlog) == MI_SUCCESS && smfi_settimeout(max_silence) == MI_SUCCESS &&
         smfi_opensocket(false) == MI_SUCCESS;
}

bool run_filter() { return smfi_main() == MI_SUCCESS; }

void finish_edits(std::chrono::milliseconds limit) {
  // libmilter sends the reply immediately after the callback has returned, but does not report that it was sent.
  constexpr std::chrono::milliseconds time_for_replies{20};
  gate.shut(limit);
  std::this_thread::sleep_for(time_for_replies);
}

}  // namespace shorthop
