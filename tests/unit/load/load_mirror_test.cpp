// What a mirror says in addition to the primary's parameters.
#include "load/load_relay.h"
#include "support/catch.h"
#include "tables/types/backends.h"
#include "unit/load/postconf_answer.h"

namespace shorthop::test {

TEST_CASE("a mirror: a rule with FILTER, or in a file that cannot be read, may pass mail to a filter",
          "[load][mirror]") {
  const SettingsDirectory directory;
  RelaySettings settings = relay_settings();
  settings.mirror.value = (directory / "mirror").string();
  const auto filters = [&](const std::string& setting) {
    directory.put("mirror/postconf", usual + setting);
    directory.put("mirror/stamp", "");
    Backends backends;
    return load_relay(settings, SystemFiles(), backends).relay->primary.rules.filters_by_rule;
  };
  CHECK_FALSE(filters(""));
  CHECK_FALSE(filters("header_checks = regexp:{ { /^Subject:/ WARN x } }\n"));
  CHECK(filters("header_checks = regexp:/etc/postfix/header_checks\n"));
  directory.put("mirror/files/etc/postfix/header_checks", "/^Subject:/ WARN x\n");
  CHECK_FALSE(filters("header_checks = regexp:/etc/postfix/header_checks\n"));
  directory.put("mirror/files/etc/postfix/header_checks", "/^Subject:/ FILTER smtp:[127.0.0.1]:10026\n");
  CHECK(filters("header_checks = regexp:/etc/postfix/header_checks\n"));
  CHECK(filters("smtpd_client_restrictions = check_client_access static:{FILTER scan:dummy}\n"));
}

}  // namespace shorthop::test
