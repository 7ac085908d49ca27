// shorthop resolve: the daemon's decision for given addresses, without any mail.
#include <fmt/core.h>
#include <sysexits.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <thread>

#include "mail/rcpt.h"
#include "session/decision.h"
#include "session/explain.h"
#include "system/system_error.h"
#include "text/ascii.h"
#include "tool/actions.h"
#include "tool/daemon_state.h"
#include "tool/line_batch.h"
#include "tool/line_input.h"
#include "tool/load_all.h"
#include "tool/why_not.h"

namespace shorthop::tool {
namespace {

/// Answers not printed yet.
struct Answers {
  std::string text;
  bool all_decided = true;
};

/// `sender`: the argument of MAIL FROM; nullopt: what depends on the sender is left out.
Decision decision_about(const Address& recipient, const Snapshot& snapshot, const std::optional<std::string>& sender) {
  Budget budget({.time = snapshot.lookup_timeout});
  budget.start_clock(std::chrono::steady_clock::now());
  const auto now = std::chrono::system_clock::now();
  return sender ? decide(recipient, {.sender = *sender}, snapshot, now, Trace::on, budget)
                : decide_address(recipient, snapshot, now, Trace::on, budget);
}

/// Makes the answers. Const, and safe to use from several threads, like the snapshot.
class Resolver {
 public:
  Resolver(const Snapshot& snapshot, bool json, std::optional<std::string> sender)
      : snapshot_(snapshot), json_(json), sender_(std::move(sender)) {}

  /// Answers for a recipient written as in RCPT TO, with or without angle brackets.
  void answer(std::string_view recipient, Answers& answers) const {
    const auto address = parse_rcpt_path(recipient);
    if (!address) return keep_invalid(recipient, address.error().what, answers);
    add(address->external(), decision_about(*address, snapshot_, sender_), answers);
  }

  /// Answers for a line of standard input; blank lines are skipped.
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

  /// The text form has several lines; if more answers may follow, an empty line ends it.
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

void answer_lines(const LineBatch& lines, std::size_t from, std::size_t to, const Resolver& resolver,
                  Answers& answers) {
  for (std::size_t at = from; at < to; ++at) resolver.answer_line(lines[at], answers);
}

/// Answers batches of lines, each divided among the processors.
class BatchResolver {
 public:
  BatchResolver(const Resolver& resolver, Output& output) : resolver_(resolver), output_(output) {}

  void answer(const LineBatch& lines) {
    constexpr std::size_t worth_a_thread = 64;  // lines: starting a thread costs as much as about ten answers
    const std::size_t parts = std::clamp<std::size_t>(lines.size() / worth_a_thread, 1, answers_.size());
    const auto begin_of = [&](std::size_t part) { return lines.size() * part / parts; };
    std::vector<std::future<void>> others;
    for (std::size_t part = 1; part < parts; ++part) {
      // "deferred" as well: if no thread can be started, the part is answered below.
      others.push_back(std::async(std::launch::async | std::launch::deferred, answer_lines, std::cref(lines),
                                  begin_of(part), begin_of(part + 1), std::cref(resolver_), std::ref(answers_[part])));
    }
    answer_lines(lines, 0, begin_of(1), resolver_, answers_.front());
    print(answers_.front());
    for (std::size_t part = 1; part < parts; ++part) {
      others[part - 1].get();
      print(answers_[part]);
    }
  }

  bool all_decided() const { return std::ranges::all_of(answers_, &Answers::all_decided); }

 private:
  void print(Answers& answers) {
    output_.write(answers.text);
    answers.text.clear();
  }

  const Resolver& resolver_;
  Output& output_;
  /// One for each processor. They keep their memory from batch to batch: new memory for each took a tenth of the time.
  std::vector<Answers> answers_{std::max(1U, std::thread::hardware_concurrency())};
};

int resolve_input(const Resolver& resolver, Streams& streams) {
  BatchResolver batches(resolver, streams.output);
  LineBatch waiting;
  const auto answer_waiting = [&] {
    batches.answer(waiting);
    waiting.clear();
  };
  // Before waiting for more input, print all answers: the writer may be waiting for them.
  LineInput lines(streams.input, [&] {
    answer_waiting();
    streams.output.flush();
  });
  // If the output fails, further input is not read.
  while (!streams.output.failed()) {
    const auto line = lines.next();
    if (!line) break;
    waiting.add(*line);
    if (waiting.is_full()) answer_waiting();
  }
  answer_waiting();
  if (lines.error() != 0) {
    streams.errors.write(fmt::format("shorthop: cannot read standard input: {}\n", error_text(lines.error())));
    return EX_NOINPUT;
  }
  return batches.all_decided() ? EX_OK : EX_TEMPFAIL;
}

/// The form of MAIL FROM, with angle brackets.
std::optional<std::string> sender_in(const Invocation& invocation) {
  const auto given = invocation.options.find("sender");
  if (given == invocation.options.end()) return std::nullopt;
  return given->second.starts_with('<') ? given->second : "<" + given->second + ">";
}

int resolve_arguments(const std::vector<std::string>& recipients, const Resolver& resolver, Streams& streams) {
  Answers answers;
  for (const std::string& recipient : recipients) {
    if (&recipient != &recipients.front()) resolver.end_block(answers);
    resolver.answer(recipient, answers);
  }
  streams.output.write(answers.text);
  return answers.all_decided ? EX_OK : EX_TEMPFAIL;
}

/// With --why-not: the first argument is the recipient, the second where it was expected to end.
int explain_why_not(const Invocation& invocation, const Snapshot& snapshot, Streams& streams) {
  const auto address = parse_rcpt_path(invocation.arguments[0]);
  const auto target = parse_rcpt_path(invocation.arguments[1]);
  if (!address || !target) {
    const std::string& wrong = invocation.arguments[address ? 1 : 0];
    streams.errors.write(fmt::format("shorthop: {}: {}\n", wrong, (address ? target : address).error().what));
    return EX_USAGE;
  }
  const Decision decision = decision_about(*address, snapshot, sender_in(invocation));
  streams.output.write(why_not(address->external(), target->external(), decision));
  streams.output.write(explained(address->external(), decision));
  return decision.reason == Reason::lookup_failed ? EX_TEMPFAIL : EX_OK;
}

}  // namespace

int resolve(const Invocation& invocation, Streams& streams) {
  const auto& arguments = invocation.arguments;
  const bool from_input = std::ranges::find(arguments, "-") != arguments.end();
  if (from_input && arguments.size() > 1) {
    streams.errors.write("shorthop: resolve takes addresses or \"-\", not both\n");
    return EX_USAGE;
  }
  if (invocation.has("why-not") && (arguments.size() != 2 || from_input || invocation.has("json"))) {
    streams.errors.write("shorthop: resolve --why-not takes two addresses: the recipient, and where it should end\n");
    return EX_USAGE;
  }
  const auto loaded = load_all(invocation.config, streams, !invocation.has("no-dns"));
  if (!loaded) return loaded.error();
  for (const std::string& other : other_data(*loaded->snapshot, data_of_daemon(invocation.config))) {
    streams.errors.write(fmt::format("shorthop: note: {}; its decisions may differ\n", other));
  }
  if (invocation.has("why-not")) return explain_why_not(invocation, *loaded->snapshot, streams);
  const Resolver resolver(*loaded->snapshot, invocation.has("json"), sender_in(invocation));
  return from_input ? resolve_input(resolver, streams) : resolve_arguments(arguments, resolver, streams);
}

}  // namespace shorthop::tool
