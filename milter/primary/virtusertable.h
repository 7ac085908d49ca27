// FEATURE(virtusertable) of Sendmail: which keys are asked for an address, and what a right-hand side becomes.
// Source: cf/README of Sendmail, "virtusertable"; its order of keys is that of ruleset 0 in cf/m4/proto.m4.
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

/// The entry for user+detail@domain: as a whole, user++@ (the detail is not empty), user+*@, user@, ++@, +*@, @domain.
/// For an address without a '+': as a whole, @domain.
std::expected<std::optional<VirtualUser>, LookupFailure> find_virtual_user(const TableList& table,
                                                                           const Address& address, Deadline deadline);

/// The text with %0 to %9 replaced by the arguments; one that is missing is empty, "%%" is '%'.
std::string with_arguments(std::string_view text, std::span<const std::string_view> arguments);

}  // namespace shorthop
