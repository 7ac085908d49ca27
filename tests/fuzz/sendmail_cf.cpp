// Parses any bytes as sendmail.cf, as a class file and as a service switch. Macros are the same after they were written
// and parsed again; maps, classes, rules and the facts about a primary are sound.
#include "load/mirror/sendmail_cf.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "load/mirror/primary_sendmail.h"
#include "load/mirror/service_switch.h"
#include "text/ascii.h"

namespace {

using shorthop::CfMap;
using shorthop::SendmailCf;

bool is_word(std::string_view text) { return !text.empty() && std::ranges::none_of(text, shorthop::is_space); }

void must_be_sound(const SendmailCf& cf, std::string_view text) {
  must(cf.rules.size() <= lines_in(text), "each rule has a line of its own");
  for (const auto& rule : cf.rules) must(rule.line >= 1 && rule.line <= lines_in(text), "a rule is in the text");
  for (const auto& [name, list] : cf.classes) {
    must(!name.empty() && std::ranges::all_of(list.words, is_word), "a class is made of words");
  }
  for (const auto& [name, map] : cf.maps) {
    must(is_word(name) && is_word(map.type) && std::ranges::all_of(map.flags, is_word), "a map has a type");
  }
  for (const auto& [name, value] : cf.macros)
    must(!name.empty() && shorthop::trimmed(value) == value, "a macro is trimmed");
}

void must_survive_writing(const SendmailCf& cf) {
  std::string text;
  const auto is_plain = [](std::string_view part) { return part.find_first_of("#\\{}\n\r") == part.npos; };
  SendmailCf kept;
  for (const auto& [name, value] : cf.macros) {
    if (!is_plain(name) || !is_plain(value) || name.contains('\0')) continue;
    kept.macros[name] = value;
    text.append("D{").append(name).append("}").append(value).append("\n");
  }
  must(shorthop::parse_sendmail_cf(text).macros == kept.macros, "macros survive writing and reading");
}

/// Every file that sendmail.cf names has the text of sendmail.cf itself.
void try_facts(const SendmailCf& cf, std::string_view text) {
  shorthop::RelaySettings relay;
  relay.domains.value = {"example.org"};
  relay.primary.value = "mail.example.org";
  shorthop::Diagnostics warnings;
  const auto facts = shorthop::facts_from_sendmail_cf(
      cf, "sendmail.cf", relay, [&](std::string_view) { return std::string(text); }, warnings);
  must(!shorthop::has_error(warnings), "a warning is not an error");
  must_be_well_formed(warnings, lines_in(text));
  must(facts.sendmail.alias_recursion <= 10, "recursion has a limit");
  for (const std::string& domain : facts.rules.local_domains.names())
    must(shorthop::folded(domain) == domain, "a domain is folded");
  for (const auto& obstacle : facts.sendmail.obstacles)
    must(is_printable_line(obstacle.why), "an obstacle has a printable sentence");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  const SendmailCf cf = shorthop::parse_sendmail_cf(text);
  must_be_sound(cf, text);
  must_survive_writing(cf);
  try_facts(cf, text);
  for (const CfMap& map : shorthop::parse_alias_files(text)) {
    must(std::ranges::all_of(map.flags, is_word), "a flag is a word");
  }
  must(std::ranges::all_of(shorthop::switch_words(text, "aliases"), is_word), "a service has words");
  std::vector<std::string> words;
  must(shorthop::append_class_words(text, "%[^#]", words), "the usual pattern is supported");
  must(std::ranges::all_of(words, is_word), "a class file is made of words");
  return 0;
}
