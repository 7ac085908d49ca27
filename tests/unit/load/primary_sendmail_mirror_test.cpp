// The mirror of a Sendmail primary, from its directory to decisions.
#include "load/load_relay.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "primary/resolve.h"
#include "support/catch.h"
#include "support/settings_directory.h"
#include "support/world.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

constexpr const char* cf =
    "Fw/etc/mail/local-host-names %[^\\#]\n"
    "Kvirtuser hash /etc/mail/virtusertable\n"
    "Kmailertable hash -o /etc/mail/mailertable\n"
    "O AliasFile=/etc/mail/aliases\n"
    "Mlocal, P=/bin/mail, F=lsDFMAw5:/|@qPn9S\n"
    "SParse1\nR$+ < @ $=w . >\t$#local $: $1\n"
    "Slocaladdr=5\nR$+ + $*\t$#local $@ + $2 $: $1 + *\n";

void put_mirror(const SettingsDirectory& directory) {
  directory.put("mirror/sendmail.cf", cf);
  directory.put("mirror/local-host-names", "example.org\n");
  directory.put("mirror/files/etc/mail/virtusertable", "sales@example.org\tuser\n");
  directory.put("mirror/files/etc/mail/mailertable", "elsewhere.example\tsmtp:[192.0.2.9]\n");
  directory.put("mirror/files/etc/mail/aliases", "user: user@example.com\nfar: x@elsewhere.example\n");
  directory.put("mirror/stamp", "");
}

struct LoadedMirror {
  LoadedRelay relay;
  std::string said;

  explicit LoadedMirror(const SettingsDirectory& directory) {
    RelaySettings settings;
    settings.name = "example.org";
    settings.domains.value = {"example.org"};
    settings.primary.value = "mail.example.org";
    settings.profile.value = Profile::sendmail;
    settings.mirror.value = (directory / "mirror").string();
    Backends backends;
    relay = load_relay(settings, SystemFiles(), backends);
    said = directory.shown(text_of(relay.diagnostics));
  }

  std::string leaves(std::string_view recipient) const {
    static const FixedHost host({"user"});
    std::string text;
    for (const Leaf& leaf : resolve(*Address::parse(recipient), relay.relay->primary, host).leaves) {
      text += fmt::format("{}{}:{}", text.empty() ? "" : " ", name_of(leaf.kind), leaf.address);
    }
    return text;
  }
};

}  // namespace

TEST_CASE("DESIGN 4: the sendmail.cf of a mirror names the primary's domains and tables", "[load][sendmail]") {
  const SettingsDirectory directory;
  put_mirror(directory);
  const LoadedMirror mirror(directory);
  CHECK(mirror.said.empty());
  CHECK(mirror.leaves("sales@example.org") == "local-mailbox:user@example.com");
  CHECK(mirror.leaves("far@example.org") == "not-followed:x@elsewhere.example");
  CHECK(mirror.leaves("ann@example.org") == "primary-mailbox:ann@example.org");
  CHECK(mirror.relay.entries.size() == 4);
  CHECK(mirror.relay.entries.at("local-host-names") == 1);
}

TEST_CASE("DESIGN 2: a map that the mirror lacks is unknown, not empty", "[load][sendmail]") {
  const SettingsDirectory directory;
  put_mirror(directory);
  std::filesystem::remove(directory / "mirror/files/etc/mail/mailertable");
  directory.put("mirror/stamp", "");  // the removal changed the directory
  const LoadedMirror mirror(directory);
  CHECK(mirror.said.contains("names hash:/etc/mail/mailertable: files/etc/mail/mailertable is not in the mirror"));
  CHECK(mirror.leaves("sales@example.org") == "not-mirrored:user@example.com");
  CHECK(mirror.leaves("ann@example.org") == "primary-mailbox:ann@example.org");
}

TEST_CASE("safefile.c: a .forward file in a home that its group may write to is ignored by the primary",
          "[load][sendmail]") {
  const SettingsDirectory directory;
  put_mirror(directory);
  const std::string ids = fmt::format("{}:{}", ::getuid(), ::getgid());
  for (const char* user : {"ann", "bob"}) {
    directory.put(fmt::format("mirror/forward/{}", user), "user@example.com\n");
    std::filesystem::permissions(directory / "mirror/forward" / user, std::filesystem::perms(0644));
  }
  directory.put("mirror/listed/unix:passwd.byname",
                fmt::format("ann\tx:{0}::/home/ann:\nbob\tx:{0}::/home/bob:\n", ids));
  directory.put("mirror/manifest",
                fmt::format("enumerable = unix:passwd.byname\nhome = 775 {0} ann\nhome = 755 {0} bob\n", ids));
  directory.put("mirror/stamp", "");
  const LoadedMirror mirror(directory);
  CHECK(
      mirror.said.contains("the primary ignores this file, so its user's recipients are kept: its directory is "
                           "writable by others than the user"));
  CHECK(mirror.leaves("ann@example.org") == "primary-mailbox:ann@example.org");
  CHECK(mirror.leaves("bob@example.org") == "local-mailbox:user@example.com");
}

TEST_CASE("DESIGN 2: a service switch that the primary has and the export could not copy is unknown",
          "[load][sendmail]") {
  const SettingsDirectory directory;
  put_mirror(directory);
  directory.put("mirror/manifest", "not-copied = /etc/mail/service.switch: user and group 8:8 cannot read it\n");
  directory.put("mirror/stamp", "");
  const LoadedMirror mirror(directory);
  CHECK(mirror.leaves("user@example.org") == "not-mirrored:user@example.org");
  directory.put("mirror/manifest", "not-copied = /etc/mail/access: no such file\n");
  directory.put("mirror/stamp", "");
  CHECK(LoadedMirror(directory).leaves("user@example.org") == "local-mailbox:user@example.com");
}

TEST_CASE("DESIGN 2: with a manifest that cannot be read, every recipient is kept", "[load][sendmail]") {
  const SettingsDirectory directory;
  put_mirror(directory);
  std::filesystem::create_directory(directory / "mirror/manifest");
  directory.put("mirror/stamp", "");
  CHECK(LoadedMirror(directory).leaves("user@example.org") == "not-mirrored:user@example.org");
}

TEST_CASE("DESIGN 2: without sendmail.cf every recipient is kept", "[load][sendmail]") {
  const SettingsDirectory directory;
  put_mirror(directory);
  std::filesystem::remove(directory / "mirror/sendmail.cf");
  directory.put("mirror/stamp", "");
  const LoadedMirror mirror(directory);
  CHECK(mirror.said.contains("every recipient of this relay is kept"));
  CHECK(mirror.leaves("sales@example.org") == "not-mirrored:sales@example.org");
}

}  // namespace shorthop::test
