#include "session/explain.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>

#include "text/ascii.h"
#include "text/json.h"

namespace shorthop {
namespace {

constexpr std::size_t usual_length = 768;  // of an explanation with two steps: room made once, a million times over
constexpr std::size_t usual_log_line = 256;
constexpr std::size_t max_queue_id = 64;

std::string_view name_of(Verdict verdict) { return verdict == Verdict::rewrite ? "rewrite" : "keep"; }

/// " (detail)" and the line's end.
void end_with_detail(std::string& out, std::string_view detail) {
  if (!detail.empty()) {
    append_log_text(out += " (", detail);
    out += ')';
  }
  out += '\n';
}

/// An address, or a special target as written, whose spaces belong to a command or a file name.
void append_target(std::string& out, std::string_view target) {
  constexpr std::string_view begins_special = "\"|/~:\\";
  if (!target.empty() && begins_special.contains(target.front())) return append_log_text(out, target);
  append_log_field(out, target);
}

/// "  address -> target, target  [setting table:line]" and the line's end.
void append_step(std::string& out, const Step& step) {
  constexpr std::size_t max_path = 4096;
  append_target(out += "  ", step.address);
  out += " ->";
  for (std::size_t i = 0; i < step.to.size(); ++i) append_target(out += i == 0 ? " " : ", ", step.to[i]);
  append_log_text(out.append("  [").append(step.by) += ' ', step.table, max_path);
  if (step.line != 0) out.append(":").append(std::to_string(step.line));
  out += "]\n";
}

template <class Items, class Append>
void append_json_array(std::string& out, std::string_view field, const Items& items, Append append) {
  out.append(",\"").append(field).append("\":[");
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    append(item);
  }
  out += ']';
}

void append_json_field(std::string& out, std::string_view field, std::string_view value) {
  out.append(out.empty() || out.back() == '{' ? "\"" : ",\"").append(field).append("\":");
  append_json_string(out, value);
}

void append_json_step(std::string& out, const Step& step) {
  out += '{';
  append_json_field(out, "address", step.address);
  append_json_field(out, "by", step.by);
  append_json_field(out, "table", step.table);
  fmt::format_to(std::back_inserter(out), ",\"line\":{}", step.line);
  append_json_array(out, "to", step.to, [&](const std::string& to) { append_json_string(out, to); });
  out += '}';
}

void append_json_leaf(std::string& out, const Leaf& leaf) {
  out += '{';
  append_json_field(out, "kind", name_of(leaf.kind));
  append_json_field(out, "address", leaf.address);
  if (!leaf.detail.empty()) append_json_field(out, "detail", leaf.detail);
  out += '}';
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

unsigned hops_saved(const RecipientReport& report) {
  return report.applied ? hops_saved_by_rewrite(report.decision->reason) : 0;
}

}  // namespace

void append_queue_id(std::string& out, std::string_view queue_id) {
  append_log_field(out, queue_id.empty() ? "NOQUEUE" : queue_id, max_queue_id);
}

std::string explained(std::string_view recipient, const Decision& decision) {
  std::string out;
  out.reserve(usual_length);
  append_log_field(out, recipient);
  out.append(": ").append(name_of(decision.verdict)).append(" ").append(name_of(decision.reason));
  end_with_detail(out, decision.detail);
  for (const Address& to : decision.to) {
    append_log_field(out += "  to ", to.external());
    out += '\n';
  }
  for (const Step& step : decision.resolution.steps) append_step(out, step);
  for (const Leaf& leaf : decision.resolution.leaves) {
    append_target(out += "  ", leaf.address);
    out.append(": ").append(name_of(leaf.kind));
    end_with_detail(out, leaf.detail);
  }
  return out;
}

std::string explained_json(std::string_view recipient, const Decision& decision) {
  std::string out;
  out.reserve(usual_length);
  out += '{';
  append_json_field(out, "recipient", recipient);
  append_json_field(out, "decision", name_of(decision.verdict));
  append_json_field(out, "reason", name_of(decision.reason));
  append_json_array(out, "to", decision.to, [&](const Address& to) { append_json_string(out, to.external()); });
  append_json_array(out, "steps", decision.resolution.steps, [&](const Step& step) { append_json_step(out, step); });
  append_json_array(out, "leaves", decision.resolution.leaves, [&](const Leaf& leaf) { append_json_leaf(out, leaf); });
  if (!decision.detail.empty()) append_json_field(out, "detail", decision.detail);
  return out += '}';
}

std::string log_line(std::string_view queue_id, const RecipientReport& report, std::optional<std::uint64_t> size) {
  const Decision& decision = *report.decision;
  std::string out;
  out.reserve(usual_log_line);
  append_queue_id(out, queue_id);
  append_log_field(out += ": recipient=<", report.recipient);
  out.append("> decision=").append(name_of(decision.verdict)).append(" reason=").append(name_of(decision.reason));
  for (std::size_t i = 0; i < decision.to.size(); ++i) {
    append_log_field(out += i == 0 ? " to=<" : ",<", decision.to[i].external());
    out += '>';
  }
  append_number(out += " steps=", decision.resolution.step_count);
  append_number(out += " hops_saved=", hops_saved(report));
  append_number(out += " size=", size.value_or(0));
  if (decision.verdict == Verdict::rewrite && !report.applied) {
    out += report.mode == Mode::observe ? " mode=observe" : " edits=failed";
  }
  return out;
}

std::string log_line_json(std::string_view queue_id, const RecipientReport& report, std::optional<std::uint64_t> size) {
  const Decision& decision = *report.decision;
  std::string out = "{";
  append_json_field(out, "queue_id", queue_id);
  append_json_field(out, "recipient", report.recipient);
  append_json_field(out, "decision", name_of(decision.verdict));
  append_json_field(out, "reason", name_of(decision.reason));
  append_json_array(out, "to", decision.to, [&](const Address& to) { append_json_string(out, to.external()); });
  fmt::format_to(std::back_inserter(out), ",\"steps\":{},\"hops_saved\":{},\"size\":{}", decision.resolution.step_count,
                 hops_saved(report), size.value_or(0));
  if (decision.verdict == Verdict::rewrite) {
    append_json_field(out, "mode", report.mode == Mode::observe ? "observe" : "rewrite");
    out.append(",\"applied\":").append(report.applied ? "true" : "false");
  }
  return out += '}';
}

}  // namespace shorthop
