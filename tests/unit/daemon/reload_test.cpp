#include "daemon/reload.h"

#include <algorithm>
#include <fstream>

#include "settings/setting_rows.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace shorthop;
using namespace shorthop::test;

namespace {

/// Settings and tables in a directory, loaded once.
struct ReloadFixture {
  ReloadFixture() {
    write_main("rewrite");
    std::filesystem::create_directory(directory.file("relay.d"));
    write("relay.d/example.org.conf",
          "domains = example.org\nprimary-domains = example.org\narrives-here = example.com\nprimary = 192.0.2.10\n"
          "alias-maps = text:../aliases\n");
    write("aliases", "user: user@example.com\n");
    write("users", "user\nother\n");
    Diagnostics warnings;
    auto loaded = load(main_file(), warnings);
    if (!loaded) throw std::runtime_error(loaded.error().at(0).text());
    current.replace(loaded->snapshot);
    reload.emplace(main_file(), std::move(loaded->settings), std::move(loaded->data), current, counters, log);
  }

  std::filesystem::path main_file() const { return directory.file("shorthop.conf"); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(directory.file(name)) << text; }
  void write_main(const std::string& mode, const std::string& more = "") const {
    write("shorthop.conf", "socket = unix:" + directory.file("m").string() +
                               "\ncontrol = unix:" + directory.file("c").string() + "\nmode = " + mode +
                               "\nlocal-domains = example.com\nlocal-recipients = text:users\nsettle-time = 0s\n" +
                               more);
  }
  /// The current target of the alias; empty if the recipient is kept.
  std::string target() const {
    const auto decision = decide(*Address::parse("user@example.org"), {}, *current.get(), {});
    return decision.to.empty() ? "" : decision.to.front().internal();
  }

  TemporaryDirectory directory;
  Counters counters;
  Log log{LogFormat::text, LogLevel::error};
  CurrentSnapshot current{nullptr};
  std::optional<Reload> reload;
};

}  // namespace

TEST_CASE_METHOD(ReloadFixture, "a reload puts new tables into force", "[daemon][reload]") {
  REQUIRE(target() == "user@example.com");
  write("aliases", "user: other@example.com\n");
  const auto answer = reload->run();
  INFO(answer.text);
  CHECK(answer.exit_status == 0);
  CHECK(answer.text.ends_with("reloaded: 1 relay domain of 1 primary, mode rewrite\n"));
  CHECK(target() == "other@example.com");
  CHECK(counters.get(Count::reloads) == 1);
}

TEST_CASE_METHOD(ReloadFixture, "a reload reports the first 1000 problems and the number of others",
                 "[daemon][reload]") {
  std::string settings;
  for (std::size_t i = 0; i < 2 * max_reported; ++i) settings += "frob" + std::to_string(i) + " = x\n";
  write_main("rewrite", settings);
  const auto answer = reload->run();
  CHECK(answer.exit_status == 78);
  CHECK(answer.text.find("error: and 1000 more (fix: run shorthop check to see them all)\n") != std::string::npos);
  CHECK(std::ranges::count(answer.text, '\n') == max_reported + 2);
  CHECK(answer.text.ends_with("the old settings and tables stay in force\n"));
}

TEST_CASE_METHOD(ReloadFixture, "unreadable lines are reported, and all other lines are used", "[daemon][reload]") {
  write("aliases", "some words here\nuser: other@example.com\nthis neither\n");
  const auto answer = reload->run();
  CHECK(answer.exit_status == 0);
  CHECK(answer.text.find("aliases:1: warning: ") != std::string::npos);
  CHECK(answer.text.find("aliases:3: warning: ") != std::string::npos);
  CHECK(target() == "other@example.com");
}

TEST_CASE_METHOD(ReloadFixture, "a file that was cut changes nothing, and the answer says so", "[daemon][reload]") {
  const auto loaded = [this] { return current.get()->relay_by_domain.at("example.org")->loaded; };
  const auto before = loaded();
  write("aliases", "user: other@example.com,");
  const auto answer = reload->run();
  CHECK(answer.exit_status == 75);
  CHECK(answer.text.find("the last line has no newline: the copy may be incomplete") != std::string::npos);
  CHECK(target() == "user@example.com");
  CHECK((loaded() == before));
  write("aliases", "user: other@example.com\n");
  CHECK(reload->run().exit_status == 0);  // and the next load is not affected
  CHECK(target() == "other@example.com");
  CHECK((loaded() > before));
}

TEST_CASE_METHOD(ReloadFixture, "an empty table is loaded only after accept_shrink()", "[daemon][reload]") {
  write("aliases", "");
  CHECK(reload->run().exit_status == 65);
  write("aliases", "user: other@example.com\n");
  CHECK(reload->run().exit_status == 0);
  write("aliases", "");
  CHECK(reload->run().exit_status == 65);
  reload->accept_shrink("example.org");
  CHECK(reload->run().exit_status == 0);
  reload->accept_shrink("example.net");
  const auto refused = reload->run();
  CHECK(refused.exit_status == 78);
  CHECK(refused.text.contains("unknown relay \"example.net\""));
  CHECK(refused.text.contains("not reloaded"));
  CHECK(reload->run().exit_status == 0);
}

TEST_CASE_METHOD(ReloadFixture, "shorthop-reload(1): data that is too old is loaded, and the answer names it",
                 "[daemon][reload]") {
  std::ofstream(directory.file("relay.d/example.org.conf"), std::ios::app) << "max-age = 1h\n";
  CHECK(reload->run().exit_status == 0);
  const auto before = std::filesystem::file_time_type::clock::now() - std::chrono::hours(2);
  std::filesystem::last_write_time(directory.file("aliases"), before);
  const auto answer = reload->run();
  INFO(answer.text);
  CHECK(answer.exit_status == 0);
  CHECK(answer.text.contains(
      "is 120 minutes old; max-age is 60 minutes: its recipients are kept (fix: copy the primary's data again)"));
  CHECK(answer.text.ends_with("mode rewrite\n"));
}

TEST_CASE_METHOD(ReloadFixture, "changed files are loaded without a reload command", "[daemon][reload]") {
  CHECK_FALSE(reload->refresh());
  write("aliases", "user: other@example.com\n");
  CHECK(reload->refresh());
  CHECK(target() == "other@example.com");
  CHECK(counters.get(Count::refreshes) == 1);
  CHECK_FALSE(reload->refresh());
}

TEST_CASE_METHOD(ReloadFixture, "after a wrong setting the old settings stay in force", "[daemon][reload]") {
  write_main("observe", "soket = unix:/tmp/x\n");
  CHECK(reload->run().exit_status == 78);
  CHECK(reload->settings()->relays.at(0).mode == Mode::rewrite);
}

TEST_CASE_METHOD(ReloadFixture,
                 "a result of in_force() stays valid after a reload; a failed reload does not change the time in force",
                 "[daemon][reload]") {
  const auto before = reload->in_force();
  write_main("observe", "soket = unix:/tmp/x\n");
  CHECK(reload->run().exit_status == 78);
  CHECK(reload->in_force().since == before.since);
  write_main("observe");
  CHECK(reload->run().exit_status == 0);
  CHECK(reload->in_force().since > before.since);
  CHECK(before.settings->relays.at(0).mode == Mode::rewrite);
  CHECK(reload->settings()->relays.at(0).mode == Mode::observe);
}

TEST_CASE_METHOD(ReloadFixture, "a message that holds a snapshot keeps it when a reload replaces it",
                 "[daemon][reload]") {
  const auto of_the_message = current.get();
  write("aliases", "user: other@example.com\n");
  REQUIRE(reload->run().exit_status == 0);
  CHECK(decide(*Address::parse("user@example.org"), {}, *of_the_message, {}).to.at(0).internal() == "user@example.com");
}

TEST_CASE_METHOD(ReloadFixture, "a reload changes the mode of the relays", "[daemon][reload]") {
  write_main("observe");
  CHECK(reload->run().text.ends_with("mode observe\n"));
  CHECK(reload->settings()->relays.at(0).mode == Mode::observe);
}

TEST_CASE_METHOD(ReloadFixture, "a changed setting that needs a restart gives a warning at each reload",
                 "[daemon][reload]") {
  const Endpoint socket = reload->settings()->socket;
  write("shorthop.conf",
        "socket = inet:10027@127.0.0.1\ncontrol = none\nlog-format = json\nlog-level = debug\n"
        "mode = rewrite\nlocal-domains = example.com\nlocal-recipients = text:users\n");
  for (int i = 0; i < 2; ++i) {
    const auto answer = reload->run();
    CHECK(answer.exit_status == 0);
    for (const std::string name : {"socket", "control", "log-format", "log-level"}) {
      INFO(name);
      CHECK(answer.text.find(name + " has changed, but the old value stays in force (fix: restart shorthopd") !=
            std::string::npos);
    }
    CHECK(answer.text.find("socket-group") == std::string::npos);
  }
  CHECK(reload->settings()->socket == socket);
}

TEST_CASE_METHOD(ReloadFixture, "a setting needs a restart if and only if its row says so", "[daemon][reload]") {
  write("shorthop.conf",
        "socket = inet:10027@127.0.0.1\nsocket-mode = 0600\nsocket-group = mail\ncontrol = none\nlog-format = json\n"
        "log-level = debug\nlog-recipients = no\nmetrics = inet:127.0.0.1:9643\nmode = observe\nmax-age = 1h\n"
        "local-domains = example.com\nlocal-recipients = text:users\n");
  const std::string said = reload->run().text;
  for (const SettingRow& row : setting_rows()) {
    if (row.section == Section::relay) continue;
    INFO(row.name);
    CHECK(said.contains(": " + std::string(row.name) + " has changed") == (row.on_change == OnChange::restart));
  }
}
