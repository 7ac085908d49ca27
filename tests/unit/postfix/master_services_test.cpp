// master.cf as postconf(1) -M prints it.
#include "postfix/master_services.h"

#include "support/catch.h"

using namespace shorthop;

TEST_CASE("master(5): columns, options over several lines, and options in braces", "[postfix][master]") {
  const auto services = parse_master_services(
      "# a comment\n"
      "smtp       inet  n       -       y       -       -       smtpd\n"
      "submission inet  n       -       -       -       -       smtpd\n"
      "    -o smtpd_milters=\n"
      "    -o { smtpd_client_restrictions = permit_sasl_authenticated, reject }\n"
      "    -v -oreceive_override_options=no_milters\n"
      "not a service\n"
      "cleanup    unix  n       -       n       -       0       cleanup");
  REQUIRE(services.size() == 3);
  CHECK(services[0].postconf_name() == "smtp/inet");
  CHECK(services[0].command == "smtpd");
  CHECK(services[0].overrides.empty());
  CHECK(services[1].override_of("smtpd_milters") == "");
  CHECK(services[1].override_of("smtpd_client_restrictions") == "permit_sasl_authenticated, reject");
  CHECK(services[1].override_of("receive_override_options") == "no_milters");
  CHECK_FALSE(services[1].override_of("content_filter"));
  CHECK(is_chrooted(services[0], false));
  CHECK(is_chrooted(services[1], true));
  CHECK_FALSE(is_chrooted(services[1], false));
  CHECK_FALSE(is_chrooted(services[2], true));
}

TEST_CASE("the smtpd(8) that other hosts reach: port 25 or behind postscreen(8), not submission, not loopback",
          "[postfix][master]") {
  const auto is_public = [](std::string_view line) { return is_public_smtpd(parse_master_services(line).at(0)); };
  CHECK(is_public("smtp inet n - y - - smtpd"));
  CHECK(is_public("25 inet n - y - - smtpd"));
  CHECK(is_public("192.0.2.20:25 inet n - y - - smtpd"));
  CHECK(is_public("smtpd pass - - y - - smtpd"));
  CHECK_FALSE(is_public("submission inet n - y - - smtpd"));
  CHECK_FALSE(is_public("127.0.0.1:25 inet n - y - - smtpd"));
  CHECK_FALSE(is_public("127.0.0.1:10025 inet n - y - - smtpd"));
  CHECK_FALSE(is_public("smtp unix - - y - - smtp"));
  CHECK_FALSE(is_public("smtp inet n - y - 1 postscreen"));
}

TEST_CASE("postconf(1): the output of -P sets parameters of the services in the output of -M", "[postfix][master]") {
  const std::string text =
      "smtp inet n - y - - smtpd -o content_filter=\n"
      "smtp/inet/content_filter = scan:[127.0.0.1]:10025\n"
      "smtp/inet/smtpd_recipient_restrictions = a b c d e f g h\n"
      "smtp/unix/content_filter = other\nmyhostname = a\n";
  auto services = parse_master_services(text);
  set_service_parameters(services, text);
  CHECK(services.front().override_of("content_filter") == "scan:[127.0.0.1]:10025");
  CHECK(services.front().override_of("smtpd_recipient_restrictions") == "a b c d e f g h");
  CHECK(services.front().overrides.size() == 2);
}
