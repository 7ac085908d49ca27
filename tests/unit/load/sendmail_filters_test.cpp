// The other filters of this host's Sendmail: until the postmaster decides about them, nothing is rewritten.
#include "load/host/sendmail_filters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "load/host/load_local_host.h"
#include "load/host/local_sendmail.h"
#include "support/catch.h"
#include "unit/load/described_host.h"

namespace shorthop::test {
namespace {

/// The filters other than shorthop that a load finds in this /etc/mail/sendmail.cf.
std::string other_milters(const std::string& cf) {
  Settings settings;
  settings.file = "shorthop.conf";
  settings.socket = Endpoint::parse("unix:/run/shorthop/milter.sock").value();
  settings.local_domains.value = {"example.com"};
  settings.local_recipients.value = {{"inline", "{ user=x }"}};
  const MapFiles files(MapFiles::Texts{{own_sendmail_cf, cf}});
  TableOpener opener(files, backends);
  Diagnostics problems;
  Diagnostics warnings;
  const LoadedHost host = load_local_host(settings, files, TextPostconf(no_postconf()), opener, problems, warnings);
  return fmt::format("{}", fmt::join(host.other_milters, " "));
}

}  // namespace

TEST_CASE("cf/README, INPUT_MAIL_FILTER: each filter in InputMailFilters other than shorthop is another milter",
          "[load][host]") {
  const std::string ours = "Xshorthop, S=local:/run/shorthop/milter.sock, T=C:5s;S:10s\n";
  const std::string clamav = "Xclamav, S=unix:/run/clamav.sock, F=T, T=S:4m\n";
  CHECK(other_milters("O InputMailFilters=shorthop\n" + ours).empty());
  CHECK(other_milters("O InputMailFilters=clamav, shorthop\n" + clamav + ours) == "clamav");
  CHECK(other_milters("O InputMailFilters=clamav,shorthop,dkim\n" + clamav + ours) == "clamav dkim");
  CHECK(other_milters("O InputMailFilters=clamav\n" + clamav + ours).empty());  // shorthop is not in the list
  CHECK(other_milters("O InputMailFilters=shorthop\n" + clamav + ours).empty());
  CHECK(other_milters("").empty());
}

TEST_CASE("Sendmail's DaemonPortOptions: a daemon may have InputMailFilters of its own", "[load][host]") {
  const std::string ours = "Xshorthop, S=local:/run/shorthop/milter.sock\n";
  const std::string daemon = "O DaemonPortOptions=Family=inet, Name=MTA, ";
  CHECK(other_milters("O InputMailFilters=shorthop\n" + daemon + "InputMailFilters=clamav;shorthop\n" + ours) ==
        "clamav");
  CHECK(other_milters(daemon + "I=clamav ; shorthop, Port=smtp\n" + ours) == "clamav");
  CHECK(other_milters(daemon + "inputmailfilters=clamav;shorthop\n" + ours) == "clamav");
  CHECK(other_milters("O InputMailFilters=shorthop\n" + daemon + "I=clamav\n" + ours)
            .empty());  // shorthop is not in the list
  CHECK(other_milters("O InputMailFilters=shorthop;clamav\n" + ours) == "clamav");
}

}  // namespace shorthop::test
