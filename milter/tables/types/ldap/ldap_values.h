// Makes the values of an ldap: table from the entries that a search found: the values of their attributes, and the
// values of the entries that special attributes name. Source: ldap_table(5); Postfix global/dict_ldap.c,
// dict_ldap_get_values().
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "tables/table.h"
#include "tables/text/query_template.h"
#include "tables/types/ldap/ldap_client.h"

namespace shorthop {

/// The attributes that a table asks for, in Postfix's order. If a name occurs twice, its first place is used.
struct LdapAttributes {
  std::vector<std::string> names;  ///< terminal, then leaf, then ordinary, then special ones
  std::size_t terminal = 0;        ///< how many are terminal
  std::size_t leaf = 0;            ///< how many are leaf attributes
  std::size_t ordinary = 0;        ///< how many precede the special ones
};

struct LdapLimits {
  std::size_t recursion = 1000;  ///< levels of searches, including the first
  std::size_t expansion = 0;     ///< values; 0: no limit
  std::size_t size = 0;          ///< entries of a search; 0: no limit
};

struct LdapResultRules {
  LdapAttributes attributes;
  LdapLimits limits;
  QueryTemplate format;  ///< the result_format of ldap_table(5)
};

/// Makes the value of a key from the entries of a search; empty if there is none. Uses the same connection to search
/// for the entries that special attributes name.
class LdapValues {
 public:
  using Result = std::expected<std::string, LdapFailure>;

  LdapValues(const LdapResultRules& rules, const LdapClient& client, LdapConnection& connection, std::string_view key,
             Deadline deadline)
      : rules_(rules), client_(client), connection_(connection), key_(key), deadline_(deadline) {}

  Result find(const LdapSearch& search) &&;

 private:
  using Done = std::expected<void, LdapFailure>;
  struct EntryKind;

  Done search_further(const LdapSearch& search);
  Done take(const std::vector<LdapEntry>& entries);
  Done take_attribute(const LdapAttribute& attribute, const EntryKind& kind);
  Done take_value(const std::string& value);
  Done follow(const LdapAttribute& attribute);
  std::expected<std::optional<LdapSearch>, LdapFailure> search_for(const std::string& value) const;
  std::size_t position_of(const std::string& description) const;
  std::vector<std::string> wanted_of(const std::vector<std::string>& attributes) const;
  void update_kind(const LdapEntry& entry, EntryKind& kind) const;

  const LdapResultRules& rules_;
  const LdapClient& client_;
  LdapConnection& connection_;
  const std::string_view key_;
  const Deadline deadline_;
  std::vector<LdapSearch> path_;  ///< the running searches, outermost first
  std::string result_;
  std::size_t values_ = 0;
};

}  // namespace shorthop
