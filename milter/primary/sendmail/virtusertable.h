// FEATURE(virtusertable) of Sendmail: the keys looked up for an address, and the replacement in its right-hand side.
// Source: cf/README of Sendmail, "virtusertable"; the keys have the order of ruleset 0 in cf/m4/proto.m4.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "tables/table.h"

namespace shorthop {

struct VirtualUser {
  Found found;
  std::string value;  ///< the right-hand side with its %0 to %9 replaced
};

/// The entry for user+detail@domain, in this order: the whole address, user++@, user+*@, user@, ++@, +*@, @domain. Keys
/// with "++" are looked up only if the detail is not empty. For an address without '+': the whole address, @domain.
std::expected<std::optional<VirtualUser>, LookupFailure> find_virtual_user(const TableList& table,
                                                                           const Address& address, Deadline deadline);

/// Replaces %0 to %9 by the arguments; a missing one is empty, "%%" is '%'.
std::string with_arguments(std::string_view text, std::span<const std::string_view> arguments);

}  // namespace shorthop
