#include "support/lossless.h"

#include <libmilter/mfdef.h>

#include <algorithm>
#include <string_view>

namespace shorthop::test {
namespace {

std::string address_of(const Packet& edit) { return edit.data.substr(0, edit.data.find('\0')); }

bool is_addition(const Packet& edit) { return edit.command == SMFIR_ADDRCPT || edit.command == SMFIR_ADDRCPT_PAR; }

bool is_deletion(const Packet& edit) { return edit.command == SMFIR_DELRCPT; }

Mailboxes mailboxes_of(const std::vector<std::string>& envelope, const FinalDeliveries& deliveries) {
  Mailboxes all;
  for (const auto& recipient : envelope) {
    const auto found = deliveries.find(recipient);
    if (found != deliveries.end())
      all.insert(found->second.begin(), found->second.end());
    else
      all.insert("(nobody knows) " + recipient);
  }
  return all;
}

}  // namespace

std::optional<std::string> loss(const std::vector<std::string>& envelope, const std::vector<Packet>& edits,
                                const FinalDeliveries& deliveries) {
  const Mailboxes wanted = mailboxes_of(envelope, deliveries);
  std::vector<std::string> now = envelope;
  std::set<std::string> added;
  bool deleting = false;
  for (const auto& edit : edits) {
    const std::string address = address_of(edit);
    if (is_addition(edit)) {
      if (deleting) return "added after a deletion: " + address;
      if (!added.insert(address).second) return "added twice: " + address;
      if (std::count(now.begin(), now.end(), address) != 0) return "added although in the envelope: " + address;
      now.push_back(address);
    } else if (is_deletion(edit)) {
      deleting = true;
      if (added.contains(address)) return "deleted what was added: " + address;
      if (std::erase(now, address) == 0) return "deleted what nobody asked for: " + address;
    } else {
      return std::string("an edit of the unexpected kind ") + edit.command;
    }
    if (mailboxes_of(now, deliveries) != wanted)
      return "the mailboxes differ after " + std::string(1, edit.command) + address;
  }
  return std::nullopt;
}

}  // namespace shorthop::test
