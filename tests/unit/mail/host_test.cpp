#include "mail/host.h"

#include "support/catch.h"

namespace shorthop::test {

TEST_CASE("bare_host() removes brackets, port, final dot and the tag of an IPv6 address", "[mail]") {
  CHECK(bare_host("mail.example.org") == "mail.example.org");
  CHECK(bare_host("[mail.example.org]") == "mail.example.org");
  CHECK(bare_host("[mail.example.org]:2525") == "mail.example.org");
  CHECK(bare_host("mail.example.org:smtp") == "mail.example.org");
  CHECK(bare_host("example.org.") == "example.org");
  CHECK(bare_host("2001:db8::1") == "2001:db8::1");
  CHECK(bare_host("IPv6:2001:db8::1") == "2001:db8::1");
  CHECK(bare_host("IPv6:::1") == "::1");
  CHECK(bare_host("[IPv6:2001:db8::1]:25") == "2001:db8::1");
  CHECK(bare_host("[unbalanced") == "unbalanced");
  CHECK(bare_host("[").empty());
  CHECK(bare_host("").empty());
}

TEST_CASE("host_key(): U-labels and A-labels are two spellings of one host", "[mail]") {
  CHECK(host_key("[Mail.Example.ORG]:25") == "mail.example.org");
  CHECK(host_key("MAIL.BÜCHER.example") == "mail.xn--bcher-kva.example");
  CHECK(host_key("[mail.XN--Bcher-kva.example]") == "mail.xn--bcher-kva.example");
  CHECK(host_key("[IPv6:2001:DB8::1]:25") == "2001:db8::1");
  CHECK(host_key("192.0.2.1") == "192.0.2.1");
  CHECK(host_key("not a Host") == "not a host");
  CHECK(host_key("").empty());
}

TEST_CASE("is_below_any(): a subdomain of one of the domains", "[mail]") {
  CHECK(is_below_any("a.example.org", {"example.net", "example.org"}));
  CHECK_FALSE(is_below_any("example.org", {"example.net", "example.org"}));
  CHECK_FALSE(is_below_any("badexample.org", {"example.org"}));
  CHECK_FALSE(is_below_any("a.example.org", {}));
}

TEST_CASE("port_of_host() is the port after a host name or after an address in brackets", "[mail]") {
  CHECK(port_of_host("mail.example.org").empty());
  CHECK(port_of_host("mail.example.org:2525") == "2525");
  CHECK(port_of_host("[mail.example.org]:smtp") == "smtp");
  CHECK(port_of_host("[2001:db8::1]:2525") == "2525");
  CHECK(port_of_host("[2001:db8::1]").empty());
  CHECK(port_of_host("2001:db8::1").empty());
  CHECK(port_of_host("[unbalanced:25").empty());
  CHECK(port_of_host("").empty());
}

TEST_CASE("has_other_port() finds a port other than the SMTP port, by number or by name", "[mail]") {
  CHECK(has_other_port("[mail.example.org]:2525"));
  CHECK(has_other_port("mail.example.org:submission"));
  CHECK_FALSE(has_other_port("[mail.example.org]:25"));
  CHECK_FALSE(has_other_port("mail.example.org:smtp"));
  CHECK_FALSE(has_other_port("[2001:db8::1]"));
}

TEST_CASE("transport(5): a next hop is a list of hosts", "[mail]") {
  using Hosts = std::vector<std::string_view>;
  CHECK(hosts_in_list("[192.0.2.10]:25, [192.0.2.77]") == Hosts{"[192.0.2.10]:25", "[192.0.2.77]"});
  CHECK(hosts_in_list("a.example,b.example\tc.example") == Hosts{"a.example", "b.example", "c.example"});
  CHECK(hosts_in_list(" [2001:db8::1] ,") == Hosts{"[2001:db8::1]"});
  CHECK(hosts_in_list(" , ").empty());
}

TEST_CASE("an address literal has only digits and dots, or a colon", "[mail]") {
  CHECK(is_address_literal("192.0.2.1"));
  CHECK(is_address_literal("2001:db8::1"));
  CHECK_FALSE(is_address_literal("mail.example.org"));
}

}  // namespace shorthop::test
