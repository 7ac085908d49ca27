#include "load/mirror/sendmail_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "text/ascii.h"
#include "text/diagnostic.h"

namespace shorthop {
namespace {

/// A rule that m4 makes: its pattern and the beginning of its result, both as compact() makes them.
struct KnownRule {
  std::string_view pattern;
  std::string_view result;
};

constexpr std::string_view local_pattern = "$+<@$=w.>";
constexpr std::string_view outbound_pattern = "$*<@$*>$*";

constexpr std::array known_rules = std::to_array<KnownRule>({
    // LDAP routing
    {"$+<@$={LDAPRoute}.>", "$:$>LDAPExpand"},
    {"$+<@$={LDAPRouteEquiv}.>", "$:$>LDAPExpand"},
    // virtusertable
    {"$+", "$:<!>$1"},
    {"<!>$+<@$={VirtHost}.>", "$:<$(virtuser"},
    {"<!>$+<@$*$={VirtHost}.>", "$:<$(virtuser"},
    {"<!>$+<@$=w.>", "$:<$(virtuser"},
    {"<@>$+ +$+<@$*.>", "$:<$(virtuser"},
    {"<@>$+ +$*<@$*.>", "$:<$(virtuser"},
    {"<@>$+ +$+<@$+.>", "$:<$(virtuser"},
    {"<@>$+ +$*<@$+.>", "$:<$(virtuser"},
    {"<@>$+<@$+.>", "$:<$(virtuser"},
    {"<@>$+", "$:$1"},
    {"<!>$+", "$:$1"},
    {"<error:$-.$-.$-:$+>$*", "$#error"},
    {"<error:$-$+>$*", "$#error"},
    {"<$+>$+<@$+>", "$:$>Recurse$1"},
    // this host
    {"$=L<@$=w.>", "$#"},
    {local_pattern, "$#"},
    {local_pattern, "$:<$H>$1<@$2.>"},
    {"<$+>$+<$+>", "$>MailerToTriple<$1>$2<$3>"},
    {"<>$+ +$*<$+>", "$#"},
    {"<>$+<$+>", "$#"},
    // mailertable
    {"$*<@$+>$*", "$:<$2>$1<@$2>$3"},
    {"<$+.>$*", "$:<$1>$2"},
    {"<$+>$*", "$:<$(mailertable$1$)>$2"},
    {"<$~[:$*>$*", "$>MailerToTriple<$1:$2>$3"},
    {"<$+>$*", "$:$>Mailertable<$1>$2"},
    // FEATURE(bestmx_is_local): its domains are local to the primary because the DNS says so
    {outbound_pattern, "$:$1<@$2@@$(bestmx$2$)>$3"},
    {"$*<@$*$=B.>$*", "$:$1<@$2$3.@@$(bestmx$2$3.$)>$4"},
    {"$*$=O$*<@$*@@$=w.>$*", "$@$>Recurse$1$2$3"},
    {"<@$*@@$=w.>:$*", "$@$>Recurse$3"},
    {"$*<@$*@@$=w.>$*", "$@$>CanonLocal<$1>"},
    {"$*<@$*@@$*>$*", "$:$1<@$2>$4"},
    // other hosts, and names
    {outbound_pattern, "$:$>MailerToTriple<$S>$1<@$2>$3"},
    {outbound_pattern, "$#"},
    {"$=L", "$#"},
    {"$+", "$#"},
});

/// Whether it is a pattern for domain literals, or for the names of UUCP, BITNET, DECNET, POP or FAX. Relay domains and
/// domains of this host match none of these.
bool is_of_other_networks(std::string_view pattern) {
  if (pattern.contains("<@[")) return true;
  constexpr std::array networks = std::to_array<std::string_view>({"UUCP.>", "BITNET.>", "DECNET.>", "POP.>", "FAX.>"});
  return std::ranges::any_of(networks, [&](std::string_view network) {
    const std::size_t at = pattern.find(network);
    return at != pattern.npos && at > 0 && (pattern[at - 1] == '.' || pattern[at - 1] == '@');
  });
}

/// Without white space, except in "+ +": "$+ + $*" is not "$++$*".
std::string compact(std::string_view text) {
  std::string result;
  for (std::string_view word; !(word = take_word(text)).empty();) {
    if (result.ends_with('+') && word.starts_with('+')) result += ' ';
    result += word;
  }
  return result;
}

bool is_known(std::string_view pattern, std::string_view result) {
  if (is_of_other_networks(pattern)) return true;
  return std::ranges::any_of(known_rules, [&](const KnownRule& known) {
    return known.pattern == pattern && result.starts_with(known.result);
  });
}

/// The mailer of "$#MAILER$@$2$:$1<@$2>$3"; nullopt: the rule is another one.
std::optional<std::string_view> outbound_mailer(std::string_view result) {
  constexpr std::string_view end = "$@$2$:$1<@$2>$3";
  if (!result.starts_with("$#") || !result.ends_with(end)) return std::nullopt;
  return result.substr(2, result.size() - 2 - end.size());
}

/// op.me, M: by SMTP, to the host that the rule names ($h), by its MX records (without F=0).
bool sends_to_best_mx(const CfMailer& mailer) {
  const bool is_smtp = mailer.path == "[IPC]" || mailer.path == "[TCP]";
  return is_smtp && (mailer.arguments == "TCP $h" || mailer.arguments == "IPC $h") && !mailer.flags.contains('0');
}

SendmailObstacle not_followed(SendmailConcern concern, std::string why) {
  return {concern, LeafKind::not_followed, std::move(why)};
}

std::optional<SendmailObstacle> obstacle_of_mailer(const SendmailCf& cf, std::string_view result) {
  const auto name = outbound_mailer(result);
  if (!name) {
    if (result.starts_with("$#error")) return std::nullopt;  // without MAILER(smtp)
    return not_followed(SendmailConcern::outbound,
                        "a rule of sendmail.cf that m4 does not make sends mail to other hosts");
  }
  const auto mailer = cf.mailers.find(*name);
  if (mailer != cf.mailers.end() && sends_to_best_mx(mailer->second)) return std::nullopt;
  return not_followed(SendmailConcern::outbound,
                      fmt::format("the primary sends mail to other hosts by its mailer {}, which is not SMTP to their "
                                  "best MX",
                                  printable(*name, 40)));
}

}  // namespace

std::vector<SendmailObstacle> obstacles_on_routes(const SendmailCf& cf) {
  std::vector<SendmailObstacle> obstacles;
  bool is_past_local = false;
  for (const CfRule& rule : cf.rules) {
    if (rule.ruleset == "Parse0" && rule.result.contains("{rcpt_flags}")) {
      obstacles.push_back(not_followed(SendmailConcern::every_address, "the primary has FEATURE(prefixmod)"));
    }
    if (rule.ruleset != "Parse1") continue;
    const std::string pattern = compact(rule.pattern);
    const std::string result = compact(rule.result);
    if (!is_known(pattern, result)) {
      obstacles.push_back(not_followed(
          is_past_local ? SendmailConcern::outbound : SendmailConcern::every_address,
          fmt::format("line {} of sendmail.cf is a rule for routes that m4 does not make (see LOCAL_NET_CONFIG)",
                      rule.line)));
    } else if (pattern == outbound_pattern && result.starts_with("$#")) {
      if (auto obstacle = obstacle_of_mailer(cf, result)) obstacles.push_back(std::move(*obstacle));
    }
    is_past_local = is_past_local || pattern == local_pattern;
  }
  return obstacles;
}

}  // namespace shorthop
