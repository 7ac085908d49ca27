// shorthop resolve: the daemon's decision for addresses that no mail was sent to.
#include "session/decision.h"

#include <fmt/core.h>
#include <sysexits.h>

#include <chrono>
#include <optional>
#include <system_error>

#include "mail/ascii.h"
#include "mail/rcpt.h"
#include "session/explain.h"
#include "tool/actions.h"
#include "tool/line_input.h"
#include "tool/load_all.h"

namespace shorthop::tool {
namespace {

/// Answers one recipient after the other, and remembers whether all could be decided.
class Answers {
 public:
  Answers(const Snapshot& snapshot, bool json, Output& output) : snapshot_(snapshot), json_(json), output_(output) {}

  /// A recipient as it would stand in RCPT TO, with or without angle brackets.
  void decide_on(std::string_view recipient) {
    const auto address = parse_rcpt_path(recipient);
    if (!address) return keep_invalid(recipient, address.error().what);
    print(address->internal(), decide(*address, RecipientFacts{}, snapshot_, std::chrono::system_clock::now()));
  }

  void keep_invalid(std::string_view recipient, std::string what) {
    Decision decision;
    decision.reason = Reason::invalid_address;
    decision.detail = std::move(what);
    print(recipient, decision);
  }

  /// The text form is of several lines, so an empty one ends it where more may come.
  void end_of_block() {
    if (!json_) output_.write("\n");
  }

  bool all_decided() const { return all_decided_; }

 private:
  void print(std::string_view recipient, const Decision& decision) {
    std::string text = json_ ? explained_json(recipient, decision) : explained(recipient, decision);
    if (!text.ends_with('\n')) text += '\n';
    output_.write(text);
    if (decision.reason == Reason::lookup_failed) all_decided_ = false;
  }

  const Snapshot& snapshot_;
  bool json_;
  Output& output_;
  bool all_decided_ = true;
};

/// False if the input could not be read to its end.
bool answer_lines(Answers& answers, Streams& streams) {
  LineInput lines(streams.input, [&streams] { streams.output.flush(); });
  // Nobody reads what we say any more: nor need we read what is asked.
  while (!streams.output.failed()) {
    const auto line = lines.next();
    if (!line) break;
    const std::string_view recipient = trimmed(line->text);
    if (!line->is_whole) {
      answers.keep_invalid(printable(recipient), fmt::format("longer than {} bytes", LineInput::longest));
    } else if (!recipient.empty()) {
      answers.decide_on(recipient);
    } else {
      continue;
    }
    answers.end_of_block();
  }
  if (lines.error() == 0) return true;
  streams.errors.write(
      fmt::format("shorthop: cannot read standard input: {}\n", std::generic_category().message(lines.error())));
  return false;
}

void answer_arguments(Answers& answers, const std::vector<std::string>& recipients) {
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    if (i > 0) answers.end_of_block();
    answers.decide_on(recipients[i]);
  }
}

}  // namespace

int resolve(const Invocation& invocation, Streams& streams) {
  const auto& arguments = invocation.arguments;
  const bool from_input = std::ranges::find(arguments, "-") != arguments.end();
  if (from_input && arguments.size() > 1) {
    streams.errors.write("shorthop: resolve takes addresses or \"-\", not both\n");
    return EX_USAGE;
  }
  const auto snapshot = load_all(invocation.config, streams);
  if (!snapshot) return snapshot.error();

  Answers answers(**snapshot, invocation.has("json"), streams.output);
  if (!from_input) {
    answer_arguments(answers, arguments);
  } else if (!answer_lines(answers, streams)) {
    return EX_NOINPUT;
  }
  return answers.all_decided() ? EX_OK : EX_TEMPFAIL;
}

}  // namespace shorthop::tool
