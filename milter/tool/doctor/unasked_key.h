// Keys of a primary's tables that no recipient ever matches, because of an export, an editor or wrong syntax. Such an
// entry has no effect, on the primary or here. No I/O.
// Source: virtual(5) and aliases(5), TABLE SEARCH ORDER; local(8); postmap(1); Sendmail's cf/README, virtusertable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "primary/primary.h"

namespace shorthop::tool {

enum class KeyRole : std::uint8_t { virtual_alias, local_alias };

struct KeyContext {
  KeyRole role = KeyRole::virtual_alias;
  Profile profile = Profile::postfix;
  bool is_database = false;  ///< true: keys are compared as they are; false: a text file, whose keys are folded
};

struct UnaskedReason {
  std::string_view what;  ///< follows the words "the key"
  std::string_view fix;
};

/// Why no look-up ever uses the key; nullopt if a look-up may use it.
std::optional<UnaskedReason> why_never_asked(std::string_view key, const KeyContext& context);

/// Whether postalias(1) adds the key to every database that it makes, for Sendmail and NIS: "@", "YP_LAST_MODIFIED",
/// "YP_MASTER_NAME".
bool is_added_by_postalias(std::string_view key);

/// Whether an entry may be the header line of an export, such as "source destination". Call is_column_name() first: it
/// is false for most keys, and their values need not be looked up.
bool is_column_name(std::string_view key);
bool is_head_line(std::string_view key, std::string_view value);

}  // namespace shorthop::tool
