// Postfix's parameters as text: parses the output of postconf(1) and expands $name. No I/O.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/by_name.h"

namespace shorthop {

using Parameters = TextByName;

/// shorthop-export writes this in place of a value that may be a secret. The value is then unknown, not this text.
inline constexpr std::string_view removed_value = "(removed-by-shorthop-export)";
inline constexpr std::string_view fix_of_removed_value =
    "on the primary, give the parameter a name that does not look like the name of a secret (pass, token, ...)";

/// Whether removed_value is in the value. In place of the first label of a DNS list, it does not count: that label is a
/// customer's key and concerns no recipient, as in "(removed-by-shorthop-export).zen.dq.spamhaus.net".
bool has_removed_part(std::string_view value);

/// A line that is not of the form "name = value".
struct BadParameterLine {
  std::uint32_t number = 0;
  std::string text;
};

/// Parses "name = value" lines, as in main.cf and in the output of `postconf`, `postconf -n`, `-x` and `-f` (continued
/// lines). Lines with '#' are comments; the last value of a name is used. Lines of another form are skipped; the first
/// of them is stored in `bad_line` if given.
Parameters parse_parameters(std::string_view text, std::optional<BadParameterLine>* bad_line = nullptr);

/// NAME, if the name is "smtp/inet/NAME" as in a line of `postconf -P`. Other names stay as they are.
std::string_view name_without_service(std::string_view name);
/// The part "smtp/inet/" of "smtp/inet/smtpd_milters"; empty for a parameter of main.cf.
std::string_view service_of(std::string_view name);

/// Whether the value, a list of words, contains this word. Capital and small letters are the same.
bool has_word(std::string_view value, std::string_view word);

/// Whether smtpd(8) or smtp(8) possibly uses no DSN with some hosts. The arguments are its values of
/// smtpd_discard_ehlo_keywords and smtpd_discard_ehlo_keyword_address_maps (postconf(5)), or of the same parameters of
/// smtp(8), expanded or not. Without ORCPT, the receiver takes two aliases of one address for one recipient.
bool may_discard_dsn(std::string_view keywords, std::string_view address_maps);

/// Whether smtp(8) with these values may send mail without ORCPT: it uses no DSN, or no ESMTP at all (postconf(5)
/// smtp_always_send_ehlo, smtp_never_send_ehlo). `value_of` returns an empty text for a parameter that is not set.
bool may_lose_orcpt(const std::function<std::string(std::string_view name)>& value_of);

/// Whether a Postfix with these values may refuse or bounce mail for which its sender asked for SMTPUTF8 (RFC 6531):
/// smtputf8_enable, or SMTPUTF8 among the keywords that smtpd(8) does not offer or smtp(8) ignores.
bool may_refuse_utf8(const std::function<std::string(std::string_view name)>& value_of);

/// The domains in the value of masquerade_domains (postconf(5)), folded. Those that "!" excludes are included.
std::vector<std::string> masquerade_domains_in(std::string_view value);

/// Replaces $name, ${name}, $(name), ${name?value}, ${name:value}, ${name?{value}:{other}} and ${{left} == {right} ?
/// {value} : {other}} recursively; $$ is a dollar sign. `value_of` returns nullopt for an unknown name, which counts as
/// empty in a condition. The error is the part that cannot be expanded.
std::expected<std::string, std::string> expand_parameters(
    std::string_view text, const std::function<std::optional<std::string>(std::string_view)>& value_of);

/// As expand_parameters(), but an unknown name counts as empty, as in Postfix. Malformed text, and text that refers to
/// itself, is not expanded.
std::string expanded_by_postfix(std::string_view text,
                                const std::function<std::optional<std::string>(std::string_view)>& value_of);

}  // namespace shorthop
