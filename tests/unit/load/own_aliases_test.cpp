// How this host's Postfix expands its own addresses, described by output of postconf.
#include "load/host/own_aliases.h"

#include "unit/load/described_host.h"

namespace shorthop::test {
namespace {

constexpr const char* usual_postfix =
    "mydestination = mail.example.com, example.com\n"
    "myorigin = example.com\n"
    "local_recipient_maps = static:x\n"
    "recipient_delimiter = +\n"
    "virtual_alias_domains =\n";

}  // namespace

TEST_CASE("in a target of an alias of this host, localhost means this host", "[load][host]") {
  const std::string tables =
      "mydestination = mail.example.com, localhost.example.com, localhost\nmyorigin = mail.example.com\n"
      "mydomain = example.com\nvirtual_alias_domains = example.com\nlocal_recipient_maps = static:x\n"
      "alias_maps = inline:{ web=dave@localhost }\n"
      "virtual_alias_maps = inline:{ bob@example.com=dave@localhost, ann@example.com=dave@localhost.example.com, "
      "web@example.com=web, eve@example.com=dave@localdomain }\n";
  const Host host(tables);
  const Host without_dot(tables + "append_dot_mydomain = yes\n");
  for (const char* here : {"bob@example.com", "ann@example.com", "web@example.com"}) {
    INFO(here);
    CHECK(host.alias_obstacle(here) == "no");
    CHECK(without_dot.alias_obstacle(here) == "no");  // localhost.example.com
  }
  CHECK(host.alias_obstacle("eve@example.com") == "foreign-target");
}

TEST_CASE("virtual(5): an entry of an address for itself does not hide its alias of local(8)", "[load][host]") {
  const Host host(std::string(usual_postfix) +
                  "virtual_alias_maps = inline:{ root@example.com=root@example.com, user@example.com=user@example.com, "
                  "@old.example.com=@example.com, x@example.com=user }\n"
                  "alias_maps = inline:{ root=x@example.net }\n"
                  "virtual_alias_domains = old.example.com\n");
  CHECK(host.alias_obstacle("root@example.com") == "foreign-target");
  CHECK(host.alias_obstacle("user@example.com") == "no");
  CHECK(host.alias_obstacle("user@old.example.com") == "no");
  CHECK(host.alias_obstacle("root@old.example.com") == "foreign-target");
}

TEST_CASE("cleanup(8) refuses a whole message for a loop or a limit in virtual_alias_maps, so the target is kept away",
          "[load][host]") {
  const std::string tables = std::string(usual_postfix) +
                             "virtual_alias_maps = inline:{ a@example.com=b@example.com, b@example.com=a@example.com, "
                             "{ c@example.com = d@example.com, e@example.com }, d@example.com=user@example.com, "
                             "e@example.com=user@example.com, { f@example.com = g@example.com, f@example.com }, "
                             "g@example.com=f@example.com, long@example.com=dave.with.a.long.name@example.com }\n";
  const Host host(tables);
  for (const char* loop : {"a@example.com", "b@example.com"}) CHECK(host.alias_obstacle(loop) == "foreign-target");
  for (const char* good : {"c@example.com", "d@example.com", "f@example.com", "long@example.com"}) {
    INFO(good);
    CHECK(host.alias_obstacle(good) == "no");
  }
  const auto with = [&](const char* limit, const char* address) {
    return Host(tables + limit + '\n').alias_obstacle(address);
  };
  CHECK(with("virtual_alias_recursion_limit = 1", "c@example.com") == "foreign-target");
  CHECK(with("virtual_alias_recursion_limit = 1", "user@example.com") == "no");
  CHECK(with("virtual_alias_expansion_limit = 2", "c@example.com") == "foreign-target");
  CHECK(with("virtual_alias_address_length_limit = 30", "long@example.com") == "foreign-target");
  CHECK(with("virtual_alias_address_length_limit = x", "user@example.com") == "foreign-target");
}

TEST_CASE("local(8) asks no virtual aliases for the targets of its aliases in mydestination", "[load][host]") {
  const Host host(std::string(usual_postfix) +
                  "virtual_alias_maps = inline:{ erin@example.com=user, dave@example.com=out@example.net }\n"
                  "alias_maps = inline:{ office=erin, erin=x@example.net, shop=dave }\n");
  CHECK(host.alias_obstacle("office@example.com") == "foreign-target");
  CHECK(host.alias_obstacle("shop@example.com") == "no");
}

TEST_CASE("canonical(5): a canonical table of this host may lead elsewhere too", "[load][host]") {
  const Host host(std::string(usual_postfix) +
                  "canonical_maps = inline:{ ann@example.com=ann@example.org, bob@example.com=user, "
                  "{ carl@example.com = user@example.com, root@example.com } }\n"
                  "virtual_alias_maps = inline:{ dave@example.com=ann@example.com }\n"
                  "alias_maps = inline:{ erin=ann@old.example.com }\nvirtual_alias_domains = old.example.com\n");
  CHECK(host.alias_obstacle("ann@example.com") == "foreign-target");
  CHECK(host.alias_obstacle("carl@example.com") == "foreign-target");
  CHECK(host.alias_obstacle("bob@example.com") == "no");
  CHECK(host.alias_obstacle("dave@example.com") ==
        "no");  // cleanup(8) asks canonical tables only before virtual aliases
  CHECK(host.alias_obstacle("erin@example.com") == "no");
}

TEST_CASE("cleanup/cleanup_map11.c: canonical tables are asked about their results too", "[load][host]") {
  const Host host(std::string(usual_postfix) +
                  "canonical_maps = inline:{ a@example.com=b@example.com, b@example.com=c@example.com, "
                  "x@example.com=y@example.com, y@example.com=x@example.com, self@example.com=self@example.com }\n");
  CHECK(host.merging_obstacle({"a@example.com", "c@example.com"}) == "not-followed");
  CHECK(host.merging_obstacle({"a@example.com", "user@example.com"}) == "no");
  CHECK(host.merging_obstacle({"x@example.com", "user@example.com"}) == "not-followed");
  CHECK(host.merging_obstacle({"self@example.com", "user@example.com"}) == "no");
}

TEST_CASE("postconf(5) canonical_classes: a table for senders changes no recipient, but smtpd(8) accepts its keys",
          "[load][host]") {
  const std::string tables = std::string(usual_postfix) +
                             "local_recipient_maps = inline:{ user=x }\n"
                             "canonical_maps = inline:{ ann@example.com=Ann.Lee@example.net, a@example.org=b }\n"
                             "recipient_canonical_maps = inline:{ bob@example.com=b@example.net }\n";
  const Host host(tables);
  const Host senders(tables +
                     "canonical_classes = envelope_sender, header_sender\n"
                     "recipient_canonical_classes = header_recipient\n");
  for (const char* mapped : {"ann@example.com", "bob@example.com"}) {
    INFO(mapped);
    CHECK(host.alias_obstacle(mapped) == "foreign-target");
    CHECK(senders.alias_obstacle(mapped) == "no");
    CHECK(senders.has_mailbox(mapped) == "yes");
    CHECK(senders.merging_obstacle({mapped, "user@example.com"}) == "no");
  }
  CHECK(host.maps_to_another_address("a@example.org") == "yes");
  CHECK(senders.maps_to_another_address("a@example.org") == "no");
}

TEST_CASE("postconf(5) masquerade_classes: targets that masquerading may change", "[load][host]") {
  const std::string tables = std::string(usual_postfix) +
                             "masquerade_domains = example.com\nmydestination = example.com, a.example.com\n"
                             "local_recipient_maps = static:x\nrecipient_bcc_maps = inline:{ bob@example.com=arch }\n";
  const Host usual(tables + "masquerade_classes = envelope_sender, header_sender\n");
  CHECK(usual.merging_obstacle({"ann@a.example.com", "ann@example.com"}) == "no");
  CHECK(usual.has_mailbox("bob@a.example.com") == "yes");
  const Host host(tables + "masquerade_classes = envelope_sender, envelope_recipient\n");
  CHECK(host.merging_obstacle({"ann@a.example.com", "ann@example.com"}) == "not-followed");
  CHECK(host.has_mailbox("bob@a.example.com").starts_with("failed: recipient_bcc_maps"));
}

TEST_CASE("cleanup(8): a mailbox may share a copy if a table of this host makes another address of it",
          "[load][host]") {
  const Host host(std::string(usual_postfix) +
                  "recipient_canonical_maps = inline:{ ann@example.com=user@example.com }\n"
                  "virtual_alias_maps = inline:{ dave@example.com=user@example.com, erin@example.com=erin@example.com, "
                  "frank=frank@example.com, { both@example.com = both@example.com, user@example.com } }\n"
                  "alias_maps = inline:{ office=user }\npropagate_unmatched_extensions = virtual\n");
  const auto may_share = [&](const char* mailbox) {
    return host.host->may_merge_with_another(address(mailbox), no_deadline);
  };
  for (const char* mailbox : {"ann@example.com", "dave@example.com", "dave+x@example.com", "both@example.com"}) {
    INFO(mailbox);
    CHECK(may_share(mailbox));
  }
  for (const char* mailbox : {"user@example.com", "erin@example.com", "Erin@EXAMPLE.com", "erin+x@example.com",
                              "frank@example.com", "office@example.com"}) {
    INFO(mailbox);
    CHECK_FALSE(may_share(mailbox));
  }
}

}  // namespace shorthop::test
