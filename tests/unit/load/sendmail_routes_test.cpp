// Rules and mailers of a sendmail.cf that m4 does not make, and those that it does.
#include "load/mirror/sendmail_routes.h"

#include <fmt/format.h>

#include "support/catch.h"

namespace shorthop::test {
namespace {

// As m4 writes them for virtusertable, mailertable, LDAP routing, MAILER(uucp) and MAILER(smtp).
constexpr std::string_view early_rules =
    "SParse1\n"
    "R$+ < @ $={LDAPRoute} . >\t$: $>LDAPExpand <$1 < @ $2 . >> <$1 @ $2> <>\n"
    "R$* < @ [ $+ ] > $*\t$: $>ParseLocal $1 < @ [ $2 ] > $3\tnumeric internet spec\n"
    "R$* < @ [ $+ ] : $- : $*> $*\t$#$3 $@ $4 $: $1 < @ [$2] > $5\tsmarthost with mailer\n"
    "R$+\t\t\t$: <!> $1\t\tMark for lookup\n"
    "R<!> $+ < @ $=w . >\t$: < $(virtuser $1 @ $2 $@ $1 $: @ $) > $1 < @ $2 . >\n"
    "R<@> $+ + $+ < @ $* . >\n"
    "\t\t\t$: < $(virtuser $1 + + @ $3 $@ $1 $@ $2 $@ +$2 $: @ $) > $1 + $2 < @ $3 . >\n"
    "R<@> $+\t\t\t$: $1\n"
    "R< error : $- $+ > $*\t$#error $@ $(dequote $1 $) $: $2\n";
constexpr std::string_view recursion_rule = "R< $+ > $+ < @ $+ >\t$: $>Recurse $1\n";
constexpr std::string_view local_rules =
    "R$=L < @ $=w . >\t$#local $: @ $1\tspecial local names\n"
    "R$+ < @ $=w . >\t\t$#local $: $1\tregular local name\n"
    "R$* <@ $+ > $*\t\t$: < $2 > $1 < @ $2 > $3\textract host name\n"
    "R< $+ . > $*\t\t$: < $1 > $2\t\t\tstrip trailing dot\n"
    "R< $+ > $*\t\t$: < $(mailertable $1 $) > $2\tlookup\n"
    "R< $~[ : $* > $*\t$>MailerToTriple < $1 : $2 > $3\t\tcheck -- resolved?\n"
    "R< $+ > $*\t\t$: $>Mailertable <$1> $2\t\ttry domain\n"
    "R$* < @ $+ .UUCP. > $*\t\t$#uucp-old $@ $2 $: $1 < @ $2 .UUCP. > $3\tuser@host.UUCP\n";
constexpr std::string_view onward_rules =
    "R$* < @ $* > $*\t\t$: $>MailerToTriple < $S > $1 < @ $2 > $3\tglue on smarthost name\n"
    "R$* < @$* > $*\t\t$#esmtp $@ $2 $: $1 < @ $2 > $3\tuser@host.domain\n"
    "R$=L\t\t\t$#local $: @ $1\t\tspecial local names\n"
    "R$+\t\t\t$#local $: $1\t\t\tregular local names\n";
constexpr std::string_view smtp_mailer =
    "Mesmtp,\t\tP=[IPC], F=mDFMuXa, S=EnvFromSMTP/HdrFromSMTP, L=990,\n\t\tA=TCP $h\n";

/// The concerns of the obstacles: "every" or "outbound", and the line for rules.
std::string route_obstacles(std::string_view text) {
  std::string shown;
  for (const SendmailObstacle& obstacle : obstacles_on_routes(parse_sendmail_cf(text))) {
    shown += obstacle.concern == SendmailConcern::outbound ? "outbound: " : "every: ";
    shown += obstacle.why + '\n';
  }
  return shown;
}

std::string routing_cf(std::string_view early, std::string_view late, std::string_view mailers = smtp_mailer) {
  return fmt::format("{}{}{}{}{}{}{}", mailers, early_rules, recursion_rule, early, local_rules, late, onward_rules);
}

}  // namespace

TEST_CASE("cf/m4/proto.m4: the rules of Parse1 that m4 makes are not obstacles", "[load][sendmail]") {
  CHECK(route_obstacles(routing_cf("", "")).empty());
  // FEATURE(bestmx_is_local)
  CHECK(route_obstacles(routing_cf("",
                                   "R$* < @ $* > $*\t\t\t$: $1 < @ $2 @@ $(bestmx $2 $) > $3\n"
                                   "R$* $=O $* < @ $* @@ $=w . > $*\t$@ $>Recurse $1 $2 $3\n"
                                   "R< @ $* @@ $=w . > : $*\t\t$@ $>Recurse $3\n"
                                   "R$* < @ $* @@ $=w . > $*\t$@ $>CanonLocal < $1 >\n"
                                   "R$* < @ $* @@ $* > $*\t\t$: $1 < @ $2 > $4\n"))
            .empty());
}

TEST_CASE("cf/README, LOCAL_NET_CONFIG: a rule behind the local rule may take mail for other hosts",
          "[load][sendmail]") {
  CHECK(route_obstacles(routing_cf("", "R$* < @ $* .$m. > $*\t$#esmtp $@ $2.$m. $: $1 < @ $2.$m. > $3\n")) ==
        "outbound: line 22 of sendmail.cf is a rule for routes that m4 does not make (see LOCAL_NET_CONFIG)\n");
  CHECK(route_obstacles(routing_cf("", "R$* < @ $* > $*\t$: $1 < @ hub.example.org . > $3\n"))
            .starts_with("outbound: line 22"));
}

TEST_CASE(
    "cf/m4/proto.m4: rules for the networks POP and FAX are no obstacle, those for other domains with such an end are",
    "[load][sendmail]") {
  const auto with = [](std::string_view domain) {
    return route_obstacles(routing_cf("", fmt::format("R$* < @ {}. > $*\t$#fax $@ $2 $: $1 < @ $2 > $3\n", domain)));
  };
  CHECK(with("$+ .POP").empty());
  CHECK(with("$+ .FAX").empty());
  CHECK(with("FAX").empty());
  CHECK(with("$+ .EPOP").starts_with("outbound: line 22"));
  CHECK(with("TELEFAX").starts_with("outbound: line 22"));
}

TEST_CASE("cf/README: a rule of its own before the local rule may take any address", "[load][sendmail]") {
  CHECK(route_obstacles(routing_cf("R$+ . USENET < @ $=w . >\t$#usenet $@ usenet $: $1\n", ""))
            .starts_with("every: line 14"));
  // _NO_VIRTUSER_RECURSION_ in sendmail.mc: the result of the virtusertable is not looked up there again.
  constexpr std::string_view once = "R< $+ > $+ < @ $+ >\t$: $>ParseLocal $>Parse0 $>canonify $1\n";
  CHECK(route_obstacles(fmt::format("{}{}{}{}{}", smtp_mailer, early_rules, once, local_rules, onward_rules))
            .starts_with("every: line 13"));
  CHECK(route_obstacles("SParse0\nRfast $+\t$: $1 $(macro {rcpt_flags} $@ x $)\n") ==
        "every: the primary has FEATURE(prefixmod)\n");
}

TEST_CASE("op.me, M: mail for other hosts reaches their best MX only by an SMTP mailer that asks for it",
          "[load][sendmail]") {
  const auto with = [](std::string_view mailers) { return route_obstacles(routing_cf("", "", mailers)); };
  CHECK(with("Mesmtp, P=[TCP], F=mDFMuXa, A=IPC $h\n").empty());
  for (const std::string_view other :
       {"Mesmtp, P=[IPC], F=mDFMuXa, A=TCP [gate.example.org]\n", "Mesmtp, P=[IPC], F=mDFMuXa, A=TCP $h 2525\n",
        "Mesmtp, P=[IPC], F=mDFMuXa0, A=TCP $h\n", "Mesmtp, P=/usr/bin/procmail, F=mDFMuXa, A=procmail $h\n",
        "Msmtp, P=[IPC], F=mDFMuX, A=TCP $h\n"}) {
    CHECK(with(other).starts_with("outbound: the primary sends mail to other hosts by its mailer esmtp"));
  }
  CHECK(route_obstacles("SParse1\nR$* < @$* > $*\t$#relay $@ hub.example.org $: $1 < @ $2 > $3\n")
            .starts_with("outbound: "));
  CHECK(route_obstacles("SParse1\nR$* < @$* > $*\t$#error $@ 5.1.2 $: \"553 Unrecognized host name \" $2\n").empty());
}

}  // namespace shorthop::test
