// Prints a decision with arbitrary texts in all output forms. No text adds a line, and a reader gets the fields back.
#include "session/explain.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/json_value.h"
#include "fuzz/must.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace {

using shorthop::RecipientReport;

/// Lists have fewer parts than this: enough to see the separators between them.
constexpr unsigned max_parts = 4;

shorthop::Step step_from(Input& input) {
  shorthop::Step step{std::string(input.text()), "virtual-alias-maps", std::string(input.text()), input.byte(), {}};
  for (unsigned i = input.byte() % max_parts; i > 0; --i) step.to.emplace_back(input.text());
  return step;
}

RecipientReport report_from(Input& input) {
  RecipientReport report;
  shorthop::Decision decision;
  const unsigned flags = input.byte();
  report.mode = (flags & 1) != 0 ? shorthop::Mode::rewrite : shorthop::Mode::observe;
  report.applied = (flags & 2) != 0;
  decision.verdict = (flags & 4) != 0   ? shorthop::Verdict::rewrite
                     : (flags & 8) != 0 ? shorthop::Verdict::reject
                                        : shorthop::Verdict::keep;
  decision.reason = shorthop::reason_rows[input.byte() % shorthop::reason_rows.size()].reason;
  report.recipient = input.text();
  decision.detail = input.text();
  for (unsigned i = input.byte() % max_parts; i > 0; --i) {
    const auto address = shorthop::Address::from_parts(input.text(), "example.com");
    if (address) decision.to.push_back(*address);
  }
  for (unsigned i = input.byte() % max_parts; i > 0; --i) decision.resolution.steps.push_back(step_from(input));
  decision.resolution.step_count = decision.resolution.steps.size();
  for (unsigned i = input.byte() % max_parts; i > 0; --i) {
    const auto kind = static_cast<shorthop::LeafKind>(input.byte() % 16);
    decision.resolution.leaves.push_back({kind, std::string(input.text()), std::string(input.text())});
  }
  report.decision = std::make_shared<const shorthop::Decision>(std::move(decision));
  return report;
}

/// Removes the text from the front of the line; fails if it is not there.
void must_take(std::string_view& line, std::string_view text, const char* claim) {
  must(line.starts_with(text), claim);
  line.remove_prefix(text.size());
}

/// Returns the text up to `end`, which must exist and is removed too.
std::string_view must_take_until(std::string_view& line, std::string_view end, const char* claim) {
  const std::size_t length = line.find(end);
  must(length != line.npos, claim);
  const std::string_view text = line.substr(0, length);
  line.remove_prefix(length + end.size());
  return text;
}

/// Reverses the escapes of a log line: "\x" with two digits, and backslashes. Truncated texts end in "...".
std::string unescaped(std::string_view shown) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  while (!shown.empty()) {
    std::size_t length = 1;
    char c = shown.front();
    if (shown.starts_with("\\x") && shown.size() >= 4) {
      c = static_cast<char>(digits.find(shown[2]) * 16 + digits.find(shown[3]));
      length = 4;
    } else if (shown.starts_with("\\\\")) {
      length = 2;
    }
    text += c;
    shown.remove_prefix(length);
  }
  return text;
}

/// Whether `shown` is the text as a log line shows it: a long one is cut and ends in "...".
bool shows(std::string_view shown, std::string_view text) {
  if (text.size() <= shorthop::max_field) return unescaped(shown) == text;
  return shown.ends_with("...") && unescaped(shown.substr(0, shown.size() - 3)) == text.substr(0, shorthop::max_field);
}

/// Reads a log line as a program would: it splits at spaces, and reads an address up to the next '>'.
void must_read_back(std::string_view line, const RecipientReport& report, std::optional<std::uint64_t> size) {
  const shorthop::Decision& decision = *report.decision;
  must(is_printable_line(line), "a log line is one printable line");
  must(std::ranges::count(line, ' ') + 1 ==
           (decision.to.empty() ? 7 : 8) + (line.ends_with("=observe") ? 2 : 0) + (line.ends_with("=control") ? 1 : 0) +
               (line.ends_with("=failed") ? 1 : 0) + (decision.verdict == shorthop::Verdict::reject ? 1 : 0),
       "each field of a log line is one word");
  must_take_until(line, ": ", "a log line begins with the queue ID");
  must_take(line, "recipient=<", "the recipient is the first field");
  must(shows(must_take_until(line, "> ", "the recipient ends"), report.recipient), "the recipient can be read back");
  must_take(line, "decision=", "the decision follows");
  const bool is_rewrite = decision.verdict == shorthop::Verdict::rewrite;
  must(must_take_until(line, " ", "the decision ends") == name_of(decision.verdict),
       "the log line has the report's decision");
  must_take(line, "reason=", "the reason follows");
  must(must_take_until(line, " ", "the reason ends") == name_of(decision.reason),
       "the log line has the report's reason");
  for (std::size_t i = 0; i < decision.to.size(); ++i) {
    must_take(line, i == 0 ? "to=<" : ",<", "the targets follow");
    must(shows(must_take_until(line, ">", "a target ends"), decision.to[i].external()), "a target can be read back");
  }
  if (!decision.to.empty()) must_take(line, " ", "the targets end");
  must_take(line, "steps=" + std::to_string(decision.resolution.step_count) + " hops_saved=", "the numbers follow");
  must_take_until(line, " size=", "the size follows");
  const bool is_reject = decision.verdict == shorthop::Verdict::reject;
  const std::string end = is_reject                                ? report.applied ? " refused=yes" : " refused=no"
                          : !is_rewrite || report.applied          ? ""
                          : report.mode == shorthop::Mode::observe ? " hops_observed=0 mode=observe"
                                                                   : " edits=failed";
  must(line == (size ? std::to_string(*size) : "unknown") + end,
       "the line ends with the size and why nothing was done");
}

/// The object has a string field from which a reader gets the text back. Bytes that are not UTF-8 are not compared: a
/// reader gets them as Latin-1 (fuzz/json.cpp).
void must_have(const JsonValue& object, std::string_view field, std::string_view text) {
  const JsonValue* value = object.field(field);
  must(value != nullptr && value->kind == JsonValue::Kind::string, "a JSON object has the field");
  must(!shorthop::is_utf8(text) || value->text == text, "a field of a JSON object can be read back");
}

JsonValue must_be_json(std::string_view json) {
  must(is_printable_line(json), "a JSON object is one printable line");
  auto value = JsonReader::read(json);
  must(value && value->kind == JsonValue::Kind::object, "it is a JSON object");
  return std::move(*value);
}

void must_have_targets(const JsonValue& object, const shorthop::Decision& decision) {
  const JsonValue* to = object.field("to");
  must(to != nullptr && to->parts.size() == decision.to.size(), "a JSON object has each target");
  for (std::size_t i = 0; i < decision.to.size(); ++i) {
    must(to->parts[i].text == decision.to[i].external(), "a target of a JSON object can be read back");
  }
}

void try_log_forms(Input& input) {
  const unsigned long_size = input.byte();
  const auto size = long_size == 0 ? std::nullopt : std::optional<std::uint64_t>(std::uint64_t{1} << long_size % 64);
  const std::string_view queue_id = input.text();
  const RecipientReport report = report_from(input);
  must_read_back(shorthop::log_line(queue_id, report, size), report, size);

  const JsonValue line = must_be_json(shorthop::log_line_json(queue_id, report, size));
  must_have(line, "queue_id", queue_id);
  must_have(line, "recipient", report.recipient);
  must_have(line, "reason", name_of(report.decision->reason));
  must_have_targets(line, *report.decision);
  const JsonValue* shown_size = line.field("size");
  must(shown_size != nullptr && shown_size->text == (size ? std::to_string(*size) : "null"),
       "the size can be read back");

  const JsonValue object = must_be_json(shorthop::explained_json(report.recipient, *report.decision));
  must_have(object, "recipient", report.recipient);
  must_have_targets(object, *report.decision);
  const auto& steps = report.decision->resolution.steps;
  const auto& leaves = report.decision->resolution.leaves;
  must(object.field("steps")->parts.size() == steps.size(), "a JSON object has each step");
  must(object.field("leaves")->parts.size() == leaves.size(), "a JSON object has each leaf");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    must_have(object.field("steps")->parts[i], "address", steps[i].address);
    must_have(object.field("steps")->parts[i], "table", steps[i].table);
  }
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    must_have(object.field("leaves")->parts[i], "address", leaves[i].address);
  }

  std::string text = shorthop::explained(report.recipient, *report.decision);
  must(text.ends_with('\n'), "an explanation is whole lines");
  must(lines_in(text) - 1 == 1 + report.decision->to.size() + steps.size() + leaves.size(),
       "an explanation has a line for the decision, each target, each step and each leaf");
  std::erase(text, '\n');
  must(is_printable_line(text), "the lines of an explanation are printable");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Input input(data, size);
  try_log_forms(input);
  return 0;
}
