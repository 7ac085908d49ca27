// The path of mail through the services of master.cf, and each reason why it is not followed.
#include "postfix/mail_path.h"
#include "postfix/transports.h"

#include "support/catch.h"

namespace shorthop::test {
namespace {

constexpr const char* usual =
    "smtp    inet  n - y - - smtpd\n"
    "pickup  unix  n - y 1 1 pickup\n"
    "cleanup unix  n - y - 0 cleanup\n"
    "rewrite unix  - - y - - trivial-rewrite\n"
    "local   unix  - n n - - local\n"
    "smtp    unix  - - y - - smtp\n";
constexpr const char* back = "127.0.0.1:10025 inet n - n - - smtpd -o content_filter=\n";

/// The path of mail. Parameters whose defaults refer to other parameters are empty unless main.cf sets them.
std::expected<MailPath, PathProblem> path_of(const std::string& master, Parameters main_cf) {
  for (const char* name : {"virtual_alias_domains", "virtual_mailbox_domains", "local_recipient_maps"}) {
    main_cf.try_emplace(name, "");
  }
  std::vector<MasterService> services = parse_master_services(master);
  set_service_parameters(services, master);
  return mail_path(main_cf, services);
}

/// "NAME=VALUE" of each override, or why the path is not followed.
std::string path(const std::string& master, const Parameters& main_cf = {}) {
  const auto found = path_of(master, main_cf);
  if (!found) return found.error().what;
  std::string text;
  for (const auto& [name, value] : found->overrides) text += (text.empty() ? "" : " ") + name + "=" + value;
  return text;
}

}  // namespace

TEST_CASE("master(5): overrides of the services on the path count, overrides of other services do not",
          "[postfix][mail-path]") {
  CHECK(path(usual).empty());
  CHECK(path(usual + std::string("smtp/inet/smtpd_recipient_restrictions = reject\n"
                                 "cleanup/unix/recipient_bcc_maps = hash:/b\n"
                                 "rewrite/unix/transport_maps = hash:/t\n"
                                 "local/unix/alias_maps = hash:/a\n"
                                 "smtp/unix/smtp_generic_maps = hash:/g\n")) ==
        "alias_maps=hash:/a recipient_bcc_maps=hash:/b smtp_generic_maps=hash:/g "
        "smtpd_recipient_restrictions=reject transport_maps=hash:/t");
  CHECK(path(usual + std::string("submission inet n - y - - smtpd -o smtpd_recipient_restrictions=reject\n"
                                 "other unix n - y - 0 cleanup -o virtual_alias_maps=\n"
                                 "pre-cleanup unix n - y - 0 cleanup -o virtual_alias_maps=\n"))
            .empty());
  // An override has no effect if its program does not read the parameter.
  CHECK(path(usual + std::string("smtp/inet/alias_maps = hash:/x\ncleanup/unix/transport_maps = hash:/x\n")).empty());
}

TEST_CASE("postscreen(8): the smtpd behind it is the smtpd of the SMTP port", "[postfix][mail-path]") {
  CHECK(path("smtp inet n - n - 1 postscreen\n"
             "smtpd pass - - n - - smtpd -o smtpd_recipient_restrictions=reject\n"
             "cleanup unix n - y - 0 cleanup\n") == "smtpd_recipient_restrictions=reject");
}

TEST_CASE(
    "postconf(5) cleanup_service_name: overrides of the service that it names count, overrides of cleanup/unix do not",
    "[postfix][mail-path]") {
  const std::string own = usual + std::string(
                                      "smtp/inet/cleanup_service_name = incoming\n"
                                      "cleanup/unix/virtual_alias_maps = hash:/other\n"
                                      "incoming unix n - y - 0 cleanup -o virtual_alias_maps=hash:/in\n");
  CHECK(path(own) == "virtual_alias_maps=hash:/in");
  CHECK(path(usual + std::string("incoming unix n - y - 0 cleanup -o virtual_alias_maps=hash:/in\n"),
             {{"cleanup_service_name", "$my_cleanup"}, {"my_cleanup", "incoming"}}) == "virtual_alias_maps=hash:/in");
}

TEST_CASE("an override is an error if parameters of other programs refer to it", "[postfix][mail-path]") {
  const std::string of_cleanup = usual + std::string("cleanup/unix/virtual_alias_maps = hash:/w\n");
  const std::string refers = "virtual_alias_maps is set for cleanup/unix alone, and other parameters refer to it";
  std::vector<MasterService> services = parse_master_services(of_cleanup);
  set_service_parameters(services, of_cleanup);
  CHECK(mail_path({}, services).error().what == refers);  // virtual_alias_domains does, by default
  CHECK(path(of_cleanup, {{"virtual_alias_domains", "x.example ${virtual_alias_maps}"}}) == refers);
  CHECK(path(of_cleanup, {{"virtual_alias_domains", "$virtual_alias_maps_of_mine"}}) == "virtual_alias_maps=hash:/w");
  const std::string of_smtpd = usual + std::string("smtp/inet/virtual_alias_maps =\n");
  services = parse_master_services(of_smtpd);
  set_service_parameters(services, of_smtpd);
  CHECK(mail_path({}, services).has_value());
  CHECK(path(usual + std::string("cleanup/unix/my_maps = hash:/w\n"), {{"virtual_alias_maps", "$my_maps"}}) ==
        "virtual_alias_maps=hash:/w");
}

TEST_CASE("an override is an error if other programs read the parameter too", "[postfix][mail-path]") {
  CHECK(path(usual + std::string("local/unix/owner_request_special = no\n")) ==
        "owner_request_special is set for local/unix alone");
  CHECK(path(usual + std::string("local/unix/forward_expansion_filter = abc\nsmtp/unix/smtp_tcp_port = 26\n")) ==
        "forward_expansion_filter=abc smtp_tcp_port=26");
}

TEST_CASE("an override may act through a default that main.cf does not show", "[postfix][mail-path]") {
  const auto error = [](const std::string& override) {
    const std::string master = usual + override;
    std::vector<MasterService> services = parse_master_services(master);
    set_service_parameters(services, master);
    const auto found = mail_path({}, services);
    return found ? std::string("none") : found.error().what;
  };
  CHECK(error("") == "none");
  CHECK(error("smtp/inet/alias_maps = hash:/w\n") ==
        "alias_maps is set for smtp/inet alone, and other parameters refer to it");  // local_recipient_maps does
  CHECK(error("rewrite/unix/virtual_alias_maps = hash:/w\n") ==
        "virtual_alias_maps is set for rewrite/unix alone, and other parameters refer to it");
}

TEST_CASE("smtpd(8) accepts the addresses in its own canonical maps", "[postfix][mail-path]") {
  const auto has_own = [](const std::string& master, const Parameters& main_cf) {
    return path_of(usual + master, main_cf)->has_own_canonical;
  };
  CHECK_FALSE(has_own("", {{"canonical_maps", "hash:/c"}}));
  CHECK_FALSE(has_own("cleanup/unix/canonical_maps =\n", {}));
  CHECK(has_own("cleanup/unix/recipient_canonical_maps = hash:/c\n", {}));
  CHECK(has_own("smtp/inet/canonical_maps =\n", {{"canonical_maps", "hash:/c"}}));
}

TEST_CASE("local(8) forwards mail through the cleanup service of its own cleanup_service_name",
          "[postfix][mail-path]") {
  const auto alike = [](const std::string& master, const Parameters& main_cf) {
    return path_of(usual + master, main_cf)->forwards_alike;
  };
  const std::string other = "other unix n - y - 0 cleanup -o canonical_maps=hash:/o\n";
  const Parameters names_other = {{"cleanup_service_name", "$mapper"}, {"mapper", "other"}};
  CHECK(alike(other, {}));
  CHECK(alike(other, names_other));
  CHECK_FALSE(alike(other + "smtp/inet/cleanup_service_name = cleanup\n", names_other));
  CHECK_FALSE(alike(other + "local/unix/cleanup_service_name = other\n", {}));
  CHECK_FALSE(alike(other + "local/unix/cleanup_service_name = missing\n", {}));
  CHECK_FALSE(alike(other + "local-b unix - n n - - local -o cleanup_service_name=other\n", {}));
  const std::string same = "same unix n - y - 0 cleanup -o header_checks= -o maps=hash:/s\n";
  CHECK(alike(same + "local/unix/cleanup_service_name = same\n", {{"canonical_maps", "hash:/c"}}));
  CHECK_FALSE(alike(same + "local/unix/cleanup_service_name = same\n", {{"canonical_maps", "$maps"}, {"maps", ""}}));
}

TEST_CASE("a transport with another program, a missing service and another directory are errors",
          "[postfix][mail-path]") {
  CHECK(path(usual + std::string("relay unix - - y - - pipe\n")) == "the transport relay runs pipe");
  CHECK(path(usual + std::string("cleanup-b unix n - y - 0 cleanup\n"), {{"cleanup_service_name", "cleanup-c"}}) ==
        "master.cf has no service cleanup-c");
  CHECK(path("smtp inet n - y - - smtpd -c /etc/other\ncleanup unix n - y - 0 cleanup\n") ==
        "config_directory is set for smtp/inet alone");
}

TEST_CASE("smtpd(8) decides with its own virtual_alias_maps which recipients exist", "[postfix][mail-path]") {
  const auto of_smtpd = [](const std::string& master, const Parameters& main_cf) {
    return path_of(usual + master, main_cf)->smtpd_aliases;
  };
  CHECK(of_smtpd("", {{"virtual_alias_maps", "hash:/v"}}).empty());
  CHECK(of_smtpd("cleanup/unix/virtual_alias_maps = hash:/w\n", {{"virtual_alias_maps", "hash:/v"}}) ==
        Parameters{{"virtual_alias_maps", "hash:/v"}});
  CHECK(of_smtpd("cleanup/unix/virtual_alias_maps = hash:/w\n", {}) == Parameters{{"virtual_alias_maps", ""}});
  CHECK(of_smtpd("smtp/inet/virtual_alias_maps = hash:/u\n", {{"virtual_alias_maps", "hash:/v"}}) ==
        Parameters{{"virtual_alias_maps", "hash:/u"}});
  CHECK(of_smtpd("smtp/inet/myhostname = mx.example.org\n",
                 {{"virtual_alias_maps", "hash:/$myhostname"}, {"myhostname", "mail.example.org"}}) ==
        Parameters{{"virtual_alias_maps", "hash:/mx.example.org"}});
}

TEST_CASE("FILTER_README: a pass maps addresses, before the filter or behind it", "[postfix][mail-path]") {
  const Parameters filter = {{"content_filter", "scan:[127.0.0.1]:10024"}};
  const std::string unmapped =
      "127.0.0.1:10025/inet/receive_override_options = no_header_body_checks,"
      "no_address_mappings\n";
  CHECK(path(usual + (back + unmapped), filter).empty());
  const std::string behind = usual + std::string(back) +
                             "smtp/inet/receive_override_options = no_address_mappings\n"
                             "127.0.0.1:10025/inet/cleanup_service_name = second\n"
                             "second unix n - n - 0 cleanup -o virtual_alias_maps=hash:/behind\n";
  CHECK(path(behind, filter) == "virtual_alias_maps=hash:/behind");
  CHECK(path(usual + (back + unmapped) + "smtp/inet/receive_override_options = no_address_mappings\n", filter) ==
        "addresses are mapped nowhere on the way through a content filter");
  // A command returns the mail with sendmail(1), through pickup(8). A server does not.
  const std::string command = "scan unix - n n - - pipe argv=/scan\n";
  const std::string pickup =
      "pickup/unix/content_filter =\npickup/unix/receive_override_options = no_address_mappings\n";
  CHECK(path(usual + command + pickup, filter).empty());
  CHECK(path(usual + pickup, filter) == "master.cf has no smtpd for mail that comes back from a filter");
  // Here pickup(8) has the same filter, so that the command cannot return mail through it.
  CHECK(path(usual + command + (back + unmapped), filter).empty());
  CHECK(path(usual + command, filter) == "master.cf has no smtpd for mail that comes back from a filter");
}

TEST_CASE("FILTER_README: one cleanup service may map addresses before the filter and behind it",
          "[postfix][mail-path]") {
  const Parameters main_cf = {{"content_filter", "scan:[127.0.0.1]:10024"}, {"smtp_generic_maps", "hash:/g"}};
  const auto pass_of = [&](const std::string& master) { return *path_of(usual + master, main_cf)->filter; };
  const std::string server = "scan unix - - n - - smtp\n" + std::string(back);
  CHECK(path(usual + server, main_cf).empty());
  CHECK(pass_of(server).sees_mapped);
  CHECK(pass_of(server).maps_again);
  CHECK(pass_of(server).generic_maps == "hash:/g");
  CHECK(pass_of(server + "scan/unix/smtp_generic_maps =\n").generic_maps.empty());
  CHECK(pass_of("scan unix - - n - - lmtp -o lmtp_generic_maps=hash:/l\n" + std::string(back)).generic_maps ==
        "hash:/l");
  const FilterPass behind = pass_of(server + "smtp/inet/receive_override_options = no_address_mappings\n");
  CHECK_FALSE((behind.sees_mapped || behind.maps_again));
  const FilterPass command = pass_of("scan unix - n n - - pipe argv=/scan\npickup/unix/content_filter =\n");
  CHECK((command.maps_again && command.is_command && command.generic_maps.empty()));
  CHECK_FALSE(path_of(usual, {})->filter);
  CHECK(path(usual + server + "10.0.0.1:smtp inet n - n - - smtpd -o content_filter=other:x\n", main_cf) ==
        "the services of master.cf for the SMTP port differ");
}

TEST_CASE("amavis README.postfix: a cleanup service whose maps are all empty maps nothing", "[postfix][mail-path]") {
  const Parameters main_cf = {{"content_filter", "scan:[127.0.0.1]:10024"},
                              {"virtual_alias_maps", "hash:/v"},
                              {"always_bcc", "$archive"},
                              {"archive", "archive@example.net"}};
  const std::string entry = usual + std::string(back) + "smtp/inet/cleanup_service_name = pre-cleanup\n" +
                            "pre-cleanup unix n - n - 0 cleanup -o virtual_alias_maps=";
  const std::string twice = "addresses are mapped by two cleanup services on the way through a content filter";
  CHECK(path(entry + " -o always_bcc=\n", main_cf).empty());
  CHECK(path(entry + " -o archive=\n", main_cf).empty());
  CHECK(path(entry + "\n", main_cf) == twice);
  CHECK(path(entry + " -o always_bcc=$unknown\n", main_cf) == twice);
  CHECK(path(entry + " -o always_bcc= -o sender_canonical_maps=hash:/c\n", main_cf) == twice);
  // If main.cf maps nothing, receive_override_options alone says which pass maps.
  const std::string unmapped = "smtp/inet/receive_override_options = no_address_mappings\n";
  CHECK(path(usual + std::string(back) + unmapped, {{"content_filter", "scan:x"}}).empty());
  // Without a filter there is one pass, whatever it maps.
  CHECK(path(entry + " -o always_bcc=\n", {{"virtual_alias_maps", "hash:/v"}}) == "virtual_alias_maps=");
}

TEST_CASE("SMTPD_PROXY_README: with a before-queue filter, addresses are mapped behind the filter",
          "[postfix][mail-path]") {
  const Parameters proxy = {{"smtpd_proxy_filter", "127.0.0.1:10024"}};
  const std::string returns = "127.0.0.1:10025 inet n - n - - smtpd -o smtpd_proxy_filter=\n";
  CHECK(path(usual + returns, proxy).empty());
  CHECK(path(usual + returns + "127.0.0.1:10025/inet/receive_override_options = no_address_mappings\n", proxy) ==
        "addresses are mapped nowhere on the way through a content filter");
}

TEST_CASE("postconf(5) myhostname: an smtpd(8) with a name of its own has other local domains",
          "[postfix][mail-path]") {
  const auto doubts = [](const std::string& option, Parameters main_cf) {
    main_cf.try_emplace("myhostname", "mail.example.org");
    const auto path = path_of(usual + option, main_cf);
    if (!path) return path.error().what;
    std::string text;
    for (const std::string& domain : path->smtpd_doubts) text += (text.empty() ? "" : " ") + domain;
    return text;
  };
  const std::string own = "smtp/inet/myhostname = MX1.other.example\n";
  CHECK(doubts("", {}).empty());
  CHECK(doubts(own, {{"mydestination", "example.org, localhost"}, {"myorigin", "/etc/mailname"}}).empty());
  CHECK(doubts(own, {{"mydestination", "$myhostname, example.org, localhost"}, {"myorigin", "example.org"}}) ==
        "mail.example.org mx1.other.example");
  CHECK(doubts(own, {}) == "localhost.example.org localhost.other.example mail.example.org mx1.other.example");
  // Whether main.cf sets mydomain is not known.
  CHECK(doubts(own, {{"mydomain", "example.org"}, {"mydestination", "$mydomain"}, {"myorigin", "$mydomain"}}) ==
        "example.org other.example");
  CHECK(doubts("smtp/inet/mydomain = other.example\n", {{"mydestination", "$mydomain"}, {"myorigin", "x.example"}}) ==
        "example.org other.example");
  CHECK(doubts("192.0.2.7:smtp inet n - y - - smtpd -o myhostname=mx2.example.org\n" + own,
               {{"mydestination", "$myhostname"}, {"myorigin", "x.example"}}) ==
        "mail.example.org mx1.other.example mx2.example.org");
  CHECK(doubts("127.0.0.1:10025 inet n - n - - smtpd -o content_filter= -o myhostname=filter.example\n",
               {{"content_filter", "scan:x"}, {"mydestination", "$myhostname"}, {"myorigin", "x.example"}}) ==
        "filter.example mail.example.org");
  const std::string refused = "myhostname is set for smtp/inet alone";
  CHECK(doubts(own, {{"mydestination", "hash:/etc/$myhostname"}}) == refused);
  CHECK(doubts(own, {{"mydestination", "$nowhere_defined"}}) == refused);
  CHECK(doubts("cleanup/unix/myhostname = x.example\n", {}) == "myhostname is set for cleanup/unix alone");
}

TEST_CASE("master.cf: an ambiguous path of mail is an error", "[postfix][mail-path]") {
  CHECK(path("") == "master.cf has no smtpd for the SMTP port");
  CHECK(path("submission inet n - y - - smtpd\n") == "master.cf has no smtpd for the SMTP port");
  CHECK(path(usual + std::string("192.0.2.1:smtp inet n - y - - smtpd -o content_filter=scan:x\n")) ==
        "the services of master.cf for the SMTP port differ");
  CHECK(path(usual, {{"receive_override_options", "no_address_mappings"}}) ==
        "receive_override_options has no_address_mappings, and no content filter returns the mail");
  CHECK(path("smtp inet n - y - - smtpd\n", {{"content_filter", "scan:x"}}) ==
        "master.cf has no smtpd for mail that comes back from a filter");
  CHECK(path(usual + std::string(back) +
                 "127.0.0.1:10026 inet n - n - - smtpd -o content_filter= -o cleanup_service_name=other\n",
             {{"content_filter", "scan:x"}}) ==
        "the services of master.cf for mail that comes back from a filter differ");
  CHECK(path(usual + std::string("192.0.2.1:25 inet n - y - - smtpd -o soft_bounce=yes\n")) ==
        "the smtpd services of master.cf differ in soft_bounce");
  CHECK(path(usual + std::string("cleanup/unix/myorigin = other.example\n")) ==
        "myorigin is set for cleanup/unix alone");
  CHECK(path(usual + std::string("smtp/inet/recipient_delimiter = -\n")) ==
        "recipient_delimiter is set for smtp/inet alone");
  CHECK(path(usual +
             std::string("a\xff unix n - y - 0 cleanup -o myorigin=x\nsmtp/inet/cleanup_service_name = a\xff\n")) ==
        "myorigin is set for a\\xff/unix alone");
}

TEST_CASE("smtpd services may differ in restrictions that say nothing about recipients", "[postfix][mail-path]") {
  const std::string lan = usual + std::string("10.0.0.1:smtp inet n - n - - smtpd ");
  CHECK(path(lan + "-o smtpd_client_restrictions=permit_mynetworks,reject -o smtpd_helo_restrictions=\n",
             {{"smtpd_helo_restrictions", "reject_invalid_helo_hostname"}})
            .empty());
  CHECK(path(usual + std::string("smtpd pass - - n - - smtpd -o smtpd_client_restrictions=permit_mynetworks,reject\n"))
            .empty());
  const Parameters asks = {{"smtpd_recipient_restrictions", "permit_mynetworks, check_recipient_access $blocked"},
                           {"blocked", "hash:/b"},
                           {"smtpd_restriction_classes", "strict"},
                           {"strict", "reject_unlisted_recipient"}};
  CHECK(path(lan + "-o smtpd_recipient_restrictions=check_recipient_access,hash:/b\n", asks).empty());
  const std::string differ = "the smtpd services differ in check_recipient_access, reject or reject_unlisted_recipient";
  for (const char* option : {"smtpd_recipient_restrictions=reject", "blocked=hash:/c", "strict=reject",
                             "smtpd_recipient_restrictions=check_recipient_access,hash:/b,reject",
                             "smtpd_sender_restrictions=check_recipient_access,hash:/s"}) {
    CHECK(path(lan + "-o " + option + "\n", asks) == differ);
  }
}

TEST_CASE("smtpd services behind a filter may differ in restrictions that say nothing about recipients",
          "[postfix][mail-path]") {
  const Parameters proxy = {{"smtpd_proxy_filter", "127.0.0.1:10024"}};
  const std::string two = usual + std::string(
                                      "127.0.0.1:10025 inet n - n - - smtpd -o smtpd_proxy_filter=\n"
                                      "127.0.0.1:10026 inet n - n - - smtpd -o smtpd_proxy_filter= -o ");
  CHECK(path(two + "smtpd_client_restrictions=permit_mynetworks,reject\n", proxy).empty());
  CHECK(path(two + "smtpd_client_restrictions=check_recipient_access,hash:/b\n", proxy) ==
        "the services behind the filter differ in check_recipient_access, reject or reject_unlisted_recipient");
}

TEST_CASE("smtp(8) may have its own host name and domains, unless it asks smtp_generic_maps", "[postfix][mail-path]") {
  const std::string own = usual + std::string("smtp/unix/myhostname = out.example.org\n");
  const Parameters refers = {{"mydestination", "$myhostname"}, {"myhostname", "mail.example.org"}};
  CHECK(path(own, refers).empty());
  CHECK(path(own + "smtp/unix/smtp_generic_maps = hash:/g\n", refers) ==
        "myhostname is set for smtp/unix alone, and other parameters refer to it");
  CHECK(path(usual + std::string("smtp/unix/smtputf8_enable = no\n")) == "smtputf8_enable is set for smtp/unix alone");
  CHECK(path("smtp inet n - y - - smtpd\ncleanup unix n - y - 0 cleanup\nsmtp unix - - y - - smtp -c /etc/other\n") ==
        "config_directory is set for smtp/unix alone");
}

TEST_CASE("transport(5): a transport counts as smtp if it runs smtp(8) with the same settings for routes and addresses",
          "[postfix][mail-path]") {
  const auto transports = [](const std::string& options, const Parameters& main_cf = {}) {
    return path_of(usual + ("slow unix - - n - 1 smtp " + options), main_cf)->smtp_transports;
  };
  const std::set<std::string, std::less<>> with_slow = {"relay", "slow", "smtp"};
  const std::set<std::string, std::less<>> without = {"relay", "smtp"};
  CHECK(transports("") == with_slow);
  CHECK(transports("-o syslog_name=postfix/slow -o myhostname=slow.example -o inet_protocols=ipv4") == with_slow);
  for (const char* option :
       {"smtp_tcp_port=26", "smtp_generic_maps=hash:/g", "disable_dns_lookups=yes", "smtputf8_enable=no", "port=26"}) {
    CHECK(transports(std::string("-o ") + option, {{"smtp_tcp_port", "$port"}, {"port", "smtp"}}) == without);
  }
  // Here main.cf's smtp_generic_maps apply to slow, and not to smtp.
  CHECK(transports("\nsmtp/unix/smtp_generic_maps =\n", {{"smtp_generic_maps", "hash:/g"}}) == without);
  CHECK(path_of(usual + std::string("slow unix - - n - 1 lmtp\nslow inet n - n - 1 smtp\n"), {})->smtp_transports ==
        without);
}

TEST_CASE("master(5): services that run another program than smtp(8), or use another port, are other transports",
          "[postfix][mail-path]") {
  using Names = std::set<std::string, std::less<>>;
  const std::string master = usual + std::string(
                                         "smtp-archive unix - n n - - pipe flags=R user=nobody argv=/bin/cat\n"
                                         "smtp-slow unix - - n - 1 smtp -o smtp_connect_timeout=9s\n"
                                         "relay-lmtp unix - - n - - lmtp\n"
                                         "smtp-2525 unix - - n - - smtp -o smtp_tcp_port=$other\n");
  const auto services = parse_master_services(master);
  const Names always = {"cleanup", "local", "pickup", "relay-lmtp", "rewrite", "smtp-archive"};
  Names with_port = always;
  with_port.insert("smtp-2525");
  CHECK(other_transports(services, {{"other", "2525"}}) == with_port);
  CHECK(other_transports(services, {{"other", "25"}}) == always);
  with_port.insert({"smtp", "smtp-slow"});
  CHECK(other_transports(services, {{"other", "2525"}, {"smtp_tcp_port", "26"}}) == with_port);
}

TEST_CASE("an error of the path has a fix of its own", "[postfix][mail-path]") {
  const auto fix = [](const std::string& master, const Parameters& main_cf = {}) {
    return path_of(master, main_cf).error().fix;
  };
  const std::string nowhere =
      "smtp/inet/receive_override_options = no_address_mappings\n"
      "127.0.0.1:10025/inet/receive_override_options = no_address_mappings\n";
  CHECK(fix(usual + std::string("10.0.0.1:smtp inet n - n - - smtpd -o soft_bounce=yes\n")) ==
        "give them the same soft_bounce in the primary's master.cf");
  CHECK(fix(usual + std::string("cleanup/unix/myorigin = other.example\n")) ==
        "set it in the primary's main.cf instead");
  CHECK(fix(usual + (back + nowhere), {{"content_filter", "scan:x"}}) ==
        "let all mail of port 25 pass one cleanup service that maps addresses, in the primary's master.cf");
}

TEST_CASE("postconf(5): an option of a service may refer to another parameter", "[postfix][mail-path]") {
  const Parameters filter = {
      {"content_filter", "$scanner"}, {"scanner", "scan:[127.0.0.1]:10024"}, {"unmapped", "no_address_mappings"}};
  const std::string behind = usual + std::string(back) + "smtp/inet/receive_override_options = $unmapped\n";
  CHECK(path(behind, filter).empty());
  CHECK(path(usual, {{"receive_override_options", "$unmapped"}, {"unmapped", "no_address_mappings"}}) ==
        "receive_override_options has no_address_mappings, and no content filter returns the mail");
  CHECK(path(usual + std::string("smtp/inet/receive_override_options = $unmapped\n"
                                 "smtp/inet/unmapped = no_address_mappings\n")) ==
        "receive_override_options has no_address_mappings, and no content filter returns the mail");
  CHECK(path(usual, {{"content_filter", "$scanner"}, {"scanner", ""}}).empty());
  CHECK(path(usual, {{"receive_override_options", "$undefined"}}) ==
        "receive_override_options of smtp/inet: \"$undefined\" cannot be expanded");
}

}  // namespace shorthop::test
