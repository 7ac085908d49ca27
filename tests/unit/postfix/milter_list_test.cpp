// smtpd_milters as a list, and one socket under the names used by libmilter and Postfix.
#include "postfix/milter_list.h"

#include "support/catch.h"

using namespace shorthop;

namespace {

/// A socket of the settings in the form for Postfix.
std::string written(std::string_view socket, std::string_view queue_directory) {
  return endpoint_for_postfix(Endpoint::parse(socket).value(), queue_directory).postfix_text();
}

/// Whether this entry of a list is this socket of the settings.
bool leads_to(std::string_view entry, std::string_view socket, std::string_view queue_directory) {
  return shorthop::leads_to(milter_entries(entry).at(0), Endpoint::parse(socket).value(), queue_directory);
}

}  // namespace

TEST_CASE("postconf(5) smtpd_milters: entries are separated by spaces and commas, except in braces",
          "[postfix][milter-list]") {
  const auto entries =
      milter_entries("inet:a:1,unix:b\n {inet:c:3,default_action=accept , { connect_timeout = 5s }} $d");
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].milter == "inet:a:1");
  CHECK(entries[1].milter == "unix:b");
  CHECK(entries[2].milter == "inet:c:3");
  CHECK(entries[2].attribute("default_action") == "accept");
  CHECK(entries[2].attribute("connect_timeout") == "5s");
  CHECK(entries[2].attribute("command_timeout").empty());
  CHECK(entries[3].text == "$d");
  CHECK(milter_entries(" , \n").empty());
}

TEST_CASE("a socket below the queue directory is written relative to it", "[postfix][milter-list]") {
  CHECK(written("unix:/var/spool/postfix/shorthop/milter.sock", "/var/spool/postfix") == "unix:shorthop/milter.sock");
  CHECK(written("unix:/var/spool/postfix-mx/shorthop/milter.sock", "/var/spool/postfix") ==
        "unix:/var/spool/postfix-mx/shorthop/milter.sock");
  CHECK(written("unix:/run/shorthop/milter.sock", "/var/spool/postfix") == "unix:/run/shorthop/milter.sock");
  CHECK(written("unix:/var/spool/postfix", "/var/spool/postfix") == "unix:/var/spool/postfix");
}

TEST_CASE("smfi_setconn(3) inet:port@host is Postfix's inet:host:port", "[postfix][milter-list]") {
  CHECK(written("inet:10027@127.0.0.1", "/q") == "inet:127.0.0.1:10027");
  CHECK(written("inet:10027@0.0.0.0", "/q") == "inet:127.0.0.1:10027");
  CHECK(written("inet6:10027@::", "/q") == "inet:[::1]:10027");
  CHECK(written("inet6:10027@::1", "/q") == "inet:[::1]:10027");
  CHECK(leads_to("inet:localhost:10027", "inet:10027@127.0.0.1", "/q"));
  CHECK(leads_to("inet:[::1]:10027", "inet6:10027@[::1]", "/q"));
  CHECK_FALSE(leads_to("inet:localhost:10028", "inet:10027@127.0.0.1", "/q"));
  CHECK_FALSE(leads_to("unix:10027", "inet:10027@127.0.0.1", "/q"));
}

TEST_CASE("the milters beside shorthop are the other milters of the lists that contain shorthop, each once",
          "[postfix][milter-list]") {
  const Endpoint socket = Endpoint::unix_socket("/q/shorthop/s");
  CHECK(milters_beside(socket,
                       {{"queue_directory", "/q"},
                        {"non_smtpd_milters", "unix:a inet:b:1 unix:shorthop/s"},
                        {"smtpd_milters", "unix:c"},
                        {"smtp/inet/smtpd_milters", "{ unix:/shorthop/s, x=y } unix:a $d"}},
                       {}) == std::vector<std::string>{"unix:a", "inet:b:1", "$d"});
  CHECK(milters_beside(socket, {}, {}).empty());
}

TEST_CASE(
    "postconf(5) smtpd_milter_maps: lists of clients are read, and a table that cannot be listed counts as a milter",
    "[postfix][milter-list]") {
  const Parameters parameters = {{"queue_directory", "/q"},
                                 {"smtpd_milters", "unix:shorthop/s"},
                                 {"smtp/inet/smtpd_milter_maps", "hash:/a, cidr:/b"},
                                 {"smtpd_milter_maps", "cidr:/b"}};
  CHECK(milter_map_tables(parameters) == std::vector<std::string>{"hash:/a", "cidr:/b"});
  const MilterMaps maps{{{"hash:/a", "192.0.2.1", "DISABLE"},
                         {"hash:/a", "192.0.2.2", "unix:other"},
                         {"hash:/a", "192.0.2.3", "unix:beside unix:shorthop/s"}},
                        {"cidr:/b"}};
  CHECK(milters_beside(Endpoint::unix_socket("/q/shorthop/s"), parameters, maps) ==
        std::vector<std::string>{"unix:beside", "the milters of cidr:/b"});
}

TEST_CASE("the same socket by its path, relative to the queue directory, and as seen by a chrooted smtpd(8)",
          "[postfix][milter-list]") {
  const std::string_view socket = "unix:/var/spool/postfix/shorthop/milter.sock";
  for (const std::string_view endpoint :
       {"unix:shorthop/milter.sock", "unix:/shorthop/milter.sock", "unix:/var/spool/postfix/shorthop/milter.sock"}) {
    CHECK(leads_to(endpoint, socket, "/var/spool/postfix"));
  }
  CHECK_FALSE(leads_to("unix:shorthop/other.sock", socket, "/var/spool/postfix"));
  CHECK_FALSE(leads_to("$milters", socket, "/var/spool/postfix"));
}
