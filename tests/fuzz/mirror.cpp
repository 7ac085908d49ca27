// Loads any bytes as the files of a mirror: postconf, master, a listing and a manifest, with a line "%" between them.
// The result is rules, or reasons why there are none, and tables that answer every look-up.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "load/mirror/mirror.h"
#include "load/mirror/mirror_tables.h"
#include "load/mirror/primary_postconf.h"
#include "mail/international.h"
#include "postfix/mail_path.h"
#include "postfix/master_services.h"
#include "support/primary_files.h"
#include "tables/types/backends.h"

namespace {

using namespace shorthop;

/// Removes the part before the next line "%" and returns it.
std::string_view take_part(std::string_view& text) {
  constexpr std::string_view between = "\n%\n";
  const std::size_t end = std::min(text.find(between), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + between.size(), text.size()));
  return part;
}

/// The sentence need not be printable: it has the table's name as written, and session/explain.h makes it printable.
void must_have_sentence(const LookupFailure& failure) { must(!failure.why.empty(), "a failure has a sentence"); }

void must_answer(const TableList& tables) {
  for (const auto& table : tables.tables()) {
    must(table != nullptr, "a table that cannot be used is in the list too, and fails");
    const Lookup found = table->find(LookupKey("user@example.org"));
    if (!found) must_have_sentence(found.error());
  }
}

/// Whether a service with overrides may give a parameter this value: as written in an override or in main.cf, or by
/// expanding a $name there.
bool may_give(const MasterService& service, const Parameters& parameters, const std::string& name,
              const std::string& value) {
  if (service.overrides.empty()) return false;
  const auto in_main = parameters.find(name);
  const std::string written = service.override_of(name).value_or(in_main == parameters.end() ? "" : in_main->second);
  return written == value || written.contains('$');
}

bool is_sentence(const std::string& text) { return !text.empty() && is_printable_line(text); }

void try_path(const Parameters& parameters, const std::vector<MasterService>& services) {
  const auto path = mail_path(parameters, services);
  if (!path)
    return must(is_sentence(path.error().what) && is_sentence(path.error().fix), "an error is a printable sentence");
  for (const auto& given : path->overrides) {
    const bool has_source = std::ranges::any_of(services, [&](const MasterService& service) {
      return may_give(service, parameters, given.first, given.second);
    });
    must(has_source, "the value of an override comes from a service");
  }
}

RelaySettings relay() {
  RelaySettings relay;
  relay.domains.value = {"example.org"};
  relay.primary.value = "mail.example.org";
  return relay;
}

/// Tries the tables that the settings name, in a mirror that has only a manifest.
void try_facts(std::string_view postconf, const std::vector<MasterService>& services, std::string_view manifest) {
  const test::MapFiles files({{"/nowhere/manifest", std::string(manifest)}});
  Backends backends;
  TableOpener opener(files, backends);
  Diagnostics of_tables;
  MirrorFiles mirror({"/nowhere", "/nowhere", {}}, files, opener, of_tables);
  Diagnostics warnings;
  const PrimaryFacts facts =
      facts_from_postconf({"postconf", std::string(postconf), services}, relay(), mirror, warnings);
  must_be_well_formed(warnings, lines_in(postconf));
  must_be_well_formed(of_tables, lines_in(postconf));
  for (const LookupFailure& why : facts.unproven)
    must(is_printable_line(why.text()), "the reason why a rule is unproven is printable");
  for (const TableList* tables :
       {&facts.address_tables.recipient_access, &facts.address_tables.recipient_canonical,
        &facts.address_tables.canonical, &facts.address_tables.recipient_bcc, &facts.address_tables.transport,
        &facts.address_tables.relocated, &facts.address_tables.generic, &facts.senders.bcc, &facts.senders.canonical,
        &facts.senders.relayhosts, &facts.senders.transports}) {
    must_answer(*tables);
  }
  for (const char* domain : {"example.org", "example.com"}) {
    const auto listed = facts.rules.lists(domain, no_deadline);
    if (!listed) must_have_sentence(listed.error());
  }
}

void try_listing(std::string_view text) {
  const auto complete = listed_table("mysql:/x.cf", text, true, {});
  const auto partial = listed_table("mysql:/x.cf", text, false, {});
  std::size_t count = 0;
  complete->each_entry([&](std::string_view key, std::string_view value, std::uint32_t line) {
    ++count;
    must(line >= 1 && line <= lines_in(text), "an entry is in a line of the text");
    must(folded_utf8(key) == key, "a key is folded");
    for (const auto& table : {complete, partial}) {
      const Lookup found = table->find(LookupKey(key));
      must(found && *found && (*found)->value == value && (*found)->line == line, "each listed entry is found");
    }
  });
  must(complete->entries() == count && count <= lines_in(text), "each entry has a line of its own");
  constexpr std::string_view absent = "\n";
  const Lookup missing = complete->find(LookupKey(absent));
  must(missing && !*missing, "a key that a complete listing lacks is absent");
  must(!partial->find(LookupKey(absent)), "a look-up of a key that a partial listing lacks fails");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::string_view text = text_in(data, size);
  const std::string_view postconf = take_part(text);
  const std::string_view master = take_part(text);
  const std::string_view listing = take_part(text);
  std::vector<MasterService> services = parse_master_services(master);
  set_service_parameters(services, master);
  try_path(parse_parameters(postconf), services);
  try_facts(postconf, services, text);
  try_listing(listing);
  return 0;
}
