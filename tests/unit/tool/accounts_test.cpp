// As root, check and resolve read only what the user who provided the copies could read.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "support/catch.h"
#include "unit/tool/world.h"

using Catch::Matchers::ContainsSubstring;
using shorthop::test::Ran;
using shorthop::test::World;

namespace {

namespace fs = std::filesystem;

constexpr uid_t other_user = 65534;  // nobody

/// A world whose copies belong to another user, and a file outside that only root may read. Only root can create it.
class SharedWorld {
 public:
  SharedWorld() {
    fs::permissions(fs::path(world.config()).parent_path(), fs::perms(0755));
    world.write("secret", "topsecret words, and no colon\ntopsecret2: topsecret@example.com\n");
    fs::permissions(world.file("secret"), fs::perms(0600));
  }

  /// Replaces a copy by a symbolic link to the secret file; the link belongs to the other user.
  void link(const std::string& name) const {
    world.remove(name);
    fs::create_symlink(world.file("secret"), world.file(name));
    REQUIRE(::lchown(world.file(name).c_str(), other_user, other_user) == 0);
  }

  World world;
};

bool is_root() {
  if (::geteuid() == 0) return true;
  WARN("only root can try this");
  return false;
}

}  // namespace

TEST_CASE("check as root shows nothing of a file behind another user's symbolic link", "[tool][check]") {
  if (!is_root()) return;
  for (const std::string name : {"aliases", "virtual", "postconf-n"}) {
    CAPTURE(name);
    const SharedWorld shared;
    shared.link(name);
    const Ran ran = shared.world.tool({"check", "--no-dns"});
    CHECK(ran.output.find("topsecret") == std::string::npos);
    CHECK_THAT(ran.output, ContainsSubstring(shared.world.file(name)) && ContainsSubstring("permission denied"));
    CHECK(::getuid() == 0);
    CHECK(::geteuid() == 0);
  }
}

TEST_CASE("resolve as root shows nothing of a file behind another user's .forward or include link", "[tool][resolve]") {
  if (!is_root()) return;
  const SharedWorld shared;
  shared.world.write("relay.d/example.org.conf",
                     "domains            = example.org\n"
                     "primary            = 192.0.2.10\n"
                     "arrives-here       = example.com\n"
                     "virtual-alias-maps = text:../virtual\n"
                     "alias-maps         = text:../aliases\n"
                     "forward-files      = ../forward/%u\n"
                     "include-root       = ../include\n"
                     "primary-postconf   = ../postconf-n\n");
  shared.world.write("aliases", "list: :include:/list\n");
  shared.world.write("forward/other", "someone@example.net\n");
  shared.world.write("include/other", "someone@example.net\n");
  shared.link("forward/user");
  shared.link("include/list");
  for (const std::string recipient : {"user@example.org", "list@example.org"}) {
    CAPTURE(recipient);
    const Ran ran = shared.world.tool({"resolve", recipient});
    CHECK((ran.output + ran.errors).find("topsecret") == std::string::npos);
    CHECK((ran.output + ran.errors).find("rewrite") == std::string::npos);
  }
  CHECK(::geteuid() == 0);
}

TEST_CASE("copies that belong to root are read as root", "[tool][check]") {
  if (!is_root()) return;
  const World world;  // in a directory that only root may search
  CHECK(world.tool({"check", "--no-dns", "--strict"}).status == 0);
}

TEST_CASE("check says that a mirror cannot be read for lack of permission, and not that its files are missing",
          "[tool][check]") {
  if (!is_root()) return;
  const SharedWorld shared;
  const std::string mirror = shared.world.file("mirror");
  shared.world.write("mirror/postconf", "mydestination = example.org\n");
  shared.world.write("mirror/stamp", "");
  shared.world.write("relay.d/example.org.conf", "domains = example.org\nprimary = 192.0.2.10\nmirror = ../mirror\n");
  REQUIRE(::chown(mirror.c_str(), other_user, other_user) == 0);
  fs::permissions(mirror, fs::perms(0));
  const Ran ran = shared.world.tool({"check", "--no-dns"});
  CHECK_THAT(ran.output,
             ContainsSubstring(mirror + ": error: permission denied: every recipient of this relay is kept"));
  CHECK_THAT(ran.output, ContainsSubstring("fix: let the user of shorthopd enter and list it"));
  CHECK_THAT(ran.output, !ContainsSubstring("stamp: warning"));
}
