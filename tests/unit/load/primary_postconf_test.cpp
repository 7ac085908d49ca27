// The primary's output of postconf(1): rules, and problems with the file. Its domains are in
// primary_postconf_domains_test.cpp, its tables in address_tables_test.cpp.
#include "load/mirror/primary_postconf.h"

#include <random>
#include <set>
#include <string_view>

#include "load/load_relay.h"
#include "load/mirror/primary_parameters.h"
#include "postfix/parameter_owners.h"
#include "postfix/parameters.h"
#include "support/catch.h"
#include "tables/types/backends.h"
#include "unit/load/postconf_answer.h"

namespace shorthop::test {

TEST_CASE("master(5): a service may have its own value of each parameter that is read", "[load][postconf]") {
  // PathFinder reads the parameters of smtpd(8) in this list. Only master(8) reads master_service_disable, which counts
  // only in main.cf. The others are used only to expand other parameters.
  const std::set<std::string_view> others = {"alias_database",
                                             "data_directory",
                                             "default_database_type",
                                             "master_service_disable",
                                             "receive_override_options",
                                             "smtpd_discard_ehlo_keywords",
                                             "smtpd_discard_ehlo_keyword_address_maps"};
  for (const Default& row : defaults) {
    INFO(row.name);
    CHECK(is_followed_parameter(row.name) != others.contains(row.name));
  }
}

TEST_CASE("primary-postconf: domains and origin, expanded", "[load][primary-postconf]") {
  const Answer answer = read(std::string(usual) + "recipient_delimiter = +\n");
  const PrimaryRules& rules = answer.facts.rules;
  CHECK(joined(rules.local_domains) == "example.org localhost localhost.example.org mail.example.org");
  CHECK(rules.virtual_alias_domains.empty());
  CHECK(rules.virtual_mailbox_domains.empty());
  CHECK(rules.myorigin == "example.org");
  CHECK(rules.delimiters == "+");
  CHECK(rules.owner_request_special);
  CHECK((rules.propagate.virtual_aliases && !rules.propagate.aliases && !rules.propagate.forwards));
  CHECK(rules.limits.virtual_recursion == 1000);
  CHECK(answer.facts.unproven.empty());
  CHECK(answer.said.empty());
}

TEST_CASE("primary-postconf: Postfix's defaults apply to parameters that it omits", "[load][primary-postconf]") {
  RelaySettings relay = relay_settings();
  relay.domains.value = {"mail.example.org"};
  const Answer answer = read("myhostname = Mail.example.org\n", relay);
  CHECK(joined(answer.facts.rules.local_domains) == "localhost localhost.example.org mail.example.org");
  CHECK(answer.facts.rules.myorigin == "mail.example.org");
  CHECK(answer.facts.rules.delimiters.empty());
  CHECK(answer.said.empty());
}

TEST_CASE("primary-postconf: smtp(8) may lose ORCPT if it discards DSN or sends no EHLO", "[load][primary-postconf]") {
  const auto loses_orcpt = [](const char* setting) {
    return read(usual + std::string(setting)).facts.rules.loses_orcpt;
  };
  CHECK_FALSE(loses_orcpt(""));
  CHECK_FALSE(loses_orcpt("smtp_discard_ehlo_keywords = chunking, pipelining\n"));
  CHECK(loses_orcpt("smtp_discard_ehlo_keywords = chunking, DSN\n"));
  CHECK(loses_orcpt("smtp_discard_ehlo_keyword_address_maps = hash:/x\n"));
  CHECK(loses_orcpt("smtp_never_send_ehlo = yes\n"));
  CHECK(loses_orcpt("smtp_always_send_ehlo = no\n"));
  CHECK_FALSE(loses_orcpt("smtp_never_send_ehlo = no\nsmtp_always_send_ehlo = yes\n"));
}

TEST_CASE("a mirror: smtp(8) may lose ORCPT by a setting of any of its services", "[load][mirror]") {
  const SettingsDirectory directory;
  directory.put("mirror/postconf", usual);
  RelaySettings settings = relay_settings();
  settings.mirror.value = (directory / "mirror").string();
  const auto loses_orcpt = [&](const std::string& service) {
    directory.put("mirror/master", "smtp inet n - y - - smtpd\nsmtp unix - - y - - smtp\n" + service);
    directory.put("mirror/stamp", "");
    Backends backends;
    return load_relay(settings, SystemFiles(), backends).relay->primary.rules.loses_orcpt;
  };
  CHECK_FALSE(loses_orcpt(""));
  CHECK_FALSE(loses_orcpt("slow unix - - y - - lmtp -o smtp_discard_ehlo_keywords=dsn\n"));
  CHECK(loses_orcpt("slow unix - - y - - smtp -o smtp_discard_ehlo_keywords=dsn\n"));
  CHECK(loses_orcpt("slow unix - - y - - smtp -o smtp_discard_ehlo_keywords=$mine\n"));
  CHECK(loses_orcpt("slow unix - - y - - smtp -o smtp_never_send_ehlo=yes\n"));
  CHECK(loses_orcpt("slow/unix/smtp_discard_ehlo_keyword_address_maps = hash:/x\nslow unix - - y - - smtp\n"));
}

TEST_CASE("primary-postconf: extensions, owner aliases, limits and domains are read", "[load][primary-postconf]") {
  const Answer answer = read(std::string(usual) +
                             "owner_request_special = no\n"
                             "propagate_unmatched_extensions = alias, include forward\n"
                             "virtual_alias_recursion_limit = 5\n"
                             "virtual_alias_expansion_limit = 6\n"
                             "virtual_alias_address_length_limit = 7\n"
                             "virtual_alias_domains = alias.example\n"
                             "virtual_mailbox_domains = box.example !no.example no.example\n");
  const PrimaryRules& rules = answer.facts.rules;
  CHECK(!rules.owner_request_special);
  CHECK((!rules.propagate.virtual_aliases && rules.propagate.aliases && rules.propagate.forwards &&
         rules.propagate.includes));
  CHECK(rules.limits.virtual_recursion == 5);
  CHECK(rules.limits.virtual_expansion == 6);
  CHECK(rules.limits.address_length == 7);
  CHECK(joined(rules.virtual_alias_domains) == "alias.example");
  CHECK(joined(rules.virtual_mailbox_domains) == "box.example");
}

TEST_CASE("postconf(5) append_dot_mydomain: yes by default below compatibility level 1", "[load][primary-postconf]") {
  const auto appended = [](std::string_view lines) {
    const Answer answer = read("mydomain = Example.org\n" + std::string(usual) + std::string(lines));
    return answer.facts.rules.dot_domain;
  };
  CHECK(appended("") == "example.org");
  CHECK(appended("compatibility_level = 3.6\n").empty());
  CHECK(appended("compatibility_level = 1\n").empty());
  CHECK(appended("compatibility_level = 3.6\nappend_dot_mydomain = yes\n") == "example.org");
  CHECK(appended("append_dot_mydomain = no\n").empty());
  CHECK(read("myhostname = mail.example.org\nmydestination = example.org\n").facts.rules.dot_domain == "example.org");
}

TEST_CASE("postconf(5): luser_relay, mailbox_transport or fallback_transport_maps may take a name without a mailbox",
          "[load][primary-postconf]") {
  CHECK(!read(usual).facts.rules.luser_relay);
  CHECK(!read(usual).facts.rules.other_mailboxes);
  CHECK(read(std::string(usual) + "luser_relay = ann\n").facts.rules.luser_relay);
  CHECK(read(std::string(usual) + "mailbox_transport = lmtp:unix:/x\n").facts.rules.other_mailboxes);
  CHECK(read(std::string(usual) + "fallback_transport_maps = inline:{ a=b }\n").facts.rules.other_mailboxes);
}

TEST_CASE("postconf(5) forward_path: the default or a part of it; otherwise .forward files are not trusted",
          "[load][primary-postconf]") {
  const auto searched = [](std::string_view line) {
    const Answer answer = read(std::string(usual) + std::string(line));
    const ForwardPath& path = answer.facts.rules.forward_path;
    return std::string(path.with_extension ? "extension" : "") + (path.plain ? " plain" : "") +
           (answer.said.empty() ? "" : " warned");
  };
  CHECK(searched("") == "extension plain");
  CHECK(searched("forward_path = $home/.forward${recipient_delimiter}${extension}, $home/.forward\n") ==
        "extension plain");
  CHECK(searched("recipient_delimiter = +\nforward_path = $home/.forward+$(extension) $home/.forward\n") ==
        "extension plain");
  CHECK(searched("forward_path = $home/.forward\n") == " plain");
  CHECK(searched("forward_path = $home/.forward${recipient_delimiter}${extension}\n") == "extension");
  CHECK(searched("forward_path =\n").empty());
  CHECK(searched("forward_path = /var/forward/$user, $home/.forward\n") == " warned");
  CHECK(searched("forward_path = $home/.forward, $home/.forward+${extension}\n") == " warned");
  CHECK(searched("recipient_delimiter = +-\nforward_path = $home/.forward+${extension}\n") == " warned");
  CHECK(searched("forward_expansion_filter = "
                 "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\n") == "extension plain");
  CHECK(searched("forward_expansion_filter = abcdefghijklmnopqrstuvwxyz/.+\n") == " warned");
}

TEST_CASE("primary-postconf: virtual_alias_domains defaults to the keys of the copied tables",
          "[load][primary-postconf]") {
  CHECK(!read(usual).facts.rules.alias_domains_are_keys);
  const Answer answer = read(std::string(usual) + "virtual_alias_maps = hash:/etc/postfix/virtual\n");
  CHECK(answer.facts.rules.alias_domains_are_keys);
  CHECK(answer.facts.unproven.empty());
  CHECK(read(std::string(usual) + "virtual_maps = hash:${config_directory}/virtual\n")
            .facts.rules.alias_domains_are_keys);
}

TEST_CASE("primary-postconf: the delimiter of the relay file is used, and the difference is reported",
          "[load][primary-postconf]") {
  RelaySettings relay = relay_settings();
  relay.recipient_delimiter = Located<std::string>{"-", {"example.org.conf", 9}};
  const Answer answer = read(std::string(usual) + "recipient_delimiter = +\n", relay);
  CHECK(answer.facts.rules.delimiters == "-");
  CHECK(answer.said ==
        "postconf-n: warning: recipient_delimiter is \"+\", but example.org.conf:9 says \"-\" (fix: remove it from the "
        "relay file, whose value is used until then)\n");
}

TEST_CASE("primary-postconf: an unreadable file keeps every recipient of the relay, and says why",
          "[load][primary-postconf]") {
  const auto all_kept = [](const Answer& answer) {
    return answer.facts.unproven.size() == 1 && answer.facts.unproven[0].kind == FailureKind::not_mirrored;
  };
  const Answer empty = read("");
  CHECK(empty.facts.unproven.size() >= 1);
  CHECK(
      empty.said.starts_with("postconf-n: warning: the file has no parameter: every recipient of this relay is kept"));
  const Answer bad_line = read(std::string(usual) + "hello world\n");
  CHECK(all_kept(bad_line));
  CHECK(bad_line.said ==
        "postconf-n:5: warning: expected NAME = VALUE in \"hello world\": every recipient of this relay is kept (fix: "
        "put "
        "here what `postconf` prints on the primary)\n");
  const Answer unknown = read(std::string(usual) + "compatibility_level = 3.6\nmydestination = $mine, example.org\n");
  CHECK(all_kept(unknown));
  CHECK(unknown.said ==
        "postconf-n: warning: mydestination: \"$mine\" cannot be expanded: every recipient of this relay is kept (fix: "
        "let "
        "`postconf -x` write this file: it prints expanded values)\n");
  const Answer numbers =
      read(std::string(usual) + "virtual_alias_expansion_limit = many\nvirtual_alias_recursion_limit = 0\n");
  CHECK(numbers.facts.unproven.size() == 2);
  CHECK(numbers.said.contains("virtual_alias_recursion_limit: \"0\" is not a valid number"));
}

TEST_CASE("postconf(5) myorigin: if it is unknown, only targets without a domain are kept",
          "[load][primary-postconf]") {
  const Answer file = read(std::string(usual) + "myorigin = /etc/mailname\n");
  CHECK(file.facts.unproven.empty());
  CHECK(file.facts.rules.myorigin.empty());
  CHECK(file.said ==
        "postconf-n: warning: myorigin is in the file /etc/mailname on the primary, so targets without a domain are "
        "kept (fix: write myorigin = the name in that file)\n");
  const Answer bad = read(std::string(usual) + "myorigin = a b\n");
  CHECK(bad.facts.unproven.empty());
  CHECK(bad.facts.rules.myorigin.empty());
  CHECK(bad.said.contains("myorigin: \"a b\" is not a valid domain"));
}

TEST_CASE("postconf(1): names of parameters that derive from a service's name", "[load][primary-postconf]") {
  const Answer answer = read(std::string(usual) +
                             "policyd-spf_time_limit = 3600\n"
                             "smtp-amavis_destination_recipient_limit = 1\n"
                             "10.5.0.6::10040_time_limit = 3600\n"
                             "a@b_time_limit = 1\n");
  CHECK(answer.said.empty());
  CHECK(answer.facts.unproven.empty());
}

TEST_CASE("postconf(5): a value may refer to a default that postconf -n omits, and may have conditions",
          "[load][primary-postconf]") {
  const auto tables = [](const std::string& lines) {
    const Answer answer = read("mydestination = example.org\nmyorigin = example.org\n" + lines);
    CHECK(answer.facts.unproven.empty());
    return answer.facts.alias_maps.value_or(std::vector<std::string>{"unknown"});
  };
  CHECK(tables("alias_maps = $alias_database\n") == std::vector<std::string>{"hash:/etc/aliases"});
  CHECK(tables("alias_maps = hash:/a${undefined?,hash:/b}${undefined:,hash:/c}\n") ==
        std::vector<std::string>{"hash:/a", "hash:/c"});
  CHECK(tables("alias_maps = ${alias_database?{hash:/a}:{hash:/b}}\n") == std::vector<std::string>{"hash:/a"});
  CHECK(tables("") == std::vector<std::string>{"unknown"});
}

TEST_CASE("DESIGN 5: postconf -n may omit the host's own name, which is then unknown", "[load][primary-postconf]") {
  const Answer answer = read("mydestination = $mine, example.org\nmine = $myhostname, localhost.$mydomain\n");
  CHECK(joined(answer.facts.rules.local_domains) == "example.org");
  CHECK(answer.facts.rules.has_unknown_name);
  CHECK(answer.facts.rules.unsure_domains == DomainSet{"mail.example.org"});
  CHECK(answer.facts.rules.myorigin.empty());
  CHECK(answer.facts.rules.no_origin.kind == FailureKind::not_mirrored);
  CHECK(answer.facts.unproven.empty());
  CHECK(answer.said ==
        "postconf-n: warning: myhostname is not set: recipients are kept if that name decides about them, or about a "
        "target without a domain (fix: let `postconf` without -n write this file, or add the line that `postconf "
        "myhostname` prints on the primary)\n");
}

TEST_CASE("DESIGN 5: postconf -n without the host's own name is enough if nothing depends on that name",
          "[load][primary-postconf]") {
  const Answer answer = read("compatibility_level = 3.6\nmydestination = example.org\nmyorigin = example.org\n");
  CHECK(answer.said.empty());
  CHECK_FALSE(answer.facts.rules.has_unknown_name);
  CHECK(answer.facts.rules.unsure_domains.empty());
}

TEST_CASE("DESIGN 5: a list that needs $mydomain keeps every recipient if the host's name is unknown",
          "[load][primary-postconf]") {
  const Answer answer =
      read("compatibility_level = 3.6\nmydestination = $others, example.org\nothers = www.$mydomain\n");
  CHECK(answer.said.contains(
      "mydestination needs mydomain, but neither mydomain nor myhostname is set: every recipient"));
  CHECK(answer.facts.unproven.size() == 1);
  CHECK(read("mydestination = $others\nothers = www.$mydomain\nmydomain = example.org\n").facts.unproven.empty());
}

TEST_CASE("primary-postconf: only what concerns every recipient keeps every recipient", "[load][primary-postconf]") {
  const auto kind_of = [](const char* line) {
    const Answer answer = read(std::string(usual) + line + "\n");
    CHECK(answer.said.contains("every recipient of this relay is kept"));
    REQUIRE(answer.facts.unproven.size() == 1);
    return answer.facts.unproven[0].kind;
  };
  CHECK(kind_of("always_bcc = archive@example.org") == FailureKind::copied_elsewhere);
  CHECK(kind_of("smtpd_command_filter = pcre:/f") == FailureKind::not_followed);
  CHECK(kind_of("smtp_reply_filter = pcre:/f") == FailureKind::not_followed);
  CHECK(kind_of("receive_override_options = no_address_mappings") == FailureKind::not_followed);
  CHECK(kind_of("recipient_delimiter = $mine") == FailureKind::not_mirrored);
  for (const char* line : {"canonical_maps = hash:/c",
                           "recipient_canonical_maps = hash:/c",
                           "relocated_maps = hash:/r",
                           "transport_maps = hash:/t",
                           "smtp_generic_maps = hash:/g",
                           "recipient_bcc_maps = hash:/b",
                           "sender_bcc_maps = hash:/b",
                           "append_at_myorigin = no",
                           "local_transport = lmtp:unix:private/lmtp",
                           "default_transport = error:no mail out",
                           "relay_transport = relay:[gate.example.net]",
                           "relayhost = [smtp.example.net]",
                           "sender_dependent_relayhost_maps = hash:/s",
                           "masquerade_domains = example.org\nmasquerade_classes = envelope_recipient",
                           "canonical_maps =",
                           "relayhost =",
                           "mailbox_command = procmail",
                           "smtpd_milters = unix:x",
                           "luser_relay = root",
                           "header_checks = pcre:/h",
                           "mailbox_transport = lmtp:unix:private/lmtp"}) {
    INFO(line);
    const Answer answer = read(std::string(usual) + line + "\n");
    CHECK(answer.facts.unproven.empty());
    CHECK(answer.said.empty());
  }
}

TEST_CASE("primary-postconf: for a value that shorthop-export removed, the fix is another name for the parameter",
          "[load][primary-postconf]") {
  const Answer answer =
      read(std::string(usual) + "mydestination = $my_passive\nmy_passive = " + std::string(removed_value));
  CHECK(answer.said.contains("mydestination: \"(removed-by-shorthop-export)\" cannot be expanded"));
  CHECK(answer.said.contains("a name that does not look like the name of a secret"));
}

TEST_CASE("primary-postconf: the primary's tables are read in their order", "[load][primary-postconf]") {
  const Answer answer = read(std::string(usual) +
                             "virtual_alias_maps = proxy:hash:/etc/postfix/virtual, regexp:$config_directory/v.re\n");
  CHECK(answer.facts.virtual_alias_maps ==
        std::vector<std::string>{"proxy:hash:/etc/postfix/virtual", "regexp:/etc/postfix/v.re"});
  CHECK(answer.facts.alias_maps == std::vector<std::string>{"hash:/etc/aliases"});
  CHECK(read(usual).facts.virtual_alias_maps == std::vector<std::string>());
}

TEST_CASE("primary-postconf: random bytes give facts or a printable warning", "[load][primary-postconf]") {
  std::mt19937 random(3);
  constexpr std::string_view alphabet = "mydestination=$m{}()/:!,# \n\t\xff\x01myorigin";
  for (int round = 0; round < 2000; ++round) {
    std::string text = "myhostname = h.example\nmydestination = ";
    for (std::size_t i = random() % 80; i > 0; --i) text += alphabet[random() % alphabet.size()];
    const Answer answer = read(text);
    CHECK((answer.facts.unproven.empty() || !answer.said.empty()));
    CHECK(is_printable(answer.said));
  }
}

TEST_CASE("primary-postconf: what may concern every recipient keeps all of them", "[load][primary-postconf]") {
  for (const char* line : {
           "always_bcc = ${mail_name?archive@example.net}",
           "virtual_alias_maps = ${mail_name?regexp:/etc/postfix/v.re} hash:/etc/postfix/virtual",
           "append_at_myorigin = ${mail_name?no}",
           "receive_override_options = $unmapped\nunmapped = no_address_mappings",
           "receive_override_options = $mail_name",
           "smtp/inet/receive_override_options = no_address_mappings",
           "cleanup/unix/virtual_alias_maps = hash:/other",
           "cleanup/unix/virtual_alias_maps =",
           "\xef\xbb\xbf"
           "always_bcc = x@y.example",
           "relay\xc2\xa0host = [x.example]",
       }) {
    CAPTURE(line);
    CHECK_FALSE(read(std::string(usual) + line + "\n").facts.unproven.empty());
  }
  CHECK_FALSE(read("  always_bcc = x@y.example\n" + std::string(usual)).facts.unproven.empty());
  CHECK_FALSE(read("mydestination = $myhostname, $mydomain\nalias_maps = hash:/etc/aliases\n").facts.unproven.empty());
  for (const char* line :
       {"relayhost = ${undefined?[relay.example.net]}", "local_transport = local:$myhostname",
        "smtp/inet/receive_override_options = no_milters", "submission/inet/smtpd_tls_security_level = encrypt"}) {
    CAPTURE(line);
    CHECK(read(std::string(usual) + line + "\n").facts.unproven.empty());
  }
}

}  // namespace shorthop::test
