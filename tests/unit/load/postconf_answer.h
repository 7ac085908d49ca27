// Runs facts_from_postconf() on a text, for its tests.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "load/mirror/primary_postconf.h"
#include "support/primary_files.h"
#include "support/settings_directory.h"

namespace shorthop::test {

inline MapPrimaryFiles no_files() {
  MapPrimaryFiles files;
  files.holds_all = false;
  return files;
}

inline RelaySettings relay_settings() {
  RelaySettings relay;
  relay.name = "example.org";
  relay.file = "example.org.conf";
  relay.domains.value = {"example.org"};
  relay.primary.value = "mail.example.org";
  relay.virtual_alias_maps.value = {{"text", "/v"}};
  relay.alias_maps.value = {{"text", "/a"}};
  relay.primary_postconf.value = "postconf-n";
  return relay;
}

struct Answer {
  PrimaryFacts facts;
  std::string said;
};

/// Reads a text without a mirror; `files` has the files of the primary that were copied.
inline Answer read(std::string_view text, const RelaySettings& relay = relay_settings(),
                   MapPrimaryFiles files = no_files()) {
  Diagnostics warnings;
  Answer answer;
  answer.facts = facts_from_postconf({"postconf-n", std::string(text), std::nullopt}, relay, files, warnings);
  answer.said = text_of(warnings);
  return answer;
}

template <class Names>
std::string joined_names(const Names& domains) {
  std::string text;
  for (const std::string& domain : domains) text += (text.empty() ? "" : " ") + domain;
  return text;
}
inline std::string joined(const DomainSet& domains) { return joined_names(domains); }
inline std::string joined(const MatchList& list) {
  std::vector<std::string> names = list.names();
  std::erase_if(names, [&](const std::string& name) { return !list.has_name(name); });
  std::ranges::sort(names);
  return joined_names(names);
}

/// What a list says about a domain.
inline std::string answer_of(const MatchList& list, std::string_view domain) {
  const auto answer = list.matches(domain, no_deadline);
  if (!answer) return answer.error().kind == FailureKind::not_mirrored ? "not-mirrored" : "failed";
  return *answer ? "yes" : "no";
}

/// The usual first lines of the output on a Debian primary.
inline constexpr const char* usual =
    "alias_maps = hash:/etc/aliases\n"
    "mydestination = $myhostname, example.org, localhost.$mydomain, localhost\n"
    "myhostname = mail.example.org\n"
    "myorigin = $mydomain\n";

}  // namespace shorthop::test
