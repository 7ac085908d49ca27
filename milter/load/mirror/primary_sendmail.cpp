#include "load/mirror/primary_sendmail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "load/mirror/sendmail_routes.h"
#include "load/mirror/service_switch.h"
#include "mail/address.h"
#include "tables/open.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

using enum SendmailConcern;

/// What a macro or ruleset of a sendmail.cf does to mail.
struct ConcernRow {
  std::string_view name;
  SendmailConcern concern;
  std::string_view why;
};
/// Macros of cf/README that name a host or a user that takes mail.
constexpr std::array taking_macros = {
    ConcernRow{"H", not_own_user, "the primary's MAIL_HUB (macro H) takes names without an alias"},
    ConcernRow{"R", not_own_user, "the primary's LOCAL_RELAY (macro R) takes names without an alias"},
    ConcernRow{"L", not_user, "the primary's LUSER_RELAY (macro L) takes names that are not users"},
    ConcernRow{"S", outbound, "the primary's SMART_HOST (macro S) takes mail for other hosts"},
};

/// Rulesets that cf/m4 leaves empty for the postmaster's own rules.
constexpr std::array own_rulesets = {
    ConcernRow{"ParseLocal", every_address, "the primary has LOCAL_RULE_0"},
    ConcernRow{"98", every_address, "the primary has LOCAL_RULE_0"},
    ConcernRow{"Local_localaddr", not_whole_alias, "the primary has rules in Local_localaddr"},
    ConcernRow{"recipient", outbound, "the primary has LOCAL_RULE_2"},
};

/// cf/m4/proto.m4: LOCAL_RULE_3 is between the rule for domain literals and one of these.
constexpr std::string_view before_local_rule_3 = "$* < @@ $+ > $*";
bool is_behind_local_rule_3(const CfRule& rule) {
  constexpr std::array known = std::to_array<std::string_view>(
      {"$* < @ $+ . UUCP > $*", "$* < @ $+ .BITNET > $*", "$* < @ $+ .UUCP > $*", "$* < @ $* $=P > $*"});
  return std::ranges::find(known, rule.pattern) != known.end() || rule.result.contains("$(domaintable ");
}

constexpr std::string_view usual_operators = ".:%@!^/[]+";  // op.me, OperatorChars: the default

/// Postfix's name for a type of map of Sendmail that Postfix's tools can read; empty for other types.
std::string_view postfix_type(std::string_view type) {
  constexpr std::array known = std::to_array<std::string_view>({"hash", "btree", "dbm", "cdb"});
  if (type == "implicit") return "hash";
  return std::ranges::find(known, type) == known.end() ? std::string_view() : type;
}

SendmailTable table_of(const CfMap& map) {
  const std::string_view type = postfix_type(map.type);
  if (type.empty()) {
    return {fmt::format("{}:{}", map.type, map.file),
            fmt::format("maps of the type {} cannot be copied", printable(map.type, 40))};
  }
  // makemap(8) adds the suffix to a name that lacks it.
  std::string_view path = map.file;
  if (path.ends_with(".db")) path.remove_suffix(3);
  SendmailTable table{fmt::format("{}:{}", type, path), {}};
  // op.me, K: the flags in the list below say what happens if the file is missing or a look-up fails, whether keys end
  // in NUL, or whether quotes are removed from a key. Any other flag changes entries.
  for (const std::string& flag : map.flags) {
    if (flag.size() < 2 || !std::string_view("oNOTtDq").contains(flag[1])) {
      table.not_followed = fmt::format("the flag {} of its map is not followed", printable(flag, 40));
    }
  }
  return table;
}

bool is_absolute(std::string_view path) { return path.starts_with('/'); }

/// Which paths of ForwardPath are files that a mirror has as forward/NAME or forward/NAME+EXT. A path with the host's
/// name ($w) counts as the path without it: the mirror has a copy of whichever of the two the primary uses. If a user
/// has a file with a host's name, shorthop-export makes the copy unreadable.
struct ForwardPaths {
  ForwardPath searched{.with_extension = false, .plain = false};
  std::string not_followed;  ///< the first path of another kind
};

ForwardPaths forward_paths(std::string_view value) {
  ForwardPaths result;
  while (!value.empty()) {
    const std::string_view path = trimmed(value.substr(0, value.find(':')));
    value.remove_prefix(std::min(value.find(':'), value.size() - 1) + 1);
    if (path.empty()) continue;
    const bool is_plain = path == "$z/.forward" || path == "$z/.forward.$w";
    const bool has_detail = path == "$z/.forward+$h" || path == "$z/.forward.$w+$h";
    // Sendmail reads the first file that exists. A file with the detail after the plain file is not followed.
    if (!is_plain && (!has_detail || result.searched.plain)) {
      if (result.not_followed.empty()) result.not_followed = path;
    } else {
      (is_plain ? result.searched.plain : result.searched.with_extension) = true;
    }
  }
  return result;
}

TableList opened(const std::vector<SendmailTable>& tables, std::string_view feature, PrimaryFiles& files) {
  std::vector<std::shared_ptr<const Table>> list;
  list.reserve(tables.size());
  for (const SendmailTable& table : tables) {
    list.push_back(
        table.not_followed.empty()
            ? files.open(table.name, feature)
            : failing_table(table.name, fmt::format("{}: {}", feature, table.not_followed), FailureKind::not_mirrored));
  }
  return TableList(std::move(list));
}

class CfFacts {
 public:
  CfFacts(const SendmailCf& cf, std::string file, const RelaySettings& relay, const FindCopy& find_copy,
          Diagnostics& warnings)
      : cf_(cf), file_(std::move(file)), relay_(relay), find_copy_(find_copy), warnings_(warnings) {}

  SendmailFacts facts() && {
    read_rulesets();
    read_domains();
    read_local_users();
    read_macros();
    read_forward_path();
    read_tables();
    return std::move(facts_);
  }

 private:
  void keep(SendmailConcern concern, std::string why, LeafKind kind = LeafKind::not_followed) {
    if (concern == every_address) warn(why + ": every recipient of this relay is kept");
    facts_.sendmail.obstacles.push_back({concern, kind, std::move(why)});
  }

  void warn(std::string what) {
    warnings_.push_back({{file_, 0}, std::move(what), {}, Severity::warning, ErrorClass::data});
  }

  // The rules that m4 makes, and others

  void read_rulesets() {
    read_local_mailer();
    read_own_rules();
    const auto is_plus_rule = [](const CfRule& rule) {
      return rule.pattern == "$+ + $*" && rule.result.ends_with("$: $1 + *");
    };
    if (std::ranges::none_of(cf_.rules, is_plus_rule)) {
      keep(plus_detail, "the primary does not look up user+detail as user (FEATURE(preserve_local_plus_detail))");
    }
    read_operators();
    for (SendmailObstacle& obstacle : obstacles_on_routes(cf_)) {
      keep(obstacle.concern, std::move(obstacle.why), obstacle.kind);
    }
  }

  /// The postmaster's own rules.
  void read_own_rules() {
    for (const ConcernRow& row : own_rulesets) {
      // FEATURE(redirect) has its rules in ParseLocal; they refuse addresses in the domain REDIRECT.
      const auto is_own = [&](const CfRule& rule) {
        return rule.ruleset == row.name && !rule.pattern.contains(".REDIRECT. >");
      };
      if (std::ranges::any_of(cf_.rules, is_own)) keep(row.concern, std::string(row.why));
    }
    const auto literal = std::ranges::find(cf_.rules, before_local_rule_3, &CfRule::pattern);
    if (literal != cf_.rules.end() && literal + 1 != cf_.rules.end() && !is_behind_local_rule_3(*(literal + 1))) {
      keep(every_address, "the primary has LOCAL_RULE_3");
    }
  }

  /// The rule of Parse1 for names in class w: "$#MAILER $: $1", or with FEATURE(stickyhost) "$: < $H > ...".
  void read_local_mailer() {
    const auto rule = std::ranges::find(cf_.rules, "$+ < @ $=w . >", &CfRule::pattern);
    const bool is_sticky = rule != cf_.rules.end() && rule->result.starts_with("$: < $H >");
    if (rule == cf_.rules.end() || (!is_sticky && !rule->result.starts_with("$#"))) {
      return keep(every_address, "sendmail.cf delivers to local users by other rules than those that m4 makes");
    }
    if (is_sticky && !cf_.macro("H").empty()) {
      keep(local_address, "the primary's MAIL_HUB (macro H) takes addresses in its domains (FEATURE(stickyhost))");
    }
    const std::string_view result = is_sticky ? std::string_view("local") : std::string_view(rule->result).substr(2);
    const auto mailer = cf_.mailers.find(trimmed(result.substr(0, result.find_first_of(" \t"))));
    // op.me, F=w: without it, Sendmail passes every name on to the mailer, and looks for no .forward.
    facts_.sendmail.checks_users = mailer != cf_.mailers.end() && mailer->second.flags.contains('w');
    if (mailer == cf_.mailers.end() || !mailer->second.flags.contains('A')) {
      keep(every_address, "the primary's local mailer has no aliases (no A in F=)");
    } else if (!mailer->second.flags.contains('5')) {
      keep(plus_detail, "the primary's local mailer does not pass names through ruleset 5 (no 5 in F=)");
    }
  }

  /// With other operators, Sendmail divides names at characters that the profile does not know.
  void read_operators() {
    const std::string* set = find_value(cf_.options, "operatorchars");
    const std::string_view operators = set == nullptr ? usual_operators : std::string_view(*set);
    const auto is_usual_operator = [](char c) { return usual_operators.contains(c); };
    if (!operators.contains('+') || !operators.contains('.') || !std::ranges::all_of(operators, is_usual_operator)) {
      keep(every_address, "the primary's OperatorChars are not Sendmail's own");
    }
    const auto is_usual = [](const std::string& word) { return word == "@" || word == "%" || word == "!"; };
    const auto hosts = cf_.classes.find("O");
    if (hosts != cf_.classes.end() && !std::ranges::all_of(hosts->second.words, is_usual)) {
      keep(every_address, "the primary's class O is not Sendmail's own");
    }
  }

  // Classes

  /// The words of a class, folded. Files that cannot be read here, and words with a macro, are added to `missing`.
  DomainSet words_of(std::string_view name, std::vector<std::string>& missing) const {
    DomainSet words;
    std::set<std::string, std::less<>> read;
    add_class(name, words, missing, read);
    return words;
  }

  /// Adds the words of a class and of the classes that it includes, each class once.
  void add_class(std::string_view name, DomainSet& words, std::vector<std::string>& missing,
                 std::set<std::string, std::less<>>& read) const {
    const auto found = cf_.classes.find(name);
    if (found == cf_.classes.end() || !read.emplace(name).second) return;
    std::vector<std::string> written = found->second.words;
    for (const ClassFile& file : found->second.files) {
      const auto text = is_absolute(file.source) ? find_copy_(file.source) : std::unexpected(ReadFailure{});
      const bool is_read = text && append_class_words(*text, file.pattern, written);
      if (!is_read) missing.push_back(file.source);
    }
    for (const std::string& word : written) {
      if (!word.contains('$')) {
        words.insert(folded(word));  // Sendmail keeps the dot at the end of a word, which then matches no address
      } else if (word.starts_with("$={") && word.ends_with('}')) {
        add_class(std::string_view(word).substr(3, word.size() - 4), words, missing, read);
      } else if (word.starts_with("$=")) {
        add_class(std::string_view(word).substr(2), words, missing, read);
      } else if (word != "$j" && word != "$w") {  // Sendmail's own names are in class w anyway
        missing.push_back(word);
      }
    }
  }

  void read_domains() {
    read_virtual_domains();
    PrimaryRules& rules = facts_.rules;
    const DomainSet domains = local_domains();
    for (const std::string& domain : relay_.domains.value) {
      if (rules.myorigin.empty()) rules.myorigin = domain;
      if (!domains.contains(domain) && !is_virtual(domain)) rules.domains_to_be_listed.insert(domain);
    }
    for (const std::string& domain : domains) rules.local_domains.add_name(domain);
    rules.delimiters = "+";
  }

  DomainSet local_domains() {
    std::vector<std::string> missing;
    DomainSet domains = words_of("w", missing);
    // No address matches these names: before class w is asked, Canonify2 replaces localhost by $j, and completes a name
    // without a dot by the DNS.
    std::erase_if(domains, [](const std::string& domain) {
      return !is_domain(domain) || !domain.contains('.') || domain.starts_with("localhost.");
    });
    if (!missing.empty()) {
      const std::string what =
          fmt::format("domains of the primary's class w are not here: {}", printable(missing.front(), 100));
      warn(what + ": recipients that lead to this host are kept");
      facts_.sendmail.obstacles.push_back({outbound, LeafKind::not_mirrored, what});
    }
    // Sendmail adds its own name. Without Dj it asks the system for the name, so the cf does not show it.
    const std::string_view own_name = cf_.macro("j");
    if (is_domain(own_name)) domains.insert(folded(own_name));
    return domains;
  }

  bool is_virtual(const std::string& domain) const { return facts_.sendmail.virtual_domains.contains(domain); }

  void read_virtual_domains() {
    SendmailRules& sendmail = facts_.sendmail;
    std::vector<std::string> missing;
    sendmail.virtual_domains = words_of("VirtHost", missing);
    sendmail.ldap_domains = words_of("LDAPRoute", missing);
    sendmail.ldap_domains.merge(words_of("LDAPRouteEquiv", missing));
    const auto has_subdomains = [](const CfRule& rule) { return rule.pattern == "<!> $+ < @ $* $={VirtHost} . >"; };
    sendmail.virtual_subdomains = std::ranges::any_of(cf_.rules, has_subdomains);
    if (missing.empty()) return;
    keep(every_address,
         fmt::format("domains of the primary's virtusertable or LDAP routing are not here: {}",
                     printable(missing.front(), 100)),
         LeafKind::not_mirrored);
  }

  void read_local_users() {
    std::vector<std::string> missing;
    facts_.sendmail.own_users = words_of("L", missing);
  }

  // Macros and options

  void read_macros() {
    for (const ConcernRow& row : taking_macros) {
      const std::string_view value = cf_.macro(row.name);
      // "error:" refuses the name, which is what happens without LUSER_RELAY too.
      if (!value.empty() && !(row.concern == not_user && value.starts_with("error:")))
        keep(row.concern, std::string(row.why));
    }
    if (!cf_.option("userdatabasespec").empty()) {
      keep(not_whole_alias, "the primary's user database (UserDatabaseSpec) may have names without an alias");
    }
    if (cf_.is_on("matchgecos", false)) {
      keep(not_user, "the primary finds users by their full name (MatchGECOS)");
    }
    facts_.leaves_out_sender = !cf_.is_on("metoo", true);
    if (!cf_.abbreviated_option.empty()) {
      keep(every_address, fmt::format("the primary's sendmail.cf abbreviates the name of an option: {}",
                                      printable(cf_.abbreviated_option, 40)));
    }
    const std::string_view recursion = cf_.option("maxaliasrecursion");
    std::size_t& limit = facts_.sendmail.alias_recursion;
    std::from_chars(recursion.data(), recursion.data() + recursion.size(), limit);
    limit = std::min<std::size_t>(limit, 10);
  }

  /// sendmail/conf.c: if ForwardPath is not set, it is "$z/.forward"; if it is empty, users have no .forward.
  void read_forward_path() {
    const std::string* set = find_value(cf_.options, "forwardpath");
    const ForwardPaths paths = forward_paths(set == nullptr ? std::string_view("$z/.forward") : *set);
    facts_.rules.forward_path = paths.searched;
    if (paths.not_followed.empty()) return;
    keep(not_alias,
         fmt::format("the primary's ForwardPath has {}, which is not followed", printable(paths.not_followed, 100)));
  }

  // Tables

  void read_tables() {
    add_map("virtuser", facts_.tables.virtual_aliases);
    add_map("domaintable", facts_.tables.domaintable);
    add_map("mailertable", facts_.tables.mailertable);
    add_map("bcctable", facts_.tables.bcctable);
    if (cf_.is_on("addbcc", false) && facts_.tables.bcctable.empty()) {
      keep(every_address, "the primary sends copies that no bcctable shows (AddBcc)", LeafKind::copied_elsewhere);
    }
    const auto asks_access = [](const CfRule& rule) { return rule.result.contains("$>SearchList <+ To>"); };
    if (std::ranges::any_of(cf_.rules, asks_access)) add_map("access", facts_.tables.access);
    if (std::string why = other_alias_source(cf_, find_copy_); !why.empty()) {
      facts_.tables.aliases.push_back({"ServiceSwitchFile", "it may have other aliases: " + why});
    }
    for (const CfMap& map : parse_alias_files(cf_.option("aliasfile"))) facts_.tables.aliases.push_back(table_of(map));
  }

  void add_map(std::string_view name, std::vector<SendmailTable>& tables) {
    if (const CfMap* map = cf_.map(name)) tables.push_back(table_of(*map));
  }

  const SendmailCf& cf_;
  std::string file_;
  const RelaySettings& relay_;
  const FindCopy& find_copy_;
  Diagnostics& warnings_;
  SendmailFacts facts_;
};

}  // namespace

SendmailFacts facts_from_sendmail_cf(const SendmailCf& cf, const std::string& file, const RelaySettings& relay,
                                     const FindCopy& find_copy, Diagnostics& warnings) {
  return CfFacts(cf, file, relay, find_copy, warnings).facts();
}

void apply_sendmail_facts(SendmailFacts facts, PrimaryFiles& files, Primary& primary) {
  SendmailRules& rules = facts.sendmail;
  rules.domaintable = opened(facts.tables.domaintable, "domaintable", files);
  rules.mailertable = opened(facts.tables.mailertable, "mailertable", files);
  rules.bcctable = opened(facts.tables.bcctable, "bcctable", files);
  rules.access = opened(facts.tables.access, "access", files);
  primary.virtual_aliases = opened(facts.tables.virtual_aliases, "virtusertable", files);
  std::vector<std::string> aliases;
  std::ranges::transform(facts.tables.aliases, std::back_inserter(aliases), &SendmailTable::name);
  files.read_as_aliases(aliases);
  primary.aliases = opened(facts.tables.aliases, "AliasFile", files);
  primary.rules = std::move(facts.rules);
  primary.senders.are_left_out = facts.leaves_out_sender;
  primary.sendmail = std::make_shared<const SendmailRules>(std::move(rules));
}

}  // namespace shorthop
