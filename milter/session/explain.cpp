#include "session/explain.h"

#include <array>
#include <charconv>
#include <functional>

#include "text/ascii.h"

namespace shorthop {
namespace {

using std::string_view_literals::operator""sv;  // appending "..." would count its bytes each time

constexpr std::size_t usual_length = 768;  // of an explanation with two steps; reserved once per text
constexpr std::size_t usual_log_line = 256;
constexpr std::size_t max_queue_id = 64;

/// Appends " (detail)" and the line end.
void end_with_detail(std::string& out, std::string_view detail) {
  if (!detail.empty()) {
    append_log_text(out += " (", detail);
    out += ')';
  }
  out += '\n';
}

/// Appends an address, or a special target as written; a command or a file name may contain spaces.
void append_target(std::string& out, std::string_view target) {
  constexpr std::string_view begins_special = "\"|/~:\\";
  if (!target.empty() && begins_special.contains(target.front())) return append_log_text(out, target);
  append_log_field(out, target);
}

/// Appends "  address -> target, target  [setting table:line]" and the line end.
void append_step(std::string& out, const Step& step) {
  constexpr std::size_t max_path = 4096;
  append_target(out += "  "sv, step.address);
  out += " ->"sv;
  for (std::size_t i = 0; i < step.to.size(); ++i) append_target(out += i == 0 ? " "sv : ", "sv, step.to[i]);
  append_log_text(out.append("  ["sv).append(step.by) += ' ', step.table, max_path);
  if (step.line != 0) out.append(":"sv).append(std::to_string(step.line));
  out += "]\n"sv;
}

void add_step(JsonObject& json, const Step& step) {
  json.text("address", step.address).text("by", step.by).text("table", step.table).number("line", step.line);
  json.texts("to", step.to);
}

void add_leaf(JsonObject& json, const Leaf& leaf) {
  json.text("kind", name_of(leaf.kind)).text("address", leaf.address);
  if (!leaf.detail.empty()) json.text("detail", leaf.detail);
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void append_size(std::string& out, std::optional<std::uint64_t> size) {
  out += " size=";
  if (!size) {
    out += "unknown";
  } else {
    append_number(out, *size);
  }
}

/// Appends " to=<a>,<b>", or nothing for an empty list.
template <class Addresses, class TextOf>
void append_targets(std::string& out, const Addresses& addresses, TextOf text_of) {
  std::string_view separator = " to=<";
  for (const auto& address : addresses) {
    append_log_field(out += separator, std::invoke(text_of, address));
    out += '>';
    separator = ",<";
  }
}

}  // namespace

void append_queue_id(std::string& out, std::string_view queue_id) {
  append_log_field(out, queue_id.empty() ? "NOQUEUE" : queue_id, max_queue_id);
}

void append_explained(std::string& out, std::string_view recipient, const Decision& decision) {
  append_log_field(out, recipient);
  out.append(": "sv).append(name_of(decision.verdict)).append(" "sv).append(name_of(decision.reason));
  end_with_detail(out, decision.detail);
  for (const Address& to : decision.to) {
    append_log_field(out += "  to "sv, to.external());
    out += '\n';
  }
  for (const Step& step : decision.resolution.steps) append_step(out, step);
  for (const Leaf& leaf : decision.resolution.leaves) {
    append_target(out += "  "sv, leaf.address);
    out.append(": "sv).append(name_of(leaf.kind));
    end_with_detail(out, leaf.detail);
  }
}

std::string explained(std::string_view recipient, const Decision& decision) {
  std::string out;
  out.reserve(usual_length);
  append_explained(out, recipient, decision);
  return out;
}

std::string explained_json(std::string_view recipient, const Decision& decision) {
  JsonObject json(usual_length);
  add_explained(json, recipient, decision);
  return json.str();
}

void add_explained(JsonObject& json, std::string_view recipient, const Decision& decision) {
  json.text("recipient", recipient)
      .text("decision", name_of(decision.verdict))
      .text("reason", name_of(decision.reason))
      .texts("to", decision.to, &Address::external)
      .objects("steps", decision.resolution.steps, add_step)
      .objects("leaves", decision.resolution.leaves, add_leaf);
  if (!decision.detail.empty()) json.text("detail", decision.detail);
}

std::string log_line(std::string_view queue_id, const RecipientReport& report, std::optional<std::uint64_t> size) {
  const Decision& decision = *report.decision;
  std::string out;
  out.reserve(usual_log_line);
  append_queue_id(out, queue_id);
  append_log_field(out += ": recipient=<", report.recipient);
  out.append("> decision=").append(name_of(decision.verdict)).append(" reason=").append(name_of(decision.reason));
  append_targets(out, decision.to, &Address::external);
  append_number(out += " steps=", decision.resolution.step_count);
  append_number(out += " hops_saved=", report.hops_saved);
  append_size(out, size);
  if (decision.verdict == Verdict::reject) return out += report.applied ? " refused=yes" : " refused=no";
  if (decision.verdict == Verdict::keep || report.applied) return out;
  if (report.mode == Mode::rewrite) return out += " edits=failed";
  if (report.mode == Mode::observe) append_number(out += " hops_observed=", report.hops_observed);
  return out.append(" mode=").append(name_of(report.mode));
}

std::string log_line_json(std::string_view queue_id, const RecipientReport& report, std::optional<std::uint64_t> size) {
  const Decision& decision = *report.decision;
  JsonObject json(usual_log_line);
  json.text("queue_id", queue_id)
      .text("recipient", report.recipient)
      .text("decision", name_of(decision.verdict))
      .text("reason", name_of(decision.reason))
      .texts("to", decision.to, &Address::external)
      .number("steps", decision.resolution.step_count)
      .number("hops_saved", report.hops_saved);
  if (size) {
    json.number("size", *size);
  } else {
    json.null("size");
  }
  if (decision.verdict == Verdict::rewrite) {
    json.number("hops_observed", report.hops_observed).text("mode", name_of(report.mode));
    json.boolean("applied", report.applied);
  }
  if (decision.verdict == Verdict::reject) json.boolean("refused", report.applied);
  return json.str();
}

std::string prediction_line(const PredictionReport& report) {
  const Awaited& awaited = report.awaited;
  std::string out;
  out.reserve(usual_log_line);
  append_queue_id(out, report.queue_id);
  append_log_field(out += ": recipient=<", awaited.recipient);
  out.append("> prediction=").append(name_of(report.result)).append(" reason=").append(name_of(awaited.reason));
  append_targets(out, awaited.expected, [](const std::string& address) -> std::string_view { return address; });
  if (!report.came_for.empty()) {
    append_log_field(out += " came_for=<", report.came_for);
    out += '>';
  }
  if (!report.return_id.empty()) append_log_field(out += " returned_as=", report.return_id, max_queue_id);
  append_number(out += " seconds=", static_cast<std::uint64_t>(report.after.count()));
  return out;
}

std::string prediction_line_json(const PredictionReport& report) {
  JsonObject json(usual_log_line);
  json.text("queue_id", report.queue_id)
      .text("recipient", report.awaited.recipient)
      .text("prediction", name_of(report.result))
      .text("reason", name_of(report.awaited.reason))
      .texts("to", report.awaited.expected)
      .text("came_for", report.came_for)
      .text("returned_as", report.return_id)
      .number("seconds", static_cast<std::uint64_t>(report.after.count()));
  return json.str();
}

}  // namespace shorthop
