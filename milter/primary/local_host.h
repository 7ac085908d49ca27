// This host, whatever its MTA: the questions that the last step of a proof asks. A failure of any answer means: keep.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "mail/address.h"
#include "primary/resolution.h"
#include "tables/lookup_key.h"
#include "tables/table.h"

namespace shorthop {

class LocalHost {
 public:
  virtual ~LocalHost() = default;
  /// Whether this host is the final destination of the domain (folded, as it is spelled).
  virtual std::expected<bool, LookupFailure> is_local_domain(std::string_view domain, Deadline deadline) const = 0;
  /// Whether mail for the domain, which is local to this host, is sent to this host: it is the only best MX.
  virtual std::expected<bool, LookupFailure> is_best_mx(std::string_view domain) const = 0;
  /// Whether smtpd(8) here would accept the recipient, whose domain is local to this host.
  virtual std::expected<bool, LookupFailure> has_mailbox(const Address& recipient, Deadline deadline) const = 0;
  /// Whether this host rewrites the address itself (canonical_maps, virtual_alias_maps) before it looks where it goes.
  virtual std::expected<bool, LookupFailure> rewrites(const Address& recipient, Deadline deadline) const = 0;
  /// Why a recipient must not be replaced by this mailbox of this host: an alias of this host leads on from it, or may
  /// do so. Nothing if it may. `is_only_target`: it is all that takes the recipient's place.
  virtual std::optional<Leaf> alias_obstacle(const Address& mailbox, bool is_only_target, Deadline deadline) const = 0;
};

}  // namespace shorthop
