// The manifest of a mirror: what its lines say, which of them are wrong, and the owners and modes that it gives to
// files.
#include "load/mirror/manifest.h"

#include <functional>
#include <set>
#include <string>

#include "load/mirror/mirror.h"
#include "support/catch.h"
#include "support/settings_directory.h"

namespace shorthop::test {
namespace {

const std::string hash(64, 'a');

std::string fault_of(const std::string& text) {
  const auto fault = parse_manifest(text).fault;
  return fault ? std::to_string(fault->line) + ": " + fault->what : std::string();
}

}  // namespace

TEST_CASE("shorthop-export(1): a manifest says who wrote what and when", "[load][manifest]") {
  const std::string head =
      "format = 1\nhost = mail.example.org\ntime = 1970-01-01T00:00:01Z\nnews = of later\n"
      "count = files 1\nentries = mysql:/etc/a b.cf 7\nenumerable = proxy:mysql:/etc/a b.cf\n"
      "expires = 1970-01-01T00:00:07Z Ann@example.org\nexpires = 1970-01-01T00:00:05Z ann@example.org\n"
      "expires = NULL bob@example.org\nhome = 755 7:8 a b\nhome = 2770 7:8 a b\nnot-copied = /x: no such file\n"
      "not-copied = /a: b: no such file\nnot-listed = hash:/y: no such file\nfile = " +
      hash + " 640 8:103 files/etc/a b\n";
  const auto [manifest, fault] = parse_manifest(head + "manifest = " + hash + "\n");
  CHECK_FALSE(fault);
  CHECK(manifest.host == "mail.example.org");
  CHECK(manifest.time == std::chrono::sys_seconds(std::chrono::seconds(1)));
  CHECK(manifest.counts.at("files") == 1);
  CHECK(manifest.entries.at("mysql:/etc/a b.cf") == 7);
  CHECK(manifest.enumerable.contains("mysql:/etc/a b.cf"));
  CHECK(manifest.left_out ==
        std::vector<std::string>{"/x: no such file", "/a: b: no such file", "hash:/y: no such file"});
  CHECK(manifest.not_copied == std::set<std::string, std::less<>>{"/x", "/a: b"});
  using std::chrono::seconds;
  CHECK(manifest.expires.at("ann@example.org").time_since_epoch() == seconds(5));
  CHECK(manifest.expires.at("bob@example.org").time_since_epoch() == seconds(0));
  CHECK(manifest.homes.at("a b") == 02775);
  const ManifestFile& file = manifest.files.at("files/etc/a b");
  CHECK((file.mode == 0640 && file.owner == 8 && file.group == 103 && file.sha256 == hash));
  CHECK((manifest.sha256 == hash && manifest.hashed_bytes == head.size()));
}

TEST_CASE("the first wrong line of a manifest is named", "[load][manifest]") {
  const std::string file = "file = " + hash + " 644 0:0 x\n";
  CHECK(fault_of("format = 1\nnonsense\nhost = a\nhost = b\n") == "2: the line is not KEY = VALUE");
  CHECK(fault_of("host = a\nhost = b\n") == "2: host is given twice");
  CHECK(fault_of(file + file) == "2: a file is listed twice");
  CHECK(fault_of("file = " + hash + " 9 0:0 x\n") == "1: the line is not file = SHA256 MODE UID:GID PATH");
  CHECK(fault_of("file = " + hash + " 10000 0:0 x\n") == "1: the line is not file = SHA256 MODE UID:GID PATH");
  CHECK(fault_of("home = 755 0 ann\n") == "1: the line is not home = MODE UID:GID NAME");
  CHECK(fault_of("count = files x\n") == "1: the line does not end with a name and a number");
  CHECK(fault_of("enumerable = x\n") == "1: the line is not enumerable = TYPE:NAME");
  CHECK(fault_of("manifest = " + hash + "\nx = y\n") == "2: there is a line after the hash of the manifest");
  CHECK(fault_of("host = a") == "1: the last line has no newline");
}

TEST_CASE("shorthop-tables(5): the manifest gives the owner and mode of a file in a mirror", "[load][manifest]") {
  const SettingsDirectory directory;
  directory.put("forward/ann", "x\n");
  directory.put("forward/bob", "x\n");
  const SystemFiles files;
  const Manifest manifest = parse_manifest("file = " + hash + " 600 1000:1000 forward/ann\n").manifest;
  const MirrorDirectory place{.root = directory.path(), .named = directory.path(), .stamp = {}};
  const PrimaryStamps stamps(files, place, manifest);
  CHECK(stamps.stamp(directory / "forward/ann").mode == 0600);
  CHECK(stamps.stamp(directory / "forward/ann").owner == 1000);
  CHECK(stamps.stamp(directory / "forward/bob") == files.stamp(directory / "forward/bob"));
  CHECK_FALSE(stamps.stamp(directory / "forward/carol").exists);
}

}  // namespace shorthop::test
