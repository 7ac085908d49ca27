// Reads any bytes as main.cf. The edits of a list change nothing else, and can be undone byte for byte.
#include "postfix/main_cf.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "postfix/parameters.h"
#include "text/ascii.h"

namespace {

using shorthop::MilterEntry;

constexpr std::string_view name = "smtpd_milters";
constexpr std::string_view entries[] = {"unix:shorthop/milter.sock",
                                        "{ unix:shorthop/milter.sock, default_action=accept }"};

bool is_ours(const MilterEntry& entry) { return entry.milter == "unix:shorthop/milter.sock"; }
bool is_theirs(const MilterEntry& entry) { return !is_ours(entry); }

std::vector<std::string> texts_of(const std::vector<MilterEntry>& milters) {
  std::vector<std::string> texts;
  for (const MilterEntry& milter : milters) texts.push_back(milter.text);
  return texts;
}

std::vector<MilterEntry> milters_in(std::string_view main_cf) {
  const auto parameter = shorthop::parameter_in(main_cf, name);
  return parameter ? shorthop::milter_entries(parameter->value) : std::vector<MilterEntry>();
}

/// The lines of a value, trimmed and joined by single spaces.
std::string joined(std::string_view value) {
  std::string result;
  while (!value.empty()) {
    const std::string_view line = value.substr(0, value.find('\n'));
    value.remove_prefix(std::min(line.size() + 1, value.size()));
    if (shorthop::trimmed(line).empty()) continue;
    result.append(result.empty() ? "" : " ").append(shorthop::trimmed(line));
  }
  return result;
}

void must_have_places(std::string_view text, const shorthop::MainCfParameter& parameter) {
  must(parameter.begin < parameter.end && parameter.end <= text.size(), "a parameter has its place in the text");
  must(parameter.line >= 1 && parameter.line <= lines_in(text), "a parameter has its line");
  must(parameter.positions.size() == parameter.value.size(), "each byte of a value has its position");
  must(std::ranges::is_sorted(parameter.positions), "the bytes of a value are in the order of the text");
  for (std::size_t i = 0; i < parameter.value.size(); ++i) {
    if (parameter.value[i] == '\n') continue;
    must(text[parameter.positions[i]] == parameter.value[i], "each byte of a value is the one at its position");
  }
}

/// Two parsers must agree: the one for main.cf, which gives positions, and the one for the output of postconf(1).
void must_agree(std::string_view text, std::string_view parameter_name) {
  const auto parameters = shorthop::parse_parameters(text);
  const auto found = parameters.find(parameter_name);
  const auto parameter = shorthop::parameter_in(text, parameter_name);
  must(parameter.has_value() == (found != parameters.end()), "both parsers find a parameter, or neither does");
  if (parameter) must(joined(parameter->value) == joined(found->second), "both parsers find the same value");
}

shorthop::Parameters others_in(std::string_view text) {
  auto parameters = shorthop::parse_parameters(text);
  parameters.erase(std::string(name));
  return parameters;
}

/// Whether any assignment of that name has an entry of ours, not only the last one, which Postfix uses.
bool has_ours(std::string_view text) {
  return std::ranges::any_of(shorthop::parameters_named(text, name), [](const auto& parameter) {
    return std::ranges::any_of(shorthop::milter_entries(parameter.value), is_ours);
  });
}

void try_edits(std::string_view text, std::string_view entry) {
  const auto before = milters_in(text);
  const std::string with = shorthop::with_entry(text, name, entry);
  must(others_in(with) == others_in(text), "an addition changes no other parameter");
  const auto parameter = shorthop::parameter_in(text, name);
  if (parameter && has_open_brace(parameter->value)) return;  // it would swallow the added entry
  auto wanted = texts_of(before);
  wanted.emplace_back(entry);
  must(texts_of(milters_in(with)) == wanted, "an entry is added as the last of its list");
  if (has_ours(text)) return;  // without_entries() would remove that one too

  std::string old(text);
  if (!parameter && !old.empty() && !old.ends_with('\n')) old += '\n';
  must(shorthop::without_entries(with, name, is_ours, !parameter) == old, "removing an added entry restores the text");
}

void try_removal(std::string_view text, bool drop_empty) {
  const std::string without = shorthop::without_entries(text, name, is_ours, drop_empty);
  must(without.size() <= text.size(), "a removal does not make the text longer");
  must(others_in(without) == others_in(text), "a removal changes no other parameter");
  if (drop_empty) return;  // if the last assignment was dropped, Postfix uses an earlier one
  auto wanted = milters_in(text);
  std::erase_if(wanted, is_ours);
  must(texts_of(milters_in(without)) == texts_of(wanted), "entries that are not ours stay in their order");
  must(has_ours(text) || without == text, "without an entry of ours nothing changes");
  const std::string again = shorthop::without_entries(without, name, is_ours, drop_empty);
  must(again == without, "a second removal changes nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  for (const auto& parameter : shorthop::parameters_named(text, name)) must_have_places(text, parameter);
  for (const auto& [parameter, value] : shorthop::parse_parameters(text)) must_agree(text, parameter);
  for (const std::string_view entry : entries) try_edits(text, entry);
  for (const bool drop_empty : {false, true}) try_removal(text, drop_empty);
  must(shorthop::without_entries(
           text, name, [](const MilterEntry&) { return false; }, true) == text,
       "a removal that matches no entry changes nothing");
  shorthop::without_entries(text, name, is_theirs, false);
  return 0;
}
