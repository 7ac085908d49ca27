// The fingerprint of a relay's data: which differences between files change it.
#include "load/data_fingerprint.h"

#include <set>
#include <string>

#include "support/catch.h"
#include "support/fakes.h"

namespace shorthop::test {
namespace {

/// Files whose modification time the test sets.
class StampedFiles final : public FileReader {
 public:
  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    return texts.read(path);
  }
  FileStamp stamp(const std::filesystem::path&) const override {
    FileStamp stamp;
    stamp.exists = stamp.is_regular = true;
    stamp.modified = FileStamp::Time(modified);
    return stamp;
  }
  MapFiles texts{{{"/m/virtual", "a b\n"}, {"/n/virtual", "a b\n"}, {"/m/aliases", "a b\n"}, {"/m/other", "c d\n"}}};
  std::chrono::seconds modified{1};
};

std::string fingerprint_of(const std::vector<std::string>& read, const std::vector<std::string>& stamped = {},
                           std::chrono::seconds modified = std::chrono::seconds(1)) {
  StampedFiles files;
  files.modified = modified;
  const FingerprintedFiles tracked(files);
  for (const std::string& path : stamped) tracked.stamp(path);
  for (const std::string& path : read) static_cast<void>(tracked.read(path));
  return tracked.fingerprint();
}

}  // namespace

TEST_CASE("the same files with the same contents give the same fingerprint, wherever the mirror is",
          "[load][fingerprint]") {
  const std::string one = fingerprint_of({"/m/virtual", "/m/other"});
  CHECK(one.size() == 16);
  CHECK(fingerprint_of({"/m/other", "/m/virtual", "/m/virtual"}) == one);
  CHECK(fingerprint_of({"/n/virtual", "/m/other"}) == one);
}

TEST_CASE("another file, other contents or a missing file give another fingerprint", "[load][fingerprint]") {
  const std::string one = fingerprint_of({"/m/virtual"});
  CHECK(fingerprint_of({"/m/aliases"}) != one);
  CHECK(fingerprint_of({"/m/virtual", "/m/other"}) != one);
  CHECK(fingerprint_of({"/m/virtual", "/m/absent"}) != one);
  CHECK(fingerprint_of({}) != one);
}

TEST_CASE("a change of any one byte gives another fingerprint", "[load][fingerprint]") {
  const std::string text = "ann@example.org bob\n";
  std::set<std::string> seen;
  const auto add = [&seen](std::string content) {
    const MapFiles files({{"/m/virtual", std::move(content)}});
    const FingerprintedFiles tracked(files);
    static_cast<void>(tracked.read("/m/virtual"));
    seen.insert(tracked.fingerprint());
  };
  add(text);
  add(text + '\0');
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char bit : {'\x01', '\x40', '\x80'}) {
      std::string changed = text;
      changed[at] = static_cast<char>(changed[at] ^ bit);
      add(changed);
    }
  }
  CHECK(seen.size() == 2 + 3 * text.size());
}

TEST_CASE("the fingerprint covers the times of databases, but not the times of files that are read",
          "[load][fingerprint]") {
  using std::chrono::seconds;
  CHECK(fingerprint_of({"/m/virtual"}, {"/m/virtual", "/m/stamp", "/m/manifest"}, seconds(1)) ==
        fingerprint_of({"/m/virtual"}, {"/m/virtual", "/m/stamp", "/m/manifest"}, seconds(2)));
  CHECK(fingerprint_of({}, {"/m/aliases.db"}, seconds(1)) != fingerprint_of({}, {"/m/aliases.db"}, seconds(2)));
  CHECK(fingerprint_of({}, {"/m/aliases.db"}, seconds(1)) == fingerprint_of({}, {"/m/aliases.db"}, seconds(1)));
}

}  // namespace shorthop::test
