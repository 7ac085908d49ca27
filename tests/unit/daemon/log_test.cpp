#include "daemon/log/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "daemon/log/message_log.h"
#include "daemon/log/repetition.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace shorthop;
using namespace shorthop::test;

namespace {

/// The lines written to standard error by `say`.
std::vector<std::string> logged(LogFormat format, LogLevel level, const std::function<void(Log&)>& say,
                                bool is_journal = false, bool names_recipients = true) {
  const TemporaryDirectory directory;
  const auto file = directory.file("log");
  const int output = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(output, STDERR_FILENO);
  struct stat status{};
  ::fstat(output, &status);
  const auto stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  if (is_journal) ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  {
    Log log(format, level, names_recipients, false);
    say(log);
  }
  ::unsetenv("JOURNAL_STREAM");
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(output);
  std::ifstream text(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// A line without its time, whose length is constant: "2026-11-22T09:27:35.186+00:00 ".
std::string without_time(const std::string& line) { return line.size() < 30 ? line : line.substr(30); }

Outcome outcome_of_one(std::string recipient) {
  Outcome outcome;
  RecipientReport report;
  report.recipient = std::move(recipient);
  Decision decision;
  decision.reason = Reason::primary_mailbox;
  decision.resolution.steps.push_back({"a@example.org", "alias-maps", "text:/a", 3, {"b"}});
  report.decision = std::make_shared<const Decision>(std::move(decision));
  outcome.reports.push_back(std::move(report));
  outcome.size = 10;
  return outcome;
}

}  // namespace

TEST_CASE("a text line has time, level and message", "[daemon][log]") {
  const auto lines = logged(LogFormat::text, LogLevel::info, [](Log& log) { log.warning("take care"); });
  REQUIRE(lines.size() == 1);
  CHECK(without_time(lines[0]) == "warning: take care");
  CHECK(lines[0].substr(0, 2) == "20");
}

TEST_CASE("a JSON line is one object with time, level and message", "[daemon][log]") {
  const auto lines = logged(LogFormat::json, LogLevel::info, [](Log& log) { log.info("say \"a\\b\"\n"); });
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("{\"time\":\"20"));
  CHECK(lines[0].ends_with(R"(","level":"info","message":"say \"a\\b\"\\x0a"})"));
}

TEST_CASE("sd-daemon(3): under systemd a line begins with its priority, and a text line has no time", "[daemon][log]") {
  const auto all = [](Log& log) {
    log.debug("d");
    log.info("i");
    log.warning("w");
    log.error("e");
  };
  CHECK(logged(LogFormat::text, LogLevel::debug, all, true) ==
        std::vector<std::string>{"<7>d", "<6>i", "<4>w", "<3>e"});
  CHECK(logged(LogFormat::json, LogLevel::error, all, true).at(0).starts_with("<3>{\"time\":\""));
}

TEST_CASE("messages below the set level are dropped", "[daemon][log]") {
  const auto lines = logged(LogFormat::text, LogLevel::warning, [](Log& log) {
    log.info("i");
    log.error("e");
  });
  REQUIRE(lines.size() == 1);
  CHECK(without_time(lines[0]) == "error: e");
}

TEST_CASE("no text from outside adds a line or a byte that is not printable ASCII", "[daemon][log]") {
  const std::string hostile = "a\nb\r\x1b[31m\xff\x80\x7f";
  const auto lines = logged(LogFormat::text, LogLevel::debug, [&](Log& log) {
    log.info(hostile);
    log_message(log, hostile, outcome_of_one(hostile + "@example.org"));
  });
  CHECK(lines.size() >= 2);
  for (const auto& line : lines)
    for (const char c : line) CHECK((c >= 0x20 && c < 0x7f));
  CHECK(without_time(lines.at(0)) == R"(info: a\x0ab\x0d\x1b[31m\xff\x80\x7f)");
}

TEST_CASE("a message's recipients are logged at info, their chains at debug", "[daemon][log]") {
  const auto say = [](Log& log) { log_message(log, "4XyZ", outcome_of_one("a@example.org")); };
  const auto info = logged(LogFormat::text, LogLevel::info, say);
  REQUIRE(info.size() == 1);
  CHECK(
      without_time(info[0]).starts_with("info: 4XyZ: recipient=<a@example.org> decision=keep reason=primary-mailbox"));
  const auto debug = logged(LogFormat::text, LogLevel::debug, say);
  REQUIRE(debug.size() > 1);
  for (const auto& line : debug) CHECK(without_time(line).find(": 4XyZ: ") != std::string::npos);
  CHECK(debug.back().find("text:/a:3") != std::string::npos);
}

TEST_CASE("in JSON a recipient's fields are in one object with time and level", "[daemon][log]") {
  const auto lines = logged(LogFormat::json, LogLevel::info,
                            [](Log& log) { log_message(log, "4XyZ", outcome_of_one("a\"b@example.org")); });
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find(R"("level":"info","queue_id":"4XyZ","recipient":"a\"b@example.org","decision":"keep")") !=
        std::string::npos);
  CHECK(lines[0].ends_with("}"));
}

TEST_CASE("a JSON object of 1.5 MB is logged whole", "[daemon][log]") {
  const std::string object = "{\"to\":[\"" + std::string(std::size_t{1500} * 1000, 'x') + "\"]}";
  const auto lines =
      logged(LogFormat::json, LogLevel::info, [&](Log& log) { log.write_recipient(LogLevel::info, object); });
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with("xxx\"]}"));
}

TEST_CASE("diagnostics are logged with their own severity, place and fix", "[daemon][log]") {
  const auto lines = logged(LogFormat::text, LogLevel::info, [](Log& log) {
    log.write(Diagnostic{{"/a", 3}, "is odd", "make it even", Severity::warning, ErrorClass::data});
    log.write(Diagnostic{{"/b", 0}, "is wrong", "", Severity::error, ErrorClass::data});
    log.write(Diagnostic{{"/c", 0}, "is ignored", "", Severity::note, ErrorClass::data});
  });
  REQUIRE(lines.size() == 3);
  CHECK(without_time(lines[0]) == "warning: /a:3: is odd (fix: make it even)");
  CHECK(without_time(lines[1]) == "error: /b: is wrong");
  CHECK(without_time(lines[2]) == "info: /c: is ignored");
}

TEST_CASE("log-recipients = no: no line about a message names an address", "[daemon][log]") {
  const auto format = GENERATE(LogFormat::text, LogFormat::json);
  Outcome outcome = outcome_of_one("ann@example.org");
  Decision decision = *outcome.reports[0].decision;
  decision.verdict = Verdict::rewrite;
  decision.to = {*Address::parse("ann@example.com")};
  outcome.reports[0].decision = std::make_shared<const Decision>(decision);
  PredictionReport prediction;
  prediction.queue_id = "4XyZ";
  prediction.result = PredictionResult::refuted;
  prediction.awaited.recipient = "ann@example.org";
  prediction.awaited.expected = {"ann@example.com"};
  prediction.came_for = "eve@example.com";
  const auto say = [&](Log& log) {
    log_message(log, "4XyZ", outcome);
    log_prediction(log, prediction);
  };
  const auto lines = logged(format, LogLevel::debug, say, false, false);
  REQUIRE(lines.size() == 2);
  for (const auto& line : lines) {
    CHECK(line.find('@') == std::string::npos);
    CHECK(line.find("4XyZ") != std::string::npos);
    CHECK(line.find("hidden") != std::string::npos);
  }
}

TEST_CASE("a refuted prediction is a warning, and its line begins with the queue ID", "[daemon][log]") {
  PredictionReport report;
  report.queue_id = "4XyZ";
  report.return_id = "4XyA";
  report.awaited.recipient = "ann@example.org";
  report.awaited.expected = {"ann@example.com"};
  report.result = GENERATE(PredictionResult::refuted, PredictionResult::confirmed);
  if (report.result == PredictionResult::refuted) report.came_for = "eve@example.com";
  report.after = std::chrono::seconds(3);
  const auto lines = logged(LogFormat::text, LogLevel::info, [&](Log& log) { log_prediction(log, report); });
  REQUIRE(lines.size() == 1);
  CHECK(without_time(lines[0]) ==
        (report.result == PredictionResult::refuted
             ? "warning: 4XyZ: recipient=<ann@example.org> prediction=refuted reason=all-local to=<ann@example.com> "
               "came_for=<eve@example.com> returned_as=4XyA seconds=3"
             : "info: 4XyZ: recipient=<ann@example.org> prediction=confirmed reason=all-local to=<ann@example.com> "
               "returned_as=4XyA seconds=3"));
}

TEST_CASE("a warning that every message causes is logged only a few times a minute", "[daemon][log]") {
  const auto lines = logged(LogFormat::text, LogLevel::info, [](Log& log) {
    for (int i = 0; i < 100; ++i) log.write_of_message(LogLevel::warning, "4XyZ" + std::to_string(i), "the same fault");
    for (int i = 0; i < 100; ++i) log.info("not a fault");
  });
  CHECK(lines.size() == Repetition::max_in_period + 100);
  CHECK(without_time(lines.at(0)) == "warning: 4XyZ0: the same fault");
}
