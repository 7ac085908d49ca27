#include "tables/types/ldap/ldap_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tables/text/ldap_text.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

// shorthop's own limit: Postfix has only recursion_limit, and each level is a recursive call.
constexpr std::size_t max_levels = 1000;
constexpr std::size_t max_value_bytes = 1 << 20;

std::unexpected<LdapFailure> rejected(std::string what) {
  return std::unexpected(LdapFailure{LdapFailure::Kind::rejected, std::move(what)});
}

/// Whether the entry has values of this attribute. Like ldap_get_values_len(), it compares the whole description.
bool has_values(const LdapEntry& entry, const std::string& name) {
  return std::ranges::any_of(entry, [&](const LdapAttribute& attribute) {
    return equal_folded(attribute.description, name) && !attribute.values.empty();
  });
}

}  // namespace

/// Which attributes of an entry are used.
struct LdapValues::EntryKind {
  bool is_terminal = false;  ///< only terminal attributes are used
  bool is_leaf = true;       ///< leaf attributes are used too
};

LdapValues::Result LdapValues::find(const LdapSearch& first) && {
  const auto entries = connection_.search(first, deadline_);
  if (!entries) return std::unexpected(entries.error());
  path_.push_back(first);
  const Done done = take(*entries);
  if (!done) return std::unexpected(done.error());
  return std::move(result_);
}

/// Postfix sets the kind if an entry has an attribute that decides it, and never resets the kind. So an entry without
/// such an attribute has the kind of the entry before it.
void LdapValues::update_kind(const LdapEntry& entry, EntryKind& kind) const {
  const auto& names = rules_.attributes.names;
  const auto is_there = [&](const std::string& name) { return has_values(entry, name); };
  const auto specials = names.begin() + static_cast<std::ptrdiff_t>(rules_.attributes.ordinary);
  const auto leaves = names.begin() + static_cast<std::ptrdiff_t>(rules_.attributes.terminal);
  if (std::any_of(names.begin(), leaves, is_there)) kind.is_terminal = true;
  if (!kind.is_terminal && rules_.attributes.leaf > 0 && std::any_of(specials, names.end(), is_there)) {
    kind.is_leaf = false;
  }
}

LdapValues::Done LdapValues::take(const std::vector<LdapEntry>& entries) {
  if (rules_.limits.size > 0 && entries.size() > rules_.limits.size) {
    return rejected("the search has more entries than size_limit");
  }
  EntryKind kind;
  for (const LdapEntry& entry : entries) {
    update_kind(entry, kind);
    for (const LdapAttribute& attribute : entry) {
      if (attribute.values.empty()) continue;
      if (Done done = take_attribute(attribute, kind); !done) return done;
    }
  }
  return {};
}

LdapValues::Done LdapValues::take_attribute(const LdapAttribute& attribute, const EntryKind& kind) {
  const LdapAttributes& wanted = rules_.attributes;
  const std::size_t position = position_of(attribute.description);
  if (position >= wanted.ordinary && !kind.is_terminal)
    return position < wanted.names.size() ? follow(attribute) : Done();
  const bool is_only_for_leaves = position < wanted.terminal + wanted.leaf;
  if ((kind.is_terminal && position >= wanted.terminal) || (!kind.is_leaf && is_only_for_leaves)) return {};
  for (const std::string& value : attribute.values) {
    if (Done done = take_value(value); !done) return done;
  }
  return {};
}

LdapValues::Done LdapValues::take_value(const std::string& value) {
  if (value.contains('\0')) return rejected("a value has a NUL");
  if (!rules_.format.append_value(value, key_, result_)) return {};
  if (rules_.limits.expansion > 0 && ++values_ > rules_.limits.expansion) {
    return rejected("the key has more values than expansion_limit");
  }
  if (result_.size() > max_value_bytes) return rejected("the answer is too long");
  return {};
}

LdapValues::Done LdapValues::follow(const LdapAttribute& attribute) {
  if (path_.size() >= std::min(rules_.limits.recursion, max_levels)) {
    return rejected(fmt::format("the attribute {} leads to more levels than recursion_limit",
                                printable(attribute.description, 100)));
  }
  for (const std::string& value : attribute.values) {
    if (value.contains('\0')) return rejected("a value has a NUL");
    const auto further = search_for(value);
    if (!further) return std::unexpected(further.error());
    if (!*further) continue;
    if (Done done = search_further(**further); !done) return done;
  }
  return {};
}

/// The search that a value describes, as a distinguished name or an LDAP URL; nullopt if the URL asks only for other
/// attributes. The host of a URL is ignored.
std::expected<std::optional<LdapSearch>, LdapFailure> LdapValues::search_for(const std::string& value) const {
  const auto& names = rules_.attributes.names;
  auto url = client_.url_of(value);
  if (!url) return rejected(fmt::format("{}: {}", excerpt(value), url.error()));
  if (!*url) return LdapSearch{value, LdapScope::base, "objectclass=*", names, rules_.limits.size};
  LdapSearch search = std::move((*url)->search);
  search.max_entries = rules_.limits.size;
  if (search.attributes.empty()) {
    search.attributes = names;
    return search;
  }
  search.attributes = wanted_of(search.attributes);
  if (search.attributes.empty()) return std::nullopt;
  return search;
}

/// The attributes that are both in the URL and in the table. If one has "mail" and the other "mail;lang-en", the
/// narrower one is used.
std::vector<std::string> LdapValues::wanted_of(const std::vector<std::string>& attributes) const {
  std::vector<std::string> result;
  for (const std::string& of_url : attributes) {
    for (const std::string& name : rules_.attributes.names) {
      if (is_attribute_of(of_url, name)) {
        result.push_back(name);
      } else if (is_attribute_of(name, of_url)) {
        result.push_back(of_url);
      }
    }
  }
  return result;
}

/// An entry that names itself, directly or through others, is rejected at once: Postfix follows it up to
/// recursion_limit, and then fails too.
LdapValues::Done LdapValues::search_further(const LdapSearch& search) {
  if (std::ranges::find(path_, search) != path_.end()) {
    return rejected(fmt::format("{} leads back to itself", excerpt(search.base)));
  }
  const auto entries = connection_.search(search, deadline_);
  if (!entries && entries.error().kind == LdapFailure::Kind::no_such_object) return {};
  if (!entries) return std::unexpected(entries.error());
  path_.push_back(search);
  Done done = take(*entries);
  path_.pop_back();
  return done;
}

std::size_t LdapValues::position_of(const std::string& description) const {
  const auto& names = rules_.attributes.names;
  const auto found =
      std::ranges::find_if(names, [&](const std::string& name) { return is_attribute_of(name, description); });
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace shorthop
