// The filters of this host's Sendmail beside shorthop: until the postmaster decides about them, nothing is rewritten.
#include "load/host/sendmail_filters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "load/host/load_local_host.h"
#include "load/host/local_sendmail.h"
#include "support/catch.h"
#include "unit/load/described_host.h"

namespace shorthop::test {
namespace {

/// The filters beside shorthop, as a load finds them in /etc/mail/sendmail.cf.
std::string beside(const std::string& cf) {
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

TEST_CASE("cf/README, INPUT_MAIL_FILTER: each filter in InputMailFilters beside shorthop is another milter",
          "[load][host]") {
  const std::string ours = "Xshorthop, S=local:/run/shorthop/milter.sock, T=C:5s;S:10s\n";
  const std::string clamav = "Xclamav, S=unix:/run/clamav.sock, F=T, T=S:4m\n";
  CHECK(beside("O InputMailFilters=shorthop\n" + ours).empty());
  CHECK(beside("O InputMailFilters=clamav, shorthop\n" + clamav + ours) == "clamav");
  CHECK(beside("O InputMailFilters=clamav,shorthop,dkim\n" + clamav + ours) == "clamav dkim");
  CHECK(beside("O InputMailFilters=clamav\n" + clamav + ours).empty());  // shorthop is not in the list
  CHECK(beside("O InputMailFilters=shorthop\n" + clamav + ours).empty());
  CHECK(beside("").empty());
}

TEST_CASE("Sendmail's DaemonPortOptions: a daemon may have InputMailFilters of its own", "[load][host]") {
  const std::string ours = "Xshorthop, S=local:/run/shorthop/milter.sock\n";
  const std::string daemon = "O DaemonPortOptions=Family=inet, Name=MTA, ";
  CHECK(beside("O InputMailFilters=shorthop\n" + daemon + "InputMailFilters=clamav;shorthop\n" + ours) == "clamav");
  CHECK(beside(daemon + "I=clamav ; shorthop, Port=smtp\n" + ours) == "clamav");
  CHECK(beside(daemon + "inputmailfilters=clamav;shorthop\n" + ours) == "clamav");
  CHECK(beside("O InputMailFilters=shorthop\n" + daemon + "I=clamav\n" + ours).empty());  // shorthop is not in the list
  CHECK(beside("O InputMailFilters=shorthop;clamav\n" + ours) == "clamav");
}

}  // namespace shorthop::test
