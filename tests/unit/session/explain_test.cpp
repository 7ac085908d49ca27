// Log lines as parsed by readers: no text from SMTP, tables or the MTA can be mistaken for a field.
#include "session/explain.h"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A reader that splits at spaces and at the '=' of KEY=VALUE; the first word is the queue ID.
Fields split_fields(std::string_view line) {
  Fields fields;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    const std::string_view word = line.substr(begin, end - begin);
    const std::size_t equals = word.find('=');
    if (equals == word.npos) {
      fields.emplace_back("", word);
    } else {
      fields.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
    begin = end + 1;
  }
  return fields;
}

/// A reader that searches for "recipient=<(.*?)>".
std::string matched_recipient(std::string_view line) {
  constexpr std::string_view key = "recipient=<";
  const std::size_t begin = line.find(key) + key.size();
  return std::string(line.substr(begin, line.find('>', begin) - begin));
}

/// The original text before escaping.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
    } else if (text[++i] == 'x') {
      result += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// Texts made of parts that could forge a field, and of arbitrary bytes.
class RandomTexts {
 public:
  std::string next() {
    static const std::vector<std::string> parts = {"user",
                                                   "@example.org",
                                                   " ",
                                                   "<",
                                                   ">",
                                                   "\"",
                                                   "\\",
                                                   ",",
                                                   "=",
                                                   "\n",
                                                   "\r",
                                                   "\xff",
                                                   "\x7f",
                                                   "> decision=rewrite",
                                                   "reason=all-local",
                                                   " to=<ceo@example.org>",
                                                   "\\x3e",
                                                   "recipient=<",
                                                   ": ",
                                                   "\t",
                                                   "\u00e9",
                                                   "size=1"};
    std::string text;
    for (std::size_t count = below(8); count > 0; --count) text += parts[below(parts.size())];
    if (below(4) == 0) text += static_cast<char>(below(255) + 1);
    return text;
  }
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(engine_); }

 private:
  std::mt19937 engine_{11};
};

/// The address with that local part, if it is valid.
std::optional<Address> address_with(const std::string& local_part) {
  auto address = Address::from_parts(local_part, "example.org");
  if (!address) return std::nullopt;
  return std::move(*address);
}

RecipientReport report_of(std::string recipient, Decision decision) {
  return {std::move(recipient), std::make_shared<const Decision>(std::move(decision)), Mode::rewrite, true};
}

}  // namespace

TEST_CASE("DESIGN 2.9: a recipient that looks like several fields of the log stays one field", "[session][log]") {
  const auto forged = *Address::parse(R"("x> decision=rewrite reason=all-local to=<ceo> y"@example.org)");
  Decision decision;
  decision.reason = Reason::foreign_target;
  RecipientReport report = report_of(forged.external(), decision);
  report.applied = false;
  CHECK(log_line("4XyZ", report, 10) ==
        R"(4XyZ: recipient=<"x\x3e\x20decision=rewrite\x20reason=all-local\x20to=\x3cceo\x3e\x20y"@example.org>)"
        " decision=keep reason=foreign-target steps=0 hops_saved=0 size=10");
  CHECK(explained(forged.external(), decision) ==
        R"("x\x3e\x20decision=rewrite\x20reason=all-local\x20to=\x3cceo\x3e\x20y"@example.org: keep foreign-target)"
        "\n");
  CHECK(log_line("4XyZ decision=rewrite", report_of("user@example.org", decision), 10)
            .starts_with("4XyZ\\x20decision=rewrite: recipient=<user@example.org> "));
}

TEST_CASE("DESIGN 2.9: whatever a client sends, a log line has its own fields and no others", "[session][log]") {
  RandomTexts texts;
  int quoted = 0;  // addresses that need quotes: a run without them would test little
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = texts.next();
    const auto address = address_with(text);
    const std::string recipient = address ? address->external() : text;
    Decision decision;
    std::string to;
    if (const auto target = address_with(texts.next())) {
      decision.verdict = Verdict::rewrite;
      decision.reason = Reason::all_local;
      decision.to.assign(1 + texts.below(2), *target);
      to = target->external();
      quoted += target->needs_quotes() ? 1 : 0;
    }
    const std::string queue_id = ("4XyZ" + texts.next()).substr(0, 64);
    RecipientReport report = report_of(recipient, decision);
    report.applied = !to.empty();
    report.hops_saved = report.applied ? 2 : 0;
    const std::string line = log_line(queue_id, report, i);
    INFO(line);
    const Fields fields = split_fields(line);
    REQUIRE(unescaped(fields[0].first.empty() ? fields[0].second : fields[0].first + '=' + fields[0].second) ==
            queue_id + ":");
    Fields wanted = {{"recipient", recipient},
                     {"decision", to.empty() ? "keep" : "rewrite"},
                     {"reason", std::string(name_of(decision.reason))}};
    if (!to.empty()) wanted.emplace_back("to", decision.to.size() == 1 ? to : to + ">,<" + to);
    wanted.insert(wanted.end(), {{"steps", "0"}, {"hops_saved", to.empty() ? "0" : "2"}, {"size", std::to_string(i)}});
    REQUIRE(fields.size() == wanted.size() + 1);
    for (std::size_t at = 0; at < wanted.size(); ++at) {
      auto [key, value] = fields[at + 1];
      if (key == "recipient" || key == "to") value = unescaped(value.substr(1, value.size() - 2));
      REQUIRE(key == wanted[at].first);
      REQUIRE(value == wanted[at].second);
    }
    REQUIRE(unescaped(matched_recipient(line)) == recipient);
  }
  CHECK(quoted > 1000);
}

TEST_CASE("DESIGN 2.9: no line of an explanation looks like a line of the log", "[session][log]") {
  RandomTexts texts;
  for (int i = 0; i < 20'000; ++i) {
    Decision decision;
    decision.reason = Reason::foreign_target;
    decision.detail = texts.next();
    decision.resolution.steps.push_back(
        {texts.next(), "alias-maps", texts.next(), 3, {texts.next(), "\"|" + texts.next()}});
    decision.resolution.leaves.push_back({LeafKind::command_target, "/" + texts.next(), texts.next()});
    if (const auto target = address_with(texts.next())) decision.to.push_back(*target);
    const std::string text = explained(texts.next(), decision);
    INFO(text);
    REQUIRE(text.find('<') == text.npos);
    REQUIRE(static_cast<std::size_t>(std::ranges::count(text, '\n')) == 3 + decision.to.size());
  }
}

TEST_CASE("DESIGN 2.9: the JSON of a recipient has its external form", "[session][log]") {
  const auto spaced = *Address::parse("\"a b\"@example.org");
  CHECK(log_line_json("4XyZ", report_of(spaced.external(), {}), {}).contains(R"("recipient":"\"a b\"@example.org")"));
}

}  // namespace shorthop::test
