#include "support/lossless.h"

#include <libmilter/mfdef.h>

#include <algorithm>
#include <string_view>

namespace shorthop::test {
namespace {

std::string address_of(const Packet& edit) { return edit.data.substr(0, edit.data.find('\0')); }

bool is_addition(const Packet& edit) { return edit.command == SMFIR_ADDRCPT || edit.command == SMFIR_ADDRCPT_PAR; }

bool is_deletion(const Packet& edit) { return edit.command == SMFIR_DELRCPT; }

/// "NOTIFY=... ORCPT=...", one of them, or empty.
std::string parameters_of(const Packet& edit) {
  const std::size_t end = edit.data.find('\0');
  if (edit.command != SMFIR_ADDRCPT_PAR || end == edit.data.npos) return {};
  return edit.data.substr(end + 1, edit.data.find('\0', end + 1) - end - 1);
}

/// The parameters that an addition must have so that Postfix drops it as a duplicate of this recipient.
std::string parameters_of(const EnvelopeEntry& entry) {
  const std::string own = "rfc822;" + entry.text.substr(1, entry.text.size() - 2);
  return (entry.notify.empty() ? "" : "NOTIFY=" + entry.notify + " ") +
         "ORCPT=" + (entry.orcpt.empty() ? own : entry.orcpt);
}

Mailboxes mailboxes_of(const std::vector<std::string>& recipients, const FinalDeliveries& deliveries) {
  Mailboxes all;
  for (const auto& recipient : recipients) {
    const auto found = deliveries.find(recipient);
    if (found != deliveries.end())
      all.insert(found->second.begin(), found->second.end());
    else
      all.insert("(unknown) " + recipient);
  }
  return all;
}

/// An addition causes a second copy if the client gave the same recipient with other parameters.
bool is_second_copy(const Entries& envelope, const Packet& addition) {
  const auto is_same = [&](const EnvelopeEntry& entry) { return entry.text == address_of(addition); };
  const auto is_one_copy = [&](const EnvelopeEntry& entry) {
    return is_same(entry) && parameters_of(entry) == parameters_of(addition);
  };
  return std::ranges::any_of(envelope, is_same) && std::ranges::none_of(envelope, is_one_copy);
}

}  // namespace

std::optional<std::string> find_loss(const Entries& envelope, const std::vector<Packet>& edits,
                                     const FinalDeliveries& deliveries) {
  std::vector<std::string> now;
  for (const auto& entry : envelope) now.push_back(entry.text);
  const Mailboxes wanted = mailboxes_of(now, deliveries);
  std::vector<std::string> added;
  bool deleting = false;
  for (const auto& edit : edits) {
    const std::string address = address_of(edit);
    if (is_addition(edit)) {
      if (deleting) return "added after a deletion: " + address;
      if (std::ranges::find(added, address) != added.end()) return "added twice: " + address;
      if (is_second_copy(envelope, edit)) return "added with other parameters than the client gave: " + address;
      added.push_back(address);
      now.push_back(address);
    } else if (is_deletion(edit)) {
      deleting = true;
      if (std::ranges::find(added, address) != added.end()) return "deleted an addition: " + address;
      if (std::erase(now, address) == 0) return "deleted an address that is not a recipient: " + address;
    } else {
      return std::string("an edit of the unexpected kind ") + edit.command;
    }
    if (mailboxes_of(now, deliveries) != wanted)
      return "the mailboxes differ after " + std::string(1, edit.command) + address;
    // Another milter may have deleted all other recipients of the client, so the additions alone must reach the
    // mailboxes of the deleted recipient.
    if (is_deletion(edit) &&
        !std::ranges::includes(mailboxes_of(added, deliveries), mailboxes_of({address}, deliveries)))
      return "deleted, but the additions alone do not replace it: " + address;
  }
  return std::nullopt;
}

}  // namespace shorthop::test
