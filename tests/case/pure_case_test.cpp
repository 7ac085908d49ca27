// Runs every case file without daemon and wire: loads its settings and tables as the daemon does, and decides.
#include <chrono>
#include <map>

#include "load/data_loader.h"
#include "mail/rcpt.h"
#include "session/decision.h"
#include "session/explain.h"
#include "settings/settings.h"
#include "support/case_file.h"
#include "support/catch.h"
#include "support/temporary_directory.h"
#include "system/file_reader.h"

namespace shorthop::test {
namespace {

std::string text_of(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) text += diagnostic.text() + "\n";
  return text;
}

std::shared_ptr<const Snapshot> snapshot_of(const Case& a_case, const std::filesystem::path& directory) {
  const auto files = std::make_shared<SystemFiles>();
  Diagnostics warnings;
  const auto settings = read_settings(lay_out(a_case, directory, "rewrite"), *files, warnings);
  if (!settings) throw std::runtime_error(text_of(settings.error()));
  const auto snapshot = load_snapshot(*settings, files, system_sources(), warnings);
  if (!snapshot) throw std::runtime_error(text_of(snapshot.error()));
  return *snapshot;
}

std::string expected_line(const Expectation& expectation) {
  std::string line = expectation.decision + " " + expectation.reason;
  for (const auto& to : expectation.to) line += " " + to;
  return line;
}

std::string decided_line(const Decision& decision) {
  std::string line(name_of(decision.verdict));
  line.append(" ").append(name_of(decision.reason));
  for (const auto& to : decision.to) line += " " + to.external();
  return line;
}

RecipientFacts facts_of(const Case& a_case) {
  return {.mailer = a_case.mailer,
          .client_address = a_case.from_primary ? primary_address : "",
          .next_hop = a_case.next_hop,
          .sender = "<sender@example.net>"};
}

}  // namespace

TEST_CASE("every case file, decided by the pure code", "[case]") {
  std::map<std::string, int> reasons;
  for (const auto& file : case_files()) {
    for (const Case& a_case : read_cases(file)) {
      TemporaryDirectory directory;
      const auto snapshot = snapshot_of(a_case, directory.path());
      for (const Expectation& expectation : a_case.expectations) {
        INFO(a_case.file << ":" << expectation.line << ": " << a_case.title << ": " << expectation.rcpt);
        const auto recipient = parse_rcpt_path(expectation.rcpt);
        REQUIRE(recipient.has_value());
        const Decision decision = decide(*recipient, facts_of(a_case), *snapshot, std::chrono::system_clock::now());
        INFO(explained(expectation.rcpt, decision));
        CHECK(decided_line(decision) == expected_line(expectation));
        // Without a trace, as the daemon asks: the second time the answer may come from the cache.
        for (int time = 0; time < 2; ++time) {
          const Decision again =
              decide(*recipient, facts_of(a_case), *snapshot, std::chrono::system_clock::now(), Trace::off);
          CHECK(decided_line(again) == expected_line(expectation));
          CHECK(again.detail == decision.detail);
        }
        ++reasons[std::string(name_of(decision.reason))];
      }
    }
  }
  // Each reason has its case, except for the reasons of temporary failures and of mail that came back.
  for (const ReasonRow& row : reason_rows) {
    if (row.reason == Reason::lookup_failed || row.reason == Reason::refuted) continue;
    INFO(row.name);
    CHECK(reasons.contains(std::string(row.name)));
  }
}

}  // namespace shorthop::test
