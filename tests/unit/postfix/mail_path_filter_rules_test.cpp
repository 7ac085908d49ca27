// The path of mail that a rule of header_checks(5) or access(5) passes to a filter.
#include "postfix/mail_path.h"
#include "support/catch.h"

namespace shorthop::test {
namespace {

const std::string one_filter =
    "smtp    inet  n - y - - smtpd\n"
    "pickup  unix  n - y 1 1 pickup\n"
    "cleanup unix  n - y - 0 cleanup\n"
    "rewrite unix  - - y - - trivial-rewrite\n"
    "local   unix  - n n - - local\n"
    "smtp    unix  - - y - - smtp\n"
    "127.0.0.1:10025 inet n - n - - smtpd -o content_filter=\n";

std::expected<MailPath, PathProblem> rule_path(const std::string& more_services, bool filters_by_rule = true) {
  const std::string master = one_filter + more_services;
  std::vector<MasterService> services = parse_master_services(master);
  set_service_parameters(services, master);
  const Parameters main_cf = {{"virtual_alias_maps", "hash:/v"},
                              {"virtual_alias_domains", ""},
                              {"virtual_mailbox_domains", ""},
                              {"local_recipient_maps", ""},
                              {"smtp_generic_maps", "hash:/g"}};
  return mail_path(main_cf, services, filters_by_rule);
}

constexpr const char* second = "127.0.0.1:10025/inet/cleanup_service_name = second\n";

}  // namespace

TEST_CASE("header_checks(5) and access(5): FILTER passes mail to a filter, as content_filter does",
          "[postfix][mail-path]") {
  CHECK_FALSE(rule_path("", false)->filter);
  const auto found = rule_path("");
  CHECK((found->filter->sees_mapped && found->filter->maps_again && found->filter->is_command));
  CHECK(found->filter->generic_maps == "hash:/g");
  CHECK(found->second_check.has_value());
}

TEST_CASE("FILTER: lmtp(8) may take the mail to the filter, with its own lmtp_generic_maps", "[postfix][mail-path]") {
  const std::string by_lmtp = "lmtp unix - - y - - lmtp -o lmtp_generic_maps=hash:/l\n";
  CHECK(rule_path("smtp/unix/smtp_generic_maps =\n" + by_lmtp)->filter->generic_maps == "hash:/l");
  CHECK(rule_path("smtp/unix/smtp_generic_maps =\n")->filter->generic_maps.empty());
}

TEST_CASE("FILTER: any smtpd(8) for filters, and pickup(8), may take the mail back", "[postfix][mail-path]") {
  const std::string unmapped = "127.0.0.1:10025/inet/receive_override_options = no_address_mappings\n";
  CHECK(rule_path(unmapped)->filter->maps_again);
  const std::string unpicked = "pickup/unix/receive_override_options = no_address_mappings\n";
  CHECK_FALSE(rule_path(unmapped + unpicked)->filter->maps_again);
}

TEST_CASE("FILTER: the cleanup service behind the filter must map addresses as the one before it",
          "[postfix][mail-path]") {
  CHECK(rule_path(second + std::string("second unix n - n - 0 cleanup\n"))->filter->maps_again);
  const std::string other = second + std::string("second unix n - n - 0 cleanup -o virtual_alias_maps=hash:/b\n");
  CHECK(rule_path(other).error().what ==
        "a rule passes mail to a filter, and another cleanup service may map its addresses again");
}

}  // namespace shorthop::test
