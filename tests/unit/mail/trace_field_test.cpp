#include "mail/trace_field.h"

#include "support/catch.h"

using namespace shorthop;

namespace {

/// "HOST ID", or "none".
std::string read(std::string_view value) {
  const auto field = parse_received(value);
  return field ? field->by + " " + field->id : "none";
}

}  // namespace

TEST_CASE("RFC 5321, 4.4: host and queue ID of a Received field of Postfix", "[mail][trace]") {
  CHECK(read("from client.example.net (client.example.net [192.0.2.99])\r\n"
             "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n"
             "\t(No client certificate requested)\r\n"
             "\tby mail.example.com (Postfix) with ESMTPS id 4XyZ1b2c3dz9\r\n"
             "\tfor <user@example.org>; Sat, 28 Nov 2026 14:00:00 +0000 (UTC)") == "mail.example.com 4XyZ1b2c3dz9");
  CHECK(read("by mail.example.com (Postfix, from userid 1000)\n\tid 1A2B3C4D5E; Sat, 28 Nov 2026 14:00:00 +0000") ==
        "mail.example.com 1A2B3C4D5E");
}

TEST_CASE("RFC 5321, 4.4: host and queue ID of a Received field of Sendmail", "[mail][trace]") {
  CHECK(read("from client.example.net (client.example.net [192.0.2.99])\n\tby mail.example.com (8.17.1/8.17.1) with "
             "ESMTP id 4ASE00Ab012345\n\tfor <user@example.org>; Sat, 28 Nov 2026 14:00:00 GMT") ==
        "mail.example.com 4ASE00Ab012345");
}

TEST_CASE("text in HELO, in a comment or in the date is not taken for a clause", "[mail][trace]") {
  CHECK(read("from by (id FORGED by evil.example [192.0.2.99]) by mail.example.com (Postfix) id REAL; date") ==
        "mail.example.com REAL");
  CHECK(read("from id (a (nested \\) id FORGED) id FORGED) by mail.example.com id REAL") == "mail.example.com REAL");
  CHECK(read("from a by mail.example.com; id FORGED") == "none");
  CHECK(read("from a by mail.example.com id ONE by evil.example id TWO") == "mail.example.com ONE");
}

TEST_CASE("the client of a Received field is in the comment after FROM", "[mail][trace]") {
  const auto client = [](std::string_view value) {
    const auto field = parse_received(value);
    return field ? field->from_name + " " + field->from_address : "none";
  };
  CHECK(client("from helo.example (localhost [127.0.0.1])\n\tby mail.example.com (Postfix) with ESMTP id 1; date") ==
        "localhost 127.0.0.1");
  CHECK(client("from x (unknown [IPv6:::1]) by mail.example.com (Postfix) with ESMTP id 1") == "unknown ::1");
  CHECK(client("from x (IDENT:ann@a.example [192.0.2.1] (may be forged)) by m.example (8.17.1/8.17.1) id 1") ==
        " 192.0.2.1");  // Sendmail: the name does not lead to the address
  CHECK(client("from [127.0.0.1] (a.example [192.0.2.1]) by mail.example.com id 1") == "a.example 192.0.2.1");
  for (const char* value :
       {"by m.example (Postfix, from userid [127.0.0.1]) id 1", "from x by m.example ([127.0.0.1]) id 1",
        "from x (no address) by m.example id 1", "by m.example id 1 from x (y [127.0.0.1])"}) {
    INFO(value);
    CHECK(client(value) == " ");
  }
}

TEST_CASE("a Received field without host, without ID or without end gives nothing", "[mail][trace]") {
  for (const char* value : {"", "from", "by", "by mail.example.com", "id 4XyZ", "by mail.example.com id", "((((", "(\\",
                            "from a (unclosed by mail.example.com id 4XyZ"}) {
    INFO(value);
    CHECK(read(value) == "none");
  }
  CHECK(read("by mail.example.com id 4XyZ " + std::string(5000, 'x')) == "none");
}

TEST_CASE("RFC 5322, 3.6.4: a Message-ID without the comments around it", "[mail][trace]") {
  CHECK(parse_message_id(" <a@example.net>\r\n") == "<a@example.net>");
  CHECK(parse_message_id("(old) <a@example.net> (x)") == "<a@example.net>");
  CHECK(parse_message_id(" no-brackets ") == "no-brackets");
  CHECK(parse_message_id("  ").empty());
  CHECK(parse_message_id("<" + std::string(2000, 'x') + ">").empty());
}

TEST_CASE("field names are matched in any case, and the number of Received fields is limited", "[mail][trace]") {
  TraceHeader header;
  header.take("RECEIVED", "by one.example id 1");
  header.take("received", "by two.example id 2");
  header.take("X-Received", "by three.example id 3");
  header.take("message-id", "<a@example.net>");
  header.take("Message-ID", "<b@example.net>");
  CHECK(header.received == std::vector<TraceField>{{"one.example", "1"}, {"two.example", "2"}});
  CHECK(header.message_id == "<a@example.net>");
  for (int i = 0; i < 1000; ++i) header.take("Received", "by one.example id 1");
  CHECK(header.received.size() == TraceHeader::max_fields);
}
