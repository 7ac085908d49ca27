// Parses any bytes as a list of milters. The entries have their positions, and a socket is found again after it was
// written in Postfix's form. The first line of the input is a socket of shorthopd, the second Postfix's queue
// directory, the rest the list.
#include "postfix/milter_list.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "settings/setting_values.h"
#include "system/endpoint.h"
#include "text/ascii.h"
#include "text/items.h"

namespace {

using shorthop::Endpoint;
using shorthop::MilterEntry;

bool separates(char c) { return c == ',' || shorthop::is_space(c); }

void must_have_places(std::string_view value, const std::vector<MilterEntry>& entries) {
  std::size_t end = 0;
  for (const MilterEntry& entry : entries) {
    must(end <= entry.begin && entry.begin < entry.end && entry.end <= value.size(),
         "entries stand one after the other");
    must(value.substr(entry.begin, entry.end - entry.begin) == entry.text, "an entry is the text at its position");
    must(std::ranges::all_of(value.substr(end, entry.begin - end), separates), "only separators stand between entries");
    end = entry.end;
  }
  must(std::ranges::all_of(value.substr(end), separates), "only separators follow the last entry");
}

/// Joins the entries and reads them again. This works with an unclosed brace too: only the last entry can have one.
void must_survive_writing(const std::vector<MilterEntry>& entries) {
  std::string list;
  for (const MilterEntry& entry : entries) list.append(list.empty() ? "" : ", ").append(entry.text);
  const auto again = shorthop::milter_entries(list);
  must(again.size() == entries.size(), "no entry is lost");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    must(again[i].text == entries[i].text, "an entry survives writing");
    must(again[i].milter == entries[i].milter && again[i].attributes == entries[i].attributes,
         "what an entry means survives writing");
  }
}

void must_be_sound(const MilterEntry& entry) {
  must(shorthop::inside_braces(entry.text).has_value() || entry.milter == entry.text,
       "without braces the milter is all of the entry");
  for (const auto& [name, value] : entry.attributes) {
    must(entry.attribute(name) == value, "an attribute is found by its name");
    must(shorthop::trimmed(name) == name && shorthop::trimmed(value) == value, "an attribute is trimmed");
  }
}

/// The socket that an entry names.
void must_be_sound(const Endpoint& endpoint) {
  must(Endpoint::parse_postfix(endpoint.postfix_text()) == endpoint, "an endpoint in Postfix's form can be read again");
  must(reach_same_socket(endpoint, endpoint), "an endpoint reaches the same socket as itself");
}

void try_socket(std::string_view text, std::string_view queue_directory, const std::vector<MilterEntry>& entries) {
  const auto socket = shorthop::parse_socket(text, "/etc/shorthop");
  if (!socket) return;
  must(Endpoint::parse(socket->text()) == *socket, "an endpoint can be read again");
  for (const MilterEntry& entry : entries) leads_to(entry, *socket, queue_directory);
  if (!queue_directory.starts_with('/')) return;
  const std::string written = endpoint_for_postfix(*socket, queue_directory).postfix_text();
  const auto found = Endpoint::parse_postfix(written);
  MilterEntry entry;
  entry.endpoint = found;
  must(found && leads_to(entry, *socket, queue_directory), "a socket in Postfix's form is found again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Input input(data, size);
  const std::string_view socket = input.line();
  const std::string_view queue_directory = input.line();
  const auto entries = shorthop::milter_entries(input.rest());
  must_have_places(input.rest(), entries);
  for (const MilterEntry& entry : entries) {
    must_be_sound(entry);
    if (entry.endpoint) must_be_sound(*entry.endpoint);
  }
  must_survive_writing(entries);
  try_socket(socket, queue_directory, entries);
  return 0;
}
