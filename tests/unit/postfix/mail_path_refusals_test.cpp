// What any smtpd(8) on the path of mail may refuse.
#include "postfix/mail_path.h"
#include "support/catch.h"

namespace shorthop::test {

TEST_CASE("refusals by any smtpd service on the path count: of bounces and of SMTPUTF8", "[postfix][mail-path]") {
  const auto refuses = [](const std::string& service, const Parameters& main_cf = {}) {
    const std::vector<MasterService> services =
        parse_master_services("smtp inet n - y - - smtpd\ncleanup unix n - y - 0 cleanup\n" + service +
                              " inet n - n - - smtpd -o content_filter= -o smtpd_discard_ehlo_keywords=smtputf8"
                              " -o smtpd_data_restrictions=reject_multi_recipient_bounce\n");
    const auto found = mail_path(main_cf, services);
    return found->refuses_shared_bounces && !found->takes_utf8;
  };
  CHECK(refuses("192.0.2.1:25"));
  CHECK(!refuses("submission"));
  CHECK(refuses("127.0.0.1:10025", {{"content_filter", "smtp:[127.0.0.1]:10024"}}));
}

}  // namespace shorthop::test
