// Parses any bytes as output of postconf(1). The parameters are the same after they were written and parsed again.
// $names are expanded within limits. The result is a primary's rules or an error.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "load/mirror/primary_postconf.h"
#include "mail/address.h"
#include "postfix/parameters.h"
#include "postfix/postfix_facts.h"
#include "support/primary_files.h"
#include "text/ascii.h"

namespace {

using shorthop::Parameters;

void must_survive_printing(const Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    must(!name.empty() && shorthop::trimmed(name) == name && name.find_first_of("=\n#") == name.npos,
         "a name is a word");
    must(shorthop::trimmed(value) == value && !value.contains('\n'), "a value is one line without white space around");
    text += name + " = " + value + "\n";
  }
  std::optional<shorthop::BadParameterLine> bad_line;
  must(shorthop::parse_parameters(text, &bad_line) == parameters, "parameters survive printing and reading");
  must(!bad_line, "every line that was printed can be read");
}

/// The text with each '$' doubled.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) result.append(c == '$' ? 2 : 1, c);
  return result;
}

void try_expansion(const Parameters& parameters, const std::string& value) {
  const auto value_of = [&](std::string_view name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::nullopt : std::optional(found->second);
  };
  must(shorthop::expand_parameters(escaped(value), value_of) == value, "$$ is a dollar sign");
  const auto expanded = shorthop::expand_parameters(value, value_of);
  if (!expanded) {
    must(expanded.error().starts_with('$'), "the error names the $name that cannot be expanded");
    return;
  }
  must(value.contains('$') || *expanded == value, "without a $name nothing is replaced");
  must(expanded->size() <= (std::size_t{1} << 21), "an expansion has a limit");
}

shorthop::RelaySettings relay() {
  shorthop::RelaySettings relay;
  relay.domains.value = {"example.org", "xn--bcher-kva.example"};
  relay.primary.value = "mail.example.org";
  relay.virtual_alias_maps.value = {{"text", "/virtual"}};
  return relay;
}

/// The domains of a list must be folded: a look-up folds the domain first, so it could not match others.
void must_be_folded(const shorthop::MatchList& list) {
  for (const std::string& domain : list.names()) must(shorthop::folded(domain) == domain, "a domain is folded");
}

void must_be_sound(const shorthop::PrimaryRules& rules) {
  must(rules.myorigin.empty() || shorthop::is_domain(rules.myorigin), "the origin is a domain, or not known");
  must_be_folded(rules.local_domains);
  must_be_folded(rules.virtual_alias_domains);
  must_be_folded(rules.virtual_mailbox_domains);
  must(shorthop::folded(rules.dot_domain) == rules.dot_domain, "mydomain is folded");
  must(rules.limits.virtual_recursion > 0 && rules.limits.virtual_expansion > 0 && rules.limits.address_length > 0,
       "a limit is a number from 1");
}

void try_facts(std::string_view text) {
  shorthop::Diagnostics warnings;
  shorthop::test::MapPrimaryFiles files({{"hash:/virtual", {{"a@example.org", "b"}}}}, {{"/domains", "example.org\n"}});
  const auto facts =
      shorthop::facts_from_postconf({"postconf", std::string(text), std::nullopt}, relay(), files, warnings);
  must(!shorthop::has_error(warnings), "a warning is not an error");
  must_be_well_formed(warnings, lines_in(text));
  if (facts.unproven.empty()) must_be_sound(facts.rules);
  must(facts.unproven.size() <= warnings.size(), "each unproven rule has a warning as well");
  for (const auto& why : facts.unproven) must(is_printable_line(why.text()), "the reason is a printable sentence");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  std::optional<shorthop::BadParameterLine> bad_line;
  const Parameters parameters = shorthop::parse_parameters(text, &bad_line);
  must(!bad_line || (bad_line->number >= 1 && bad_line->number <= lines_in(text)), "a bad line is in the text");
  must_survive_printing(parameters);
  for (const auto& [name, value] : parameters) try_expansion(parameters, value);
  try_facts(text);
  const shorthop::PostfixVersion version = shorthop::parse_postfix_version(text.substr(0, text.find('\n')));
  must(version.major >= 0 && version.minor >= 0, "a version is two numbers");
  return 0;
}
