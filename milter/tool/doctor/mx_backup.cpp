#include "tool/doctor/mx_backup.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <functional>

#include "system/ip_address.h"
#include "text/items.h"

namespace shorthop::tool {
namespace {

/// What a list of restrictions does with a recipient that only permit_mx_backup could permit.
enum class Effect : std::uint8_t {
  none,
  permits,
  permits_all,  ///< "permit", which ends the list, also in a class
  refuses,
};

using ValueOf = std::function<std::string(std::string_view parameter)>;

constexpr std::array<std::string_view, 4> refusals = {"reject_unauth_destination", "defer_unauth_destination", "reject",
                                                      "defer"};

/// SMTPD_ACCESS_README: restrictions are evaluated in order, and the first that permits or rejects ends the list. A
/// name of smtpd_restriction_classes is replaced by its list.
Effect effect_of(std::string_view list, const std::vector<std::string>& classes, const ValueOf& value_of, int depth) {
  constexpr int max_depth = 10;
  bool only_warns = false;  // postconf(5) warn_if_reject: applies to the next restriction
  for (const std::string& word : list_items(list)) {
    if (word == "permit_mx_backup") return Effect::permits;
    if (word == "permit") return Effect::permits_all;
    if (!only_warns && std::ranges::find(refusals, word) != refusals.end()) return Effect::refuses;
    only_warns = word == "warn_if_reject";
    if (depth == max_depth || std::ranges::find(classes, word) == classes.end()) continue;
    const Effect effect = effect_of(value_of(word), classes, value_of, depth + 1);
    if (effect != Effect::none) return effect;
  }
  return Effect::none;
}

/// The first list that permits a recipient by permit_mx_backup (see Effect); empty if any list refuses the recipient,
/// because mail must pass every list.
std::string permitting_list(const ValueOf& value_of) {
  const std::vector<std::string> classes = list_items(value_of("smtpd_restriction_classes"));
  std::string permitting;
  for (const std::string_view list : {"smtpd_relay_restrictions", "smtpd_recipient_restrictions"}) {
    const Effect effect = effect_of(value_of(list), classes, value_of, 0);
    if (effect == Effect::refuses) return {};
    if (effect == Effect::permits && permitting.empty()) permitting = list;
  }
  return permitting;
}

/// Postfix writes an IPv6 address in brackets.
std::optional<IpAddress> address_in(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return IpAddress::parse(text);
}

bool has_prefix(const IpAddress& address, const IpAddress& network, unsigned length) {
  for (unsigned bit = 0; bit < length; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
    if ((address.bytes()[bit / 8] & mask) != (network.bytes()[bit / 8] & mask)) return false;
  }
  return true;
}

/// "192.0.2.0/24", "[2001:db8::]/32", or one address; nullopt if there is no address before the '/'.
std::optional<bool> is_in_network(const IpAddress& address, std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto network = address_in(text.substr(0, slash));
  if (!network) return std::nullopt;
  const auto size = static_cast<unsigned>(network->bytes().size()) * 8;
  unsigned length = size;
  if (slash != text.npos) std::from_chars(text.data() + slash + 1, text.data() + text.size(), length);
  return network->is_v6() == address.is_v6() && has_prefix(address, *network, std::min(length, size));
}

}  // namespace

MxBackup mx_backup_of(const PostfixFacts& postfix) {
  MxBackup backup;
  backup.networks = list_items(postfix.value("permit_mx_backup_networks"));
  bool is_asked = false;
  for (const MasterService& service : postfix.services) {
    if (!is_public_smtpd(service)) continue;
    is_asked = true;
    backup.parameter = permitting_list([&](std::string_view name) { return postfix.value_for(service, name); });
    if (backup.parameter.empty()) break;
  }
  if (!is_asked) {
    backup.parameter = permitting_list([&](std::string_view name) { return std::string(postfix.value(name)); });
  }
  backup.is_permitted = !backup.parameter.empty();
  return backup;
}

std::optional<bool> is_in_networks(std::string_view address, const std::vector<std::string>& networks) {
  const auto parsed = address_in(address);
  if (!parsed) return std::nullopt;
  for (const std::string& item : networks) {
    const bool excludes = item.starts_with('!');
    const auto matches = is_in_network(*parsed, std::string_view(item).substr(excludes ? 1 : 0));
    if (!matches) return std::nullopt;
    if (*matches) return !excludes;  // the first matching pattern decides
  }
  return false;
}

}  // namespace shorthop::tool
