// Runs every case file over the wire: starts a daemon with the case's tables, sends a message for each RCPT, and
// compares its edits with those expected.
#include "support/case_file.h"

#include <algorithm>
#include <map>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/messages.h"

using namespace shorthop::test;

namespace {

std::string expected_line(const Expectation& expectation) {
  std::string line = expectation.decision + " " + expectation.reason;
  for (const auto& to : expectation.to) line += " " + to;
  return line;
}

/// The word after "NAME=" in a log line; empty if there is none.
std::string field(const std::string& line, const std::string& name) {
  const auto found = line.find(" " + name + "=");
  if (found == std::string::npos) return "";
  const auto start = found + name.size() + 2;
  return line.substr(start, std::min(line.find(' ', start), line.size()) - start);
}

/// The daemon's result in the form of a case file: decision and reason from the log line, and the addresses that it
/// added.
std::string treated_line(const Treatment& treatment, const std::string& log_line) {
  std::string line =
      log_line.empty() ? "keep not-relayed" : field(log_line, "decision") + " " + field(log_line, "reason");
  for (const auto& edit : treatment.edits)
    if (edit.command == '2') line += " " + edit.data.substr(1, edit.data.find('>') - 1);
  return line;
}

bool is_beyond_ascii(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7f; });
}

Recipient recipient_of(const Case& a_case, const Expectation& expectation) {
  Recipient recipient = relayed(expectation.rcpt, expectation.parameters);
  if (a_case.from_primary) recipient.macros["{client_addr}"] = primary_address;
  if (!a_case.mailer.empty()) recipient.macros["{rcpt_mailer}"] = a_case.mailer;
  if (!a_case.next_hop.empty()) recipient.macros["{rcpt_host}"] = a_case.next_hop;
  return recipient;
}

/// Whether one deletion follows the additions; for a recipient that is kept or refused, whether there is no edit.
bool deletes_as_expected(const Lines& edits, const Expectation& expectation) {
  const auto is_deletion = [](const std::string& line) { return line.starts_with("delete "); };
  const auto deletions = std::count_if(edits.begin(), edits.end(), is_deletion);
  if (expectation.decision != "rewrite") return edits.empty();
  return deletions == 1 && is_deletion(edits.back());
}

}  // namespace

TEST_CASE("every case file: the daemon decides and edits as expected", "[wire][case]") {
  std::map<std::string, int> reasons;
  for (const auto& file : case_files()) {
    for (const Case& a_case : read_cases(file)) {
      DaemonProcess daemon([&a_case](const std::filesystem::path& directory, const std::string& main_settings) {
        lay_out(a_case, directory, "rewrite", main_settings);
      });
      FakeMta mta(daemon.socket());
      mta.greet();
      std::size_t number = 0;
      for (const Expectation& expectation : a_case.expectations) {
        INFO(a_case.file << ":" << expectation.line << ": " << a_case.title << ": " << expectation.rcpt);
        Message message = to({recipient_of(a_case, expectation)});
        if (is_beyond_ascii(expectation.rcpt)) message.sender.emplace_back("SMTPUTF8");
        const Treatment treatment = mta.send(message);
        const std::string queue_id = "4XyZ" + std::to_string(++number) + ": ";
        const bool is_refused = expectation.decision == "reject";  // before the MTA has a queue ID
        const bool is_logged = expectation.reason != "not-relayed";
        const std::string line =
            is_logged ? daemon.wait_for_log(is_refused ? "NOQUEUE: recipient=" + expectation.rcpt : queue_id) : "";
        INFO(line);
        CHECK(treated_line(treatment, line) == expected_line(expectation));
        CHECK(deletes_as_expected(treatment.lines(), expectation));
        CHECK((treatment.refused == (is_refused ? Lines{"550 5.1.1 Recipient address rejected: user unknown at the "
                                                        "primary MX"}
                                                : Lines())));
        ++reasons[field(line, "reason")];
      }
      CHECK_NOTHROW(mta.quit());
    }
  }
  CHECK(reasons.size() >= 12);  // guards against a run that read no cases
}
