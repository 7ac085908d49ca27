// cidr: tables. tests/oracle compares them with postmap -q.
#include "support/table_texts.h"

namespace shorthop::test {
namespace {

struct Networks : FileTable {
  explicit Networks(const std::string& text) : FileTable("cidr", text) {}
};

}  // namespace

TEST_CASE("cidr_table(5): the first network that contains the address answers", "[tables][cidr]") {
  const Networks table("# comment\n192.0.2.1 one\n192.0.2.0/24\n  all of it\n2001:db8::/32 six\n[2001:db9::]/32 six\n");
  CHECK(table.find("192.0.2.1") == "one :2");
  CHECK(table.find("192.0.2.255") == "all of it :3");
  CHECK(table.find("192.0.3.0") == "absent");
  CHECK(table.find("2001:db8:ffff::1") == "six :5");
  CHECK(table.find("2001:DB9::1") == "six :6");
  CHECK(table.find("ann@example.org") == "absent");
  CHECK(table.find("192.0.2") == "absent");
  CHECK(table.table().is_pattern());
  CHECK(table.table().entries() == 4);
}

TEST_CASE("cidr_table(5): !network matches every other address of its family", "[tables][cidr]") {
  const Networks table("!10.0.0.0/8 elsewhere\n!!::1 itself\n0.0.0.0/0 inside\n");
  CHECK(table.find("192.0.2.1") == "elsewhere :1");
  CHECK(table.find("10.255.0.1") == "inside :3");
  CHECK(table.find("::1") == "itself :2");
  CHECK(table.find("::2") == "absent");
}

TEST_CASE("cidr_table(5): lines from if to endif are searched only for addresses in its network", "[tables][cidr]") {
  const Networks table("if 10.0.0.0/8\nIF !10.1.0.0/16\n10.0.0.0/8 a\nendif\n10.1.0.1 b\nENDIF\n::/0 c\n0.0.0.0/0 d\n");
  CHECK(table.find("10.2.0.1") == "a :3");
  CHECK(table.find("10.1.0.1") == "b :5");
  CHECK(table.find("10.1.0.2") == "d :8");
  CHECK(table.find("::2") == "c :7");
  CHECK(Networks("if 10.0.0.0/8\n10.0.0.1 a\n0.0.0.0/0 b\n").find("11.0.0.1") == "absent");
}

TEST_CASE("cidr_table(5): a line that Postfix skips is skipped", "[tables][cidr]") {
  CHECK(Networks("192.0.2.1/24 a\n").said() ==
        "/t:1: warning: \"192.0.2.1/24\" has host bits that are not 0: the line is ignored");
  for (const char* line :
       {"192.0.2.0/33 a", "192.0.2.0/ a", "192.0.2.0/+8 a", "::/129 a", "192.0.2 a", "name a", "! a", "192.0.2.1",
        "[192.0.2.1 a", "[192.0.2.0]24 a", "endif", "endif x", "if", "if 1.2.3.4 x", " 192.0.2.1 a"}) {
    INFO(line);
    const Networks table(std::string(line) + "\n192.0.2.1 x\n");
    CHECK(table.said().contains("the line is ignored"));
    CHECK(table.find("192.0.2.1") == "x :2");
  }
}

TEST_CASE("cidr: a value that is not UTF-8 fails; a file that is missing is an error", "[tables][cidr]") {
  CHECK(Networks("192.0.2.1 \xff\n").find("192.0.2.1") == "failed: cidr:/t: the value is not UTF-8");
  Diagnostics problems;
  Backends backends;
  CHECK(open_table("cidr:/missing", MapFiles(), backends, problems) == nullptr);
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().text().contains("/missing: error: cannot read"));
}

}  // namespace shorthop::test
