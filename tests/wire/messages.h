// Messages for the wire tests, and where their recipients are delivered by the tables of Setup.
#pragma once

#include "support/fake_mta.h"
#include "support/lossless.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shorthop::test {

using Lines = std::vector<std::string>;

/// The edits for user@example.org by the tables of Setup.
inline const Lines user_rewritten = {"add <user@example.com> ORCPT=rfc822;user@example.org",
                                     "delete <user@example.org>"};

/// A recipient that Postfix will relay to the primary, in the form that the milter gets.
inline Recipient relayed(const std::string& argument, Arguments parameters = {}) {
  Recipient recipient;
  recipient.argv = {argument};
  recipient.argv.insert(recipient.argv.end(), parameters.begin(), parameters.end());
  recipient.macros = {{"{rcpt_mailer}", "relay"}, {"{rcpt_host}", "example.org"}};
  return recipient;
}

/// A recipient with a mailbox on this host, in the form that the milter gets.
inline Recipient local(const std::string& argument, Arguments parameters = {}) {
  Recipient recipient = relayed(argument, std::move(parameters));
  recipient.macros = {{"{rcpt_mailer}", "local"}, {"{rcpt_host}", "mail.example.com"}};
  return recipient;
}

inline Message to(std::vector<Recipient> recipients) {
  Message message;
  message.recipients = std::move(recipients);
  return message;
}

/// The deliveries with the tables of Setup, worked out by hand. The keys are recipients as the client writes them, with
/// their case and extension.
inline FinalDeliveries final_deliveries() {
  return {
      {"<user@example.com>", {"user@example.com"}},
      {"<other@example.com>", {"other@example.com"}},
      {"<third@example.com>", {"third@example.com"}},
      {"<user@example.org>", {"user@example.com"}},
      {"<User@Example.ORG>", {"user@example.com"}},
      {"<user+box@example.org>", {"user@example.com"}},
      {"user@example.org", {"user@example.com"}},
      {"<user.lastname@example.org>", {"user@example.com"}},
      {"<User.Lastname@example.org>", {"user@example.com"}},
      {"<other@example.org>", {"other@example.com"}},
      {"<third@example.org>", {"third@example.com"}},
      {"<two@example.org>", {"user@example.com", "other@example.com"}},
      {"<both@example.org>", {"user@example.com", "someone@example.net"}},
      {"<abroad@example.org>", {"someone@example.net"}},
  };
}

/// The envelope as Postfix keeps it: the client's texts without source routes, with their DSN parameters.
inline Entries envelope_of(const Message& message) {
  Entries envelope;
  for (const auto& recipient : message.recipients) {
    std::string text = recipient.argv.front();
    if (text.starts_with("<@")) text.erase(1, text.find(':'));
    EnvelopeEntry& entry = envelope.emplace_back(std::move(text));
    for (const auto& argument : recipient.argv) {
      if (argument.starts_with("NOTIFY=")) entry.notify = argument.substr(7);
      if (argument.starts_with("ORCPT=")) entry.orcpt = argument.substr(6);
    }
  }
  return envelope;
}

}  // namespace shorthop::test
