// The doctor on aliases: chains that end at unknown users, in loops or at mistyped domains; and possible savings.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "tables/table_name.h"
#include "text/amounts.h"
#include "text/ascii.h"
#include "text/nearest.h"
#include "tool/doctor/checks.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_of_a_kind = 50;  // findings of one code for one relay

/// Adds findings of one code up to a limit, then the number of the others.
class Limited {
 public:
  Limited(Findings& findings, std::string_view code, std::string file)
      : findings_(findings), code_(code), file_(std::move(file)) {}
  ~Limited() {
    if (count_ > max_of_a_kind) findings_.add(code_, {file_, 0}, fmt::format("and {} more", count_ - max_of_a_kind));
  }
  Limited(const Limited&) = delete;
  Limited(Limited&&) = delete;
  Limited& operator=(const Limited&) = delete;
  Limited& operator=(Limited&&) = delete;

  void add(Origin place, std::string what, std::string fix) {
    if (++count_ <= max_of_a_kind) findings_.add(code_, std::move(place), std::move(what), std::move(fix));
  }

 private:
  Findings& findings_;
  std::string_view code_;
  std::string file_;
  std::size_t count_ = 0;
};

Origin place_of(const SurveyedEnd& end, const SurveyFacts& survey) {
  return end.table.empty() ? Origin{survey.file, 0} : Origin{origin_file_of(end.table), end.line};
}

std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == address.npos ? std::string_view() : address.substr(at + 1);
}

/// The local domain or relay domain that a foreign domain is probably a typo of; empty if there is none.
std::string meant_by(const std::string& domain, const HostFacts& facts, const std::vector<std::string>& known) {
  const std::string nearest = similar_domain(domain, known);
  if (nearest.empty() || !facts.dns) return {};
  const auto exists = facts.dns->exists.find(domain);
  return exists != facts.dns->exists.end() && !exists->second ? nearest : std::string();
}

struct BadEnd {
  std::string_view code;
  std::string what;
  std::string fix;
};

/// nullopt if there is nothing that the postmaster of the primary or of this host should change.
std::optional<BadEnd> what_is_wrong_with(const SurveyedEnd& end, const HostFacts& facts,
                                         const std::vector<std::string>& known) {
  const std::string leads = fmt::format("{} leads to {}", end.recipient, printable(end.address));
  switch (end.kind) {
    case LeafKind::local_unknown:
      return BadEnd{"alias-local-unknown", leads + ", which this host does not know",
                    "fix the address on the primary, or make the mailbox here"};
    case LeafKind::loop:
      return BadEnd{"alias-loop", fmt::format("{} leads back to itself at {}", end.recipient, printable(end.address)),
                    "break the loop on the primary"};
    case LeafKind::unknown_recipient:
      if (equal_folded(end.address, end.recipient)) break;  // no alias leads there
      return BadEnd{"alias-dangling", leads + ", which the primary does not know", "fix the alias on the primary"};
    case LeafKind::lookup_failed:
      return BadEnd{"alias-not-proven", leads + ": " + printable(end.detail), "find out why this look-up fails"};
    case LeafKind::copied_elsewhere:
      if (equal_folded(end.address, end.recipient)) {  // the primary makes the copy
        return BadEnd{"bcc-kept", fmt::format("{}: {}", end.recipient, printable(end.detail)),
                      "make the copy on this host instead, and remove that setting on the primary"};
      }
      return BadEnd{"bcc-kept", leads + ": " + printable(end.detail),
                    "let the mailbox make the copy instead, and remove the address from recipient_bcc_maps"};
    case LeafKind::foreign_target:
      if (const std::string meant = meant_by(folded(domain_of(end.address)), facts, known); !meant.empty()) {
        return BadEnd{"alias-typo", fmt::format("{}: is {} meant?", leads, meant), "fix the address on the primary"};
      }
      break;
    case LeafKind::local_mailbox:
    case LeafKind::primary_mailbox:
    case LeafKind::command_target:
    case LeafKind::file_target:
    case LeafKind::include_target:
    case LeafKind::owner_alias:
    case LeafKind::limit:
    case LeafKind::not_mirrored:
    case LeafKind::not_followed:
    case LeafKind::invalid_address: break;
  }
  return std::nullopt;
}

void check_ends(const SurveyFacts& survey, const HostFacts& facts, const std::vector<std::string>& known,
                Findings& findings) {
  std::map<std::string_view, Limited> by_code;
  for (const SurveyedEnd& end : survey.ends) {
    auto bad = what_is_wrong_with(end, facts, known);
    if (!bad) continue;
    const auto limited = by_code.try_emplace(bad->code, findings, bad->code, survey.file).first;
    limited->second.add(place_of(end, survey), std::move(bad->what), std::move(bad->fix));
  }
}

bool has_mirror(const Settings& settings, const std::string& relay) {
  const auto found = std::ranges::find(settings.relays, relay, &RelaySettings::name);
  return found != settings.relays.end() && !found->mirror.value.empty();
}

/// The rest of a sentence that has named one alias.
std::string and_others(std::size_t others) {
  return others == 0 ? std::string() : " and " + counted(others, "other alias", "other aliases");
}

/// One finding for each part that is missing here, with the number of aliases that are kept because of it.
void check_missing(const SurveyFacts& survey, Findings& findings) {
  Limited missing(findings, "alias-not-mirrored", survey.file);
  for (const auto& [what, part] : survey.missing) {
    missing.add({survey.file, 0},
                fmt::format("{}: this keeps {}{}", printable(what, 300), printable(part.first),
                            and_others(part.recipients - 1)),
                "include it in the copy of the primary's data");
  }
}

void check_mapped(const SurveyFacts& survey, const HostFacts& facts, Findings& findings) {
  if (survey.mapped_here.empty()) return;
  findings.add("mapped-here", facts.postfix ? place_of_parameter(*facts.postfix, "virtual_alias_maps") : Origin{},
               fmt::format("a table of this host (virtual_alias_maps, canonical_maps) rewrites {}{}",
                           printable(survey.mapped_here.front()), and_others(survey.mapped_here.size() - 1)),
               "remove the entries there once you trust shorthop");
}

void check_keys(const SurveyFacts& survey, Findings& findings) {
  Limited unasked(findings, "key-never-asked", survey.file);
  for (const UnaskedEntry& entry : survey.unasked) {
    unasked.add({origin_file_of(entry.table), entry.line},
                fmt::format("the key \"{}\" {}", printable(entry.key, 100), entry.what), std::string(entry.fix));
  }
}

void check_savings(const SurveyFacts& survey, Findings& findings) {
  if (survey.recipients == 0) return;
  std::string kept;
  for (const auto& [reason, count] : survey.kept) {
    fmt::format_to(std::back_inserter(kept), "{}{} {}", kept.empty() ? "" : ", ", count, reason);
  }
  findings.add(survey.rewritten == 0 ? "nothing-saved" : "savings", {survey.file, 0},
               fmt::format("{} of {} aliases end in mailboxes of this host{}{}", survey.rewritten, survey.recipients,
                           kept.empty() ? "" : "; the others: ", kept),
               survey.rewritten == 0 ? "run shorthop resolve ADDRESS to see why an alias is kept" : "");
}

}  // namespace

void check_aliases(const HostFacts& facts, Findings& findings) {
  if (!facts.settings) return;
  std::vector<std::string> known = facts.local_domains;
  for (const RelaySettings& relay : facts.settings->relays) {
    known.insert(known.end(), relay.domains.value.begin(), relay.domains.value.end());
  }
  for (const SurveyFacts& survey : facts.surveys) {
    check_ends(survey, facts, known, findings);
    if (has_mirror(*facts.settings, survey.relay)) check_missing(survey, findings);
    check_mapped(survey, facts, findings);
    check_keys(survey, findings);
    for (const std::string& what : survey.not_surveyed) findings.add("not-surveyed", {survey.file, 0}, what);
    check_savings(survey, findings);
  }
}

}  // namespace shorthop::tool
