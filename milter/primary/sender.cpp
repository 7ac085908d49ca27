#include "primary/sender.h"

#include <fmt/format.h>

#include "mail/host.h"
#include "mail/rcpt.h"
#include "primary/routing.h"
#include "tables/search.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// A list of tables that is asked about the sender, and the kind of failure if it has the sender.
struct SenderQuestion {
  const TableList& tables;
  std::string_view parameter;
  FailureKind kind;
  bool may_decline = false;  ///< "DUNNO" ends the search without a result
};

std::optional<LookupFailure> answer(const SenderQuestion& question, const Address& sender, const SearchRules& search,
                                    Deadline deadline) {
  auto found = search_address(question.tables, sender, search, deadline);
  if (!found) return std::move(found.error());
  if (!*found) return std::nullopt;
  const bool declines = question.may_decline && equal_folded(trimmed((*found)->found.entry.value), "DUNNO");
  if (declines) return std::nullopt;
  return LookupFailure{fmt::format("the primary's {} has the sender", question.parameter), question.kind};
}

/// sender_bcc_maps is not asked: mail from the null sender has no BCC.
std::optional<LookupFailure> obstacle_of_null_sender(const SenderTables& senders, Deadline deadline) {
  const std::pair<const TableList&, const std::string&> questions[] = {
      {senders.transports, senders.null_transport_key}, {senders.relayhosts, senders.null_relayhost_key}};
  for (const auto& [tables, key] : questions) {
    auto found = tables.find(LookupKey(key), deadline);
    if (!found) return std::move(found.error());
    if (*found) return LookupFailure{"the primary's tables have the null sender", FailureKind::not_followed};
  }
  return std::nullopt;
}

/// Whether the primary may look up another address than the client gave: masquerading, a domain without a dot, routing
/// operators.
bool is_rewritten(const Address& sender, const SenderTables& senders) {
  const std::string_view domain = sender.key_domain();
  return !domain.contains('.') || sender.has_routing_operator() || is_below_any(domain, senders.masquerade_domains);
}

}  // namespace

std::optional<LookupFailure> sender_obstacle(std::optional<std::string_view> path, const Primary& primary,
                                             const LocalHost& host, Deadline deadline) {
  const SenderTables& senders = primary.senders;
  if (senders.refuses_shared_bounces && path == "<>") {
    return LookupFailure{"reject_multi_recipient_bounce of the primary may refuse mail from the null sender",
                         FailureKind::not_followed};
  }
  if (senders.empty()) return std::nullopt;
  if (path == "<>") return obstacle_of_null_sender(senders, deadline);
  const auto sender = parse_rcpt_path(path.value_or(""));
  if (!sender || is_rewritten(*sender, senders))
    return LookupFailure{"the primary's tables depend on the sender", FailureKind::not_followed};
  const auto is_changed_here = host.rewrites_sender(*sender, deadline);
  if (!is_changed_here) return is_changed_here.error();
  if (*is_changed_here) {
    return LookupFailure{"the primary's tables depend on the sender, which this host rewrites",
                         FailureKind::not_followed};
  }
  const SearchRules search = search_rules_of(primary.rules);
  const SenderQuestion questions[] = {
      // cleanup(8) looks up a rewritten sender in its new form, which is not followed.
      {senders.canonical, "sender_canonical_maps or canonical_maps", FailureKind::not_followed},
      {senders.bcc, "sender_bcc_maps", FailureKind::copied_elsewhere},
      {senders.transports, "sender_dependent_default_transport_maps", FailureKind::not_followed, true},
      {senders.relayhosts, "sender_dependent_relayhost_maps", FailureKind::not_followed, true}};
  for (const SenderQuestion& question : questions) {
    if (auto obstacle = answer(question, *sender, search, deadline)) return obstacle;
  }
  return std::nullopt;
}

}  // namespace shorthop
