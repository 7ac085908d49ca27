// shorthop resolve: the daemon's decision for given addresses, without any mail.
#include <fmt/core.h>
#include <sysexits.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "mail/rcpt.h"
#include "session/decision.h"
#include "session/explain.h"
#include "system/system_error.h"
#include "text/ascii.h"
#include "tool/actions.h"
#include "tool/daemon_state.h"
#include "tool/load_all.h"
#include "tool/printed_command.h"
#include "tool/resolve/line_batch.h"
#include "tool/resolve/line_input.h"
#include "tool/resolve/why_not.h"

namespace shorthop::tool {
namespace {

/// Answers not printed yet.
struct Answers {
  std::string text;  ///< escaped
  bool all_decided = true;
};

/// The decision for mail from a host that is not the primary. `argument`: the argument of RCPT TO. `recipient`: the
/// address in it. `sender`: the argument of MAIL FROM; nullopt: whatever depends on the sender is left out.
Decision decision_about(std::string_view argument, const Address& recipient, const Snapshot& snapshot,
                        const std::optional<std::string>& sender) {
  Budget budget = running_budget(snapshot, std::chrono::steady_clock::now());
  const auto now = std::chrono::system_clock::now();
  RecipientFacts facts = facts_of_remote_client(argument);
  if (!sender) return decide_address(recipient, facts, snapshot, {now, Trace::on, budget});
  facts.sender = *sender;
  return decide(recipient, facts, snapshot, {now, Trace::on, budget});
}

/// Makes the answers. Const, and safe to use from several threads, like the snapshot.
class Answerer {
 public:
  Answerer(const Snapshot& snapshot, bool json, std::optional<std::string> sender)
      : snapshot_(snapshot), json_(json), sender_(std::move(sender)) {}

  /// Adds the answer for a recipient written as in RCPT TO, with or without angle brackets.
  void answer(std::string_view recipient, Answers& answers) const {
    const auto address = parse_rcpt_path(recipient);
    if (!address) return keep_invalid(recipient, address.error().what, answers);
    add(address->external(), decision_about(recipient, *address, snapshot_, sender_), answers);
  }

  /// Adds the answer for a line of standard input; blank lines are skipped.
  void answer_line(const LineInput::Line& line, Answers& answers) const {
    const std::string_view recipient = trimmed(line.text);
    if (!line.is_whole) {
      keep_invalid(printable(recipient), fmt::format("longer than {} bytes", LineInput::max_line), answers);
    } else if (!recipient.empty()) {
      answer(recipient, answers);
    } else {
      return;
    }
    end_block(answers);
  }

  /// An answer in text form has several lines; if more answers may follow, an empty line ends it.
  void end_block(Answers& answers) const {
    if (!json_) answers.text += '\n';
  }

 private:
  void keep_invalid(std::string_view recipient, std::string what, Answers& answers) const {
    Decision decision;
    decision.reason = Reason::invalid_address;
    decision.detail = std::move(what);
    add(recipient, decision, answers);
  }

  void add(std::string_view recipient, const Decision& decision, Answers& answers) const {
    if (json_) {
      answers.text.append(explained_json(recipient, decision)) += '\n';
    } else {
      append_explained(answers.text, recipient, decision);
    }
    if (decision.reason == Reason::lookup_failed) answers.all_decided = false;
  }

  const Snapshot& snapshot_;
  bool json_;
  std::optional<std::string> sender_;
};

/// Answers the lines of standard input with one thread for each processor. The answers have the order of the lines.
class InputAnswerer {
 public:
  InputAnswerer(const Answerer& answerer, Streams& streams)
      : answerer_(answerer), input_(streams.input), output_(streams.output) {}

  void answer_all() {
    std::vector<std::future<void>> others;
    for (unsigned other = 1; other < std::thread::hardware_concurrency(); ++other) {
      // "deferred" as well: if no thread can be started, this one answers all lines.
      others.push_back(std::async(std::launch::async | std::launch::deferred, [this] { answer_batches(); }));
    }
    answer_batches();
    for (auto& other : others) other.get();
  }

  bool all_decided() const { return all_decided_; }
  /// errno of a failed read, or 0.
  int error() const { return input_.error(); }

 private:
  void answer_batches() try {
    LineBatch lines;
    Answers answers;
    while (const auto number = read(lines)) {
      for (std::size_t at = 0; at < lines.size(); ++at) answerer_.answer_line(lines[at], answers);
      print(*number, answers);
    }
  } catch (...) {
    stop();
    throw;
  }

  /// Replaces the lines by the next ones, and returns the number of their batch; nullopt at the end.
  std::optional<std::size_t> read(LineBatch& lines) {
    const std::lock_guard reading(reading_);
    lines.clear();
    // An answer must not wait for lines that have not arrived: their writer may be waiting for that answer.
    auto line = input_.next_arrived();
    if (!line && all_printed()) line = input_.next();
    for (; line; line = input_.next_arrived()) {
      lines.add(*line);
      if (lines.is_full()) break;
    }
    if (lines.size() == 0 || stopped_) return std::nullopt;
    return batches_read_++;
  }

  /// Waits until all batches that were read are printed; false if that failed.
  bool all_printed() {
    std::unique_lock printing(printing_);
    printed_.wait(printing, [&] { return batches_read_ == batches_printed_ || stopped_; });
    return !stopped_;
  }

  void print(std::size_t number, Answers& answers) {
    std::unique_lock printing(printing_);
    printed_.wait(printing, [&] { return number == batches_printed_ || stopped_; });
    if (number != batches_printed_) return;
    output_.write_safe(answers.text);
    // If the output fails, further input is not read.
    if (!output_.flush()) stopped_ = true;
    if (!answers.all_decided) all_decided_ = false;
    answers.text.clear();  // keeps its memory: allocating it for each batch took a tenth of the time
    ++batches_printed_;
    printed_.notify_all();
  }

  void stop() {
    const std::lock_guard printing(printing_);
    stopped_ = true;
    printed_.notify_all();
  }

  const Answerer& answerer_;
  std::mutex reading_;  ///< guards input_ and batches_read_
  LineInput input_;
  std::size_t batches_read_ = 0;
  std::mutex printing_;  ///< guards output_, batches_printed_ and all_decided_
  std::condition_variable printed_;
  Output& output_;
  std::size_t batches_printed_ = 0;
  bool all_decided_ = true;
  std::atomic<bool> stopped_ = false;  ///< the output failed, or a thread ended with an exception
};

int resolve_input(const Answerer& answerer, Streams& streams) {
  InputAnswerer input(answerer, streams);
  input.answer_all();
  if (input.error() != 0) {
    streams.errors.write(fmt::format("shorthop: cannot read standard input: {}\n", error_text(input.error())));
    return EX_NOINPUT;
  }
  return input.all_decided() ? EX_OK : EX_TEMPFAIL;
}

/// The sender as in MAIL FROM, with angle brackets.
std::optional<std::string> sender_in(const Invocation& invocation) {
  const std::string* given = invocation.value("sender");
  if (given == nullptr) return std::nullopt;
  return given->starts_with('<') ? *given : "<" + *given + ">";
}

int resolve_arguments(const std::vector<std::string>& recipients, const Answerer& answerer, Streams& streams) {
  Answers answers;
  for (const std::string& recipient : recipients) {
    if (&recipient != &recipients.front()) answerer.end_block(answers);
    answerer.answer(recipient, answers);
  }
  streams.output.write_safe(answers.text);
  return answers.all_decided ? EX_OK : EX_TEMPFAIL;
}

/// For --why-not: the first argument is the recipient, the second is the address where its chain was expected to end.
int explain_why_not(const Invocation& invocation, const Snapshot& snapshot, Streams& streams) {
  const auto address = parse_rcpt_path(invocation.arguments[0]);
  const auto target = parse_rcpt_path(invocation.arguments[1]);
  if (!address || !target) {
    const std::string& wrong = invocation.arguments[address ? 1 : 0];
    const std::string why = (address ? target : address).error().what;
    return report_usage(fmt::format("{} is not an address: {}", excerpt(wrong), why), "write user@domain",
                        streams.errors);
  }
  const Decision decision = decision_about(invocation.arguments[0], *address, snapshot, sender_in(invocation));
  streams.output.write(why_not(address->external(), target->external(), decision));
  streams.output.write(explained(address->external(), decision));
  return decision.reason == Reason::lookup_failed ? EX_TEMPFAIL : EX_OK;
}

}  // namespace

int resolve(const Invocation& invocation, Streams& streams) {
  const auto& arguments = invocation.arguments;
  const bool from_input = std::ranges::find(arguments, "-") != arguments.end();
  if (from_input && arguments.size() > 1) {
    return report_usage("resolve takes addresses or \"-\", not both", "leave out one of them", streams.errors);
  }
  if (invocation.has("why-not") && (arguments.size() != 2 || from_input || invocation.has("json"))) {
    return report_usage("resolve --why-not takes two addresses, and no --json",
                        "write the recipient, and then the address where it should end", streams.errors);
  }
  const auto loaded = load_all(invocation.config, streams, !invocation.has("no-dns"));
  if (!loaded) return loaded.error();
  for (const std::string& other : other_data(*loaded->snapshot, data_of_daemon(invocation.config))) {
    streams.errors.write(fmt::format("shorthop: note: {}; its decisions may differ\n", other));
  }
  if (has_other_settings(loaded->settings)) {
    streams.errors.write(
        fmt::format("shorthop: note: shorthopd has other settings in force; its decisions may differ (fix: run {})\n",
                    command_for(invocation.config, "reload")));
  }
  if (invocation.has("why-not")) return explain_why_not(invocation, *loaded->snapshot, streams);
  const Answerer answerer(*loaded->snapshot, invocation.has("json"), sender_in(invocation));
  return from_input ? resolve_input(answerer, streams) : resolve_arguments(arguments, answerer, streams);
}

}  // namespace shorthop::tool
